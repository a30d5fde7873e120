"""Writes the database of this version, filled, as SQL beside this file; test_upgrade.py reads them.

pytest tests/dumps/make.py, in a checkout of the version that is to be kept.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests.conftest import POSTGRESQL, Browser
from tests.people import ELEVEN, NINE, TEN, book, cancel, reschedule

VERSION = os.environ.get("VERSION", "2026-11-26")
TOKEN_KEY = "bm90IGEgc2VjcmV0IG9mIGFueWJvZHksIGEgdGVzdCE="


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "TOKEN_KEYS": TOKEN_KEY}


def test_write(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn, change: Any, database_url: str
) -> None:
    change("ana", event={"slug": "talk"})
    change("ana", event={"slug": "intro"}, display_name="Ana Zé ☂")
    confirmed, cancelled = book(guest, NINE, name="Zoë 李"), book(guest, TEN)
    cancel(guest, cancelled, "ill")
    reschedule(guest, confirmed, ELEVEN)
    google.fault("calendar.events.insert", cut="after")
    pending = book(guest, "2026-12-02T09:00:00Z")
    models.database.close()
    found = {"confirmed": confirmed, "cancelled": cancelled, "pending": pending}
    head = "".join(f"-- {status} {address}\n" for status, address in found.items())
    kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    file = Path(__file__).with_name(f"{VERSION}.{kind}.sql")
    file.write_text(head + _dump(database_url))


def _dump(url: str) -> str:
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            return "\n".join(connection.iterdump()) + "\n"
    command = [f"{POSTGRESQL}/pg_dump", "--inserts", "--no-owner", "--no-comments", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "".join(
        f"{line}\n" for line in said.splitlines() if line and line[:1] not in ("\\", "-")
    )
