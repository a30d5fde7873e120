"""A meeting at the host's own link, an event type's own colour, and the mail in the preview."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA, PICKER, ask, book, event_of, faults, form, ics, look, save_event, show
from widget.web import theme

pytestmark = on_sqlite

ROOM = "https://meet.ana.example/room"


def test_a_link_of_the_hosts_own_is_told_once_it_is_booked(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn
) -> None:
    save_event(ana, {"location": "link", "location_detail": ROOM})
    assert event_of(app)["location"] == "link"
    for address in ("/book/ana", PICKER, f"{PICKER}?start=2026-12-01T09:00:00Z", "/api/v1/ana"):
        answer = guest.get(address)
        assert answer.status_code == 200
        assert ROOM not in answer.text
    assert "Video call" in look(guest, PICKER).one(_class="facts").text
    address = book(guest)
    link = look(guest, address).one("a", data_meet_link=True)
    assert (link["href"], link["target"], link["rel"]) == (ROOM, "_blank", "noopener noreferrer")
    assert ics(guest, address)["LOCATION"] == ROOM
    (event,) = google.events(ANA)
    assert event["location"] == ROOM
    assert "conferenceData" not in event
    (row,) = json.loads(command(app, "bookings", "list", "ana", "--format", "json"))
    assert row["meet_link"] == ROOM
    told = ask(guest, start="2026-12-01T11:00:00Z", email="b@example.com").get_json()
    assert told["meetLink"] == ROOM


def test_a_link_is_not_told_while_nobody_knows_whether_it_is_booked(
    ana: Browser, guest: FlaskClient, google: StandIn
) -> None:
    save_event(ana, {"location": "link", "location_detail": ROOM})
    google.fault("calendar.events.insert", cut="after")
    answer = ask(guest)
    assert answer.status_code == 202
    assert answer.get_json()["meetLink"] is None


@pytest.mark.parametrize("detail", ["", "meet.ana.example/room", "http://meet.ana.example", "x"])
def test_a_link_has_to_be_https(app: Flask, ana: Browser, detail: str) -> None:
    answer = save_event(ana, {"location": "link", "location_detail": detail})
    assert "https" in faults(answer)["event-location_detail"]
    assert event_of(app)["location"] == "google_meet"


def test_an_event_type_has_a_colour_of_its_own(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    def sheet(address: str) -> str:
        found = re.search(r"--accent-light:(#\w+)", look(guest, address).all("style")[0].raw)
        assert found
        return found[1]

    before = sheet(PICKER)
    save_event(ana, {"accent": "#AA0055"})
    assert event_of(app)["accent"] == "aa0055"
    assert sheet(PICKER) != before == sheet("/book/ana")
    assert sheet(PICKER) == sheet(f"{PICKER}?accent=aa0055")
    assert sheet(f"{PICKER}?accent=1a73e8") == before  # the site around decides
    assert sheet(book(guest)) == sheet(PICKER)
    assert "six hex" in faults(save_event(ana, {"accent": "blue"}))["event-accent"]
    save_event(ana, {"accent": ""})
    assert sheet(PICKER) == before


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize("accent", ["000000", "0b6e6e", "1a73e8", "767676", "fde047", "ffffff"])
def test_what_is_chosen_has_the_hosts_own_colour_in_the_dark_too(
    guest: FlaskClient, accent: str
) -> None:
    style = look(guest, f"{PICKER}?accent={accent}").all("style")[0].raw
    found = dict(re.findall(r"--([a-z-]+-dark):#(\w+)", style))
    fill, on = theme.rgb(found["fill-dark"]), theme.rgb((found["on-accent-dark"] * 2)[:6])
    assert theme.contrast(fill, theme.DARK_PAGE) >= 3  # WCAG 2.2, 1.4.11
    assert theme.contrast(fill, on) >= 4.5  # 1.4.3
    seen = theme.contrast(theme.rgb(accent), theme.DARK_PAGE) >= 3
    assert (found["fill-dark"] == accent) is seen


def test_the_preview_shows_what_the_guests_mail_will_say(
    ana: Browser, change: Callable[..., None]
) -> None:
    change("ana", event={"invite_title": "{event} with {host}", "invite_text": "Hello {guest}."})
    shown = look(ana.client, "/settings/preview/intro").one(id="mail")
    assert "Intro call with Ana Silva" in shown.text
    assert "Hello Maria Sousa." in shown.text
    assert "To move or cancel: http" in shown.text
    sent: Any = form(show(ana, "?event=intro"), "events/intro").sent()
    sent["invite_text"] = "Bring <a jacket>."
    draft = page.read(ana.client.post("/settings/preview/intro", data=sent).text)
    assert "Bring <a jacket>." in draft.one(id="mail").text


def test_guests_see_no_mail_before_they_book(ana: Browser, guest: FlaskClient) -> None:
    assert not look(guest, PICKER).all(id="mail")
