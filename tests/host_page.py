"""The settings page as a host uses it without JavaScript: sections, their forms, what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import page
from tests.conftest import Browser, command
from tests.page import Element

#: What is not about the database is tried on one.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def show(host: Browser, query: str = "") -> Element:
    answer = host.client.get(f"/settings{query}")
    assert answer.status_code == 200, answer.status_code
    return page.read(answer.text)


def form(shown: Element, section: str) -> Element:
    """The form that saves a section (or a booking, or the event type `events/intro`)."""
    (found,) = [
        each
        for each in shown.all("form", method="post")
        if each["action"].partition("?")[0] == f"/settings/{section}"
    ]
    return found


def save(
    host: Browser,
    section: str,
    changes: dict[str, Any] | None = None,
    *,
    press: tuple[str, str] | None = None,
    query: str = "",
    shown: Element | None = None,
) -> TestResponse:
    """Send a section's form with some fields changed (None: left out), and follow where it leads.

    `shown`: the page as this window has it, else as it is now.
    """
    found = form(shown or show(host, query), section)
    sent = found.sent()
    for name, value in (changes or {}).items():
        sent.poplist(name)
        if value is not None:
            sent.setlist(name, value if isinstance(value, list) else [value])
    if press:
        sent.add(*press)
    return host.client.post(found["action"], data=sent, follow_redirects=True)


def save_event(
    host: Browser, changes: dict[str, Any] | None = None, slug: str = "intro", **more: Any
) -> TestResponse:
    """The same for an event type's editor."""
    return save(host, f"events/{slug}", changes, query=f"?event={slug}", **more)


def faults(answer: TestResponse) -> dict[str, str]:
    """What a refused form says: by the element that the summary leads to, each said there too."""
    assert answer.status_code == 422, answer.status_code
    shown = page.read(answer.text)
    alert = shown.one(role="alert", data_error="invalid_request")
    found = {link["href"].removeprefix("#"): link.text for link in alert.all("a")}
    for id, words in found.items():
        field = shown.one(id=id)
        beside = shown.one(id=f"{id}-fault").text
        assert words.endswith(beside)
        marked = [each for each in field.walk() if "aria-invalid" in each.attrs]
        if field.tag not in ("fieldset", "div", "span"):
            assert f"{id}-fault" in marked[0]["aria-describedby"].split()
    return found


def exported(app: Flask, handle: str = "ana") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(command(app, "settings", "export", handle))
    return document


def event_of(app: Flask, slug: str = "intro") -> dict[str, Any]:
    (found,) = [each for each in exported(app)["event_types"] if each["slug"] == slug]
    return dict(found)


def book(app: Flask, start: str = "2026-12-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    """A guest books over the API; the answer's booking."""
    body = {"start": start, "name": "Gita Guest", "email": "gita@guest.example", **more}
    answer = app.test_client().post("/api/v1/ana/intro/bookings", json=body)
    assert answer.status_code in (201, 202), answer.text
    booking: dict[str, Any] = answer.get_json()["booking"]
    return booking
