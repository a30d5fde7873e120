"""Server or PostgreSQL are restarted under load: nothing is lost, and nobody gets a bare 500."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from flask import Flask

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import POSTGRESQL, ROOT, Browser, command
from tests.people import ANA, MARIA
from tests.server import Production, production
from widget import config
from widget.core.clock import now, to_rfc3339
from widget.server import STOP_SECONDS

INSERT = "calendar.events.insert"
GUESTS = 4
LOOKS = 60  # of a guest before each booking: a host is booked at most 300 times an hour
RESTARTS = 2
#: What the contract knows; a connection that is refused or cut is told by the browser.
PROMISED = {200, 201, 202, 409, 503}


@pytest.fixture
def host(environ: dict[str, str], google: StandIn) -> Iterator[Flask]:
    """Ana has signed in."""
    app = create_app(config.load(environ))
    Browser(app.test_client(), google).sign_in(ANA)
    models.database.close()
    yield app
    models.database.close()


class Load:
    """Guests who look and book, each a time of its own, and try again until it is certain."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: Counter[int] = Counter()
        self.bare: list[str] = []
        self.booked: set[str] = set()
        days = {"from": to_rfc3339(now()), "to": to_rfc3339(now() + 40 * 86400)}
        answer = requests.get(f"{url}/api/v1/ana/intro/slots", params=days, timeout=30)
        self._free = [slot["start"] for slot in answer.json()["slots"]]
        self._lock, self._enough = threading.Lock(), threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        with ThreadPoolExecutor(GUESTS) as threads:
            doing = [threads.submit(self._guest) for _ in range(GUESTS)]
            try:
                yield
            finally:
                self._enough.set()
            for each in doing:
                each.result(60)

    def _guest(self) -> None:
        while not self._enough.is_set():
            with self._lock:
                start = self._free.pop()
            self._book(start)
            for _look in range(LOOKS):
                self._ask("GET", "/book/ana/intro")

    def _book(self, start: str) -> None:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        email = f"{uuid.uuid4().hex}@guest.example"
        for _try in range(200):
            self._ask("GET", "/book/ana/intro")
            body = {"start": start, **MARIA, "email": email}
            made = self._ask("POST", "/api/v1/ana/intro/bookings", json=body, headers=key)
            if made is not None and made.status_code in (201, 202):
                self.booked.add(made.json()["booking"]["id"])
                return
            threading.Event().wait(0.05)  # as a program would, before it tries again
        raise AssertionError("never booked")

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response | None:
        try:
            answer = requests.request(method, f"{self.url}{path}", timeout=30, **more)
        except requests.RequestException:
            return None
        self.seen[answer.status_code] += 1
        if answer.status_code not in PROMISED or (
            answer.status_code == 503 and "Retry-After" not in answer.headers
        ):
            self.bare.append(f"{answer.status_code} {path} {answer.text[-300:]}")
        return answer


def agree(host: Flask, google: StandIn, load: Load) -> None:
    """What guests were told, what is stored and what Google has is the same."""
    later = datetime.now(UTC) + timedelta(minutes=3)  # nobody may be at a booking any more
    with time_machine.travel(later, tick=True):
        command(host, "reconcile")
    listed = json.loads(command(host, "bookings", "list", "ana", "--format", "json"))
    standing = {row["google_event_id"] for row in listed if row["status"] == "confirmed"}
    assert {row["status"] for row in listed} <= {"confirmed", "failed"}
    assert standing == {event["id"] for event in google.events(ANA)}
    assert load.booked <= {row["id"] for row in listed if row["status"] == "confirmed"}
    assert len(load.booked) >= GUESTS
    assert load.bare == []


def test_the_server_is_restarted_again_and_again(
    host: Flask, google: StandIn, environ: dict[str, str], tmp_path: Path
) -> None:
    with production(environ, tmp_path) as server:
        load = Load(server.url)
        with load.going_on():
            for _time in range(RESTARTS):
                several(load)
                assert server.end() == 0
                server.start()
                server.up()
            several(load)
    agree(host, google, load)


