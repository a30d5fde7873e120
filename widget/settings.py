"""The settings document, version 1: its schema, its faults by path, its defaults. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from widget import slots

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = frozenset(available_timezones() - {"localtime", "Factory", "posixrules"})
DAY_MINUTES = 1440
RESERVED = frozenset(
    ["admin", "api", "auth", "book", "booking", "embed", "google", "healthz", "help", "llms"]
    + ["login", "logout", "mcp", "oembed", "settings", "static", "style", "support", "www"]
)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
WEBHOOK_EVENTS = Literal[
    "booking.confirmed", "booking.rescheduled", "booking.cancelled", "booking.failed",
    "host.disconnected",
]  # fmt: skip


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "{message}", {"message": message})


def _text(longest: int, shortest: int = 0, lines: bool = False) -> Any:
    def check(text: str) -> str:
        if len(text.strip()) < shortest:
            raise _wrong("cannot be empty")
        if len(text) > longest:
            raise _wrong(f"must have at most {longest} characters")
        if any(_invisible(each) and not (lines and each in "\n\t") for each in text):
            raise _wrong("must not contain control characters or marks that turn text around")
        return text

    return Annotated[str, AfterValidator(check)]


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or (
        "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    )


def _number(low: int, high: int, unit: str = "") -> Any:
    def check(number: int) -> int:
        if not low <= number <= high:
            raise _wrong(f"must be between {low} and {high}{unit}")
        return number

    return Annotated[int, AfterValidator(check)]


def _handle(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", text):
        raise _wrong("must be 1 to 40 small letters, digits and inner hyphens")
    if text in RESERVED:
        raise _wrong("is reserved; choose another one")
    return text


def _zone(text: str) -> str:
    if text not in ZONES:
        raise _wrong("must be an IANA time zone such as Europe/Lisbon")
    return text


def _date(text: str) -> str:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        if not 1970 <= date.fromisoformat(text).year < 2200:
            raise ValueError
    except ValueError:
        raise _wrong("must be a date such as 2026-12-24") from None
    return text


def minutes(text: str) -> int:
    """ "09:30" as minutes of the day; "24:00" is its end. Raises ValueError."""
    found = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)", text, re.ASCII)
    number = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if number > DAY_MINUTES:
        raise ValueError(text)
    return number


def _range(pair: list[str]) -> list[str]:
    if len(pair) != 2:
        raise _wrong('must be a start and an end, such as ["09:00", "17:00"]')
    try:
        start, end = minutes(pair[0]), minutes(pair[1])
    except ValueError:
        raise _wrong("must be times from 00:00 to 24:00, such as 09:30") from None
    if start >= end:
        raise _wrong("must end after it starts")
    return pair


def _ranges(pairs: list[list[str]]) -> list[list[str]]:
    if len(pairs) > 48:
        raise _wrong("must have at most 48 ranges")
    for one, other in pairwise(pairs):
        if minutes(one[1]) > minutes(other[0]):
            raise _wrong("must be sorted and must not overlap")
    return pairs


def _origin(text: str) -> str:
    message = "must be an origin such as https://example.com: no path, no wildcard"
    try:
        url = urlsplit(text)
        port = f":{url.port}" if url.port else ""
    except ValueError:
        raise _wrong(message) from None
    host = url.hostname or ""
    local = url.scheme == "http" and host in LOOPBACK
    plain = url.path in ("", "/") and not (url.query or url.fragment or url.username)
    try:
        name = host.encode("idna").decode() if host not in LOOPBACK else host
    except UnicodeError:
        raise _wrong(message) from None
    good = re.fullmatch(r"[a-z0-9.-]+", name) or name == "::1"
    if not (plain and good and (url.scheme == "https" or local)):
        raise _wrong(message)
    return f"{url.scheme}://{f'[{name}]' if ':' in name else name}{port}"


def _https(text: str) -> str:
    try:
        url = urlsplit(text)
    except ValueError:
        raise _wrong("must be an https address") from None
    local = url.scheme == "http" and url.hostname in LOOPBACK
    if not url.hostname or not (url.scheme == "https" or local) or len(text) > 2000:
        raise _wrong("must be an https address")
    if any(_invisible(each) or each.isspace() for each in text):
        raise _wrong("must be an https address")
    return text


def _unique(what: str) -> Callable[[list[Any]], list[Any]]:
    def check(items: list[Any]) -> list[Any]:
        if len(set(items)) != len(items):
            raise _wrong(f"must not name the same {what} twice")
        return items

    return check


def _few(most: int, least: int = 0) -> Callable[[list[Any]], list[Any]]:
    def check(items: list[Any]) -> list[Any]:
        if not least <= len(items) <= most:
            raise _wrong(f"must have between {least} and {most} entries")
        return items

    return check


def _every_weekday(hours: dict[str, Any]) -> dict[str, Any]:
    if set(hours) != set(WEEKDAYS):
        raise _wrong(f"must have exactly these days: {', '.join(WEEKDAYS)}")
    return hours


Slug = Annotated[str, AfterValidator(_handle)]
Ranges = Annotated[list[Annotated[list[str], AfterValidator(_range)]], AfterValidator(_ranges)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Question(_Part):
    """Asked of a guest; `choices` only for kind choice."""

    id: str
    label: _text(300, 1)  # type: ignore[valid-type]
    kind: Literal["text", "long_text", "choice", "checkbox", "phone"]
    required: bool = False
    choices: (
        Annotated[
            list[_text(200, 1)],  # type: ignore[valid-type]
            AfterValidator(_few(50, 1)),
            AfterValidator(_unique("choice")),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _fits(self) -> Question:
        if not re.fullmatch(r"[a-z0-9_-]{1,40}", self.id):
            raise _wrong("id must be 1 to 40 small letters, digits, - and _")
        if (self.kind == "choice") != (self.choices is not None):
            raise _wrong("choices go with the kind choice, and only with it")
        return self


class EventType(_Part):
    """What can be booked. All minutes."""

    slug: Slug
    title: _text(200, 1)  # type: ignore[valid-type]
    description: _text(5000, lines=True) = ""  # type: ignore[valid-type]
    duration: _number(1, DAY_MINUTES, " minutes")  # type: ignore[valid-type]
    slot_interval: _number(1, DAY_MINUTES, " minutes")  # type: ignore[valid-type]
    buffer_before: _number(0, DAY_MINUTES, " minutes") = 0  # type: ignore[valid-type]
    buffer_after: _number(0, DAY_MINUTES, " minutes") = 0  # type: ignore[valid-type]
    minimum_notice: _number(0, 525_600, " minutes") = 240  # type: ignore[valid-type]
    booking_window_days: _number(0, 730, " days") = 60  # type: ignore[valid-type]
    max_per_day: _number(1, 1000) | None = None  # type: ignore[valid-type]
    max_per_week: _number(1, 1000) | None = None  # type: ignore[valid-type]
    extra_guests: _number(0, 20) = 0  # type: ignore[valid-type]
    location: Literal["google_meet", "phone", "in_person"] = "google_meet"
    location_detail: _text(500) = ""  # type: ignore[valid-type]
    listed: bool = True
    active: bool = True
    questions: Annotated[list[Question], AfterValidator(_few(20))] = Field(default_factory=list)
    redirect_url: Annotated[str, AfterValidator(_https)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _interval(cls, given: Any) -> Any:
        if isinstance(given, dict) and "slot_interval" not in given and "duration" in given:
            return {**given, "slot_interval": given["duration"]}
        return given

    @model_validator(mode="after")
    def _fits(self) -> EventType:
        ids = [question.id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise _wrong("questions must have different ids")
        if self.location == "in_person" and not self.location_detail.strip():
            raise _wrong("location_detail must say where to meet in person")
        return self


class Theme(_Part):
    accent: Annotated[str, AfterValidator(lambda text: _accent(text))] = "1a73e8"
    mode: Literal["auto", "light", "dark"] = "auto"


def _accent(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{6}", text):
        raise _wrong("must be six hex digits such as 1a73e8")
    return text.lower()


class Webhook(_Part):
    url: Annotated[str, AfterValidator(_https)]
    secret: str
    events: Annotated[
        list[WEBHOOK_EVENTS], AfterValidator(_few(5, 1)), AfterValidator(_unique("event"))
    ]

    @model_validator(mode="after")
    def _fits(self) -> Webhook:
        if not re.fullmatch(r"whsec_[A-Za-z0-9+/]{16,200}={0,2}", self.secret):
            raise _wrong("secret must be whsec_ and base64")
        return self


class Settings(_Part):
    """Everything a host decides."""

    version: Literal[1]
    handle: Slug
    display_name: _text(100, 1)  # type: ignore[valid-type]
    time_zone: Annotated[str, AfterValidator(_zone)]
    busy_calendars: Annotated[
        list[_text(320, 1)],  # type: ignore[valid-type]
        AfterValidator(_few(50, 1)),
        AfterValidator(_unique("calendar")),
    ] = Field(default_factory=lambda: ["primary"])
    target_calendar: _text(320, 1) = "primary"  # type: ignore[valid-type]
    weekly_hours: Annotated[dict[str, Ranges], AfterValidator(_every_weekday)]
    date_overrides: dict[Annotated[str, AfterValidator(_date)], Ranges] = Field(
        default_factory=dict
    )
    allowed_sites: Annotated[
        list[Annotated[str, AfterValidator(_origin)]], AfterValidator(_few(100))
    ] = Field(default_factory=list)
    theme: Theme = Theme()
    webhook: Webhook | None = None
    event_types: Annotated[list[EventType], AfterValidator(_few(100))]

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        if len(self.date_overrides) > 1000:
            raise _wrong("date_overrides must have at most 1000 dates")
        slugs = [event.slug for event in self.event_types]
        if len(set(slugs)) != len(slugs):
            raise _wrong("event_types must have different slugs")
        return self


# --- in and out ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """`path` is as in event_types[0].duration; `message` goes on from it."""

    path: str
    message: str


class SettingsError(Exception):
    """All faults of a document at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = faults


