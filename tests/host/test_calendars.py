"""The section "Calendars": which make busy, which is written to; by Google's names and colours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests.conftest import Browser, on_sqlite
from tests.page import Element
from tests.people import booked, exported, faults, offered, save, show

pytestmark = on_sqlite
FAMILY, BOATS = "ana-private@group.calendar.example", "team@group.calendar.example"


def choices(shown: Element, name: str) -> dict[str, str]:
    """Label and colour of what can be chosen, by value."""
    labels = [each for each in shown.one(id="calendars").all("label") if each.all(name=name)]
    return {
        label.one("input")["value"]: f"{label.text} {label.one('circle')['fill']}"
        for label in labels
    }


def test_googles_list_is_shown_with_names_and_colours(ana: Browser) -> None:
    shown = show(ana)
    assert choices(shown, "busy_calendars") == {
        "primary": "Ana Silva (your own) #1a73e8",
        FAMILY: "Family #0b8043",
        BOATS: "Boats #f4511e",
    }


def test_only_own_calendars_can_be_written_to(ana: Browser) -> None:
    assert list(choices(show(ana), "target_calendar")) == ["primary", FAMILY]


def test_a_ticked_calendar_makes_busy_and_bookings_go_where_they_should(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    google.add_busy(FAMILY, "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z")
    assert "2026-12-01T10:00:00Z" in offered(app.test_client())
    save(ana, "calendars", {"busy_calendars": ["primary", FAMILY], "target_calendar": FAMILY})
    document = exported(app)
    assert document["busy_calendars"] == ["primary", FAMILY]
    assert document["target_calendar"] == FAMILY
    query = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}
    answer = app.test_client().get("/api/v1/ana/intro/slots", query_string=query)
    found = [slot["start"] for slot in answer.get_json()["slots"]]
    assert "2026-12-01T09:30:00Z" in found
    assert "2026-12-01T10:00:00Z" not in found
    booked(app, "2026-12-01T12:00:00Z")
    assert len(google.events(FAMILY)) == 2


def test_the_order_of_an_import_is_kept(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    change("ana", busy_calendars=[BOATS, "primary", FAMILY])
    save(ana, "calendars")
    assert exported(app)["busy_calendars"] == [BOATS, "primary", FAMILY]


def test_a_calendar_that_is_no_longer_shared_is_named_and_can_be_unticked(
    app: Flask, ana: Browser, google: StandIn, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    save(ana, "calendars", {"busy_calendars": ["primary", BOATS]})
    google.state.calendars[BOATS].readers.clear()
    clock.shift(61)
    assert guest.get("/book/ana/intro").status_code == 503
    shown = show(ana)
    assert BOATS in shown.one(role="alert").text
    field = shown.one("input", name="busy_calendars", value=BOATS)
    assert "aria-invalid" in field.attrs
    assert "does not list" in shown.one(id=field["aria-describedby"]).text
    save(ana, "profile", {"display_name": "Still Ana"})
    assert exported(app)["display_name"] == "Still Ana"
    save(ana, "calendars", {"busy_calendars": ["primary"]})
    assert guest.get("/book/ana/intro").status_code == 200
    assert not show(ana).all(role="alert")


def test_the_page_is_whole_while_google_does_not_answer(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    show(ana)
    clock.shift(61)
    google.fault("calendar.calendarList.list", status=503, times=None)
    shown = show(ana)
    assert "does not answer" in shown.one(id="calendars").text
    assert choices(shown, "busy_calendars")[FAMILY].startswith("Family")
    before = google.calls.count("calendar.calendarList.list")
    show(ana)
    assert google.calls.count("calendar.calendarList.list") == before
    save(ana, "calendars", {"busy_calendars": ["primary", FAMILY]})
    assert exported(app)["busy_calendars"] == ["primary", FAMILY]
    google.clear_faults()
    clock.shift(31)
    assert "does not answer" not in show(ana).one(id="calendars").text


def test_google_is_asked_once_a_minute(
    ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    before = google.calls.count("calendar.calendarList.list")
    for _ in range(3):
        show(ana)
    clock.shift(61)
    show(ana)
    assert google.calls.count("calendar.calendarList.list") - before <= 2


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"busy_calendars": []}, "calendars-busy_calendars", "tick at least one"),
        ({"busy_calendars": [f"c{n}" for n in range(51)]}, "calendars-busy_calendars", "1 and 50"),
        ({"busy_calendars": ["\u202e"]}, "calendars-busy_calendars", "cannot be empty"),
        ({"target_calendar": None}, "calendars-target_calendar", "cannot be empty"),
        ({"target_calendar": "c" * 321}, "calendars-target_calendar", "at most 320"),
    ],
)
def test_a_bad_choice_is_named(
    app: Flask, ana: Browser, changes: dict[str, str], field: str, words: str
) -> None:
    before = exported(app)
    found = faults(save(ana, "calendars", changes))
    assert list(found) == [field]
    assert words in found[field]
    assert exported(app) == before


def test_a_calendar_that_is_no_longer_shared_is_not_offered_for_bookings(
    ana: Browser, google: StandIn, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    save(ana, "calendars", {"busy_calendars": ["primary", BOATS]})
    google.state.calendars[BOATS].readers.clear()
    clock.shift(61)
    assert BOATS not in choices(show(ana), "target_calendar")
