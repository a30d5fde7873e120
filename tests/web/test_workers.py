"""The processes of a server: what they hold, and what becomes of them when one dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import on_sqlite
from tests.server import Production, patiently, production


@pytest.fixture
def server(environ: dict[str, str], tmp_path: Path) -> Iterator[Production]:
    with production(environ, tmp_path, true=True) as found:
        yield found


def replaced(server: Production, gone: set[int]) -> set[int]:
    """The workers, once there are two again and none of those that are gone."""
    for _look in range(6000):
        found = set(server.workers())
        if len(found) == 2 and not found & gone:
            return found
        assert server.process.poll() is None, server.log.read_text()
        threading.Event().wait(0.01)
    raise AssertionError(f"{server.workers()} after {gone}: {server.log.read_text()}")


@on_sqlite
def test_workers_that_die_again_and_again_do_not_end_the_server(server: Production) -> None:
    gone = set[int]()
    for _time in range(3):  # as fast as they come
        workers = replaced(server, gone)
        for each in workers:
            os.kill(each, signal.SIGKILL)
        gone |= workers
    replaced(server, gone)
    assert patiently(f"{server.url}/healthz").status_code == 200
    assert server.log.read_text().count("died: another one starts") == len(gone)
    assert server.end() == 0


@on_sqlite
def test_workers_that_cannot_live_end_the_server(server: Production) -> None:
    gone = set[int]()
    while server.process.poll() is None:
        for each in set(server.workers()) - gone:
            gone.add(each)
            os.kill(each, signal.SIGKILL)
        threading.Event().wait(0.01)
    assert server.process.returncode == 1
    assert len(gone) < 20
    assert "die again and again" in server.log.read_text()


@on_sqlite
def test_no_process_holds_what_it_has_no_use_for(server: Production) -> None:
    """The parent starts workers, and they read an SQLite database."""

    def libraries(pid: int) -> str:
        return Path(f"/proc/{pid}/maps").read_text()

    assert "pydantic_core" not in libraries(server.process.pid)
    for worker in replaced(server, set()):
        assert "pydantic_core" in libraries(worker)
        assert "psycopg" not in libraries(worker)
