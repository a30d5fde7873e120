"""The sections of the settings page: a form into the document, and two documents into one. Pure.

A section is changed on the document that its form was made from (`mine`), and then merged with
the document that is stored by now: whatever only one of two windows changed is kept.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from widget.core import addresses
from widget.core import fields as core_fields
from widget.core.document import WEEKDAYS, EventType, slug_words
from widget.text.language import gettext as _

Document = dict[str, Any]
Form = MultiDict[str, str]

NUMBERS = (
    "duration", "slot_interval", "buffer_before", "buffer_after", "minimum_notice",
    "booking_window_days", "extra_guests",
)  # fmt: skip
OPTIONAL_NUMBERS = ("max_per_day", "max_per_week", "change_deadline")
LONGEST_SPAN_DAYS = 366
MISSING = object()


class Faulty(Exception):
    """What was typed cannot be put into the document; `faults` is a message by field."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


# --- a form into the document ---------------------------------------------------------------------


def profile(document: Document, form: Form) -> None:
    document["display_name"] = form.get("display_name", "")
    document["handle"] = _name(form.get("handle", ""))
    document["time_zone"] = form.get("time_zone", "")


def hours(document: Document, form: Form) -> None:
    document["weekly_hours"] = {day: ranges(form, day) for day in WEEKDAYS}


def ranges(form: Form, name: str) -> list[list[str]]:
    """The rows of one day in order, without the empty ones."""
    starts, ends = form.getlist(f"{name}-start"), form.getlist(f"{name}-end")
    rows = [
        # a time field has no 24:00: midnight at the end is written as 00:00
        [start.strip(), "24:00" if end.strip() == "00:00" else end.strip()]
        for start, end in zip(starts, ends, strict=False)
        if start.strip() or end.strip()
    ]
    complete = all(re.fullmatch(r"\d\d:\d\d", time) for row in rows for time in row)
    return sorted(rows) if complete else rows


def dates(document: Document, form: Form) -> None:
    """Give the dates from `from` to `to` hours of their own, none, or those of the week again.

    Raises Faulty.
    """
    chosen = span(form.get("from", ""), form.get("to", ""))
    kind, rows = form.get("kind", ""), ranges(form, "dates")
    if kind not in ("closed", "hours", "weekly"):
        raise Faulty({"kind": _("Choose what holds on these dates.")})
    if kind == "hours" and not rows:
        raise Faulty({"hours": _("Give the hours of these dates.")})
    for day in chosen:
        if kind == "weekly":
            document["date_overrides"].pop(day.isoformat(), None)
        else:
            document["date_overrides"][day.isoformat()] = deepcopy(rows) if kind == "hours" else []


def span(first: str, last: str) -> list[date]:
    """All dates from `first` to `last` (or `first` alone). Raises Faulty."""
    faults, found = {}, {}
    for name, text in (("from", first.strip()), ("to", last.strip() or first.strip())):
        try:
            found[name] = date.fromisoformat(text)
            if found[name].year not in core_fields.YEARS:
                raise ValueError
        except ValueError:
            faults[name] = _("Give a date such as 2026-12-24.")
    if faults:
        raise Faulty(faults)
    days = (found["to"] - found["from"]).days
    if days < 0:
        raise Faulty({"to": _("This is before the first date.")})
    if days >= LONGEST_SPAN_DAYS:
        raise Faulty({"to": _("Choose at most a year at once.")})
    return [found["from"] + timedelta(days=each) for each in range(days + 1)]


def calendars(document: Document, form: Form) -> None:
    document["busy_calendars"] = _in_order(
        document["busy_calendars"], form.getlist("busy_calendars")
    )
    document["target_calendar"] = form.get("target_calendar", "")


def theme(document: Document, form: Form) -> None:
    accent = form.get("accent", "").strip().removeprefix("#").lower()
    document["theme"] = {"accent": accent, "mode": form.get("mode", "")}


def sites(document: Document, form: Form) -> None:
    document["allowed_sites"] = [_site(line) for line in _lines(form.get("allowed_sites", ""))]


def _site(line: str) -> str:
    """The site's origin; what can be none stays as it was typed."""
    try:
        return addresses.typed_site(line)
    except ValueError:
        return line.strip()


def _address(text: str) -> str | None:
    """A web address as it is meant; what can be none stays as it was typed."""
    try:
        return str(addresses.typed(text)) if text.strip() else None
    except ValueError:
        return text.strip()


def webhook(document: Document, form: Form) -> None:
    """No address: no webhook. No secret: a new one."""
    url = form.get("url", "").strip()
    if not url:
        document["webhook"] = None
        return
    before = (document["webhook"] or {}).get("events", [])
    document["webhook"] = {
        "url": url,
        "secret": form.get("secret", "").strip() or new_secret(),
        "events": _in_order(before, form.getlist("events")),
    }


