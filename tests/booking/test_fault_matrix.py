"""Every call to Google that the product makes, times every fault that Google is known for.

The cases are generated: CALLS times FAULTS times once and always; on PostgreSQL, which no fault
depends on, with one fault of each meaning. What has to come of a case is said by `meaning` from
Google's contract, not by the product's own table.
Whatever happens, in the end: nothing is pending, a confirmed booking has exactly one event, at
its own time, any other has none, and a guest who was told that nothing was booked has no event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from demo.google import StandIn
from tests import page
from tests.conftest import Browser
from tests.people import (
    ANA,
    HALF_PAST,
    MARIA,
    NINE,
    PICKER,
    TEN,
    look,
    offered,
    reconcile,
    status_of,
)
from tests.world import Applications, Moments
from widget.booking import channels, guest_input
from widget.google.errors import Patience

BEN = "ben@sailing.example"
QUICK = Patience(tries=2, pause_seconds=0.001)
HASTY = Patience(tries=2, pause_seconds=0.001, call_seconds=1)  # for answers that never come

# --- the faults -----------------------------------------------------------------------------------

REASONS = {
    400: ("invalid", "required", "timeRangeEmpty"),
    401: ("authError",),
    403: (
        "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded",
        "insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "forbidden",
        "forbiddenForNonOrganizer", "requiredAccessLevel", "accessNotConfigured",
        "SERVICE_DISABLED", "new",
    ),
    404: ("notFound",),
    409: ("duplicate",),
    410: ("deleted", "fullSyncRequired", "updatedMinTooLongAgo"),
    412: ("conditionNotMet",),
    429: ("rateLimitExceeded",),
    500: ("backendError",), 502: ("backendError",), 503: ("backendError",), 504: ("backendError",),
}  # fmt: skip
NOT_JSON = ("<html>Sorry...</html>", "")
WRONG_JSON = ("{}", "[]", '{"id": "another", "status": "confirmed"}')

FAULTS: list[dict[str, Any]] = [
    *({"status": status, "reason": reason} for status in REASONS for reason in REASONS[status]),
    *({"status": status, "after": True} for status in REASONS if status >= 500),
    *({"body": body, "after": after} for body in NOT_JSON + WRONG_JSON for after in (False, True)),
    *({"status": 503, "body": "<html>Sorry...</html>", "after": after} for after in (False, True)),
    {"cut": "before"},
    {"cut": "after"},
    {"hang": "before"},
    {"hang": "after"},
    {"drip_seconds": 0.6},
    {"drip_seconds": 0.6, "drip": "head"},
]


def meaning(fault: dict[str, Any]) -> str:
    """What GOOGLE.md says that a fault means: passing (nothing was done, it may be tried
    again), refused, forbidden (this event, or new ones in this calendar; maybe in passing),
    altered, gone, grant, calendar or project (what has to be seen to), or unknown (for a write)."""
    status, reason = fault.get("status", 200), fault.get("reason", "")
    if "body" in fault or status >= 500 or status == 200:
        return "unknown"
    special = {
        "insufficientPermissions": "grant", "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "grant",
        "forbidden": "forbidden", "forbiddenForNonOrganizer": "forbidden", "new": "forbidden",
        "requiredAccessLevel": "calendar",
        "accessNotConfigured": "project", "SERVICE_DISABLED": "project",
    }  # fmt: skip
    if status == 403 and reason in special:
        return special[reason]
    return {400: "refused", 404: "gone", 409: "duplicate", 410: "gone", 412: "altered"}.get(
        status, "passing"
    )


# --- the world ------------------------------------------------------------------------------------


@dataclass
class World:
    """Ana has signed in just now, and nobody has booked; `fault` goes wrong from `begin` on."""

    app: Flask
    secure: Flask
    google: StandIn
    clock: time_machine.Traveller
    moments: Moments
    fault: dict[str, Any]
    times: int | None

    @property
    def guest(self) -> FlaskClient:
        return self.app.test_client()

    @property
    def passes(self) -> bool:
        """Whether what may be tried again goes well then."""
        return self.times == 1

    def begin(self, method: str) -> None:
        self.google.fault(method, times=self.times, **self.fault)
        hasty = {"hang", "drip_seconds"} & set(self.fault)
        for app in (self.app, self.secure):
            app.extensions["meetslot"].patience = HASTY if hasty else QUICK

    def end(self) -> None:
        self.google.clear_faults()
        for app in (self.app, self.secure):
            app.extensions["meetslot"].patience = QUICK

    def sign_in(self, email: str) -> TestResponse:
        browser = Browser(self.app.test_client(), self.google)
        to_google = browser.client.get("/login").headers["Location"]
        back = self.google.authorize(to_google, email).removeprefix("http://localhost")
        return browser.client.get(back)

    def after(self, act: Callable[[World], Any]) -> Any:
        """What has happened before anything goes wrong, the same for many cases."""
        return self.moments.after(
            act.__name__, lambda: act(self), self.google, self.app, self.secure
        )

    def book(self, form: dict[str, str]) -> TestResponse:
        return self.guest.post(PICKER, data=form)

    def row(self) -> models.Booking:
        with self.app.app_context():
            (only,) = models.Booking.select()
            return only

    def live(self) -> list[dict[str, Any]]:
        return [each for each in self.google.events(ANA) if "extendedProperties" in each]


@pytest.fixture
def world(
    environ: dict[str, str],
    google: StandIn,
    clock: time_machine.Traveller,
    applications: Applications,
    moments: Moments,
) -> Iterator[World]:
    quiet = {**environ, "LOG_LEVEL": "critical"}
    secure, app = (
        applications({**quiet, "PUBLIC_URL": url})
        for url in ("https://localhost", "http://localhost")
    )
    found = World(app, secure, google, clock, moments, {}, None)
    found.end()
    moments.sign_in(app, google, ANA)
    yield found
    models.database.close()


def agree(world: World) -> None:
    """All is well again at Google: rows and events agree, and nothing is left open."""
    world.end()
    if models.Host.get(models.Host.handle == "ana").disconnected_at:
        world.sign_in(ANA)
    for _ in range(2):  # once to settle all, and once more, which changes nothing
        world.clock.shift(601)
        reconcile(world.app)
    with world.app.app_context():
        for row in models.Booking.select():
            assert row.status in ("confirmed", "cancelled", "failed"), row.status
            assert (row.change, row.leftover, row.new_start_at) == (None, False, None)
            events = [each for each in world.live() if each["id"] == row.google_event_id]
            assert len(events) == (row.status == "confirmed"), row.status
            for event in events:
                at = guest_input.instant(event["start"]["dateTime"])
                assert at == row.start_at
    assert len({each["id"] for each in world.live()}) == len(world.live())
    taken = world.row().status == "confirmed" if models.Booking.select().count() else False
    free = offered(world.guest)
    assert free
    if taken:
        start = world.row().start_at
        assert guest_input.instant(NINE) != start or NINE not in free


def closed(answer: TestResponse, fault: dict[str, Any], write: str = "") -> None:
    """A guest is told that nothing was booked or changed, and why; `write`: what was to be done
    to an event."""
    shown = page.read(answer.text)
    code = {
        "grant": "calendar_disconnected", "gone": "calendar_disconnected",
        "calendar": "calendar_disconnected", "project": "unavailable",
    }.get(meaning(fault), "calendar_unavailable")  # fmt: skip
    if write and meaning(fault) == "refused":
        code = "calendar_refused"
    if write == "insert" and meaning(fault) == "forbidden":
        code = "calendar_disconnected"
    assert answer.status_code == 503, answer.status_code
    assert shown.one(data_error=True)["data-error"] == code
    assert ("Retry-After" in answer.headers) == (code in ("calendar_unavailable", "unavailable"))
    assert "nothing was" in shown.text.lower()
    assert not page.starts(shown)


# --- what has happened before ---------------------------------------------------------------------


def form(world: World) -> dict[str, str]:
    shown = page.read(world.guest.get(PICKER, query_string={"start": NINE}).text)
    return {**shown.one(id="booking-form").fields(), **MARIA}


def booked(world: World) -> str:
    """The address of a booking that stands."""
    address = urlsplit(world.book(form(world)).headers["Location"]).path
    assert status_of(look(world.guest, address)) == "confirmed"
    return address


def claimed(world: World) -> str:
    """Nobody knows whether the event stands."""
    world.google.fault("calendar.events.insert", cut="after")
    return urlsplit(world.book(form(world)).headers["Location"]).path


def asked_to_move(world: World) -> str:
    address = booked(world)
    look(world.guest, f"{address}/reschedule")
    return address


def booked_for_an_hour(world: World) -> str:
    run = world.app.test_cli_runner()
    document = json.loads(run.invoke(args=["settings", "export", "ana"]).stdout)
    document["event_types"][0].update(duration=60, slot_interval=30)
    run.invoke(args=["settings", "import", "ana", "-"], input=json.dumps(document))
    return booked(world)


def moving(world: World) -> str:
    """Nobody knows whether the event was moved."""
    address = booked(world)
    world.google.fault("calendar.events.patch", cut="after")
    world.guest.post(f"{address}/reschedule", data={"start": TEN})
    return address


def followed(world: World) -> str:
    address = booked(world)
    reconcile(world.app)
    return address


def watched(world: World) -> None:
    booked(world)
    reconcile(world.secure)


# --- the calls ------------------------------------------------------------------------------------


def slots_freebusy(world: World) -> None:
    world.begin("calendar.freebusy.query")
    answer = world.guest.get(PICKER)
    if world.passes and meaning(world.fault) in ("passing", "unknown"):
        assert answer.status_code == 200
        assert page.starts(page.read(answer.text))
    else:
        closed(answer, world.fault)


def booking_freebusy(world: World) -> None:
    typed = world.after(form)
    world.begin("calendar.freebusy.query")
    answer = world.book(typed)
    if world.passes and meaning(world.fault) in ("passing", "unknown"):
        assert status_of(look(world.guest, answer.headers["Location"])) == "confirmed"
    else:
        closed(answer, world.fault)
        assert (world.row().status, world.live()) == ("failed", [])
        agree(world)
        assert (world.row().status, world.live()) == ("failed", [])


def insert(world: World) -> None:
    typed = world.after(form)
    world.begin("calendar.events.insert")
    answer = world.book(typed)
    what = meaning(world.fault)
    without_meet = world.fault.get("reason") == "invalid"  # Google may mean the conference
    if (what in ("passing", "forbidden") or without_meet) and world.passes:
        assert status_of(look(world.guest, answer.headers["Location"])) == "confirmed"
    elif what in ("unknown", "duplicate"):
        assert answer.status_code == 303, answer.text
        assert world.row().status == "pending"
        assert status_of(look(world.guest, answer.headers["Location"])) == "pending"
        agree(world)
        assert world.row().status == "confirmed"
    else:
        closed(answer, world.fault, write="insert")
        assert (world.row().status, world.live()) == ("failed", [])
        agree(world)
        assert (world.row().status, world.live()) == ("failed", [])


def get_of_pending(world: World) -> None:
    address = world.after(claimed)
    world.clock.shift(30)
    world.begin("calendar.events.get")
    shown = status_of(look(world.guest, address))
    passes = meaning(world.fault) in ("passing", "unknown")
    assert shown == ("confirmed" if passes and world.passes else "pending")
    agree(world)
    assert world.row().status == "confirmed"


def token_while_booking(world: World, method: str = "oauth.token") -> None:
    typed = world.after(form)
    world.google.expire()
    world.begin(method)
    answer = world.book(typed)
    if world.passes:
        assert status_of(look(world.guest, answer.headers["Location"])) == "confirmed"
        return
    assert answer.status_code == 503
    assert page.read(answer.text).one(data_error="calendar_unavailable")
    assert world.live() == []
    agree(world)
    assert (world.row().status, world.live()) == ("failed", [])


def metadata_while_booking(world: World) -> None:
    token_while_booking(world, "oauth.metadata")


def cancel_delete(world: World) -> None:
    address = world.after(booked)
    world.begin("calendar.events.delete")
    answer = world.guest.post(f"{address}/cancel")
    what = meaning(world.fault)
    done = "drip_seconds" in world.fault and "drip" not in world.fault  # there is no body
    if what == "gone" or done or (what in ("passing", "altered") and world.passes):
        assert world.row().status == "cancelled"
    elif what == "unknown":
        assert (answer.status_code, world.row().status) == (303, "pending")
    else:
        closed(answer, world.fault, write="delete")
        assert status_of(page.read(answer.text)) == "confirmed"
        assert len(world.live()) == 1
        agree(world)
        assert world.row().status == "confirmed"
        return
    agree(world)
    assert (world.row().status, world.live()) == ("cancelled", [])


def cancel_of_pending(world: World) -> None:
    """Nobody knows whether the event stands, and the guest does not want it any more."""
    address = world.after(claimed)
    world.begin("calendar.events.delete")
    assert world.guest.post(f"{address}/cancel").status_code == 303
    what = meaning(world.fault)
    dripped = "drip_seconds" in world.fault and "drip" not in world.fault  # there is no body
    done = dripped or what == "gone"
    done |= what in ("passing", "altered") and world.passes
    assert world.row().status == ("cancelled" if done else "pending")
    if not done:
        world.clock.shift(30)
        assert status_of(look(world.guest, address)) in ("pending", "cancelled")
    agree(world)
    assert (world.row().status, world.live()) == ("cancelled", [])


def cancel_get(world: World) -> None:
    """The event was changed meanwhile: it has to be looked at again."""
    address = world.after(booked)
    world.google.alter(ANA, world.live()[0]["id"], "move", 0)
    world.begin("calendar.events.get")
    answer = world.guest.post(f"{address}/cancel")
    what = meaning(world.fault)
    if what == "gone" or (what in ("passing", "unknown") and world.passes):
        agree(world)
        assert (world.row().status, world.live()) == ("cancelled", [])
        return
    closed(answer, world.fault)
    agree(world)
    assert (world.row().status, len(world.live())) == ("confirmed", 1)


def move_freebusy(world: World) -> None:
    address = world.after(asked_to_move)
    world.begin("calendar.freebusy.query")
    answer = world.guest.post(f"{address}/reschedule", data={"start": TEN})
    moved = world.passes and meaning(world.fault) in ("passing", "unknown")
    _is_moved(world, answer, moved)


def move_list(world: World) -> None:
    """A move into its own time asks what else is there."""
    address = world.after(booked_for_an_hour)
    world.begin("calendar.events.list")
    answer = world.guest.post(f"{address}/reschedule", data={"start": HALF_PAST})
    moved = world.passes and meaning(world.fault) in ("passing", "unknown")
    _is_moved(world, answer, moved, HALF_PAST)


def move_patch(world: World) -> None:
    address = world.after(booked)
    world.begin("calendar.events.patch")
    answer = world.guest.post(f"{address}/reschedule", data={"start": HALF_PAST})
    what = meaning(world.fault)
    if what == "unknown":
        assert (answer.status_code, world.row().status) == (303, "pending")
        assert not {NINE, HALF_PAST} & set(offered(world.guest))
        agree(world)
        assert world.row().start_at == guest_input.instant(HALF_PAST)
        return
    _is_moved(world, answer, what in ("passing", "altered") and world.passes, HALF_PAST)


def move_get(world: World) -> None:
    address = world.after(booked)
    world.google.alter(ANA, world.live()[0]["id"], "move", 0)
    world.begin("calendar.events.get")
    answer = world.guest.post(f"{address}/reschedule", data={"start": TEN})
    _is_moved(world, answer, world.passes and meaning(world.fault) in ("passing", "unknown"))


def _is_moved(world: World, answer: TestResponse, moved: bool, start: str = TEN) -> None:
    if not moved:
        assert answer.status_code == 503
        assert "nothing was changed" in page.read(answer.text).text.lower()
    assert world.row().status == "confirmed"
    assert world.row().start_at == guest_input.instant(start if moved else NINE)
    agree(world)
    assert world.row().status == "confirmed"
    assert world.row().start_at == guest_input.instant(start if moved else NINE)


def pending_move_get(world: World) -> None:
    address = world.after(moving)
    world.clock.shift(30)
    world.begin("calendar.events.get")
    assert status_of(look(world.guest, address)) in ("pending", "confirmed")
    agree(world)
    assert world.row().start_at == guest_input.instant(TEN)


def events_list(world: World) -> None:
    address = world.after(followed)
    before = world.row().__data__
    world.google.alter(ANA, world.live()[0]["id"], "move", 60)
    world.begin("calendar.events.list")
    reconcile(world.app)
    now = world.row().__data__
    if now != before:
        assert world.passes
        assert now["start_at"] == guest_input.instant(TEN)
    assert now["status"] == "confirmed"
    agree(world)
    assert look(world.guest, address).one(data_booking_status="confirmed")["data-start"] == TEN


def watch(world: World) -> None:
    world.after(booked)
    world.begin("calendar.events.watch")
    reconcile(world.secure)
    assert world.row().status == "confirmed"
    assert offered(world.guest)
    world.end()
    world.clock.shift(86401)
    reconcile(world.secure)
    known = {each["id"] for each in world.google.state.channels.values()}
    assert [each.id for each in channels.Channel.select() if each.resource_id and each.id in known]
    agree(world)


def stop(world: World) -> None:
    world.after(watched)
    (old,) = world.google.state.channels.values()
    models.Booking.update(end_at=models.Booking.end_at + 40 * 86400).execute()  # still to come
    world.clock.shift(25 * 86400)
    world.begin("calendar.channels.stop")
    reconcile(world.secure)
    fresh = [each for each in channels.Channel.select() if each.id != old["id"]]
    assert [bool(each.resource_id) for each in fresh] == [True]
    world.end()
    reconcile(world.secure)
    assert [each.id for each in channels.Channel.select()] == [fresh[0].id]


def calendar_list(world: World) -> None:
    world.begin("calendar.calendarList.list")
    answer = world.sign_in(BEN)
    signed_in = world.passes and meaning(world.fault) in ("passing", "unknown")
    assert answer.status_code == (303 if signed_in else 503)
    assert bool(models.host_by_handle("ben")) == signed_in
    world.end()
    assert world.sign_in(BEN).status_code == 303


def revoke(world: World) -> None:
    """Whether a host's grant is over is known, or said not to be known; nothing else happens."""
    world.begin("oauth.revoke")
    with world.app.app_context():
        host = models.host_by_handle("ana")
        assert host
        over = world.app.extensions["meetslot"].revoke(host)
    answered = world.fault.get("status", 200) in (200, 400)  # 400: it was dead already
    assert over == (answered and not {"cut", "hang", "drip_seconds"} & set(world.fault))


