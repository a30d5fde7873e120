"""What is looked at once more before something is written, and what is cleared away after."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.people import (
    ANA,
    ELEVEN,
    HALF_PAST,
    MARIA,
    NINE,
    PICKER,
    TEN,
    book,
    bookings,
    cancel,
    code_of,
    look,
    reconcile,
    reschedule,
    status_of,
)

pytestmark = pytest.mark.usefixtures("ana")

PRIVATE = "ana-private@group.calendar.example"
FREE = json.dumps(
    {
        "kind": "calendar#freeBusy",
        "timeMin": NINE,
        "timeMax": TEN,
        "calendars": {"primary": {"busy": []}},
    }
)


def form(guest: FlaskClient, start: str) -> dict[str, str]:
    shown = page.read(guest.get(PICKER, query_string={"start": start}).text)
    return {**shown.one(id="booking-form").fields(), **MARIA}


# --- before a booking is written ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("buffers", "busy"),
    [
        ({"buffer_before": 30}, ("2026-12-01T09:40:00Z", "2026-12-01T09:45:00Z")),
        ({"buffer_after": 30}, ("2026-12-01T10:45:00Z", "2026-12-01T10:50:00Z")),
    ],
    ids=["before", "after"],
)
def test_a_host_who_got_busy_within_a_buffer_is_not_booked(
    guest: FlaskClient, google: StandIn, change: Callable[..., None], buffers: dict[str, int],
    busy: tuple[str, str],
) -> None:  # fmt: skip
    change("ana", event=buffers)
    filled = form(guest, TEN)
    google.add_busy(ANA, *busy)
    answer = guest.post(PICKER, data=filled)
    assert (answer.status_code, code_of(answer)) == (409, "slot_taken")
    assert len(google.events(ANA)) == 1


@pytest.mark.parametrize("calendars", [["primary", PRIVATE], [ANA, PRIVATE]], ids=str)
def test_a_move_into_its_own_time_minds_what_other_calendars_have_there(
    guest: FlaskClient, google: StandIn, change: Callable[..., None], calendars: list[str]
) -> None:
    change("ana", busy_calendars=calendars, event={"duration": 60, "slot_interval": 30})
    address = book(guest)
    google.add_busy(PRIVATE, "2026-12-01T09:40:00Z", "2026-12-01T09:50:00Z")
    answer = reschedule(guest, address, HALF_PAST)
    assert (answer.status_code, code_of(answer)) == (409, "slot_taken")
    assert look(guest, address).one(data_booking_status="confirmed")["data-start"] == NINE


def test_what_another_calendar_has_in_a_bookings_own_time_is_not_offered_for_its_move(
    guest: FlaskClient, google: StandIn, change: Callable[..., None],
    clock: time_machine.Traveller,
) -> None:  # fmt: skip
    change("ana", busy_calendars=["primary", PRIVATE], event={"duration": 60, "slot_interval": 30})
    address = book(guest)
    google.add_busy(PRIVATE, "2026-12-01T09:40:00Z", "2026-12-01T09:50:00Z")
    clock.shift(61)
    shown = look(guest, f"{address}/reschedule?date=2026-12-01")
    assert ELEVEN in page.starts(shown)
    assert HALF_PAST not in page.starts(shown)


WEEK = ["2026-12-07T09:00:00Z", "2026-12-09T09:00:00Z", "2026-12-11T09:00:00Z"]


@pytest.mark.parametrize("third", range(3))
def test_a_week_that_is_full_is_full_on_each_of_its_days(
    guest: FlaskClient, change: Callable[..., None], third: int
) -> None:
    change("ana", event={"max_per_week": 2})
    filled = form(guest, WEEK[third])
    for start in WEEK:
        if start != WEEK[third]:
            book(guest, start, email=f"{start[8:10]}@guests.example")
    answer = guest.post(PICKER, data=filled)
    assert (answer.status_code, code_of(answer)) == (409, "slot_unavailable")
    book(guest, "2026-12-14T09:00:00Z")


# --- a request that comes twice -----------------------------------------------------------------


def ask(guest: FlaskClient, event: str, start: str) -> TestResponse:
    return guest.post(
        f"/api/v1/ana/{event}/bookings",
        json={"start": start, **MARIA},
        headers={"Idempotency-Key": "one"},
    )


@pytest.fixture
def two(app: Flask, change: Callable[..., None], ana: Browser) -> None:
    run = app.test_cli_runner()
    document = json.loads(run.invoke(args=["settings", "export", "ana"]).stdout)
    document["event_types"].append({**document["event_types"][0], "slug": "talk", "title": "Talk"})
    run.invoke(args=["settings", "import", "ana", "-"], input=json.dumps(document))


@pytest.mark.usefixtures("two")
def test_a_key_belongs_to_one_event_type(app: Flask, guest: FlaskClient) -> None:
    assert ask(guest, "intro", NINE).status_code == 201
    assert ask(guest, "talk", TEN).status_code == 201
    assert sorted((each["event"], each["start"]) for each in bookings(app)) == [
        ("intro", NINE),
        ("talk", TEN),
    ]


@pytest.mark.usefixtures("two")
def test_the_booking_of_another_event_type_is_no_answer_to_the_same_request(
    guest: FlaskClient,
) -> None:
    assert ask(guest, "intro", NINE).status_code == 201
    answer: Any = ask(guest, "talk", NINE)
    assert (answer.status_code, answer.json["code"]) == (409, "slot_taken")


# --- what nobody knows for certain --------------------------------------------------------------


def test_a_time_that_is_busy_may_be_so_by_our_own_event_that_google_does_not_show_yet(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    google.fault("calendar.events.get", status=404, reason="notFound", times=None)
    clock.shift(590)
    reconcile(app)
    assert status_of(look(guest, address)) == "pending"
    google.clear_faults()
    clock.shift(400)
    reconcile(app)
    assert status_of(look(guest, address)) == "confirmed"


def test_a_time_that_is_busy_for_long_is_somebody_elses(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="before")
    address = book(guest)
    google.add_busy(ANA, NINE, TEN)
    clock.shift(590)
    reconcile(app)
    assert status_of(look(guest, address)) == "pending"
    clock.shift(400)
    reconcile(app)
    assert status_of(look(guest, address)) == "failed"


def test_the_event_of_a_first_try_that_comes_to_light_after_a_refusal_is_deleted(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    google.fault("calendar.events.get", status=404, reason="notFound")
    google.fault("calendar.freebusy.query", body=FREE)
    google.fault("calendar.events.insert", status=400, reason="required")
    clock.shift(30)
    reconcile(app)
    assert status_of(look(guest, address)) == "failed"
    assert len(google.events(ANA)) == 1
    clock.shift(61)
    reconcile(app)
    assert google.events(ANA) == []


@pytest.mark.parametrize(
    ("notice", "seconds"),
    [(240, 1000), (0, 600)],
    ids=["its time is busy, by what may be itself", "its time has begun"],
)
def test_an_event_that_comes_to_light_after_its_booking_was_given_up_is_deleted(
    app: Flask, guest: FlaskClient, change: Callable[..., None], google: StandIn,
    clock: time_machine.Traveller, notice: int, seconds: int,
) -> None:  # fmt: skip
    change("ana", event={"minimum_notice": notice})
    if not notice:
        clock.move_to(datetime.fromisoformat("2026-12-01T08:55:00+00:00"))
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    google.fault("calendar.events.get", status=404, reason="notFound", times=None)
    clock.shift(seconds)
    reconcile(app)
    assert status_of(look(guest, address)) == "failed"
    google.clear_faults()
    clock.shift(61)
    reconcile(app)
    assert google.events(ANA) == []


def test_an_event_that_comes_to_light_after_a_cancellation_is_deleted(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    for method in ("get", "delete"):
        google.fault(f"calendar.events.{method}", status=404, reason="notFound", times=None)
    cancel(guest, address)
    assert status_of(look(guest, address)) == "cancelled"
    google.clear_faults()
    clock.shift(61)
    reconcile(app)
    assert google.events(ANA) == []


@pytest.mark.parametrize("over", [False, True])
def test_what_is_left_over_is_deleted_while_its_time_is_to_come_and_never_after(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, clock: time_machine.Traveller,
    over: bool,
) -> None:  # fmt: skip
    """What took place is not erased from anybody's calendar."""
    google.fault("calendar.events.insert", cut="after")
    address = book(guest, "2026-12-04T09:00:00Z")
    google.expire()
    google.revoke(ANA)
    clock.shift(86400 + 60)
    reconcile(app)
    assert status_of(look(guest, address)) == "failed"
    clock.move_to("2026-12-04T09:31:00Z" if over else "2026-12-04T08:00:00Z")
    ana.sign_in(ANA)
    reconcile(app)
    assert len(google.events(ANA)) == over


@on_sqlite
def test_what_the_host_switches_off_while_google_is_asked_is_not_booked(
    app: Flask, google: StandIn, change: Callable[..., None]
) -> None:
    google.fault("calendar.freebusy.query", hold="before")
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(lambda: ask(app.test_client(), "intro", NINE))
        assert google.faults.wait_for_hanging(60)
        change("ana", event={"active": False})
        google.clear_faults()
        answer = asked.result(timeout=60)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "slot_unavailable")
    assert not google.events(ANA)
