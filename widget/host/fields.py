"""The sections of the settings page and their fields, as fields.toml declares them. Pure.

A new field of an event type: the settings document, a table there, and the place that uses it.
"""

import re
import tomllib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from werkzeug.datastructures import MultiDict

from widget.host import week

Document = dict[str, Any]
Part = dict[str, Any]
Form = MultiDict[str, str]


class Faulty(Exception):
    """What was typed cannot be put into the document; `faults` is a message by field."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


#: The path of an entry in a list that is typed into one field.
LISTED = re.compile(r"(.*\.)?(choices|allowed_sites|blocked|busy_calendars|durations)\[\d+\]")
#: Kinds that are read in a way of their own, and shown as another one is.
ALIKE = {
    "limit": "number",
    "some_minutes": "minutes",
    "address": "line",
    "slug": "line",
    "colour": "line",
    "sites": "lines",
    "entries": "lines",
}


class Field(BaseModel):
    """One field; see fields.toml. What else is declared of it are attributes of its input."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    label: str
    kind: str = "line"
    group: str = ""
    unit: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    empty: str = ""

    @property
    def template(self) -> str:
        return f"host/fields/{ALIKE.get(self.kind, self.kind)}.html"


@dataclass(frozen=True)
class Section:
    """A form of the page, and its part of the settings document, which has all keys here. Its
    fields are keys of the document, of the object `within` it, or of one of the event types.
    `anchor`: the section that it stands in, if that is another one."""

    name: str
    heading: str
    fields: tuple[Field, ...]
    within: str = ""
    anchor: str = ""

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """The fields that stand together, under their heading."""
        return [(name, list(some)) for name, some in groupby(self.fields, lambda each: each.group)]

    def part_of(self, document: Document, slug: str = "") -> Part | None:
        """What it holds; None when there is no event type of that slug."""
        if self is EVENT:
            return next((each for each in document["event_types"] if each["slug"] == slug), None)
        holder = document[self.within] if self.within else document
        return {each.name: holder[each.name] for each in self.fields}

    def put(self, document: Document, part: Part, slug: str = "") -> Document:
        """The document with the part in it: as one more event type, when there is none of that
        slug."""
        if self is EVENT:
            events, slugs = document["event_types"], slugs_of(document)
            at = slugs.index(slug) if slug in slugs else len(events)
            return {**document, "event_types": [*events[:at], part, *events[at + 1 :]]}
        changed = {**document, **({self.within: part} if self.within else part)}
        if self.name == "dates":
            changed["date_overrides"] = week.split_dates(changed)
        return changed

    def field_of(self, path: str) -> str:
        """The field of its form that a path of the document is edited in."""
        if self.name == "schedules":
            path = re.sub(r"\.date_overrides\b.*", ".dates", path)
            path = "schedules" if path.startswith("event_types") else path
        elif self.name == "dates":
            path = re.sub(r"date_overrides\.[0-9-]+", "hours", path)
        elif self.within:
            path = re.sub(rf"^{self.within}(\[\d+\])?\.", "", path)
        one = LISTED.fullmatch(path)
        return (one[1] or "") + one[2] if one else path


def slugs_of(document: Document) -> list[str]:
    """Of its event types."""
    return [each["slug"] for each in document["event_types"]]


def _section(name: str, declared: dict[str, Any]) -> Section:
    fields = [Field(name=key, **each) for key, each in declared.items() if isinstance(each, dict)]
    where = declared.get("anchor", name)
    return Section(name, declared["heading"], tuple(fields), declared.get("within", ""), where)


_DECLARED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
LABELS: dict[str, str] = _DECLARED.pop("labels")
SECTIONS = {name: _section(name, each) for name, each in _DECLARED.items()}
QUESTION = SECTIONS.pop("question").fields
EVENT, EVENT_TYPES = SECTIONS["event"], SECTIONS.pop("event-types")