CALLS: list[Callable[[World], None]] = [
    slots_freebusy, booking_freebusy, insert, get_of_pending, token_while_booking,
    metadata_while_booking, cancel_delete, cancel_of_pending, cancel_get, move_freebusy,
    move_list, move_patch, move_get, pending_move_get, events_list, watch, stop, calendar_list,
    revoke,
]  # fmt: skip
TIMES = {"once": 1, "always": None}
EACH_MEANING: list[dict[str, Any]] = [
    {"status": 400, "reason": "invalid"},
    {"status": 401, "reason": "authError"},
    {"status": 403, "reason": "forbidden"},
    {"status": 404, "reason": "notFound"},
    {"status": 409, "reason": "duplicate"},
    {"status": 412, "reason": "conditionNotMet"},
    {"status": 429, "reason": "rateLimitExceeded"},
    {"status": 500, "after": True},
    {"body": "{}", "after": True},
    {"cut": "before"},
    {"cut": "after"},
]


def told(fault: dict[str, Any]) -> str:
    return json.dumps(fault).replace('"', "").replace("\\", "").strip("{}")


def cases() -> Iterator[Any]:
    """database, call, fault, times"""
    for database, faults in (("sqlite", FAULTS), ("postgresql", EACH_MEANING)):
        marks = [pytest.mark.postgresql] if database == "postgresql" else []
        for call in CALLS:
            for fault in faults:
                for times in TIMES:
                    id = f"{database}-{call.__name__}-{told(fault)}-{times}"
                    yield pytest.param(database, call, fault, times, id=id, marks=marks)


@pytest.mark.parametrize(
    ("database_url", "call", "fault", "times"), list(cases()), indirect=["database_url"]
)
def test_whatever_google_does(
    world: World, call: Callable[[World], None], fault: dict[str, Any], times: str
) -> None:
    world.fault, world.times = fault, TIMES[times]
    call(world)
