"""Two machines before one PostgreSQL and one Redis, behind a reverse proxy, are one server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
import requests
from flask import Flask

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import REDIS
from tests.people import ANA, MARIA
from tests.receiver import receiver, tell, until
from tests.server import Production, production
from tests.web.test_restarts import Load, agree, several
from widget import config

pytestmark = [pytest.mark.postgresql, pytest.mark.redis]
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LISTED = "calendar.events.list"
READS = 30  # of one address
STEP = "X-Guest"  # whose request it is, for the proxy


@pytest.fixture
def redis() -> Iterator[str]:
    """The address of a Redis of our own, on a socket in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="redis"))
    options = ["--port", "0", "--unixsocket", f"{folder}/sock", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([str(REDIS), *options], stdout=subprocess.DEVNULL)
    try:
        for _look in range(6000):
            if (folder / "sock").exists():
                break
            threading.Event().wait(0.02)
        yield f"redis+unix://{folder}/sock"
    finally:
        process.terminate()
        process.wait(120)
        shutil.rmtree(folder)


# --- the reverse proxy ----------------------------------------------------------------------------


class Proxy(ThreadingHTTPServer):
    """Sends requests to the machines by turns, each guest with an address of their own."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Forward)
        self.url = f"http://localhost:{self.server_port}"
        self.ports, self.turn, self.guests = list[int](), count(), count()


class _Forward(BaseHTTPRequestHandler):
    server: Proxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        guest = next(self.server.guests)
        address = self.headers.get(STEP) or f"203.0.{guest // 250 % 250}.{guest % 250}"
        headers = {**dict(self.headers.items()), "X-Forwarded-For": address}
        machine = next(self.server.turn)
        for other in range(len(self.server.ports)):
            port = self.server.ports[(machine + other) % len(self.server.ports)]
            try:
                connection = HTTPConnection("127.0.0.1", port, timeout=120)
                connection.connect()
            except OSError:
                continue
            try:
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                said = answer.read()
            except OSError:
                break
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            return
        self.close_connection = True  # nothing is said: it was lost on the way

    do_GET = do_POST = _forward

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def proxy() -> Iterator[Proxy]:
    with Proxy() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


# --- the machines ---------------------------------------------------------------------------------


@pytest.fixture
def machines(
    environ: dict[str, str], redis: str, tmp_path: Path
) -> Iterator[tuple[list[Production], Proxy, Flask]]:
    with ExitStack() as stack:
        before = stack.enter_context(proxy())
        given = {
            **environ,
            "PUBLIC_URL": before.url,
            "RATELIMIT_STORAGE_URI": redis,
            "READ_RATE_LIMIT": f"{READS} per hour",
            "TRUSTED_PROXIES": "1",
            "WEB_CONCURRENCY": "2",
            "LOG_LEVEL": "error",
        }
        found = [
            stack.enter_context(production(given, tmp_path, RECONCILE_EVERY="1")) for _ in range(2)
        ]
        before.ports += [each.port for each in found]
        yield found, before, create_app(config.load(given))
        models.database.close()


@on_postgresql
def test_machines_share_what_they_know_and_one_that_dies_loses_nothing(
    machines: tuple[list[Production], Proxy, Flask], google: StandIn
) -> None:
    (_first, second), before, app = machines
    sign_in_by_turns(before, google)
    load = Load(before.url)
    began, listed = time.monotonic(), google.calls.count(LISTED)
    with load.going_on():
        several(load)
        stop_as_the_power_goes(second)
        several(load)
    rounds, took = google.calls.count(LISTED) - listed, time.monotonic() - began
    assert rounds <= took + 2, "more than one machine reconciled at a time"
    agree(app, google, load)


@on_postgresql
def test_what_one_machine_books_the_other_one_shows_and_counts_and_tells(
    machines: tuple[list[Production], Proxy, Flask], google: StandIn
) -> None:
    (first, second), before, app = machines
    sign_in_by_turns(before, google)
    with receiver() as crm:
        tell(app, crm)
        book_by_turns(first, second, before)
        until(lambda: len(crm.got) >= 2)
        assert crm.types == ["booking.confirmed"] * 2
        assert len({each.headers["webhook-id"] for each in crm.got}) == 2
    asked = [
        requests.get(f"{before.url}/book/ana/intro", headers={STEP: "198.51.100.7"}).status_code
        for _ in range(READS + 4)
    ]
    assert asked == [200] * READS + [429] * 4


def book_by_turns(first: Production, second: Production, before: Proxy) -> None:
    starts = Load(before.url)._free[-3:]
    for here, there in ((first, second), (second, first)):
        start = starts.pop()
        made = requests.post(
            f"{here.url}/api/v1/ana/intro/bookings", json={"start": start, **MARIA}, timeout=120
        )
        assert made.status_code == 201, made.text
        assert start not in requests.get(f"{there.url}/book/ana/intro?date={start[:10]}").text


def sign_in_by_turns(before: Proxy, google: StandIn) -> None:
    """Each step of a sign-in, and then the settings, on the other machine."""
    with requests.Session() as browser:
        to_google = browser.get(f"{before.url}/login", allow_redirects=False)
        back = google.authorize(to_google.headers["Location"], ANA)
        browser.get(back, allow_redirects=False).raise_for_status()
        for _machine in range(4):
            shown = browser.get(f"{before.url}/settings", allow_redirects=False)
            assert shown.status_code == 200
            assert ANA in shown.text


def stop_as_the_power_goes(machine: Production) -> None:
    workers = machine.workers()
    for pid in (machine.process.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    machine.process.wait(120)
