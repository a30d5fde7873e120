"""A guest chooses how long: picker, form, booking, API, .ics, Google's event, moving it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element, starts
from tests.people import (
    ANA,
    API,
    MARIA,
    NINE,
    PICKER,
    TEN,
    ask,
    event_of,
    faults,
    ics,
    look,
    reschedule,
    save_event,
    send,
)

pytestmark = on_sqlite


@pytest.fixture(autouse=True)
def lengths(ana: Browser, change: Callable[..., None]) -> None:
    change("ana", event={"durations": [15, 30, 60], "slot_interval": 30})


def chosen(shown: Element) -> str:
    return shown.one("button", name="duration", aria_current="true")["data-duration"]


def form_for(guest: FlaskClient, start: str = NINE, **query: str) -> dict[str, Any]:
    shown = look(guest, f"{PICKER}?start={start}&" + "&".join(map("=".join, query.items())))
    return {**shown.one(id="booking-form").fields(), **MARIA}


def slots(guest: FlaskClient, **query: str) -> Any:
    day = {"from": "2026-12-01T16:00:00Z", "to": "2026-12-01T18:00:00Z", **query}
    return guest.get(f"{API}/slots", query_string=day)


def test_a_length_is_chosen_in_place(guest: FlaskClient) -> None:
    shown = look(guest, f"{PICKER}?date=2026-12-01&tz=Europe/Lisbon&utm_source=mail")
    offered = [each["data-duration"] for each in shown.all("button", data_duration=True)]
    assert (offered, chosen(shown)) == (["15", "30", "60"], "30")
    assert starts(shown)[-1] == "2026-12-01T16:30:00Z"
    form = shown.one("form", _class="pick month").sent()
    form.add("duration", "60")  # what pressing it sends
    longer = page.read(guest.get(PICKER, query_string=form).text)
    assert chosen(longer) == "60"
    assert starts(longer)[-1] == "2026-12-01T16:00:00Z"
    assert longer.one("form", _class="pick month").fields()["utm_source"] == "mail"
    form = longer.one("form", _class="pick month").sent()
    form.add("duration", "15")
    assert chosen(page.read(guest.get(PICKER, query_string=form).text)) == "15"


@pytest.mark.parametrize("asked", ["", "45", "x", "-30", "30.0", "٣٠"])
def test_a_length_that_is_not_offered_counts_as_none(guest: FlaskClient, asked: str) -> None:
    assert chosen(look(guest, f"{PICKER}?duration={asked}")) == "30"


def test_a_chosen_length_is_booked_and_kept_when_it_is_moved(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    fields = form_for(guest, duration="60")
    assert fields["duration"] == "60"
    address = send(guest, fields).headers["Location"].partition("?")[0]
    lines = ics(guest, address)
    assert (lines["DTSTART"], lines["DTEND"]) == ("20261201T090000Z", "20261201T100000Z")
    (event,) = google.events(ANA)
    assert event["end"]["dateTime"].startswith("2026-12-01T10:00:00")
    assert slots(guest, **{"from": NINE}).get_json()["slots"][0]["start"] == TEN
    move = look(guest, f"{address}/reschedule?date=2026-12-02")
    assert not move.all("button", name="duration")
    assert starts(move)[-1] == "2026-12-02T16:00:00Z"
    assert reschedule(guest, address, "2026-12-02T16:00:00Z").status_code == 303
    assert ics(guest, address)["DTEND"] == "20261202T170000Z"


def test_a_form_with_a_length_that_went_books_nothing(
    guest: FlaskClient, change: Callable[..., None], google: StandIn
) -> None:
    fields = form_for(guest, duration="60")
    change("ana", event={"durations": [15, 30]})
    answer = send(guest, fields)
    assert answer.status_code == 422
    shown = page.read(answer.text)
    assert "lengths" in shown.one(role="alert").text
    assert shown.one("input", name="email")["value"] == MARIA["email"]
    assert google.events(ANA) == []


def test_faults_in_a_form_keep_its_length(guest: FlaskClient) -> None:
    answer = send(guest, {**form_for(guest, duration="60"), "email": "x"})
    assert answer.status_code == 422
    assert page.read(answer.text).one(id="booking-form").fields()["duration"] == "60"


def test_programs_choose_a_length(guest: FlaskClient) -> None:
    (told,) = guest.get("/api/v1/ana").get_json()["event_types"]
    assert (told["duration"], told["durations"]) == (30, [15, 30, 60])
    found = slots(guest, duration="60").get_json()["slots"]
    assert found == [{"start": "2026-12-01T16:00:00Z", "end": "2026-12-01T17:00:00Z"}]
    assert len(slots(guest).get_json()["slots"]) == 2
    assert slots(guest, duration="45").get_json()["errors"].keys() == {"duration"}
    booked = ask(guest, duration=60, key="k").get_json()["booking"]
    assert (booked["start"], booked["end"]) == (NINE, TEN)
    assert ask(guest, duration=60, key="k").get_json()["booking"]["id"] == booked["id"]
    assert ask(guest, duration=15, key="k").status_code == 422


@pytest.mark.parametrize("given", [45, "45", True, 60.0, [60], {}, "sixty"])
def test_a_length_that_a_program_cannot_have_is_named(guest: FlaskClient, given: Any) -> None:
    answer = ask(guest, duration=given)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["duration"])


def test_agents_choose_a_length(guest: FlaskClient) -> None:
    def call(tool: str, **given: Any) -> Any:
        params = {"name": tool, "arguments": {"host": "ana", "event": "intro", **given}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return guest.post("/mcp", json=body).get_json()["result"]["structuredContent"]

    day = {"from": "2026-12-01T16:00:00Z", "to": "2026-12-01T18:00:00Z"}
    (slot,) = call("get_available_slots", **day, duration=60)["slots"]
    booked = call("create_booking", start=slot["start"], **MARIA, duration=60)["booking"]
    assert (booked["start"], booked["end"]) == (slot["start"], slot["end"])
    assert booked["end"] == "2026-12-01T17:00:00Z"


def test_lengths_are_set_on_the_settings_page(app: Flask, ana: Browser) -> None:
    save_event(ana, {"durations": "20, 30 40"})
    assert event_of(app)["durations"] == [20, 30, 40]
    for typed, words in (("20, 40", "duration among"), ("30, 30", "different"), ("x 30", "whole")):
        assert words in faults(save_event(ana, {"durations": typed}))["event-durations"]
    save_event(ana, {"durations": "20 min; 30 / 1 h"})
    assert event_of(app)["durations"] == [20, 30, 60]
    save_event(ana, {"durations": ""})
    assert "durations" not in event_of(app)
