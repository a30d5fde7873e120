"""The host's busy times: cached in the database, shared by workers, refreshed by one; and asked for
before they are too old, in the background, so that no guest waits."""

import logging
import threading
import time
from contextlib import suppress

import peewee

import models
from models import BusyTimes
from widget import metrics
from widget.booking import leases
from widget.booking.leases import Held
from widget.booking.snapshot import BusyAge
from widget.core import clock, slots
from widget.core.clock import DAY
from widget.core.document import Settings
from widget.core.slots import Busy
from widget.google.client import Calendar, Google
from widget.google.errors import GoogleError, Refused, Unavailable, Unreadable

REFRESH_SECONDS = 12  # longer than all calls of one request may take
NOTED_SECONDS = 60  # a host is told to the minute when Google was last asked
WAIT_SECONDS = 3.0
SHORT_SECONDS = 0.5  # waited for somebody else who asks, where there is something to show
OLD_SECONDS = 600  # shown while Google does not answer
SILENT_SECONDS = 10  # that a Google which did not answer is not asked for somebody who looks
LOOK_EVERY_SECONDS = 0.05
AGEING = 0.75  # of BUSY_TTL: old enough to be asked for again, new enough to be shown meanwhile
MOST = 1000  # hosts that wait to be asked about

log = logging.getLogger("meetslot.busy")


def shown(calendar: Calendar, now: int) -> tuple[list[Busy], int | None]:
    """`of` for a guest who looks: while Google does not answer, what it said at most ten minutes
    ago, and when. Never for who books. Raises Unavailable or Disconnected.
    """
    silent, host_id = calendar.google.silent, calendar.host.id
    known = _stored(calendar, OLD_SECONDS, now)
    if known and silent.get(host_id, 0) > time.monotonic():
        return known
    try:
        return of(calendar, now, patient=known is None), None
    except Unreadable:  # Google answers: this calendar is none that counts as free
        raise
    except Unavailable:
        known = _stored(calendar, OLD_SECONDS, now)  # unless something said it changed
        if known is None:
            raise
        silent[host_id] = time.monotonic() + SILENT_SECONDS
        return known


def _stored(calendar: Calendar, ttl: float, now: int) -> tuple[list[Busy], int] | None:
    """The busy times if they are less than `ttl` seconds old, and from when they are."""
    row = models.find(BusyTimes, "host_id = ?", calendar.host.id)
    if row and covers(row, calendar.document, ttl, now):
        return [Busy(*interval) for interval in row.intervals], row.fetched_at
    return None


def of(calendar: Calendar, now: int, *, patient: bool = True) -> list[Busy]:
    """Everything busy in the host's calendars over every booking window, at most BUSY_TTL old.

    A database that cannot be written to is no reason not to answer. Not `patient`: somebody else
    who asks is not waited for long. Raises Unavailable or Disconnected: what cannot be read is
    never free.
    """
    ttl, settings = calendar.google.config.busy_ttl, calendar.document
    whole = slots.reach(settings.window_days, now)
    wait_seconds = WAIT_SECONDS if patient else SHORT_SECONDS
    deadline = time.monotonic() + min(wait_seconds, calendar.seconds_left)
    while True:
        if (found := _stored(calendar, ttl, now)) is not None:
            metrics.looked("busy", hit=True)
            return found[0]
        try:
            with models.write(patient=False):
                lease = _lease(calendar.host, now)
        except models.NoAnswer:  # nothing can be kept: it is asked for all the same
            return fresh(calendar, settings, *whole, now)
        if lease:
            return _renew(calendar, ttl, now, lease)
        ttl = max(ttl, 1)  # what another worker fetches from now on is new enough
        if time.monotonic() > deadline and not patient:
            raise Unavailable("calendar.freebusy.query", reason="somebody else is asking")
        if time.monotonic() > deadline:  # whoever asks may have died: only one's own word counts
            return fresh(calendar, settings, *whole, now)
        models.rest()
        time.sleep(LOOK_EVERY_SECONDS)


