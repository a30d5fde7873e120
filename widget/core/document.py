"""The settings document, version 1: its schema, its faults by path, its defaults. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from widget.core import addresses, characters, slots, zones
from widget.core import fields as core_fields
from widget.core.fields import between, entries, must, read_by

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Kind = Literal["text", "long_text", "choice", "checkbox", "phone"]
Location = Literal["google_meet", "phone", "in_person"]
WebhookEvent = Literal[
    "booking.confirmed", "booking.rescheduled", "booking.cancelled", "booking.failed",
    "host.disconnected",
]  # fmt: skip
Loc = tuple[str | int, ...]


# --- the schema ---------------------------------------------------------------------------------

Slug = Annotated[
    str,
    must(core_fields.HANDLE.fullmatch, "must be 1 to 40 of a-z, 0-9 and hyphens, no hyphen first"),
]
Handle = Annotated[
    Slug,
    must(lambda text: text not in core_fields.RESERVED, "is reserved: choose another"),
]
Zone = Annotated[
    str,
    must(zones.ZONES.__contains__, "must be an IANA time zone such as Europe/Lisbon"),
]
Date = Annotated[
    str,
    must(core_fields.is_date, "must be a date such as 2026-12-24, from 1970 to 2200"),
]
Ranges = Annotated[
    list[list[str]], BeforeValidator(core_fields.ranges), entries(core_fields.RANGES)
]
Calendar = Annotated[str, core_fields.text(core_fields.CALENDAR, 1)]
Site = Annotated[
    str,
    read_by(addresses.site, "must be a site such as https://example.com (http only on localhost)"),
]
Address = Annotated[
    str,
    read_by(addresses.secure, "must be an https address (http only on localhost)"),
]
Https = Annotated[Address, must(lambda text: text[:6] == "https:", "must be https")]
Accent = Annotated[
    str,
    must(core_fields.ACCENT.fullmatch, "must be six hex digits without #"),
    AfterValidator(str.lower),
]
Length = Annotated[int, between(1, core_fields.DAY_MINUTES, " minutes")]
Buffer = Annotated[int, between(0, core_fields.DAY_MINUTES, " minutes")]
Notice = Annotated[int, between(0, core_fields.NOTICE_MINUTES, " minutes")]
Limit = Annotated[int, between(1, core_fields.BOOKINGS)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Question(_Part):
    """Asked of a guest; `choices` only for kind choice."""

    id: Annotated[
        str,
        must(core_fields.QUESTION_ID.fullmatch, "must be 1 to 40 of a-z, 0-9, _ and -"),
    ]
    label: Annotated[str, core_fields.text(core_fields.LABEL, 1)]
    kind: Kind
    required: bool = False
    choices: Annotated[
        list[Annotated[str, core_fields.text(core_fields.CHOICE, 1)]],
        entries(core_fields.CHOICES),
    ] = []


class EventType(_Part):
    """What can be booked. Minutes, but for the booking window's days."""

    slug: Slug
    title: Annotated[str, core_fields.text(core_fields.TITLE, 1)]
    description: Annotated[str, core_fields.text(core_fields.DESCRIPTION, lines="\n\t")] = ""
    duration: Length
    slot_interval: Length = Field(default_factory=lambda fields: int(fields["duration"]))
    buffer_before: Buffer = 0
    buffer_after: Buffer = 0
    minimum_notice: Notice = 240
    booking_window_days: Annotated[int, between(0, core_fields.WINDOW_DAYS, " days")] = 60
    max_per_day: Limit | None = None
    max_per_week: Limit | None = None
    extra_guests: Annotated[int, between(0, core_fields.EXTRA_GUESTS)] = 0
    location: Location = "google_meet"
    location_detail: Annotated[str, core_fields.text(core_fields.DETAIL)] = ""
    listed: bool = True
    active: bool = True
    questions: Annotated[list[Question], entries(core_fields.QUESTIONS)] = []
    redirect_url: Https | None = None
    invite_title: Annotated[str, core_fields.text(core_fields.TITLE, 1)] = "{guest} - {event}"
    invite_text: Annotated[str, core_fields.text(core_fields.DESCRIPTION, lines="\n\t")] = ""
    change_deadline: Notice | None = None  # how long before its start a guest may still change it


class Theme(_Part):
    """The widget's one colour, and whether it is dark."""

    accent: Accent = core_fields.DEFAULT_ACCENT
    mode: Literal["auto", "light", "dark"] = "auto"


class Webhook(_Part):
    """Where events are sent, signed with `secret`."""

    url: Address
    secret: Annotated[
        str,
        must(core_fields.SECRET.fullmatch, "must be whsec_ and 18 to 128 bytes in base64"),
    ]
    events: Annotated[list[WebhookEvent], entries(len(get_args(WebhookEvent)), 1)]


