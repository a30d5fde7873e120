"""kill -9 between any two steps: after a restart and a round, rows and events agree.

A call to Google hangs at the named point, and there the server process is killed; the product
has no part in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from flask import Flask

import models
from app import create_app
from demo.google import StandIn
from tests import page
from tests.conftest import ROOT, Browser, on_sqlite
from tests.people import ANA, MARIA
from tests.receiver import Receiver, receiver, tell, until
from tests.server import Server, servers
from widget import config
from widget.core.clock import from_rfc3339

FREEBUSY, INSERT = "calendar.freebusy.query", "calendar.events.insert"
PATCH, DELETE = "calendar.events.patch", "calendar.events.delete"


def tuesday() -> date:
    """One that is about a week ahead."""
    today = datetime.now(UTC).date()
    return today + timedelta(days=7 + (1 - today.weekday()) % 7)


@dataclass
class Life:
    """A server process before Google, on the real clock."""

    server: Server
    google: StandIn

    def times(self, query: str = "") -> list[str]:
        """The free times of a day that is open and whole, whatever the time is now."""
        query = query or f"?date={tuesday()}"
        answer = requests.get(f"{self.server.url}/book/ana/intro{query}", timeout=120)
        assert answer.status_code == 200, answer.text
        return page.starts(page.read(answer.text))

    def form(self, start: str) -> dict[str, str]:
        address = f"{self.server.url}/book/ana/intro"
        shown = requests.get(address, params={"start": start}, timeout=120)
        form = page.read(shown.text).one(id="booking-form")
        return {**form.fields(), **MARIA}

    def book(self, form: dict[str, str]) -> str:
        return self._post("/book/ana/intro", form).headers["Location"].partition("?")[0]

    def cancel(self, address: str) -> Any:
        return self._post(f"{address}/cancel", {"reason": "ill"})

    def reschedule(self, address: str, start: str) -> Any:
        return self._post(f"{address}/reschedule", {"start": start})

    def _post(self, path: str, form: dict[str, str]) -> requests.Response:
        url = f"{self.server.url}{path}"
        return requests.post(url, data=form, allow_redirects=False, timeout=120)

    def dies(self, method: str, when: str, act: Callable[[], Any]) -> None:
        """The process is killed while its call of `method` hangs."""
        self.google.fault(method, hang=when)
        with ThreadPoolExecutor(1) as thread:
            doing: Future[Any] = thread.submit(act)
            assert self.google.faults.wait_for_hanging(120)
            self.server.kill()
            self.google.clear_faults()
            with suppress(requests.ConnectionError):
                doing.result(timeout=120)
                raise AssertionError("the request came to an end")


@pytest.fixture
def host(environ: dict[str, str], google: StandIn) -> Flask:
    app = create_app(config.load({**environ, "BUSY_TTL": "3600"}))
    Browser(app.test_client(), google).sign_in(ANA)
    return app


@pytest.fixture
def life(host: Flask, environ: dict[str, str], google: StandIn, tmp_path: Path) -> Iterator[Life]:
    models.database.close()
    with servers(1, {**environ, "BUSY_TTL": "3600"}, tmp_path) as (server,):
        yield Life(server, google)


@pytest.fixture
def crm(host: Flask) -> Iterator[Receiver]:
    with receiver() as found:
        tell(host, found)
        yield found


def settled(host: Flask, google: StandIn, environ: dict[str, str], folder: Path) -> dict[str, Any]:
    """The only booking after a restart and the rounds that follow; {} when there is none."""
    with servers(1, environ, folder) as (server,):
        for minutes in (2, 5):
            later = datetime.now(UTC) + timedelta(minutes=minutes)
            with time_machine.travel(later, tick=True):
                host.test_cli_runner().invoke(args=["reconcile"], catch_exceptions=False)
        models.database.close()
        assert requests.get(f"{server.url}/book/ana/intro", timeout=120).status_code == 200
    listed = host.test_cli_runner().invoke(args=["bookings", "list", "ana", "--format", "json"])
    rows: list[dict[str, Any]] = json.loads(listed.stdout)
    assert len(rows) <= 1
    events = google.events(ANA)
    assert len(events) == sum(row["status"] == "confirmed" for row in rows)
    for row, event in zip(rows, events, strict=False):
        assert event["id"] == row["google_event_id"]
        assert from_rfc3339(event["start"]["dateTime"]) == from_rfc3339(row["start"])
    assert not {row["status"] for row in rows} & {"pending"}
    return rows[0] if rows else {}


@pytest.mark.parametrize(
    ("method", "when", "ending"),
    [
        pytest.param(FREEBUSY, "before", "failed or confirmed", id="after the claim"),
        pytest.param(INSERT, "before", "confirmed", id="during insert"),
        pytest.param(INSERT, "after", "confirmed", id="after insert, before the commit"),
    ],
)
def test_while_booking(
    life: Life, crm: Receiver, host: Flask, google: StandIn, environ: dict[str, str],
    tmp_path: Path, method: str, when: str, ending: str,
) -> None:  # fmt: skip
    """The host's program is told once what became of it, and nothing before."""
    start = life.times()[-1]
    form = life.form(start)
    life.dies(method, when, lambda: life.book(form))
    assert crm.got == []
    booking = settled(host, google, environ, tmp_path)
    assert booking["status"] in ending
    assert booking["start"] == start
    [told] = crm.got
    assert told.json["type"] == f"booking.{booking['status']}"
    assert told.json["data"]["id"] == booking["id"]


