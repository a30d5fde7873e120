"""What Google's many errors mean for us, and how long Google is waited for.

Every write at Google ends in one of three ways: done (the call returns), refused (Refused and
its kinds, Unavailable, Disconnected: nothing was done) or Unknown (it may or may not have
happened). A read cannot do harm: what is Unknown for a write is Unavailable for a read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

TIMEOUT_SECONDS = 5
HOST_MUST_ACT = {"insufficientPermissions", "forbidden", "requiredAccessLevel"}  # with 403
OVER_LIMIT = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}  # with 403


class GoogleError(Exception):
    """What Google's answer to `method` means for us; `reason` is Google's own word."""

    def __init__(self, method: str, status: int | None = None, reason: str = "") -> None:
        super().__init__(f"{method}: {status or 'no answer'} {reason}".strip())
        self.method, self.status, self.reason = method, status, reason


class Refused(GoogleError):
    """Google will not do this; nothing was done."""


class Gone(Refused):
    """The calendar or event is not there (404, 410), or a sync token is too old (410)."""


class Duplicate(Refused):
    """An event with this id is there already (409)."""


class Altered(Refused):
    """Somebody changed the event since we last saw it (412)."""


class Unavailable(GoogleError):
    """Google does not answer for now; nothing was done."""


class Unknown(GoogleError):
    """A write was sent and its outcome is not known."""


class Disconnected(GoogleError):
    """The host's grant is revoked or too small: the host must sign in again."""


class Unreadable(Unavailable):
    """A busy calendar that freebusy cannot read, told inside a 200 answer."""

    def __init__(self, calendar: str, reason: str) -> None:
        super().__init__("calendar.freebusy.query", 200, reason)
        self.calendar = calendar


@dataclass(frozen=True)
class Patience:
    """How long Google is waited for.

    `call_seconds` for one answer; `budget_seconds` for all calls of one journey, after which
    nothing is sent any more; `tries` of a call that certainly did nothing, with a pause before
    the second one that doubles for each further one.
    """

    call_seconds: float = TIMEOUT_SECONDS
    budget_seconds: float = 8
    tries: int = 4
    pause_seconds: float = 0.25

    def pause(self, tried: int) -> float:
        """Seconds before the next try: exponential, with jitter so that not all come at once."""
        return self.pause_seconds * 2.0 ** (tried - 1) * random.uniform(0.5, 1.5)


def meaning(status: int, reason: str, lost: type[Unknown] | type[Unavailable]) -> type[GoogleError]:
    """Google's table of errors, but for the one that needs the host."""
    known: dict[int, type[GoogleError]] = {
        401: Unavailable, 404: Gone, 409: Duplicate, 410: Gone, 412: Altered, 429: Unavailable,
    }  # fmt: skip
    if status in known:
        return known[status]
    if status == 403:
        return Refused if reason in HOST_MUST_ACT else Unavailable
    return lost if status >= 500 or status < 400 else Refused


def is_final(error: GoogleError) -> bool:
    """Whether Google will say the same to every further try."""
    if error.status == 403:
        return error.reason not in OVER_LIMIT
    return isinstance(error, Refused) and not isinstance(error, Altered)
