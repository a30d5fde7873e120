"""A guest who only looks needs no database that can be written to."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from demo.google import StandIn
from tests import page
from tests.conftest import on_sqlite
from tests.people import ANA, NINE, PICKER, TEN, book

pytestmark = pytest.mark.usefixtures("ana")

SLOTS = "/api/v1/ana/intro/slots?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z"
READ_ONLY = {
    "sqlite": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
    "postgresql": (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    ),
}
LOOKS = [
    "/book/ana",
    PICKER,
    f"{PICKER}?date=2026-12-01",
    f"{PICKER}?month=2026-12&tz=Asia/Tokyo",
    f"{PICKER}?start={TEN}",
    f"{PICKER}?embedder=https://site.example",
    f"{PICKER}?date=2026-12-01&start={NINE}",
    "/api/v1/ana",
    SLOTS,
]


@pytest.mark.parametrize("address", LOOKS)
def test_a_look_writes_nothing_while_the_busy_times_are_new(
    app: Flask, guest: FlaskClient, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    guest.get(PICKER)
    sqlite = app.extensions["meetslot"].config.database_url.startswith("sqlite")
    read_only, healed = READ_ONLY["sqlite" if sqlite else "postgresql"]
    if not sqlite:  # the connection that is made read-only is the only one
        models.database.close()
        models.database.close_idle()
    models.database.execute_sql(read_only)
    with caplog.at_level(logging.DEBUG, "peewee"):
        looked = guest.get(address)
    models.database.execute_sql(healed)
    assert looked.status_code == 200
    asked = [str(record.args or record.msg) for record in caplog.records if record.name == "peewee"]
    assert not [each for each in asked if "SELECT" not in each and each != healed]


@pytest.fixture
def locked(app: Flask) -> Iterator[Callable[[], None]]:
    """Somebody else writes to the SQLite file, for as long as the test takes."""
    path = app.extensions["meetslot"].config.database_url.removeprefix("sqlite:///")
    other = sqlite3.connect(Path(path), isolation_level=None)

    def lock() -> None:
        models.database.close()
        other.execute("BEGIN IMMEDIATE")

    yield lock
    other.close()


def starts(answer: TestResponse) -> list[str]:
    return page.starts(page.read(answer.text))


@on_sqlite
@pytest.mark.parametrize("warm", [True, False], ids=["busy times new", "busy times to be asked"])
@pytest.mark.parametrize("address", [f"{PICKER}?date=2026-12-01", SLOTS])
def test_a_look_does_not_wait_for_somebody_who_writes(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller,
    locked: Callable[[], None], warm: bool, address: str,
) -> None:  # fmt: skip
    if warm:
        guest.get(PICKER)
    google.add_busy(ANA, TEN, "2026-12-01T11:00:00Z")
    google.expire()
    locked()
    began = time.monotonic()
    answer = guest.get(address)
    assert answer.status_code == 200
    free = [each["start"] for each in answer.json["slots"]] if answer.is_json else starts(answer)
    assert NINE in free
    assert (TEN in free) == warm
    assert time.monotonic() - began < 5


@on_sqlite
def test_who_books_waits_for_the_database_as_before(
    guest: FlaskClient, locked: Callable[[], None]
) -> None:
    """What a look sets for its own connection is undone after it."""
    guest.get(PICKER)
    with models.database.connection_context():
        assert models.database.execute_sql("PRAGMA busy_timeout").fetchone() == (10000,)
    book(guest)
