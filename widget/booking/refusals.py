"""Bookings that were refused: counted by day and reason, and nothing about who asked."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import peewee

import models
from models import Refusal
from widget.booking.guest_input import Details, Invalid
from widget.booking.target import Target
from widget.core import contact
from widget.core.clock import DAY
from widget.text.language import gettext as _

KEPT_DAYS = 30
#: Reasons beside the codes of NotBooked.
BLOCKED, BY_A_PROGRAM = "blocked", "by_a_program"


def note(host: models.Host, why: str, now: int) -> None:
    """Count one more. It is no reason to wait for a database that is busy."""
    with suppress(*models.NoAnswer, peewee.IntegrityError), models.write(patient=False):
        one = Refusal.insert(host=host, day_at=now - now % DAY, why=why, number=1)
        one.on_conflict(
            conflict_target=[Refusal.host, Refusal.day_at, Refusal.why],
            update={Refusal.number: Refusal.number + 1},
        ).execute()
        old = Refusal.day_at < now - KEPT_DAYS * DAY
        Refusal.delete().where(Refusal.host == host, old).execute()


def of(host: models.Host, now: int) -> dict[str, int]:
    """How many by reason in the last KEPT_DAYS, the most frequent first."""
    number = peewee.fn.SUM(Refusal.number)
    query = Refusal.select(Refusal.why, number).where(
        Refusal.host == host, Refusal.day_at >= now - KEPT_DAYS * DAY
    )
    found: Any = query.group_by(Refusal.why).order_by(number.desc(), Refusal.why)
    return {why: int(times) for why, times in found.tuples()}


def check_blocked(target: Target, details: Details, now: int) -> None:
    """Raises Invalid for those whom the host has blocked."""
    people = {"email": [details.email], "guests": details.guests}
    said = _("Nothing can be booked here with this address. Please write to your host.")
    faults = {name: said for name, each in people.items() if is_blocked(target, each)}
    if faults:
        note(target.host, BLOCKED, now)
        raise Invalid(faults)


def is_blocked(target: Target, addresses: Iterable[str]) -> bool:
    """Whether the host has blocked one of these people."""
    return any(contact.is_blocked(each, target.document.blocked) for each in addresses)
