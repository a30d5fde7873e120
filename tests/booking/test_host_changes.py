"""What hosts and guests do in Google Calendar itself: the booking follows within one round."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests.people import (
    ANA,
    ELEVEN,
    MARIA,
    NINE,
    TEN,
    book,
    bookings,
    cancel,
    code_of,
    ics,
    look,
    offered,
    reconcile,
    reschedule,
    status_of,
)
from widget.google.errors import Patience
from widget.host import account

pytestmark = pytest.mark.usefixtures("ana")


def by_hand(google: StandIn, act: str, minutes: int = 60) -> None:
    """Ana opens her one event that is a booking, and changes it."""
    (event,) = (each for each in google.events(ANA) if "extendedProperties" in each)
    google.alter(ANA, event["id"], act, minutes)


def conflicts(app: Flask) -> list[str]:
    with app.app_context():
        host = models.host_by_handle("ana")
        assert host
        return [booking.id for booking in account.conflicts(host, int(time.time()))]


@pytest.fixture(params=["first reading", "later reading"])
def booked(request: pytest.FixtureRequest, app: Flask, guest: FlaskClient) -> str:
    """The address of a booking, before its calendar was ever read, or after."""
    address = book(guest)
    if request.param == "later reading":
        reconcile(app)
    return address


def test_a_moved_event_moves_the_booking(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    assert NINE not in offered(guest)
    by_hand(google, "move", 60)
    assert "1 followed" in reconcile(app)
    shown = look(guest, booked).one(data_booking_status="confirmed")
    assert (shown["data-start"], shown["data-end"]) == (TEN, "2026-12-01T10:30:00Z")
    lines = ics(guest, booked)
    assert (lines["DTSTART"], lines["SEQUENCE"]) == ("20261201T100000Z", "1")
    assert NINE in offered(guest)
    assert TEN not in offered(guest)


def test_an_event_of_the_hosts_own_is_busy_once_a_round_has_read_it(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    book(guest, NINE)
    reconcile(app)
    assert TEN in offered(guest)
    google.add_busy(ANA, TEN, ELEVEN)
    reconcile(app)
    assert TEN not in offered(guest)


def test_a_deleted_event_cancels_the_booking(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    assert NINE not in offered(guest)
    by_hand(google, "delete")
    reconcile(app)
    shown = look(guest, booked)
    assert status_of(shown) == "cancelled"
    assert "Your host cancelled it" in shown.text
    lines = ics(guest, booked)
    assert (lines["STATUS"], lines["SEQUENCE"]) == ("CANCELLED", "1")
    assert NINE in offered(guest)


def test_a_host_who_declines_cancels_and_the_guest_is_told_by_google(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, clock: time_machine.Traveller
) -> None:
    by_hand(google, "decline-host")
    reconcile(app)
    assert status_of(look(guest, booked)) == "cancelled"
    assert NINE in offered(guest)
    clock.shift(61)
    reconcile(app)
    assert google.events(ANA) == []
    assert (google.invitations[-1]["kind"], google.invitations[-1]["to"]) == (
        "cancellation",
        MARIA["email"],
    )


def test_a_guest_who_is_taken_off_the_event_is_cancelled(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    by_hand(google, "remove-guest")
    reconcile(app)
    assert status_of(look(guest, booked)) == "cancelled"
    assert len(google.events(ANA)) == 1, "what is left is the host's own"


def test_a_guest_who_declines_gives_the_time_up_and_the_event_stays(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    by_hand(google, "decline-guest")
    reconcile(app)
    shown = look(guest, booked)
    assert status_of(shown) == "confirmed"
    assert "You declined" in shown.text
    (event,) = google.events(ANA)
    assert event["transparency"] == "transparent"
    assert NINE in offered(guest)
    book(guest, NINE, email="other@guests.example")


def test_a_guest_who_declined_and_takes_another_time_holds_that_one(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    by_hand(google, "decline-guest")
    reconcile(app)
    book(guest, NINE, email="other@guests.example")
    assert guest.post(f"{booked}/reschedule", data={"start": TEN}).status_code == 303
    moved = next(each for each in google.events(ANA) if "10:00" in each["start"]["dateTime"])
    assert moved["transparency"] == "opaque"
    assert TEN not in offered(guest)
    reconcile(app)
    assert TEN not in offered(guest)
    assert conflicts(app) == []


def test_a_conflict_can_be_moved_away_and_is_none_then(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    book(guest, TEN, email="other@guests.example")
    google.alter(ANA, google.events(ANA)[0]["id"], "move", 60)
    reconcile(app)
    assert len(conflicts(app)) == 1
    eleven = {"start": "2026-12-01T11:00:00Z"}
    assert guest.post(f"{booked}/reschedule", data=eleven).status_code == 303
    assert conflicts(app) == []
    assert look(guest, booked).one(data_booking_status="confirmed")["data-start"] == eleven["start"]


def test_an_event_made_free_keeps_the_booking_and_frees_the_time(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    by_hand(google, "free")
    reconcile(app)
    assert status_of(look(guest, booked)) == "confirmed"
    assert NINE in offered(guest)
    book(guest, NINE, email="other@guests.example")


def test_a_move_onto_another_booking_is_a_conflict_until_it_is_resolved(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    other = book(guest, TEN, email="other@guests.example")
    (event, _other) = google.events(ANA)
    google.alter(ANA, event["id"], "move", 60)
    reconcile(app)
    shown = look(guest, booked).one(data_booking_status="confirmed")
    assert shown["data-start"] == TEN
    assert status_of(look(guest, other)) == "confirmed"
    assert len(conflicts(app)) == 1
    assert TEN not in offered(guest)
    guest.post(f"{other}/cancel")
    reconcile(app)
    assert conflicts(app) == []


def test_a_change_that_is_none_to_the_guest_changes_nothing(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    before = bookings(app)
    google.add_busy(ANA, "2026-12-02T09:00:00Z", "2026-12-02T10:00:00Z")
    by_hand(google, "move", 0)
    reconcile(app)
    assert bookings(app) == before
    assert "2026-12-02T09:00:00Z" not in offered(guest, "2026-12-02")


def test_an_event_moved_to_a_whole_day_holds_that_day(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    (event,) = google.events(ANA)
    with google.state.lock:
        found = google.state.calendars[ANA]
        days = {"start": {"date": "2026-12-02"}, "end": {"date": "2026-12-03"}}
        google.state.store(found, {**event, **days})
    reconcile(app)
    shown = look(guest, booked).one(data_booking_status="confirmed")
    assert shown["data-start"] == "2026-12-02T00:00:00Z"
    assert offered(guest, "2026-12-02") == []


def test_an_event_without_any_length_is_followed(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    other = book(guest, TEN, email="other@guests.example")
    (event, _other) = google.events(ANA)
    with google.state.lock:
        google.state.store(google.state.calendars[ANA], {**event, "end": event["start"]})
    google.alter(ANA, google.events(ANA)[1]["id"], "delete")
    reconcile(app)
    shown = look(guest, booked).one(data_booking_status="confirmed")
    assert (shown["data-start"], shown["data-end"]) == (NINE, "2026-12-01T09:01:00Z")
    assert status_of(look(guest, other)) == "cancelled"
    assert cancel(guest, booked).status_code == 303
    assert google.events(ANA) == []


def test_one_change_that_cannot_be_taken_in_does_not_keep_the_others_waiting(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    other = book(guest, TEN, email="other@guests.example")
    for event, hours in zip(google.events(ANA), (3, 4), strict=True):
        google.alter(ANA, event["id"], "move", hours * 60)
    (first, second) = google.events(ANA)
    wrong = {**first, "start": {"dateTime": "noon"}}
    answer = {"items": [wrong, second], "nextSyncToken": "c3luYzo5OTk5OTk="}
    google.fault("calendar.events.list", body=json.dumps(answer))
    reconcile(app)
    assert look(guest, booked).one(data_booking_status=True)["data-start"] == NINE
    assert look(guest, other).one(data_booking_status=True)["data-start"] == "2026-12-01T14:00:00Z"
    reconcile(app)
    assert look(guest, booked).one(data_booking_status=True)["data-start"] == "2026-12-01T12:00:00Z"


def test_an_answer_of_the_guests_is_no_new_version_of_the_event(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    by_hand(google, "decline-guest")
    reconcile(app)
    assert "You declined" in look(guest, booked).text
    assert ics(guest, booked)["SEQUENCE"] == "0"


@pytest.mark.parametrize("address", ["MARIA@Example.com", "maria.sousa@mail.example.com"])
def test_a_guest_whom_google_writes_otherwise_is_not_missed(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, address: str
) -> None:
    google.fault("calendar.events.insert", cut="after")
    booked = book(guest)
    (event,) = google.events(ANA)
    attendees = [
        {**each, "email": address if each["email"] == MARIA["email"] else each["email"]}
        for each in event["attendees"]
    ]
    with google.state.lock:
        google.state.store(google.state.calendars[ANA], {**event, "attendees": attendees})
    clock.shift(60)
    reconcile(app)
    assert status_of(look(guest, booked)) == "confirmed"
    by_hand(google, "move", 60)
    reconcile(app)
    assert look(guest, booked).one(data_booking_status="confirmed")["data-start"] == TEN


# --- reading changes ----------------------------------------------------------------------------


def test_changes_come_in_pages(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    for hour in range(10, 16):
        google.add_busy(ANA, f"2026-12-02T{hour}:00:00Z", f"2026-12-02T{hour}:30:00Z")
    by_hand(google, "move", 60)
    google.state.longest_page = 2
    google.calls.clear()
    reconcile(app)
    assert look(guest, booked).one(data_booking_status=True)["data-start"] == TEN
    assert google.calls.count("calendar.events.list") >= 4


def filled(google: StandIn, number: int = 12) -> None:
    """Ana's calendar has so many more events, two in an answer."""
    for day in range(1, number + 1):
        google.add_busy(ANA, f"2027-01-{day:02}T10:00:00Z", f"2027-01-{day:02}T11:00:00Z")
    google.state.longest_page = 2


