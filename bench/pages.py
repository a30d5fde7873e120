"""Requests a second of the picker's page beside a bare Flask hello: one thread, no sockets."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from bench import _hello
from demo.google import StandIn
from widget import config

ROUNDS, SECONDS = 5, 1.0
PICKER = "/book/ana/intro"
SETTINGS = Path(__file__).parent.parent / "demo" / "settings" / "ana.json"


@contextmanager
def product() -> Iterator[Flask]:
    """The product for Ana of the demo: nine lifelike weeks, her busy times fetched once."""
    with tempfile.TemporaryDirectory() as folder, StandIn() as google:
        google.seed("ana@sailing.example", time.time())
        environ = {
            **google.environ,
            "DATABASE_URL": f"sqlite:///{folder}/meetslot.db",
            "SECRET_KEY": "a secret of the bench, long enough for all",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "BUSY_TTL": "86400",
            "READ_RATE_LIMIT": "",
            "LOG_LEVEL": "warning",
        }
        app = create_app(config.load(environ))
        _sign_in(app.test_client(), google)
        app.test_cli_runner().invoke(args=["settings", "import", "ana", str(SETTINGS)])
        yield app


def _sign_in(browser: FlaskClient, google: StandIn) -> None:
    to_google = browser.get("/login").headers["Location"]
    back = urlsplit(google.authorize(to_google, "ana@sailing.example"))
    browser.get(f"{back.path}?{back.query}")


def rate(app: Flask, addresses: list[str]) -> float:
    """Requests a second over these addresses in turn: the median of some rounds."""
    client = app.test_client()
    environs = []
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        environs.append(answer.request.environ)
    found, turns = [], cycle(environs)
    for _ in range(ROUNDS):
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            body = app.wsgi_app(dict(next(turns)), _start_response)
            b"".join(body)
            done += 1
        found.append(done / (time.perf_counter() - began))
    return median(found)


def _start_response(_status: str, _headers: object, _error: object = None) -> None:
    pass


def main() -> None:
    zones = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata")
    days = [date.today() + timedelta(days=number) for number in range(1, 40)]
    many = [f"{PICKER}?date={day}&tz={tz}" for day in days for tz in zones]
    bare = rate(_hello.app, ["/"])
    with product() as app:
        free = json.loads(app.test_client().get(f"/api/v1/ana/intro/slots?{_weeks()}").text)
        same, different = rate(app, [PICKER]), rate(app, many)
    print(f"bare Flask hello: {bare:.0f} requests a second (one thread, no sockets)")
    print(f"picker, the same page again: {same:.0f} a second, {same / bare:.3f} of hello")
    print(f"picker, {len(many)} pages in turn: {different:.0f} a second, {different / bare:.3f}")
    print(f"  (of an event type with {len(free['slots'])} free slots in six weeks)")


def _weeks() -> str:
    start = date.today()
    return f"from={start}T00:00:00Z&to={start + timedelta(days=42)}T00:00:00Z"


if __name__ == "__main__":
    main()
