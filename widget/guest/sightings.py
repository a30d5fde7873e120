"""Where a host's widget is seen: the origins of sites that load it, known from page views."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import peewee

import models
from widget.core.document import Settings

ORIGIN_LENGTH, ADDRESS_LENGTH, EVENT_LENGTH = 300, 4000, 63
_ORIGIN = re.compile(r"https?://[a-z0-9._\[\]:-]+")


def note(host: models.Host, origin: str | None, event: str, now: int) -> None:
    """Keep the origin of the site in which a page is opened; nothing when it is in none."""
    if origin is None:
        return
    try:
        models.note_sighting(host, origin, event[:EVENT_LENGTH], now)
    except (peewee.OperationalError, peewee.IntegrityError):  # busy, or the host has just gone
        return


def origin_of(text: str) -> str | None:
    """The origin of a web address as browsers write it, or None."""
    try:
        parts = urlsplit(text[:ADDRESS_LENGTH])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        usual = parts.port in (None, 443 if parts.scheme == "https" else 80)
        name = host.encode("idna").decode() if not host.startswith("[") else host
    except (ValueError, UnicodeError):
        return None
    origin = f"{parts.scheme}://{name}" + ("" if usual else f":{parts.port}")
    return origin if len(origin) <= ORIGIN_LENGTH and _ORIGIN.fullmatch(origin) else None


def allowed(document: Settings, origin: str) -> bool:
    return not document.allowed_sites or origin in document.allowed_sites
