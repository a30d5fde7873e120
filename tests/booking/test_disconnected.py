"""A host whose Google lets us in no more: guests are told kindly, and all heals on reconnecting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests import page
from tests.conftest import Browser
from tests.page import starts
from tests.people import ANA, NINE, PICKER, TEN, book, cancel, look, offered, reconcile, status_of
from widget.google.errors import Disconnected

PRIVATE = "ana-private@group.calendar.example"


def revoked(google: StandIn) -> None:
    google.revoke(ANA)


def scope_missing(google: StandIn) -> None:
    for method in ("calendar.freebusy.query", "calendar.events.list", "calendar.events.insert"):
        google.fault(method, status=403, reason="insufficientPermissions", times=None)


@pytest.fixture(params=[revoked, scope_missing])
def disconnect(request: pytest.FixtureRequest, google: StandIn) -> Callable[[], None]:
    return lambda: request.param(google)


def doctor(app: Flask) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["doctor"])
    return result.exit_code, result.output


def assert_closed(guest: FlaskClient) -> None:
    for address in (PICKER, f"{PICKER}?start={TEN}"):
        answer = guest.get(address)
        assert answer.status_code == 503
        shown = page.read(answer.text)
        assert shown.one(role="alert")["data-error"] == "calendar_disconnected"
        assert not starts(shown)
    slots = guest.get("/api/v1/ana/intro/slots?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z")
    assert (slots.status_code, slots.json["code"]) == (503, "calendar_disconnected")  # type: ignore[index]


def test_guests_see_a_kind_page_doctor_fails_and_reconnecting_heals(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn,
    disconnect: Callable[[], None], clock: time_machine.Traveller,
) -> None:  # fmt: skip
    address = book(guest)
    disconnect()
    clock.shift(120)
    assert_closed(guest)
    assert status_of(look(guest, address)) == "confirmed"
    code, said = doctor(app)
    assert code == 1
    assert "ana: must sign in again" in said
    google.clear_faults()
    ana.sign_in(ANA)
    assert TEN in offered(guest)
    assert status_of(look(guest, address)) == "confirmed"
    assert doctor(app)[0] == 0
    book(guest, TEN, email="other@guests.example")


def test_it_is_noticed_by_a_round_too(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    address = book(guest)
    google.expire()
    google.revoke(ANA)
    reconcile(app)
    assert_closed(guest)
    assert status_of(look(guest, address)) == "confirmed"


def test_a_booking_that_was_pending_settles_on_reconnecting(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    google.expire()
    google.revoke(ANA)
    clock.shift(30)
    assert status_of(look(guest, address)) == "pending"
    ana.sign_in(ANA)
    assert status_of(look(guest, address)) == "confirmed"
    assert len(google.events(ANA)) == 1


def test_a_booking_given_up_while_disconnected_leaves_no_event_behind(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest, "2026-12-04T09:00:00Z")
    google.expire()
    google.revoke(ANA)
    clock.shift(86400 + 60)
    reconcile(app)
    assert status_of(look(guest, address)) == "failed"
    assert len(google.events(ANA)) == 1
    ana.sign_in(ANA)
    reconcile(app)
    assert google.events(ANA) == []
    assert "2026-12-04T09:00:00Z" in offered(guest, "2026-12-04")


def test_changing_a_booking_says_that_nothing_was_changed(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    address = book(guest)
    google.expire()
    google.revoke(ANA)
    answer = cancel(guest, address)
    assert answer.status_code == 503
    shown = page.read(answer.text)
    assert shown.one(data_error="calendar_disconnected")
    assert status_of(shown) == "confirmed"


def test_a_calendar_for_bookings_that_is_gone_closes_the_page_until_another_is_chosen(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", target_calendar=PRIVATE)
    address = book(guest)
    with google.state.lock:
        del google.state.calendars[PRIVATE]
    reconcile(app)
    assert_closed(guest)
    assert status_of(look(guest, address)) == "confirmed", "an error of Google's changes nothing"
    assert doctor(app)[0] == 1
    change("ana", target_calendar="primary")
    assert TEN in offered(guest)


def test_a_calendar_that_turns_out_to_be_gone_when_booking_closes_the_page(
    guest: FlaskClient, ana: Browser, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", target_calendar=PRIVATE)
    form = page.read(guest.get(PICKER, query_string={"start": NINE}).text).one(id="booking-form")
    with google.state.lock:
        del google.state.calendars[PRIVATE]
    answer = guest.post(PICKER, data={**form.fields(), "name": "Mia", "email": "mia@x.example"})
    assert answer.status_code == 503
    assert page.read(answer.text).one(data_error="calendar_disconnected")
    assert_closed(guest)


def test_doctor_fails_while_a_booking_waits_for_long(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    book(guest)
    google.fault("calendar.events.insert", cut="before")
    book(guest, TEN)
    assert doctor(app)[0] == 0
    clock.shift(3601)
    code, said = doctor(app)
    assert code == 1
    assert "1 booking(s) have waited" in said


def test_a_token_made_from_an_older_consent_does_not_replace_the_new_one(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    """Somebody refreshes for a request that began before the host signed in anew."""
    with app.app_context():
        before = models.host_by_handle("ana")
        assert before
        google.expire()
        ana.sign_in(ANA)
        signed_in = models.host_by_handle("ana")
        assert app.extensions["meetslot"].calendar_of(before).calendars()
        after = models.host_by_handle("ana")
    assert after.access_token == signed_in.access_token != before.access_token


def test_a_refusal_of_an_older_consent_does_not_disconnect_the_new_one(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    """A request that began before the host signed in anew hears that its token is dead."""
    with app.app_context():
        before = models.host_by_handle("ana")
        assert before
        google.expire()
        google.revoke(ANA)
        ana.sign_in(ANA)
        calendar = app.extensions["meetslot"].calendar_of(before)
        with pytest.raises(Disconnected):
            calendar.calendars()
        after = models.host_by_handle("ana")
    assert after.disconnected_at is None
    assert TEN in offered(guest)


def seeking_another_time(guest: FlaskClient) -> dict[str, str]:
    """What the picker's form carries of a guest who had typed something already."""
    shown = look(guest, f"{PICKER}?start={NINE}")
    typed = {**shown.one("form", id="booking-form").fields(), "name": "Gita", "notes": "Knots"}
    return page.read(guest.post(PICKER, data={**typed, "step": "times"}).text).one("form").fields()


@pytest.mark.usefixtures("ana")
def test_what_was_typed_survives_a_calendar_that_goes_while_another_time_is_sought(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    typed = seeking_another_time(guest)
    revoked(google)
    clock.shift(120)
    for turned in ({"month": "2027-01"}, {"next": TEN}):
        answer = guest.post(PICKER, data={**typed, **turned})
        assert answer.status_code == 503
        problem = page.read(answer.text)
        assert "What you typed is kept" in problem.one(role="alert").text
        kept = problem.one("main").one("form", method="post").fields()
        assert (kept["name"], kept["notes"]) == ("Gita", "Knots")


@pytest.mark.usefixtures("ana")
def test_the_way_on_from_a_calendar_that_was_away_keeps_what_was_typed(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    typed = seeking_another_time(guest)
    clock.shift(120)
    google.fault("calendar.freebusy.query", status=503, times=None)
    answer = guest.post(PICKER, data={**typed, "month": "2027-01"})
    google.clear_faults()
    form = page.read(answer.text).one("main").one("form")
    again = page.read(guest.post(PICKER, data={**form.fields(), "step": "times"}).text)
    assert starts(again)
    assert again.one("form").fields()["name"] == "Gita"