def new_secret() -> str:
    """As the Standard Webhooks specification wants it: 24 to 64 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


#: Every section that is the same form for every host; an event type's form is `event`.
CHANGES: dict[str, Callable[[Document, Form], None]] = {
    "profile": profile,
    "hours": hours,
    "dates": dates,
    "calendars": calendars,
    "theme": theme,
    "sites": sites,
    "webhook": webhook,
}


def event(document: Document, form: Form, at: int) -> None:
    """All fields of the event type number `at`; one more when the document has no such number."""
    events = document["event_types"]
    if at >= len(events):
        events.append(EventType(slug="new", title="new", duration=30).model_dump())
    before = events[at]
    fields: Document = {
        "slug": _name(form.get("slug", "")),
        "title": form.get("title", ""),
        "description": form.get("description", "").replace("\r\n", "\n"),
        **{name: _whole(form.get(name, "")) for name in NUMBERS},
        **{name: _optional(form.get(name, "")) for name in OPTIONAL_NUMBERS},
        "location": form.get("location", ""),
        "location_detail": form.get("location_detail", ""),
        "listed": "listed" in form,
        "active": "active" in form,
        "questions": questions(form),
        "redirect_url": _address(form.get("redirect_url", "")),
    }
    if fields["slot_interval"] == "":
        fields["slot_interval"] = _length(fields["duration"], before["slot_interval"])
    if fields["change_deadline"] is None:
        del fields["change_deadline"]  # as a document without one is written
    not_here = {name: before[name] for name in ("invite_title", "invite_text") if name in before}
    events[at] = {**not_here, **fields}


def questions(form: Form) -> list[Document]:
    """The questions of an event type; one without an id gets one from its label."""
    found: list[Document] = []
    while f"q{len(found)}-label" in form:
        name = f"q{len(found)}"
        kind = form.get(f"{name}-kind", "")
        found.append(
            {
                "id": form.get(f"{name}-id", "").strip(),
                "label": form[f"{name}-label"],
                "kind": kind,
                "required": f"{name}-required" in form,
                **(
                    {"choices": _lines(form.get(f"{name}-choices", ""))} if kind == "choice" else {}
                ),
            }
        )
    taken = {each["id"] for each in found}
    for each in found:
        each["id"] = each["id"] or free_name(each["label"], taken, "question")
        taken.add(each["id"])
    return found


def free_name(text: str, taken: Iterable[str], otherwise: str) -> str:
    """A slug like a title, or an id like a question, that is not `taken`."""
    plain = slug_words(text)[:32].strip("-") or otherwise
    names = (plain if number == 1 else f"{plain}-{number}" for number in range(1, 10**6))
    held = set(taken)
    return next(name for name in names if name not in held)


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]


def _in_order(before: list[str], chosen: list[str]) -> list[str]:
    """What is chosen: what was there before in its order, then the rest."""
    kept = [each for each in before if each in chosen]
    return kept + [each for each in dict.fromkeys(chosen) if each not in kept]


def _whole(text: str) -> int | str:
    """The number, or the text as it is: the document's schema says what is wrong with it."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _name(text: str) -> str:
    """A handle or slug as it is meant; what cannot be one stays as it was typed."""
    wanted = text.strip().lower()
    return wanted if core_fields.HANDLE.fullmatch(wanted) else text


def _length(minutes: int | str, otherwise: int) -> int:
    """The length for a second field, unless it is a fault of the first."""
    good = isinstance(minutes, int) and 1 <= minutes <= core_fields.DAY_MINUTES
    return int(minutes) if good else otherwise


def _optional(text: str) -> int | str | None:
    return _whole(text) if text.strip() else None


# --- rows that come and go before anything is saved ------------------------------------------


def edit(document: Document, section: str, act: str, form: Form, at: int = 0) -> None:
    """Do what a button of a form asks for: `add-mon`, `remove-mon-1`, `copy`, `add-question`,
    `remove-question-2`, `up-question-2`, `down-question-2`, `new-secret`."""
    what, _dash, rest = act.partition("-")
    name, _dash, number = rest.partition("-")
    if section == "hours" and what == "copy":
        _copy_day(document["weekly_hours"], form)
    elif section == "hours" and name in WEEKDAYS:
        _change_rows(document["weekly_hours"][name], what, number, _next_range)
    elif section == "event" and name == "question":
        asked = document["event_types"][at]["questions"]
        _change_rows(asked, what, number, _next_question)
    elif section == "webhook" and act == "new-secret" and document["webhook"]:
        document["webhook"]["secret"] = new_secret()


