"""The settings document, version 1: its schema, its faults by path, its defaults. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from widget.core import days_off, fields, zones
from widget.core.locations import LOCATIONS, Location

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Week = dict[Weekday, fields.Ranges]
Overrides = Annotated[dict[fields.Date, fields.Ranges], fields.entries(fields.OVERRIDES)]
Kind = Literal["text", "long_text", "choice", "checkbox", "phone"]
WebhookEvent = Literal[
    "booking.confirmed", "booking.rescheduled", "booking.cancelled", "booking.failed",
    "host.disconnected",
]  # fmt: skip
Loc = tuple[str | int, ...]


# --- the schema ---------------------------------------------------------------------------------


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Question(_Part):
    """Asked of a guest; `choices` only for kind choice."""

    id: fields.QuestionId
    label: Annotated[str, fields.text(fields.LABEL, 1)]
    kind: Kind
    required: bool = False
    choices: Annotated[
        list[Annotated[str, fields.text(fields.CHOICE, 1)]], fields.entries(fields.CHOICES)
    ] = []


class Schedule(_Part):
    """A week of its own, for the event types that name it by its id."""

    id: fields.QuestionId
    name: Annotated[str, fields.text(fields.TITLE, 1)]
    weekly_hours: Week
    date_overrides: Overrides = {}


class Away(_Part):
    """Dates on which nothing is offered, both included; guests read the note."""

    model_config = ConfigDict(serialize_by_alias=True)

    since: fields.Date = Field(alias="from")
    until: fields.Date = Field(alias="to")
    note: Annotated[str, fields.text(fields.DETAIL)] = ""


class Holidays(_Part):
    """Whose public holidays are closed: ISO 3166 codes."""

    country: str
    subdivision: str | None = None


class EventType(_Part):
    """What can be booked. Minutes, but for the booking window's days."""

    slug: fields.Slug
    title: Annotated[str, fields.text(fields.TITLE, 1)]
    description: Annotated[str, fields.text(fields.DESCRIPTION, lines="\n\t")] = ""
    duration: fields.Length
    slot_interval: fields.Length = Field(default_factory=lambda given: int(given["duration"]))
    buffer_before: fields.Buffer = 0
    buffer_after: fields.Buffer = 0
    minimum_notice: fields.Notice = 240
    booking_window_days: Annotated[int, fields.between(0, fields.WINDOW_DAYS, " days")] = 60
    max_per_day: fields.Limit | None = None
    max_per_week: fields.Limit | None = None
    extra_guests: Annotated[int, fields.between(0, fields.EXTRA_GUESTS)] = 0
    location: Location = "google_meet"
    location_detail: Annotated[str, fields.text(fields.DETAIL)] = ""
    listed: bool = True
    active: bool = True
    questions: Annotated[list[Question], fields.entries(fields.QUESTIONS)] = []
    schedule: str | None = None  # the id of one of the schedules; None: the host's own hours
    durations: Annotated[list[fields.Length], fields.entries(fields.DURATIONS)] = []
    accent: fields.Accent | None = None
    redirect_url: fields.Https | None = None
    invite_title: Annotated[str, fields.text(fields.TITLE, 1)] = "{guest} - {event}"
    invite_text: Annotated[str, fields.text(fields.DESCRIPTION, lines="\n\t")] = ""
    # how long before its start a guest may still change it
    change_deadline: fields.Notice | None = None

    @property
    def lengths(self) -> list[int]:
        """What a guest can choose from, in minutes."""
        return self.durations or [self.duration]

    def lasting(self, minutes: int | None) -> Self:
        """The same for a guest who has chosen a length (None: the event type's own)."""
        chosen = minutes is not None and minutes != self.duration
        return self.model_copy(update={"duration": minutes}) if chosen else self


class Theme(_Part):
    """The widget's one colour, and whether it is dark."""

    accent: fields.Accent = fields.DEFAULT_ACCENT
    mode: Literal["auto", "light", "dark"] = "auto"


class Webhook(_Part):
    """Where events are sent, signed with `secret`."""

    url: fields.Address
    secret: Annotated[
        str, fields.must(fields.SECRET.fullmatch, "must be whsec_ and 18 to 128 bytes in base64")
    ]
    events: Annotated[list[WebhookEvent], fields.entries(len(get_args(WebhookEvent)), 1)]


