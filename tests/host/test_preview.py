"""What guests will see, before anything is saved; who may frame it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element, starts
from tests.people import exported, form, show

pytestmark = on_sqlite
FAMILY = "ana-private@group.calendar.example"


def preview(host: Browser, section: str, changes: dict[str, Any], query: str = "") -> Any:
    """What the preview makes of a section's form with these changes."""
    sent = form(show(host, query), section).sent()
    for name, value in changes.items():
        sent.setlist(name, value if isinstance(value, list) else [value])
    return host.client.post("/settings/preview/intro", data=sent)


def looked(answer: Any) -> Element:
    assert answer.status_code == 200
    return page.read(answer.text)


def test_it_is_the_guests_own_page(ana: Browser, guest: FlaskClient) -> None:
    shown = looked(ana.client.get("/settings/preview/intro"))
    picker = page.read(guest.get("/book/ana/intro").text)
    assert starts(shown) == starts(picker)
    assert shown.one("h1").text == picker.one("h1").text
    assert show(ana).one(id="preview-frame")["src"] == "/settings/preview/intro"


def test_every_section_is_followed_before_it_is_saved(app: Flask, ana: Browser) -> None:
    before = exported(app)
    event = {"title": "New title", "duration": "60", "slot_interval": "60"}
    shown = looked(preview(ana, "events/intro", event, "?event=intro"))
    assert shown.one("h1").text == "New title"
    assert "1 h" in shown.one(_class="facts").text
    hours = {"mon-start": "15:00", "mon-end": "16:00"}
    assert starts(looked(preview(ana, "hours", hours))) == [
        "2026-11-30T15:00:00Z",
        "2026-11-30T15:30:00Z",
    ]
    dates = {"from": "2026-11-30", "to": "2026-12-04", "kind": "closed"}
    assert starts(looked(preview(ana, "dates", dates)))[0] == "2026-12-07T09:00:00Z"
    look = looked(preview(ana, "theme", {"accent": "#b3541e", "mode": "dark"}))
    assert look.one("html")["data-theme"] == "dark"
    assert "--accent-dark:#ce906d" in look.all("style")[0].raw
    you = looked(preview(ana, "profile", {"display_name": "Someone", "time_zone": "Asia/Tokyo"}))
    assert "Someone" in [each.text for each in you.one("header", _class="what").all("bdi")]
    assert "Tokyo" in you.one(_class="zone").text
    assert exported(app) == before


def test_a_calendar_that_is_only_ticked_makes_busy_and_is_not_kept(
    app: Flask, ana: Browser, google: StandIn, guest: FlaskClient
) -> None:
    google.add_busy(FAMILY, "2026-11-30T12:00:00Z", "2026-11-30T17:00:00Z")
    saved = starts(page.read(guest.get("/book/ana/intro").text))
    assert saved[0] == "2026-11-30T12:00:00Z"
    shown = looked(preview(ana, "calendars", {"busy_calendars": ["primary", FAMILY]}))
    assert starts(shown)[0] == "2026-12-01T09:00:00Z"
    assert starts(page.read(guest.get("/book/ana/intro").text)) == saved


def test_a_longer_window_than_the_stored_one_is_looked_at_whole(
    ana: Browser, google: StandIn
) -> None:
    google.add_busy("ana@sailing.example", "2027-06-01", "2027-06-02")
    sent = form(show(ana, "?event=intro"), "events/intro").sent()
    sent["booking_window_days"] = "365"
    for day, free in (("2027-06-01", False), ("2027-06-02", True)):
        answer = ana.client.post(f"/settings/preview/intro?date={day}", data=sent)
        assert bool(starts(looked(answer))) == free


def test_a_step_in_a_draft_leads_into_what_is_stored(ana: Browser) -> None:
    changes = {"title": "Typed", "q0-label": "How big?", "q0-kind": "text", "q0-id": "boat"}
    shown = looked(preview(ana, "events/intro", changes, "?event=intro"))
    assert "Typed" in shown.text
    pick = shown.one(id="picker").all("form")[0]
    assert pick["action"] == "/settings/preview/intro"
    assert pick["method"] == "get"
    query = {**pick.fields(), "start": starts(shown)[0]}
    asked = looked(ana.client.get(pick["action"], query_string=query))
    assert "Intro call" in asked.text
    assert not asked.all(name="question-boat")


