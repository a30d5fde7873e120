"""What every answer carries: who may frame, run and keep it; no cookie on the guest's side."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from app import create_app
from demo.google import StandIn
from tests import page
from tests.conftest import ROOT, Browser
from tests.people import ANA, API, HTMX, NINE, PICKER, ask, book, fill, send
from tests.world import Database
from widget import config
from widget.google.client import EVENTS_SCOPE
from widget.web.audience import Audience, Room

FOR_EVER = "max-age=31536000"
SAME_FOR_ALL = {(200, "steps.event"), (200, "steps.event_types"), (200, "api.host")}
SAME_FOR_ALL |= {(200, "static.static_file"), (200, "api.slots")}
PERSONAL = re.compile(r"/booking/|/settings|/login|/logout|/auth/|/book/|^/$")


@pytest.fixture
def database_url(sqlite: Database) -> str:
    """One database is enough here."""
    sqlite.empty()
    return sqlite.url


def directives(answer: TestResponse) -> dict[str, str]:
    policy = answer.headers["Content-Security-Policy"]
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _space, value in parts}


def every_answer(app: Flask, client: FlaskClient, token: str) -> Iterator[tuple[Any, TestResponse]]:
    """Every route, asked as it is and as htmx asks, with every method it has."""
    known = {
        "handle": "ana", "host": "ana", "slug": "intro", "event": "intro", "token": token,
        "filename": "guest.js", "name": "guest.js", "version": "x", "accent": "1a73e8", "id": "1",
    }  # fmt: skip
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: known.get(name[1], "x"), rule.rule)
        if rule.endpoint == "signin.logout":
            continue  # the last to be asked, by its own test
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            for headers in ({}, HTMX):
                yield rule, client.open(address, method=method, headers=headers)


HOST_ROOMS = {
    "signin",
    "settings",
    "acts",
    "preview",
}


def is_host_side(rule: Any) -> bool:
    return rule.endpoint.partition(".")[0] in HOST_ROOMS


def test_every_route_protects_its_answers(app: Flask, ana: Browser) -> None:
    token = book(app.test_client()).removeprefix("/booking/")
    seen = 0
    for rule, answer in every_answer(app, ana.client, token):
        where = f"{answer.request.method} {answer.request.path}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff", where
        room = app.blueprints.get(rule.endpoint.partition(".")[0])
        # which scripts of any site may ask
        if isinstance(room, Room) and room.audience is Audience.PROGRAM:
            assert answer.headers["Access-Control-Allow-Origin"] == "*", where
        if answer.mimetype in ("text/javascript", "text/css") and answer.status_code == 200:
            assert "Set-Cookie" not in answer.headers, where
            continue  # a script or a style sheet is no page
        policy = directives(answer)
        assert "unsafe" not in str(policy), where
        assert policy["default-src"] == "'none'", where
        assert policy["script-src"] == "'self'", where
        assert re.fullmatch(r"'self'( 'sha256-[\w+/]{43}='){0,2}", policy["style-src"]), where
        assert policy["base-uri"] == "'none'", where
        assert answer.headers["Referrer-Policy"] == "no-referrer", where
        assert "camera=()" in answer.headers["Permissions-Policy"], where
        assert answer.status_code < 500, where
        if is_host_side(rule):  # the preview is framed by the settings page alone
            own = "'self'" if "preview" in rule.rule else "'none'"
            assert policy["frame-ancestors"] in ("'none'", own), where
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
        else:
            assert "Set-Cookie" not in answer.headers, where
            assert "Cookie" not in answer.headers.get("Vary", ""), where
        if answer.headers["Cache-Control"] == "no-cache":  # the same for every guest
            assert (answer.status_code, rule.endpoint) in SAME_FOR_ALL, where
            assert answer.headers["ETag"].startswith('W/"'), where
        elif PERSONAL.search(answer.request.path):
            assert answer.headers["Cache-Control"] == "no-store", where
        seen += 1
    assert seen > 25


def test_no_guest_answer_sets_a_cookie_whatever_was_sent(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn
) -> None:
    for client, hour in ((guest, "09"), (ana.client, "14")):
        google.fault("calendar.events.insert", status=429, reason="rateLimitExceeded")
        fields = fill(client, f"2026-12-01T{hour}:00:00Z")
        answers = [
            client.get(f"{PICKER}?start=soon"),
            send(client, {**fields, "email": "nobody"}),
            send(client, fields),
            send(client, fields),
            send(client, {**fields, "name": "Somebody else"}),
            ask(client, start="2026-12-01T10:00:00Z"),
            ask(client, {}),
            client.post(PICKER, data=b"x" * 300_000),
            client.get("/nothing"),
            client.put(PICKER),
            client.get("/embed.js"),
            client.get("/healthz"),
        ]
        for answer in answers:
            assert "Set-Cookie" not in answer.headers
            assert "Cookie" not in answer.headers.get("Vary", "")
    assert guest.get_cookie("session") is None


def test_files_are_kept_for_ever_and_their_addresses_change_with_them(
    guest: FlaskClient, ana: Browser
) -> None:
    shown = page.read(guest.get(PICKER).text)
    host_side = page.read(ana.client.get("/settings").text)
    files = {
        each.attrs.get("src") or each["href"]
        for each in [
            *shown.all("script", src=True),
            *shown.all("link", rel="stylesheet"),
            *host_side.all("script", src=True),
            *host_side.all("link", rel="stylesheet"),
        ]
    }
    assert len(files) >= 4
    for address in files:
        answer = guest.get(address)
        assert answer.status_code == 200
        assert FOR_EVER in answer.headers["Cache-Control"]
        assert "public" in answer.headers["Cache-Control"]
        assert re.search(r"\?v=\w{8,}|-\d+\.\d+\.\d+\.|/static/\w{8,}/", address), address


@pytest.mark.parametrize(
    ("address", "header"), [(f"{API}/bookings", "Idempotency-Key"), ("/mcp", "Mcp-Method")]
)
def test_a_script_of_any_site_may_send_what_programs_send(
    guest: FlaskClient, address: str, header: str
) -> None:
    answer = guest.options(address, headers={"Origin": "https://anywhere.example"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert header in answer.headers["Access-Control-Allow-Headers"]


def test_the_embed_script_reaches_every_site_and_is_renewed_soon(guest: FlaskClient) -> None:
    answer = guest.get("/embed.js")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    seconds = re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])
    assert seconds
    assert 0 < int(seconds[1]) <= 86400
    assert answer.content_type.startswith("text/javascript")


# --- who may frame ------------------------------------------------------------------------------


def test_any_site_may_frame_a_host_who_named_none(guest: FlaskClient, ana: Browser) -> None:
    # `*` would shut out pages without an origin of their own, such as files
    assert "frame-ancestors" not in directives(guest.get(PICKER))


def test_only_the_hosts_sites_may_frame_the_guest_pages(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, change: Callable[..., None]
) -> None:
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    sites = ["https://ana.example", "http://localhost:8001"]
    change("ana", allowed_sites=sites)
    fields = fill(guest)
    address = send(guest, fields).headers["Location"]
    google.fault("calendar.events.insert", status=429, reason="rateLimitExceeded")
    answers = [
        guest.get("/book/ana"),
        guest.get(PICKER),
        guest.get(PICKER, headers=HTMX),
        guest.get(f"{PICKER}?step=zone"),
        guest.get(f"{PICKER}?start=soon"),
        guest.get("/book/ana/nothing"),
        send(guest, fields),
        send(guest, {**fields, "email": "nobody"}),
        send(guest, {**fields, "name": "Taken"}),
        send(guest, {**fields, "start": "2026-12-01T10:00:00Z"}),
        guest.get(address),
    ]
    assert {answer.status_code for answer in answers} >= {200, 303, 404, 409, 422, 503}
    for answer in answers:
        assert directives(answer)["frame-ancestors"].split() == ["'self'", *sites]
    assert "frame-ancestors" not in directives(guest.get("/book/ben/intro"))


@pytest.mark.parametrize(
    "address", ["/", "/settings", "/login", "/nothing", "/auth/google/callback"]
)
def test_nobody_frames_the_hosts_side(app: Flask, guest: FlaskClient, address: str) -> None:
    assert directives(guest.get(address))["frame-ancestors"] == "'none'"


def test_over_https_browsers_are_told_to_stay_there_and_cookies_too(
    environ: dict[str, str], clock: Any
) -> None:
    app = create_app(config.load({**environ, "PUBLIC_URL": "https://book.example.com"}))
    answer = app.test_client().get("/login", base_url="https://book.example.com")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    for said in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert said in cookie
    # no other machine of the domain can set it, as browsers have it
    assert cookie.startswith("__Host-session=")
    assert "Path=/;" in f"{cookie};"
    assert "domain" not in cookie.lower()
    models.database.close()


# --- nothing inline -------------------------------------------------------------------------------


def nothing_inline(answer: TestResponse) -> None:
    """But the guest's two style sheets, which are allowed by their hashes (CSP 3, 6.7.3.3)."""
    for each in page.read(answer.text).walk():
        if each.tag == "style":
            digest = base64.b64encode(hashlib.sha256(each.raw.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in directives(answer)["style-src"].split()
        assert not {name for name in each.attrs if name == "style" or name.startswith("on")}
        assert not {name for name in each.attrs if name.startswith("hx-on")}
        assert not each.attrs.get("hx-vals", "").startswith(("js:", "javascript:"))
        if each.attrs.get("type") == "application/ld+json":
            json.loads(each.raw)  # data, which no browser runs
        elif each.tag == "script":
            assert each["src"].startswith("/")
            assert each.raw.strip() == ""
        for name in ("href", "src", "action", "formaction"):
            assert not each.attrs.get(name, "").lower().startswith("javascript:")


def test_no_page_has_script_or_style_in_it(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, change: Callable[..., None]
) -> None:
    other = Browser(app.test_client(), google)
    questions = [
        {"id": kind, "label": kind, "kind": kind}
        for kind in ("text", "long_text", "checkbox", "phone")
    ]
    change("ana", event={"questions": questions, "extra_guests": 2})
    fields = fill(guest)
    pages = [
        guest.get("/book/ana"),
        guest.get(f"{PICKER}?accent=ff0000&theme=dark"),
        guest.get(f"{PICKER}?step=zone"),
        guest.get(f"{PICKER}?start={NINE}"),
        send(guest, {**fields, "name": "", "question-phone": "x"}),
        guest.get(send(guest, fields).headers["Location"]),
        send(guest, {**fields, "name": "Taken"}),
        guest.get("/book/ana/nothing"),
        guest.get("/"),
        ana.client.get("/"),
        ana.client.get("/settings"),
        other.sign_in("ben@sailing.example", []),
        other.sign_in("ben@sailing.example", [EVENTS_SCOPE]),
        other.client.get("/auth/google/callback?error=access_denied"),
        ana.client.post("/logout"),
        guest.get(PICKER, headers=HTMX),
    ]
    google.fault("calendar.events.insert", status=503)
    pages.append(guest.get(book(guest, "2026-12-01T10:00:00Z")))
    google.revoke(ANA)
    google.expire()
    models.forget_busy(models.Host.get(models.Host.handle == "ana"))
    pages += [guest.get(PICKER), ana.client.get("/settings")]
    for answer in pages:
        assert answer.content_type.startswith("text/html")
        nothing_inline(answer)
        if answer.status_code >= 400:  # an error says which one it is
            assert page.read(answer.text).one(role="alert")["data-error"]


def test_no_template_has_script_or_style_in_it() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        found = re.search(
            r"<style(?!>{{ look.(form_)?style }}</style>)|\sstyle=|\son\w+=|hx-on|javascript:"
            r"|<script(?![^>]*\s(?:src=|type=.application/ld.json))",
            text,
        )
        assert not found, (path, found)


# --- when it is our fault -------------------------------------------------------------------------


def test_a_fault_of_ours_is_admitted_without_a_word_about_its_inside(
    app: Flask, guest: FlaskClient, ana: Browser
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with models.database.connection_context():
        models.database.execute_sql("DROP TABLE booking")
        models.database.execute_sql("DROP TABLE busy_times")
    for answer in (
        guest.get(PICKER),
        guest.get(PICKER, headers=HTMX),
        guest.get(f"{API}/slots?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z"),
    ):
        assert answer.status_code == 500
        assert "busy_times" not in answer.text
        assert "Traceback" not in answer.text
        assert "internal_error" in answer.text
        assert directives(answer)["default-src"] == "'none'"
        assert "Set-Cookie" not in answer.headers