def several(load: Load) -> None:
    """Wait until some more have booked."""
    before = len(load.booked)
    for _look in range(6000):  # two minutes: a busy machine books nothing for a while
        if len(load.booked) >= before + GUESTS:
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"nobody books any more: {load.seen} {load.bare}")


def test_a_booking_that_is_under_way_ends_before_the_server_does(
    host: Flask, google: StandIn, environ: dict[str, str], tmp_path: Path
) -> None:
    with production(environ, tmp_path) as server, ThreadPoolExecutor(1) as thread:
        start = Load(server.url)._free[0]
        google.fault(INSERT, hold="before")
        url = f"{server.url}/api/v1/ana/intro/bookings"
        doing = thread.submit(requests.post, url, json={"start": start, **MARIA}, timeout=60)
        assert google.faults.wait_for_hanging(30)
        server.process.terminate()
        gone(server)
        google.clear_faults()
        assert doing.result(60).status_code in (201, 202)  # 202: it took us long to see that
        assert server.process.wait(60) == 0
    assert len(google.events(ANA)) == 1


def test_a_server_that_is_still_starting_ends_at_once(
    host: Flask, environ: dict[str, str], tmp_path: Path
) -> None:
    server = Production(environ, tmp_path)
    for _look in range(6000):
        if server.workers():
            break
        threading.Event().wait(0.01)
    server.process.terminate()
    server.process.wait(STOP_SECONDS - 5)  # it does not wait for a worker that heard nothing


def gone(server: Production) -> None:
    """Wait until nobody is let in any more."""
    for _look in range(6000):
        try:
            requests.get(f"{server.url}/healthz", timeout=5)
        except requests.RequestException:
            return
        threading.Event().wait(0.02)
    raise AssertionError("still lets people in")


NEXT = """
def up(migrator, db):
    for table in ("host", "booking", "busy_times"):
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN later TEXT")
    db.execute_sql("CREATE TABLE later (id INTEGER PRIMARY KEY)")
    db.execute_sql("UPDATE booking SET later = guest_name")
    db.execute_sql("CREATE INDEX booking_later ON booking (later)")
"""
#: What a start of the next version does first.
MIGRATE = """
import pathlib, sys, models
models.MIGRATIONS = pathlib.Path(sys.argv[2])
models.connect(sys.argv[1])
"""


def test_a_server_goes_on_while_newer_ones_change_the_tables(
    host: Flask, google: StandIn, environ: dict[str, str], tmp_path: Path, database_url: str
) -> None:
    """Two of the next version start at the same moment, on the database that is in use."""
    folder = tmp_path / "migrations"
    shutil.copytree(models.MIGRATIONS, folder)
    (folder / "9999_next.py").write_text(NEXT)
    command_line = [sys.executable, "-c", MIGRATE, database_url, str(folder)]
    with production(environ, tmp_path) as server:
        load = Load(server.url)
        with load.going_on():
            several(load)
            newer = [subprocess.Popen(command_line, cwd=ROOT) for _ in range(2)]
            assert [each.wait(60) for each in newer] == [0, 0]
            several(load)
    assert set(load.seen) <= {200, 201, 202}
    with models.database.connection_context():
        assert "later" in models.database.get_tables()
        named = models.read("SELECT COUNT(*) FROM schema_migration WHERE name = '9999_next'")
        assert named == [(1,)]
    agree(host, google, load)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_postgresql_is_restarted_again_and_again(
    host: Flask, google: StandIn, environ: dict[str, str], tmp_path: Path, database_url: str
) -> None:
    with production(environ, tmp_path) as server:
        load = Load(server.url)
        with load.going_on():
            for _time in range(RESTARTS):
                several(load)
                restart_postgresql(database_url)
            several(load)
        assert load.seen[503] > 0
    with suppress(models.NoAnswer):
        models.ping()  # this process had a connection, too
    models.database.close()
    agree(host, google, load)


def restart_postgresql(url: str) -> None:
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    restart = [f"{POSTGRESQL}/pg_ctl", "-D", f"{folder}/data", "-m", "fast", "-w", "restart"]
    with (Path(folder) / "log").open("a") if not as_user else open(os.devnull, "w") as log:
        subprocess.run([*as_user, *restart], check=True, stdout=log, stderr=log, cwd=folder)
