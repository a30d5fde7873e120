"""Which host and event type an address means. No Flask, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

import models
from widget.core import fields
from widget.core.document import EventType, Settings, load_document


@dataclass(frozen=True)
class Target:
    """A host and one of the host's event types, as the settings document has them now."""

    host: models.Host
    document: Settings
    event: EventType


class NotHere(LookupError):
    """There is no such host, or no such event type; `document` is the host's, if there is one."""

    def __init__(self, document: Settings | None = None) -> None:
        super().__init__("not here")
        self.document = document


class Renamed(Exception):
    """The host has another handle by now, or the event type another slug: `now` has what the same
    address is made of."""

    def __init__(self, **now: str) -> None:
        super().__init__(now)
        self.now = now


def find(handle: str, slug: str) -> Target:
    """The event type that can be booked there. Raises NotHere or Renamed."""
    return event_of(*find_host(handle), slug)


def event_of(host: models.Host, document: Settings, slug: str) -> Target:
    """The host's event type of that slug, switched on. Raises NotHere or Renamed."""
    events = {event.slug: event for event in document.event_types}
    if slug in events and events[slug].active:
        return Target(host, document, events[slug])
    if slug not in events and fields.HANDLE.fullmatch(slug):
        now = _slug_now(host, slug)
        if now in events:
            raise Renamed(slug=now)
    raise NotHere(document)


def find_host(handle: str) -> tuple[models.Host, Settings]:
    """The host with this handle, and the settings document. Raises NotHere or Renamed."""
    if not fields.HANDLE.fullmatch(handle):
        raise NotHere
    host = models.host_by_handle(handle)
    if host is not None:
        return host, load_document(host.settings)
    if renamed := models.host_by_old_handle(handle):
        raise Renamed(handle=renamed.handle)
    raise NotHere


def of_booking(booking: models.Booking) -> Target | None:
    """The event type of a booking as it is now, with the length that was promised; None when it
    is gone."""
    document = load_document(booking.host.settings)
    for event in document.event_types:
        if event.slug == booking.event:
            promised = event.model_copy(update={"duration": booking.promise["duration"]})
            return Target(booking.host, document, promised)
    return None


def _slug_now(host: models.Host, slug: str) -> str | None:
    """What an event type is called now that had another slug before."""
    old = models.OldSlug.get_or_none(models.OldSlug.host == host, models.OldSlug.slug == slug)
    return str(old.event) if old else None
