"""What happens to a booking while it is made: the database goes, settings change, time passes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from urllib.parse import urlsplit

import psycopg
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from demo.google import StandIn
from tests import page
from tests.conftest import command, on_sqlite
from tests.people import (
    ANA,
    API,
    HTMX,
    NINE,
    ask,
    book,
    bookings,
    cancel,
    fill,
    look,
    reschedule,
    send,
    status_of,
)
from widget.google.errors import Patience

pytestmark = pytest.mark.usefixtures("ana")
FREEBUSY, INSERT = "calendar.freebusy.query", "calendar.events.insert"


@contextmanager
def meanwhile(
    google: StandIn, act: Callable[[], TestResponse], method: str, when: str = "before"
) -> Iterator[list[TestResponse]]:
    """The block runs while the call of `method` that `act` leads to hangs; then its connection
    is cut. The answer to `act` is in the list after the block."""
    google.fault(method, hang=when)
    answers: list[TestResponse] = []
    with ThreadPoolExecutor(1) as thread:
        doing = thread.submit(_close_after, act)
        assert google.faults.wait_for_hanging(120)
        yield answers
        google.clear_faults()
        answers.append(doing.result(timeout=120))


def _close_after(act: Callable[[], TestResponse]) -> TestResponse:
    try:
        return act()
    finally:
        models.database.close()


@contextmanager
def no_database(url: str) -> Iterator[None]:
    """Whoever is connected finds that the bookings are gone (SQLite), or the whole database is."""
    models.database.close()
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.execute("ALTER TABLE booking RENAME TO booking_away")
        yield
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.execute("ALTER TABLE booking_away RENAME TO booking")
    else:
        name = urlsplit(url).path.strip("/")
        with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as other:
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            others = f"datname = '{name}'"
            other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
            try:
                yield
            finally:
                other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@pytest.mark.parametrize("door", ["page", "fragment", "program"])
@pytest.mark.parametrize("method", [FREEBUSY, INSERT])
def test_a_database_that_goes_once_the_time_is_claimed_leaves_a_pending_booking_and_no_fault(
    app: Flask,
    guest: FlaskClient,
    google: StandIn,
    clock: time_machine.Traveller,
    database_url: str,
    door: str,
    method: str,
) -> None:
    fields = fill(guest)
    act = {
        "page": lambda: send(app.test_client(), fields),
        "fragment": lambda: send(app.test_client(), fields, **HTMX),
        "program": lambda: ask(app.test_client()),
    }[door]
    with ExitStack() as stack, meanwhile(google, act, method, "after") as answers:
        stack.enter_context(no_database(database_url))
    (answer,) = answers
    assert answer.status_code == (303 if door == "page" else 202), answer.text
    if door == "fragment":
        assert status_of(page.read(answer.text)) == "pending"
    clock.shift(30)
    (row,) = bookings(app)
    address = answer.headers.get("Location") or answer.headers.get("HX-Replace-Url")
    if address is None:
        address = answer.get_json()["booking"]["manageUrl"]
    shown = look(guest, address.removeprefix("http://localhost"))
    assert (row["status"], status_of(shown)) == ("pending", "confirmed")
    assert len(google.events(ANA)) == 1


@pytest.mark.parametrize(
    ("act", "method", "when", "stands"),
    [
        (cancel, "calendar.events.delete", "before", "cancelled"),
        (cancel, "calendar.events.delete", "after", "cancelled"),
        (reschedule, FREEBUSY, "after", "confirmed"),
        (reschedule, "calendar.events.patch", "before", "confirmed"),
        (reschedule, "calendar.events.patch", "after", "confirmed"),
    ],
)
def test_a_database_that_goes_while_a_booking_is_changed_leaves_it_pending_and_no_fault(
    app: Flask,
    guest: FlaskClient,
    google: StandIn,
    clock: time_machine.Traveller,
    database_url: str,
    act: Callable[[FlaskClient, str], TestResponse],
    method: str,
    when: str,
    stands: str,
) -> None:
    address = book(guest)
    with (
        ExitStack() as stack,
        meanwhile(google, partial(act, guest, address), method, when) as answers,
    ):
        stack.enter_context(no_database(database_url))
    assert answers[0].status_code == 303, answers[0].text
    assert bookings(app)[0]["status"] == "pending"
    clock.shift(30)
    assert status_of(look(guest, address)) == stands
    starts = [event["start"]["dateTime"].replace("+00:00", "Z") for event in google.events(ANA)]
    assert starts == ([] if stands == "cancelled" else [bookings(app)[0]["start"]])


def test_settings_that_change_between_the_look_and_the_claim_hold_for_the_claim(
    app: Flask, guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=2, pause_seconds=0.001)
    fields = fill(guest)
    models.BusyTimes.update(fetched_at=0).execute()
    with meanwhile(google, lambda: send(app.test_client(), fields), FREEBUSY) as answers:
        change("ana", event={"minimum_notice": 60 * 24 * 7})
    assert answers[0].status_code == 409
    assert page.read(answers[0].text).one(data_error="slot_unavailable")
    assert google.events(ANA) == []


def test_an_event_type_that_is_switched_off_meanwhile_is_not_booked(
    app: Flask, guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=2, pause_seconds=0.001)
    models.BusyTimes.update(fetched_at=0).execute()
    with meanwhile(google, lambda: ask(app.test_client()), FREEBUSY) as answers:
        change("ana", event={"active": False})
    assert answers[0].status_code == 409
    assert answers[0].get_json()["code"] == "slot_unavailable"
    assert google.events(ANA) == []


def test_an_insert_that_was_lost_late_is_not_asked_about_at_once(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    fields = fill(guest)
    with meanwhile(google, lambda: send(app.test_client(), fields), INSERT) as answers:
        clock.shift(7)
    address = answers[0].headers["Location"]
    google.state.calls.clear()
    assert status_of(look(guest, address)) == "pending"
    assert google.calls == []
    clock.shift(4)
    assert status_of(look(guest, address)) == "confirmed"


def test_a_claim_that_came_late_is_its_requests_own_for_as_long(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=2, pause_seconds=0.001)
    fields = fill(guest)
    models.BusyTimes.update(fetched_at=0).execute()

    google.fault(FREEBUSY, hang="before")
    with ThreadPoolExecutor(1) as thread:
        doing = thread.submit(_close_after, lambda: send(app.test_client(), fields))
        assert google.faults.wait_for_hanging(120)
        clock.shift(15)
        google.clear_faults()
        google.fault(INSERT, hang="before")
        assert google.faults.wait_for_hanging(120)
        clock.shift(10)
        google.state.calls.clear()
        assert "confirmed" not in command(app, "reconcile")
        google.clear_faults()
        assert doing.result(timeout=120).status_code == 303
    assert "calendar.events.get" not in google.calls


@on_sqlite
@pytest.mark.parametrize("act", ["book", "reschedule", "ask"])
def test_the_times_that_are_offered_instead_share_the_budget_of_their_request(
    app: Flask, guest: FlaskClient, google: StandIn, act: str
) -> None:
    """Two thirds of it are gone when the time turns out to be taken: too little is left for
    the pause before another try. What is told is that it is taken."""
    ten = "2026-12-01T10:00:00Z"
    fields, address = fill(guest, ten), book(guest)
    google.add_busy(ANA, ten, "2026-12-01T10:30:00Z")
    slots = guest.get(f"{API}/slots", query_string={"from": NINE, "to": "2026-12-02T00:00:00Z"})
    assert slots.status_code == 200  # from the cache, which goes on for the next request
    google.state.calls.clear()
    before = google.faults.taken
    app.extensions["meetslot"].patience = Patience(tries=2, budget_seconds=4.5, pause_seconds=3)
    google.fault(FREEBUSY, delay_seconds=3)
    google.fault(FREEBUSY, status=503, times=None)
    google.fault("calendar.events.list", delay_seconds=0)
    answer = {
        "book": lambda: send(guest, fields),
        "reschedule": lambda: guest.post(f"{address}/reschedule", data={"start": ten}),
        "ask": lambda: ask(guest, start=ten, email="other@example.com"),
    }[act]()
    assert answer.status_code == 409
    assert google.faults.taken - before == 2
    assert len(google.events(ANA)) == 2
