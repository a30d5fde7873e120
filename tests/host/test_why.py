"""The section "Why is this time closed?", and the same words from `flask explain`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from flask import Flask

from demo.google import StandIn
from tests.conftest import Browser, command, on_sqlite
from tests.page import Element
from tests.people import ANA, booked, show

pytestmark = on_sqlite
FAMILY = "ana-private@group.calendar.example"


def ask(host: Browser, day: str, time: str, event: str = "intro") -> Element:
    query = f"?why_event={event}&why_date={day}&why_time={time}"
    return show(host, query).one(id="why-answer")


def test_a_free_time_is_said_to_be_free(ana: Browser) -> None:
    answer = ask(ana, "2026-12-01", "09:30")
    assert answer.one("p", data_offered=True)
    assert "Tuesday, December 1, 2026" in answer.text


def test_every_reason_is_named_and_the_command_line_says_the_same(
    app: Flask, ana: Browser, google: StandIn, change: Callable[..., None]
) -> None:
    google.add_busy(FAMILY, "2026-12-01T11:00:00Z", "2026-12-01T12:00:00Z", "Divorce lawyer")
    booked(app, "2026-12-01T13:00:00Z")
    change(
        "ana",
        busy_calendars=["primary", FAMILY],
        date_overrides={"2026-12-02": [["10:00", "11:00"]]},
        event={"max_per_day": 1, "max_per_week": 1, "buffer_before": 15},
    )
    asked = {
        ("2026-11-30", "07:00"): {"past", "hours", "week_limit"},
        ("2026-11-30", "10:00"): {"notice", "week_limit"},
        ("2027-03-01", "10:00"): {"window"},
        ("2026-12-12", "10:00"): {"closed"},
        ("2026-12-02", "09:00"): {"override", "week_limit"},
        ("2026-12-01", "11:10"): {"busy", "grid", "day_limit", "week_limit"},
        ("2026-12-01", "13:30"): {"busy", "booking", "day_limit", "week_limit"},
    }
    for (day, time), codes in asked.items():
        answer = ask(ana, day, time)
        said = {each["data-reason"]: each.text for each in answer.all("li")}
        assert set(said) == codes, (day, time)
        printed = command(app, "explain", "ana", "intro", f"{day}T{time}:00Z")
        for words in said.values():
            assert words.partition(":")[0] in printed
        assert "lawyer" not in answer.text + printed
    assert "Family" in ask(ana, "2026-12-01", "11:10").text
    assert "Family" in command(app, "explain", "ana", "intro", "2026-12-01T11:00:00Z")
    at_booking = ask(ana, "2026-12-01", "13:30").text
    assert "Intro call, 1:00" in at_booking.replace("\u202f", " ")
    assert "Gita" not in at_booking


def test_what_is_asked_is_the_hosts_own_clock(ana: Browser, change: Callable[..., None]) -> None:
    change("ana", time_zone="America/New_York")
    answer = ask(ana, "2026-12-01", "09:00")
    assert answer.one("p", data_offered=True)
    assert "America/New_York" in answer.text


def test_a_switched_off_event_type_is_said_to_be_so(
    ana: Browser, change: Callable[..., None]
) -> None:
    change("ana", event={"active": False})
    assert "switched off" in ask(ana, "2026-12-01", "09:30").text


def test_it_says_when_nothing_at_all_is_offered(ana: Browser, google: StandIn) -> None:
    google.fault("calendar.freebusy.query", status=503, times=None)
    assert "Google does not answer" in ask(ana, "2026-12-01", "09:30").text
    google.clear_faults()
    google.revoke(ANA)
    google.expire()
    assert "not connected" in ask(ana, "2026-12-02", "09:30").text


def test_24_00_is_the_end_of_the_date(ana: Browser, change: Callable[..., None]) -> None:
    change("ana", date_overrides={"2026-12-02": [["00:00", "01:00"]]})
    answer = ask(ana, "2026-12-01", "24:00")
    assert "Wednesday, December 2, 2026" in answer.text
    assert answer.one("p", data_offered=True)


def test_an_hour_that_clocks_show_twice_is_answered_twice(
    ana: Browser, change: Callable[..., None], clock: time_machine.Traveller
) -> None:
    clock.move_to("2027-10-25T08:00:00+00:00")
    ana.sign_in(ANA, follow=False)
    change("ana", date_overrides={"2027-10-31": [["00:15", "01:30"]]})
    answer = ask(ana, "2027-10-31", "01:00")
    first, second = (each.text for each in answer.all("strong") if "2027" in each.text)
    assert first.endswith("Europe/Lisbon, before the clock is set back")
    assert second.endswith("Europe/Lisbon, after the clock is set back")
    assert [each["data-reason"] for each in answer.all("li")] == ["grid"]
    assert "It is free" in answer.text.partition(second)[2]


def test_an_hour_that_clocks_skip_is_said_to_be_skipped(
    ana: Browser, change: Callable[..., None]
) -> None:
    change("ana", event={"booking_window_days": 365})
    assert "does not exist" in ask(ana, "2027-03-28", "01:30").one(_class="fault").text


@pytest.mark.parametrize(
    ("day", "time"), [("2026-13-01", "09:00"), ("2026-12-01", "25:00"), ("", "09:00"), ("x", "y")]
)
def test_what_cannot_be_read_is_named(ana: Browser, day: str, time: str) -> None:
    assert "Give a date and a time" in ask(ana, day, time).one(_class="fault").text
