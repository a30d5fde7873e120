"""A section's form (host/fields.py), read into its part of the settings document. Pure."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from widget.core import addresses, names
from widget.core import fields as core_fields
from widget.core.document import WEEKDAYS
from widget.host import dates, units, week
from widget.host.fields import EVENT, QUESTION, Form, Part, Section


def revision(part: Any) -> str:
    """A digest of what a form was made from, to see whether that was changed meanwhile."""
    text = json.dumps(part, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_section(section: Section, form: Form, before: Part | None) -> Part:
    """Its part as the form has it; `before` is what is stored. Raises Faulty."""
    stored = before or {}
    part = {
        each.name: READ[each.kind](form, each.name, stored.get(each.name))
        for each in section.fields
    }
    if section is EVENT and part["slot_interval"] is None:
        part["slot_interval"] = length(part["duration"], stored.get("slot_interval", 30))
    return {**stored, **part}  # what only an import sets stays


def length(minutes: int | str, otherwise: int) -> int:
    """The minutes of one field for another one; `otherwise` when they are out of range."""
    good = isinstance(minutes, int) and 1 <= minutes <= core_fields.DAY_MINUTES
    return int(minutes) if good else otherwise


# --- read: what was typed, for the document's schema to judge ------------------------------------


_LENGTHS = re.compile(r"[^\s,;/]+(?: *(?:min|h)\b)?", re.IGNORECASE)  # 15, 30 min; 1 h


def whole(text: str) -> int | str:
    """The number, or the text as it is: the document's schema says what is wrong with it."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _limit(text: str, read: Callable[[str], int | str] = whole) -> int | str | None:
    return read(text) if text.strip() else None


def _slug(text: str) -> str:
    """The handle or slug in lower case; what cannot be one stays as it was typed."""
    wanted = text.strip().lower()
    return wanted if core_fields.HANDLE.fullmatch(wanted) else text


def _meant(read: Callable[[str], object], text: str) -> str:
    """The address that `read` makes of a text; what is none stays as it was typed."""
    try:
        return str(read(text))
    except ValueError:
        return text.strip()


def _in_order(before: Iterable[str], chosen: list[str]) -> list[str]:
    """The chosen ones: first those that were there before, in that order, then the others."""
    kept = [each for each in before if each in chosen]
    return kept + [each for each in dict.fromkeys(chosen) if each not in kept]


def _non_empty(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]


def _questions(form: Form) -> list[dict[str, Any]]:
    """The questions of an event type; one without an id gets one from its label."""
    found: list[dict[str, Any]] = []
    while f"q{len(found)}-label" in form:
        name = f"q{len(found)}-"
        read = {each.name: READ[each.kind](form, name + each.name, None) for each in QUESTION}
        answers = _non_empty(read["choices"]) if read["kind"] == "choice" else []
        found.append({**read, "choices": answers})
    return _with_ids(found, "label", "question")


def _schedules(form: Form) -> list[Part]:
    """Named weeks; one without an id gets one from its name."""
    found: list[Part] = []
    while (name := f"s{len(found)}-") + "name" in form:
        found.append(
            {
                "id": form.get(f"{name}id", ""),
                "name": form[f"{name}name"],
                "weekly_hours": week.read(form, name),
                "date_overrides": dict(map(_dated, _non_empty(form.get(f"{name}dates", "")))),
            }
        )
    return _with_ids(found, "name", "hours")


def _with_ids(rows: list[Part], key: str, otherwise: str) -> list[Part]:
    """The rows, those without an id called by what they have under a key."""
    taken = {each["id"] for each in rows}
    for each in rows:
        each["id"] = each["id"].strip() or names.free(each[key], taken.__contains__, otherwise)
        taken.add(each["id"])
    return rows


def _dated(line: str) -> tuple[str, list[list[str]]]:
    """A date and its hours: `2026-12-28 10:00-12:00, 14:00-15:00`, or `2026-12-24 closed`."""
    day, _space, rest = line.strip().partition(" ")
    spans = [] if rest.strip() in ("", "closed") else rest.split(",")
    return day, [[time.strip() for time in re.split("[-–]", each)] for each in spans]


def dated_lines(overrides: dict[str, list[list[str]]]) -> str:
    """The same as it is typed, a date a line."""
    said = {day: ", ".join("–".join(pair) for pair in rows) for day, rows in overrides.items()}
    return "\n".join(f"{day} {hours or 'closed'}" for day, hours in sorted(said.items()))


