"""What else people edit in Google's own pages: the booking follows, or stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests.people import (
    ANA,
    ELEVEN,
    HALF_PAST,
    MARIA,
    NINE,
    TEN,
    book,
    bookings,
    cancel,
    look,
    offered,
    reconcile,
    reschedule,
    row,
    status_of,
)

pytestmark = pytest.mark.usefixtures("ana")

PRIVATE = "ana-private@group.calendar.example"
TEAM = "team@group.calendar.example"
Event = dict[str, Any]


@pytest.fixture(params=["first reading", "later reading"])
def booked(request: pytest.FixtureRequest, app: Flask, guest: FlaskClient) -> str:
    """The address of a booking, before its calendar was ever read, or after."""
    address = book(guest)
    if request.param == "later reading":
        reconcile(app)
    return address


def only(google: StandIn, calendar: str = ANA) -> Event:
    (event,) = google.events(calendar)
    return event


def edit(google: StandIn, **fields: Any) -> Event:
    """Ana edits the one event in her calendar."""
    return google.edit(ANA, only(google)["id"], **fields)


def to_calendar(google: StandIn, source: str, target: str) -> None:
    google.move_to_calendar(source, only(google, source)["id"], target)


def start_of(shown: Any) -> str:
    return str(shown.one(data_booking_status="confirmed")["data-start"])


# --- another calendar -----------------------------------------------------------------------------


def test_an_event_put_into_another_calendar_keeps_the_booking_and_its_time(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    to_calendar(google, ANA, PRIVATE)
    reconcile(app)
    assert status_of(look(guest, booked)) == "confirmed"
    assert NINE not in offered(guest)
    google.alter(PRIVATE, only(google, PRIVATE)["id"], "move", 60)
    reconcile(app)
    assert start_of(look(guest, booked)) == TEN
    assert NINE in offered(guest)
    assert TEN not in offered(guest)


def test_one_that_was_moved_to_another_time_and_calendar_is_followed_at_once(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    google.alter(ANA, only(google)["id"], "move", 60)
    to_calendar(google, ANA, PRIVATE)
    reconcile(app)
    assert start_of(look(guest, booked)) == TEN


def test_there_and_back_again(app: Flask, guest: FlaskClient, google: StandIn, booked: str) -> None:
    for source, target in ((ANA, PRIVATE), (PRIVATE, ANA)):
        to_calendar(google, source, target)
        reconcile(app)
        assert status_of(look(guest, booked)) == "confirmed"
    assert cancel(guest, booked).status_code == 303
    assert google.events(ANA) == google.events(PRIVATE) == []


@pytest.mark.parametrize("rounds", [0, 1], ids=["at once", "after a round"])
def test_a_guest_cancels_an_event_that_is_in_another_calendar_by_now(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, rounds: int
) -> None:
    to_calendar(google, ANA, PRIVATE)
    for _ in range(rounds):
        reconcile(app)
    assert cancel(guest, booked).status_code == 303
    assert status_of(look(guest, booked)) == "cancelled"
    assert google.events(PRIVATE) == []
    assert (google.invitations[-1]["kind"], google.invitations[-1]["to"]) == (
        "cancellation",
        MARIA["email"],
    )


@pytest.mark.parametrize("rounds", [0, 1], ids=["at once", "after a round"])
@pytest.mark.parametrize("start", [TEN, HALF_PAST])
def test_a_guest_moves_an_event_that_is_in_another_calendar_by_now(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, rounds: int, start: str
) -> None:
    to_calendar(google, ANA, PRIVATE)
    for _ in range(rounds):
        reconcile(app)
    assert reschedule(guest, booked, start).status_code == 303
    assert start_of(look(guest, booked)) == start
    assert only(google, PRIVATE)["start"]["dateTime"].startswith(start[:16])


def test_it_is_cancelled_once_it_is_deleted_in_the_other_calendar_too(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    to_calendar(google, ANA, PRIVATE)
    reconcile(app)
    google.alter(PRIVATE, only(google, PRIVATE)["id"], "delete")
    reconcile(app)
    assert status_of(look(guest, booked)) == "cancelled"
    assert NINE in offered(guest)


@pytest.mark.parametrize("moment", ["moved", "deleted"])
def test_an_event_whose_making_or_moving_was_not_heard_of_is_found_in_another_calendar(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, moment: str
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    to_calendar(google, ANA, PRIVATE)
    if moment == "deleted":
        google.alter(PRIVATE, only(google, PRIVATE)["id"], "delete")
    clock.shift(60)
    reconcile(app)
    assert status_of(look(guest, address)) == ("confirmed" if moment == "moved" else "cancelled")


def test_a_move_that_was_not_heard_of_is_found_in_another_calendar(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.patch", cut="before")
    assert reschedule(guest, booked, TEN).status_code == 303
    to_calendar(google, ANA, PRIVATE)
    clock.shift(60)
    reconcile(app)
    assert start_of(look(guest, booked)) == TEN
    assert only(google, PRIVATE)["start"]["dateTime"].startswith("2026-12-01T10:00")


@pytest.mark.parametrize("method", ["calendar.calendarList.list", "calendar.events.get"])
def test_when_the_other_calendars_cannot_be_looked_at_nothing_is_cancelled(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, method: str
) -> None:
    to_calendar(google, ANA, PRIVATE)
    google.fault(method, status=503, times=None)
    for _ in range(2):
        reconcile(app)
        assert status_of(look(guest, booked)) == "confirmed"
    assert cancel(guest, booked).status_code == 503
    google.clear_faults()
    reconcile(app)
    google.alter(PRIVATE, only(google, PRIVATE)["id"], "move", 60)
    reconcile(app)
    assert start_of(look(guest, booked)) == TEN


def test_a_copy_in_the_calendar_that_is_only_invited_is_not_the_event_itself(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    """Ana is a guest of what her other calendar organizes: her own shows it under the same id."""
    event = only(google)
    to_calendar(google, ANA, PRIVATE)
    google.edit(ANA, event["id"], status="confirmed", organizer={"email": PRIVATE})
    reconcile(app)
    assert cancel(guest, booked).status_code == 303
    assert google.events(PRIVATE) == []


def renamed(google: StandIn) -> None:
    """Ana's account gets another address: so does her own calendar."""
    with google.state.lock:
        state = google.state
        person = state.people.pop(ANA)
        state.people["ana@new.example"] = replace(person, email="ana@new.example")
        calendar = state.calendars.pop(ANA)
        calendar.id = calendar.owner = "ana@new.example"
        state.calendars[calendar.id] = calendar
        for other in state.calendars.values():
            other.owner = "ana@new.example" if other.owner == ANA else other.owner
        for grant in state.grants:
            grant.email = "ana@new.example" if grant.email == ANA else grant.email


