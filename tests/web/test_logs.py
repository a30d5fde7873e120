"""The logs: JSON lines that say what happened, and never to whom."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser, command
from tests.people import ANA, NINE, PICKER, ask, book, fill, look, send, show
from widget import config

GUEST = {
    "name": "Xanthippe Quux",
    "email": "xanthippe@quux.example",
    "notes": "my-secret-note",
    "question-topic": "my-secret-answer",
    "utm_source": "my-secret-campaign",
}


@pytest.fixture
def app(environ: dict[str, str], clock: time_machine.Traveller) -> Iterator[Flask]:
    """As talkative as it can be made."""
    app = create_app(config.load({**environ, "LOG_LEVEL": "debug"}))
    app.config["PROPAGATE_EXCEPTIONS"] = False  # faults of ours end as they do in production
    yield app
    models.database.close()


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """Everything that any logger says, ours or a library's, as it would be written."""
    said = io.StringIO()
    (handler,) = logging.getLogger("meetslot").handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(said)
    others = logging.StreamHandler(said)
    logging.getLogger().addHandler(others)
    yield said
    logging.getLogger().removeHandler(others)


def test_nobody_and_no_secret_is_in_the_logs_of_a_whole_journey(
    app: Flask,
    google: StandIn,
    log: io.StringIO,
    clock: time_machine.Traveller,
    environ: dict[str, str],
    change: Any,
) -> None:
    host, guest = Browser(app.test_client(), google), app.test_client()
    google.fault("oauth.token", status=400, reason="invalid_grant")
    host.sign_in(ANA)
    host.sign_in(ANA, [])
    host.sign_in(ANA)
    topic = {"id": "topic", "label": "Topic", "kind": "text"}
    change("ana", event={"questions": [topic]}, target_calendar=ANA)  # part of Google's addresses
    guest.get(PICKER, query_string=GUEST, headers={"HX-Current-URL": f"http://x/?{GUEST}"})
    fields = fill(guest, **GUEST)
    send(guest, {**fields, "email": "xanthippe@quux@example"})
    for fault in (
        {"method": "calendar.freebusy.query", "status": 503},
        {"method": "calendar.events.insert", "status": 400, "reason": "invalid"},
        {"method": "calendar.events.insert", "status": 429, "reason": "rateLimitExceeded"},
        {"method": "calendar.events.insert", "body": json.dumps({"error": GUEST})},
    ):
        google.fault(**fault)
        address = send(guest, fields).headers.get("Location", "")
    google.fault("calendar.events.get", status=500)
    clock.shift(120)
    look(guest, address)
    clock.shift(1200)
    command(app, "reconcile")
    guest.get(f"{address}.ics")
    google.clear_faults()
    second = book(guest, "2026-12-01T10:00:00Z", **GUEST)
    ask(guest, start="2026-12-01T11:00:00Z", answers={}, key="my-secret-key", **plain(GUEST))
    ask(guest, start="2026-12-01T11:00:00Z", answers={}, key="my-secret-key", name="x", email="x")
    google.revoke(ANA)
    clock.shift(7200)
    guest.get(PICKER, query_string=GUEST)
    host.client.get("/settings")
    with models.database.connection_context():
        models.Host.update(disconnected_at=None).execute()
        models.database.execute_sql("ALTER TABLE booking RENAME COLUMN notes TO lost")
    assert guest.get(second).status_code == 500
    text = log.getvalue()
    assert len(text.splitlines()) > 20
    assert '"level": "warning"' in text
    assert '"level": "error"' in text
    for secret in secrets(google, environ, fields, address, second):
        assert secret not in text, secret


def plain(guest: dict[str, str]) -> dict[str, str]:
    return {name: guest[name] for name in ("name", "email", "notes")}


def secrets(google: StandIn, environ: dict[str, str], fields: Any, *addresses: str) -> list[str]:
    """What no line of a log may hold."""
    tokens = [grant.refresh_token for grant in google.state.grants]
    found = [*GUEST.values(), *tokens, *google.state.access, *addresses]
    found += [address.removeprefix("/booking/") for address in addresses]
    found += ["Xanthippe", "xanthippe", "Ana Silva", ANA, quote(ANA), "my-secret", fields["nonce"]]
    found += [environ[name] for name in ("SECRET_KEY", "TOKEN_KEYS", "GOOGLE_CLIENT_SECRET")]
    return [each for each in found if each]


