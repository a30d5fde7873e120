"""How many connections the product has to its database, and who waits for whom."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import peewee
import psycopg
import pytest
from flask import Flask

import connections
import models
from demo.google import StandIn
from tests.conftest import Browser, on_sqlite
from tests.people import HALF_PAST, NINE, TEN, ask
from tests.world import Database
from widget import config

COUNT = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'counted'"


@on_sqlite
@pytest.mark.parametrize("workers", [1, 2, 5, 6, 16, 64, 90])
def test_all_workers_together_leave_postgresql_some_of_its_hundred(
    environ: dict[str, str], workers: int
) -> None:
    found = config.load({**environ, "WEB_CONCURRENCY": str(workers)})
    assert found.connections >= 1
    assert found.connections * workers <= 90
    assert workers > 5 or found.connections > config.THREADS  # nobody waits for one


@pytest.mark.postgresql
def test_more_threads_than_connections_are_served_in_turn(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{postgresql.url}&application_name=counted"
    database = connections.database(url, 2)
    gate, counts = threading.Barrier(8), list[int]()

    def use(_number: int) -> int:
        gate.wait(timeout=120)
        with database.connection_context():
            counts.append(database.execute_sql(COUNT).fetchone()[0])
            return int(database.execute_sql("SELECT 7").fetchone()[0])

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(use, range(8))) == [7] * 8
    assert max(counts) <= 2
    database.close_all()


@pytest.mark.postgresql
def test_connections_that_the_server_ended_are_replaced(postgresql: Database) -> None:
    database = connections.database(f"{postgresql.url}&application_name=counted", 4)
    gate = threading.Barrier(4)

    def use(_number: int) -> None:
        with database.connection_context():
            database.execute_sql("SELECT 1")
            gate.wait(timeout=120)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use, range(4)))
    with psycopg.connect(postgresql.url, autocommit=True) as other:
        other.execute(COUNT.replace("COUNT(*)", "pg_terminate_backend(pid)"))
    for _ in range(4):
        with database.connection_context():
            assert database.execute_sql("SELECT 7").fetchone() == (7,)
    database.close_all()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.postgresql
def test_who_waits_for_google_holds_no_connection(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    """A server with a single connection books for three guests at the same time."""
    url = app.extensions["meetslot"].config.database_url
    models.database.close()
    many = models.database.obj
    models.database.initialize(connections.database(url, 1))
    try:
        google.fault("calendar.freebusy.query", hold="before", times=3)
        with ThreadPoolExecutor(3) as threads:
            answers = [
                threads.submit(lambda start=start: ask(app.test_client(), start=start))  # type: ignore[misc]
                for start in (NINE, HALF_PAST, TEN)
            ]
            assert google.faults.wait_for_hanging(60)
            assert models.Host.select().count() == 1
            models.database.close()
            google.clear_faults()
            assert [each.result().status_code for each in answers] == [201] * 3
    finally:
        models.database.close()
        models.database.obj.close_all()
        models.database.initialize(many)


def test_threads_of_a_process_write_to_sqlite_in_turn(tmp_path: Path) -> None:
    """Who is impatient is told soon; who is not waits."""
    database = connections.SqliteDatabase(str(tmp_path / "a.db"), timeout=10)
    database.execute_sql("CREATE TABLE one (number INTEGER)")
    begun, told = threading.Event(), list[str]()

    def write() -> None:
        begun.wait(timeout=120)
        locked = pytest.raises(peewee.OperationalError, match="locked")
        with locked, database.writing(patient=False), database.atomic():
            database.execute_sql("INSERT INTO one VALUES (1)")
        told.append("impatient")
        database.execute_sql("INSERT INTO one VALUES (2)")
        told.append("patient")
        database.close()

    thread = threading.Thread(target=write)
    thread.start()
    with database.writing(), database.atomic("IMMEDIATE"):
        begun.set()
        while not told:
            thread.join(timeout=0.01)
        assert told == ["impatient"]
        database.execute_sql("INSERT INTO one VALUES (0)")
    thread.join(timeout=120)
    assert database.execute_sql("SELECT number FROM one").fetchall() == [(0,), (2,)]
    database.close()


def test_only_what_can_be_found_out_again_may_be_lost_with_the_power(tmp_path: Path) -> None:
    """All else is on the disk when its commit is over, on the same connection too."""
    models.connect(f"sqlite:///{tmp_path}/a.db")

    def synchronous() -> int:
        return int(models.read("PRAGMA synchronous")[0][0])

    normal, full = 1, 2
    with models.database.connection_context():
        with models.write():
            assert synchronous() == full
        with models.write(lasting=False):
            assert synchronous() == normal
        assert synchronous() == full
        with pytest.raises(ZeroDivisionError), models.write(lasting=False):
            _ = 1 / 0
        assert synchronous() == full


def test_what_can_be_done_without_is_not_waited_for_on_the_disk(tmp_path: Path) -> None:
    database = connections.database(f"sqlite:///{tmp_path}/database", 1)

    def waits() -> int:
        """SQLite's `synchronous`: 2 (full) outlives a power cut, 1 (normal) may not."""
        return int(database.execute_sql("PRAGMA synchronous").fetchone()[0])

    with suppress(ZeroDivisionError), database.writing(patient=False), database.atomic():
        assert waits() == 1
        raise ZeroDivisionError
    assert waits() == 2
    database.close()


@pytest.mark.postgresql
def test_the_same_is_lost_with_the_power_on_postgresql(postgresql: Database) -> None:
    models.connect(postgresql.url)

    def synchronous() -> str:
        return str(models.read("SHOW synchronous_commit")[0][0])

    with models.database.connection_context():
        with models.write():
            assert synchronous() == "on"
        with models.write(lasting=False):
            assert synchronous() == "off"
        assert synchronous() == "on"
        with pytest.raises(ZeroDivisionError), models.write(lasting=False):
            _ = 1 / 0
        with models.database.atomic():  # that nobody has said anything of
            assert synchronous() == "on"
        with models.write():
            assert synchronous() == "on"


@pytest.mark.postgresql
def test_a_transaction_begins_on_a_connection_that_answers(postgresql: Database) -> None:
    """The server has ended the one that waited in the pool."""
    models.connect(f"{postgresql.url}&application_name=counted")
    models.database.close()
    with psycopg.connect(postgresql.url, autocommit=True) as other:
        other.execute(COUNT.replace("COUNT(*)", "pg_terminate_backend(pid)"))
    with models.write():
        assert models.read("SELECT 7") == [(7,)]
    models.database.close()
