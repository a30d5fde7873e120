"""Databases that an earlier version filled in use (tests/dumps/make.py), served by this one."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import time_machine
from flask import Flask

import models
from app import create_app
from tests.conftest import command
from tests.dumps.make import TOKEN_KEY
from tests.people import PICKER, look, status_of
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


def test_everything_is_there_and_works(upgraded: Flask, dump: Path) -> None:
    addresses = dict(re.findall(r"^-- (\w+) (\S+)$", dump.read_text(), re.MULTILINE))
    assert set(addresses) == {"confirmed", "cancelled", "pending"}
    guest = upgraded.test_client()
    for status, address in addresses.items():
        if status != "pending":  # its page would ask Google, who knows nothing of it here
            assert status_of(look(guest, address)) == status
    listed = json.loads(command(upgraded, "bookings", "list", "ana", "--format", "json"))
    assert sorted(each["status"] for each in listed) == sorted(addresses)
    assert {each["guest_name"] for each in listed} == {"Zoë 李", "Maria Sousa"}
    assert json.loads(command(upgraded, "settings", "export", "ana"))["display_name"] == "Ana Zé ☂"
    assert guest.get("/book/ana/talk").headers["Location"].endswith(PICKER)
    (host,) = models.hosts()
    assert upgraded.extensions["meetslot"].decrypt(host.refresh_token)
    assert guest.get("/healthz").status_code == 200
