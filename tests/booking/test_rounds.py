"""Rounds, their lease and their patience; and what the database itself refuses."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import peewee
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from demo.google import StandIn
from tests import page
from tests.conftest import on_sqlite
from tests.people import (
    ANA,
    HALF_PAST,
    MARIA,
    PICKER,
    ask,
    book,
    bookings,
    cancel,
    look,
    offered,
    reconcile,
    reschedule,
    status_of,
)
from widget import config
from widget.booking import busy, leases, rows, states
from widget.booking import reconcile as booking_reconcile
from widget.booking.errors import SlotTaken
from widget.google.client import Google
from widget.google.errors import Patience

pytestmark = pytest.mark.usefixtures("ana")


# --- what the database refuses ------------------------------------------------------------------


def claim(start: int, end: int, **more: Any) -> models.Booking:
    """A booking of Ana as no code checks it: only the database is asked."""
    host = models.host_by_handle("ana")
    assert host
    values = {
        "event": "intro", "promise": {}, "start_at": start, "end_at": end,
        "buffer_before_minutes": 0, "buffer_after_minutes": 0, "guest_name": "Mia",
        "guest_email": MARIA["email"], "notes": "", "answers": {}, "guests": [], "tz": "UTC",
        "language": "en", "utm": {}, "calendar": "primary", "body_digest": "",
        "settle_after": 0, "created_at": 0, "updated_at": 0,
    }  # fmt: skip
    with models.locked(host):
        made = states.claim(host, values)
    if more:
        models.Booking.update(more).where(models.Booking.id == made.id).execute()
    found = rows.booking_by_id(made.id)
    assert found
    return found


@pytest.mark.parametrize(
    ("start", "end"), [(100, 200), (150, 160), (50, 101), (199, 300), (0, 900)]
)
def test_two_active_bookings_never_overlap(app: Flask, start: int, end: int) -> None:
    with app.app_context():
        claim(100, 200)
        with pytest.raises(SlotTaken):
            claim(start, end)


@pytest.mark.parametrize(("start", "end"), [(0, 100), (200, 300)])
def test_one_may_begin_when_the_other_ends(app: Flask, start: int, end: int) -> None:
    with app.app_context():
        claim(100, 200)
        claim(start, end)


@pytest.mark.parametrize(
    "over",
    [{"status": "cancelled"}, {"status": "failed"}, {"holds": False}, {"conflict": True}],
    ids=str,
)
def test_what_does_not_hold_its_time_is_in_nobodys_way(app: Flask, over: dict[str, Any]) -> None:
    with app.app_context():
        claim(100, 200, status="confirmed")
        models.Booking.update(over).execute()
        claim(100, 200)


@pytest.mark.parametrize(("start", "end"), [(100, 200), (520, 560), (199, 501), (0, 900)])
def test_while_a_move_is_not_known_both_times_are_held(app: Flask, start: int, end: int) -> None:
    with app.app_context():
        moving = claim(100, 200, status="confirmed")
        with models.locked(moving.host):
            assert states.begin_move(moving, 500, 600, "guest", 0, 0)
        with pytest.raises(SlotTaken):
            claim(start, end)
        claim(200, 500)


def test_a_move_onto_another_booking_is_refused_and_onto_itself_is_not(app: Flask) -> None:
    with app.app_context():
        moving = claim(100, 200, status="confirmed")
        claim(300, 400)
        with models.locked(moving.host):
            with pytest.raises(SlotTaken):
                states.begin_move(moving, 350, 450, "guest", 0, 0)
            assert states.begin_move(moving, 150, 250, "guest", 0, 0)


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_following_the_host_waits_for_whoever_claims_time(app: Flask) -> None:
    """Or two that look out for each other's times would wait for ever."""

    def follow() -> None:
        try:
            models.database.execute_sql("SET lock_timeout = '50ms'")
            states.follow(found, {"start_at": 300, "end_at": 400}, 0)
        finally:
            models.database.manual_close()  # nobody else gets this connection

    with app.app_context(), ThreadPoolExecutor(1) as threads:
        found = claim(100, 200, status="confirmed")
        with (
            models.locked(found.host),
            pytest.raises(peewee.OperationalError, match="lock timeout"),
        ):
            threads.submit(follow).result(timeout=120)


# --- rounds -------------------------------------------------------------------------------------


def test_the_lease_is_one_workers_until_it_ends(app: Flask) -> None:
    with app.app_context():
        assert leases.take("round", 1000, 1060)
        assert not leases.take("round", 1059, 1100)
        assert leases.take("round", 1060, 1120)


