"""What people do, through the front door: guests, programs, hosts at their settings, operators."""

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
from tests.conftest import Browser, command
from tests.page import Element

ANA = "ana@sailing.example"
MARIA = {"name": "Maria Sousa", "email": "maria@example.com"}
PICKER = "/book/ana/intro"
API = "/api/v1/ana/intro"
#: Free times of a Tuesday.
NINE, TEN, ELEVEN = (f"2026-12-01T{hour}:00:00Z" for hour in ("09", "10", "11"))
HALF_PAST = "2026-12-01T09:30:00Z"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: A body that comes in pieces, without a word of how long it will be: for `guest.post(…, **…)`.
IN_PIECES: Any = {
    "headers": {"Transfer-Encoding": "chunked"},
    "environ_overrides": {"wsgi.input_terminated": True},
}
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


# --- a guest, whose browser has no JavaScript ----------------------------------------------------


def look(guest: FlaskClient, address: str, status: int = 200, **headers: str) -> Element:
    answer = guest.get(address, headers=headers)
    assert answer.status_code == status, answer.text
    return page.read(answer.text)


def offered(guest: FlaskClient, date: str = "2026-12-01") -> list[str]:
    """The free times of a day."""
    return page.starts(look(guest, f"{PICKER}?date={date}"))


def fill(guest: FlaskClient, start: str = NINE, **typed: Any) -> dict[str, Any]:
    """Open the form for a time and type: what a browser would send."""
    answer = guest.get(PICKER, query_string={"start": start})
    assert answer.status_code == 200, answer.text
    form = page.read(answer.text).one("form", id="booking-form")
    return {**form.fields(), **MARIA, **typed}


def send(guest: FlaskClient, fields: Any, **headers: str) -> TestResponse:
    return guest.post(PICKER, data=fields, headers=headers)


def book(guest: FlaskClient, start: str = NINE, **typed: Any) -> str:
    """The address of a new booking's own page."""
    answer = send(guest, fill(guest, start, **typed))
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["Location"]).path


def cancel(guest: FlaskClient, address: str, reason: str = "") -> TestResponse:
    return guest.post(f"{address}/cancel", data={"reason": reason})


def reschedule(guest: FlaskClient, address: str, start: str = TEN) -> TestResponse:
    return guest.post(f"{address}/reschedule", data={"start": start})


def status_of(shown: Element) -> str:
    return shown.one(data_booking_status=True)["data-booking-status"]


def code_of(answer: TestResponse) -> str:
    return page.read(answer.text).one(data_error=True)["data-error"]


def ics(guest: FlaskClient, address: str) -> dict[str, str]:
    """The lines of a booking's calendar file by their names."""
    text = guest.get(f"{address}.ics").text.replace("\r\n ", "")
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def at_once(app: Flask, act: Callable[[FlaskClient], TestResponse], times: int = 2) -> list[Any]:
    """Several guests do the same at the same moment."""
    gate = Barrier(times)

    def one(_number: int) -> TestResponse:
        try:
            client = app.test_client()
            gate.wait(timeout=120)
            return act(client)
        finally:
            models.database.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


# --- a program ------------------------------------------------------------------------------------


def ask(guest: FlaskClient, body: Any = None, key: str | None = None, **more: Any) -> TestResponse:
    """Book as a program does."""
    given = {"start": NINE, **MARIA, **more} if body is None else body
    headers = {"Idempotency-Key": key} if key else {}
    return guest.post(f"{API}/bookings", json=given, headers=headers)


def booked(app: Flask, start: str = TEN, **more: Any) -> dict[str, Any]:
    """The booking in the API's answer."""
    person = {"name": "Gita Guest", "email": "gita@guest.example"}
    answer = ask(app.test_client(), {"start": start, **person, **more})
    assert answer.status_code in (201, 202), answer.text
    booking: dict[str, Any] = answer.get_json()["booking"]
    return booking


# --- a host at the settings page, whose browser has no JavaScript --------------------------------


def show(host: Browser, query: str = "") -> Element:
    return look(host.client, f"/settings{query}")


def form(shown: Element, section: str) -> Element:
    """The form that saves a section (or a booking, or the event type `events/intro`)."""
    (found,) = [
        each
        for each in shown.all("form", method="post")
        if each["action"].partition("?")[0] == f"/settings/{section}"
    ]
    return found


def save(
    host: Browser,
    section: str,
    changes: dict[str, Any] | None = None,
    *,
    press: tuple[str, str] | None = None,
    query: str = "",
    shown: Element | None = None,
) -> TestResponse:
    """Send a section's form with some fields changed (None: left out), and follow where it leads.

    `shown`: the page as this window has it, else as it is now.
    """
    found = form(shown or show(host, query), section)
    sent = found.sent()
    for name, value in (changes or {}).items():
        sent.poplist(name)
        if value is not None:
            sent.setlist(name, value if isinstance(value, list) else [value])
    if press:
        sent.add(*press)
    return host.client.post(found["action"], data=sent, follow_redirects=True)


def move(host: Browser, id: str, start: str, message: str = "") -> TestResponse:
    """Send the picker's last step for a booking and a time, and follow where it leads."""
    address = f"/settings/bookings/{id}/move"
    asked = host.client.get(address, query_string={"start": start})
    if asked.status_code != 200:
        return asked
    sent = {**page.read(asked.text).one(id="reschedule-form").fields(), "message": message}
    return host.client.post(address, data=sent, follow_redirects=True)


def save_event(
    host: Browser, changes: dict[str, Any] | None = None, slug: str = "intro", **more: Any
) -> TestResponse:
    """The same for an event type's editor."""
    return save(host, f"events/{slug}", changes, query=f"?event={slug}", **more)


def faults(answer: TestResponse) -> dict[str, str]:
    """What a refused form says: by the element that the summary leads to, each said there too."""
    assert answer.status_code == 422, answer.status_code
    shown = page.read(answer.text)
    alert = shown.one(role="alert", data_error="invalid_request")
    found = {link["href"].removeprefix("#"): link.text for link in alert.all("a")}
    for id, words in found.items():
        field = shown.one(id=id)
        beside = shown.one(id=f"{id}-fault").text
        assert words.endswith(beside)
        marked = [each for each in field.walk() if "aria-invalid" in each.attrs]
        if field.tag not in ("fieldset", "div", "span"):
            assert f"{id}-fault" in marked[0]["aria-describedby"].split()
    return found


# --- an operator ----------------------------------------------------------------------------------


def exported(app: Flask, handle: str = "ana") -> dict[str, Any]:
    """The settings document."""
    document: dict[str, Any] = json.loads(command(app, "settings", "export", handle))
    return document


def event_of(app: Flask, slug: str = "intro") -> dict[str, Any]:
    (found,) = [each for each in exported(app)["event_types"] if each["slug"] == slug]
    return dict(found)


def bookings(app: Flask, handle: str = "ana") -> list[dict[str, Any]]:
    """All bookings of a host."""
    listed = command(app, "bookings", "list", handle, "--format", "json")
    return json.loads(listed)  # type: ignore[no-any-return]


def row(app: Flask) -> dict[str, Any]:
    """The only booking."""
    (only,) = bookings(app)
    return only


def reconcile(app: Flask) -> str:
    return command(app, "reconcile")
