"""A link that leads nowhere, or nowhere any more: who it was about, and what is left to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import command, on_sqlite
from tests.guest.test_pick_a_time import look
from tests.page import Element, starts
from tests.people import PICKER, book

pytestmark = pytest.mark.usefixtures("ana")
CONTACT = "ana@sailing.example or https://ana.example/contact"
API = "/api/v1/ana"


@pytest.fixture
def edit(app: Flask) -> Callable[[Callable[[dict[str, Any]], None]], None]:
    """Change Ana's settings document as an operator would."""

    def edit(act: Callable[[dict[str, Any]], None]) -> None:
        document = json.loads(command(app, "settings", "export", "ana"))
        act(document)
        result = app.test_cli_runner().invoke(
            args=["settings", "import", "ana", "-"], input=json.dumps(document)
        )
        assert result.exit_code == 0, result.output

    return edit


def rename(slug: str, to: str) -> Callable[[dict[str, Any]], None]:
    def act(document: dict[str, Any]) -> None:
        (event,) = (each for each in document["event_types"] if each["slug"] == slug)
        event["slug"] = to

    return act


def add(slug: str, title: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    def act(document: dict[str, Any]) -> None:
        document["event_types"].append({"slug": slug, "title": title, "duration": 30, **fields})

    return act


# --- renamed ------------------------------------------------------------------------------------


def test_a_slug_that_was_renamed_leads_on(guest: FlaskClient, edit: Any) -> None:
    edit(rename("intro", "first"))
    edit(rename("first", "second"))
    for old in ("intro", "first"):
        query = "theme=dark&utm_source=news&date=2026-12-01&embedder=https%3A%2F%2Fx.example"
        answer = guest.get(f"/book/ana/{old}?{query}")
        assert answer.status_code in (301, 302, 307, 308)
        to = urlsplit(answer.headers["Location"])
        assert (to.path, parse_qs(to.query)) == ("/book/ana/second", parse_qs(query))
        assert starts(look(guest, answer.headers["Location"]))
        span = "from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z"
        slots = guest.get(f"{API}/{old}/slots?{span}", follow_redirects=True)
        assert slots.json["event"]["slug"] == "second"  # type: ignore[index]
        assert slots.json["slots"]  # type: ignore[index]


def test_a_form_that_was_open_while_the_slug_was_renamed_still_books(
    guest: FlaskClient, edit: Any, google: StandIn
) -> None:
    form = look(guest, f"{PICKER}?start=2026-12-01T09:00:00Z").one("form", id="booking-form")
    edit(rename("intro", "second"))
    sent = {**form.fields(), "name": "Mia", "email": "mia@guest.example"}
    answer = guest.post(PICKER, data=sent)
    assert answer.status_code in (307, 308)  # these keep the method and the form
    assert guest.post(answer.headers["Location"], data=sent).status_code == 303
    assert len(google.events("ana@sailing.example")) == 1
    body = {"start": "2026-12-01T10:00:00Z", "name": "Mia", "email": "mia@guest.example"}
    moved = guest.post(f"{API}/intro/bookings", json=body)
    assert guest.post(moved.headers["Location"], json=body).status_code == 201


def test_a_slug_that_is_taken_anew_is_its_new_event_types(guest: FlaskClient, edit: Any) -> None:
    edit(rename("intro", "second"))
    edit(add("intro", "Another call"))
    assert "Another call" in look(guest, PICKER).text
    edit(lambda document: document["event_types"].pop())
    assert guest.get(PICKER).headers["Location"].startswith("/book/ana/second")
    edit(rename("second", "intro"))
    assert starts(look(guest, PICKER))
    assert guest.get("/book/ana/second").headers["Location"].startswith(PICKER)


def test_handle_and_slug_may_both_have_been_renamed(
    guest: FlaskClient, edit: Any, app: Flask
) -> None:
    edit(rename("intro", "second"))
    edit(lambda document: document.update(handle="anna"))
    answer = guest.get(f"{PICKER}?theme=dark", follow_redirects=True)
    assert answer.request.full_path == "/book/anna/second?theme=dark"


@pytest.mark.parametrize("path", ["/book/Ana/intro", "/book/ana/Intro", "/book/ANA/INTRO"])
def test_capitals_lead_to_the_same_page(guest: FlaskClient, path: str) -> None:
    answer = guest.get(f"{path}?theme=dark", follow_redirects=True)
    assert answer.request.full_path == "/book/ana/intro?theme=dark"
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/book/ana/", "/book/ana/intro/"])
def test_a_slash_at_the_end_is_the_same_page(guest: FlaskClient, path: str) -> None:
    assert page.read(guest.get(path).text).one("h1").text in ("Ana Silva", "Intro call")
    assert guest.get(f"{path}?theme=dark").status_code == 200


# --- gone -----------------------------------------------------------------------------------------


def neutral(shown: Element, code: str) -> str:
    """What a calm box says: no red alert, the host's name, and the code for programs."""
    box = shown.one(role="alert")
    assert (box["data-error"], box["class"]) == (code, "note")
    return shown.text


@on_sqlite
def test_an_event_type_that_is_gone_or_switched_off_shows_what_else_there_is(
    guest: FlaskClient, edit: Any
) -> None:
    edit(add("crew", "Crew briefing"))
    edit(add("hidden", "Not for all", listed=False))
    edit(add("off", "Switched off", active=False))
    edit(lambda document: document.update(contact=CONTACT))
    for address in ("/book/ana/gone", "/book/ana/off", "/book/ana/intro)", "/book/ana/“intro”"):
        shown = look(guest, f"{address}?theme=dark&lang=en-GB&utm_source=x", 404)
        text = neutral(shown, "not_found")
        assert "Ana Silva" in text
        cards = {each["href"] for each in shown.all("a", **{"class": "card"})}
        assert {urlsplit(each).path for each in cards} == {PICKER, "/book/ana/crew"}
        for each in cards:
            assert parse_qs(urlsplit(each).query)["utm_source"] == ["x"]
            assert starts(look(guest, each))
        links = {each["href"] for each in shown.all("a")}
        assert {"mailto:ana@sailing.example", "https://ana.example/contact"} <= links
        assert shown.one("html")["data-theme"] == "dark"


@on_sqlite
def test_a_program_is_told_404_all_the_same(guest: FlaskClient) -> None:
    answer = guest.get(f"{API}/gone/slots?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")  # type: ignore[index]


@on_sqlite
@pytest.mark.parametrize(
    "address", ["/book/nobody", "/book/nobody/intro", "/booking/bent", "/nothing"]
)
def test_a_bent_link_says_what_to_do(guest: FlaskClient, address: str) -> None:
    text = neutral(look(guest, address, 404), "not_found")
    assert "ask whoever gave it to you" in text
    assert "Ana" not in text


@on_sqlite
def test_a_site_that_may_not_frame_a_host_learns_nothing_from_a_wrong_slug(
    guest: FlaskClient, change: Any
) -> None:
    change("ana", allowed_sites=["https://ana.example"], contact=CONTACT)
    headers = {"Sec-Fetch-Dest": "iframe", "Referer": "https://other.example/"}
    answer = guest.get("/book/ana/gone", headers=headers)
    assert answer.status_code == 403
    assert "Ana" not in answer.text
    assert "sailing.example" not in answer.text


@on_sqlite
def test_a_disconnected_host_is_told_without_plumbing(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    change("ana", contact=CONTACT)
    google.revoke("ana@sailing.example")
    shown = look(guest, PICKER, 503)
    text = neutral(shown, "calendar_disconnected")
    assert "Ana Silva" in text
    assert "connect" not in text.lower()
    assert "mailto:ana@sailing.example" in {each["href"] for each in shown.all("a")}


@on_sqlite
def test_a_host_who_is_disconnected_while_a_form_is_open_is_told_so_beside_what_was_typed(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    change("ana", contact=CONTACT)
    form = look(guest, f"{PICKER}?start=2026-12-01T09:00:00Z").one("form", id="booking-form")
    google.revoke("ana@sailing.example")
    sent = {**form.fields(), "name": "Mia", "email": "mia@guest.example"}
    answer = guest.post(PICKER, data=sent)
    assert answer.status_code == 503
    shown = page.read(answer.text)
    neutral(shown, "calendar_disconnected")
    assert shown.one("form", id="booking-form").fields()["name"] == "Mia"
    assert "mailto:ana@sailing.example" in {each["href"] for each in shown.all("a")}


@on_sqlite
def test_the_contact_stands_wherever_nothing_can_be_booked(guest: FlaskClient, change: Any) -> None:
    change(
        "ana",
        contact="Call +351 912 345 678",
        weekly_hours={day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    )
    assert "Call +351 912 345 678" in look(guest, PICKER).text
    change("ana", event={"listed": False})
    assert "Call +351 912 345 678" in look(guest, "/book/ana").text


# --- a form that comes too late -------------------------------------------------------------------

TYPED = {
    "name": "Maria Sousa",
    "email": "maria@example.com",
    "notes": "By the sea,\nplease.",
    "guests": ["tom@example.com", "ines@example.com"],
    "question-topic": "Knots & splices",
}


def switch_off(document: dict[str, Any]) -> None:
    document["event_types"][0]["active"] = False


def delete(document: dict[str, Any]) -> None:
    document["event_types"].pop(0)


@on_sqlite
@pytest.mark.parametrize("act", [switch_off, delete])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_form_for_what_is_gone_meanwhile_loses_nothing_that_was_typed(
    app: Flask, guest: FlaskClient, edit: Any, act: Any, headers: dict[str, str]
) -> None:
    topic = {"id": "topic", "label": "What shall we talk about?", "kind": "text"}
    edit(lambda document: document["event_types"][0].update(extra_guests=2, questions=[topic]))
    edit(add("crew", "Crew briefing", extra_guests=2))
    edit(lambda document: document.update(contact=CONTACT))
    form = look(guest, f"{PICKER}?start=2026-12-10T10:00:00Z&tz=Asia/Tokyo&utm_source=letter")
    sent = {**form.one(id="booking-form").fields(), **TYPED}
    edit(act)
    answer = guest.post(PICKER, data=sent, headers=headers)
    assert answer.status_code == 404
    shown = page.read(answer.text)
    assert "Nothing was booked. What you typed is kept." in shown.one(role="alert").text
    assert "ana@sailing.example" in shown.text
    for typed in ("Maria Sousa", "maria@example.com", "By the sea, please.", "Knots & splices"):
        assert typed in shown.one("dl").text
    assert json.loads(command(app, "bookings", "list", "ana", "--format", "json")) == []
    # with another event type it goes on where it was
    (other,) = shown.all("button", _class="card")
    fields = {**shown.one("form").sent().to_dict(flat=False), "step": "times"}
    picker = page.read(guest.post(other["formaction"], data=fields).text)
    start = picker.all("button", name="start")[0]["value"]
    chosen = {**picker.one("form").sent().to_dict(flat=False), "start": start}
    again = page.read(guest.post(other["formaction"], data=chosen).text).one(id="booking-form")
    kept = again.sent()
    assert kept["name"] == "Maria Sousa"
    assert kept["notes"] == "By the sea,\nplease."
    assert kept.getlist("guests") == TYPED["guests"]
    assert (kept["tz"], kept["utm_source"]) == ("Asia/Tokyo", "letter")


@on_sqlite
def test_a_form_for_a_host_who_is_gone_shows_what_was_typed(app: Flask, guest: FlaskClient) -> None:
    form = look(guest, f"{PICKER}?start=2026-12-10T10:00:00Z").one(id="booking-form").fields()
    command(app, "hosts", "delete", "ana", "--yes")
    answer = guest.post(PICKER, data={**form, **TYPED})
    assert answer.status_code == 404
    assert "Knots & splices" in page.read(answer.text).one("dl").text


# --- moving ---------------------------------------------------------------------------------------


@on_sqlite
def test_moving_opens_at_the_bookings_own_day_and_marks_it(guest: FlaskClient) -> None:
    own = book(guest, "2026-12-10T10:00:00Z")
    for query in ("", "?view=list"):
        shown = look(guest, f"{own}/reschedule{query}")
        assert starts(shown)[0].startswith("2026-12-10")
        marked = shown.one("button", name="start", aria_current="true")
        assert marked["value"] == "2026-12-10T10:00:00Z"
        assert "your booking" in marked.text
    day = look(guest, f"{own}/reschedule").one("button", data_date="2026-12-10")
    assert "data-own" in day.attrs
    assert day["aria-label"] == "Thursday, December 10, 2026, the day of your booking"
    other = look(guest, f"{own}/reschedule?date=2026-12-03")
    assert starts(other)[0].startswith("2026-12-03")
    assert not look(guest, PICKER).all("button", aria_current="true")


@on_sqlite
@pytest.mark.parametrize("gone", ["deleted", "off"])
def test_what_is_not_offered_any_more_cannot_be_moved_and_it_is_said_why(
    guest: FlaskClient, edit: Any, gone: str
) -> None:
    own = book(guest, "2026-12-10T10:00:00Z")
    edit(add("crew", "Crew briefing"))
    edit(lambda document: document.update(contact=CONTACT))
    if gone == "off":
        edit(lambda document: document["event_types"][0].update(active=False))
    else:
        edit(lambda document: document["event_types"].pop(0))
    shown = look(guest, own)
    assert not shown.all("a", data_reschedule=True)
    assert "Intro call is not offered any more" in shown.text
    assert "ana@sailing.example" in shown.text
    for answer in (
        guest.get(f"{own}/reschedule"),
        guest.get(f"{own}/reschedule?start=2026-12-10T11:00:00Z"),
        guest.post(f"{own}/reschedule", data={"start": "2026-12-10T11:00:00Z"}),
    ):
        assert answer.status_code == 409
        assert "This is not offered any more" in answer.text
        assert "data-booking-status" in answer.text
    guest.post(f"{own}/cancel")
    (again,) = (each for each in look(guest, own).all("a") if "another" in each.text)
    assert urlsplit(again["href"]).path == "/book/ana"
    assert "Crew briefing" in look(guest, again["href"]).text