def covers(row: BusyTimes | BusyAge, settings: Settings, ttl: float, now: int) -> bool:
    """Whether what is stored is less than `ttl` seconds old, so that it can be shown without asking
    Google; not when the clock has been set back since."""
    start, end = slots.reach(settings.window_days, now)
    is_new = -models.CLOCKS_APART_SECONDS <= now - row.fetched_at < ttl
    return is_new and row.start_at <= start and row.end_at >= end


def _lease(host: models.Host, now: int) -> Held | None:
    return leases.take(models.busy_lease(host), now, now + REFRESH_SECONDS)


def _renew(calendar: Calendar, ttl: float, now: int, lease: Held) -> list[Busy]:
    """Ask Google for the whole booking window, unless somebody else has done so meanwhile, and
    store what it says unless something has said meanwhile that it changed; the lease is over then.
    Raises GoogleError."""
    if (found := _stored(calendar, ttl, now)) is not None:
        lease.release()
        return found[0]
    metrics.looked("busy", hit=False)
    start, end = slots.reach(calendar.document.window_days, now)
    start, end = start - DAY, end + DAY  # so that it holds for another day
    try:
        asked = fresh(calendar, calendar.document, start, end, now)
    except BaseException:
        with suppress(*models.NoAnswer), models.write(patient=False):
            lease.release()
        raise
    with suppress(*models.NoAnswer), models.write(patient=False):
        if lease.release():  # or forget_busy came in between: it was asked for too early
            span = {"start_at": start, "end_at": end}
            models.put(BusyTimes.host, calendar.host, intervals=asked, fetched_at=now, **span)
    return asked


def fresh(calendar: Calendar, settings: Settings, start: int, end: int, now: int) -> list[Busy]:
    """What is busy from start to end, straight from Google. Raises GoogleError."""
    try:
        found = calendar.busy(settings.busy_calendars, start, end)
    except (Unreadable, Refused) as error:
        which = error.calendar if isinstance(error, Unreadable) else error.method
        _note(calendar.host, f"{which}: {error.reason or error.status}", now)
        raise
    _note(calendar.host, None, now)
    return found


def _note(host: models.Host, problem: str | None, now: int) -> None:
    """Keep when Google was last asked, to the minute, and which calendar it could not read."""
    known = 0 <= now - (host.asked_at or 0) < NOTED_SECONDS
    if known and host.calendar_problem == problem:
        return
    with suppress(*models.NoAnswer), models.write(patient=False):
        models.note(host, calendar_problem=problem, asked_at=now)
        host.calendar_problem, host.asked_at = problem, now


# --- ahead ----------------------------------------------------------------------------------------


class Ahead:
    """The hosts whose busy times are to be asked for; in a worker, keep_asking does it."""

    def __init__(self) -> None:
        self._wanted: dict[int, None] = {}
        self._some = threading.Condition()

    def look(self, host_id: int, age: BusyAge, ttl: int, now: int) -> None:
        """Somebody looks at a host whose busy times are of this age."""
        if not ttl * AGEING <= now - age.fetched_at < ttl:
            return
        with self._some:
            if len(self._wanted) < MOST:
                self._wanted[host_id] = None
                self._some.notify()

    def ask(self, google: Google) -> None:
        """Ask for those that wait, each once over all workers."""
        while self._wanted:
            with self._some:
                host_id = next(iter(self._wanted))
                del self._wanted[host_id]
            _ask_ahead(google, host_id, clock.now())

    def keep_asking(self, google: Google) -> None:
        """For as long as the process lives."""
        while True:
            with self._some:
                self._some.wait_for(lambda: self._wanted)
            try:
                with models.database.connection_context():
                    self.ask(google)
            except peewee.PeeweeException as error:  # the next guest who looks brings it back
                log.warning("busy times are not asked for: %s", type(error).__name__)


def _ask_ahead(google: Google, host_id: int, now: int) -> None:
    host = models.host_by_id(host_id)
    lease = _lease(host, now) if host and not host.disconnected_at else None
    if not host or not lease:
        return
    try:
        _renew(google.calendar_of(host), google.config.busy_ttl * AGEING, now, lease)
    except GoogleError as error:  # whoever looks when they are too old asks again
        log.info("host %s: busy times: %s", host.id, error)