def test_a_calendar_that_goes_by_another_address_by_now_has_the_events_all_the_same(
    app: Flask, guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", target_calendar=ANA)
    cancelled, followed = book(guest), book(guest, TEN, email="other@guests.example")
    reconcile(app)
    renamed(google)
    assert cancel(guest, cancelled).status_code == 303
    assert status_of(look(guest, cancelled)) == "cancelled"
    event = only(google, "ana@new.example")
    google.alter("ana@new.example", event["id"], "move", 60)
    reconcile(app)
    assert start_of(look(guest, followed)) == ELEVEN


# --- who comes ------------------------------------------------------------------------------------


def host_entry(event: Event) -> Event:
    return next(dict(each) for each in event["attendees"] if each["email"] == ANA)


COLLEAGUE = {"email": "tom@guests.example", "responseStatus": "needsAction"}
ROOM = {"email": "deck@resource.calendar.google.com", "responseStatus": "accepted"}
GUEST = {"email": MARIA["email"], "responseStatus": "needsAction"}
HIDDEN = {"guestsCanSeeOtherGuests": False, "visibility": "private"}
SERIES = {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"]}


@pytest.mark.parametrize(
    ("others", "fields"),
    [
        ([{**GUEST, "email": "mia.lund@guests.example"}], {}),
        ([COLLEAGUE], {}),
        ([GUEST, COLLEAGUE], {}),
        ([GUEST, {**ROOM, "resource": True}], {}),
        ([{**GUEST, "optional": True}], {}),
        ([{"displayName": "Mia", "responseStatus": "needsAction"}], {}),
        ([{**GUEST, "responseStatus": "tentative", "comment": "perhaps"}], {}),
        ([{**GUEST, "responseStatus": "declined"}, COLLEAGUE], {}),
        ([GUEST], {"attendeesOmitted": True}),
        ([], {"attendeesOmitted": True}),
        ([GUEST], HIDDEN),
        ([GUEST], SERIES),
        ([GUEST], {"summary": "Knots", "description": None, "location": "On deck"}),
        ([GUEST], {"conferenceData": None, "hangoutLink": None}),
        ([GUEST], {"extendedProperties": None, "source": None, "reminders": None}),
        ([GUEST], {"status": "tentative"}),
    ],
    ids=str,
)
def test_the_booking_stands_and_holds_its_time(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, others: list[Event],
    fields: dict[str, Any],
) -> None:  # fmt: skip
    edit(google, attendees=[host_entry(only(google)), *others], **fields)
    reconcile(app)
    assert start_of(look(guest, booked)) == NINE
    assert NINE not in offered(guest)
    assert reschedule(guest, booked, HALF_PAST).status_code == 303
    assert cancel(guest, booked).status_code == 303
    assert google.events(ANA) == []


@pytest.mark.parametrize("left", [[], [ROOM], [{**COLLEAGUE, "resource": True}]], ids=str)
@pytest.mark.parametrize("replaced", [False, True])
def test_a_booking_without_any_guest_left_is_cancelled(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, left: list[Event], replaced: bool
) -> None:
    if replaced:
        edit(google, attendees=[host_entry(only(google)), COLLEAGUE])
        reconcile(app)
    edit(google, attendees=[host_entry(only(google)), *left])
    reconcile(app)
    assert status_of(look(guest, booked)) == "cancelled"
    assert NINE in offered(guest) or google.events(ANA), "what is left is the host's own"


def test_a_host_who_tries_it_out_with_their_own_address_stays_booked(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest, email=ANA.upper())
    shown = look(guest, address).text
    assert "on its way" not in shown, "Google writes to guests, not to the organizer"
    assert "Google sends no invitation" in shown
    google.alter(ANA, only(google)["id"], "move", 60)
    reconcile(app)
    assert start_of(look(guest, address)) == TEN


def test_a_colleague_in_the_guests_place_who_declines_gives_the_time_up(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    host = host_entry(only(google))
    edit(google, attendees=[host, {**COLLEAGUE, "responseStatus": "declined"}])
    reconcile(app)
    assert status_of(look(guest, booked)) == "confirmed"
    assert NINE in offered(guest)


@pytest.mark.parametrize("alias", [ANA, "ana.alias@sailing.example", "Ana@Old.example"])
def test_a_host_who_declines_under_any_of_their_addresses_cancels(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, alias: str
) -> None:
    declined = {"email": alias, "self": True, "responseStatus": "declined"}
    edit(google, attendees=[declined, GUEST])
    reconcile(app)
    assert status_of(look(guest, booked)) == "cancelled"
    assert NINE in offered(guest)


@pytest.mark.parametrize("alias", [ANA, "ana.alias@sailing.example", "Ana@Old.example"])
def test_what_the_host_declined_under_any_address_is_offered_and_accepted(
    app: Flask, guest: FlaskClient, google: StandIn, change: Callable[..., None], alias: str
) -> None:
    change("ana", event={"slot_interval": 15})
    address = book(guest)
    reconcile(app)
    other = google.add_busy(ANA, "2026-12-01T09:15:00Z", TEN)
    declined = {"email": alias, "self": True, "responseStatus": "declined"}
    google.edit(ANA, other["id"], attendees=[declined, COLLEAGUE])
    quarter = "2026-12-01T09:15:00Z"
    assert f'value="{quarter}"' in guest.get(f"{address}/reschedule?date=2026-12-01").text
    assert reschedule(guest, address, quarter).status_code == 303
    assert start_of(look(guest, address)) == quarter


# --- when it is -----------------------------------------------------------------------------------


def at(start: str, end: str, tz: str | None = None) -> dict[str, Any]:
    kind = "date" if len(start) == 10 else "dateTime"
    more = {"timeZone": tz} if tz else {}
    return {"start": {kind: start, **more}, "end": {kind: end, **more}}


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        (at("2026-12-02T10:00:00Z", "2026-12-02T10:30:00Z"),
         "2026-12-02T10:00:00Z", "2026-12-02T10:30:00Z"),
        (at("2026-12-01T09:00:00Z", "2026-12-01T10:30:00Z"),
         "2026-12-01T09:00:00Z", "2026-12-01T10:30:00Z"),
        (at("2026-12-01T22:00:00Z", "2026-12-04T08:00:00Z"),
         "2026-12-01T22:00:00Z", "2026-12-04T08:00:00Z"),
        (at("2026-12-02T18:00:00+09:00", "2026-12-02T18:30:00+09:00", "Asia/Tokyo"),
         "2026-12-02T09:00:00Z", "2026-12-02T09:30:00Z"),
        (at("2026-12-02T10:00:00", "2026-12-02T10:30:00", "Europe/Paris"),
         "2026-12-02T09:00:00Z", "2026-12-02T09:30:00Z"),
        (at("2026-12-02", "2026-12-05"), "2026-12-02T00:00:00Z", "2026-12-05T00:00:00Z"),
        ({**at("2026-12-03T09:00:00Z", "2026-12-03T09:30:00Z", "Europe/Lisbon"), **SERIES},
         "2026-12-03T09:00:00Z", "2026-12-03T09:30:00Z"),
    ],
    ids=["another day", "longer", "over days", "zone", "local time", "whole days", "series"],
)  # fmt: skip
def test_the_booking_goes_where_its_event_goes(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str, fields: dict[str, Any],
    start: str, end: str,
) -> None:  # fmt: skip
    edit(google, **fields)
    reconcile(app)
    shown = look(guest, booked).one(data_booking_status="confirmed")
    assert (shown["data-start"], shown["data-end"]) == (start, end)
    assert row(app)["status"] == "confirmed"
    free = [time for day in range(1, 6) for time in offered(guest, f"2026-12-0{day}")]
    assert not [time for time in free if start <= time < end]
    assert (NINE in free) == (not start <= NINE < end)


def test_a_series_is_no_stranger_to_its_own_booking(
    app: Flask, guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    """Asked for single events, Google lists a series by its instances, each with its own id."""
    change("ana", event={"duration": 60, "slot_interval": 30})
    address = book(guest)
    event = edit(google, **SERIES)
    reconcile(app)
    first = {**event, "id": f"{event['id']}_20261201T090000Z", "recurringEventId": event["id"]}
    del first["recurrence"]
    body = {"kind": "calendar#events", "items": [first]}
    google.fault("calendar.events.list", body=json.dumps(body))
    assert reschedule(guest, address, HALF_PAST).status_code == 303
    assert start_of(look(guest, address)) == HALF_PAST


def test_somebody_elses_calendar_is_not_looked_into(
    app: Flask, guest: FlaskClient, google: StandIn, booked: str
) -> None:
    google.alter(ANA, only(google)["id"], "delete")
    google.state.calls.clear()
    reconcile(app)
    assert [each["status"] for each in bookings(app)] == ["cancelled"]
    asked = {params["calendarId"] for method, params in google.state.calls if "get" in method}
    assert PRIVATE in asked
    assert TEAM not in asked
