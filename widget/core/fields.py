"""What a value of the settings document may be: limits, and checks of one value. Pure.

A check for pydantic raises wrong(what the host is told).
"""

import base64
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from widget.core import addresses, characters, contact, slots, zones

# Limits, all in one place: generous for people, hard for machines.
DAY_MINUTES = 1440  # duration and slot_interval from 1, buffers from 0
NOTICE_MINUTES, WINDOW_DAYS = 525_600, 730  # a year, two years
BOOKINGS, EXTRA_GUESTS = 1000, 20  # max_per_day and max_per_week from 1, extra_guests from 0
CALENDARS, SITES, OVERRIDES, RANGES = 50, 100, 1000, 48  # entries; ranges are of one day
BLOCKED = 500  # entries
EVENT_TYPES, QUESTIONS, CHOICES = 100, 20, 50  # entries
SCHEDULES, DURATIONS = 20, 12  # entries
NAME, TITLE, LABEL, CHOICE, DETAIL, DESCRIPTION = 100, 200, 300, 200, 500, 5000  # characters
PICTURE_BYTES = 20 * 1024
CALENDAR = 320  # characters of a calendar's id
YEARS = range(1970, 2201)
HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
QUESTION_ID = re.compile(r"[a-z0-9_-]{1,40}")
ACCENT = re.compile(r"[0-9a-fA-F]{6}")
DEFAULT_ACCENT = "1a73e8"
_SIX_BITS = "[A-Za-z0-9+/]"  # a character of base64
SECRET = re.compile(rf"whsec_({_SIX_BITS}{{4}}){{6,42}}({_SIX_BITS}{{2}}==|{_SIX_BITS}{{3}}=)?")
RESERVED = {
    "admin", "api", "auth", "book", "booking", "embed", "google", "healthz", "help", "llms",
    "login", "logout", "mcp", "oembed", "settings", "static", "style", "support", "www",
}  # fmt: skip
#: No new host is called so; some are since before /api/v1/me.
NOT_NEW = RESERVED | {"me"}


def wrong(message: str) -> PydanticCustomError:
    """What a validator raises; `message` is for whoever typed it."""
    return PydanticCustomError("settings", "{message}", {"message": message})


def must(good: Callable[[Any], object], message: str) -> AfterValidator:
    def check(value: Any) -> Any:
        if not good(value):
            raise wrong(message)
        return value

    return AfterValidator(check)


def read_by(read: Callable[[str], str], message: str) -> AfterValidator:
    """A validator that keeps what `read` returns, and says `message` when it raises ValueError."""

    def reading(text: str) -> str:
        try:
            return read(text)
        except ValueError:
            raise wrong(message) from None

    return AfterValidator(reading)


def between(low: int, high: int, unit: str = "") -> AfterValidator:
    return must(lambda number: low <= number <= high, f"must be between {low} and {high}{unit}")


def entries(most: int, least: int = 0) -> BeforeValidator:
    """Refuse a list or object by its number of entries before any of them is looked at, so that a
    thousand bad entries are one fault."""
    check = must(
        lambda given: not isinstance(given, list | dict) or least <= len(given) <= most,
        f"must have between {least} and {most} entries",
    )
    return BeforeValidator(check.func)


def text(most: int, least: int = 0, lines: str = "") -> AfterValidator:
    """A validator for a text of `least` to `most` characters; `lines`: the control characters that
    it may have."""

    def check(text: str) -> str:
        text = text.replace("\r\n", "\n") if lines else text
        if least and characters.blank(text):
            raise wrong("cannot be empty")
        if len(text) > most:
            raise wrong(f"must have at most {most} characters")
        if any(unfit(each) and each not in lines for each in text):
            raise wrong("must not contain control characters or marks that turn text around")
        return text

    return AfterValidator(check)


def unfit(character: str) -> bool:
    """Whether a setting with this character is refused: a control character, half a character, a
    line separator, or a mark that turns text around."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or characters.turns(
        character
    )


def visible(text: str) -> str:
    """The text with U+FFFD for every unfit character, to be quoted in a message."""
    return "".join("\ufffd" if unfit(each) else each for each in text)


def is_picture(text: str) -> bool:
    """Whether it is a small WebP (RFC 9649) in base64, as the settings page makes them."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return len(data) <= PICTURE_BYTES and data[:4] + data[8:12] == b"RIFFWEBP"


def is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text and int(text[:4]) in YEARS
    except ValueError:
        return False


def minutes(text: str) -> int:
    """ "09:30" as minutes of the day; "24:00" is its end. Raises ValueError."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        raise ValueError("must be times from 00:00 to 24:00, such as 09:30")
    return int(text[:2]) * 60 + int(text[3:])


def span(pair: Any) -> slots.Range:
    if not (isinstance(pair, list) and [type(each) for each in pair] == [str, str]):
        raise ValueError('must be a start and an end, such as ["09:00", "17:00"]')
    start, end = minutes(pair[0]), minutes(pair[1])
    if start >= end:
        raise ValueError("must start before it ends")
    return start, end


def ranges(given: Any) -> Any:
    """The ranges of a day as given. Raises ValidationError with the faults of all of them, also
    of one that is not in order or overlaps another."""
    faults: list[InitErrorDetails] = []
    free_from = 0
    for at, pair in enumerate(given if isinstance(given, list) else ()):
        try:
            start, end = span(pair)
            if start < free_from:
                raise ValueError("must not start before the range above it ends")
            free_from = end
        except ValueError as error:
            faults.append({"type": wrong(str(error)), "loc": (at,), "input": None})
    if faults:
        raise ValidationError.from_exception_data("ranges", faults)
    return given


# --- kinds of values ----------------------------------------------------------------------------

QuestionId = Annotated[str, must(QUESTION_ID.fullmatch, "must be 1 to 40 of a-z, 0-9, _ and -")]
Slug = Annotated[
    str, must(HANDLE.fullmatch, "must be 1 to 40 of a-z, 0-9 and hyphens, no hyphen first")
]
Handle = Annotated[Slug, must(lambda text: text not in RESERVED, "is reserved: choose another")]
Zone = Annotated[
    str, must(zones.ZONES.__contains__, "must be an IANA time zone such as Europe/Lisbon")
]
Date = Annotated[str, must(is_date, "must be a date such as 2026-12-24, from 1970 to 2200")]
Ranges = Annotated[list[list[str]], BeforeValidator(ranges), entries(RANGES)]
Calendar = Annotated[str, text(CALENDAR, 1)]
Site = Annotated[
    str,
    read_by(addresses.site, "must be a site such as https://example.com (http only on localhost)"),
]
Address = Annotated[
    str, read_by(addresses.secure, "must be an https address (http only on localhost)")
]
Blocked = Annotated[
    str, read_by(contact.blockable, "must be an e-mail address, or a domain such as example.com")
]
Picture = Annotated[str, must(is_picture, "must be a WebP picture of at most 20 kB, in base64")]
Https = Annotated[Address, must(lambda text: text[:6] == "https:", "must be https")]
Accent = Annotated[
    str, must(ACCENT.fullmatch, "must be six hex digits without #"), AfterValidator(str.lower)
]
Length = Annotated[int, between(1, DAY_MINUTES, " minutes")]
Buffer = Annotated[int, between(0, DAY_MINUTES, " minutes")]
Notice = Annotated[int, between(0, NOTICE_MINUTES, " minutes")]
Limit = Annotated[int, between(1, BOOKINGS)]
