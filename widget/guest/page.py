"""What a page of a host or of one of the host's event types is made of."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

import models
from widget.booking import target
from widget.booking.target import Target
from widget.core.document import EventType, Settings
from widget.guest import days, embedding, invitation
from widget.text import language
from widget.web import answers
from widget.web import theme as web_theme


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


def find(handle: str, slug: str) -> Target:
    """The event type at this address, for a page. Only allowed sites may frame it.

    Raises NotHere or Renamed.
    """
    host, document = target.find_host(handle)
    embedding.enter(host, document, slug)
    return target.event_of(host, document, slug)


def find_host(handle: str) -> tuple[models.Host, Settings]:
    """The host with this handle, for a page. Only allowed sites may frame it.

    Raises NotHere or Renamed.
    """
    host, document = target.find_host(handle)
    embedding.enter(host, document)
    return host, document
