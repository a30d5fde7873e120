"""Busy times are asked for before they are too old, in the background, so that no guest waits."""

from __future__ import annotations

import logging
import threading

import peewee

import models
from widget.booking import busy, leases
from widget.booking.snapshot import BusyAge
from widget.core import clock
from widget.core.document import load_document
from widget.google.client import Google
from widget.google.errors import GoogleError

AGEING = 0.75  # of BUSY_TTL: old enough to be asked for again, new enough to be shown meanwhile
MOST = 1000  # hosts that wait to be asked about

log = logging.getLogger("meetslot.busy")


class Ahead:
    """The hosts whose busy times are to be asked for; in a worker, keep_asking does it."""

    def __init__(self) -> None:
        self._wanted: dict[int, None] = {}
        self._some = threading.Condition()

    def look(self, host_id: int, age: BusyAge, ttl: int, now: int) -> None:
        """Somebody looks at a host whose busy times are of this age."""
        if not ttl * AGEING <= now - age.fetched_at < ttl:
            return
        with self._some:
            if len(self._wanted) < MOST:
                self._wanted[host_id] = None
                self._some.notify()

    def ask(self, google: Google) -> None:
        """Ask for those that wait, each once over all workers."""
        while self._wanted:
            with self._some:
                host_id = next(iter(self._wanted))
                del self._wanted[host_id]
            _renew(google, host_id, clock.now())

    def keep_asking(self, google: Google) -> None:
        """For as long as the process lives."""
        while True:
            with self._some:
                self._some.wait_for(lambda: self._wanted)
            try:
                with models.database.connection_context():
                    self.ask(google)
            except peewee.PeeweeException as error:  # the next guest who looks brings it back
                log.warning("busy times are not asked for: %s", type(error).__name__)


def _renew(google: Google, host_id: int, now: int) -> None:
    host = models.host_by_id(host_id)
    if host is None or host.disconnected_at:
        return
    lease = leases.take(models.busy_lease(host), now, now + busy.REFRESH_SECONDS)
    if lease is None:
        return
    row = models.BusyTimes.get_or_none(models.BusyTimes.host == host)
    if row and now - row.fetched_at < google.config.busy_ttl * AGEING:
        lease.release()  # somebody was faster
        return
    try:
        busy.refresh(google.calendar_of(host), host, load_document(host.settings), now, lease)
    except GoogleError as error:  # whoever looks when they are too old asks again
        log.info("host %s: busy times: %s", host.id, error)
