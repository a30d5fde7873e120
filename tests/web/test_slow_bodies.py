"""Bodies that never come, before the real server: everybody else is answered all the same."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ROOT, on_sqlite

pytestmark = on_sqlite
SLOW = 60
PATIENCE_SECONDS = 30  # of the test, on a machine that is busy; the server answers at once


@pytest.fixture
def port(environ: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """Where the production server listens, with one worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "serve"],
            env={**kept, **environ, "PORT": str(port), "WEB_CONCURRENCY": "1"},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        try:
            while ask(port, "GET", "/healthz", tries=True) != 200:
                assert server.poll() is None, (tmp_path / "server.log").read_text()
            yield port
        finally:
            server.terminate()
            server.wait(30)


def ask(port: int, method: str, path: str, body: bytes = b"", *, tries: bool = False) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body or None)
        return connection.getresponse().status
    except ConnectionRefusedError:
        if tries:
            return 0
        raise
    finally:
        connection.close()


def slow(stack: ExitStack, port: int, path: str) -> None:
    """A connection that promises 100,000 bytes, sends six, and waits."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
    form = "Content-Type: application/x-www-form-urlencoded\r\n\r\nname=a"
    connection.sendall((head + form).encode())


@pytest.mark.parametrize("path", ["/book/ana/intro", "/nothing", "/api/v1/ana/intro/bookings"])
def test_slow_bodies_keep_nobody_else_waiting(port: int, path: str) -> None:
    with ExitStack() as stack:
        for _ in range(SLOW):
            slow(stack, port, path)
        for _ in range(8):
            assert ask(port, "GET", "/healthz") == 200
            assert ask(port, "GET", "/book/ana/intro") == 404  # no host yet; a page all the same
        assert ask(port, "POST", "/book/ana/intro", b"name=a") in (404, 503)


def test_a_body_that_is_too_large_gets_an_answer(port: int) -> None:
    for path in ("/book/ana/intro", "/api/v1/ana/intro/bookings"):
        assert ask(port, "POST", path, b"name=" + b"a" * 3_000_000) in (404, 413)