def test_while_booking_before_the_claim(
    life: Life, crm: Receiver, host: Flask, google: StandIn, environ: dict[str, str], tmp_path: Path
) -> None:
    form = life.form(life.times()[-1])
    models.BusyTimes.update(fetched_at=0).execute()
    models.database.close()
    life.dies(FREEBUSY, "before", lambda: life.book(form))
    assert settled(host, google, environ, tmp_path) == {}
    assert crm.got == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_while_cancelling(
    life: Life, host: Flask, google: StandIn, environ: dict[str, str], tmp_path: Path, when: str
) -> None:
    address = life.book(life.form(life.times()[-1]))
    life.dies(DELETE, when, lambda: life.cancel(address))
    assert settled(host, google, environ, tmp_path)["status"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "when"),
    [
        pytest.param(FREEBUSY, "before", id="after the new claim"),
        pytest.param(PATCH, "before", id="during the patch"),
        pytest.param(PATCH, "after", id="after the patch, before the commit"),
    ],
)
def test_while_rescheduling(
    life: Life, host: Flask, google: StandIn, environ: dict[str, str], tmp_path: Path,
    method: str, when: str,
) -> None:  # fmt: skip
    *_others, new, old = life.times()
    address = life.book(life.form(old))
    life.times(f"?start={new}")  # the busy times are in the cache again
    life.dies(method, when, lambda: life.reschedule(address, new))
    booking = settled(host, google, environ, tmp_path)
    assert (booking["status"], booking["start"]) == ("confirmed", new)


@on_sqlite
@pytest.mark.parametrize("while_told", [False, True])
def test_after_booking_or_while_it_is_told(
    life: Life, crm: Receiver, host: Flask, google: StandIn, environ: dict[str, str],
    tmp_path: Path, while_told: bool,
) -> None:  # fmt: skip
    """It is told, and if need be again, under the same id."""
    life.book(life.form(life.times()[-1]))
    life.server.kill()
    assert crm.got == []
    if while_told:
        killed_while_it_tells(crm, environ)
    settled(host, google, environ, tmp_path)
    assert len(crm.got) == 1 + while_told
    assert len({(each.headers["webhook-id"], each.body) for each in crm.got}) == 1
    assert crm.got[-1].json["type"] == "booking.confirmed"


def killed_while_it_tells(crm: Receiver, environ: dict[str, str]) -> None:
    never = threading.Event()
    crm.answers.append(lambda _handler: never.wait(60) and None)
    sending = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "reconcile"],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: crm.got)
    sending.kill()
    sending.wait()
    never.set()
