"""A section's form as the templates see it: its values, and what is wrong, each at its field."""

import re
from dataclasses import dataclass, field
from typing import Any

from widget.core import fields as core_fields
from widget.core.document import WEEKDAYS, SettingsError
from widget.host.fields import LABELS, LISTED, QUESTION, SECTIONS, Document, Form, Part, Section
from widget.text import language

_STEP = re.compile(r"(\w+)|\[(\d+)\]")


@dataclass(frozen=True)
class FormView:
    """A section's form: as it is stored, or as it was sent and not saved (`sent`).

    `revision` names what it was made from. `faults` are by the paths of the document, without
    event_types[n]. `conflict`: another window changed the section meanwhile.
    `unsaved`: it holds what is not stored.
    """

    section: Section
    values: Part
    revision: str
    slug: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    conflict: bool = False
    saved: bool = False
    sent: Form | None = None
    unsaved: bool = False

    def id(self, path: str) -> str:
        return f"{self.section.name}-" + re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-")

    def described(self, path: str, hint: str = "") -> str:
        """The ids of a field's hint and fault, for aria-describedby."""
        parts = [f"{self.id(path)}-hint"] if hint else []
        parts += [f"{self.id(path)}-fault"] if path in self.faults else []
        return " ".join(parts)

    def label(self, path: str) -> str:
        return label(path)


def faults_of(error: SettingsError, document: Document, section: Section) -> dict[str, str]:
    """The faults of a document by the fields of a section's form.

    A field that holds several entries names those that are wrong.
    """
    found: dict[str, str] = {}
    wrong: dict[tuple[str, str], list[str]] = {}
    for fault in error.faults:
        name = section.field_of(fault.path)
        if LISTED.fullmatch(fault.path):
            wrong.setdefault((name, fault.message), []).append(_entry(document, fault.path))
        else:
            found.setdefault(name, _empty(document, name) or fault.message)
    for (name, message), entries in wrong.items():
        said = f"{message}: {', '.join(entries)}"
        found[name] = f"{found[name]}; {said}" if name in found else said
    return found


def _empty(document: Document, name: str) -> str:
    """The message for a list that needs an entry and has none; empty for all others."""
    declared = _FIELDS.get(name)
    return declared.empty if declared and not document.get(name, True) else ""


def _entry(document: Any, path: str) -> str:
    """An entry of a list as the host knows it: its value, and its line where it is typed."""
    value = document
    for name, number in _STEP.findall(path):
        value = value[int(number)] if number else value[name]
    words = f"“{core_fields.visible(str(value))[:60]}”"
    if path.rpartition(".")[2].startswith(("busy_calendars", "durations")):
        return words
    return f"line {int(number) + 1} {words}"


# --- what a field is called ----------------------------------------------------------------------

_FIELDS = {each.name: each for section in SECTIONS.values() for each in section.fields}
_QUESTION = {each.name: each.label.lower() for each in QUESTION}
_ROWS = {"schedules": "Schedule", "away": "Away", "hours": "Hours", "questions": "Question"}


def label(path: str) -> str:
    """What a field is called on the page; for a path without a field, the path itself."""
    if found := re.fullmatch(r"weekly_hours\.(\w+)(?:\[(\d+)\].*)?", path):
        day = language.weekday_name(WEEKDAYS.index(found[1]))
        return day if found[2] is None else f"{day}, hours {int(found[2]) + 1}"
    found = re.fullmatch(r"(\w+)\[(\d+)\](?:\.(.+))?", path)
    if found and found[1] in _ROWS:
        row, inside = f"{_ROWS[found[1]]} {int(found[2]) + 1}", found[3]
        of_question = found[1] == "questions" and _QUESTION.get(inside)
        return f"{row}, {of_question or label(inside)}" if inside else row
    return _FIELDS[path].label if path in _FIELDS else LABELS.get(path, path)
