"""Which host and event type an address means. No Flask, and nothing is written."""

from dataclasses import dataclass
from typing import ClassVar

import models
from widget.booking import one_off, snapshot
from widget.booking.snapshot import BusyAge, Shelf, Snapshot
from widget.core import fields
from widget.core.document import EventType, Settings, load_document
from widget.core.hours import OneOff


@dataclass(frozen=True)
class Target:
    """A host and one of the host's event types, as the settings document has them now."""

    host: models.Host
    document: Settings
    event: EventType
    same: ClassVar[None] = None


@dataclass(frozen=True)
class Look:
    """The same for a guest who only looks: from what is kept, without the host's row."""

    kept: Snapshot
    age: BusyAge
    event: EventType

    @property
    def document(self) -> Settings:
        return self.kept.document

    @property
    def same(self) -> tuple[int, int, int, str, int] | None:
        """What names this host's state and this event type; None for a one-off link, which is for
        one guest."""
        kept, event = self.kept, self.event
        named = kept.host_id, kept.version, kept.read_at, event.slug, event.duration
        return None if isinstance(event, OneOff) else named


class NotHere(LookupError):
    """There is no such host, or no such event type; `document` is the host's, if there is one."""

    def __init__(self, document: Settings | None = None) -> None:
        super().__init__("not here")
        self.document = document


class NoSuchLink(NotHere):
    """The event type is there, and the one-off link is not."""


class Renamed(Exception):
    """The host has another handle by now, or the event type another slug: `now` has what the same
    address is made of."""

    def __init__(self, **now: str) -> None:
        super().__init__(now)
        self.now = now


def find(handle: str, slug: str, once: str = "") -> Target:
    """The event type that can be booked there, by a one-off link if `once` is the code of one.
    Raises NotHere or Renamed."""
    return event_of(*find_host(handle), slug, once)


def event_of(host: models.Host, document: Settings, slug: str, once: str = "") -> Target:
    """find, of a host. Raises NotHere or Renamed."""
    return Target(host, document, event_in(host.id, document, slug, once))


def event_in(host_id: int, document: Settings, slug: str, once: str = "") -> EventType:
    """A host's event type of that slug: switched on, or offered by a one-off link, whatever has
    become of that. Raises NotHere or Renamed."""
    event = document.event_type(slug)
    if event and once:
        link = one_off.find(host_id, once)
        if link is None or link.event != slug:
            raise NoSuchLink(document)
        return link.event_type(event)
    if event and event.active:
        return event
    if event is None and document.event_type(slug.lower()):
        raise Renamed(slug=slug.lower())
    if event is None and fields.HANDLE.fullmatch(slug):
        old = models.OldSlug.get_or_none(host=host_id, slug=slug)
        if old and document.event_type(old.event):
            raise Renamed(slug=old.event)
    raise NotHere(document)


def find_host(handle: str) -> tuple[models.Host, Settings]:
    """The host with this handle, and the settings document. Raises NotHere or Renamed."""
    host = models.host_by_handle(handle) if fields.HANDLE.fullmatch(handle) else None
    if host is None:
        raise _elsewhere(handle)
    return host, load_document(host.settings)


def look_at_host(shelf: Shelf, handle: str, now: int) -> tuple[Snapshot, BusyAge]:
    """find_host, for a guest who only looks. Raises NotHere or Renamed."""
    found = snapshot.current(shelf, handle, now) if fields.HANDLE.fullmatch(handle) else None
    if found is None:
        raise _elsewhere(handle)
    return found


def _elsewhere(handle: str) -> NotHere | Renamed:
    """Why no host is found by this handle; capitals, as people and mail programs write them, are
    meant as small letters."""
    meant = handle.lower()
    if fields.HANDLE.fullmatch(meant):
        host = models.host_by_handle(meant) if meant != handle else None
        if renamed := host or models.host_by_old_handle(meant):
            return Renamed(handle=renamed.handle)
    return NotHere()


def of_booking(booking: models.Booking) -> Target | None:
    """The event type of a booking as it is now, with the length that was promised; None when it
    is gone."""
    document = load_document(booking.host.settings)
    event = document.event_type(booking.event)
    if event is None:
        return None
    link = one_off.find(booking.host_id, booking.link) if booking.link else None
    offered = link.event_type(event) if link else event
    return Target(booking.host, document, offered.lasting(booking.promise["duration"]))
