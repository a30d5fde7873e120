"""A section's form as the templates see it: values, faults and conflicts, each at its field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from widget.core import fields
from widget.core.document import WEEKDAYS, SettingsError
from widget.host.forms import Conflict, Document
from widget.text import language
from widget.text.language import gettext as _

_ONE_FIELD = re.compile(r"(.*\.)?(choices|allowed_sites|busy_calendars|events)\[\d+\]")
_STEP = re.compile(r"(\w+)|\[(\d+)\]")


@dataclass(frozen=True)
class Draft:
    """A section's form as it was sent, when it could not be saved or is still being edited.

    `faults` are by the paths of the document (an event type's without event_types[n]).
    """

    section: str
    document: Document
    revision: int
    at: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    form: Any = None


@dataclass(frozen=True)
class FormView:
    """What a template needs of one section's form; `conflicts` by field, `told` all of them."""

    section: str
    values: Any
    revision: int
    faults: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    told: list[Conflict] = field(default_factory=list)
    edited: bool = False
    saved: bool = False

    def id(self, path: str) -> str:
        return f"{self.section}-" + re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-")

    def described(self, path: str, hint: bool = False) -> str:
        """The ids of what is said about a field."""
        parts = [f"{self.id(path)}-hint"] if hint else []
        parts += [f"{self.id(path)}-fault"] if path in self.faults else []
        parts += [f"{self.id(path)}-conflict"] if path in self.conflicts else []
        return " ".join(parts)

    def label(self, path: str) -> str:
        return label(path)

    def field(self, path: str) -> str:
        return field_of(path, self.section)

    def told_as(self, path: str) -> str:
        """What a conflict is called: its date, where one field edits many; else its field."""
        return (
            path.removeprefix("date_overrides.")
            if self.section == "dates"
            else label(self.field(path))
        )

    def shown(self, value: Any) -> str:
        return shown(value)


def of(section: str, stored: Any, revision: int, draft: Draft | None, saved: str) -> FormView:
    """The form of a section: as it was sent when the draft is of this section, else as stored."""
    if draft is None or draft.section != section:
        return FormView(section, stored, revision, saved=saved == section)
    return FormView(
        section,
        stored,
        draft.revision,
        draft.faults,
        {field_of(each.path, section, draft.at): each for each in reversed(draft.conflicts)},
        draft.conflicts,
        edited=not draft.faults and not draft.conflicts,
    )


def faults_of(
    error: SettingsError, document: Document, section: str, at: int = 0
) -> dict[str, str]:
    """The faults of a document by the fields of a section's form.

    A field that holds several entries names those that are wrong.
    """
    found: dict[str, str] = {}
    wrong: dict[tuple[str, str], list[str]] = {}
    for fault in error.faults:
        field = field_of(fault.path, section, at)
        if _ONE_FIELD.fullmatch(fault.path):
            entry = _entry(document, fault.path)
            wrong.setdefault((field, fault.message), []).append(entry)
        elif fault.path == "busy_calendars" and not document["busy_calendars"]:
            found[field] = _("tick at least one, so that you are not booked while you are busy")
        else:
            found.setdefault(field, fault.message)
    for (field, message), entries in wrong.items():
        said = f"{message}: {', '.join(entries)}"
        found[field] = f"{found[field]}; {said}" if field in found else said
    return found


def _entry(document: Any, path: str) -> str:
    """An entry of a list as the host knows it: by its line where it is typed, by its value."""
    value = document
    for name, number in _STEP.findall(path):
        value = value[int(number)] if number else value[name]
    lines = path.rpartition(".")[2].startswith(("choices", "allowed_sites"))
    words = f"“{fields.visible(str(value))[:60]}”"
    return _("line %(n)s %(words)s") % {"n": int(number) + 1, "words": words} if lines else words


def field_of(path: str, section: str, at: int = 0) -> str:
    """The field of a section's form that a path of the document is edited in."""
    if section == "event":
        clash = re.fullmatch(r"event_types\[(\d+)\]\.slug", path)
        path = "slug" if clash else path.removeprefix(f"event_types[{at}].")
    elif section == "dates":
        path = re.sub(r"date_overrides\.[0-9-]+", "hours", path)
    elif section in ("theme", "webhook"):
        path = path.removeprefix(f"{section}.")
        path = "url" if path == "webhook" else path
    one = _ONE_FIELD.fullmatch(path)
    return (one[1] or "") + one[2] if one else path


def label(path: str) -> str:
    """What a field is called on the page; for a path without a field, the path itself."""
    if found := re.fullmatch(r"weekly_hours\.(\w+)(?:\[(\d+)\].*)?", path):
        day = language.weekday_name(WEEKDAYS.index(found[1])) if found[1] in WEEKDAYS else found[1]
        return day if found[2] is None else _range_label(day, int(found[2]))
    if found := re.fullmatch(r"hours\[(\d+)\].*", path):
        return _range_label(_("Hours"), int(found[1]))
    if found := re.fullmatch(r"questions\[(\d+)\](?:\.(\w+))?", path):
        number = _("Question %(n)s") % {"n": int(found[1]) + 1}
        return (
            f"{number}, {_labels().get(f'question.{found[2]}', found[2])}" if found[2] else number
        )
    return _labels().get(path, path)


def _range_label(day: str, number: int) -> str:
    return _("%(day)s, hours %(n)s") % {"day": day, "n": number + 1}


def _labels() -> dict[str, str]:
    return {
        "": _("Event type"),
        "display_name": _("Name that guests see"),
        "handle": _("Your address"),
        "time_zone": _("Time zone"),
        "from": _("First date"),
        "to": _("Last date"),
        "kind": _("On these dates"),
        "hours": _("Hours"),
        "date_overrides": _("Dates"),
        "busy_calendars": _("Calendars that make you busy"),
        "target_calendar": _("Calendar for bookings"),
        "accent": _("Colour"),
        "mode": _("Light or dark"),
        "allowed_sites": _("Allowed sites"),
        "url": _("Address"),
        "secret": _("Secret"),
        "events": _("Events"),
        "event_types": _("Event types"),
        "title": _("Title"),
        "slug": _("Last part of its address"),
        "description": _("Description"),
        "duration": _("Length"),
        "slot_interval": _("A start every"),
        "buffer_before": _("Free time before"),
        "buffer_after": _("Free time after"),
        "minimum_notice": _("Notice"),
        "booking_window_days": _("How far ahead"),
        "max_per_day": _("At most a day"),
        "max_per_week": _("At most a week"),
        "extra_guests": _("Further guests"),
        "change_deadline": _("Last change"),
        "location": _("Where"),
        "location_detail": _("Place"),
        "redirect_url": _("Page after booking"),
        "questions": _("Questions"),
        "listed": _("Listed"),
        "active": _("Can be booked"),
        "question.id": _("short name"),
        "question.label": _("text"),
        "question.kind": _("kind of answer"),
        "question.choices": _("answers to choose from"),
    }


def shown(value: Any) -> str:
    """A value of the document in words, to be compared by eye."""
    if value is None or value == []:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        if all(isinstance(each, list) for each in value):
            return ", ".join("–".join(map(str, each)) for each in value)
        return ", ".join(shown(each) for each in value)
    if isinstance(value, dict) and "kind" in value:
        return _question(value)
    if isinstance(value, dict):
        return str(value.get("label") or value.get("url") or _("set"))
    return str(value) if isinstance(value, str | int) else _("nothing")


def _question(value: Document) -> str:
    facts = [str(value["kind"]), _("required") if value.get("required") else _("optional")]
    facts += map(str, value.get("choices") or ())
    label = value.get("label") or _("nothing")
    return f"{label} ({', '.join(facts)})"
