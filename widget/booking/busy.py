"""The host's busy times: cached in the database, shared by workers, refreshed by one."""

from __future__ import annotations

import time
from contextlib import suppress

import models
from models import BusyTimes
from widget import metrics
from widget.booking import leases
from widget.booking.leases import Held
from widget.booking.snapshot import BusyAge
from widget.core import slots
from widget.core.clock import DAY
from widget.core.document import Settings
from widget.core.slots import Busy
from widget.google.client import Calendar
from widget.google.errors import Refused, Unavailable, Unreadable

REFRESH_SECONDS = 12  # longer than all calls of one request may take
NOTED_SECONDS = 60  # a host is told to the minute when Google was last asked
WAIT_SECONDS = 3.0
SHORT_SECONDS = 0.5  # waited for somebody else who asks, where there is something to show
OLD_SECONDS = 600  # shown while Google does not answer
SILENT_SECONDS = 10  # that a Google which did not answer is not asked for somebody who looks
LOOK_EVERY_SECONDS = 0.05


def shown(
    calendar: Calendar, host: models.Host, settings: Settings, now: int
) -> tuple[list[Busy], int | None]:
    """`of` for a guest who looks: while Google does not answer, what it said at most ten minutes
    ago, and when. Never for who books. Raises Unavailable or Disconnected.
    """
    silent, oldest = calendar.google.silent, now - OLD_SECONDS + 1
    known = _stored(host, oldest, settings, now)
    if known and silent.get(host.id, 0) > time.monotonic():
        return known
    try:
        return of(calendar, host, settings, now, patient=known is None), None
    except Unreadable:  # Google answers: this calendar is none that counts as free
        raise
    except Unavailable:
        known = _stored(host, oldest, settings, now)  # unless something said that it changed
        if known is None:
            raise
        silent[host.id] = time.monotonic() + SILENT_SECONDS
        return known


def _stored(
    host: models.Host, oldest: int, settings: Settings, now: int
) -> tuple[list[Busy], int] | None:
    """The busy times if they were fetched since `oldest`, and when they were."""
    row = models.find(BusyTimes, "host_id = ?", host.id)
    if row and _covers(row, oldest, settings, now):
        return [Busy(*interval) for interval in row.intervals], row.fetched_at
    return None


def of(
    calendar: Calendar, host: models.Host, settings: Settings, now: int, *, patient: bool = True
) -> list[Busy]:
    """Everything busy in the host's calendars over every booking window, at most BUSY_TTL old.

    A database that cannot be written to is no reason not to answer. Not `patient`: somebody else
    who asks is not waited for long. Raises Unavailable or Disconnected: what cannot be read is
    never free.
    """
    start, end = slots.reach(settings.window_days, now)
    wait_seconds = WAIT_SECONDS if patient else SHORT_SECONDS
    deadline = time.monotonic() + min(wait_seconds, calendar.seconds_left)
    oldest = now - calendar.google.config.busy_ttl + 1
    while True:
        if (found := _stored(host, oldest, settings, now)) is not None:
            metrics.looked("busy", hit=True)
            return found[0]
        try:
            with models.impatient():
                lease = leases.take(models.busy_lease(host), now, now + REFRESH_SECONDS)
        except models.NoAnswer:  # nothing can be kept: it is asked for all the same
            return fresh(calendar, host, settings, start, end, now)
        if lease:
            if (found := _stored(host, oldest, settings, now)) is not None:
                lease.release()  # somebody else has asked meanwhile
                return found[0]
            return refresh(calendar, host, settings, now, lease)
        oldest = min(oldest, now)  # what another worker fetches from now on is new enough
        if time.monotonic() > deadline and not patient:
            raise Unavailable("calendar.freebusy.query", reason="somebody else is asking")
        if time.monotonic() > deadline:  # whoever asks may have died: only one's own word counts
            return fresh(calendar, host, settings, start, end, now)
        models.rest()
        time.sleep(LOOK_EVERY_SECONDS)


def covers(age: BusyAge, settings: Settings, ttl: int, now: int) -> bool:
    """Whether what is stored can be shown without asking Google."""
    return _covers(age, now - ttl + 1, settings, now)


def _covers(row: BusyTimes | BusyAge, oldest: int, settings: Settings, now: int) -> bool:
    """Whether it was fetched since `oldest`; not when the clock has been set back since."""
    start, end = slots.reach(settings.window_days, now)
    is_new = oldest <= row.fetched_at <= now + models.CLOCKS_APART_SECONDS
    return is_new and row.start_at <= start and row.end_at >= end


def refresh(
    calendar: Calendar, host: models.Host, settings: Settings, now: int, lease: Held
) -> list[Busy]:
    """Ask Google for the whole booking window, and store what it says unless something has said
    meanwhile that it changed; the lease is over then. Raises GoogleError."""
    metrics.looked("busy", hit=False)
    start, end = slots.reach(settings.window_days, now)
    start, end = start - DAY, end + DAY  # so that it holds for another day
    try:
        found = fresh(calendar, host, settings, start, end, now)
    except BaseException:
        with suppress(*models.NoAnswer), models.impatient():
            lease.release()
        raise
    with suppress(*models.NoAnswer), models.impatient(), models.write():
        if lease.release():  # or forget_busy came in between: it was asked for too early
            span = {"start_at": start, "end_at": end}
            models.put(BusyTimes.host, host, intervals=found, fetched_at=now, **span)
    return found


def fresh(
    calendar: Calendar, host: models.Host, settings: Settings, start: int, end: int, now: int
) -> list[Busy]:
    """What is busy from start to end, straight from Google. Raises GoogleError."""
    try:
        found = calendar.busy(settings.busy_calendars, start, end)
    except (Unreadable, Refused) as error:
        which = error.calendar if isinstance(error, Unreadable) else error.method
        _note(host, f"{which}: {error.reason or error.status}", now)
        raise
    _note(host, None, now)
    return found


def _note(host: models.Host, problem: str | None, now: int) -> None:
    """Keep when Google was last asked, to the minute, and which calendar it could not read."""
    known = 0 <= now - (host.asked_at or 0) < NOTED_SECONDS
    if known and host.calendar_problem == problem:
        return
    with suppress(*models.NoAnswer), models.impatient():
        models.note(host, calendar_problem=problem, asked_at=now)
        host.calendar_problem, host.asked_at = problem, now
