"""Where a host's widget is seen: the origins of sites that load it, known from page views."""

from __future__ import annotations

from urllib.parse import urlsplit

import peewee
from flask import Request

import models
from widget import settings
from widget.config import Config

FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")
ORIGIN_LENGTH, ADDRESS_LENGTH, EVENT_LENGTH = 300, 4000, 63


def note(config: Config, request: Request, host: models.Host, now: int) -> None:
    """Keep the origin of the site in which this page is opened; nothing when it is in none.

    Browsers say `Sec-Fetch-Dest: iframe`, and name the site as the Referer; one that sends no
    Referer leaves only what the embed script adds to the address (`embedder`).
    """
    into, hint = request.headers.get("Sec-Fetch-Dest"), request.args.get("embedder", "")
    if request.method != "GET" or not (into in FRAMES or (into is None and hint)):
        return
    origin = origin_of(hint) or origin_of(request.headers.get("Referer", ""))
    if origin is None or origin == config.public_url:
        return
    try:
        event = (request.view_args or {}).get("slug", "")
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
    return origin if len(origin) <= ORIGIN_LENGTH and origin.isprintable() else None


def allowed(document: settings.Settings, origin: str) -> bool:
    return not document.allowed_sites or origin in document.allowed_sites
