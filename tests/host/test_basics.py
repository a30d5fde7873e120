"""The settings page, whatever it looks like: who may see it, and that it saves what it shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.page import Element, starts
from tests.people import PICKER, look


def exported(app: Flask, handle: str = "ana") -> dict[str, Any]:
    return json.loads(command(app, "settings", "export", handle))  # type: ignore[no-any-return]


EVENT = ("title", "duration", "minimum_notice")  # the form of an event type has all of them


def has(form: Element, field: str) -> bool:
    return all(form.all(name=name) for name in (EVENT if field in EVENT else (field,)))


def form_with(shown: Element, field: str) -> Element:
    """The form that has a field of this name."""
    found = [form for form in shown.all("form") if has(form, field)]
    assert found, field
    return found[0]


def form_of(browser: Browser, field: str) -> Element:
    """The form with this field, on the page or behind one of its own links."""
    shown = page.read(browser.client.get("/settings").text)
    links = [link["href"] for link in shown.all("a", href=True)]
    for address in dict.fromkeys(link for link in links if link.startswith("/settings?")):
        if any(has(form, field) for form in shown.all("form")):
            break
        shown = page.read(browser.client.get(address).text)
    return form_with(shown, field)


def save(browser: Browser, field: str, value: str) -> TestResponse:
    """Change one field on the page and send its form as a browser does."""
    form = form_of(browser, field)
    return browser.client.post(form["action"], data=every_field(form, **{field: value}))


def every_field(form: Element, **changes: str) -> dict[str, list[str]]:
    """All fields of a form, those of the same name in their order."""
    found: dict[str, list[str]] = {}
    for each in form.walk():
        if "name" in each.attrs and each.tag in ("input", "textarea", "select"):
            one = each.fields()
            for name, value in one.items():
                found.setdefault(name, []).append(value)
    return {**found, **{name: [value] for name, value in changes.items()}}


# --- who may ------------------------------------------------------------------------------------


@on_sqlite
def test_without_signing_in_the_page_leads_to_sign_in(guest: FlaskClient) -> None:
    answer = guest.get("/settings")
    assert answer.status_code in (302, 303)
    assert answer.headers["Location"].startswith("/login")


def test_without_signing_in_nothing_is_saved(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    before = exported(app)
    form = form_with(page.read(ana.client.get("/settings").text), "display_name")
    fields = every_field(form, display_name="Mallory")
    answer = guest.post(form["action"], data=fields)
    assert answer.status_code in (302, 303, 400, 401)
    assert exported(app) == before


@on_sqlite
def test_without_the_pages_own_token_nothing_is_saved(app: Flask, ana: Browser) -> None:
    before = exported(app)
    shown = page.read(ana.client.get("/settings").text)
    forms = [form for form in shown.all("form") if form.attrs.get("method") == "post"]
    assert len(forms) > 2
    for form in forms:
        fields = every_field(form)
        assert fields["csrf_token"][0]
        for token in (None, "", "forged"):
            wrong = {name: value for name, value in fields.items() if name != "csrf_token"}
            if token is not None:
                wrong["csrf_token"] = [token]
            answer = ana.client.post(form["action"], data=wrong)
            assert answer.status_code == 400
            assert page.read(answer.text).one(role="alert").text
    assert ana.client.get("/settings").status_code == 200
    assert exported(app) == before


@on_sqlite
def test_another_hosts_token_is_no_good(app: Flask, ana: Browser, google: StandIn) -> None:
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example")
    form = form_with(page.read(ben.client.get("/settings").text), "display_name")
    answer = ana.client.post(form["action"], data=every_field(form, display_name="Ben's"))
    assert answer.status_code == 400
    assert exported(app)["display_name"] == "Ana Silva"
    assert exported(app, "ben")["display_name"] == "Ben Okafor"


@on_sqlite
def test_each_host_sees_and_changes_only_their_own(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example")
    assert "Ana Silva" not in ben.client.get("/settings").text
    assert save(ben, "display_name", "Benedict").status_code == 303
    assert exported(app, "ben")["display_name"] == "Benedict"
    assert exported(app)["display_name"] == "Ana Silva"


# --- what is saved --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("display_name", "Ana Sílvia & Co <3", lambda d: d["display_name"]),
        ("time_zone", "America/New_York", lambda d: d["time_zone"]),
        ("title", 'A "call"', lambda d: d["event_types"][0]["title"]),
        ("duration", "45 min", lambda d: f"{d['event_types'][0]['duration']} min"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@on_sqlite
def test_what_is_saved_is_exported_and_shown_again(
    app: Flask, ana: Browser, field: str, value: str, read: Callable[[Any], str]
) -> None:
    before = exported(app)
    assert save(ana, field, value).status_code == 303
    after = exported(app)
    assert read(after) == value
    assert form_of(ana, field).fields()[field] == value
    differing = [name for name in after if after[name] != before[name]]
    assert len(differing) == 1  # a section saves nothing but itself


def test_changed_hours_change_what_guests_see(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    assert starts(look(guest, f"{PICKER}?date=2026-12-01"))[0] == "2026-12-01T09:00:00Z"
    form = form_with(page.read(ana.client.get("/settings").text), "tue-start")
    fields = every_field(form)
    fields["tue-start"][0] = "13:00"
    assert ana.client.post(form["action"], data=fields).status_code == 303
    assert exported(app)["weekly_hours"]["tue"] == [["13:00", "17:00"]]
    assert starts(look(guest, f"{PICKER}?date=2026-12-01"))[0] == "2026-12-01T13:00:00Z"


@on_sqlite
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("display_name", "x" * 101),
        ("display_name", "a\x00b"),
        ("time_zone", "Mars/Olympus"),
        ("title", ""),
        ("duration", "0"),
        ("duration", "half an hour"),
        ("duration", "9" * 30),
        ("duration", "1.5"),
        ("duration", "٣"),
    ],
)
def test_what_is_not_right_is_named_and_nothing_is_saved(
    app: Flask, ana: Browser, field: str, value: str
) -> None:
    before = exported(app)
    answer = save(ana, field, value)
    assert answer.status_code == 422
    shown = page.read(answer.text)
    alert = shown.one(data_error="invalid_request")
    assert any(field in link["href"] for link in alert.all("a"))
    assert form_with(shown, field).one(name=field)["aria-invalid"] == "true"
    assert exported(app) == before
    if field != "time_zone":  # a list of zones cannot show what is none
        kept = form_with(shown, field).fields()[field]
        assert kept == value.replace("\x00", "\ufffd")  # as a browser reads a NUL


# --- two windows ----------------------------------------------------------------------------------


def test_what_another_window_saved_meanwhile_is_not_overwritten(app: Flask, ana: Browser) -> None:
    old = form_of(ana, "display_name")
    assert save(ana, "display_name", "Saved elsewhere").status_code == 303
    answer = ana.client.post(old["action"], data=every_field(old, display_name="Typed here"))
    assert answer.status_code == 409
    shown = page.read(answer.text)
    assert shown.one(data_error="conflict")
    assert exported(app)["display_name"] == "Saved elsewhere"
    again = form_with(shown, "display_name")
    assert again.fields()["display_name"] == "Typed here"
    assert ana.client.post(again["action"], data=every_field(again)).status_code == 303
    assert exported(app)["display_name"] == "Typed here"


@on_sqlite
def test_what_another_window_saved_elsewhere_on_the_page_is_kept(app: Flask, ana: Browser) -> None:
    old = form_of(ana, "display_name")
    assert save(ana, "title", "Saved elsewhere").status_code == 303
    answer = ana.client.post(old["action"], data=every_field(old, display_name="Typed here"))
    if answer.status_code == 409:
        again = form_with(page.read(answer.text), "display_name")
        answer = ana.client.post(again["action"], data=every_field(again))
    assert answer.status_code == 303
    after = exported(app)
    assert after["display_name"] == "Typed here"
    assert after["event_types"][0]["title"] == "Saved elsewhere"


@on_sqlite
def test_an_import_meanwhile_counts_as_another_window(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    old = form_with(page.read(ana.client.get("/settings").text), "display_name")
    change("ana", display_name="Imported")
    answer = ana.client.post(old["action"], data=every_field(old, display_name="Typed"))
    assert answer.status_code == 409
    assert exported(app)["display_name"] == "Imported"


@on_sqlite
def test_without_or_with_a_broken_revision_nothing_is_saved(app: Flask, ana: Browser) -> None:
    form = form_with(page.read(ana.client.get("/settings").text), "display_name")
    for revision in ("", "x", "-1", "9" * 40, "\x00"):
        fields = every_field(form, display_name="Typed", revision=revision)
        assert ana.client.post(form["action"], data=fields).status_code in (409, 422)
    assert exported(app)["display_name"] == "Ana Silva"


# --- what else is on it --------------------------------------------------------------------------


@on_sqlite
def test_the_page_has_the_connection_the_snippet_and_a_preview(ana: Browser) -> None:
    answer = ana.client.get("/settings")
    shown = page.read(answer.text)
    assert "ana@sailing.example" in shown.text
    assert '<meetslot-booking host="ana" event="intro"' in answer.text.replace("&lt;", "<").replace(
        "&gt;", ">"
    ).replace("&#34;", '"').replace("&quot;", '"')
    assert "http://localhost/embed.js" in answer.text
    assert any(each["src"].startswith("/") and each["title"] for each in shown.all("iframe"))
