"""The sections "Schedules", "Days off" and "Public holidays", and what guests see of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.page import Element
from tests.people import event_of, exported, faults, form, look, offered, save, save_event, show

pytestmark = on_sqlite

EVENINGS = {"s0-name": "Thursday evenings", "s0-thu-start": "18:00", "s0-thu-end": "20:00"}


def evenings(host: Browser, **more: Any) -> Any:
    added = page.read(save(host, "schedules", press=("do", "add-schedule")).text)
    typed = page.read(save(host, "schedules", press=("do", "s0-add-thu"), shown=added).text)
    return save(host, "schedules", {**EVENINGS, **more}, shown=typed)


def test_a_schedule_is_made_chosen_and_offered(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    dates = "2026-12-05 10:00–11:00\r\n2026-12-10 closed"
    assert "Saved." in page.read(evenings(ana, **{"s0-dates": dates}).text).one(id="schedules").text
    (stored,) = exported(app)["schedules"]
    assert (stored["id"], stored["name"]) == ("thursday-evenings", "Thursday evenings")
    assert stored["weekly_hours"]["thu"] == [["18:00", "20:00"]]
    assert stored["weekly_hours"]["mon"] == []
    assert stored["date_overrides"] == {"2026-12-05": [["10:00", "11:00"]], "2026-12-10": []}
    save(ana, "schedules")
    assert exported(app)["schedules"] == [stored]
    save_event(ana, {"schedule": "thursday-evenings"})
    assert event_of(app)["schedule"] == "thursday-evenings"
    assert offered(guest, "2026-12-01") == []
    thursday = [f"2026-12-03T{time}:00Z" for time in ("18:00", "18:30", "19:00", "19:30")]
    assert offered(guest, "2026-12-03") == thursday
    assert offered(guest, "2026-12-05") == ["2026-12-05T10:00:00Z", "2026-12-05T10:30:00Z"]
    assert offered(guest, "2026-12-10") == []
    save(ana, "dates", {"from": "2026-12-03", "to": "2026-12-03", "kind": "closed"})
    assert offered(guest, "2026-12-03") == []  # the host's days off close all
    save_event(ana, {"schedule": ""})
    assert "schedule" not in event_of(app)


def test_a_schedule_in_use_is_not_taken_away(app: Flask, ana: Browser) -> None:
    evenings(ana)
    save_event(ana, {"schedule": "thursday-evenings"})
    shown = page.read(save(ana, "schedules", press=("do", "remove-schedule-0")).text)
    answer = save(ana, "schedules", shown=shown)
    assert "one of the schedules" in faults(answer)["schedules-schedules"]
    assert exported(app)["schedules"]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"s0-name": ""}, "schedules-0-name", "cannot be empty"),
        ({"s0-thu-end": "25:00"}, "schedules-0-weekly_hours-thu-0", "from 00:00 to 24:00"),
        ({"s0-dates": "tomorrow closed"}, "schedules-0-dates", "such as 2026-12-24"),
        ({"s0-dates": "2026-12-24 10–12"}, "schedules-0-dates", "such as 09:30"),
    ],
)
def test_a_bad_schedule_is_named_and_kept(
    app: Flask, ana: Browser, typed: dict[str, str], field: str, words: str
) -> None:
    answer = evenings(ana, **typed)
    assert words in faults(answer)[f"schedules-{field}"]
    sent = form(page.read(answer.text), "schedules").fields()
    assert {name: sent[name] for name in typed} == typed
    assert "schedules" not in exported(app)


def away(host: Browser, first: str, last: str, note: str = "") -> Any:
    return save(host, "away", {"away-from": first, "away-to": last, "away-note": note})


def test_guests_read_the_note_of_the_days_away(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    away(ana, "2026-12-24", "2027-01-05", "Sailing. Back on the 6th.")
    assert exported(app)["away"] == [
        {"from": "2026-12-24", "to": "2027-01-05", "note": "Sailing. Back on the 6th."}
    ]
    for query in ("date=2026-12-28", "month=2026-12", "month=2027-01", "date=2027-01-05"):
        shown = look(guest, f"/book/ana/intro?{query}")
        note = shown.one(data_away=True).text
        assert "Dec 24, 2026" in note
        assert "Jan 5, 2027" in note
        assert "Sailing. Back on the 6th." in note
    day = look(guest, "/book/ana/intro?date=2026-12-28")
    assert page.starts(day) == []
    assert "Ana Silva is away." in day.text
    assert not look(guest, "/book/ana/intro?month=2026-12&date=2026-12-01&view=list").all(
        data_away=True
    )
    assert offered(guest, "2026-12-23")
    assert offered(guest, "2027-01-05") == []
    assert offered(guest, "2027-01-06")
    listed = look(guest, "/book/ana/intro?view=list&date=2026-12-23")
    assert "Sailing. Back on the 6th." in listed.one(data_away=True).text


def test_nothing_opens_a_day_away(ana: Browser, guest: FlaskClient) -> None:
    rows = {"dates-start": ["10:00"], "dates-end": ["11:00"]}
    save(ana, "dates", {"from": "2026-12-05", "to": "", "kind": "hours", **rows})
    assert offered(guest, "2026-12-05")
    away(ana, "2026-12-05", "")
    assert offered(guest, "2026-12-05") == []


def test_a_time_away_is_removed(app: Flask, ana: Browser) -> None:
    away(ana, "2026-12-24", "2026-12-26")
    shown = page.read(save(ana, "away", press=("do", "remove-away-0")).text)
    assert exported(app)["away"]
    save(ana, "away", shown=shown)
    assert "away" not in exported(app)


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        ("2026-12-24", "2026-12-01", "away-0-to", "before"),
        ("", "2026-12-01", "away-0-from", "such as 2026-12-24"),
        ("tomorrow", "", "away-0-from", "such as 2026-12-24"),
    ],
)
def test_a_bad_time_away_is_named_and_kept(
    app: Flask, ana: Browser, first: str, last: str, field: str, words: str
) -> None:
    answer = away(ana, first, last, "Note")
    assert words in faults(answer)[f"away-{field}"]
    sent = form(page.read(answer.text), "away").sent()
    assert sent.getlist("away-note") == ["Note", ""]
    assert "away" not in exported(app)


def test_public_holidays_are_closed_and_named_and_can_be_worked(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    save(ana, "holidays", {"country": "PT"})
    assert exported(app)["holidays"] == {"country": "PT", "subdivision": None}
    assert offered(guest, "2026-12-01") == []  # Restoration of Independence
    day = look(guest, "/book/ana/intro?date=2026-12-01&lang=pt")
    assert "Restauração da Independência" in day.text
    shown = show(ana, "?month=2026-12")
    assert "Immaculate Conception" in shown.one(id="date-2026-12-08")["aria-label"]
    assert "Christmas Day" in shown.one(id="holidays").text
    link = next(
        each for each in shown.one(id="holidays").all("a") if "Dec 8" in each.attrs["aria-label"]
    )
    picked = show(ana, "?" + link["href"].partition("?")[2].partition("#")[0])
    rows = {"dates-start": ["10:00"], "dates-end": ["11:00"]}
    assert form(picked, "dates").fields()["kind"] == "hours"
    save(ana, "dates", rows, shown=picked)
    assert offered(guest, "2026-12-08") == ["2026-12-08T10:00:00Z", "2026-12-08T10:30:00Z"]
    save(ana, "holidays", {"country": ""})
    assert "holidays" not in exported(app)
    assert offered(guest, "2026-12-01")


def test_a_region_is_chosen_once_its_country_is(app: Flask, ana: Browser) -> None:
    assert not show(ana).all("select", name="subdivision")
    typed = page.read(save(ana, "holidays", {"country": "DE"}, press=("do", "regions")).text)
    save(ana, "holidays", {"subdivision": "BY"}, shown=typed)
    assert exported(app)["holidays"] == {"country": "DE", "subdivision": "BY"}
    save(ana, "holidays", {"country": "PT"})
    assert exported(app)["holidays"] == {"country": "PT", "subdivision": None}


def test_why_and_explain_tell_of_days_off(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    change(
        "ana",
        away=[{"from": "2026-12-24", "to": "2026-12-24", "note": "Sailing."}],
        holidays={"country": "PT", "subdivision": None},
    )
    for day, words in (
        ("2026-12-24", "away: you are away on this date (Sailing.)"),
        ("2026-12-08", "holiday: this date is a public holiday (Immaculate Conception)"),
    ):
        assert words in command(app, "explain", "ana", "intro", f"{day}T10:00:00Z")
        asked = show(ana, f"?why_event=intro&why_date={day}&why_time=10:00")
        assert asked.one(data_reason=words.partition(":")[0])


def test_settings_without_the_new_fields_go_out_as_they_came_in(app: Flask, ana: Browser) -> None:
    before = command(app, "settings", "export", "ana")
    for section in ("schedules", "away", "holidays"):
        save(ana, section)
    assert command(app, "settings", "export", "ana") == before


def test_a_draft_of_days_off_is_previewed(ana: Browser) -> None:
    sent = form(show(ana), "away").sent()
    sent.setlist("away-from", ["2026-11-30"])
    sent.setlist("away-to", ["2026-12-04"])
    sent.setlist("away-note", ["Sailing."])
    shown: Element = page.read(ana.client.post("/settings/preview/intro", data=sent).text)
    assert "Sailing." in shown.one(data_away=True).text