def parse(document: Any) -> Settings:
    """The settings in a JSON text (str, bytes) or an object. Raises SettingsError."""
    if isinstance(document, str | bytes):
        document = _read(document)
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise SettingsError([_fault(each) for each in error.errors()]) from None


def _read(text: str | bytes) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_short_int
        )
    except SettingsError:
        raise
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "somewhere"
        raise SettingsError([Fault("", f"is not JSON ({where})")]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SettingsError([Fault(twice, "is there twice")])
    return found


def _no_constant(name: str) -> Any:
    raise SettingsError([Fault("", f"{name} is not JSON")])


def _short_int(text: str) -> int:
    return int(text) if len(text) < 19 else 10**18


def _fault(error: Mapping[str, Any]) -> Fault:
    path = ""
    for part in error["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]":
            path += f".{part}" if path else str(part)
    kind = error["type"]
    if kind == "settings":
        return _own(path, error["msg"])
    return Fault(path, _MESSAGES.get(kind) or error["msg"][:1].lower() + error["msg"][1:])


def _own(path: str, message: str) -> Fault:
    """A rule over several fields names its field first: that belongs to the path."""
    name, _space, rest = message.partition(" ")
    if rest.startswith("must") and re.fullmatch(r"[a-z_]{2,}", name) and name not in _WORDS:
        return Fault(f"{path}.{name}" if path else name, rest)
    return Fault(path, message)


_WORDS = {"must", "is", "cannot"}
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a setting",
    "int_type": "must be a whole number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_unicode": "must be text",
}


def dump(settings: Settings) -> dict[str, Any]:
    """The document as JSON's objects, keys in the interface's order."""
    document = settings.model_dump()
    document["weekly_hours"] = {day: document["weekly_hours"][day] for day in WEEKDAYS}
    for event in document["event_types"]:
        for question in event["questions"]:
            if question["choices"] is None:
                del question["choices"]
    return document


def dumps(settings: Settings) -> str:
    return json.dumps(dump(settings), indent=2, ensure_ascii=False) + "\n"


@lru_cache(maxsize=1024)
def load(text: str) -> Settings:
    """A stored document, parsed once a revision."""
    return parse(text)


# --- a new host ---------------------------------------------------------------------------------


def first(handle: str, display_name: str, time_zone: str) -> Settings:
    """What a host who signs in for the first time gets."""
    name = "".join(each for each in display_name if not _invisible(each)).strip()[:100]
    return Settings(
        version=1,
        handle=handle,
        display_name=name or handle,
        time_zone=time_zone if time_zone in ZONES else "UTC",
        weekly_hours={
            day: [["09:00", "17:00"]] if day not in ("sat", "sun") else [] for day in WEEKDAYS
        },
        event_types=[EventType(slug="intro", title="Intro call", duration=30, slot_interval=30)],
    )


def handle_from(email: str, taken: Callable[[str], bool]) -> str:
    """A free handle like the local part of an e-mail address: ana.silva@… is ana-silva."""
    local = unicodedata.normalize("NFKD", email.rpartition("@")[0]).encode("ascii", "ignore")
    base = re.sub(r"[^a-z0-9]+", "-", local.decode().lower()).strip("-")[:32].strip("-") or "host"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, 1 << 30))
    return next(name for name in names if name not in RESERVED and not taken(name))


def rules(settings: Settings, event: EventType) -> slots.Rules:
    """What decides about slots, for the slot core."""
    return slots.Rules(
        tz=ZoneInfo(settings.time_zone),
        weekly_hours=tuple(_minutes(settings.weekly_hours[day]) for day in WEEKDAYS),
        date_overrides={
            date.fromisoformat(day): _minutes(ranges)
            for day, ranges in settings.date_overrides.items()
        },
        duration_minutes=event.duration,
        slot_interval_minutes=event.slot_interval,
        buffer_before_minutes=event.buffer_before,
        buffer_after_minutes=event.buffer_after,
        minimum_notice_minutes=event.minimum_notice,
        booking_window_days=event.booking_window_days,
        max_per_day=event.max_per_day,
        max_per_week=event.max_per_week,
    )


def _minutes(ranges: list[list[str]]) -> slots.Ranges:
    return tuple((minutes(start), minutes(end)) for start, end in ranges)
