"""Where a host's widget is seen: the origins of sites that load it, known from page views."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import peewee

import models
from models import Sighting
from widget.core.document import Settings

EVERY_SECONDS = 60
SEEN_EVERY_SECONDS = 30  # a busy site writes no more often
SITES_SEEN = 100  # of a host: whoever sends made-up origins fills no more than these
SEEN_AT_MOST = 10_000  # in memory: whoever makes origins up fills no more than these

_seen: dict[tuple[int, str, str], int] = {}  # host, origin, event type -> when
_lock = threading.Lock()


def note(host_id: int, origin: str, event: str, now: int) -> None:
    """Remember that a page was opened inside a site; keep_writing stores it soon."""
    with _lock:
        if len(_seen) < SEEN_AT_MOST:
            _seen[host_id, origin, event] = now


def write() -> None:
    """Store what was remembered since the last time. A database that does not answer loses it:
    the next view of the page tells the same."""
    with _lock:
        seen = dict(_seen)
        _seen.clear()
    for (host_id, origin, event), at in seen.items():
        with suppress(peewee.OperationalError, peewee.IntegrityError):  # busy, or the host is gone
            _store(host_id, origin, event, at)


def keep_writing() -> None:
    """Store what is seen, once a minute, for as long as the process lives."""
    while True:
        time.sleep(EVERY_SECONDS)
        if _seen:
            with models.database.connection_context():
                write()


def allowed(document: Settings, origin: str) -> bool:
    return not document.allowed_sites or origin in document.allowed_sites


def _store(host: int, origin: str, event: str, now: int) -> None:
    """The widget was loaded inside a site."""
    seen = (Sighting.host == host, Sighting.origin == origin, Sighting.event == event)
    if Sighting.select().where(*seen, Sighting.seen_at > now - SEEN_EVERY_SECONDS).exists():
        return
    with models.write():
        Sighting.delete().where(*seen).execute()
        newest = (
            Sighting.select(Sighting.seen_at)
            .where(Sighting.host == host)
            .order_by(Sighting.seen_at.desc())
            .offset(SITES_SEEN - 1)
            .limit(1)
            .scalar()
        )
        if newest is not None:
            Sighting.delete().where(Sighting.host == host, Sighting.seen_at <= newest).execute()
        Sighting.insert(
            host=host, origin=origin, event=event, seen_at=now
        ).on_conflict_ignore().execute()


def seen(host: models.Host, origin: str | None = None) -> list[Sighting]:
    """Where the host's widget was loaded (or on one site), the latest first."""
    query = Sighting.select().where(Sighting.host == host).order_by(Sighting.seen_at.desc())
    return list(query.where(Sighting.origin == origin) if origin is not None else query)
