"""What people do with a booking, as a browser without JavaScript does it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import page
from tests.conftest import command
from tests.page import Element

ANA, MIA = "ana@sailing.example", "mia@guests.example"
PICKER = "/book/ana/intro"
NINE, TEN, ELEVEN = (f"2026-12-01T{hour}:00:00Z" for hour in ("09", "10", "11"))
HALF_PAST = "2026-12-01T09:30:00Z"


def book(guest: FlaskClient, start: str = NINE, **typed: Any) -> str:
    """The address of a new booking's own page."""
    form = page.read(guest.get(PICKER, query_string={"start": start}).text).one(id="booking-form")
    fields = {**form.fields(), "name": "Mia Lund", "email": MIA, **typed}
    answer = guest.post(PICKER, data=fields)
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["Location"]).path


def look(guest: FlaskClient, address: str, status: int = 200) -> Element:
    answer = guest.get(address)
    assert answer.status_code == status, answer.text
    return page.read(answer.text)


def status_of(shown: Element) -> str:
    return shown.one(data_booking_status=True)["data-booking-status"]


def code_of(answer: TestResponse) -> str:
    return page.read(answer.text).one(data_error=True)["data-error"]


def cancel(guest: FlaskClient, address: str, reason: str = "") -> TestResponse:
    return guest.post(f"{address}/cancel", data={"reason": reason})


def reschedule(guest: FlaskClient, address: str, start: str = TEN) -> TestResponse:
    return guest.post(f"{address}/reschedule", data={"start": start})


def offered(guest: FlaskClient, date: str = "2026-12-01") -> list[str]:
    """The free times of a day."""
    return page.starts(look(guest, f"{PICKER}?date={date}"))


def rows(app: Flask) -> list[dict[str, Any]]:
    """All bookings of Ana as an operator lists them."""
    listed = command(app, "bookings", "list", "ana", "--format", "json")
    return json.loads(listed)  # type: ignore[no-any-return]


def row(app: Flask) -> dict[str, Any]:
    (only,) = rows(app)
    return only


def reconcile(app: Flask) -> str:
    return command(app, "reconcile")


def ics(guest: FlaskClient, address: str) -> dict[str, str]:
    """The lines of a booking's calendar file by their names."""
    text = guest.get(f"{address}.ics").text.replace("\r\n ", "")
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
