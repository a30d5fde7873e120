"""Databases of earlier versions, with what they hold, come up to date."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playhouse.migrations import Runner

import models
from connections import database as open_database

HOST = """
INSERT INTO host (handle, email, subject, settings, created_at)
VALUES ('ana', 'ana@sailing.example', '1', '{}', 1)
"""
BOOKING = """
INSERT INTO booking (id, host_id, event, promise, start_at, end_at, buffer_before_minutes,
    buffer_after_minutes, guest_name, guest_email, notes, answers, guests, tz, language, utm,
    status, google_event_id, calendar, body_digest, settle_after, created_at, updated_at)
SELECT 'b', id, 'intro', '{}', 100, 200, 0, 0, 'Mia', 'mia@guests.example', '', '{}', '[]', 'UTC',
    'en', '{}', 'confirmed', 'e', 'primary', '', 0, 1, 1 FROM host
"""
BUSY = """
INSERT INTO busy_times (host_id, intervals, fetched_at) SELECT id, '[[1, 2, "x"]]', 5 FROM host
"""
CALENDAR = """
INSERT INTO watched_calendar (host_id, calendar, sync_token) SELECT id, 'primary', 's' FROM host
"""
PAST = "INSERT INTO past_settings (host_id, revision, settings) SELECT id, 1, '{}' FROM host"
LEASE = "INSERT INTO lease (name, held_until) VALUES ('round', 99)"
#: What could be stored once these migrations were there.
FILLED = {
    "0001_start": [HOST, BOOKING, BUSY],
    "0002_changes": [CALENDAR, LEASE],
    "0005_settings_page": [PAST],
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/old.db"
        return
    server: str = request.getfixturevalue("postgresql_server")
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS migrating WITH (FORCE)")
        connection.execute("CREATE DATABASE migrating")
    yield server.format("migrating")


def migrated(url: str, folder: Path, upto: str) -> None:
    """The database as it was when `upto` was the newest migration, filled."""
    folder.mkdir(exist_ok=True)
    for path in sorted(models.MIGRATIONS.glob("0*.py")):
        if path.stem <= upto:
            shutil.copy(path, folder)
    models.database.initialize(open_database(url, 1))
    with models.database.connection_context():
        for name in sorted(path.stem for path in folder.glob("0*.py")):
            with models.database.atomic():
                Runner(models.database.obj, str(folder)).up(name)
            for statement in FILLED.get(name, ()):
                models.database.execute_sql(statement)
    models.database.close()


VERSIONS = sorted(path.stem for path in models.MIGRATIONS.glob("0*.py"))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_earlier_version_stored_is_there_afterwards(
    empty: str, tmp_path: Path, version: str
) -> None:
    migrated(empty, tmp_path / "migrations", version)
    models.connect(empty)
    with models.database.connection_context():
        (booking,) = models.Booking.select()
        assert (booking.host.handle, booking.status, booking.holds) == ("ana", "confirmed", True)
        assert models.BusyTimes.get().intervals == [[1, 2, "x"]]
        assert "past_settings" not in models.database.get_tables()
        assert [each for each in models.Lease.select() if each.until > 10**10] == []
    models.database.close()


def test_a_webhook_moves_out_of_its_hosts_settings(empty: str, tmp_path: Path) -> None:
    before = max(version for version in VERSIONS if version < "0023")
    migrated(empty, tmp_path / "migrations", before)
    hook = {"url": "https://hooks.example", "secret": "whsec_x", "events": ["booking.failed"]}
    settings = {"handle": "ana", "webhook": hook, "display_name": "Ana Zé"}
    with models.database.connection_context():
        models.Host.update(settings=json.dumps(settings)).execute()
    models.connect(empty)
    with models.database.connection_context():
        (row,) = models.database.execute_sql("SELECT url, secret, events FROM webhook").fetchall()
        assert (*row[:2], json.loads(row[2])) == tuple(hook.values())
        assert json.loads(models.Host.get().settings) == {**settings, "webhook": None}
    models.database.close()


def test_an_empty_database_gets_every_table(empty: str) -> None:
    models.connect(empty)
    with models.database.connection_context():
        for table in models.Table.__subclasses__():
            assert table.select().count() == 0
    models.database.close()
