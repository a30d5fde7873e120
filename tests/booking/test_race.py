"""A hundred guests at once, from four server processes, on times that get in each other's way."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskCliRunner

import models
from app import create_app
from demo.google import StandIn
from tests import page
from tests.conftest import Browser
from tests.people import ANA
from tests.server import servers
from widget import config
from widget.core.clock import from_rfc3339

GUESTS, PROCESSES = 100, 4
#: Two event types that start at any quarter of an hour and keep different distances.
TYPES: list[dict[str, Any]] = [
    {"slug": "short", "title": "Short", "duration": 30, "slot_interval": 15, "buffer_after": 10},
    {"slug": "long", "title": "Long", "duration": 45, "slot_interval": 15, "buffer_before": 20,
     "buffer_after": 5},
]  # fmt: skip
BUFFERS = {"short": (0, 10), "long": (20, 5)}


@pytest.fixture
def host(environ: dict[str, str], google: StandIn) -> Flask:
    """Ana with two event types, on the real clock."""
    app = create_app(config.load(environ))
    Browser(app.test_client(), google).sign_in(ANA)
    run = app.test_cli_runner()
    document = json.loads(run.invoke(args=["settings", "export", "ana"]).stdout)
    document["event_types"] = [{**each, "minimum_notice": 0} for each in TYPES]
    document["weekly_hours"] = {day: [["00:00", "24:00"]] for day in document["weekly_hours"]}
    _import(run, document)
    return app


def _import(run: FlaskCliRunner, document: dict[str, Any]) -> None:
    result = run.invoke(args=["settings", "import", "ana", "-"], input=json.dumps(document))
    assert result.exit_code == 0, result.output


def _wishes(url: str) -> list[tuple[str, str]]:
    """What a hundred guests want: a few hours of one day, of either event type."""
    wanted = []
    for each in TYPES:
        shown = page.read(requests.get(f"{url}/book/ana/{each['slug']}", timeout=120).text)
        day = sorted(shown.all("button", name="date"), key=lambda day: day["value"])[1]["value"]
        found = requests.get(f"{url}/book/ana/{each['slug']}?date={day}", timeout=120)
        wanted += [(each["slug"], start) for start in page.starts(page.read(found.text))[36:52]]
    some = random.Random(7)
    return [some.choice(wanted) for _ in range(GUESTS)]


def _ask(url: str, slug: str, start: str, number: int, gate: Barrier) -> requests.Response:
    """Every other guest is a program."""
    details = {"name": f"Guest {number}", "email": f"guest{number}@guests.example"}
    address = f"{url}/book/ana/{slug}"
    if number % 2:
        gate.wait(timeout=120)
        api = f"{url}/api/v1/ana/{slug}/bookings"
        return requests.post(api, json={"start": start, **details}, timeout=120)
    form = page.read(requests.get(address, params={"start": start}, timeout=120).text)
    fields = {**form.one(id="booking-form").fields(), **details}
    gate.wait(timeout=120)
    return requests.post(address, data=fields, allow_redirects=False, timeout=120)


def _losers_see_fresh_times(answer: requests.Response, start: str) -> None:
    if answer.headers["Content-Type"].startswith("application/"):
        assert answer.json()["code"] == "slot_taken"
        fresh = [slot["start"] for slot in answer.json()["slots"]]
        assert fresh
        assert start not in fresh
        return
    shown = page.read(answer.text)
    assert shown.one(data_error="slot_taken")
    fresh = page.starts(shown) or shown.all("button", name="date")
    assert fresh
    assert start not in fresh


def test_no_two_bookings_ever_collide_and_every_loser_is_told(
    host: Flask, environ: dict[str, str], google: StandIn, tmp_path: Path
) -> None:
    models.database.close()
    with servers(PROCESSES, environ, tmp_path) as running:
        wishes = _wishes(running[0].url)
        gate = Barrier(GUESTS)
        with ThreadPoolExecutor(GUESTS) as threads:
            answers = list(
                threads.map(
                    lambda n: _ask(running[n % PROCESSES].url, *wishes[n], n, gate),
                    range(GUESTS),
                )
            )
    won = [answer for answer in answers if answer.status_code in (201, 303)]
    lost = [n for n, answer in enumerate(answers) if answer.status_code == 409]
    assert len(won) + len(lost) == GUESTS, {answer.status_code for answer in answers}
    for n in lost:
        _losers_see_fresh_times(answers[n], wishes[n][1])
    listed = host.test_cli_runner().invoke(args=["bookings", "list", "ana", "--format", "json"])
    stand = [each for each in json.loads(listed.stdout) if each["status"] == "confirmed"]
    assert 2 < len(won) == len(stand) == len(google.events(ANA))
    _keep_their_distance(stand)


def _keep_their_distance(stand: list[dict[str, Any]]) -> None:
    """Between two bookings lies at least the larger of the two buffers."""
    stand.sort(key=lambda each: each["start"])
    for first, second in pairwise(stand):
        gap = from_rfc3339(second["start"]) - from_rfc3339(first["end"])
        wanted = max(BUFFERS[first["event"]][1], BUFFERS[second["event"]][0])
        assert gap >= wanted * 60, (first, second)
