"""What a host's guest pages are made of, kept in the process for as long as it is so.

The database raises one number with every change of it (migration 0011), whoever writes: every look
reads that number first, and what is kept under another one is not used. The number is read before
the rest, so what is kept can be newer than its number, which is then another one at the next look,
and never older. Only for a guest who looks: a claim reads what decides under the host's lock, and
nothing here may be asked for inside a transaction, whose writes may never come to be.
"""

import json
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import models
from widget.booking import rows
from widget.core import slots
from widget.core.bounded import Bounded
from widget.core.document import EventType, Settings, load_document
from widget.core.hours import OneOff, slot_rules
from widget.core.slots import Booked, Busy, Rules

#: What an object takes in memory, about: of busy intervals, bookings, a document's character.
INTERVAL_BYTES, BOOKING_BYTES, CHARACTER_BYTES = 200, 500, 12

_CURRENT = """
SELECT host.id, host_version.version, host_version.busy, busy.fetched_at, busy.start_at, busy.end_at
FROM host JOIN host_version ON host_version.host_id = host.id
LEFT JOIN busy_times AS busy ON busy.host_id = host.id WHERE host.handle = ?
"""
_HOST = """
SELECT settings, disconnected_at, disconnected_reason, calendar_gone FROM host WHERE id = ?
"""
_BUSY = "SELECT intervals FROM busy_times WHERE host_id = ?"


@dataclass(frozen=True)
class BusyAge:
    """What the stored busy times cover, and when Google was asked for them (0: never, or
    something said since that they changed)."""

    fetched_at: int = 0
    start_at: int = 0
    end_at: int = 0


Shelf = Bounded[int, "Snapshot"]


@dataclass(frozen=True)
class Snapshot:
    """A host's state under one version."""

    host_id: int
    version: int
    busy_version: int
    read_at: int
    document: Settings
    disconnected_at: int | None
    disconnected_reason: str | None
    calendar_gone: str | None
    busy: list[Busy]
    booked: list[Booked]
    shelf: Shelf  # where it is kept
    _rules: dict[tuple[str, int], Rules] = field(default_factory=dict)
    _free: dict[tuple[str, int], tuple[int, Sequence[int]]] = field(default_factory=dict)

    def rules(self, event: EventType) -> Rules:
        if isinstance(event, OneOff):  # for one guest: it is not kept
            return slot_rules(self.document, event)
        key = event.slug, event.duration
        if key not in self._rules:
            self._rules[key] = slot_rules(self.document, event)
        return self._rules[key]

    def free(self, event: EventType, now: int) -> Sequence[int]:
        """Every free start of the booking window, in order; computed once on each of the host's
        days, whose passing time only takes starts away."""
        rules = self.rules(event)
        computed_at, starts = self._free.get((event.slug, event.duration), (0, array("q")))
        same_day = slots.local_date(rules.tz, computed_at) == slots.local_date(rules.tz, now)
        if not same_day or computed_at > now:
            end = slots.latest(rules.booking_window_days, now)
            found = slots.free(rules, self.busy, self.booked, now, now, end)
            starts = array("q", found)
            self._free[event.slug, event.duration] = now, starts
            self.shelf.put(self.host_id, self, self.bytes)
        return starts[bisect_left(starts, now + rules.minimum_notice_minutes * 60) :]

    @property
    def bytes(self) -> int:
        return (
            len(self.document.model_dump_json(exclude={"picture"})) * CHARACTER_BYTES
            + len(self.document.picture or "")
            + len(self.busy) * INTERVAL_BYTES
            + len(self.booked) * BOOKING_BYTES
            + sum(8 * len(starts) for _at, starts in self._free.values())
        )


def current(shelf: Shelf, handle: str, now: int) -> tuple[Snapshot, BusyAge] | None:
    """The state of the host with this handle as it is now; None when there is no such host."""
    row = models.read(_CURRENT, handle)
    if not row:
        return None
    id, version, busy_version, *age = row[0]
    kept = shelf.get(id)
    # a clock that was set back wants bookings which were over when it was read
    if not kept or kept.version != version or kept.read_at > now + models.CLOCKS_APART_SECONDS:
        found = models.read(_HOST, id)
        if not found:
            return None
        settings, since, why, gone = found[0]
        if kept and kept.busy_version == busy_version:
            busy = kept.busy  # many, and they change seldom
        else:
            busy = [Busy(*each) for (text,) in models.read(_BUSY, id) for each in json.loads(text)]
        document, booked = load_document(settings), rows.held(id, now)
        kept = Snapshot(
            id, version, busy_version, now, document, since, why, gone, busy, booked, shelf
        )
        shelf.put(id, kept, kept.bytes)
    return kept, BusyAge(*(each or 0 for each in age))