class Enough(Exception):
    pass


def test_a_round_is_held_once_however_many_workers_look(
    app: Flask, guest: FlaskClient, google: StandIn, monkeypatch: pytest.MonkeyPatch,
    clock: time_machine.Traveller,
) -> None:  # fmt: skip
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    clock.shift(60)
    google.state.calls.clear()
    looks = 0

    def sleep(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks > 3:
            raise Enough

    monkeypatch.setattr(time, "sleep", sleep)
    for _worker in range(2):
        looks = 0
        with pytest.raises(Enough):
            booking_reconcile.rounds(app.extensions["meetslot"])
    assert google.calls.count("calendar.events.get") == 1
    assert status_of(look(guest, address)) == "confirmed"


def test_one_booking_that_goes_wrong_does_not_keep_the_others_waiting(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after", times=2)
    broken, fine = book(guest), book(guest, "2026-12-01T11:00:00Z")
    with app.app_context():
        first = models.Booking.select().order_by(models.Booking.start_at).get()
        models.Booking.update(promise={}).where(models.Booking.id == first.id).execute()
        with google.state.lock:
            del google.state.calendars[ANA].events[first.google_event_id]
    clock.shift(700)
    reconcile(app)
    assert status_of(look(guest, fine)) == "confirmed"
    assert broken != fine
    clock.move_to("2026-12-01T08:30:00Z")
    reconcile(app)
    with app.app_context():
        found = rows.booking_by_id(first.id)
        assert found
        assert (found.status, found.trouble) == ("failed", "book")


def test_a_move_away_from_a_conflict_that_nobody_answers_for_is_given_up_too(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=1)
    address = book(guest)
    book(guest, HALF_PAST)
    google.alter(ANA, google.events(ANA)[0]["id"], "move", 30)
    reconcile(app)
    google.fault("calendar.events.patch", cut="before")
    assert reschedule(guest, address, "2026-12-01T11:00:00Z").status_code == 303
    google.fault("calendar.events.get", status=503, times=None)
    clock.move_to("2026-12-01T08:30:00Z")
    reconcile(app)
    assert status_of(look(guest, address)) == "confirmed"
    with app.app_context():
        found = models.Booking.get(models.Booking.trouble == "move")
        assert (found.conflict, found.new_start_at) == (True, None)


LATER = "2026-12-04T09:00:00Z"


def test_what_was_given_up_for_want_of_answers_leaves_nothing_behind(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=1)
    google.fault("calendar.events.insert", cut="after")
    google.fault("calendar.events.get", status=503, times=None)
    lost = ask(guest, key="one", start=LATER)
    assert lost.status_code == 202
    clock.shift(90_000)
    reconcile(app)
    [given_up] = bookings(app)
    assert (given_up["status"], len(google.events(ANA))) == ("failed", 1)
    google.clear_faults()
    clock.shift(700)
    reconcile(app)
    assert google.events(ANA) == []
    again = ask(guest, key="one", start=LATER)
    assert again.status_code == 201, "the key is free again, as the time is"
    assert again.get_json()["booking"]["id"] != given_up["id"]


def test_a_cancelling_that_nobody_answered_is_made_good_once_somebody_does(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=1)
    address = book(guest, LATER)
    google.fault("calendar.events.delete", cut="before", times=None)
    assert cancel(guest, address).status_code == 303
    clock.shift(90_000)
    reconcile(app)
    assert status_of(look(guest, address)) == "cancelled"
    assert len(google.events(ANA)) == 1
    google.clear_faults()
    clock.shift(700)
    reconcile(app)
    assert google.events(ANA) == []


def test_a_link_that_never_comes_is_not_asked_for_for_ever(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.state.meet = "pending"
    address = book(guest, "2026-12-04T09:00:00Z")
    google.fault("calendar.events.get", status=404, reason="notFound", times=None)
    clock.shift(3700)
    reconcile(app)
    assert status_of(look(guest, address)) == "confirmed"
    asked = google.faults.taken
    clock.shift(3700)
    reconcile(app)
    assert google.faults.taken == asked > 0


@pytest.fixture
def two_lost(app: Flask, guest: FlaskClient, google: StandIn) -> list[str]:
    """Two bookings that nobody knows of, the first to be asked about before the second."""
    google.fault("calendar.events.insert", cut="before", times=2)
    addresses = [book(guest), book(guest, HALF_PAST)]
    with app.app_context():
        models.Booking.update(settle_after=models.Booking.start_at - 10**9).execute()
    app.extensions["meetslot"].patience = Patience(call_seconds=30, budget_seconds=900, tries=1)
    return addresses


def test_a_long_round_looks_at_the_clock_for_each_booking(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller,
    two_lost: list[str],
) -> None:  # fmt: skip
    clock.move_to("2026-12-01T08:50:00Z")
    google.fault("calendar.events.get", hold="before")
    with ThreadPoolExecutor(1) as threads:
        round = threads.submit(reconcile, app)
        assert google.faults.wait_for_hanging(120)
        clock.move_to("2026-12-01T09:40:00Z")
        google.clear_faults()
        round.result(timeout=120)
    assert status_of(look(guest, two_lost[1])) == "failed"  # its time has begun


def one_round(app: Flask) -> None:
    """As a worker of the server holds it."""
    with pytest.raises(Enough):
        booking_reconcile.rounds(app.extensions["meetslot"])


@pytest.mark.parametrize("lost", [True, False])
def test_a_long_round_keeps_its_lease_and_ends_without_it(
    app: Flask, google: StandIn, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller,
    two_lost: list[str], lost: bool,
) -> None:  # fmt: skip
    looks = iter([None])

    def sleep(_seconds: float) -> None:
        if next(looks, Enough) is Enough:
            raise Enough

    def taken() -> bool:
        with models.database.connection_context():
            return bool(leases.take("round", int(time.time()), int(time.time()) + 60))

    monkeypatch.setattr(time, "sleep", sleep)
    clock.shift(60)
    models.database.close()
    google.state.calls.clear()
    with ThreadPoolExecutor(1) as threads:
        google.fault("calendar.events.get", hold="before")
        round = threads.submit(one_round, app)
        assert google.faults.wait_for_hanging(120)
        clock.shift(61 if lost else 50)
        assert taken() == lost
        google.fault("calendar.events.get", hold="before")
        google.faults.release()
        if not lost:
            assert google.faults.wait_for_hanging(120)
            clock.shift(50)
            assert not taken()
            google.clear_faults()
        round.result(timeout=120)
    assert google.calls.count("calendar.events.get") == (1 if lost else 2)


@pytest.mark.parametrize("seconds", [3600, 86400])
def test_a_clock_that_is_set_back_does_not_stop_the_rounds(app: Flask, seconds: int) -> None:
    with app.app_context():
        assert leases.take("round", 10**9, 10**9 + 60)
        assert not leases.take("round", 10**9 - 100, 10**9 - 40)  # of another machine
        assert leases.take("round", 10**9 - seconds, 10**9 - seconds + 60)


@pytest.mark.parametrize("seconds", [600, 3600, 43200])
def test_a_clock_that_is_set_back_does_not_make_old_busy_times_new(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, seconds: int
) -> None:
    clock.shift(seconds)
    assert HALF_PAST in offered(guest)
    clock.shift(-seconds)
    google.add_busy(ANA, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")
    assert offered(guest) == []


def test_a_clock_that_is_set_back_keeps_nobody_waiting_for_a_refresh(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    """A worker died while it asked, before the clock was set back."""
    google.fault("calendar.freebusy.query", hang="before")
    app.extensions["meetslot"].patience = Patience(call_seconds=30, tries=1)
    with ThreadPoolExecutor(1) as threads:
        lost = threads.submit(lambda: app.test_client().get(PICKER).status_code)
        assert google.faults.wait_for_hanging(120)
        clock.shift(-86400)
        began = time.monotonic()
        assert HALF_PAST in offered(guest)
        assert time.monotonic() - began < busy.WAIT_SECONDS
        google.clear_faults()
        lost.result(timeout=120)


def test_a_clock_that_is_set_back_does_not_keep_bookings_from_being_settled(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    clock.shift(3600)
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    clock.shift(-3600)
    assert status_of(look(guest, address)) == "confirmed"


def test_what_was_asked_before_something_changed_is_not_kept(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    """One worker is still being told the old busy times when another one asks for the new."""
    app.extensions["meetslot"].patience = Patience(call_seconds=30, tries=1)
    google.fault("calendar.freebusy.query", hold="after")
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(lambda: app.test_client().get(PICKER).status_code)
        assert google.faults.wait_for_hanging(120)
        google.add_busy(ANA, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")
        with app.app_context():
            models.forget_busy(models.Host.get(models.Host.handle == "ana"))
        assert offered(guest) == []
        google.clear_faults()
        assert first.result(timeout=120) == 200
    asked = google.calls.count("calendar.freebusy.query")
    assert offered(guest) == []
    assert google.calls.count("calendar.freebusy.query") == asked


def test_a_lease_is_renewed_and_given_back_by_its_holder_alone(app: Flask) -> None:
    with app.app_context():
        first = leases.take("round", 1000, 1060)
        assert first
        assert first.renew(1100)
        assert leases.take("round", 1060, 1120) is None
        second = leases.take("round", 1100, 1160)
        assert second
        assert not first.renew(1200)
        assert not first.release()
        assert leases.take("round", 1101, 1160) is None
        assert second.release()
        assert leases.take("round", 1101, 1160)
        assert leases.take("another", 1101, 1160)


# --- patience -----------------------------------------------------------------------------------


def test_what_may_pass_is_tried_again_and_not_for_ever(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=3, pause_seconds=0.001)
    google.fault("calendar.freebusy.query", status=503, times=2)
    assert guest.get(PICKER).status_code == 200
    google.fault("calendar.freebusy.query", status=503, times=None)
    with app.app_context():
        models.BusyTimes.update(fetched_at=0).execute()
    before = google.faults.taken
    assert guest.get(PICKER).status_code == 503
    assert google.faults.taken - before == 3


def test_a_guests_request_has_one_budget_for_all_its_calls(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    app.extensions["meetslot"].patience = Patience(tries=1000, budget_seconds=0.5)
    google.fault("calendar.freebusy.query", hang="before", times=None)
    answer = guest.get(PICKER)
    assert answer.status_code == 503
    assert page.read(answer.text).one(data_error="calendar_unavailable")
    google.clear_faults()


def told_in_time(app: Flask) -> None:
    """A guest who looks is told that the calendar does not answer, long before it would."""

    def looks() -> TestResponse:
        try:
            return app.test_client().get(PICKER)
        finally:
            models.database.close()

    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(looks).result(timeout=120)
    assert answer.status_code == 503
    assert page.read(answer.text).one(data_error="calendar_unavailable")


@on_sqlite
@pytest.mark.parametrize("drip", ["head", "body"])
@pytest.mark.parametrize("method", ["calendar.freebusy.query", "oauth.token", "oauth.metadata"])
def test_an_answer_that_drips_is_not_waited_for(
    app: Flask, google: StandIn, method: str, drip: str
) -> None:
    google.expire()
    vars(app.extensions["meetslot"]).pop("endpoints", None)
    app.extensions["meetslot"].patience = Patience(tries=1, call_seconds=1)
    google.fault(method, drip_seconds=0.5, drip=drip)
    told_in_time(app)


@on_sqlite
@pytest.mark.parametrize("method", ["calendar.freebusy.query", "oauth.token", "oauth.metadata"])
def test_every_call_of_a_request_has_the_time_that_is_left_at_most(
    app: Flask, google: StandIn, method: str
) -> None:
    google.expire()
    vars(app.extensions["meetslot"]).pop("endpoints", None)
    app.extensions["meetslot"].patience = Patience(tries=1, call_seconds=60, budget_seconds=0.6)
    google.fault(method, hang="before")
    told_in_time(app)
    google.clear_faults()


def test_pauses_grow_and_differ() -> None:
    patience = Patience(pause_seconds=1)
    pauses = [[patience.pause(tried) for _ in range(100)] for tried in (1, 2, 3)]
    assert all(len(set(some)) > 50 for some in pauses)
    for (low, high), some in zip(((0.5, 1.5), (1, 3), (2, 6)), pauses, strict=True):
        assert low <= min(some) <= max(some) <= high


def test_when_no_connection_comes_about_nothing_was_booked(
    app: Flask, guest: FlaskClient, google: StandIn, environ: dict[str, str]
) -> None:
    form = page.read(guest.get(PICKER, query_string={"start": "2026-12-01T09:00:00Z"}).text)
    fields = {**form.one(id="booking-form").fields(), "name": "Mia", "email": MARIA["email"]}
    nowhere = {"GOOGLE_CALENDAR_ENDPOINT": "http://127.0.0.1:9/calendar/v3/"}
    app.extensions["meetslot"] = Google(config.load({**environ, **nowhere}))
    app.extensions["meetslot"].patience = Patience(tries=1)
    answer = guest.post(PICKER, data=fields)
    assert answer.status_code == 503
    assert page.read(answer.text).one(data_error="calendar_unavailable")
    with app.app_context():
        assert [row.status for row in models.Booking.select()] == ["failed"]
