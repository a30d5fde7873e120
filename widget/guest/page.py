"""What a guest's address leads to, a host and an event type, and how their pages look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from flask import abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict

import models
from widget.booking import links
from widget.booking.errors import NotBooked
from widget.booking.offer import Offer, offer_for
from widget.core import clock, fields
from widget.core.document import EventType, Settings, load_document
from widget.guest import days, embedding, invitation, sightings
from widget.text import language
from widget.text.language import gettext as _
from widget.web import answers, messages, service
from widget.web import theme as web_theme


@dataclass(frozen=True)
class Place:
    """What an address leads to: a host and one of the host's event types."""

    host: models.Host
    document: Settings
    event: EventType
    moving: models.Booking | None = None  # a new time is chosen for this booking

    @property
    def address(self) -> str:
        if self.moving:
            return f"/booking/{links.booking_token(service.config(), self.moving.id)}/reschedule"
        return f"/book/{self.host.handle}/{self.event.slug}"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What every form of these pages carries along."""
        return []

    @property
    def secret(self) -> list[tuple[str, str]]:
        """What a form carries along only when it is posted: no address should hold it."""
        return []

    def offer(self) -> Offer:
        """Raises CalendarUnavailable or CalendarDisconnected."""
        calendar = service.calendar_of(self.host)
        return offer_for(
            service.google(), self.host, self.event, clock.now(), self.moving, calendar
        )

    def alert(self, error: NotBooked | None) -> dict[str, str] | None:
        """What went wrong, as the templates show it."""
        if error is None:
            return None
        if self.moving and not isinstance(error, messages.Booked):
            return {"code": error.code, "message": messages.said_of_change(error)}
        kept = _("What you typed is kept.") if request.method == "POST" else ""
        return {"code": error.code, "message": f"{messages.said(error)} {kept}".strip()}

    def page(self, title: str, given: MultiDict[str, str]) -> dict[str, Any]:
        """What the templates of every event page need."""
        return {**host_page(self.document, title, given), "event": event_view(self.event)}


def host_page(document: Settings, title: str, given: MultiDict[str, str]) -> dict[str, Any]:
    """What the templates of every page of a host need; the site around may choose its look."""
    theme = given.get("theme", document.theme.mode)
    accent = given.get("accent", document.theme.accent)
    page = answers.page(
        title,
        theme if theme in web_theme.THEMES else document.theme.mode,
        accent.lower() if web_theme.is_accent(accent) else document.theme.accent,
    )
    page["look"]["hide_details"] = given.get("hide_details") == "1"
    page["host"] = host_view(document)
    return page


def host_view(document: Settings) -> dict[str, str]:
    return {"handle": document.handle, "display_name": document.display_name}


def event_view(event: EventType) -> dict[str, Any]:
    return {
        "slug": event.slug,
        "title": event.title,
        "description": event.description,
        "lead": days.lead(event.description),
        "duration": event.duration,
        "duration_label": language.minutes(event.duration),
        "location_label": invitation.location_label(event.location, event.location_detail),
    }


def find(handle: str, slug: str) -> Place:
    """The event type at this address; answers 404 when there is none."""
    host, document = find_host(handle)
    for event in document.event_types:
        if event.slug == slug and event.active:
            return Place(host, document, event)
    abort(404)


def find_host(handle: str) -> tuple[models.Host, Settings]:
    """The host with this handle; answers 404 when there is none. Only allowed sites may frame."""
    if not fields.HANDLE.fullmatch(handle):
        abort(404)
    host = models.host_by_handle(handle)
    if host is None:
        _renamed(handle)
    if request.method == "GET":  # also of a site that may not
        slug = (request.view_args or {}).get("slug", "")
        sightings.note(host, embedding.embedder(), slug, clock.now())
    document = load_document(host.settings)
    embedding.hold_to(document.allowed_sites)
    return host, document


def _renamed(handle: str) -> NoReturn:
    """A handle that a host gave up leads to the same page under the new one; 404 otherwise."""
    host = models.host_by_old_handle(handle)
    if host is None or request.endpoint is None:
        abort(404)
    address = url_for(request.endpoint, **{**(request.view_args or {}), "handle": host.handle})
    query = request.query_string.decode("ascii", "replace")
    abort(redirect(f"{address}?{query}" if query else address, 307))
