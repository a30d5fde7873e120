"""What each of a guest's pages shows: weeks in sight, a form that asks little, how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from tests import page
from tests.conftest import on_sqlite
from tests.guest.test_pick_a_time import submit
from tests.page import Element
from tests.people import MARIA, NINE, PICKER, TEN, book, cancel, fill, look, reschedule, send

pytestmark = [pytest.mark.usefixtures("ana"), on_sqlite]
ASKED: list[dict[str, Any]] = [
    {"id": "level", "label": "How far are you?", "kind": "choice", "required": True,
     "choices": ["New", "Old hand"]},
    {"id": "boat", "label": "Do you bring a boat?", "kind": "checkbox", "required": False},
]  # fmt: skip


def in_sight(shown: Element) -> list[str]:
    return [cell.text for cell in shown.one("table").all("td") if cell.text]


def dates(shown: Element) -> list[str]:
    return [day["data-date"] for day in shown.one("table").all("button")]


# --- the month ----------------------------------------------------------------------------------


def test_weeks_that_are_over_are_left_out_and_the_next_months_follow(
    guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    clock.move_to("2026-12-17T08:00:00+00:00")
    shown = look(guest, PICKER)
    assert shown.one(id="month").text == "December 2026 – January 2027"
    assert in_sight(shown) == [*map(str, range(13, 32)), *map(str, range(1, 17))]
    assert shown.one("table")["data-first"] == "2026-12-13"
    assert "2027-01-15" in dates(shown)
    day = submit(guest, shown.one("form"), date="2027-01-05")
    assert day.one(id="month").text == shown.one(id="month").text  # nothing turns by itself
    assert day.one("button", data_date="2027-01-05")["aria-pressed"] == "true"


def test_a_month_that_was_turned_to_stays_when_a_day_of_it_is_chosen(
    guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    clock.move_to("2026-12-17T08:00:00+00:00")
    january = submit(guest, look(guest, PICKER).one("form"), month="2027-01")
    assert in_sight(january) == [*map(str, range(1, 32))]
    day = submit(guest, january.one("form"), date="2027-01-05")
    assert day.one(id="month").text == "January 2027"
    assert submit(guest, day.one("form"), clock="24").one(id="month").text == "January 2027"
    other = submit(guest, day.one("form"), date="2027-02-03")
    assert other.one(id="month").text == "February 2027"


def test_early_in_a_month_nothing_else_is_in_sight(
    guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    clock.move_to("2026-12-02T08:00:00+00:00")
    shown = look(guest, PICKER)
    assert in_sight(shown) == [*map(str, range(1, 32))]
    assert [each["value"] for each in shown.all("button", name="month")] == ["2027-01"]


def test_a_zone_is_looked_for_where_the_times_are(guest: FlaskClient) -> None:
    shown = look(guest, f"{PICKER}?date=2026-12-03&step=zone&tz=Asia/Tokyo")
    assert shown.one("button", data_date="2026-12-03")["aria-pressed"] == "true"
    assert page.starts(shown) == []
    assert shown.one("button", name="tz", aria_current="true")["value"] == "Asia/Tokyo"
    assert shown.all("button")[0]["value"] == "zone"  # what Enter in the field presses
    back = submit(guest, shown.one("form"), step="times")
    assert page.starts(back)[0] == "2026-12-02T15:00:00Z"
    assert "Times in Tokyo, UTC+09:00" in back.one("p", _class="zone").text


# --- the form -------------------------------------------------------------------------------------


def test_a_form_asks_little_and_says_what_is_missing_by_its_name(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"extra_guests": 2, "questions": ASKED})
    form = look(guest, f"{PICKER}?start={NINE}")
    guests, note = form.one("form", id="booking-form").all("details")
    assert [guests.one("summary").text, note.one("summary").text] == ["Add guests", "Add a note"]
    assert "open" not in {**guests.attrs, **note.attrs}
    assert form.one("select").all("option")[0].text == "Choose …"
    fields = {**form.one("form", id="booking-form").fields(), "email": "x", "guests": "y"}
    faulty = page.read(send(guest, {**fields, "notes": "Rain gear?"}).text)
    guests, note = faulty.one("form", id="booking-form").all("details")
    assert "open" in guests.attrs
    assert "open" in note.attrs
    said = [each.text for each in faulty.one(role="alert").all("li")]
    named = ["Your name", "Your e-mail address", "Other people to invite", "How far are you?"]
    assert sorted(each.partition(":")[0] for each in said) == sorted(
        each.partition(":")[0] for each in named
    )
    assert all(len(each.partition(": ")[2]) > 5 for each in said)


def test_a_note_that_came_along_is_open(guest: FlaskClient) -> None:
    form = look(guest, f"{PICKER}?start={NINE}&notes=Rain")
    assert "open" in form.one("form", id="booking-form").one("details").attrs


# --- how it ended ---------------------------------------------------------------------------------


def test_the_confirmation_holds_what_the_guest_wrote(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"extra_guests": 2, "questions": ASKED})
    written = {"notes": "Rain <gear>?", "guests": "joao@example.com"}
    address = book(guest, **written, **{"question-level": "Old hand", "question-boat": "1"})
    shown = look(guest, address)
    summary = {each.one("dt").text: each.one("dd").text for each in shown.one("dl").all("div")}
    assert summary["You wrote"] == "Rain <gear>?"
    assert summary["How far are you?"] == "Old hand"
    assert summary["Do you bring a boat?"] == "✓"
    assert "joao@example.com" in summary["Who"]
    assert "Ana Silva expects you." in shown.text
    assert shown.one("button", data_copy=True)["data-copy"].endswith(address)


def test_joining_is_the_main_thing_from_a_quarter_of_an_hour_before_until_the_end(
    guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    for time, main in [("08:44", False), ("08:45", True), ("09:29", True), ("09:31", False)]:
        clock.move_to(f"2026-12-01T{time}:00+00:00")
        link = look(guest, address).one("a", data_meet_link=True)
        assert (link["class"] == "button") is main, time


def test_a_booking_that_was_moved_says_so_beside_its_old_time(guest: FlaskClient) -> None:
    address = book(guest)
    assert not look(guest, address).all("s")
    reschedule(guest, address, TEN)
    shown = look(guest, address)
    assert "Your booking was moved to a new time." in shown.text
    assert "Tuesday, December 1, 2026, 9:00" in shown.one("s").text
    assert "10:00" in shown.one("dl").one("time").text


def test_a_cancelled_booking_is_struck_through_with_its_reason(guest: FlaskClient) -> None:
    address = book(guest)
    button = look(guest, address).one("form", id="cancel-form").one("button")
    assert button["class"] == "second bad"
    cancel(guest, address, "I am ill.")
    shown = look(guest, address)
    assert "over" in shown.one("dl")["class"]
    assert "I am ill." in shown.text
    assert shown.one("a", _class="button").text == "Book another time"


def test_a_host_is_shown_by_initials(guest: FlaskClient, change: Callable[..., None]) -> None:
    for name, letters in [("Ana Maria da Silva", "AS"), ("山田太郎", "山"), ("ben", "B")]:
        change("ana", display_name=name)
        assert look(guest, PICKER).one(_class="face").text == letters


def test_waiting_is_shown_on_the_button(guest: FlaskClient) -> None:
    form = look(guest, f"{PICKER}?start={NINE}").one("form", id="booking-form")
    assert form.one("button", data_busy=True)["data-busy"] == "Booking…"
    assert send(guest, {**fill(guest), **MARIA}).status_code == 303
