"""What stands in Google's event: the guest's only mail is made of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

import icalendar
import pytest
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import on_sqlite
from tests.people import ANA, NINE, PICKER, ask, book, fill, send

pytestmark = [pytest.mark.usefixtures("ana"), on_sqlite]


def booked(guest: FlaskClient, lang: str, **typed: str) -> str:
    form = guest.get(f"{PICKER}?{urlencode({'lang': lang, 'start': NINE})}").text
    fields = page.read(form).one("form", id="booking-form").fields()
    answer = send(guest, {**fields, "name": "Mia", "email": "mia@guest.example", **typed})
    return urlsplit(answer.headers["Location"]).path


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "To move or cancel: "),
        ("de", "Verschieben oder absagen: "),
        ("ar", "لتغيير الموعد أو إلغائه: "),
        ("zh-TW", "更改時間或取消："),
    ],
)
def test_how_to_move_or_cancel_is_said_in_the_guests_language(
    guest: FlaskClient, google: StandIn, lang: str, words: str
) -> None:
    own = booked(guest, lang, notes="See you <soon>")
    (event,) = google.events(ANA)
    notes, change = event["description"].split("<br><br>")
    assert notes == "See you &lt;soon&gt;"
    assert change == f"{words}http://localhost{own}"


def test_a_program_that_says_no_language_books_in_english(
    guest: FlaskClient, google: StandIn
) -> None:
    assert ask(guest).status_code == 201
    assert google.events(ANA)[0]["description"].startswith("To move or cancel: http://localhost/")


def test_the_hosts_own_title_and_text_stand_in_the_event(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    change(
        "ana",
        event={
            "invite_title": "{host} & {guest}: {event} {other}",
            "invite_text": "Dear {guest},\nbring a <jacket> to {event}. {{host}}",
        },
    )
    book(guest, name="Mia {host}", notes="See you")
    (event,) = google.events(ANA)
    assert event["summary"] == "Ana Silva & Mia {host}: Intro call {other}"
    text, notes, _change = event["description"].split("<br><br>")
    assert text == "Dear Mia {host},<br>bring a &lt;jacket&gt; to Intro call. {Ana Silva}"
    assert notes == "See you"


def test_what_was_promised_stands_though_the_host_changes_the_text_later(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    """Also when Google takes the event only later."""
    google.fault("calendar.events.insert", status=503)
    google.fault("calendar.events.get", status=503)
    own = book(guest)
    change("ana", event={"invite_title": "Another title"})
    google.clear_faults()
    guest.get(own)
    for event in google.events(ANA):
        assert event["summary"] == "Maria Sousa - Intro call"


def test_the_calendar_file_publishes_nothing(guest: FlaskClient) -> None:
    """RFC 5546 asks more of a PUBLISH than a file for one's own calendar has."""
    answer = guest.get(f"{book(guest)}.ics")
    calendar = icalendar.Calendar.from_ical(answer.text)
    assert "METHOD" not in calendar
    assert "method" not in answer.content_type
    (event,) = calendar.walk("VEVENT")
    assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)


@pytest.mark.parametrize(
    "address",
    ["/", "/api", "/privacy", "/book/ana", PICKER, f"{PICKER}?start={NINE}", f"{PICKER}?view=list"],
)
def test_every_page_that_is_found_by_searching_describes_itself(
    guest: FlaskClient, address: str
) -> None:
    shown = page.read(guest.get(address).text)
    (described,) = shown.all("meta", name="description")
    assert len(described["content"]) > 20
    if "book" in address:
        assert "Ana Silva" in described["content"]


def test_no_option_is_without_words(guest: FlaskClient, change: Any) -> None:
    boat = {"id": "boat", "label": "Boat", "kind": "choice", "choices": ["Laser"]}
    change("ana", event={"questions": [boat]})
    shown = page.read(guest.get(f"{PICKER}?start={NINE}").text)
    assert all(each.text.strip() for each in shown.all("option"))
    assert fill(guest)["question-boat"] == ""


def test_what_reaches_google_is_bounded_and_still_says_how_to_move_or_cancel(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    story = {"id": "story", "label": "Story", "kind": "long_text"}
    change(
        "ana",
        event={
            "questions": [story],
            "invite_title": "{guest}" * 28,
            "invite_text": "<&>" * 1600,
        },
    )
    wordy = {"name": "M" * 200, "notes": "<&>\n" * 1000, "question-story": "'" * 2000}
    own = book(guest, **wordy)
    (event,) = google.events(ANA)
    assert len(event["summary"]) <= 1024
    assert len(event["description"]) <= 8192
    *_text, change_it = event["description"].split("<br><br>")
    assert change_it.endswith(own)
    assert change_it.startswith("To move or cancel: http")
