"""What the application holds: its configuration and its Google."""

from __future__ import annotations

import time
from typing import Any

from flask import current_app, g

import models
from widget.booking.offer import Offer, shown
from widget.booking.snapshot import Shelf
from widget.booking.target import Look, Target
from widget.config import Config
from widget.core import clock
from widget.core.bounded import Bounded
from widget.google.client import Calendar, Google

HOSTS_BYTES, ANSWERS_BYTES = 8 * 2**20, 12 * 2**20


class Kept:
    """What a process keeps between requests, so much at most: states of hosts, and answers."""

    def __init__(self) -> None:
        self.hosts: Shelf = Bounded(HOSTS_BYTES)
        self.answers: Bounded[Any, Any] = Bounded(ANSWERS_BYTES)


def config() -> Config:
    return google().config


def google() -> Google:
    found: Google = current_app.extensions["meetslot"]
    return found


def offer(target: Target | Look) -> Offer:
    """What can be booked there now, for somebody who looks. Raises NotBooked or NotHere."""
    return shown(target, calendar_of, config().busy_ttl, clock.now())


def kept() -> Kept:
    found: Kept = current_app.extensions["meetslot.kept"]
    return found


def calendar_of(host: models.Host) -> Calendar:
    """A host's calendar for what is left of the time that one guest's request has for Google."""
    spent = time.monotonic() - g.began
    return google().calendar_of(host, google().patience.budget_seconds - spent)
