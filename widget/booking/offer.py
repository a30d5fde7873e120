"""What can be booked now, and why something was not."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Self

import models
from models import Booking
from widget import metrics
from widget.booking import busy, errors, one_off, rows
from widget.booking.snapshot import Snapshot
from widget.booking.target import Look, NotHere, Target, event_in
from widget.core import slots
from widget.core.document import EventType, Settings, load_document
from widget.core.hours import OneOff, slot_rules
from widget.core.slots import Booked, Busy, Reason, Rules
from widget.google.client import Calendar

TAKEN = {"busy", "booking"}  # reasons that come from other people, not from the host's rules


@dataclass(frozen=True)
class Offer:
    """All that decides what is free for one event type now.

    `starts`: what is free in the whole booking window, where it is known already. `as_of`: from
    when the busy times are, while Google does not answer.
    """

    event: EventType
    rules: Rules
    busy: list[Busy]
    booked: list[Booked]
    now: int
    _: KW_ONLY
    starts: Sequence[int] | None = None
    as_of: int | None = None

    def free(self, start: int, end: int) -> Sequence[int]:
        """The starts of free slots with start <= slot < end."""
        if self.starts is not None:
            first = bisect_left(self.starts, start)
            return self.starts[first : bisect_left(self.starts, end, first)]
        return slots.free(self.rules, self.busy, self.booked, self.now, start, end)

    def all_free(self) -> Sequence[int]:
        """The starts of all free slots of the booking window, in order."""
        return self.free(self.now, slots.latest(self.rules.booking_window_days, self.now))

    def reasons(self, start: int) -> list[Reason]:
        """Why a slot cannot start then; empty when it can."""
        return slots.reasons(self.rules, self.busy, self.booked, self.now, start)

    def nearest(self, start: int) -> list[int]:
        """The free starts closest to one that is gone, in order."""
        return sorted(slots.nearest(self.all_free(), start))


@dataclass(frozen=True)
class Bookable(Offer):
    """An Offer that time can be claimed by, or that a booking which is `moving` can be moved to."""

    host: models.Host
    settings: Settings
    moving: Booking | None = None

    def under(self, host: models.Host) -> Self:
        """The same by the settings of `host` as it is under its lock, if they changed meanwhile.

        Raises SlotUnavailable when the event type is not offered any more.
        """
        if host.revision == self.host.revision:
            return self
        document = load_document(host.settings)
        try:
            code = self.event.code if isinstance(self.event, OneOff) else ""
            event = event_in(host.id, document, self.event.slug, code)
        except NotHere:
            raise errors.NotOffered from None
        if self.moving:
            event = event.lasting(self.moving.promise["duration"])
        elif self.event.durations:  # the guest has chosen one
            if self.event.duration not in event.lengths:
                raise errors.NotOffered
            event = event.lasting(self.event.duration)
        rules = slot_rules(document, event)
        return replace(self, host=host, settings=document, event=event, rules=rules)


def offer_for(
    target: Target, calendar: Calendar, now: int, moving: Booking | None = None, held: bool = True
) -> Bookable:
    """What can be booked, or where a booking that is `moving` can go: it does not block itself.
    Not `held`: without what bookings hold, which `check` reads anew.

    Raises CalendarUnavailable or CalendarDisconnected: an unread calendar offers nothing; LinkUsed.
    """
    host, document, event = target.host, target.document, target.event
    if moving is None:
        one_off.check(event, now)
    _check_calendar(host, document)
    with errors.as_not_booked():
        taken = without(moving, busy.of(calendar, now))
    found = rows.held(host.id, now, moving) if held else []
    rules = slot_rules(document, event)
    return Bookable(event, rules, taken, found, now, host, document, moving)


def shown(
    target: Target | Look, calendar_of: Callable[[models.Host], Calendar], ttl: int, now: int
) -> Offer:
    """The same for somebody who looks, from what is kept while busy times are at most `ttl` old.

    Raises CalendarUnavailable or CalendarDisconnected, LinkUsed, or NotHere when the host has just
    gone.
    """
    if isinstance(target, Target):
        return offer_for(target, calendar_of(target.host), now)
    kept, event = target.kept, target.event
    one_off.check(event, now)
    _check_calendar(kept, kept.document)
    rules, held = kept.rules(event), kept.booked
    if busy.covers(target.age, kept.document, ttl, now):
        metrics.looked("busy", hit=True)
        starts = None if isinstance(event, OneOff) else kept.free(event, now)
        return Offer(event, rules, kept.busy, held, now, starts=starts)
    host = models.host_by_id(kept.host_id)
    if host is None:
        raise NotHere
    with errors.as_not_booked():
        taken, as_of = busy.shown(calendar_of(host), now)
    return Offer(event, rules, taken, held, now, as_of=as_of)


def _check_calendar(host: models.Host | Snapshot, document: Settings) -> None:
    """Raises CalendarDisconnected."""
    if host.disconnected_at:
        raise errors.CalendarDisconnected(host.disconnected_reason)
    if host.calendar_gone == document.target_calendar:
        raise errors.CalendarDisconnected(f"calendar is gone: {host.calendar_gone}")


def without(moving: models.Booking | None, taken: list[Busy]) -> list[Busy]:
    """Busy times without the event of the booking itself."""
    if moving is None or not moving.holds:
        return taken
    own, first = {moving.calendar}, {"primary", moving.host.email}
    own |= first if own & first else set()
    around = [each for each in taken if each.calendar in own]
    parts = [each._replace(end=min(each.end, moving.start_at)) for each in around]
    parts += [each._replace(start=max(each.start, moving.end_at)) for each in around]
    left = [each for each in parts if each.start < each.end]
    return left + [each for each in taken if each.calendar not in own]


def refusal(reasons: list[Reason]) -> errors.NotBooked:
    """Why nothing can be booked then: somebody has the time, or the host's rules exclude it."""
    rules = [reason for reason in reasons if reason.code not in TAKEN]
    return errors.SlotUnavailable(rules) if rules else errors.SlotTaken()