def unseen(answer: TestResponse, status: int, words: str) -> None:
    """A page that may be framed as the preview itself, and says why it is not here."""
    assert answer.status_code == status
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert words in page.read(answer.text).one(role="alert").text


def test_what_could_not_be_saved_is_not_shown_but_told(ana: Browser) -> None:
    hours = preview(ana, "hours", {"mon-start": "17:00"})
    unseen(hours, 422, "Monday, hours 1: must start before it ends")
    unseen(preview(ana, "dates", {"from": "never"}), 422, "First date: Give a date")
    event = preview(ana, "events/intro", {"title": ""}, "?event=intro")
    unseen(event, 422, "Title: cannot be empty")
    sites = preview(ana, "sites", {"allowed_sites": "x"})
    unseen(sites, 422, "on localhost): line 1 “x”")
    token = form(show(ana), "hours").fields()["csrf_token"]
    draft = {"csrf_token": token, "section": "none"}
    assert ana.client.post("/settings/preview/intro", data=draft).status_code == 404
    unseen(ana.client.get("/settings/preview/nothing"), 404, "no such event type any more")
    draft["csrf_token"] = "old"
    unseen(ana.client.post("/settings/preview/intro", data=draft), 400, "open too long")


def test_it_is_in_the_language_that_the_browser_asks_guests_pages_in(
    ana: Browser, guest: FlaskClient
) -> None:
    german = {"Accept-Language": "de-AT"}
    shown = looked(ana.client.get("/settings/preview/intro", headers=german))
    picker = page.read(guest.get("/book/ana/intro", headers=german).text)
    assert shown.one("html")["lang"] == picker.one("html")["lang"] == "de-AT"
    assert shown.one(id="picker").text == picker.one(id="picker").text
    spoken = looked(ana.client.get("/settings/preview/intro?lang=fr", headers=german))
    assert spoken.one("html")["lang"] == "fr"
    page_itself = ana.client.get("/settings", headers=german).text
    assert page.read(page_itself).one("html")["lang"] == "en-GB"


def test_a_disconnected_host_sees_what_guests_see(ana: Browser, google: StandIn) -> None:
    token = form(show(ana), "hours").sent()
    google.revoke("ana@sailing.example")
    google.expire()
    answer = ana.client.post("/settings/preview/intro", data=token)
    assert answer.status_code == 503
    assert page.read(answer.text).one(data_error="calendar_disconnected")


@pytest.mark.parametrize(
    "path",
    ["/settings/preview/intro", "/settings/embed/inline", "/settings/embed/popup?event=intro"],
)
def test_only_the_settings_page_may_frame_its_previews(ana: Browser, path: str) -> None:
    policy = ana.client.get(path).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    policy = ana.client.get("/settings").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/settings/preview/intro", "/settings/embed/inline"])
def test_previews_are_the_hosts_alone(app: Flask, ana: Browser, path: str) -> None:
    assert app.test_client().get(path).headers["Location"].startswith("/login")
    assert (
        ana.client.get(path.replace("intro", "nothing").replace("inline", "x")).status_code == 404
    )


def test_booking_a_time_of_what_is_stored_ends_kindly_too(ana: Browser, google: StandIn) -> None:
    shown = looked(ana.client.get("/settings/preview/intro"))
    pick = shown.one(id="picker").all("form")[0]
    assert not pick.all(name="csrf_token")  # its address would hold it
    query = {**pick.fields(), "start": starts(shown)[0]}
    asked = looked(ana.client.get(pick["action"], query_string=query)).one(id="booking-form")
    sent = {**asked.fields(), "name": "Ana", "email": "ana@sailing.example"}
    end = looked(ana.client.post(asked["action"], data=sent))
    assert "Nothing was booked" in end.one(role="alert").text
    assert google.events("ana@sailing.example") == []
