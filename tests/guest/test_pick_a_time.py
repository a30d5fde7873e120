"""A guest looks for a time: the picker without JavaScript, and its fragments for htmx."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import Browser
from tests.page import Element, starts
from tests.people import HTMX, PICKER

pytestmark = pytest.mark.usefixtures("ana")


def look(guest: FlaskClient, address: str = PICKER, status: int = 200, **headers: str) -> Element:
    answer = guest.get(address, headers=headers)
    assert answer.status_code == status, answer.text
    return page.read(answer.text)


def submit(guest: FlaskClient, form: Element, **pressed: str) -> Element:
    """Press a button of a form that is sent by GET."""
    assert form["method"] == "get"
    answer = guest.get(form["action"], query_string={**form.fields(), **pressed})
    return page.read(answer.text)


def test_the_first_day_with_free_times_is_in_sight(guest: FlaskClient) -> None:
    shown = look(guest)
    # Monday, 8 o'clock, and four hours of notice
    assert starts(shown)[0] == "2026-11-30T12:00:00Z"
    assert starts(shown)[-1] == "2026-11-30T16:30:00Z"
    assert shown.one("button", data_date="2026-11-30").attrs["aria-pressed"] == "true"


def test_every_slot_holds_its_time_and_its_day_is_a_button(guest: FlaskClient) -> None:
    shown = look(guest)
    for button in shown.all("button", name="start"):
        assert button.one("time")["datetime"] == button["value"]
    assert {each.tag for each in shown.all(data_date=True)} == {"button"}


def test_the_host_the_event_its_length_and_place_are_told(guest: FlaskClient) -> None:
    text = look(guest).text
    for said in ("Ana Silva", "Intro call", "30 min", "Google Meet"):
        assert said in text


def test_choosing_a_day_a_month_and_a_time_leads_to_the_form(guest: FlaskClient) -> None:
    december = submit(guest, look(guest).one("form"), month="2026-12")
    assert "December 2026" in december.text
    assert starts(december)[0] == "2026-12-01T09:00:00Z"
    day = submit(guest, december.one("form"), date="2026-12-03")
    assert starts(day)[0] == "2026-12-03T09:00:00Z"
    form = submit(guest, day.one("form"), start="2026-12-03T09:00:00Z")
    assert form.one("form", id="booking-form").fields()["start"] == "2026-12-03T09:00:00Z"


def test_months_end_with_the_booking_window(guest: FlaskClient) -> None:
    first = look(guest)
    assert [button["value"] for button in first.all("button", name="month")] == ["2027-01"]
    last = look(guest, f"{PICKER}?month=2027-01")
    assert [button["value"] for button in last.all("button", name="month")] == ["2026-12"]
    assert max(each["value"] for each in last.all("button", name="date")) == "2027-01-29"


@pytest.mark.parametrize(
    ("tz", "first"),
    [("Asia/Tokyo", "9:00 PM"), ("America/New_York", "7:00 AM"), ("Asia/Kathmandu", "5:45 PM")],
)
def test_times_are_shown_in_the_guests_zone_which_is_named(
    guest: FlaskClient, tz: str, first: str
) -> None:
    shown = look(guest, f"{PICKER}?tz={tz}")
    assert shown.all("button", name="start")[0].text.replace("\u202f", " ") == first
    city = tz.rpartition("/")[2].replace("_", " ")
    assert f"Times in {city}, UTC" in shown.text


def test_the_guests_language_region_writes_dates_its_own_way(guest: FlaskClient) -> None:
    british = look(guest, PICKER, **{"Accept-Language": "en-GB,en;q=0.8"})
    assert british.all("button", name="start")[0].text == "12:00"
    assert "Monday, 30 November" in british.text


def test_the_zone_can_be_changed_and_the_day_is_kept(guest: FlaskClient) -> None:
    day = look(guest, f"{PICKER}?date=2026-12-03")
    zones = submit(guest, day.one("form"), step="zone")
    form = zones.one("form")
    assert form.fields()["tz"] == "Europe/Lisbon"
    moved = submit(guest, form, tz="Asia/Tokyo")
    assert "Tokyo" in moved.text
    assert moved.one("button", data_date="2026-12-03").attrs["aria-pressed"] == "true"


def test_the_browsers_zone_is_guessed_only_when_none_was_asked_for(guest: FlaskClient) -> None:
    assert look(guest).one("main")["data-guess-tz"] == "Europe/Lisbon"
    assert "data-guess-tz" not in look(guest, f"{PICKER}?tz=Asia/Tokyo").one("main").attrs


def test_busy_times_of_every_busy_calendar_are_not_offered(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", busy_calendars=["primary", "team@group.calendar.example"])
    google.add_busy("ana@sailing.example", "2026-12-01T09:00:00Z", "2026-12-01T10:15:00Z")
    google.add_busy("team@group.calendar.example", "2026-12-01T16:00:00Z", "2026-12-01T17:00:00Z")
    free = starts(look(guest, f"{PICKER}?date=2026-12-01"))
    assert (free[0], free[-1]) == ("2026-12-01T10:30:00Z", "2026-12-01T15:30:00Z")


def test_transparent_declined_and_deleted_events_leave_the_time_free(
    guest: FlaskClient, google: StandIn
) -> None:
    ana = "ana@sailing.example"
    google.add_busy(ana, "2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z", free=True)
    google.add_busy(ana, "2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z", declined=True)
    gone = google.add_busy(ana, "2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z")
    google.alter(ana, gone["id"], "delete")
    assert starts(look(guest, f"{PICKER}?date=2026-12-01"))[0] == "2026-12-01T09:00:00Z"


def test_a_calendar_that_cannot_be_read_closes_the_page(
    guest: FlaskClient, ana: Browser, change: Callable[..., None]
) -> None:
    change("ana", busy_calendars=["primary", "gone@group.calendar.example"])
    answer = guest.get(PICKER)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert not starts(page.read(answer.text))
    assert page.read(answer.text).one(data_error="calendar_unavailable")
    told = page.read(ana.client.get("/settings").text).one(role="alert").text
    assert "gone@group.calendar.example" in told


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503},
        {"status": 429, "reason": "rateLimitExceeded"},
        {"status": 403, "reason": "userRateLimitExceeded"},
        {"status": 403, "reason": "quotaExceeded"},
        {"status": 401, "reason": "authError"},
        {"status": 400, "reason": "invalid"},
        {"body": "<html>oops</html>"},
        {"body": "[]"},
        {"body": "{}"},
        {"body": '{"calendars": {"primary": {"busy": [{"start": "soon", "end": "later"}]}}}'},
        {"body": '{"calendars": {"primary": {}}}'},
        {"cut": "before"},
        {"cut": "after"},
    ],
    ids=str,
)
def test_when_google_fails_no_time_is_offered_and_the_page_says_so(
    guest: FlaskClient, google: StandIn, fault: dict[str, Any], clock: time_machine.Traveller
) -> None:
    google.fault("calendar.freebusy.query", times=None, **fault)
    answer = guest.get(PICKER)
    assert answer.status_code == 503
    alert = page.read(answer.text).one(role="alert")
    assert alert["data-error"] == "calendar_unavailable"
    assert "nothing was booked" in alert.text
    google.clear_faults()
    clock.shift(20)
    assert starts(look(guest))


@pytest.mark.parametrize("reason", ["insufficientPermissions", "requiredAccessLevel"])
def test_when_google_forbids_the_page_says_that_the_host_must_act(
    guest: FlaskClient, google: StandIn, reason: str
) -> None:
    google.fault("calendar.freebusy.query", status=403, reason=reason)
    shown = look(guest, PICKER, 503)
    assert shown.one(role="alert")["data-error"] == "calendar_disconnected"


def test_warm_pages_ask_google_nothing(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    look(guest)
    google.calls.clear()
    google.state.calls.clear()
    for address in (PICKER, f"{PICKER}?month=2026-12", f"{PICKER}?tz=Asia/Tokyo"):
        look(guest, address)
    assert google.calls == []
    clock.shift(61)
    look(guest)
    assert google.calls == ["calendar.freebusy.query"]


def test_htmx_gets_the_fragment_and_back_and_forth_the_whole_page(guest: FlaskClient) -> None:
    whole = guest.get(PICKER)
    part = guest.get(PICKER, headers=HTMX)
    back = guest.get(PICKER, headers={"HX-Request": "true", "HX-Request-Type": "full"})
    assert whole.text.startswith("<!doctype html>")
    assert part.text.strip().startswith('<main id="picker"')
    assert back.text == whole.text
    for answer in (whole, part):
        assert {"HX-Request", "HX-Request-Type"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date=2026-13-01", "date"),
        ("date=yesterday", "date"),
        ("date=2026-02-30", "date"),
        ("date=99999-01-01", "date"),
        ("date=0001-01-01", "date"),
        ("date=2026-W49-1", "date"),
        ("month=2026-00", "month"),
        ("month=2026", "month"),
        ("month=9999-12", "month"),
    ],
)
def test_a_malformed_query_is_named_and_times_are_shown_all_the_same(
    guest: FlaskClient, query: str, field: str
) -> None:
    shown = look(guest, f"{PICKER}?{query}", 422)
    alert = shown.one(role="alert")
    assert alert["data-error"] == "invalid_request"
    assert field in alert.text
    assert starts(shown)


@pytest.mark.parametrize("query", ["date=1970-01-01", "date=2199-12-31", "month=2199-12", "date="])
def test_a_date_without_free_times_leads_to_the_next_free_day(
    guest: FlaskClient, query: str
) -> None:
    shown = look(guest, f"{PICKER}?{query}")
    assert starts(shown) or "Next free day" in shown.text


@pytest.mark.parametrize(
    ("start", "status", "code"),
    [
        ("nonsense", 422, "invalid_request"),
        ("2026-12-01T09:00:00", 422, "invalid_request"),
        ("2026-11-27T09:00:00Z", 409, "slot_unavailable"),
        ("2026-12-01T09:10:00Z", 409, "slot_unavailable"),
        ("2028-12-01T09:00:00Z", 409, "slot_unavailable"),
        ("9999-12-01T09:00:00Z", 422, "invalid_request"),
    ],
)
def test_a_link_to_a_time_that_is_not_free_shows_those_that_are(
    guest: FlaskClient, start: str, status: int, code: str
) -> None:
    shown = look(guest, f"{PICKER}?start={start}", status)
    assert shown.one(role="alert")["data-error"] == code
    assert starts(shown)


def test_prefill_theme_and_campaign_go_along_to_the_form(guest: FlaskClient) -> None:
    query = "name=Maria&email=m@x.org&notes=Hi&utm_source=news&theme=dark&accent=ff0000&lang=en"
    first = look(guest, f"{PICKER}?{query}&date=2026-12-03")
    form = submit(guest, first.one("form"), start="2026-12-03T09:00:00Z")
    fields = form.one("form").fields()
    assert (fields["name"], fields["email"], fields["notes"]) == ("Maria", "m@x.org", "Hi")
    assert (fields["utm_source"], fields["theme"], fields["accent"]) == ("news", "dark", "ff0000")
    assert form.one("html")["data-theme"] == "dark"
    assert "--accent-dark:#ff7070" in form.all("style")[0].raw


def test_markup_in_the_query_stays_text(guest: FlaskClient) -> None:
    answer = guest.get(f'{PICKER}?name="><script>alert(1)</script>&theme="><b>&accent=<i>')
    assert "<script>alert" not in answer.text
    assert "<i>" not in answer.text


def test_details_can_be_hidden(guest: FlaskClient) -> None:
    assert "Ana Silva" not in look(guest, f"{PICKER}?hide_details=1").text


def test_the_hosts_page_lists_what_is_listed_and_active(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    assert look(guest, "/book/ana").one("a")["href"] == PICKER
    change("ana", event={"listed": False})
    assert not look(guest, "/book/ana").all("a")
    assert starts(look(guest))
    change("ana", event={"active": False})
    look(guest, PICKER, 404)


@pytest.mark.parametrize("address", ["/book/nobody", "/book/nobody/intro", "/book/ana/nothing"])
def test_what_is_not_there_is_said_kindly(guest: FlaskClient, address: str) -> None:
    assert look(guest, address, 404).one(role="alert")["data-error"] == "not_found"


def test_in_person_times_are_the_hosts_whatever_zone_is_asked_for(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"location": "in_person", "location_detail": "Pier 4"})
    shown = look(guest, f"{PICKER}?tz=Asia/Tokyo")
    assert "Times in Lisbon" in shown.text
    assert "Pier 4" in shown.text
    assert not shown.all("button", value="zone")


def test_a_host_without_open_hours_says_that_nothing_is_free(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change(
        "ana", weekly_hours={day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    )
    shown = look(guest)
    assert not starts(shown)
    assert "no free times at the moment" in shown.text
