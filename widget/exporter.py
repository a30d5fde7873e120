"""Answers Prometheus on METRICS, for all workers of this server and for the database."""

import logging
import threading
import time
from collections.abc import Iterable

import peewee
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

import models
from widget.booking import settling, webhooks
from widget.core import clock

LOOK_SECONDS = 2  # until another worker answers when the one that did has ended

log = logging.getLogger("meetslot.metrics")


class Stored:
    """What is counted in the database when it is asked for, the same on every worker."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            with models.database.connection_context():
                return list(_stored(clock.now()))
        except peewee.PeeweeException as error:
            log.error("the database does not answer", exc_info=error)
            return []


def _stored(now: int) -> Iterable[GaugeMetricFamily]:
    bookings = GaugeMetricFamily("meetslot_bookings", "Bookings by status.", labels=["status"])
    for status, number in settling.by_status().items():
        bookings.add_metric([status], number)
    yield bookings
    oldest = settling.oldest_pending()
    yield GaugeMetricFamily(
        "meetslot_oldest_pending_seconds",
        "How long the booking that has waited longest for Google has waited; 0 when none waits.",
        value=max(0, now - oldest) if oldest else 0,
    )
    length = GaugeMetricFamily(
        "meetslot_outbox_length",
        "What has still to be told to others: bookings with something open at Google, and"
        " deliveries to webhooks.",
        labels=["to"],
    )
    length.add_metric(["google"], settling.open_at_google())
    length.add_metric(["webhooks"], webhooks.waiting())
    yield length


def answer(address: str, port: int) -> None:
    """Answer on this address as soon as no other worker does, for as long as this process lives."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(Stored())
    threading.Thread(target=_take, args=(address, port, registry), daemon=True).start()


def _take(address: str, port: int, registry: CollectorRegistry) -> None:
    while True:
        try:
            start_http_server(port, address, registry)
        except OSError:
            time.sleep(LOOK_SECONDS)
        else:
            return