def pages(google: StandIn) -> list[str | None]:
    """The tokens of the pages that were asked for."""
    return [
        params.get("pageToken")
        for method, params in google.state.calls
        if method == "calendar.events.list"
    ]


@pytest.mark.parametrize("act", ["move", "delete", "nothing"])
def test_a_calendar_too_long_for_one_round_is_gone_on_with_in_the_next(
    app: Flask, guest: FlaskClient, google: StandIn, act: str
) -> None:
    """Each round gets two pages, and is over then."""
    filled(google)
    first, last = book(guest), book(guest, "2026-12-04T09:00:00Z")
    (early, late) = (each for each in google.events(ANA) if "extendedProperties" in each)
    if act != "nothing":
        google.alter(ANA, early["id"], act, 60)
        google.alter(ANA, late["id"], act, 60)
    google.state.calls.clear()
    for _round in range(3):
        google.fault("calendar.events.list", skip=2, status=503, times=None)
        reconcile(app)
        google.clear_faults()
    reconcile(app)
    asked = pages(google)
    assert len(asked) == len(set(asked)) == (6 if act == "delete" else 7)
    expected = {"move": "confirmed", "delete": "cancelled", "nothing": "confirmed"}[act]
    assert {status_of(look(guest, each)) for each in (first, last)} == {expected}
    if act == "move":
        assert look(guest, first).one(data_booking_status=True)["data-start"] == TEN
    google.state.calls.clear()
    reconcile(app)
    assert all("syncToken" in params for _method, params in google.state.calls)


