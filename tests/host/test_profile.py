"""The section "You": name, address and time zone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import PICKER, exported, faults, form, save, show
from widget.core.fields import NOT_NEW


@on_sqlite
def test_name_and_zone_are_seen_by_guests_programs_and_the_export(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    changes = {"display_name": "Ana S. & Söhne", "time_zone": "America/New_York"}
    answer = save(ana, "profile", changes)
    assert "Saved." in page.read(answer.text).one(id="profile").text
    assert "Ana S. & Söhne" in page.read(guest.get(PICKER).text).one("header").text
    told = guest.get("/api/v1/ana").get_json()
    assert (told["display_name"], told["time_zone"]) == ("Ana S. & Söhne", "America/New_York")
    document = exported(app)
    assert (document["display_name"], document["time_zone"]) == tuple(changes.values())


def test_an_old_handle_leads_guests_and_programs_to_the_new_one(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    save(ana, "profile", {"handle": "  Ana-Silva "})
    assert exported(app, "ana-silva")["handle"] == "ana-silva"
    moved = guest.get(f"{PICKER}?date=2026-12-01&utm_source=mail")
    assert moved.status_code == 307
    assert moved.headers["Location"] == "/book/ana-silva/intro?date=2026-12-01&utm_source=mail"
    assert guest.get(moved.headers["Location"]).status_code == 200
    assert guest.get("/book/ana").headers["Location"] == "/book/ana-silva"
    api = guest.get("/api/v1/ana/intro/slots?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z")
    assert api.status_code == 307
    assert api.headers["Access-Control-Allow-Origin"] == "*"
    assert guest.get(api.headers["Location"]).get_json()["slots"]
    body = {"start": "2026-12-01T10:00:00Z", "name": "Gita", "email": "gita@guest.example"}
    moved = guest.post("/api/v1/ana/intro/bookings", json=body)
    assert moved.status_code == 307
    booked = guest.post(moved.headers["Location"], json=body)
    assert booked.status_code == 201


@on_sqlite
def test_the_one_word_that_hosts_of_old_may_have_is_taken_by_no_import(
    app: Flask, ana: Browser
) -> None:
    document = {**exported(app), "handle": "me"}
    args = ["settings", "import", "ana", "-"]
    result = app.test_cli_runner().invoke(args=args, input=json.dumps(document))
    assert result.exit_code == 1
    assert "handle: is reserved: choose another" in result.output
    with models.database.connection_context():
        models.Host.update(handle="me", settings=json.dumps(document)).execute()
    answer = save(ana, "profile", {"display_name": "A host of old"})
    assert answer.status_code == 200
    assert exported(app, "me")["display_name"] == "A host of old"


def test_an_old_handle_is_its_hosts_for_ever(app: Flask, google: StandIn, ana: Browser) -> None:
    save(ana, "profile", {"handle": "silva"})
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example")
    answer = save(ben, "profile", {"handle": "ana"})
    assert "taken" in faults(answer)["profile-handle"]
    assert exported(app, "ben")["handle"] == "ben"
    save(ana, "profile", {"handle": "ana"})
    assert exported(app)["handle"] == "ana"
    assert app.test_client().get("/book/silva/intro").headers["Location"] == PICKER
    assert app.test_client().get(PICKER).status_code == 200


def test_a_new_host_does_not_get_an_old_handle(app: Flask, google: StandIn, ana: Browser) -> None:
    save(ana, "profile", {"handle": "silva"})
    dana = google.state.people["dana@strict.example"]
    google.state.people["ana@other.example"] = type(dana)("ana@other.example", "Ana B", "UTC")
    google.state.calendars["ana@other.example"] = type(google.state.calendars[dana.email])(
        "ana@other.example", "ana@other.example", "Ana", "UTC"
    )
    Browser(app.test_client(), google).sign_in("ana@other.example")
    assert "ana-2\t" in command(app, "hosts", "list")


def test_an_import_cannot_take_an_old_handle_either(
    app: Flask, google: StandIn, ana: Browser
) -> None:
    save(ana, "profile", {"handle": "silva"})
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    document = command(app, "settings", "export", "ben").replace('"ben"', '"ana"')
    result = app.test_cli_runner().invoke(args=["settings", "import", "ben", "-"], input=document)
    assert result.exit_code == 1
    assert "handle:" in result.stderr


@on_sqlite
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("display_name", "", "cannot be empty"),
        ("display_name", "a" * 101, "at most 100"),
        ("display_name", "Ana \u202eavliS", "turn text around"),
        ("handle", "", "a-z, 0-9"),
        ("handle", "ana silva", "a-z, 0-9"),
        ("handle", "../ana", "a-z, 0-9"),
        ("handle", "a" * 41, "1 to 40"),
        *[("handle", word, "reserved") for word in sorted(NOT_NEW)],
        ("time_zone", "Europe/Atlantis", "IANA time zone"),
        ("time_zone", "", "IANA time zone"),
    ],
)
def test_a_bad_field_is_named_and_nothing_else_is_lost(
    app: Flask, ana: Browser, field: str, value: str, words: str
) -> None:
    before = exported(app)
    typed = {"display_name": "New Name", "handle": "new-handle", "time_zone": "UTC", field: value}
    answer = save(ana, "profile", typed)
    found = faults(answer)
    assert list(found) == [f"profile-{field}"]
    assert words in found[f"profile-{field}"]
    kept: dict[str, Any] = form(page.read(answer.text), "profile").fields()
    others = set(typed) - {field, "time_zone"}
    assert {name: kept[name] for name in others} == {name: typed[name] for name in others}
    if field == "display_name":
        assert kept["time_zone"] == "UTC"
    assert exported(app) == before


@on_sqlite
def test_markup_in_a_name_stays_text(ana: Browser, guest: FlaskClient) -> None:
    name = "<img src=x onerror=alert(1)>&amp;\"'"
    save(ana, "profile", {"display_name": name})
    assert form(show(ana), "profile").fields()["display_name"] == name
    assert "<img" not in guest.get(PICKER).text


@on_sqlite
@pytest.mark.parametrize(
    ("handle", "state"),
    [
        ("ana", "own"),
        ("ben", "bad"),
        ("settings", "bad"),
        ("Ana Silva", "bad"),
        ("free-one", "good"),
        ("FREE", "good"),
    ],
)
def test_a_handle_is_looked_up_while_it_is_typed(
    app: Flask, google: StandIn, ana: Browser, handle: str, state: str
) -> None:
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    answer = ana.client.get("/settings/check/handle", query_string={"handle": handle})
    assert page.read(answer.text).one(id="handle-said")["data-state"] == state


@on_sqlite
def test_only_a_signed_in_host_with_the_pages_own_form_changes_anything(
    app: Flask, ana: Browser
) -> None:
    before = exported(app)
    sent = form(show(ana), "profile").sent()
    assert app.test_client().post("/settings/profile", data=sent).status_code in (302, 400)
    sent.poplist("csrf_token")
    assert ana.client.post("/settings/profile", data=sent).status_code == 400
    assert exported(app) == before


@on_sqlite
def test_a_sections_own_address_leads_back_to_the_page(ana: Browser) -> None:
    assert ana.client.get("/settings/profile").headers["Location"] == "/settings#profile"
    assert ana.client.get("/settings/event-types").headers["Location"] == "/settings#events"
    assert ana.client.get("/settings/nothing").status_code == 404


@on_sqlite
@pytest.mark.parametrize("press", [None, ("do", "add-mon")])
def test_the_top_of_the_page_leads_to_what_is_not_saved_yet(ana: Browser, press: Any) -> None:
    answer = save(ana, "hours", {"mon-start": "20:00"}, press=press)
    main = page.read(answer.text).one("main")
    first = next(each for each in main.all("a") if "not saved yet" in each.text)
    assert first["href"] == "#hours"
    assert main.text.index(first.text) < main.text.index("To come")
    assert "not saved yet" not in show(ana).one("main").text
