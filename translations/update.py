"""Brings every translation up to date with the messages in code and templates.

    python -m translations.update          all that are there
    python -m translations.update da sv    new ones, to be filled in

What is extracted stands in pyproject.toml, tool.babel.
"""

from __future__ import annotations

import io
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel import Locale
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
ROOT = HERE.parent
NOISE = ('"Project-Id', '"Report-', '"POT-', '"PO-', '"Last-', '"Language-Team', '"Generated-By')
#: For templates: the tag of our own, and a fault instead of none of a template's messages.
OPTIONS = {"extensions": "widget.web.parts.Kept", "silent": "false"}
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2)}


def messages() -> Catalog:
    """All messages of the guest's side, as they are now."""
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]
    methods = [(pattern, "ignore") for pattern in chosen["english"]]
    found = Catalog(project="Meetslot", fuzzy=False)
    for name, _line, message, comments, context in extract_from_dir(
        ROOT,
        method_map=[*methods, *chosen["guest"].items()],
        options_map=dict.fromkeys(chosen["guest"], OPTIONS),
        keywords=KEYWORDS,
        directory_filter=lambda path: (
            Path(path).relative_to(ROOT).parts[0] in ("widget", "templates")
        ),
    ):
        found.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def of_table(file: BinaryIO, *_given: Any, **_options: Any) -> Iterator[tuple[Any, ...]]:
    """Every text of a TOML file is a message: a method of extraction, as Babel calls it."""
    tables = list(tomllib.load(file).values())
    for table in tables:  # those that are found in one come after it
        tables += [each for each in table.values() if isinstance(each, dict)]
        yield from ((0, None, each, []) for each in table.values() if isinstance(each, str))


def read(code: str) -> Catalog:
    """The translation `code`.po, or an empty one for a language that has none yet."""
    path = HERE / f"{code}.po"
    if not path.exists():
        return Catalog(locale=Locale.parse(code), project="Meetslot", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def write(code: str, catalog: Catalog) -> None:
    """The file, without what changes by itself (dates, versions) or says nothing."""
    text = io.BytesIO()
    write_po(text, catalog, width=100, include_lineno=False, ignore_obsolete=True, sort_output=True)
    lines = text.getvalue().decode().splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(NOISE))
    (HERE / f"{code}.po").write_text("".join(kept), encoding="utf-8")


def main(codes: list[str]) -> None:
    wanted = messages()
    for code in codes or sorted(path.stem for path in HERE.glob("*.po")):
        catalog = read(code)
        catalog.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
        write(code, catalog)
        missing = sum(1 for message in catalog if message.id and not message.string)
        print(f"{code}.po: {len(catalog)} messages, {missing} to translate")


if __name__ == "__main__":
    main(sys.argv[1:])
