"""Connections to Google stay open between calls, and one that Google has closed does no harm."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from flask.testing import FlaskClient

from demo.google import StandIn
from tests.conftest import Browser, on_sqlite
from tests.people import ANA, HALF_PAST, NINE, TEN, book, cancel, look, status_of
from widget.google.http import Lost, NotSent, Wire


def test_bookings_share_a_connection(ana: Browser, guest: FlaskClient, google: StandIn) -> None:
    book(guest, NINE)
    before = google.connected
    for start in (HALF_PAST, TEN):
        book(guest, start)
    assert google.connected == before


@on_sqlite
@pytest.mark.parametrize("closed", range(3), ids=["none", "one", "many"])
def test_a_connection_that_google_has_closed_is_replaced(
    ana: Browser, guest: FlaskClient, google: StandIn, closed: int
) -> None:
    """Nothing was sent over it: no booking is left open, or made twice."""
    address = book(guest, NINE)
    for start in (HALF_PAST, TEN)[:closed]:
        google.close_connections()
        assert status_of(look(guest, book(guest, start))) == "confirmed"
    google.close_connections()
    cancel(guest, address)
    assert status_of(look(guest, address)) == "cancelled"
    assert google.calls.count("calendar.events.insert") == closed + 1
    assert len(google.events(ANA)) == closed


# --- on the wire ----------------------------------------------------------------------------------

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def server(*lives: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """Gives each connection some bytes for its first request and, if not None, for each further
    one; what it was sent, request by request."""
    heard, ended, threads = list[bytes](), threading.Event(), list[threading.Thread]()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            for life in lives:
                request = connection.recv(65536)
                if not request:
                    return
                heard.append(request)
                if life is None:
                    return
                for byte in range(len(life)):
                    connection.sendall(life[byte : byte + 1])
                    if life is not ANSWER:
                        ended.wait(0.02)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _address = listening.accept()
                threads.append(threading.Thread(target=answer, args=(connection,), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", heard
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)  # or it would take one more
    for thread in threads:
        thread.join(timeout=120)


def test_a_kept_connection_keeps_the_deadline_of_each_call() -> None:
    """However the answer drips, and whatever time the calls before have left it."""
    drip = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500
    with server(ANSWER, ANSWER, drip) as (url, heard):
        wire = Wire()
        assert wire.call("GET", url, 2).json() == {}
        assert wire.call("GET", url, 30).json() == {}
        began = time.monotonic()
        with pytest.raises(Lost):
            wire.call("POST", url, 2, body="{}")
        assert time.monotonic() - began < 8
        assert len(heard) == 3


def test_what_breaks_after_it_was_sent_is_lost_and_not_sent_again() -> None:
    with server(ANSWER, None) as (url, heard):
        wire = Wire()
        wire.call("GET", url, 5)
        with pytest.raises(Lost):
            wire.call("POST", url, 5, body="{}")
        assert len(heard) == 2


def test_what_no_connection_takes_was_not_sent() -> None:
    with server(ANSWER) as (url, _heard):
        wire = Wire()
        wire.call("GET", url, 5)
    with pytest.raises(NotSent):
        wire.call("POST", url, 5, body="{}")


def test_a_name_server_that_is_silent_takes_no_longer_than_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def silent(*_args: object, **_more: object) -> object:
        over.wait(10)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    began = time.monotonic()
    with pytest.raises(NotSent):
        Wire().call("GET", "http://google.example/", 0.2)
    took = time.monotonic() - began
    over.set()
    assert took < 5