class Settings(_Part):
    """Everything a host decides; `parse` makes it, with the rules between fields."""

    version: Annotated[int, must(lambda number: number == 1, "must be 1")]
    handle: Handle
    display_name: Annotated[str, core_fields.text(core_fields.NAME, 1)]
    time_zone: Zone
    busy_calendars: Annotated[list[Calendar], entries(core_fields.CALENDARS, 1)] = ["primary"]
    target_calendar: Calendar = "primary"
    weekly_hours: dict[Weekday, Ranges]
    date_overrides: Annotated[dict[Date, Ranges], entries(core_fields.OVERRIDES)] = {}
    contact: Annotated[str, core_fields.text(core_fields.DETAIL)] = ""
    allowed_sites: Annotated[list[Site], entries(core_fields.SITES)] = []
    theme: Theme = Theme()
    webhook: Webhook | None = None
    event_types: Annotated[list[EventType], entries(core_fields.EVENT_TYPES)]


def _across(document: Any) -> Iterator[tuple[Loc, str]]:
    """The faults between fields, in a document that may be anything."""
    hours = _get(document, "weekly_hours", dict.fromkeys(WEEKDAYS))
    yield from ((("weekly_hours", day), "is missing") for day in WEEKDAYS if day not in hours)
    yield from _repeated(_get(document, "busy_calendars", []), ("busy_calendars",))
    webhook = _get(document, "webhook", {})
    yield from _repeated(_get(webhook, "events", []), ("webhook", "events"))
    events = _get(document, "event_types", [])
    yield from _repeated(events, ("event_types",), "slug")
    for at, event in enumerate(events):
        yield from _across_event(event, ("event_types", at))


