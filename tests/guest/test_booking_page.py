"""A booking's own page: what it shows, its calendar file and links, and who may see it."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from demo.google import StandIn
from tests.conftest import Browser, on_sqlite
from tests.people import ANA, HTMX, WEEK, book, bookings, fill, look, status_of
from widget import config

pytestmark = pytest.mark.usefixtures("ana")
AT_NINE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HALF_PAST = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def test_the_confirmation_says_what_when_where_and_who(guest: FlaskClient, google: StandIn) -> None:
    shown = look(guest, book(guest))
    root = shown.one(data_booking_status="confirmed")
    for said in ("Intro call", "Ana Silva", "Maria Sousa", "maria@example.com", "Google Meet"):
        assert said in root.text
    assert "Tuesday, December 1, 2026, 9:00" in root.text.replace("\u202f", " ")
    link = root.one("a", data_meet_link=True)
    assert (link["target"], link["rel"]) == ("_blank", "noopener noreferrer")
    assert root.one("time")["datetime"] == "2026-12-01T09:00:00Z"


@on_sqlite
def test_times_are_in_the_guests_zone_and_in_the_hosts_if_it_differs(guest: FlaskClient) -> None:
    shown = look(guest, book(guest, tz="Asia/Tokyo")).text.replace("\u202f", " ")
    assert "Tuesday, December 1, 2026, 6:00 PM – 6:30 PM" in shown
    assert "Tokyo, UTC+09:00" in shown
    assert "For Ana Silva: Tuesday, December 1, 2026, 9:00 AM – 9:30 AM (Lisbon, UTC" in shown


@on_sqlite
def test_the_hosts_time_is_not_repeated_where_it_is_the_same(guest: FlaskClient) -> None:
    shown = look(guest, book(guest, tz="Europe/London")).text
    assert "London" in shown
    assert "For Ana Silva" not in shown


@on_sqlite
def test_a_date_that_differs_is_told_for_both(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", weekly_hours={**{day: [] for day in WEEK}, "tue": [["20:00", "21:00"]]})
    shown = look(guest, book(guest, "2026-12-01T20:00:00Z", tz="Pacific/Auckland")).text
    assert "Wednesday, December 2, 2026" in shown
    assert "For Ana Silva: Tuesday, December 1, 2026" in shown


@on_sqlite
def test_where_people_meet_in_person_the_hosts_time_is_the_only_one(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"location": "in_person", "location_detail": "Pier 4"})
    address = book(guest, tz="Asia/Tokyo")
    shown = look(guest, address)
    assert "9:00" in shown.text
    assert "Lisbon" in shown.text
    assert "Tokyo" not in shown.text
    assert "Pier 4" in shown.text
    assert not shown.all("a", data_meet_link=True)
    (event,) = icalendar.Calendar.from_ical(guest.get(f"{address}.ics").data).walk("VEVENT")
    assert event["location"] == "Pier 4"


def test_the_calendar_file_is_an_event_with_the_link(guest: FlaskClient, google: StandIn) -> None:
    address = book(guest)
    link = look(guest, address).one("a", download=True)["href"]
    assert link == f"{address}.ics"
    answer = guest.get(link)
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    (event,) = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    (google_event,) = google.events(ANA)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (AT_NINE, HALF_PAST)
    assert event["uid"] == google_event["iCalUID"]  # with the invitation it is one event
    assert event["location"] == google_event["hangoutLink"]
    assert event["status"] == "CONFIRMED"
    assert "Intro call" in event["summary"]
    assert event["url"] == f"http://localhost{address}"
    assert answer.data.endswith(b"END:VCALENDAR\r\n")


@on_sqlite
def test_a_calendar_file_folds_and_escapes_what_it_holds(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"title": "Knots; sails, and \\ more " + "é" * 100})
    answer = guest.get(f"{book(guest)}.ics")
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75
    (event,) = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["summary"].startswith("Knots; sails, and \\ more é")


@on_sqlite
def test_links_add_the_booking_to_google_and_outlook(guest: FlaskClient, google: StandIn) -> None:
    shown = look(guest, book(guest))
    (event,) = google.events(ANA)
    links = {urlsplit(each["href"]).netloc: each for each in shown.all("a", target="_blank")}
    to_google = parse_qs(urlsplit(links["calendar.google.com"]["href"]).query)
    assert to_google["dates"] == ["20261201T090000Z/20261201T093000Z"]
    assert to_google["location"] == [event["hangoutLink"]]
    to_outlook = parse_qs(urlsplit(links["outlook.live.com"]["href"]).query)
    assert to_outlook["startdt"] == ["2026-12-01T09:00:00Z"]
    assert to_outlook["enddt"] == ["2026-12-01T09:30:00Z"]
    for link in links.values():
        assert link["rel"] == "noopener noreferrer"
    assert "maria@example.com" not in str(to_google) + str(to_outlook)


# --- who may see it -----------------------------------------------------------------------------


@on_sqlite
def test_an_address_with_one_character_changed_leads_nowhere(guest: FlaskClient) -> None:
    address = book(guest)
    token = address.removeprefix("/booking/")
    assert len(token) > 40
    for place, character in enumerate(token):
        letters = string.ascii_letters + string.digits
        at = letters.find(character)
        # the last bits of base64's last character mean nothing: try every neighbour
        others = [letters[(at + step) % len(letters)] for step in (1, -1)]
        for other in others:
            altered = f"{token[:place]}{other}{token[place + 1 :]}"
            assert guest.get(f"/booking/{altered}").status_code == 404, (token, altered)
    assert guest.get(address).status_code == 200


@pytest.mark.parametrize(
    "token", ["x", "~", "a~b", "%00", "%ff", "é", "x" * 5000, "..%2f..%2fsettings", "~" * 50, "=~="]
)
@on_sqlite
def test_an_address_that_we_never_made_leads_nowhere(guest: FlaskClient, token: str) -> None:
    shown = look(guest, f"/booking/{token}", 404)
    assert shown.one(role="alert")["data-error"] == "not_found"
    assert guest.get(f"/booking/{token}.ics").status_code == 404


@on_sqlite
def test_a_bare_booking_id_is_no_key(app: Flask, guest: FlaskClient) -> None:
    address = book(guest)
    (row,) = bookings(app)
    for name in (row["id"], row["google_event_id"]):
        assert guest.get(f"/booking/{name}").status_code == 404
    assert row["id"] not in address


@on_sqlite
def test_a_forms_nonce_is_no_key_to_a_booking(guest: FlaskClient) -> None:
    assert guest.get(f"/booking/{fill(guest)['nonce']}").status_code == 404


@on_sqlite
def test_old_addresses_stay_good_when_the_key_changes_and_stop_without_the_old_key(
    ana: Browser, environ: dict[str, str]
) -> None:
    old, older = "a key of the tests before", "older" * 9
    first = create_app(config.load({**environ, "SECRET_KEY": old}))
    address = book(first.test_client())
    new = {**environ, "SECRET_KEY": "another secret of the tests that is long enough"}
    kept = create_app(config.load({**new, "SECRET_KEY_FALLBACKS": f"{old}, {older}"}))
    assert status_of(look(kept.test_client(), address)) == "confirmed"
    fresh = look(kept.test_client(), address).one("a", download=True)["href"]
    assert fresh != f"{address}.ics"  # what is handed out now is signed with the new key
    assert kept.test_client().get(fresh).status_code == 200
    lost = create_app(config.load(new))
    assert lost.test_client().get(address).status_code == 404


@on_sqlite
def test_caches_keep_neither_the_page_nor_the_file_and_search_engines_stay_away(
    guest: FlaskClient,
) -> None:
    address = book(guest)
    for path in (address, f"{address}.ics"):
        answer = guest.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert look(guest, address).one("meta", name="robots")["content"] == "noindex"


# --- a GET changes nothing ----------------------------------------------------------------------


@on_sqlite
def test_looking_never_books(app: Flask, guest: FlaskClient, google: StandIn) -> None:
    query = {"start": "2026-12-01T09:00:00Z", "name": "M", "email": "m@example.com", "nonce": "x"}
    for method in (guest.get, guest.head, guest.options):
        method("/book/ana/intro", query_string=query)
        method("/api/v1/ana/intro/bookings", query_string=query)
    assert google.events(ANA) == []
    assert bookings(app) == []


@on_sqlite
@pytest.mark.parametrize("act", ["cancel", "reschedule"])
def test_looking_never_cancels_or_moves(guest: FlaskClient, google: StandIn, act: str) -> None:
    address = book(guest)
    (before,) = google.events(ANA)
    guest.get(f"{address}/{act}", query_string={"start": "2026-12-01T10:00:00Z"})
    guest.get(address, query_string={"start": "2026-12-01T10:00:00Z", "step": act})
    assert google.events(ANA) == [before]
    assert status_of(look(guest, address)) == "confirmed"


# --- a pending booking is settled by looking at it ------------------------------------------------


@pytest.mark.parametrize(
    "fault", [{"status": 500, "after": True}, {"status": 503}], ids=["made", "not-made"]
)
def test_a_pending_booking_settles_by_looking(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, fault: dict[str, object]
) -> None:
    google.fault("calendar.events.insert", **fault)
    address = book(guest)
    shown = look(guest, address)
    assert status_of(shown) == "pending"
    assert not shown.all("a", data_meet_link=True)
    assert shown.all("meta", http_equiv="refresh")  # without JavaScript the page looks by itself
    assert len(google.events(ANA)) == int("after" in fault)
    clock.shift(5)
    shown = look(guest, address)
    assert status_of(shown) == "confirmed"
    assert shown.one("a", data_meet_link=True)
    assert not shown.all(hx_get=True)
    assert len(google.events(ANA)) == len(google.invitations) == 1


def test_a_pending_booking_that_google_refuses_is_failed_and_its_time_free_again(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", status=503)
    address = book(guest)
    # with a Meet link, and then without
    google.fault("calendar.events.insert", status=400, reason="invalid", times=2)
    clock.shift(5)
    shown = look(guest, address, **HTMX)
    assert status_of(shown) == "failed"
    assert "nothing was booked" in shown.one(role="alert").text
    assert google.events(ANA) == []
    assert status_of(look(guest, book(guest, email="other@example.com"))) == "confirmed"


def test_while_google_stays_away_a_pending_booking_stays_pending_and_holds_its_time(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", status=503)
    address = book(guest)
    google.fault("*", status=503, times=None)
    for _time in range(3):
        clock.shift(10)
        assert status_of(look(guest, address)) == "pending"
    google.clear_faults()
    assert guest.get("/book/ana/intro?start=2026-12-01T09:00:00Z").status_code == 409
    clock.shift(60)
    assert status_of(look(guest, address)) == "confirmed"
    assert len(google.events(ANA)) == 1


@on_sqlite
def test_the_page_can_be_dark_and_in_any_accent(guest: FlaskClient) -> None:
    address = book(guest)
    shown = look(guest, f"{address}?theme=dark&accent=00ff00")
    assert shown.one("html")["data-theme"] == "dark"
    assert "--accent-dark:#00ff00" in shown.all("style")[0].raw
