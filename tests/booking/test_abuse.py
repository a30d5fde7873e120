"""Programs that fill in forms, people whom a host has blocked, and what the host sees of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import (
    ANA,
    HTMX,
    NINE,
    PICKER,
    ask,
    book,
    booked,
    bookings,
    code_of,
    exported,
    faults,
    fill,
    look,
    offered,
    reschedule,
    save,
    send,
    show,
)
from widget import config


def free(guest: FlaskClient) -> list[str]:
    dates = [f"2026-12-{day:02}" for day in (1, 2, 3, 4, 7, 8)]
    return [start for date in dates for start in offered(guest, date)]


# --- forms that programs fill in ---


@pytest.mark.usefixtures("ana")
def test_what_only_a_program_fills_in_is_refused_and_nothing_is_lost(
    app: Flask, guest: FlaskClient, google: StandIn, ana: Browser
) -> None:
    fields = fill(guest, notes="kept")
    trap = look(guest, f"{PICKER}?start={NINE}&website=x").one("input", name="website")
    assert trap["value"] == fields["website"] == ""  # no address fills it in
    for headers in ({}, HTMX):
        answer = send(guest, {**fields, "website": "https://spam.example"}, **headers)
        assert answer.status_code == 422
        assert code_of(answer) == "invalid_request"
    form = page.read(answer.text).one("form", id="booking-form")
    shown = [each for each in form.all("div") if each.all("input", name="website")]
    assert "hidden" not in shown[-1].attrs  # a person sees why, and can put it right
    assert form.fields()["notes"] == "kept"
    assert google.events(ANA) == []
    assert "2 × filled in by a program" in show(ana).one(id="refused").text
    assert send(guest, {**form.fields(), "website": ""}).status_code == 303


@pytest.mark.usefixtures("ana")
def test_nobody_sees_the_field_for_programs(guest: FlaskClient) -> None:
    form = look(guest, f"{PICKER}?start={NINE}").one("form", id="booking-form")
    around = [each for each in form.all("div") if each.all("input", name="website")][-1]
    assert "hidden" in around.attrs
    assert around.one("input")["autocomplete"] == "off"


@pytest.fixture
def busy_host(environ: dict[str, str], clock: time_machine.Traveller, google: StandIn) -> Flask:
    """Ana, behind limits that one address does not reach here."""
    app = create_app(config.load({**environ, "BOOKING_RATE_LIMIT": "1000 per minute"}))
    Browser(app.test_client(), google).sign_in(ANA)
    return app


def quickly(guest: FlaskClient, start: str, number: int) -> Any:
    return send(guest, fill(guest, start, email=f"guest{number}@example.com", notes="kept"))


@on_sqlite
def test_forms_that_come_back_at_once_are_asked_again_when_they_are_many(
    busy_host: Flask, clock: time_machine.Traveller
) -> None:
    guest = busy_host.test_client()
    times = free(guest)
    for number in range(60):  # browsers fill in forms, and people may be quick
        assert quickly(guest, times[number], number).status_code == 303
    answer = quickly(guest, times[60], 60)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 2
    assert "once more" in answer.text
    form = page.read(answer.text).one("form", id="booking-form")
    assert form.fields()["notes"] == "kept"
    clock.shift(2)
    assert send(guest, form.fields()).status_code == 303
    clock.shift(3601)
    assert quickly(guest, times[61], 61).status_code == 303


@on_sqlite
def test_a_form_that_somebody_took_time_for_is_never_too_quick(
    busy_host: Flask, clock: time_machine.Traveller
) -> None:
    """In many tabs, back in the history, left open for a week."""
    guest = busy_host.test_client()
    times = free(guest)
    for number in range(60):
        assert quickly(guest, times[number], number).status_code == 303
    tabs = [fill(guest, start) for start in times[60:64]]
    clock.shift(3)
    for fields in tabs[:2]:
        assert send(guest, fields).status_code == 303
    back = {**tabs[1], "start": times[64], "email": "other@example.com"}
    assert send(guest, back).status_code == 303
    clock.shift(86400)
    assert send(guest, {**tabs[2], "email": "third@example.com"}).status_code == 303


@on_sqlite
def test_one_form_does_not_vouch_for_many_bookings_nor_does_none(
    busy_host: Flask, clock: time_machine.Traveller
) -> None:
    guest = busy_host.test_client()
    times = free(guest)
    for number in range(60):
        nonce = "made-up" if number % 2 else ""  # that we did not sign
        without = {**fill(guest, times[number]), "nonce": nonce, "email": f"g{number}@example.com"}
        assert send(guest, without).status_code == 303
    once = fill(guest, times[60])
    clock.shift(3)
    made = [
        send(guest, {**once, "start": times[60 + number], "email": f"h{number}@example.com"})
        for number in range(6)
    ]
    assert [each.status_code for each in made] == [303] * 5 + [429]
    assert send(guest, once | {"email": "h0@example.com"}).status_code == 303  # it is made already


# --- blocked ---


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("troll@example.com", "troll@example.com"),
        ("Troll@Example.com", "t.roll+again@example.com"),
        ("spam.example", "anybody@spam.example"),
        ("@spam.example", "anybody@mail.spam.example"),
        ("bücher.example", "anybody@bücher.example"),
    ],
)
def test_whom_the_host_has_blocked_books_nothing(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn, typed: str, email: str
) -> None:
    save(ana, "blocked", {"blocked": f" {typed}\r\n\r\n"})
    answer = send(guest, fill(guest, email=email, notes="kept"))
    assert answer.status_code == 422
    form = page.read(answer.text).one("form", id="booking-form")
    assert form.one(id="field-email")["aria-invalid"] == "true"
    assert "block" not in form.text.lower()
    assert form.fields()["notes"] == "kept"
    said = ask(guest, email=email)
    assert (said.status_code, set(said.get_json()["errors"])) == (422, {"email"})
    event = {"extra_guests": 1}
    document = json.loads(command(app, "settings", "export", "ana"))
    document["event_types"][0].update(event)
    run = app.test_cli_runner()
    run.invoke(args=["settings", "import", "ana", "-"], input=json.dumps(document))
    said = ask(guest, guests=[email])
    assert (said.status_code, set(said.get_json()["errors"])) == (422, {"guests"})
    assert google.events(ANA) == []
    assert "3 × blocked by you" in show(ana).one(id="refused").text
    assert booked(app)["status"] == "confirmed"


def test_who_is_blocked_moves_nothing_but_may_cancel(
    app: Flask, ana: Browser, guest: FlaskClient, change: Any
) -> None:
    own = book(guest)
    change("ana", blocked=["maria@example.com"])
    assert exported(app)["blocked"] == ["maria@example.com"]
    assert reschedule(guest, own).status_code == 409
    assert bookings(app)[0]["start"] == NINE
    assert guest.post(f"{own}/cancel", data={}).status_code == 303


@on_sqlite
@pytest.mark.parametrize("typed", ["nobody", "a b@example.com", "https://x.example", "@"])
def test_what_cannot_be_blocked_is_named_and_kept(app: Flask, ana: Browser, typed: str) -> None:
    answer = save(ana, "blocked", {"blocked": f"good.example\r\n{typed}"})
    assert "must be an e-mail address" in faults(answer)["blocked-blocked"]
    assert typed in answer.text
    assert "blocked" not in exported(app)


# --- what a host sees ---


def test_a_host_sees_how_many_were_refused_and_why_for_a_month(
    ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    assert not show(ana).all(id="refused")
    assert ask(guest).status_code == 201
    for _time in range(2):
        assert ask(guest, email="other@example.com").status_code == 409
    assert ask(guest, start="2026-12-01T03:00:00Z").status_code == 409
    said = show(ana).one(id="refused").text
    assert "2 × the time was just taken, 1 × the time was not offered any more" in said
    clock.shift(32 * 86400)
    ana.sign_in(ANA)
    assert not show(ana).all(id="refused")


@on_sqlite
def test_a_host_sees_links_in_what_guests_wrote_as_text(ana: Browser, guest: FlaskClient) -> None:
    book(guest, notes='See https://evil.example <a href="https://evil.example">here</a>')
    shown = show(ana)
    assert "https://evil.example" in shown.one(id="bookings-list").text
    assert not [each for each in shown.all("a", href=True) if "evil" in each["href"]]
