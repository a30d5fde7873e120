"""An answer that is sent before Flask looks at its request is due all that the others are."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import time_machine
from flask import Flask, request

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser
from tests.people import ANA, HTMX, PICKER
from tests.web.test_kept_answers import FRAMED, SLOTS
from widget import config
from widget.guest import sightings

SITE = FRAMED["Referer"].rstrip("/")
ADDRESSES = ("/book/ana", PICKER, f"{PICKER}?tz=Asia/Tokyo", "/api/v1/ana", SLOTS)


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    return tmp_path / "counter"


@pytest.fixture
def environ(environ: dict[str, str], counter: Path) -> dict[str, str]:
    limits = {"READ_RATE_LIMIT": "300 per hour", "RATELIMIT_STORAGE_URI": f"file://{counter}"}
    return {**environ, "TRUSTED_PROXIES": "1", **limits}


@pytest.fixture
def passed(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> Iterator[tuple[Flask, list[str]]]:
    """An application, and the paths of the requests that Flask has looked at."""
    app, seen = create_app(config.load(environ)), list[str]()
    flask = app.full_dispatch_request
    Browser(app.test_client(), google).sign_in(ANA)

    def dispatch(*args: object) -> object:
        seen.append(request.path)
        return flask(*args)

    app.full_dispatch_request = dispatch  # type: ignore[method-assign,assignment]
    yield app, seen
    models.database.close()


def test_flask_looks_at_what_is_new_and_never_at_the_same_again(
    passed: tuple[Flask, list[str]],
) -> None:
    app, seen = passed
    guest = app.test_client()
    for address in ADDRESSES:
        guest.get(address)  # a page made just after Google was asked is kept from the next look on
        first = guest.get(address)
        seen.clear()
        again = guest.get(address)
        assert not seen, address
        assert again.data == first.data
        names = {answer.headers.pop("X-Request-Id") for answer in (first, again)}
        assert len(names) == 2
        assert again.headers == first.headers
        for other in (HTMX, {"Accept-Language": "pl"}, FRAMED):
            guest.get(address, headers=other)
            assert seen, (address, other)
            seen.clear()


def test_it_counts_for_the_limit_of_its_address(passed: tuple[Flask, list[str]]) -> None:
    app, seen = passed
    guest, asked = app.test_client(), {"X-Forwarded-For": "192.0.2.7"}
    codes = [guest.get(PICKER, headers=asked).status_code for _ in range(302)]
    assert codes == [200] * 300 + [429] * 2
    assert len(seen) < 6
    assert guest.get(PICKER, headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 200
    refused = guest.get(SLOTS, headers=asked)
    assert refused.get_json()["code"] == "rate_limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 3601


def test_it_has_a_line_in_the_log_by_its_route_and_the_proxys_id(
    passed: tuple[Flask, list[str]],
) -> None:
    app, seen = passed
    handler = logging.getLogger("meetslot").handlers[0]  # the others are of pytest
    assert isinstance(handler, logging.StreamHandler)
    said = io.StringIO()
    handler.setStream(said)
    guest = app.test_client()
    for _ in range(3):
        seen.clear()
        guest.get(f"{PICKER}?utm_source=x", headers={"X-Request-Id": "from-the-proxy"})
    assert not seen
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    of_requests = [line for line in lines if line["message"] == "request"]
    assert len(of_requests) == 3
    for line in of_requests:
        assert line["route"] == "/book/<handle>/<slug>"
        assert (line["method"], line["status"]) == ("GET", 200)
        assert line["request_id"] == "from-the-proxy"
        assert line["ms"] >= 0
    assert "utm" not in said.getvalue()
    assert set(of_requests[0]) == set(of_requests[2])


def test_a_site_that_shows_it_is_noted_each_time(passed: tuple[Flask, list[str]]) -> None:
    app, seen = passed
    guest = app.test_client()
    for _ in range(3):
        seen.clear()
        app.extensions["meetslot.sightings"].write()
        guest.get(PICKER, headers=FRAMED)
    assert not seen
    with models.database.connection_context():
        sightings.Sighting.delete().execute()
        app.extensions["meetslot.sightings"].write()
        host = models.host_by_handle("ana")
        assert host
        assert [(each.origin, each.event) for each in sightings.seen(host)] == [(SITE, "intro")]


def test_a_database_that_does_not_answer_is_told_by_flask(
    passed: tuple[Flask, list[str]],
) -> None:
    app, seen = passed
    guest = app.test_client()
    for _ in range(3):
        assert guest.get(PICKER).status_code == 200
    seen.clear()
    with models.database.connection_context():
        models.database.execute_sql("DROP TABLE host_version")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert guest.get(PICKER).status_code in (500, 503)
    assert seen == [PICKER]


def test_a_counter_that_does_not_answer_is_told_by_flask(
    passed: tuple[Flask, list[str]], counter: Path
) -> None:
    app, seen = passed
    guest = app.test_client()
    for _ in range(3):
        assert guest.get(PICKER).status_code == 200
    with closing(sqlite3.connect(counter)) as file:
        file.execute("DROP TABLE counter")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    seen.clear()
    answers = [guest.get(PICKER) for _ in range(6)]  # the first few are counted already
    assert answers[-1].status_code == 500
    assert answers[-1].headers["X-Request-Id"]
    assert "it has been noted" in answers[-1].text
    assert seen
