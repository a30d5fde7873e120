"""A guest's way to a booking, as a browser without JavaScript goes it, and as a program does."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from tests import page
from tests.conftest import command
from tests.page import Element

ANA = "ana@sailing.example"
PICKER = "/book/ana/intro"
API = "/api/v1/ana/intro"
START = "2026-12-01T09:00:00Z"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
MARIA = {"name": "Maria Sousa", "email": "maria@example.com"}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def fill(guest: FlaskClient, start: str = START, **typed: Any) -> dict[str, Any]:
    """Open the form for a time and type; what a browser would send."""
    answer = guest.get(PICKER, query_string={"start": start})
    assert answer.status_code == 200, answer.text
    form = page.read(answer.text).one("form", id="booking-form")
    return {**form.fields(), **MARIA, **typed}


def send(guest: FlaskClient, fields: Any, **headers: str) -> TestResponse:
    return guest.post(PICKER, data=fields, headers=headers)


def book(guest: FlaskClient, start: str = START, **typed: Any) -> str:
    """The address of the new booking's own page."""
    answer = send(guest, fill(guest, start, **typed))
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["Location"]).path


def look(guest: FlaskClient, address: str, status: int = 200, **headers: str) -> Element:
    answer = guest.get(address, headers=headers)
    assert answer.status_code == status, answer.text
    return page.read(answer.text)


def status_of(shown: Element) -> str:
    return shown.one(data_booking_status=True)["data-booking-status"]


def ask(guest: FlaskClient, body: Any = None, key: str | None = None, **more: Any) -> TestResponse:
    """Book as a program."""
    given = {"start": START, **MARIA, **more} if body is None else body
    headers = {"Idempotency-Key": key} if key else {}
    return guest.post(f"{API}/bookings", json=given, headers=headers)


def bookings(app: Flask, handle: str = "ana") -> list[dict[str, Any]]:
    """All bookings of a host, as an operator lists them."""
    listed = command(app, "bookings", "list", handle, "--format", "json")
    return json.loads(listed)  # type: ignore[no-any-return]


def at_once(app: Flask, act: Callable[[FlaskClient], TestResponse], times: int = 2) -> list[Any]:
    """Several guests do the same at the same moment."""
    gate = Barrier(times)

    def one(_number: int) -> TestResponse:
        try:
            client = app.test_client()
            gate.wait(timeout=30)
            return act(client)
        finally:
            models.database.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))
