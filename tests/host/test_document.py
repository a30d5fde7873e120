"""Page and import take the same documents, and what one saves the other shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how

from tests.conftest import Browser, on_sqlite
from tests.core.test_document import documents, good
from tests.page import Element
from tests.people import form, show

pytestmark = on_sqlite


@pytest.fixture
def host(app: Flask, ana: Browser) -> Browser:
    return ana


def export(app: Flask, handle: str) -> dict[str, Any]:
    result = app.test_cli_runner().invoke(args=["settings", "export", handle])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def save_all(host: Browser, document: dict[str, Any]) -> None:
    """Every section as the page shows it, one by one, with nothing changed."""
    shown = show(host)
    for section in ("profile", "hours", "calendars", "theme", "sites", "blocked"):
        send(host, shown, section)
    for event in document["event_types"]:
        send(host, show(host, f"?event={event['slug']}"), f"events/{event['slug']}")
    for day in document["date_overrides"]:
        send(host, show(host, f"?from={day}&to={day}"), "dates")


def send(host: Browser, shown: Element, section: str) -> None:
    found = form(shown, section)
    answer = host.client.post(found["action"], data=found.sent())
    assert answer.status_code == 303, (section, answer.text)


@how(
    max_examples=20,
    phases=[Phase.generate],  # a smaller example is not worth minutes of page views
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(document=documents)
def test_any_good_document_survives_import_page_and_export(
    app: Flask, host: Browser, document: dict[str, Any]
) -> None:
    handle = show(host).one("input", name="handle")["value"]
    result = app.test_cli_runner().invoke(
        args=["settings", "import", handle, "-"], input=json.dumps(document)
    )
    assert result.exit_code == 0, result.output
    save_all(host, document)
    assert export(app, document["handle"]) == document


def test_the_interface_example_survives_the_page_key_by_key(app: Flask, host: Browser) -> None:
    document = good()
    result = app.test_cli_runner().invoke(
        args=["settings", "import", "ana", "-"], input=json.dumps(document)
    )
    assert result.exit_code == 0, result.output
    save_all(host, document)
    assert json.dumps(export(app, "ana")) == json.dumps(document)
