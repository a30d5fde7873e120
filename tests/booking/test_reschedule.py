"""A guest moves a booking to another free time; its event and Meet link stay the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.page import starts
from tests.people import (
    ANA,
    ELEVEN,
    HALF_PAST,
    MARIA,
    NINE,
    TEN,
    book,
    cancel,
    code_of,
    ics,
    look,
    offered,
    reconcile,
    reschedule,
    row,
    status_of,
)
from widget.booking import act as booking_act
from widget.booking import rows
from widget.google.errors import Patience

pytestmark = pytest.mark.usefixtures("ana")


def when(guest: FlaskClient, address: str) -> str:
    return look(guest, address).one(data_booking_status=True)["data-start"]


def times(google: StandIn) -> list[str]:
    return [event["start"]["dateTime"] for event in google.events(ANA)]


# --- it works -----------------------------------------------------------------------------------


def test_the_picker_leads_to_another_time_without_javascript(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    link = look(guest, address).one("a", data_reschedule=True)["href"]
    day = look(guest, f"{link}?date=2026-12-03")
    pick = day.one("form")
    assert (pick["method"], pick["action"]) == ("get", link)
    asked = guest.get(link, query_string={**pick.fields(), "start": "2026-12-03T10:00:00Z"})
    form = page.read(asked.text).one("form", id="reschedule-form")
    assert times(google) == ["2026-12-01T09:00:00+00:00"]
    answer = guest.post(form["action"], data=form.fields())
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (303, address)
    assert when(guest, address) == "2026-12-03T10:00:00Z"
    assert times(google) == ["2026-12-03T10:00:00+00:00"]


def test_the_step_before_shows_both_times(guest: FlaskClient) -> None:
    address = book(guest)
    text = look(guest, f"{address}/reschedule?start={TEN}").text
    assert "9:00 AM – 9:30 AM" in text
    assert "10:00 AM – 10:30 AM" in text


def test_the_picker_speaks_in_the_guests_zone(guest: FlaskClient) -> None:
    address = book(guest, tz="Asia/Tokyo")
    shown = look(guest, f"{address}/reschedule")
    assert "Times in Tokyo" in shown.text
    zones = guest.get(f"{address}/reschedule", query_string={"step": "zone"})
    form = page.read(zones.text).one("form")
    assert form["action"] == f"{address}/reschedule"
    assert form.fields()["tz"] == "Asia/Tokyo"


def test_event_link_and_guests_stay_and_google_tells_them(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest, notes="Bring tea")
    (before,) = google.events(ANA)
    reschedule(guest, address)
    (after,) = google.events(ANA)
    for name in ("id", "hangoutLink", "conferenceData", "description", "attendees", "summary"):
        assert after[name] == before[name]
    assert google.invitations[-1]["kind"] == "update"
    assert google.invitations[-1]["to"] == MARIA["email"]
    assert look(guest, address).one("a", data_meet_link=True)["href"] == before["hangoutLink"]


def test_the_calendar_file_follows_with_a_higher_sequence(guest: FlaskClient) -> None:
    address = book(guest)
    reschedule(guest, address, TEN)
    reschedule(guest, address, ELEVEN)
    lines = ics(guest, address)
    assert (lines["DTSTART"], lines["SEQUENCE"]) == ("20261201T110000Z", "2")
    assert lines["STATUS"] == "CONFIRMED"


def test_the_old_time_is_free_at_once_and_the_new_one_taken(guest: FlaskClient) -> None:
    reschedule(guest, book(guest))
    assert NINE in offered(guest)
    assert TEN not in offered(guest)
    book(guest, NINE, email="other@guests.example")


def test_moving_twice_to_the_same_time_is_the_same_as_once(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    assert reschedule(guest, address).status_code == 303
    assert reschedule(guest, address).status_code == 303
    assert google.calls.count("calendar.events.patch") == 1
    assert ics(guest, address)["SEQUENCE"] == "1"


def test_the_host_moves_a_booking_too(app: Flask, guest: FlaskClient) -> None:
    address = book(guest)
    with app.test_request_context():
        found = rows.booking_by_id(row(app)["id"])
        assert found
        google = app.extensions["meetslot"]
        booking_act.reschedule(
            google, found, found.start_at + 3600, booking_act.HOST, int(time.time())
        )
    assert when(guest, address) == TEN


# --- the rules hold -----------------------------------------------------------------------------


def test_a_booking_does_not_block_itself(guest: FlaskClient, change: Callable[..., None]) -> None:
    change("ana", event={"duration": 60, "slot_interval": 30, "max_per_day": 1})
    address = book(guest)
    assert HALF_PAST in starts(look(guest, f"{address}/reschedule?date=2026-12-01"))
    assert reschedule(guest, address, HALF_PAST).status_code == 303
    assert when(guest, address) == HALF_PAST


def test_what_stands_next_to_it_still_blocks(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", event={"duration": 60, "slot_interval": 30})
    google.add_busy(ANA, TEN, ELEVEN)
    address = book(guest)
    assert HALF_PAST not in starts(look(guest, f"{address}/reschedule?date=2026-12-01"))
    assert code_of(reschedule(guest, address, HALF_PAST)) == "slot_taken"


def test_another_event_at_the_bookings_own_time_blocks_too(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", event={"duration": 60, "slot_interval": 30})
    address = book(guest)
    google.add_busy(ANA, HALF_PAST, TEN, free=True)
    google.add_busy(ANA, HALF_PAST, TEN, declined=True)
    own = google.add_busy(ANA, HALF_PAST, TEN)  # Ana books herself twice
    assert code_of(reschedule(guest, address, HALF_PAST)) == "slot_taken"
    google.alter(ANA, own["id"], "delete")
    assert reschedule(guest, address, HALF_PAST).status_code == 303


@pytest.mark.parametrize(
    ("start", "status", "code"),
    [
        ("2026-12-01T09:10:00Z", 409, "slot_unavailable"),
        ("2026-12-05T09:00:00Z", 409, "slot_unavailable"),
        ("2026-11-30T09:00:00Z", 409, "slot_unavailable"),
        ("2026-11-27T09:00:00Z", 409, "slot_unavailable"),
        ("2028-12-01T09:00:00Z", 409, "slot_unavailable"),
        ("2026-12-01T10:00:00", 422, "invalid_request"),
        ("tomorrow", 422, "invalid_request"),
        ("", 422, "invalid_request"),
    ],
)
@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_time_that_is_not_offered_is_refused_with_those_that_are(
    guest: FlaskClient, google: StandIn, start: str, status: int, code: str, verb: str
) -> None:
    address = f"{book(guest)}/reschedule"
    given = {"start": start}
    answer = (
        guest.post(address, data=given)
        if verb == "post"
        else guest.get(address, query_string=given)
    )
    assert answer.status_code == status
    shown = page.read(answer.text)
    assert shown.one(role="alert")["data-error"] == code
    assert starts(shown)
    assert shown.one("form")["method"] == "get"
    assert times(google) == ["2026-12-01T09:00:00+00:00"]


def test_a_time_that_somebody_else_has_is_refused_with_fresh_ones(guest: FlaskClient) -> None:
    address = book(guest)
    book(guest, TEN, email="other@guests.example")
    answer = reschedule(guest, address)
    assert (answer.status_code, code_of(answer)) == (409, "slot_taken")
    fresh = starts(page.read(answer.text))
    assert fresh
    assert TEN not in fresh
    assert when(guest, address) == NINE


def test_a_time_at_which_the_host_has_just_got_busy_is_refused(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    look(guest, f"{address}/reschedule")  # the busy times are in the cache now
    google.add_busy(ANA, TEN, ELEVEN)
    answer = reschedule(guest, address)
    assert (answer.status_code, code_of(answer)) == (409, "slot_taken")
    assert TEN not in starts(page.read(answer.text))
    assert (status_of(look(guest, address)), when(guest, address)) == ("confirmed", NINE)


def test_after_the_deadline_it_is_too_late(
    guest: FlaskClient, change: Callable[..., None], clock: time_machine.Traveller
) -> None:
    change("ana", event={"change_deadline": 60})
    address = book(guest)
    clock.move_to("2026-12-01T08:00:00Z")
    for answer in (reschedule(guest, address, ELEVEN), guest.get(f"{address}/reschedule")):
        assert (answer.status_code, code_of(answer)) == (409, "too_late")
    assert "too late" in look(guest, address).text


def test_a_cancelled_booking_cannot_be_moved(guest: FlaskClient, google: StandIn) -> None:
    address = book(guest)
    cancel(guest, address)
    for answer in (reschedule(guest, address), guest.get(f"{address}/reschedule")):
        assert (answer.status_code, code_of(answer)) == (409, "not_active")
    assert times(google) == []


def test_an_event_type_that_is_not_offered_any_more_has_no_other_times(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    address = book(guest)
    change("ana", event={"active": False})
    answer = reschedule(guest, address)
    assert (answer.status_code, code_of(answer)) == (409, "slot_unavailable")


def test_the_length_that_was_promised_stays(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    address = book(guest)
    change("ana", event={"duration": 60, "slot_interval": 60})
    reschedule(guest, address)
    assert look(guest, address).one(data_booking_status=True)["data-end"] == "2026-12-01T10:30:00Z"


# --- what Google may answer ---------------------------------------------------------------------


def test_an_answer_to_the_invitation_does_not_stand_in_the_way(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "free")
    assert reschedule(guest, address).status_code == 303
    assert times(google) == ["2026-12-01T10:00:00+00:00"]
    assert google.calls[-3:] == [
        "calendar.events.patch", "calendar.events.get", "calendar.events.patch",
    ]  # fmt: skip


def test_an_event_that_the_host_moved_meanwhile_stays_there_and_the_guest_is_told(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "move", 240)
    answer = reschedule(guest, address)
    assert (answer.status_code, code_of(answer)) == (409, "changed")
    assert "1:00 PM – 1:30 PM" in page.read(answer.text).text
    assert when(guest, address) == "2026-12-01T13:00:00Z"


def test_a_host_who_declined_meanwhile_is_not_overruled(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "decline-host")
    answer = reschedule(guest, address)
    assert (answer.status_code, code_of(answer)) == (409, "not_active")
    assert status_of(look(guest, address)) == "cancelled"
    clock.shift(61)
    reconcile(app)
    assert google.events(ANA) == []


def test_an_event_that_the_host_took_the_guest_off_stays_where_the_host_has_it(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "remove-guest")
    answer = reschedule(guest, address)
    assert (answer.status_code, code_of(answer)) == (409, "not_active")
    assert status_of(look(guest, address)) == "cancelled"
    assert times(google) == ["2026-12-01T09:00:00+00:00"]


def test_a_guest_who_declined_meanwhile_and_takes_another_time_holds_that_one(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "decline-guest")
    assert reschedule(guest, address).status_code == 303
    reconcile(app)
    assert (status_of(look(guest, address)), when(guest, address)) == ("confirmed", TEN)
    assert TEN not in offered(guest)


@pytest.mark.parametrize("act", ["decline-host", "remove-guest"])
def test_what_the_host_does_while_nobody_knows_of_the_move_is_seen(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, act: str
) -> None:
    address = book(guest)
    google.fault("calendar.events.patch", cut="after")
    reschedule(guest, address)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], act)
    for _ in range(2):
        clock.shift(61)
        reconcile(app)
    assert status_of(look(guest, address)) == "cancelled"
    assert len(google.events(ANA)) == (act == "remove-guest")


@pytest.mark.parametrize(
    ("method", "fault"),
    [("calendar.freebusy.query", {"status": 503}), ("calendar.events.patch", {"status": 429})],
)
def test_a_move_that_a_round_has_settled_meanwhile_is_not_called_unchanged(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller,
    method: str, fault: dict[str, Any],
) -> None:  # fmt: skip
    app.extensions["meetslot"].patience = Patience(call_seconds=30, budget_seconds=900, tries=1)
    address = book(guest)
    look(guest, f"{address}/reschedule")
    google.fault(method, hold="before", **fault)
    with ThreadPoolExecutor(1) as threads:
        doing = threads.submit(reschedule, app.test_client(), address)
        assert google.faults.wait_for_hanging(120)
        clock.shift(25)
        assert "1 confirmed" in reconcile(app)
        google.clear_faults()
        assert doing.result(timeout=120).status_code == 303
    assert (status_of(look(guest, address)), when(guest, address)) == ("confirmed", TEN)
    assert times(google) == ["2026-12-01T10:00:00+00:00"]


def test_a_look_for_the_link_that_comes_late_does_not_undo_a_move(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    app.extensions["meetslot"].patience = Patience(call_seconds=30, tries=1)
    google.state.meet = "pending"
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "free")
    clock.shift(5)
    google.fault("calendar.events.get", hold="after")
    with ThreadPoolExecutor(1) as threads:
        looking = threads.submit(app.test_client().get, address)
        assert google.faults.wait_for_hanging(120)
        assert reschedule(guest, address).status_code == 303
        google.clear_faults()
        assert looking.result(timeout=120).status_code == 200
    assert when(guest, address) == TEN


def test_an_event_that_the_host_deleted_meanwhile_is_a_cancelled_booking(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "delete")
    answer = reschedule(guest, address)
    assert (answer.status_code, code_of(answer)) == (409, "not_active")
    assert status_of(look(guest, address)) == "cancelled"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 429, "reason": "rateLimitExceeded"}, "calendar_unavailable"),
        ({"status": 400, "reason": "invalid"}, "calendar_refused"),
        ({"status": 403, "reason": "forbidden"}, "calendar_unavailable"),
        ({"status": 403, "reason": "insufficientPermissions"}, "calendar_disconnected"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["calendar.freebusy.query", "calendar.events.patch"])
def test_when_google_refuses_it_stays_where_it_was(
    guest: FlaskClient, google: StandIn, method: str, fault: dict[str, Any], code: str
) -> None:
    address = book(guest)
    look(guest, f"{address}/reschedule")
    google.fault(method, **fault)
    answer = reschedule(guest, address)
    if method == "calendar.freebusy.query" and code == "calendar_refused":
        code = "calendar_unavailable"  # nothing was asked to be done yet
    assert (answer.status_code, code_of(answer)) == (503, code)
    assert (status_of(look(guest, address)), when(guest, address)) == ("confirmed", NINE)
    assert times(google) == ["2026-12-01T09:00:00+00:00"]


@pytest.mark.parametrize(
    ("fault", "moved"),
    [({"cut": "before"}, False), ({"cut": "after"}, True), ({"status": 500}, False)],
    ids=str,
)
def test_when_nobody_knows_both_times_are_held_until_it_settles(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller,
    fault: dict[str, Any], moved: bool,
) -> None:  # fmt: skip
    address = book(guest)
    google.fault("calendar.events.patch", **fault)
    assert reschedule(guest, address).status_code == 303
    assert (times(google) == ["2026-12-01T10:00:00+00:00"]) == moved
    shown = look(guest, address)
    assert status_of(shown) == "pending"
    assert "10:00 AM – 10:30 AM" in shown.text
    assert not {NINE, TEN} & set(offered(guest))
    assert code_of(reschedule(guest, address, ELEVEN)) == "change_pending"
    clock.shift(5)
    assert (status_of(look(guest, address)), when(guest, address)) == ("confirmed", TEN)
    assert times(google) == ["2026-12-01T10:00:00+00:00"]
    assert NINE in offered(guest)


def test_a_move_that_nobody_knows_of_can_be_cancelled(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    google.fault("calendar.events.patch", cut="after")
    reschedule(guest, address)
    cancel(guest, address)
    clock.shift(60)
    assert status_of(look(guest, address)) == "cancelled"
    assert times(google) == []
    assert {NINE, TEN} <= set(offered(guest))


def test_a_new_time_that_got_busy_meanwhile_leaves_it_where_it_was(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    google.fault("calendar.events.patch", status=500)
    reschedule(guest, address)
    google.add_busy(ANA, TEN, ELEVEN)
    clock.shift(5)
    shown = look(guest, address)
    assert status_of(shown) == "confirmed"
    assert shown.one(role="alert")["data-error"] == "slot_taken"
    assert when(guest, address) == NINE


def test_an_own_event_at_the_new_time_is_seen_beside_the_bookings_own(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller,
    change: Callable[..., None],
) -> None:  # fmt: skip
    change("ana", event={"duration": 60, "slot_interval": 30})
    address = book(guest)
    google.fault("calendar.events.patch", status=500)
    reschedule(guest, address, HALF_PAST)
    google.add_busy(ANA, HALF_PAST, TEN)
    clock.shift(5)
    shown = look(guest, address)
    assert status_of(shown) == "confirmed"
    assert shown.one(role="alert")["data-error"] == "slot_taken"
    assert when(guest, address) == NINE


def test_after_a_day_without_an_answer_it_is_where_google_has_it(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = book(guest, "2026-12-04T09:00:00Z")
    google.fault("calendar.events.patch", cut="after")
    reschedule(guest, address, "2026-12-04T10:00:00Z")
    google.fault("*", status=503, times=None)
    clock.shift(86400 + 60)
    reconcile(app)
    shown = look(guest, address)
    assert (status_of(shown), when(guest, address)) == ("confirmed", "2026-12-04T09:00:00Z")
    google.clear_faults()
    clock.shift(60)
    reconcile(app)
    assert when(guest, address) == "2026-12-04T10:00:00Z"
