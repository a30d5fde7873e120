"""Lengths of time as people type them: 30, 30 min, 4 h, 1 h 30 min, 2 days. Pure."""

import re
from typing import Any

from widget.core.fields import DAY_MINUTES

HOUR_MINUTES = 60
_PARTS = re.compile(
    r"\s*(?:(\d{1,4})\s*d(?:ays?)?)?\s*(?:(\d{1,5})\s*h(?:ours?|rs?)?)?"
    r"\s*(?:(\d{1,9})\s*(?:m(?:in(?:utes?|s)?)?)?)?\s*",
    re.ASCII | re.IGNORECASE,
)


def minutes(text: str) -> int | str:
    """What was typed, in minutes; what is none stays as it is: the document's schema says what is
    wrong with it."""
    found = _PARTS.fullmatch(text)
    if not found or not any(found.groups()):
        return text.strip()
    days, hours, rest = (int(each or 0) for each in found.groups())
    return days * DAY_MINUTES + hours * HOUR_MINUTES + rest


def said(value: Any) -> str:
    """Minutes as they can be typed."""
    if type(value) is not int:
        return "" if value is None else str(value)
    if value and value % DAY_MINUTES == 0:
        return f"{value // DAY_MINUTES} day{'s' if value > DAY_MINUTES else ''}"
    hours, rest = divmod(value, HOUR_MINUTES)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else ""]
    return " ".join(filter(None, parts))