def _away(form: Form) -> list[Part]:
    """The rows that have something in them; one day away has no last one."""
    rows = zip(*(form.getlist(f"away-{name}") for name in ("from", "to", "note")), strict=False)
    return [
        {"from": first.strip(), "to": last.strip() or first.strip(), "note": note.strip()}
        for first, last, note in rows
        if first.strip() or last.strip() or note.strip()
    ]


def _holidays(form: Form) -> Part | None:
    """The regions to choose from are those of the country that the form was shown with."""
    country = form.get("country", "")
    region = form.get("subdivision") if country == form.get("regions-of") else None
    return {"country": country, "subdivision": region or None} if country else None


#: By kind: what a form has for a name, given what is stored.
READ: dict[str, Callable[[Form, str, Any], Any]] = {
    **dict.fromkeys(
        ("line", "choice", "select", "zone", "calendar"), lambda form, name, _: form.get(name, "")
    ),
    "lines": lambda form, name, _: form.get(name, "").replace("\r\n", "\n"),
    "tick": lambda form, name, _: name in form,
    "number": lambda form, name, _: whole(form.get(name, "")),
    "numbers": lambda form, name, _: [*map(units.minutes, _LENGTHS.findall(form.get(name, "")))],
    "limit": lambda form, name, _: _limit(form.get(name, "")),
    "minutes": lambda form, name, _: units.minutes(form.get(name, "")),
    "some_minutes": lambda form, name, _: _limit(form.get(name, ""), units.minutes),
    **dict.fromkeys(("slug", "handle"), lambda form, name, _: _slug(form.get(name, ""))),
    "address": lambda form, name, _: _meant(addresses.typed, form.get(name, "")) or None,
    "accent": lambda form, name, _: form.get(name, "").strip().removeprefix("#").lower(),
    "colour": lambda form, name, _: form.get(name, "").strip().removeprefix("#").lower() or None,
    "sites": lambda form, name, _: [
        _meant(addresses.typed_site, each) for each in re.findall(r"[^\s,;]+", form.get(name, ""))
    ],
    "entries": lambda form, name, _: _non_empty(form.get(name, "")),
    "calendars": lambda form, name, before: _in_order(before or (), form.getlist(name)),
    "questions": lambda form, _name, _: _questions(form),
    "schedule": lambda form, name, _: form.get(name) or None,
    "schedules": lambda form, _name, _: _schedules(form),
    "away": lambda form, _name, _: _away(form),
    "holidays": lambda form, _name, _: _holidays(form),
    "week": lambda form, _name, _: week.read(form),
    "dates": lambda form, _name, before: dates.read(form, before),
}


# --- rows that come and go before anything is saved ----------------------------------------------


def edit(part: Part, act: str, form: Form) -> None:
    """Do what a button of a form asks for: one of a week's (week.edit), `s0-add-mon` for the
    first schedule's, and for rows (ROWS) `add-question`, `remove-question-2`, `up-question-2`,
    `down-question-2`."""
    what, _dash, rest = act.partition("-")
    name, _dash, number = rest.partition("-")
    if "weekly_hours" in part:
        part["weekly_hours"] = week.edit(part["weekly_hours"], act, form)
    for at, schedule in enumerate(part.get("schedules", ())):
        if what == f"s{at}":
            schedule["weekly_hours"] = week.edit(schedule["weekly_hours"], rest, form)
    rows, new = ROWS.get(name, ("", {}))
    at = int(number) if number.isdigit() and len(number) < 4 else -1
    if rows in part and what == "add":
        part[rows].append(dict(new))
    elif rows in part and 0 <= at < len(part[rows]):
        change_row(part[rows], what, at)


#: What a button adds to which rows.
ROWS: dict[str, tuple[str, Part]] = {
    "question": (
        "questions",
        {"id": "", "label": "", "kind": "text", "required": False, "choices": []},
    ),
    "schedule": (
        "schedules",
        {"id": "", "name": "", "weekly_hours": {day: [] for day in WEEKDAYS}, "date_overrides": {}},
    ),
    "away": ("away", {"from": "", "to": "", "note": ""}),
}


def change_row(rows: list[Any], what: str, at: int) -> None:
    """Take a row away, or move it."""
    if what in ("remove", "delete"):
        del rows[at]
    elif what in ("up", "down"):
        to = max(0, at - 1) if what == "up" else at + 1
        rows.insert(to, rows.pop(at))