# --- once more, before it is written ----------------------------------------------------------


def check(looked: Bookable, host: models.Host, start: int) -> Bookable:
    """The same rules as for what is offered, under the host's lock: as they are by now.

    Raises NotBooked.
    """
    looked = looked.under(host)
    held = rows.held(host.id, start, looked.moving)
    reasons = slots.reasons(looked.rules, looked.busy, held, looked.now, start)
    if reasons:
        raise refusal(reasons)
    return looked


def ask_again(calendar: Calendar, looked: Bookable, start: int) -> None:
    """Ask Google for the busy times around a start, since its word is the last. Raises
    SlotTaken when the host has got busy since the cache was filled, or another NotBooked."""
    event, moving = looked.event, looked.moving
    since = start - event.buffer_before * 60
    until = start + (event.duration + event.buffer_after) * 60
    with errors.as_not_booked():
        taken = busy.fresh(calendar, looked.settings, since, until, looked.now)
        full = moving is not None and crowded(calendar, moving, since, until)
    reasons = slots.reasons(looked.rules, without(moving, taken), [], looked.now, start)
    if full or any(reason.code == "busy" for reason in reasons):
        models.forget_busy(looked.host)
        raise errors.SlotTaken


def crowded(calendar: Calendar, moving: models.Booking, since: int, until: int) -> bool:
    """Whether another event than the booking's own stands between two instants at its old time:
    freebusy does not tell the two apart."""
    start, end = max(since, moving.start_at), min(until, moving.end_at)
    return start < end and calendar.crowded(moving.calendar, start, end, moving.google_event_id)


def is_taken(
    calendar: Calendar, start: int, end: int, now: int, moving: models.Booking | None = None
) -> bool:
    """Whether Google knows of anything from start to end, but the event of a booking that is
    `moving` there. Raises GoogleError."""
    taken = without(moving, busy.fresh(calendar, calendar.document, start, end, now))
    return bool(taken) or (moving is not None and crowded(calendar, moving, start, end))
