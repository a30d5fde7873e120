"""On which sites a host's widget is seen: their origins, known from views of its pages."""

import logging
import threading
import time
from contextlib import suppress

import peewee
from flask import current_app

import models
from models import Host, Table

EVERY_SECONDS = 60
SEEN_EVERY_SECONDS = 30  # a busy site writes no more often
SITES_SEEN = 100  # of a host: whoever sends made-up origins fills no more than these
SEEN_AT_MOST = 10_000  # in memory: whoever makes origins up fills no more than these

log = logging.getLogger("meetslot.sightings")


class Sighting(Table):
    """When a host's widget was last loaded inside a site; nothing about who looked."""

    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    origin = peewee.CharField(300)
    event = peewee.CharField(63)
    seen_at = peewee.BigIntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("host", "origin", "event")


class Memory:
    """What was seen since it was last stored: a guest's page writes nothing."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str, str], int] = {}  # host, origin, event type -> when
        self._lock = threading.Lock()

    def note(self, host_id: int, origin: str, event: str, now: int) -> None:
        """Remember that a page was opened inside a site; keep_writing stores it soon."""
        with self._lock:
            if len(self._seen) < SEEN_AT_MOST:
                self._seen[host_id, origin, event] = now

    def write(self) -> None:
        """Store what was remembered since the last time. A database that does not answer loses
        it: the next view of the page tells the same."""
        with self._lock:
            seen = dict(self._seen)
            self._seen.clear()
        for (host_id, origin, event), at in seen.items():
            with suppress(peewee.OperationalError, peewee.IntegrityError):  # busy, or no such host
                _store(host_id, origin, event, at)

    def keep_writing(self) -> None:
        """Store what is seen, once a minute, for as long as the process lives."""
        while True:
            time.sleep(EVERY_SECONDS)
            try:
                with models.database.connection_context():
                    self.write()
            except peewee.PeeweeException as error:  # no connection: the next minute tries again
                log.warning("sightings are not stored: %s", type(error).__name__)


def memory() -> Memory:
    """The application's Memory."""
    found: Memory = current_app.extensions["meetslot.sightings"]
    return found


def _store(host: int, origin: str, event: str, now: int) -> None:
    """Store that the widget was loaded inside a site, at most twice a minute."""
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
