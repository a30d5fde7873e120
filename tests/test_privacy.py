"""What is stored of people: told, exported, deleted, wiped after a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA, MARIA, NINE, TEN, book, bookings, cancel, look, reconcile, status_of
from widget import config

Configured = Callable[..., Flask]


@pytest.fixture
def configured(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> Configured:
    """A server with more variables, where Ana is a host."""

    def start(**more: str) -> Flask:
        app = create_app(config.load({**environ, **more}))
        Browser(app.test_client(), google).sign_in(ANA)
        return app

    return start


# --- told -----------------------------------------------------------------------------------------


@on_sqlite
def test_the_home_page_says_what_it_does_and_leads_to_privacy(guest: FlaskClient) -> None:
    shown = look(guest, "/")
    assert "Google Calendar" in shown.text
    assert shown.one("a", href="/privacy")
    told = look(guest, "/privacy").text
    for said in ("e-mail address", "No cookie is set", "Google", "Limited Use", "deleted"):
        assert said in told
    assert "until the host" in told


@on_sqlite
def test_privacy_says_for_how_long_and_what_the_operator_adds(
    configured: Configured, tmp_path: Path
) -> None:
    note = tmp_path / "privacy.txt"
    note.write_text("Run by Sailing <Lda>,\nLisbon.\n\n\nWrite to privacy@sailing.example.\n")
    app = configured(BOOKING_RETENTION_DAYS="30", PRIVACY_FILE=str(note))
    shown = look(app.test_client(), "/privacy")
    assert "30 days after a booking has ended" in shown.text
    own = [each.text for each in shown.all("p", class_="text")] or shown.text
    assert "Run by Sailing <Lda>, Lisbon." in own
    assert "Write to privacy@sailing.example." in own


@on_sqlite
def test_a_privacy_file_that_is_not_there_stops_the_start(environ: dict[str, str]) -> None:
    with pytest.raises(config.ConfigError, match="PRIVACY_FILE"):
        config.load({**environ, "PRIVACY_FILE": "/nowhere/at/all"})


# --- exported and deleted -------------------------------------------------------------------------


@pytest.mark.usefixtures("ana")
def test_a_guest_gets_all_that_is_stored(
    app: Flask, guest: FlaskClient, change: Any, tmp_path: Path
) -> None:
    change("ana", event={"extra_guests": 1})
    book(guest, notes="My notes", guests="friend@example.com")
    book(guest, TEN, email="other@example.com", guests="Maria@Example.com")
    found = json.loads(command(app, "guests", "export", "MARIA@example.com"))
    (own,), (other,) = found["bookings"], found["invited_to"]
    assert (own["start"], own["guest_name"], own["notes"]) == (NINE, MARIA["name"], "My notes")
    assert (own["guests"], own["host"]) == (["friend@example.com"], "ana")
    assert other["start"] == TEN
    assert "guest_email" not in other  # that of somebody else
    file = tmp_path / "maria.json"
    command(app, "guests", "export", MARIA["email"], str(file))
    assert json.loads(file.read_text())["bookings"] == [own]
    command(app, "guests", "delete", MARIA["email"], "--yes")
    nothing = json.loads(command(app, "guests", "export", MARIA["email"]))
    assert (nothing["bookings"], nothing["invited_to"]) == ([], [])


def stored() -> str:
    """Every row of every table, as text."""
    with models.database.connection_context():
        tables = models.database.get_tables()
        found = [models.database.execute_sql(f'SELECT * FROM "{name}"') for name in tables]
        return " ".join(str(row) for rows in found for row in rows.fetchall())


def test_after_the_retention_days_nothing_of_a_guest_is_left_but_the_booking(
    configured: Configured, clock: time_machine.Traveller, google: StandIn
) -> None:
    app = configured(BOOKING_RETENTION_DAYS="30")
    guest = app.test_client()
    first = book(guest, notes="My notes", utm_source="a-campaign")
    second = book(guest, TEN, name="Zoe Later", email="zoe@example.com")
    cancel(guest, second, "no reason at all")
    later = book(guest, "2026-12-15T09:00:00Z", name="Ben Later", email="ben@example.com")
    clock.move_to("2026-12-31T09:29:00+00:00")
    reconcile(app)
    assert "Maria" in stored()
    clock.move_to("2026-12-31T11:00:00+00:00")
    assert "2 wiped" in reconcile(app)
    for said in ("Maria", "maria", "My notes", "a-campaign", "Zoe", "zoe@", "no reason at all"):
        assert said not in stored()
    assert "Ben Later" in stored()
    kept = bookings(app)
    assert [each["status"] for each in kept] == ["confirmed", "cancelled", "confirmed"]
    assert status_of(look(guest, first)) == "confirmed"
    assert status_of(look(guest, later)) == "confirmed"
    assert guest.get(f"{first}.ics").status_code == 200
    ana = Browser(app.test_client(), google)
    assert ana.sign_in(ANA).status_code == 200
    assert ana.client.get("/settings?show=past").status_code == 200
    assert "wiped" not in reconcile(app)


def test_without_retention_days_nothing_is_wiped(
    app: Flask, ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    book(guest)
    clock.shift(4000 * 86400)
    assert "wiped" not in reconcile(app)
    assert "Maria" in stored()