def _change_rows(rows: list[Any], what: str, number: str, following: Any) -> None:
    at = int(number) if number.isdigit() and len(number) < 4 else -1
    if what == "add":
        rows.append(following(rows))
    elif not 0 <= at < len(rows):
        return
    elif what == "remove":
        del rows[at]
    elif what in ("up", "down"):
        to = max(0, at - 1) if what == "up" else at + 1
        rows.insert(to, rows.pop(at))


def _next_range(rows: list[list[str]]) -> list[str]:
    """09:00 to 17:00 on an empty day, else two hours after the last range, if there is room."""
    if not rows:
        return ["09:00", "17:00"]
    try:
        start = core_fields.minutes(rows[-1][1]) + 60
    except ValueError:
        return ["", ""]
    if start >= core_fields.DAY_MINUTES:
        return ["", ""]
    end = min(start + 120, core_fields.DAY_MINUTES)
    return [_clock(start), _clock(end)]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _next_question(_rows: list[Document]) -> Document:
    return {"id": "", "label": "", "kind": "text", "required": False}


def _copy_day(week: Document, form: Form) -> None:
    if form.get("copy-from") in WEEKDAYS:
        for day in form.getlist("copy-to"):
            if day in WEEKDAYS:
                week[day] = deepcopy(week[form["copy-from"]])


# --- the list of event types -----------------------------------------------------------------


def index_of(document: Document, slug: str) -> int | None:
    slugs = [each["slug"] for each in document["event_types"]]
    return slugs.index(slug) if slug in slugs else None


def add_event(document: Document, title: str, minutes: str) -> str:
    """One more event type, with the defaults; its slug. Raises Faulty."""
    _room_for_one(document)
    slug = free_name(title, {each["slug"] for each in document["event_types"]}, "call")
    fields = EventType(slug=slug, title="x", duration=30).model_dump()
    length = _whole(minutes)
    fields.update(title=title, duration=length, slot_interval=_length(length, 30))
    document["event_types"].append(fields)
    return slug


def duplicate_event(document: Document, at: int) -> str:
    """A copy after the original, switched off at first; its slug. Raises Faulty."""
    _room_for_one(document)
    events = document["event_types"]
    copied = deepcopy(events[at])
    slug = free_name(copied["slug"], {each["slug"] for each in events}, "call")
    title = _("%(title)s (copy)") % {"title": copied["title"]}
    events.insert(
        at + 1, {**copied, "slug": slug, "title": title[: core_fields.TITLE], "active": False}
    )
    return slug


def _room_for_one(document: Document) -> None:
    if len(document["event_types"]) >= core_fields.EVENT_TYPES:
        said = _("There are %(n)s, and there can be no more. Delete one first.")
        raise Faulty({"event_types": said % {"n": core_fields.EVENT_TYPES}})


def move_event(document: Document, at: int, step: int) -> None:
    events = document["event_types"]
    to = at + step
    if 0 <= to < len(events):
        events[at], events[to] = events[to], events[at]


# --- two windows ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conflict:
    """A field that this window and another one set to different values."""

    path: str
    mine: Any
    stored: Any


def merge(base: Any, mine: Any, stored: Any, path: str = "") -> tuple[Any, list[Conflict]]:
    """What both windows want, and where they want different things (there `mine` is taken).

    `base` is what both began with. Objects are merged key by key, everything else as a whole.
    """
    if mine in (base, stored):
        return stored, []
    if stored == base:
        return mine, []
    if isinstance(mine, dict) and isinstance(stored, dict):
        known = base if isinstance(base, dict) else {}
        merged, conflicts = {}, []
        for key in dict.fromkeys((*stored, *mine)):
            was, own, other = (each.get(key, MISSING) for each in (known, mine, stored))
            value, found = merge(was, own, other, f"{path}.{key}".lstrip("."))
            conflicts += found
            if value is not MISSING:
                merged[key] = value
        return merged, conflicts
    return mine, [Conflict(path, mine, stored)]


def merge_event(
    base: Document, mine: Document, stored: Document, slug: str
) -> tuple[Document, list[Conflict], int]:
    """The stored document with one event type merged into it, and where that stands now."""
    at, found = index_of(base, slug), index_of(stored, slug)
    wanted = mine["event_types"][at if at is not None else -1]
    merged = deepcopy(stored)
    if found is None:
        merged["event_types"].append(wanted)
        gone = [Conflict("", wanted["title"], None)] if at is not None else []
        return merged, gone, len(merged["event_types"]) - 1
    before = base["event_types"][at] if at is not None else {}
    one, conflicts = merge(before, wanted, stored["event_types"][found])
    merged["event_types"][found] = one
    return merged, conflicts, found
