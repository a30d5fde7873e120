"""The fields of the settings page, as fields.toml declares them. Pure.

A new field of an event type: the settings document, a table there, and the place that uses it.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Field:
    """One field; see fields.toml. `attributes` are those of its input."""

    name: str
    label: str
    kind: str = "line"
    group: str = ""
    unit: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    empty: str = ""
    attributes: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def template(self) -> str:
        return f"host/fields/{ALIKE.get(self.kind, self.kind)}.html"


@dataclass(frozen=True)
class Section:
    """A form of the page. Its fields are keys of the document, or of the object `within` it."""

    heading: str
    fields: tuple[Field, ...]
    within: str = ""

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """The fields that stand together, under their heading."""
        return [(name, list(some)) for name, some in groupby(self.fields, lambda each: each.group)]


def _section(declared: dict[str, Any]) -> Section:
    fields = [_field(name, each) for name, each in declared.items() if isinstance(each, dict)]
    return Section(declared["heading"], tuple(fields), declared.get("within", ""))


def _field(name: str, declared: dict[str, Any]) -> Field:
    ours = {each.name for each in dataclasses.fields(Field)}
    more = {key: value for key, value in declared.items() if key not in ours}
    return Field(name, **{key: declared[key] for key in declared.keys() & ours}, attributes=more)


_DECLARED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SECTIONS = {name: _section(each) for name, each in _DECLARED.items()}
QUESTION = SECTIONS.pop("question").fields
