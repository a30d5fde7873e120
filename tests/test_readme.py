"""The README and docs/ tell the truth: what they name is there, and what is there is named."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from typing import Any

import click
import pytest
from flask import Flask

from tests.conftest import ROOT
from widget.config import VARIABLES, Config
from widget.google.client import CALENDAR_SCOPES

README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
EVERYTHING = "\n".join((README, *PAGES.values()))


@pytest.mark.parametrize("name", [field.name.upper() for field in fields(Config)])
def test_every_variable_is_in_the_readmes_table(name: str) -> None:
    assert re.search(rf"^\|.*`{name}`.*\|$", README, re.MULTILINE)


@pytest.mark.parametrize("item", fields(Config), ids=lambda item: str(item.name))
def test_a_default_in_the_table_is_the_default(item: Field[Any]) -> None:
    rows = [line for line in README.splitlines() if line.startswith("|")]
    row = next(row for row in rows if f"`{item.name.upper()}`" in row)
    default, declared = row.split("|")[2], VARIABLES[item.name].get("default")
    if declared is None:
        assert "required" in default
    elif declared and "Google" not in default:
        assert f"`{declared}`" in default


def test_every_command_is_named(app: Flask) -> None:
    """As one may type it: a group with what it does, `tokens create|list|revoke`."""
    standard = {"run", "shell", "routes", "serve"}
    for name in set(app.cli.commands) - standard:
        command = app.cli.commands[name]
        if isinstance(command, click.Group):
            found = re.search(rf"`{name} ([a-z|]+)`", README)
            assert found, name
            assert set(found[1].split("|")) == set(command.commands)
        else:
            assert re.search(rf"`{name}`", README), name


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:`|\$ |bin/)make ([a-z]+)", EVERYTHING)))
)
def test_every_target_of_make_that_is_named_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_file_that_is_linked_is_there() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_the_steps_name_the_addresses_and_scopes_that_the_product_uses(app: Flask) -> None:
    for scope in CALENDAR_SCOPES:
        assert f"`{scope.rpartition('/')[2]}`" in README
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    for address in ("/auth/google/callback", "/healthz", "/embed.js"):
        assert address in EVERYTHING
        assert address in rules


def test_every_test_that_the_threat_table_names_is_there() -> None:
    file = ""
    named = re.findall(r"`(tests/[\w/]+\.py|…)(?:::(\w+))?`", PAGES["security.md"])
    assert len(named) > 30
    for path, name in named:
        file = path if path != "…" else file
        assert f"def {name}" in (ROOT / file).read_text(), (file, name)
