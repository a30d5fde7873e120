"""A time zone that nobody here knows: said by Google, or stored when tzdata knew it yet."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import (
    ANA,
    PICKER,
    TEN,
    book,
    cancel,
    exported,
    ics,
    look,
    offered,
    reschedule,
    save,
    show,
    status_of,
)

LOST = "Mars/Olympus"


def asked(host: Browser) -> list[page.Element]:
    return show(host).all(role="alert", data_error="unknown_zone")


@on_sqlite
@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("GMT+2", "Etc/GMT-2"),
        ("GMT+02:00", "Etc/GMT-2"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("europe/lisbon", "Europe/Lisbon"),
        ("US/Pacific-New", "America/Los_Angeles"),
    ],
)
def test_a_first_sign_in_takes_the_zone_that_google_means(
    app: Flask, google: StandIn, said: str, zone: str
) -> None:
    google.state.calendars[ANA].zone = said
    ana = Browser(app.test_client(), google)
    assert ana.sign_in(ANA).request.path == "/settings"
    assert exported(app)["time_zone"] == zone
    assert asked(ana) == []


@pytest.mark.parametrize("said", ["Etc/Unknown", "", LOST, "UTC-05:30", "<b>" + "x" * 500])
def test_a_host_whose_zone_is_not_known_is_asked_until_they_choose_one(
    app: Flask, google: StandIn, said: str
) -> None:
    google.state.calendars[ANA].zone = said
    ana = Browser(app.test_client(), google)
    assert ana.sign_in(ANA).request.path == "/settings"
    assert exported(app)["time_zone"] == "UTC"
    assert save(ana, "theme", {"accent": "aa0000"}).status_code == 200
    (notice,) = asked(ana)
    assert said[:20] in notice.text
    assert notice.one("a")["href"] == "#profile-time_zone"
    assert save(ana, "profile", {"time_zone": "UTC"}).status_code == 200
    assert asked(ana) == []


def lose_zones(app: Flask) -> None:
    """What is stored has a zone that the time zone database does not have any more."""
    with app.app_context(), models.database.connection_context():
        host = models.host_by_handle("ana")
        assert host
        document = {**json.loads(host.settings), "time_zone": LOST}
        models.Host.update(settings=json.dumps(document)).execute()
        models.Booking.update(tz=LOST).execute()


def test_a_stored_zone_that_is_lost_leaves_every_page_standing(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    address = book(guest)
    other = book(guest, TEN, email="ben@guests.example")
    lose_zones(app)
    assert offered(guest)
    look(guest, "/book/ana")
    for path in (f"{PICKER}?start=2026-12-02T10:00:00Z", f"{PICKER}?tz={LOST}"):
        assert guest.get(path).status_code < 500
    api = guest.get(
        "/api/v1/ana/intro/slots?from=2026-12-01T00:00:00Z&to=2026-12-03T00:00:00Z"
    ).get_json()
    assert api["tz"] == "UTC"
    assert api["slots"]
    assert status_of(look(guest, address)) == "confirmed"
    assert ics(guest, address)["DTSTART"] == "20261201T090000Z"
    assert guest.get(f"{address}/reschedule").status_code == 200
    assert reschedule(guest, address, "2026-12-02T11:00:00Z").status_code == 303
    assert cancel(guest, address).status_code == 303
    new = guest.post(
        "/api/v1/ana/intro/bookings",
        json={"start": "2026-12-03T10:00:00Z", "name": "Mia", "email": "mia@x.example"},
    )
    assert new.status_code == 201
    assert show(ana)
    assert show(ana, "?show=past")
    assert show(ana, "?why_event=intro&why_date=2026-12-02&why_time=10:00").one(id="why")
    assert exported(app)["time_zone"] == "UTC"
    for line in (
        ["bookings", "list", "ana"],
        ["bookings", "list", "ana", "--format", "csv"],
        ["explain", "ana", "intro", "2026-12-02T10:00:00Z"],
        ["hosts", "list"],
        ["reconcile"],
    ):
        command(app, *line)
    assert status_of(look(guest, other)) == "confirmed"


def test_doctor_and_the_settings_page_name_a_zone_that_is_lost(
    app: Flask, guest: FlaskClient, ana: Browser, change: Callable[..., None]
) -> None:
    book(guest)
    lose_zones(app)
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAIL")]
    assert [LOST in line for line in failed] == [True, True]
    assert LOST in asked(ana)[0].text
    assert save(ana, "theme", {"accent": "aa0000"}).status_code == 200
    assert LOST in asked(ana)[0].text, "it was not chosen by saving something else"
    change("ana", time_zone="Europe/Lisbon")
    assert asked(ana) == []
