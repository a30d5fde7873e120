"""A host signs in with Google."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from cryptography.fernet import Fernet
from flask import Flask

from app import create_app
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command
from widget import config
from widget.google.client import CALENDAR_SCOPES, EVENTS_SCOPE, FREEBUSY_SCOPE


def settings_of(app: Flask, handle: str) -> dict[str, Any]:
    return json.loads(command(app, "settings", "export", handle))  # type: ignore[no-any-return]


def test_a_first_sign_in_gives_the_defaults_and_the_calendars_own_zone(
    app: Flask, ana: Browser
) -> None:
    document = settings_of(app, "ana")
    assert (document["handle"], document["display_name"]) == ("ana", "Ana Silva")
    assert document["time_zone"] == "Europe/Lisbon"
    assert (
        document["weekly_hours"]["mon"] == document["weekly_hours"]["fri"] == [["09:00", "17:00"]]
    )
    assert document["weekly_hours"]["sat"] == document["weekly_hours"]["sun"] == []
    (event,) = document["event_types"]
    assert (event["slug"], event["duration"]) == ("intro", 30)
    assert (event["minimum_notice"], event["booking_window_days"]) == (240, 60)


def test_google_is_asked_with_pkce_state_nonce_and_the_least_scopes(app: Flask) -> None:
    to_google = app.test_client().get("/login?hint=ana@sailing.example").headers["Location"]
    asked = {name: value[0] for name, value in parse_qs(urlsplit(to_google).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) > 20
    assert len(asked["nonce"]) > 10
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert "include_granted_scopes" not in asked
    assert asked["login_hint"] == "ana@sailing.example"
    assert asked["redirect_uri"] == "http://localhost/auth/google/callback"
    assert set(asked["scope"].split()) == {"openid", "email", "profile", *CALENDAR_SCOPES}


@pytest.mark.parametrize("left_out", CALENDAR_SCOPES)
def test_an_unticked_scope_is_named_with_a_way_to_try_again(
    app: Flask, google: StandIn, left_out: str
) -> None:
    browser = Browser(app.test_client(), google)
    answer = browser.sign_in(
        "ana@sailing.example", [scope for scope in CALENDAR_SCOPES if scope != left_out]
    )
    assert answer.status_code == 403
    said = page.read(answer.text)
    (use,) = said.one(role="alert").all("li")
    assert {EVENTS_SCOPE: "edit events", FREEBUSY_SCOPE: "busy"}.get(left_out, "list") in use.text
    assert said.one("a", _class="button").text == "Try again"
    assert command(app, "hosts", "list") == ""
    again = browser.sign_in("ana@sailing.example")
    assert again.request.path == "/settings"


def test_a_second_sign_in_is_the_same_host(app: Flask, ana: Browser) -> None:
    ana.sign_in("ana@sailing.example")
    assert len(command(app, "hosts", "list").splitlines()) == 1


def test_two_hosts_with_the_same_local_part_get_different_handles(
    app: Flask, google: StandIn, ana: Browser
) -> None:
    other = google.state.people["dana@strict.example"]
    google.state.people["ana@other.example"] = type(other)(
        "ana@other.example", "Another Ana", "Europe/Berlin"
    )
    google.state.calendars["ana@other.example"] = type(google.state.calendars[other.email])(
        "ana@other.example", "ana@other.example", "Ana", "Europe/Berlin"
    )
    Browser(app.test_client(), google).sign_in("ana@other.example")
    assert settings_of(app, "ana-2")["display_name"] == "Another Ana"


def test_saying_no_at_google_is_answered_kindly(app: Flask, google: StandIn) -> None:
    answer = Browser(app.test_client(), google).sign_in(None)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "did not allow" in page.read(answer.text).one(role="alert").text


@pytest.mark.parametrize("begun", [False, True])
def test_a_callback_that_this_browser_did_not_begin_is_refused(
    app: Flask, google: StandIn, begun: bool
) -> None:
    victim, attacker = app.test_client(), app.test_client()
    if begun:
        victim.get("/login")
    to_google = attacker.get("/login").headers["Location"]
    back = urlsplit(google.authorize(to_google, "ben@sailing.example"))
    google.fault("oauth.token", status=500, times=None)
    before = google.faults.taken
    answer = victim.get(f"{back.path}?{back.query}")
    assert answer.status_code == 400
    assert victim.get("/settings").status_code == 302
    # by its state alone: nobody has asked what its code is worth
    assert google.faults.taken == before


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "oauth.token", "status": 500, "reason": "internal_failure"},
        {"method": "oauth.token", "body": "<html>"},
        {"method": "oauth.token", "cut": "before"},
        {"method": "oauth.token", "status": 400, "reason": "invalid_grant"},
        {"method": "oauth.jwks", "status": 503},
        {"method": "oauth.metadata", "status": 503},
        {"method": "calendar.calendarList.list", "status": 503},
        {"method": "calendar.calendarList.list", "body": "not JSON"},
    ],
    ids=str,
)
def test_a_fault_of_googles_while_signing_in_changes_nothing(
    app: Flask, google: StandIn, fault: dict[str, Any]
) -> None:
    google.fault(**{"times": None, **fault})
    browser = Browser(app.test_client(), google)
    to_google = browser.client.get("/login")
    if to_google.status_code == 302:
        back = urlsplit(google.authorize(to_google.headers["Location"], "ana@sailing.example"))
        answer = browser.client.get(f"{back.path}?{back.query}")
    else:
        answer = to_google
    assert answer.status_code in (400, 503)
    assert page.read(answer.text).one(role="alert").text
    assert command(app, "hosts", "list") == ""
    google.clear_faults()
    assert browser.sign_in("ana@sailing.example").request.path == "/settings"


def test_only_allowed_accounts_become_hosts(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> None:
    app = create_app(config.load({**environ, "ALLOWED_HOSTS_SIGN_IN": "@sailing.example"}))
    assert Browser(app.test_client(), google).sign_in("dana@strict.example").status_code == 403
    assert Browser(app.test_client(), google).sign_in("ben@sailing.example").status_code == 200


def test_tokens_are_encrypted_at_rest_and_never_reach_the_browser(
    app: Flask, google: StandIn, ana: Browser, environ: dict[str, str]
) -> None:
    (grant,) = google.state.grants
    access = next(iter(google.state.access))
    import models

    with models.database.connection_context():
        (row,) = models.database.execute_sql("SELECT * FROM host").fetchall()
    stored = repr(row)
    shown = ana.client.get("/settings").text + repr(ana.client.get_cookie("session"))
    for token in (grant.refresh_token, access):
        assert token
        assert token not in stored
        assert token not in shown


def test_an_expired_access_token_is_refreshed_and_kept(
    app: Flask, google: StandIn, ana: Browser, clock: time_machine.Traveller
) -> None:
    clock.shift(7200)
    google.calls.clear()
    assert app.test_client().get("/book/ana/intro").status_code == 200
    before = len(google.state.access)
    clock.shift(120)
    assert app.test_client().get("/book/ana/intro").status_code == 200
    assert len(google.state.access) == before  # the second look needed no new one


def test_a_revoked_grant_disconnects_and_a_new_sign_in_heals(
    app: Flask, google: StandIn, ana: Browser, clock: time_machine.Traveller
) -> None:
    google.revoke("ana@sailing.example")
    clock.shift(7200)
    answer = app.test_client().get("/book/ana/intro")
    assert answer.status_code == 503
    assert page.read(answer.text).one(data_error="calendar_disconnected")
    settings = page.read(ana.client.get("/settings").text)
    assert "not connected" in settings.one(role="alert").text
    ana.sign_in("ana@sailing.example")
    assert app.test_client().get("/book/ana/intro").status_code == 200
    assert not page.read(ana.client.get("/settings").text).all(role="alert")


def test_a_passing_fault_of_the_token_endpoint_does_not_disconnect(
    app: Flask, google: StandIn, ana: Browser, clock: time_machine.Traveller
) -> None:
    clock.shift(7200)
    google.fault("oauth.token", status=503, reason="backend_error", times=None)
    answer = app.test_client().get("/book/ana/intro")
    assert page.read(answer.text).one(data_error="calendar_unavailable")
    google.clear_faults()
    clock.shift(30)
    assert app.test_client().get("/book/ana/intro").status_code == 200


def test_signing_out_ends_the_session(ana: Browser) -> None:
    form = page.read(ana.client.get("/settings").text).one("form", action="/logout")
    ana.client.post("/logout", data=form.fields())
    assert ana.client.get("/settings").headers["Location"].startswith("/login")


def test_signing_out_needs_the_pages_own_form(ana: Browser) -> None:
    assert ana.client.post("/logout").status_code == 400
    assert ana.client.get("/settings").status_code == 200


def test_keys_can_be_rotated(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn, tmp_path: Path
) -> None:
    app = create_app(config.load(environ))
    Browser(app.test_client(), google).sign_in("ana@sailing.example")
    keys = f"{Fernet.generate_key().decode()},{environ['TOKEN_KEYS']}"
    rotated = create_app(config.load({**environ, "TOKEN_KEYS": keys}))
    assert rotated.test_client().get("/book/ana/intro").status_code == 200


def test_a_token_that_no_key_opens_is_good_again_when_its_key_is_back(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> None:
    app = create_app(config.load(environ))
    Browser(app.test_client(), google).sign_in("ana@sailing.example")
    wrong = create_app(config.load({**environ, "TOKEN_KEYS": Fernet.generate_key().decode()}))
    assert wrong.test_client().get("/book/ana/intro").status_code == 503
    back = create_app(config.load(environ))
    assert back.test_client().get("/book/ana/intro").status_code == 200


def test_a_deleted_hosts_session_opens_nobody_elses_account(
    app: Flask, google: StandIn, ana: Browser
) -> None:
    command(app, "hosts", "delete", "ana", "--yes")
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example", follow=False)
    assert ben.client.get("/settings").status_code == 200
    assert ana.client.get("/settings").headers["Location"].startswith("/login")


def test_being_sent_to_sign_in_writes_nothing_over_a_sign_in_that_has_begun(
    app: Flask, clock: time_machine.Traveller
) -> None:
    assert "Set-Cookie" not in app.test_client().get("/settings").headers