def test_many_changes_are_gone_on_with_in_the_next_round_too(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    reconcile(app)
    filled(google)
    google.alter(ANA, google.events(ANA)[0]["id"], "move", 60)
    google.state.calls.clear()
    for _round in range(4):
        google.fault("calendar.events.list", skip=2, status=503, times=None)
        reconcile(app)
        google.clear_faults()
    asked = pages(google)
    assert len(asked) == len(set(asked)) == 7
    assert look(guest, address).one(data_booking_status=True)["data-start"] == TEN


@pytest.mark.parametrize(
    "stale",
    [{"status": 400, "reason": "invalid"}, {"status": 410, "reason": "fullSyncRequired"}],
    ids=str,
)
def test_a_page_that_google_does_not_know_any_more_is_begun_anew(
    app: Flask, guest: FlaskClient, google: StandIn, stale: dict[str, Any]
) -> None:
    filled(google)
    address = book(guest)
    google.alter(ANA, google.events(ANA)[0]["id"], "delete")
    google.fault("calendar.events.list", skip=2, status=503, times=None)
    reconcile(app)
    google.clear_faults()
    google.fault("calendar.events.list", **stale)
    google.state.calls.clear()
    reconcile(app)
    assert pages(google)[0] is None
    assert status_of(look(guest, address)) == "cancelled"


def test_a_booking_made_between_two_pages_is_followed(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    filled(google)
    book(guest)
    google.fault("calendar.events.list", skip=3, status=503, times=None)
    reconcile(app)
    google.clear_faults()
    late = book(guest, TEN, email="other@guests.example")
    google.alter(ANA, google.events(ANA)[1]["id"], "move", 60)
    reconcile(app)
    reconcile(app)
    assert look(guest, late).one(data_booking_status=True)["data-start"] == ELEVEN


def test_a_sync_token_that_is_too_old_starts_over(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    gone = book(guest, TEN, email="other@guests.example")
    reconcile(app)
    (first, second) = google.events(ANA)
    google.alter(ANA, first["id"], "move", 120)
    google.alter(ANA, second["id"], "delete")
    google.state.oldest_sync = 10**9  # every token
    reconcile(app)
    assert look(guest, booked).one(data_booking_status=True)["data-start"] == "2026-12-01T11:00:00Z"
    assert status_of(look(guest, gone)) == "cancelled"


def test_a_sync_token_that_google_cannot_read_starts_over(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    reconcile(app)
    by_hand(google, "move", 60)
    google.fault("calendar.events.list", status=400, reason="invalid")
    reconcile(app)
    assert look(guest, booked).one(data_booking_status=True)["data-start"] == TEN


def test_a_page_that_leads_to_itself_is_asked_for_once_a_round(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    google.state.longest_page = 0
    google.calls.clear()
    for round in (1, 2, 3):
        reconcile(app)
        assert google.calls.count("calendar.events.list") <= round + 1
    google.state.longest_page = 250
    by_hand(google, "move", 60)
    reconcile(app)
    assert look(guest, booked).one(data_booking_status=True)["data-start"] == TEN


def test_only_what_changed_is_asked_for(app: Flask, guest: FlaskClient, google: StandIn) -> None:
    book(guest)
    reconcile(app)
    google.state.calls.clear()
    reconcile(app)
    ((method, params),) = google.state.calls
    assert method == "calendar.events.list"
    assert "syncToken" in params


def test_a_host_without_bookings_to_come_is_not_asked_about(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    book(guest)
    clock.shift(9 * 86400)  # for a week the host may drag it into the future again
    google.state.calls.clear()
    reconcile(app)
    assert google.calls == []


def test_a_booking_that_is_over_and_dragged_into_the_future_comes_back(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, clock: time_machine.Traveller
) -> None:
    clock.move_to("2026-12-01T12:00:00+00:00")
    reconcile(app)
    by_hand(google, "move", 24 * 60)
    reconcile(app)
    shown = look(guest, booked).one(data_booking_status="confirmed")
    assert shown["data-start"] == "2026-12-02T09:00:00Z"
    assert "2026-12-02T09:00:00Z" not in offered(guest, "2026-12-02")


@pytest.mark.parametrize("act", ["delete", "decline-host", "move"])
def test_what_is_done_to_an_event_once_it_is_over_is_no_change_of_the_booking(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, clock: time_machine.Traveller,
    act: str,
) -> None:  # fmt: skip
    clock.move_to("2026-12-01T12:00:00+00:00")
    by_hand(google, act, 60)
    reconcile(app)
    assert look(guest, booked).one(data_booking_status="confirmed")["data-start"] == NINE


# --- what happens at the same time ----------------------------------------------------------------


def a_round(app: Flask, google: StandIn, threads: ThreadPoolExecutor, **fault: Any) -> Future[str]:
    """A round whose list of changes is held back until the faults are cleared."""
    app.extensions["meetslot"].patience = Patience(call_seconds=30, tries=1)
    google.fault("calendar.events.list", **fault)
    round = threads.submit(reconcile, app)
    assert google.faults.wait_for_hanging(120)
    return round


def test_a_list_that_is_older_than_a_guests_change_does_not_undo_it(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    by_hand(google, "free")
    with ThreadPoolExecutor(1) as threads:
        round = a_round(app, google, threads, hold="after")
        assert reschedule(guest, booked).status_code == 303
        google.clear_faults()
        round.result(timeout=120)
    assert look(guest, booked).one(data_booking_status="confirmed")["data-start"] == TEN
    reconcile(app)
    assert look(guest, booked).one(data_booking_status="confirmed")["data-start"] == TEN


def test_a_booking_that_is_made_while_the_list_comes_is_followed_too(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    with ThreadPoolExecutor(1) as threads:
        round = a_round(app, google, threads, hold="before")
        other = book(guest, TEN, email="other@guests.example")
        google.alter(ANA, google.events(ANA)[1]["id"], "move", 60)
        google.clear_faults()
        round.result(timeout=120)
    reconcile(app)
    assert look(guest, other).one(data_booking_status="confirmed")["data-start"] == ELEVEN


def test_a_change_that_is_heard_of_while_the_guest_changes_something_is_not_forgotten(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    look(guest, f"{booked}/reschedule")
    google.fault("calendar.freebusy.query", hang="before")
    with ThreadPoolExecutor(1) as threads:
        doing = threads.submit(reschedule, app.test_client(), booked)
        assert google.faults.wait_for_hanging(120)
        by_hand(google, "move", 120)
        reconcile(app)
        google.clear_faults()
        assert code_of(doing.result(timeout=120)) == "calendar_unavailable"
    reconcile(app)
    assert look(guest, booked).one(data_booking_status="confirmed")["data-start"] == ELEVEN


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500}, {"status": 503}, {"status": 404, "reason": "notFound"},
        {"status": 410, "reason": "updatedMinTooLongAgo"},
        {"status": 400, "reason": "invalid"}, {"status": 401, "reason": "authError"},
        {"status": 403, "reason": "rateLimitExceeded"},
        {"status": 429, "reason": "rateLimitExceeded"}, {"cut": "before"}, {"cut": "after"},
        {"body": "<html>"}, {"body": "{}"}, {"body": '{"items": []}'},
        {"body": '{"items": [7], "nextSyncToken": "x"}'},
        {"body": '{"items": [{"id": "EVENT"}], "nextSyncToken": "x"}'},
        {"body": '{"items": [{"id": "EVENT", "status": "confirmed", "etag": "1"}],'
                 ' "nextSyncToken": "x"}'},
    ],
    ids=str,
)  # fmt: skip
def test_an_error_of_googles_changes_nothing_and_the_change_comes_later(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, fault: dict[str, Any]
) -> None:
    before = bookings(app)
    (event,) = google.events(ANA)
    by_hand(google, "move", 60)
    if "body" in fault:
        fault = {"body": fault["body"].replace("EVENT", event["id"])}
    google.fault("calendar.events.list", times=None, **fault)
    reconcile(app)
    assert bookings(app) == before
    google.clear_faults()
    reconcile(app)
    assert look(guest, booked).one(data_booking_status=True)["data-start"] == TEN


def test_two_hosts_cannot_change_each_others_bookings(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, change: Callable[..., None]
) -> None:
    (event,) = google.events(ANA)
    with google.state.lock:
        mine = google.state.calendars["ben@sailing.example"]
        google.state.store(mine, {**event, "status": "cancelled"})
    reconcile(app)
    assert status_of(look(guest, booked)) == "confirmed"


@pytest.mark.parametrize("act", ["move", "free"])
def test_an_event_that_was_changed_before_anybody_knew_that_it_stands_is_followed(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, act: str
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    by_hand(google, act, 120)
    clock.shift(30)
    google.fault("calendar.events.get", status=404, reason="notFound")  # not seen at once
    assert status_of(look(guest, address)) == "confirmed"
    (row,) = bookings(app)
    free = offered(guest)
    assert NINE in free
    if act == "move":
        assert (row["start"], ELEVEN in free) == (ELEVEN, False)


def test_a_guest_whose_answer_google_lets_us_do_nothing_about_is_followed_all_the_same(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    reconcile(app)
    by_hand(google, "decline-guest")
    google.fault("calendar.events.patch", status=403, reason="forbiddenForNonOrganizer", times=None)
    clock.shift(90)
    assert "1 " in reconcile(app)
    asked = google.faults.taken
    clock.shift(90)
    reconcile(app)
    assert google.faults.taken == asked > 0
    assert "declined" in look(guest, address).text
