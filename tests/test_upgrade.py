"""Databases that an earlier version filled in use (tests/dumps/make.py), served by this one."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests
import time_machine
from flask import Flask

import models
from app import create_app
from tests.conftest import command
from tests.dumps.make import TOKEN_KEY
from tests.people import PICKER, look, status_of
from tests.server import Server
from widget import config

DUMPS = sorted((Path(__file__).parent / "dumps").glob("*.sql"))


@pytest.fixture(
    params=[
        pytest.param(file, marks=[pytest.mark.postgresql] if "postgresql" in file.name else [])
        for file in DUMPS
    ],
    ids=lambda file: str(file.stem),
)
def dump(request: pytest.FixtureRequest) -> Path:
    file: Path = request.param
    return file


@pytest.fixture
def database_url(dump: Path, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with what the dump holds."""
    if ".sqlite" in dump.name:
        with sqlite3.connect(tmp_path / "old.db") as connection:
            connection.executescript(dump.read_text())
        return f"sqlite:///{tmp_path}/old.db"
    server: str = request.getfixturevalue("postgresql_server")
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS upgraded WITH (FORCE)")
        connection.execute("CREATE DATABASE upgraded")
    with psycopg.connect(server.format("upgraded"), autocommit=True) as connection:
        connection.execute(dump.read_text().encode())
    return server.format("upgraded")


@pytest.fixture
def upgraded(environ: dict[str, str], clock: time_machine.Traveller) -> Iterator[Flask]:
    yield create_app(config.load({**environ, "TOKEN_KEYS": TOKEN_KEY}))
    models.database.close()


def addresses(dump: Path) -> dict[str, str]:
    """Of the bookings in it, by their status."""
    return dict(re.findall(r"^-- (\w+) (\S+)$", dump.read_text(), re.MULTILINE))


def test_everything_is_there_and_works(upgraded: Flask, dump: Path) -> None:
    assert set(addresses(dump)) == {"confirmed", "cancelled", "pending"}
    guest = upgraded.test_client()
    for status, address in addresses(dump).items():
        if status != "pending":  # its page would ask Google, who knows nothing of it here
            assert status_of(look(guest, address)) == status
    listed = json.loads(command(upgraded, "bookings", "list", "ana", "--format", "json"))
    assert sorted(each["status"] for each in listed) == sorted(addresses(dump))
    assert {each["guest_name"] for each in listed} == {"Zoë 李", "Maria Sousa"}
    assert json.loads(command(upgraded, "settings", "export", "ana"))["display_name"] == "Ana Zé ☂"
    assert guest.get("/book/ana/talk").headers["Location"].endswith(PICKER)
    (host,) = models.hosts()
    assert upgraded.extensions["meetslot"].decrypt(host.refresh_token)
    assert guest.get("/healthz").status_code == 200


@contextmanager
def both_at_once(url: str) -> Iterator[None]:
    """On PostgreSQL, the lock under which tables are brought up to date is taken until two wait
    for it."""
    if url.startswith("sqlite"):  # who waits for it cannot be seen, and does so for ten seconds
        yield
        return
    with psycopg.connect(url) as holds, psycopg.connect(url, autocommit=True) as looks:
        holds.execute("SELECT pg_advisory_xact_lock(%s)", [models._MIGRATION_LOCK])
        yield
        sql = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        for _look in range(6000):
            if looks.execute(sql).fetchone() == (2,):
                return
            threading.Event().wait(0.01)
        raise AssertionError("they do not wait")


def test_two_servers_that_start_at_once_bring_it_up_to_date(
    environ: dict[str, str], dump: Path, database_url: str, tmp_path: Path
) -> None:
    given = {**environ, "TOKEN_KEYS": TOKEN_KEY}
    with ThreadPoolExecutor(2) as pool:
        with both_at_once(database_url):
            starting = [pool.submit(Server, given, tmp_path) for _ in range(2)]
        started = [each.result(60) for each in starting]
    try:
        for server in started:
            for status, address in addresses(dump).items():
                if status != "pending":  # its page would ask Google, who knows nothing of it here
                    page = requests.get(f"{server.url}{address}", timeout=30)
                    assert f'data-booking-status="{status}"' in page.text
            old = requests.get(f"{server.url}/book/ana/talk", allow_redirects=False, timeout=30)
            assert old.headers["Location"].endswith(PICKER)
    finally:
        for server in started:
            server.kill()
    models.connect(database_url)
    with models.database.connection_context():
        applied = models.read("SELECT name FROM schema_migration ORDER BY name")
    assert [name for (name,) in applied] == sorted(
        each.stem for each in models.MIGRATIONS.glob("0*.py")
    )
    models.database.close()
