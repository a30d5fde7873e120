"""Instants and lengths of time, in whole seconds (instants since 1970 UTC); RFC 3339; times of a
day."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

HOUR, DAY = 3600, 86400
WEEK = 7 * DAY
Clock = Callable[[], int]  # for what takes long enough to need the time more than once

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII
)


def now() -> int:
    """The one clock: this instant."""
    return int(time.time())


def from_rfc3339(text: str) -> int:
    """The instant; a fraction of a second is dropped.

    Raises ValueError when `text` is no RFC 3339 time or has no offset.
    """
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise ValueError("not an RFC 3339 time with an offset")
    moment = datetime.fromisoformat(text.upper())
    try:
        return int(moment.timestamp() // 1)
    except OverflowError as error:
        raise ValueError("out of range") from error


def to_rfc3339(at: int) -> str:
    """`2026-12-01T09:00:00Z`"""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_of_day(minutes: int) -> str:
    """`09:30` for 570 minutes since midnight; `24:00` for the end of the day."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
