"""What people really type and paste: numbers, names and addresses from everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import command, on_sqlite
from tests.core.test_characters import KEPT
from tests.core.test_contact import NUMBERS
from tests.people import ANA, MARIA, PICKER, ask, bookings, fill, look, send

pytestmark = [pytest.mark.usefixtures("ana"), on_sqlite]
BOAT = {"id": "boat", "label": "Boat", "kind": "choice", "choices": ["Laser ", 'The "Q" & co']}


def test_a_number_is_taken_as_it_was_written_and_stands_in_the_event(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    asked = [{"id": f"n{n}", "label": f"{n}", "kind": "phone"} for n in range(20)]
    change("ana", event={"location": "phone", "questions": asked})
    numbers = list(NUMBERS.items())[:21]
    typed = {f"question-n{n}": given for n, (given, _kept) in enumerate(numbers[1:])}
    answer = send(guest, {**fill(guest), **typed, "question-phone": numbers[0][0]})
    assert answer.status_code == 303
    (event,) = google.events(ANA)
    assert event["location"] == numbers[0][1]
    for _given, kept in numbers[1:]:
        assert kept in event["description"]


def test_a_program_may_send_a_number_as_people_write_it(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    change("ana", event={"location": "phone"})
    assert ask(guest, answers={"phone": "tel:+1-212-555-0143;ext=5"}).status_code == 201
    assert google.events(ANA)[0]["location"] == "+1-212-555-0143;ext=5"
    refused = ask(guest, start="2026-12-01T10:00:00Z", answers={"phone": "call me"})
    assert list(refused.get_json()["errors"]) == ["answers.phone"]


def test_what_nobody_sees_is_taken_out(
    app: Flask, guest: FlaskClient, google: StandIn, change: Any
) -> None:
    topic = {"id": "topic", "label": "Topic", "kind": "text"}
    change("ana", event={"questions": [topic, BOAT], "extra_guests": 1})
    fields = fill(
        guest,
        name="\u202aMaria\u200b\tSou\u00adsa\u202c\ufeff",
        email="\u2066maria@exam\u200bple.com\u2069 ",
        guests=["\u200egita@example.com\u200f"],
        notes="One\u2028two\u200b\u202e three",
        **{"question-topic": "\u200fKnots\u2060", "question-boat": "\u200bLaser"},
    )
    assert send(guest, fields).status_code == 303
    (event,), (row,) = google.events(ANA), bookings(app)
    assert (row["guest_name"], row["guest_email"]) == ("Maria Sousa", "maria@example.com")
    assert {each["email"] for each in event["attendees"]} >= {"gita@example.com"}
    assert "Topic: Knots<br><br>Boat: Laser" in event["description"]
    assert "One<br>two three" in event["description"]


def test_what_a_script_or_an_emoji_needs_stays(app: Flask, guest: FlaskClient) -> None:
    name = " ".join(KEPT.values())
    assert send(guest, fill(guest, name=name)).status_code == 303
    assert bookings(app)[0]["guest_name"] == name


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "\u200b\u2060", "nobody can see what is in it"),
        ("name", "\u3164", "nobody can see what is in it"),
        ("name", " ", "fill this in"),
        ("name", "a\x00b", "Control characters cannot be used"),
        ("name", "one\ntwo", "in one line"),
        ("email", "\u200e\u202c", "nobody can see what is in it"),
        ("email", "josé@example.com", "before the @"),
        ("email", "maria", "such as maria@example.com"),
    ],
)
def test_what_is_wrong_is_told_in_words(
    guest: FlaskClient, field: str, typed: str, told: str
) -> None:
    answer = send(guest, fill(guest, **{field: typed}))
    assert answer.status_code == 422
    assert told in page.read(answer.text).one(id=f"fault-{field}").text
    by_program = ask(guest, **{field: typed})
    assert told in by_program.get_json()["errors"][field]


def test_an_international_domain_goes_to_google_in_ascii_and_is_shown_as_typed(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    own = send(guest, fill(guest, email="maria@bücher.example")).headers["Location"]
    (event,) = google.events(ANA)
    assert "maria@xn--bcher-kva.example" in {each["email"] for each in event["attendees"]}
    assert bookings(app)[0]["guest_email"] == "maria@xn--bcher-kva.example"
    shown = look(guest, own).text
    assert "maria@bücher.example" in shown
    assert "xn--" not in shown
    said = command(app, "guests", "delete", "maria@bücher.example", "--yes")
    assert "removed 1 booking(s)" in said


@pytest.mark.parametrize(
    "query", ["gil+work@example.org", "gil%2Bwork@example.org", "gil work@example.org"]
)
def test_a_plus_in_an_address_outlives_a_query_without_escapes(
    guest: FlaskClient, change: Any, query: str
) -> None:
    change("ana", event={"extra_guests": 1})
    picker = look(guest, f"{PICKER}?email={query}&guests={query}")
    fields = {**picker.one("form").fields(), "start": "2026-12-01T09:00:00Z"}
    form = page.read(guest.get(PICKER, query_string=fields).text).one("form", id="booking-form")
    assert form.fields()["email"] == "gil+work@example.org"
    assert form.one(id="field-guests")["value"] == "gil+work@example.org"


def test_a_plus_before_a_number_and_in_an_offset_outlives_it_too(
    guest: FlaskClient, change: Any
) -> None:
    phone = {"id": "mobile", "label": "Mobile", "kind": "phone"}
    change("ana", event={"questions": [phone]})
    query = "start=2026-12-01T10:00:00+01:00&question-mobile=+351 912 345 678&name=Ana+Sol"
    form = look(guest, f"{PICKER}?{query}").one("form", id="booking-form").fields()
    assert form["start"] == "2026-12-01T09:00:00Z"
    assert (form["question-mobile"], form["name"]) == ("+351 912 345 678", "Ana Sol")


def test_a_space_that_was_typed_is_no_plus(guest: FlaskClient) -> None:
    answer = send(guest, fill(guest, email="gil work@example.org"))
    form = page.read(answer.text).one("form", id="booking-form")
    assert (answer.status_code, form.fields()["email"]) == (422, "gil work@example.org")


def test_a_choice_is_sent_as_it_was_asked_whatever_a_translator_shows(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    """Chrome's translator puts <font> around the text of an <option>."""
    change("ana", event={"questions": [BOAT]})
    answer = guest.get(PICKER, query_string={"start": "2026-12-01T09:00:00Z"})
    select = page.read(answer.text).one("select", name="question-boat")
    assert [each.attrs.get("value") for each in select.all("option")] == ["", *BOAT["choices"]]
    for element in page.read(answer.text).walk():
        if element.tag == "button" and "name" in element.attrs:
            assert element.attrs.get("value")
    for start, choice in zip(("09", "10"), BOAT["choices"], strict=True):
        fields = fill(guest, f"2026-12-01T{start}:00:00Z", **MARIA)
        assert send(guest, {**fields, "question-boat": choice}).status_code == 303
    assert any(
        "Boat: The &quot;Q&quot; &amp; co" in each["description"] for each in google.events(ANA)
    )
