"""Bodies that never come, before the real server: everybody else is answered all the same."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import on_sqlite
from tests.server import production

pytestmark = on_sqlite
SLOW = 60
PATIENCE_SECONDS = 30  # of the test, on a machine that is busy; the server answers at once


@pytest.fixture
def port(environ: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """Where the production server listens, with one worker."""
    with production(environ, tmp_path, WEB_CONCURRENCY="1") as server:
        yield server.port


def ask(port: int, method: str, path: str, body: bytes = b"") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body or None)
        return connection.getresponse().status
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