def _across_event(event: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    detail = _get(event, "location_detail", "")
    if _get(event, "location", "") == "in_person" and characters.blank(detail):
        yield (*loc, "location_detail"), "must say where to meet, as the location is in_person"
    questions = _get(event, "questions", [])
    yield from _repeated(questions, (*loc, "questions"), "id")
    for at, question in enumerate(questions):
        kind, choices = _get(question, "kind", ""), _get(question, "choices", [])
        here = (*loc, "questions", at, "choices")
        if kind == "choice" and not choices:
            yield here, "must name the answers to choose from"
        if kind in get_args(Kind) and kind != "choice" and choices:
            yield here, "is only for the kind choice"
        yield from _repeated(choices, here)


def _get(given: Any, key: str, default: Any) -> Any:
    """The value of a key, or the default if it is missing, of another type, or too long a list."""
    value = given.get(key) if isinstance(given, dict) else None
    too_long = isinstance(value, list) and len(value) > core_fields.EVENT_TYPES
    return value if isinstance(value, type(default)) and not too_long else default


def _repeated(entries: list[Any], loc: Loc, key: str = "") -> Iterator[tuple[Loc, str]]:
    """The entries of a list (or their `key`s) that were there before."""
    seen: set[str] = set()
    for at, entry in enumerate(entries):
        name = _get(entry, key, "") if key else entry
        if isinstance(name, str) and name:
            if name in seen:
                yield (*loc, at, key) if key else (*loc, at), "is the same as one above"
            seen.add(name)


# --- in and out ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """`path` is as in event_types[0].duration, "" for the whole; `message` goes on from it."""

    path: str
    message: str


class SettingsError(Exception):
    """`faults` has all faults of a document, one for a path."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = faults


def parse_document(document: Any) -> Settings:
    """The settings in a JSON text (str or bytes) or in its objects. Raises SettingsError."""
    if isinstance(document, str | bytes):
        document = _read(document)
    found: list[tuple[Loc, str]] = []
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        found += [(each["loc"], _said(each)) for each in error.errors(include_url=False)]
    found += _across(document)
    if found:
        faults = {_path(loc): message for loc, message in reversed(found) if message}
        raise SettingsError([Fault(*each) for each in reversed(faults.items())])
    return settings


_TWICE = object()  # stands for the value of a key that an object has twice


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    times = Counter(name for name, _value in pairs)
    return {name: value if times[name] == 1 else _TWICE for name, value in pairs}


def _read(text: str | bytes) -> Any:
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(
            text, object_pairs_hook=_once, parse_int=lambda digits: int(digits[:20])
        )  # twenty digits are beyond every limit, as more would be
    except json.JSONDecodeError as error:
        message = f"is not JSON: see line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError:
        message = "is not JSON: it is not UTF-8 text"
    except RecursionError:
        message = "is nested too deeply"
    raise SettingsError([Fault("", message)])


_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a setting",
    "int_type": "must be a whole number",
    "string_type": "must be text",
    "string_unicode": "has characters that are not Unicode text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "invalid_key": "must have text as its name",
    "default_factory_not_called": "",  # another fault says why
}


def _said(error: ErrorDetails) -> str:
    if error["input"] is _TWICE:
        return "is given twice"
    if error["type"] == "literal_error":
        return f"must be {error.get('ctx', {})['expected']}"
    own = error["msg"] if error["type"] == "settings" else "is not allowed here"
    return _MESSAGES.get(error["type"], own)


def _path(loc: Loc) -> str:
    path = ""
    for part in loc:
        if isinstance(part, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,60}", part):
            path += f".{part}"
        elif part != "[key]":
            path += f"[{json.dumps(part)[:60]}]"
    return path.removeprefix(".")


def dump_document(settings: Settings) -> dict[str, Any]:
    """The document as JSON's objects, in the interface's order. What version 1 did not have at
    first is left out while it says nothing."""
    document = settings.model_dump()
    document["weekly_hours"] = {day: document["weekly_hours"][day] for day in WEEKDAYS}
    _leave_out(document, Settings, ("contact",))
    for event in document["event_types"]:
        _leave_out(event, EventType, ("invite_title", "invite_text", "change_deadline"))
        for question in event["questions"]:
            if not question["choices"]:
                del question["choices"]
    return document


def _leave_out(part: dict[str, Any], of: type[_Part], names: tuple[str, ...]) -> None:
    for name in names:
        if part[name] == of.model_fields[name].default:
            del part[name]


def document_json(settings: Settings) -> str:
    """The document as a JSON text for people to read."""
    return json.dumps(dump_document(settings), indent=2, ensure_ascii=False) + "\n"


def renamed_slugs(before: Settings, after: Settings) -> dict[str, str]:
    """The event types that have another slug: what it was, and what it is now.

    One whose slug is gone is the one with a new slug that is alike in everything else, or that
    stands in its place.
    """
    old, new = before.event_types, after.event_types
    kept = {each.slug for each in old} & {each.slug for each in new}
    gone = {at: each for at, each in enumerate(old) if each.slug not in kept}
    come = {at: each for at, each in enumerate(new) if each.slug not in kept}
    found: dict[str, str] = {}
    for at, each in gone.items():
        alike = (n for n, other in come.items() if _unnamed(other) == _unnamed(each))
        to = next(alike, at if at in come else None)
        if to is not None:
            found[each.slug] = come.pop(to).slug
    return found


def _unnamed(event: EventType) -> EventType:
    return event.model_copy(update={"slug": ""})


@lru_cache(maxsize=1024)
def load_document(text: str) -> Settings:
    """A stored document, parsed once a revision.

    A time zone that this machine does not know (any more) becomes the one that is meant, or UTC:
    see unknown_zone.
    """
    document = _read(text)
    return parse_document({**document, "time_zone": zones.zone(document["time_zone"]).key})


def unknown_zone(text: str) -> str | None:
    """The name of a stored document's time zone if this machine knows no such zone, else None."""
    name = str(_read(text)["time_zone"])
    return None if zones.meant(name) else name


# --- a new host, and the slot core --------------------------------------------------------------


def first_document(handle: str, display_name: str, time_zone: str) -> Settings:
    """What a host who signs in for the first time gets."""
    name = "".join(each for each in display_name if not core_fields.unfit(each))
    name = characters.line(name).strip()[: core_fields.NAME]
    return Settings(
        version=1,
        handle=handle,
        display_name=handle if characters.blank(name) else name,
        time_zone=zones.zone(time_zone).key,
        weekly_hours={
            day: [] if day in ("sat", "sun") else [["09:00", "17:00"]] for day in WEEKDAYS
        },
        event_types=[EventType(slug="intro", title="Intro call", duration=30)],
    )


def slot_rules(settings: Settings, event: EventType) -> slots.Rules:
    """What decides about slots, for the slot core."""
    dates = settings.date_overrides.items()
    return slots.Rules(
        tz=ZoneInfo(settings.time_zone),
        weekly_hours=tuple(_spans(settings.weekly_hours[day]) for day in WEEKDAYS),
        date_overrides={date.fromisoformat(day): _spans(ranges) for day, ranges in dates},
        duration_minutes=event.duration,
        slot_interval_minutes=event.slot_interval,
        buffer_before_minutes=event.buffer_before,
        buffer_after_minutes=event.buffer_after,
        minimum_notice_minutes=event.minimum_notice,
        booking_window_days=event.booking_window_days,
        max_per_day=event.max_per_day,
        max_per_week=event.max_per_week,
    )


def _spans(ranges: list[list[str]]) -> slots.Ranges:
    return tuple(core_fields.span(pair) for pair in ranges)
