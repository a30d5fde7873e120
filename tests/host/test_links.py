"""One-off links on the settings page, without JavaScript."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element, starts
from tests.people import MARIA, NINE, TEN, ask, faults, form, look, save, save_event, show

pytestmark = on_sqlite
HALVES = ("10:00", "10:30", "11:00", "11:30")
EVENING, RANGE = "2026-12-01 19:00", "2026-12-05 10:00–12:00"


def opened(ana: Browser) -> Element:
    """The form, as the link beside the event type opens it."""
    link = show(ana).one(id="event-link-intro")
    return look(ana.client, link["href"].partition("#")[0])


def make(ana: Browser, **typed: Any) -> TestResponse:
    return save(ana, "links", typed, shown=opened(ana))


def entries(shown: Element) -> list[Element]:
    return shown.all("li", data_state=True)


def test_times_are_ticked_and_typed_and_the_link_is_there_to_copy(
    ana: Browser, guest: FlaskClient
) -> None:
    ticks = [each["value"] for each in opened(ana).all("input", name="times")]
    assert NINE in ticks
    answer = make(ana, times=[NINE, TEN], more=f"{EVENING}\n\n{RANGE}\n", title="For Maria")
    (entry,) = entries(page.read(answer.text))
    assert entry.one("strong").text == "For Maria"
    assert "The link is made." in entry.text
    assert "booked 0 of 1 time · 4 times of its own" in entry.text
    copied = entry.one("button", data_copy=True)["data-copy"]
    address = urlsplit(entry.one("input", id=copied)["value"])
    shown = look(guest, f"{address.path}?{address.query}")
    assert starts(shown) == [NINE, TEN, "2026-12-01T19:00:00Z"]
    shown = look(guest, f"{address.path}?{address.query}&date=2026-12-05")
    assert starts(shown) == [
        f"2026-12-05T{time}:00Z" for time in ("10:00", "10:30", "11:00", "11:30")
    ]


def test_a_link_is_listed_with_its_state(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    answer = make(ana, uses="2", expires="2026-12-24", duration="45")
    (entry,) = entries(page.read(answer.text))
    assert entry["data-state"] == "open"
    assert "until" in entry.text
    code = entry["id"].removeprefix("link-")
    assert ask(guest, {"start": NINE, **MARIA, "once": code}).status_code == 201
    assert "booked 1 of 2 times" in entries(show(ana))[0].text
    assert ask(guest, {"start": TEN, **MARIA, "once": code}).status_code == 201
    (entry,) = entries(show(ana))
    assert entry["data-state"] == "used up"
    assert not entry.all("input", readonly=True)  # nothing to copy any more


def test_a_second_press_makes_no_second_link(ana: Browser) -> None:
    shown = opened(ana)
    for _press in range(3):
        answer = save(ana, "links", {"title": "For Maria"}, shown=shown)
        assert len(entries(page.read(answer.text))) == 1
    assert len(entries(page.read(make(ana, title="For Maria").text))) == 2  # who means it


def test_it_is_revoked_and_pressing_twice_does_no_harm(ana: Browser) -> None:
    shown = page.read(make(ana).text)
    code = entries(shown)[0]["id"].removeprefix("link-")
    for _twice in range(2):
        answer = save(ana, f"links/{code}/revoke", shown=shown)
        assert entries(page.read(answer.text))[0]["data-state"] == "revoked"


@pytest.mark.parametrize(
    ("name", "typed", "path"),
    [
        ("title", "x" * 201, "title"),
        ("duration", "2000", "duration"),
        ("duration", "long", "duration"),
        ("uses", "0", "uses"),
        ("uses", "", "uses"),
        ("expires", "soon", "expires"),
        ("more", "2026-12-01 25:00", "times"),
        ("more", "whenever", "times"),
        ("more", "2026-12-05 12:00–10:00", "times"),
        ("more", "2026-12-05 12:00–12:10", "times"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_kept(
    ana: Browser, name: str, typed: str, path: str
) -> None:
    answer = make(ana, **{"title": "For Maria", "times": [NINE], name: typed})
    assert list(faults(answer)) == [f"link-{path}"]
    sent = form(page.read(answer.text), "links").fields()
    assert sent[name].strip() == typed
    assert sent["times"] == NINE
    assert not entries(page.read(answer.text))


def test_it_works_while_its_event_type_is_switched_off(ana: Browser, guest: FlaskClient) -> None:
    save_event(ana, {"active": None})
    answer = make(ana)
    address = urlsplit(entries(page.read(answer.text))[0].one("input", readonly=True)["value"])
    assert starts(look(guest, f"{address.path}?{address.query}"))


def test_while_google_does_not_answer_other_times_can_be_typed(ana: Browser) -> None:
    ana.google.fault("calendar.freebusy.query", status=503, times=None)
    assert "Google does not answer" in form(opened(ana), "links").text
    assert len(entries(page.read(make(ana, more=EVENING).text))) == 1


def test_nobody_ends_the_link_of_another_host(app: Flask, ana: Browser) -> None:
    shown = page.read(make(ana).text)
    code = entries(shown)[0]["id"].removeprefix("link-")
    ben = Browser(app.test_client(), ana.google)
    ben.sign_in("ben@sailing.example")
    token = show(ben).all("input", name="csrf_token")[0]["value"]
    ben.client.post(f"/settings/links/{code}/revoke", data={"csrf_token": token})
    assert entries(show(ana))[0]["data-state"] == "open"
