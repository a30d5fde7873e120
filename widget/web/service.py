"""What the application holds: its configuration and its Google."""

import time
from typing import Any

from flask import current_app, g

import models
from widget.booking import target
from widget.booking.busy import Ahead
from widget.booking.offer import Offer, shown
from widget.booking.snapshot import BusyAge, Shelf, Snapshot
from widget.booking.target import Look, Target
from widget.config import Config
from widget.core import clock
from widget.core.bounded import Bounded
from widget.google.client import Calendar, Google

HOSTS_BYTES, ANSWERS_BYTES, PARTS_BYTES, MEANINGS_BYTES = 8 * 2**20, 8 * 2**20, 4 * 2**20, 2 * 2**20


class Kept:
    """What a process keeps between requests, so much at most: states of hosts, answers, parts of
    pages, and what requests mean."""

    def __init__(self) -> None:
        self.hosts: Shelf = Bounded(HOSTS_BYTES)
        self.answers: Bounded[Any, Any] = Bounded(ANSWERS_BYTES)
        self.parts: Bounded[Any, Any] = Bounded(PARTS_BYTES)
        self.meanings: Bounded[tuple[str | None, ...], Any] = Bounded(MEANINGS_BYTES)


def config() -> Config:
    return google().config


def google() -> Google:
    found: Google = current_app.extensions["meetslot"]
    return found


def offer(asked: Target | Look) -> Offer:
    """What can be booked there now, for somebody who looks. Raises NotBooked or NotHere."""
    return shown(asked, calendar_of, config().busy_ttl, clock.now())


def look_at_host(handle: str) -> tuple[Snapshot, BusyAge]:
    """The state of a host for somebody who looks; busy times that get old are asked for soon.
    Raises NotHere or Renamed."""
    now = clock.now()
    found, age = target.look_at_host(kept().hosts, handle, now)
    ahead: Ahead = current_app.extensions["meetslot.ahead"]
    ahead.look(found.host_id, age, config().busy_ttl, now)
    return found, age


def look(handle: str, slug: str, once: str = "") -> Look:
    """The event type at an address, for somebody who looks. Raises NotHere or Renamed."""
    found, age = look_at_host(handle)
    return Look(found, age, target.event_in(found.host_id, found.document, slug, once))


def kept() -> Kept:
    found: Kept = current_app.extensions["meetslot.kept"]
    return found


def calendar_of(host: models.Host) -> Calendar:
    """A host's calendar for what is left of the time that one guest's request has for Google."""
    spent = time.monotonic() - g.began
    return google().calendar_of(host, google().patience.budget_seconds - spent)
