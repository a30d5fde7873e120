"""How a guest sees the pages goes along: every link and form of every state keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests import page
from tests.conftest import on_sqlite
from tests.page import Element
from tests.people import PICKER

pytestmark = [pytest.mark.usefixtures("ana"), on_sqlite]

LOOK = {
    "lang": "pl",
    "theme": "dark",
    "accent": "00aa00",
    "hide_details": "1",
    "clock": "12",
    "embedder": "https://ana.example",
}
VISIT = {"tz": "Asia/Tokyo", "utm_source": "news", "utm_campaign": "spring"}
MARIA = {"name": "Maria", "email": "maria@guest.example"}
START = "2026-12-03T09:00:00Z"


def at(path: str, **more: str) -> str:
    return f"{path}?{urlencode({**LOOK, **VISIT, **more})}"


def lost(answer: TestResponse, *without: str) -> list[str]:
    """The links and forms of a page that do not hold all of LOOK, or of VISIT before a booking."""
    shown, found = page.read(answer.text), []
    for address, fields in ways(shown):
        wanted = dict(LOOK) if address.startswith("/booking/") else {**LOOK, **VISIT}
        if shown.all("form", id="booking-form") or address.endswith("/reschedule"):
            wanted["tz"] = "Asia/Tokyo"
        kept = {**{name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}}
        kept.update(fields)
        missing = [name for name in wanted if kept.get(name) != wanted[name]]
        found += [f"{address}: {name}" for name in missing if name not in without]
    return found


def ways(shown: Element) -> Iterator[tuple[str, dict[str, str]]]:
    """Every way to another page of ours, and the fields that go with it."""
    for link in shown.all("a", href=True):
        if link["href"].startswith("/") and not urlsplit(link["href"]).path.endswith(".ics"):
            yield link["href"], {}
    for form in shown.all("form"):
        yield form["action"], form.fields()
    for poll in shown.all("div", hx_get=True):
        yield poll["hx-get"], {}


def book(guest: FlaskClient) -> str:
    form = page.read(guest.get(at(PICKER, start=START)).text).one(id="booking-form")
    return guest.post(PICKER, data={**form.fields(), **MARIA}).headers["Location"]


def test_before_a_booking(guest: FlaskClient) -> None:
    for address, without in [
        (at("/book/ana"), ()),
        (at(PICKER), ()),
        (at(PICKER, view="list"), ()),
        (at(PICKER, month="2031-01"), ()),
        (at(PICKER, step="zone"), ()),
        (at(PICKER, step="zone", city="lisbon"), ("tz",)),  # it is what is chosen there
        (at(PICKER, start=START), ()),
    ]:
        answer = guest.get(address)
        assert list(ways(page.read(answer.text))), address
        assert lost(answer, *without) == [], address


def test_while_the_calendar_does_not_answer_trying_again_asks_for_the_same(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    own = book(guest)
    clock.shift(601)  # too old to be shown while nobody answers
    google.fault("calendar.freebusy.query", status=500, times=None)
    again = page.read(guest.get(at(PICKER, start=START)).text).one("a")["href"]
    assert lost(guest.get(at(PICKER, start=START))) == []
    assert parse_qs(urlsplit(again).query)["start"] == [START]
    moving = f"{urlsplit(own).path}/reschedule"
    assert lost(guest.get(at(moving))) == []


def test_of_a_booking_in_each_state(guest: FlaskClient, google: StandIn) -> None:
    own = book(guest)
    assert lost(guest.get(own)) == []
    moving = page.read(guest.get(own).text).one("a", data_reschedule=True)["href"]
    assert lost(guest.get(moving), "utm_source", "utm_campaign") == []
    asked = guest.get(f"{moving}&tz=Asia%2FTokyo&start=2026-12-04T09:00:00Z")
    assert page.read(asked.text).all(id="reschedule-form")
    assert lost(asked) == []
    cancel = page.read(guest.get(own).text).one(id="cancel-form")["action"]
    cancelled = guest.get(guest.post(cancel).headers["Location"])
    assert page.read(cancelled.text).one(data_booking_status="cancelled")
    assert lost(cancelled) == []
    again = page.read(cancelled.text).one("a", **{"class": "button"})["href"]
    assert again.startswith(PICKER)


def test_of_a_booking_that_google_has_not_answered_for_or_refused(
    guest: FlaskClient, google: StandIn
) -> None:
    google.fault("calendar.events.insert", status=503)
    google.fault("calendar.events.get", status=503, times=None)
    own = book(guest)
    assert page.read(guest.get(own).text).one(data_booking_status="pending")
    assert lost(guest.get(own)) == []


def test_of_a_site_that_may_not_show_the_page(
    guest: FlaskClient, change: Callable[..., Any]
) -> None:
    change("ana", allowed_sites=["https://other.example"])
    answer = guest.get(at(PICKER), headers={"Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 403
    assert lost(answer) == []