def test_every_line_is_json_with_its_time_level_and_route(
    app: Flask, google: StandIn, log: io.StringIO
) -> None:
    Browser(app.test_client(), google).sign_in(ANA)
    app.test_client().get(f"{PICKER}?start={NINE}&name=Xanthippe")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert lines
    for line in lines:
        assert line["time"].startswith("2026-11-30T08:00:00")
        assert line["level"]
    assert lines[-1]["route"] == "/book/<handle>/<slug>"
    assert (lines[-1]["method"], lines[-1]["status"]) == ("GET", 200)


def test_a_fault_of_ours_is_logged_with_its_place_and_without_its_words(
    app: Flask, google: StandIn, log: io.StringIO
) -> None:
    Browser(app.test_client(), google).sign_in(ANA)
    with models.database.connection_context():
        models.database.execute_sql("ALTER TABLE booking RENAME TO gone")
    assert app.test_client().get(PICKER).status_code == 500
    faults = [json.loads(line) for line in log.getvalue().splitlines() if '"error"' in line]
    (fault,) = [line for line in faults if line["level"] == "error"]
    assert fault["error"] in ("OperationalError", "ProgrammingError")
    assert any("booking/rows.py" in frame for frame in fault["at"])
    assert "SELECT" not in log.getvalue()


def test_who_signs_in_and_out_is_told_by_id(app: Flask, google: StandIn, log: io.StringIO) -> None:
    host = Browser(app.test_client(), google)
    host.sign_in(ANA)
    with models.database.connection_context():
        id = models.Host.get().id
    host.client.post("/logout", data=show(host).one("form", action="/logout").fields())
    said = [json.loads(line)["message"] for line in log.getvalue().splitlines()]
    assert [line for line in said if "signed" in line] == [
        f"host {id}: signed in",
        f"host {id}: signed out everywhere",
    ]


def test_a_quiet_level_is_quiet(
    environ: dict[str, str], clock: time_machine.Traveller, capfd: pytest.CaptureFixture[str]
) -> None:
    app = create_app(config.load({**environ, "LOG_LEVEL": "error"}))
    app.test_client().get("/")
    assert capfd.readouterr() == ("", "")
    models.database.close()


# --- the id of a request --------------------------------------------------------------------------

PROXYS = "4bf92f3577b34da6a3ce929d0e0e4736"


def told(log: io.StringIO, address: str, client: Any, **headers: str) -> tuple[str, Any]:
    """The id that the log has for a request, and the answer."""
    answer = client.get(
        address, headers={name.replace("_", "-"): headers[name] for name in headers}
    )
    return json.loads(log.getvalue().splitlines()[-1])["request_id"], answer


def test_log_answer_and_error_page_have_the_same_id(app: Flask, log: io.StringIO) -> None:
    client = app.test_client()
    first, page_ = told(log, "/book/nobody", client)
    second, json_ = told(log, "/api/v1/nobody", client)
    assert first != second
    assert page_.headers["X-Request-Id"] == first
    assert first in page_.text
    assert json_.get_json()["request_id"] == json_.headers["X-Request-Id"] == second


def test_every_line_of_a_request_has_its_id(app: Flask, google: StandIn, log: io.StringIO) -> None:
    Browser(app.test_client(), google).sign_in(ANA)
    google.fault("calendar.freebusy.query", status=503)
    before = len(log.getvalue().splitlines())
    answer = app.test_client().get(PICKER)
    lines = [json.loads(line) for line in log.getvalue().splitlines()[before:]]
    assert len(lines) > 1
    assert {line["request_id"] for line in lines} == {answer.headers["X-Request-Id"]}


def test_nobody_but_a_trusted_proxy_chooses_the_id(
    environ: dict[str, str], app: Flask, log: io.StringIO
) -> None:
    assert told(log, "/", app.test_client(), X_Request_Id=PROXYS)[0] != PROXYS
    trusting = create_app(config.load({**environ, "TRUSTED_PROXIES": "1"})).test_client()
    (handler,) = logging.getLogger("meetslot").handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(log)
    assert told(log, "/", trusting, X_Request_Id=PROXYS)[0] == PROXYS
    for bad in ("", "x" * 65, "a b", "<b>", "é", f"{PROXYS}, other", 'a"b', "a\x7f"):
        found, answer = told(log, "/book/nobody", trusting, X_Request_Id=bad)
        assert found
        assert found != bad
        assert answer.headers["X-Request-Id"] == found
    models.database.close()
