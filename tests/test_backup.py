"""flask backup, while the server works; and what reconcile makes of an old state afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA, ELEVEN, NINE, TEN, book, bookings, cancel, look, offered, status_of

INSERT = "calendar.events.insert"


def backed_up(app: Flask, tmp_path: Path) -> Callable[[], None]:
    """Take a backup now; the function puts it in the place of the database, as docs/deploying.md
    says."""
    file = tmp_path / "copy.db"
    command(app, "backup", str(file))

    def restore() -> None:
        stored = Path(models.database.obj.database)
        models.database.close()
        for each in stored.parent.glob(f"{stored.name}*"):
            each.unlink()
        shutil.copy(file, stored)

    return restore


@on_sqlite
def test_a_backup_is_whole_while_others_write(app: Flask, ana: Browser, tmp_path: Path) -> None:
    stored, file = models.database.obj.database, tmp_path / "copy.db"
    enough, written = threading.Event(), 0

    def write() -> None:
        nonlocal written
        with sqlite3.connect(stored, 30, isolation_level=None) as other:
            while not enough.is_set():
                other.execute("BEGIN IMMEDIATE")
                for name in ("a", "b"):  # always both or none
                    other.execute("INSERT INTO lease VALUES (?, '', 0)", (f"{name}{written}",))
                other.execute("COMMIT")
                written += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _time in range(5):
            command(app, "backup", str(file))
            with sqlite3.connect(file) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert copy.execute("SELECT count(*) FROM host").fetchone() == (1,)
                (names,) = copy.execute("SELECT count(*) FROM lease WHERE until = 0").fetchone()
                assert names % 2 == 0
    finally:
        enough.set()
        thread.join()
    assert written > 5
    assert (file.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [file])


@on_sqlite
def test_a_booking_cancelled_since_then_is_cancelled_again(
    app: Flask, ana: Browser, guest: FlaskClient, tmp_path: Path
) -> None:
    address = book(guest)
    command(app, "reconcile")  # from here on Google tells what changed
    restore = backed_up(app, tmp_path)
    cancel(guest, address)
    restore()
    assert status_of(look(guest, address)) == "confirmed"
    command(app, "reconcile")
    assert status_of(look(guest, address)) == "cancelled"


@on_sqlite
def test_a_booking_that_was_pending_is_confirmed_without_a_second_event(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn,
    clock: time_machine.Traveller, tmp_path: Path,
) -> None:  # fmt: skip
    google.fault(INSERT, cut="after")
    address = book(guest)
    restore = backed_up(app, tmp_path)
    clock.shift(120)
    command(app, "reconcile")
    restore()
    assert bookings(app)[0]["status"] == "pending"
    clock.shift(120)
    command(app, "reconcile")
    assert status_of(look(guest, address)) == "confirmed"
    assert len(google.events(ANA)) == 1


@on_sqlite
def test_a_time_booked_since_then_stays_taken_and_its_event_stands(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn, tmp_path: Path
) -> None:
    restore = backed_up(app, tmp_path)
    address = book(guest, TEN)
    restore()
    command(app, "reconcile")
    assert guest.get(address).status_code == 404
    assert {NINE, ELEVEN} <= set(offered(guest))
    assert TEN not in offered(guest)
    assert len(google.events(ANA)) == 1


def test_postgresql_and_places_that_cannot_be_written_are_told(
    app: Flask, tmp_path: Path, database_url: str
) -> None:
    result = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "no" / "copy.db")])
    assert result.exit_code == 1
    wanted = "cannot be written" if database_url.startswith("sqlite") else "pg_dump"
    assert wanted in result.stderr
    assert "Traceback" not in result.stderr
