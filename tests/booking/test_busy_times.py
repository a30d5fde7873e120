"""Busy times: how seldom Google is asked, and what is shown while it does not answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests import page
from tests.api.test_mcp import message
from tests.conftest import Browser, on_sqlite
from tests.host.test_calendars import BOATS
from tests.people import ANA, API, NINE, PICKER, TEN, ask, code_of, fill, offered, save, send

FREEBUSY = "calendar.freebusy.query"
SLOTS = f"{API}/slots?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z"
BUSY_UNTIL = "2026-12-01T11:00:00Z"

pytestmark = pytest.mark.usefixtures("ana")


def asked(google: StandIn) -> int:
    return google.calls.count(FREEBUSY)


def old(guest: FlaskClient) -> str | None:
    """What the page says of how old its times are."""
    found = page.read(guest.get(f"{PICKER}?date=2026-12-01").text).all(data_old=True)
    return found[0].text if found else None


# --- how seldom -----------------------------------------------------------------------------------


def test_guests_at_one_moment_have_google_asked_once(app: Flask, google: StandIn) -> None:
    before = asked(google)

    def look(number: int) -> int:
        try:
            return app.test_client().get(f"{PICKER}?utm_term={number}").status_code
        finally:
            models.database.close()

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(look, range(24))) == {200}
    assert asked(google) - before == 1


def test_a_minute_of_guests_takes_two_calls_and_nobody_waits_for_the_second(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    before, ahead = asked(google), app.extensions["meetslot.ahead"]
    for _second in range(60):
        for _ in range(3):
            calls = asked(google)
            assert guest.get(PICKER).status_code == 200
            assert asked(google) == calls or calls == before
        ahead.ask(app.extensions["meetslot"])  # as a worker does in the background
        clock.shift(1)
    assert asked(google) - before == 2


@pytest.mark.parametrize("reader", [PICKER, SLOTS, f"{PICKER}.md", "/mcp"])
def test_every_reader_has_busy_times_asked_for_ahead(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, reader: str
) -> None:
    guest.get(PICKER)
    before, ahead = asked(google), app.extensions["meetslot.ahead"]
    clock.shift(50)
    if reader == "/mcp":
        wanted = {"host": "ana", "event": "intro", "from": TEN, "to": BUSY_UNTIL}
        call = message("tools/call", name="get_available_slots", arguments=wanted)
        answer = guest.post(reader, json=call)
    else:
        answer = guest.get(reader)
    assert answer.status_code == 200
    assert TEN in answer.text or reader.startswith(PICKER)
    assert asked(google) == before
    ahead.ask(app.extensions["meetslot"])
    assert asked(google) == before + 1


def test_what_is_new_or_too_old_is_not_asked_for_ahead(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    guest.get(PICKER)
    before, ahead = asked(google), app.extensions["meetslot.ahead"]
    for seconds in (0, 44):
        clock.shift(seconds)
        guest.get(PICKER)
        ahead.ask(app.extensions["meetslot"])
    assert asked(google) == before
    google.fault(FREEBUSY, status=503)
    clock.shift(2)
    guest.get(PICKER)
    taken = google.faults.taken
    ahead.ask(app.extensions["meetslot"])  # in vain, and nobody is told
    assert google.faults.taken == taken + 1
    assert old(guest) is None


def test_a_clock_that_is_set_back_makes_nothing_new(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    assert TEN in offered(guest)
    clock.shift(-86400)
    google.add_busy(ANA, TEN, BUSY_UNTIL)
    assert TEN not in offered(guest)


def test_what_google_says_now_is_shown_though_as_much_is_free(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    event = google.add_busy(ANA, TEN, BUSY_UNTIL)
    clock.shift(61)  # so that no start passes within the next minute
    assert TEN not in offered(guest)
    assert TEN not in offered(guest, "2026-12-01&name=Ben")
    google.alter(ANA, event["id"], "move")
    clock.shift(61)
    assert TEN in offered(guest)


# --- while Google does not answer ---------------------------------------------------------------


def test_the_page_still_shows_times_and_says_how_old_they_are(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    form = fill(guest)
    assert old(guest) is None
    assert "Age" not in guest.get(SLOTS).headers
    google.fault("*", status=503, times=None)
    clock.shift(300)
    assert TEN in offered(guest)
    assert "5 minutes ago" in str(old(guest))
    slots = guest.get(SLOTS)
    assert slots.headers["Age"] == "300"
    assert {"start": TEN, "end": "2026-12-01T10:30:00Z"} in slots.json["slots"]  # type: ignore[index]
    answer = send(guest, form)
    assert (answer.status_code, code_of(answer)) == (503, "calendar_unavailable")
    assert ask(guest, start=NINE).status_code == 503
    clock.shift(299)
    assert "10 minutes ago" in str(old(guest))
    clock.shift(1)
    answer = guest.get(PICKER)
    assert (answer.status_code, code_of(answer)) == (503, "calendar_unavailable")


def test_google_is_not_asked_by_every_guest_while_it_does_not_answer(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    guest.get(PICKER)
    google.fault("*", status=503, times=None)
    clock.shift(61)
    before = google.faults.taken
    for _ in range(5):
        assert old(guest)
    assert google.faults.taken - before == 1


@on_sqlite
def test_what_is_busy_months_ahead_is_seen_too(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    """Google tells of so many days at once, and no more."""
    change("ana", event={"booking_window_days": 120})
    day = f"{API}/slots?from=2027-03-24T00:00:00Z&to=2027-03-25T00:00:00Z"
    google.add_busy(ANA, "2027-03-24T00:00:00Z", "2027-03-25T00:00:00Z")
    assert not guest.get(day).get_json()["slots"]


@on_sqlite
def test_a_calendar_that_cannot_be_read_any_more_is_not_shown_as_it_was(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, ana: Browser
) -> None:
    """Google answers, so there is nothing to be patient with."""
    save(ana, "calendars", {"busy_calendars": ["primary", BOATS]})
    assert guest.get(PICKER).status_code == 200
    google.state.calendars[BOATS].readers.clear()
    clock.shift(61)
    assert guest.get(PICKER).status_code == 503
    assert old(guest) is None


@on_sqlite
def test_what_changes_while_google_is_asked_is_not_kept(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    google.fault(FREEBUSY, hold="after")
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(app.test_client().get, PICKER)
        assert google.faults.wait_for_hanging(60)
        with models.database.connection_context():
            models.forget_busy(models.Host.get())  # as a push message does
        google.clear_faults()
        assert first.result(timeout=60).status_code == 200
    before = asked(google)
    assert guest.get(PICKER).status_code == 200
    assert asked(google) == before + 1


@on_sqlite
def test_who_gets_no_answer_keeps_nobody_else_from_asking(
    guest: FlaskClient, google: StandIn, ana: Browser
) -> None:
    google.fault(FREEBUSY, status=404, reason="notFound")
    assert guest.get(PICKER).status_code == 503
    with models.database.connection_context():
        lease = models.busy_lease(models.Host.get())
        assert not models.Lease.select().where(models.Lease.name == lease).exists()


def test_what_has_changed_since_is_not_shown(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, ana: Browser
) -> None:
    guest.get(PICKER)
    google.fault("*", status=503, times=None)
    clock.shift(61)
    assert old(guest)
    with models.database.connection_context():
        models.forget_busy(models.Host.get())  # as a push message does
    answer = guest.get(PICKER)
    assert (answer.status_code, code_of(answer)) == (503, "calendar_unavailable")


def test_a_host_who_is_disconnected_shows_nothing(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, ana: Browser
) -> None:
    guest.get(PICKER)
    google.revoke(ANA)
    google.expire()
    clock.shift(61)
    assert guest.get(PICKER).status_code == 503
    assert old(guest) is None