class Settings(_Part):
    """Everything a host decides; `parse` makes it, with the rules between fields."""

    version: Annotated[int, fields.must(lambda number: number == 1, "must be 1")]
    handle: fields.Handle
    display_name: Annotated[str, fields.text(fields.NAME, 1)]
    time_zone: fields.Zone
    busy_calendars: Annotated[list[fields.Calendar], fields.entries(fields.CALENDARS, 1)] = [
        "primary"
    ]
    target_calendar: fields.Calendar = "primary"
    weekly_hours: Week
    date_overrides: Overrides = {}
    schedules: Annotated[list[Schedule], fields.entries(fields.SCHEDULES)] = []
    away: Annotated[list[Away], fields.entries(fields.OVERRIDES)] = []
    holidays: Holidays | None = None
    contact: Annotated[str, fields.text(fields.DETAIL)] = ""
    picture: fields.Picture | None = None
    allowed_sites: Annotated[list[fields.Site], fields.entries(fields.SITES)] = []
    blocked: Annotated[list[fields.Blocked], fields.entries(fields.BLOCKED)] = []
    theme: Theme = Theme()
    webhook: Webhook | None = None
    event_types: Annotated[list[EventType], fields.entries(fields.EVENT_TYPES)]

    @property
    def window_days(self) -> int:
        """The longest of all booking windows."""
        return max((each.booking_window_days for each in self.event_types), default=0)

    def event_type(self, slug: str | None) -> EventType | None:
        """The one of this slug, switched on or off."""
        return next((each for each in self.event_types if each.slug == slug), None)


def _across(document: Any) -> Iterator[tuple[Loc, str]]:
    """The faults between fields, in a document that may be anything."""
    yield from _across_hours(document)
    yield from _repeated(_get(document, "busy_calendars", []), ("busy_calendars",))
    webhook = _get(document, "webhook", {})
    yield from _repeated(_get(webhook, "events", []), ("webhook", "events"))
    events, schedules = _get(document, "event_types", []), _get(document, "schedules", [])
    yield from _repeated(events, ("event_types",), "slug")
    for at, event in enumerate(events):
        yield from _across_event(event, ("event_types", at))
        schedule = _get(event, "schedule", "")
        if schedule and not any(_get(each, "id", "") == schedule for each in schedules):
            yield ("event_types", at, "schedule"), "must be the id of one of the schedules"


def _across_hours(document: Any) -> Iterator[tuple[Loc, str]]:
    """Weeks have all days, spans of dates end after they begin, holidays are known."""
    schedules = _get(document, "schedules", [])
    yield from _repeated(schedules, ("schedules",), "id")
    weeks = [((), document), *((("schedules", at), each) for at, each in enumerate(schedules))]
    for loc, part in weeks:
        hours = _get(part, "weekly_hours", dict.fromkeys(WEEKDAYS))
        yield from (
            ((*loc, "weekly_hours", day), "is missing") for day in WEEKDAYS if day not in hours
        )
    for at, away in enumerate(_get(document, "away", [])):
        if "" < _get(away, "to", "") < _get(away, "from", ""):
            yield ("away", at, "to"), "must not be before from"
    chosen = _get(document, "holidays", {})
    country, region = _get(chosen, "country", ""), _get(chosen, "subdivision", "")
    if country and country not in days_off.countries():
        yield ("holidays", "country"), "must be the code of a country, such as PT"
    elif region and region not in days_off.subdivisions(country):
        yield ("holidays", "subdivision"), f"must be the code of a region of {country}"


def _across_event(event: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    location = LOCATIONS.get(_get(event, "location", ""))
    if location and not location.fits(_get(event, "location_detail", "")):
        yield (*loc, "location_detail"), location.fault
    durations = _get(event, "durations", [])
    if durations and _get(event, "duration", 0) not in durations:
        yield (*loc, "durations"), "must have the duration among them"
    if len({each for each in durations if isinstance(each, int)}) < len(durations):
        yield (*loc, "durations"), "must all be different"
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
    too_long = isinstance(value, list) and len(value) > fields.EVENT_TYPES
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
    _leave_out(document, Settings, ADDED)
    for event in document["event_types"]:
        _leave_out(event, EventType, LATER)
        for question in event["questions"]:
            _leave_out(question, Question, ("choices",))
    return document


#: What version 1 did not have at first, of the whole and of an event type.
ADDED = ("schedules", "away", "holidays", "contact", "picture", "blocked")
LATER = ("schedule", "durations", "accent", "invite_title", "invite_text", "change_deadline")


def _leave_out(part: dict[str, Any], of: type[_Part], names: tuple[str, ...]) -> None:
    for name in names:
        if part[name] == of.model_fields[name].default:
            del part[name]


def document_json(settings: Settings) -> str:
    """The document as a JSON text for people to read."""
    return json.dumps(dump_document(settings), indent=2, ensure_ascii=False) + "\n"


@lru_cache(maxsize=1024)
def load_document(text: str) -> Settings:
    """A stored document, parsed once a revision.

    A time zone that this machine does not know (any more) becomes the one that is meant, or UTC:
    see unknown_zone. Holidays that are not known any more are left out.
    """
    document = _read(text)
    document["time_zone"] = zones.zone(document["time_zone"]).key
    return parse_document({**document, "holidays": days_off.known(document.get("holidays"))})


def unknown_zone(text: str) -> str | None:
    """The name of a stored document's time zone if this machine knows no such zone, else None."""
    name = str(_read(text)["time_zone"])
    return None if zones.meant(name) else name
