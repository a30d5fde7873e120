"""The picker beyond one day: the next free time, months and lists, zones by city, the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.guest.test_pick_a_time import look, submit
from tests.page import Element, starts
from tests.people import HTMX, PICKER
from widget.text import zones

pytestmark = [
    pytest.mark.usefixtures("ana"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
NEVER = {day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
#: Free times in two months with an empty one between them.
FAR_APART = {
    "event": {"booking_window_days": 120},
    "weekly_hours": NEVER,
    "date_overrides": {"2026-12-02": [["09:00", "10:00"]], "2027-02-10": [["09:00", "09:30"]]},
}
LONG = "Everything about an hour on the river, and then more of it. " * 20


def test_the_next_free_time_is_a_button_that_leads_to_the_form(guest: FlaskClient) -> None:
    for address in (PICKER, f"{PICKER}?date=2026-12-03", f"{PICKER}?view=list&date=2026-12-10"):
        shown = look(guest, address)
        button = shown.one("button", name="next")
        assert "Next free: Mon, Nov 30, 12:00 PM" in button.text.replace("\u202f", " ")
        form = submit(guest, shown.one("form"), next=button["value"])
        assert form.one("form", id="booking-form").fields()["start"] == "2026-11-30T12:00:00Z"


def test_months_without_free_times_are_skipped_and_it_is_said(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", **FAR_APART)
    december = look(guest)
    assert december.one("button", id="month-next")["value"] == "2027-02"
    assert "The next month with free times is February 2027." in december.text
    february = submit(guest, december.one("form"), month="2027-02")
    assert starts(february) == ["2027-02-10T09:00:00Z"]
    assert february.one("button", id="month-previous")["value"] == "2026-12"
    january = look(guest, f"{PICKER}?month=2027-01")
    assert "Nothing is free before Wednesday, February 10, 2027." in january.text
    assert "Next free day" in january.text


def test_a_list_shows_the_coming_days_and_leads_to_others(guest: FlaskClient) -> None:
    first = look(guest, f"{PICKER}?view=list")
    dates = [day["data-date"] for day in first.all("div", data_date=True)]
    assert dates == [f"2026-1{day}" for day in ("1-30", "2-01", "2-02", "2-03", "2-04")]
    assert not first.all("table")
    later = submit(guest, first.one("form"), date=first.one("button", id="later")["value"])
    assert later.all("div", data_date=True)[0]["data-date"] == "2026-12-07"
    assert later.one("button", id="earlier")["value"] == "2026-11-30"
    month = submit(guest, later.one("form"), view="month")
    assert month.one("button", data_date="2026-12-07")["aria-pressed"] == "true"


def test_the_clock_is_switched_and_stays_so(guest: FlaskClient) -> None:
    shown = look(guest, PICKER)
    assert clock(shown) == "12h"
    shown = submit(guest, shown.one("form"), clock="24")
    assert shown.one("button", name="start", value="2026-11-30T12:00:00Z").text == "12:00"
    form = submit(guest, shown.one("form"), start="2026-11-30T16:30:00Z")
    assert "16:30 – 17:00" in form.text
    assert clock(shown) == "24h"
    # a pressed button comes after the hidden field, and wins
    again = look(guest, f"{PICKER}?clock=24&clock=12")
    assert again.all("input", name="clock")[0]["value"] == "12"
    assert clock(look(guest, f"{PICKER}?clock=13")) == "12h"


def clock(shown: Element) -> str:
    return shown.one("button", name="clock", aria_pressed="true").text


def test_a_long_description_begins_short_and_can_be_read_whole(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"description": LONG})
    shown = look(guest)
    assert len(shown.one("p", **{"class": "lead"}).text) <= 241
    assert LONG.strip() in shown.one("details").text
    change("ana", event={"description": "Short."})
    assert not look(guest).all("details")


@pytest.mark.parametrize(
    ("city", "found"),
    [
        ("tokyo", "Asia/Tokyo"),
        ("KYIV", "Europe/Kyiv"),
        ("são p", "America/Sao_Paulo"),
        ("portugal", "Europe/Lisbon"),
        ("kolkata", "Asia/Kolkata"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("Mumbai", "Asia/Kolkata"),
        ("मुंबई", "Asia/Kolkata"),
        ("beijing", "Asia/Shanghai"),
        ("北京", "Asia/Shanghai"),
        ("munich", "Europe/Berlin"),
        ("Munchen", "Europe/Berlin"),
        ("san fran", "America/Los_Angeles"),
        ("washington", "America/New_York"),
        ("Barcelona", "Europe/Madrid"),
        ("xian", "Asia/Shanghai"),
        ("lodz", "Europe/Warsaw"),
        ("usa", "America/Denver"),
        ("UK", "Europe/London"),
        ("india", "Asia/Kolkata"),
        ("Deutschland", "Europe/Berlin"),
        ("espana", "Europe/Madrid"),
        ("日本", "Asia/Tokyo"),
        ("東京", "Asia/Tokyo"),
        ("भारत", "Asia/Kolkata"),
        ("Київ", "Europe/Kyiv"),
        ("port-au prince", "America/Port-au-Prince"),
        ("jerusalem", "Asia/Jerusalem"),
        # by abbreviation, in and out of season
        ("PST", "America/Los_Angeles"),
        ("pdt", "America/Los_Angeles"),
        ("CET", "Europe/Berlin"),
        ("CEST", "Europe/Paris"),
        ("IST", "Asia/Kolkata"),
        ("ist", "Asia/Jerusalem"),
        ("AEDT", "Australia/Sydney"),
        ("NST", "America/St_Johns"),
        ("ET", "America/New_York"),
        ("BRT", "America/Sao_Paulo"),
        ("SGT", "Asia/Singapore"),
        # by offset
        ("UTC+5:30", "Asia/Kolkata"),
        ("+5:30", "Asia/Kolkata"),
        ("+0545", "Asia/Kathmandu"),
        ("gmt-3", "America/Sao_Paulo"),
        ("GMT −3", "America/Sao_Paulo"),
        ("UTC-09:30", "Pacific/Marquesas"),
        ("-3:30", "America/St_Johns"),
        ("-2:30", "America/St_Johns"),
        ("utc+14", "Pacific/Kiritimati"),
        # by old names
        ("Bombay", "Asia/Kolkata"),
        ("calcutta", "Asia/Kolkata"),
        ("Saigon", "Asia/Ho_Chi_Minh"),
        ("Kiev", "Europe/Kyiv"),
        ("Rangoon", "Asia/Yangon"),
        ("Katmandu", "Asia/Kathmandu"),
        ("Godthab", "America/Nuuk"),
        ("Leningrad", "Europe/Moscow"),
        ("US/Pacific", "America/Los_Angeles"),
        ("europe/lisbon", "Europe/Lisbon"),
        # as it is written there, in languages that guests are not spoken to in
        ("Москва", "Europe/Moscow"),
        ("Αθήνα", "Europe/Athens"),
        ("서울", "Asia/Seoul"),
        ("กรุงเทพ", "Asia/Bangkok"),
        ("ኢትዮጵያ", "Africa/Addis_Ababa"),
    ],
)
def test_a_zone_is_found_by_city_or_country_without_javascript(
    guest: FlaskClient, city: str, found: str
) -> None:
    zones = submit(guest, look(guest, f"{PICKER}?date=2026-12-03").one("form"), step="zone")
    shown = submit(guest, zones.one("form"), city=city, step="zone")
    assert found in [button["value"] for button in shown.all("button", name="tz")]
    moved = submit(guest, shown.one("form"), tz=found)
    assert moved.one("button", data_date="2026-12-03")["aria-pressed"] == "true"
    assert not moved.all(role="alert")


def test_zones_are_searched_in_the_guests_language_and_as_a_fragment(guest: FlaskClient) -> None:
    part = guest.get(f"{PICKER}?lang=de&step=city&city=griechen", headers=HTMX).text
    assert part.strip().startswith('<div id="cities"')
    assert "Athen (Griechenland)" in part


@pytest.mark.parametrize("country", ["United States", "Russia", "Brazil", "Canada"])
def test_every_zone_of_a_country_is_found_and_counted(guest: FlaskClient, country: str) -> None:
    shown = look(guest, f"{PICKER}?step=zone&city={country}")
    zones = shown.all("button", name="tz")
    assert len(zones) > 10
    assert all(country in button.text for button in zones)
    assert f"{len(zones)} time zones found" in shown.text
    assert shown.one(id="cities")["data-say"] == f"{len(zones)} time zones found"


@pytest.mark.parametrize(
    ("lang", "sought", "first"),
    [
        ("en", "Pacific Time", "America/Los_Angeles"),
        ("en", "india standard time", "Asia/Kolkata"),
        ("en", "W. Europe Standard Time", "Europe/Berlin"),
        ("de", "Mitteleuropäische Sommerzeit", "Europe/Berlin"),
        ("ja", "日本標準時", "Asia/Tokyo"),
        ("en", "Etc/GMT%2B5", "Etc/GMT+5"),
        ("en", "Zulu", "UTC"),
        ("en", "Z", "UTC"),
        ("en", "ChST", "Pacific/Guam"),
        ("en", "LA", "America/Los_Angeles"),
        ("en", "U.S.", "America/New_York"),
        ("en", "United States", "America/New_York"),
        ("en", "Washington, D.C.", "America/New_York"),
        ("en", "Portland, OR", "America/Los_Angeles"),
        ("en", "London time", "Europe/London"),
        ("en", "Doha", "Asia/Qatar"),
        ("en", "Naypyidaw", "Asia/Yangon"),
        ("en", "Texas", "America/Chicago"),
        ("de", "Neu-Delhi", "Asia/Kolkata"),
        ("fr", "Le Cap", "Africa/Johannesburg"),
        ("en", "%2B5.5", "Asia/Kolkata"),
        ("en", "−3h30", "America/St_Johns"),
        ("en", "(UTC%2B05:45)", "Asia/Kathmandu"),
        ("en", "UTC±0", "Europe/London"),
        ("ar", "UTC%2B٥:٣٠", "Asia/Kolkata"),
        ("ja", "ＵＴＣ＋９", "Asia/Tokyo"),
        # a whole name, then the beginning of its own, then that of a former one of another zone
        ("en", "john", "America/St_Johns"),
        ("en", "St. John", "America/St_Johns"),
        ("en", "niger", "Africa/Niamey"),
        ("en", "dominica", "America/Dominica"),
        ("de", "guinea", "Africa/Conakry"),
        ("en", "rome", "Europe/Rome"),
        ("en", "georgia", "Asia/Tbilisi"),
        ("pt", "londres", "Europe/London"),
    ],
)
def test_the_zone_that_is_meant_comes_first(
    guest: FlaskClient, lang: str, sought: str, first: str
) -> None:
    shown = look(guest, f"{PICKER}?lang={lang}&step=zone&city={sought}")
    assert shown.all("button", name="tz")[0]["value"] == first


@pytest.mark.parametrize("sought", ["in the morning", "la la land", "Atlantis", "%2B25", "()"])
def test_nonsense_finds_nothing(guest: FlaskClient, sought: str) -> None:
    shown = look(guest, f"{PICKER}?step=zone&city={sought}")
    assert shown.one(id="cities")["data-say"].startswith("0 ")


def test_from_what_was_found_a_button_leads_to_all_zones(guest: FlaskClient) -> None:
    shown = look(guest, f"{PICKER}?step=zone&city=a")
    assert "These fit best" in shown.text
    assert int(shown.one(id="cities")["data-say"].split()[0]) > 300
    every = submit(guest, shown.one("form"), step="zones")
    assert len(every.all("button", name="tz")) > 400


def test_a_city_that_no_zone_is_named_after_is_named_with_its_zone(guest: FlaskClient) -> None:
    shown = look(guest, f"{PICKER}?lang=de&step=zone&city=münch")
    assert "München – Berlin (Deutschland)" in shown.one("button", name="tz").text


def test_every_city_of_the_table_finds_the_zone_it_stands_under() -> None:
    table = json.loads(Path(zones.__file__).with_name("cities.json").read_text())
    cities = [(zone, city) for zone, cities in table["cities"].items() for city in cities]
    wanted = [(zone, name) for zone, city in cities for name in city]
    wanted += [(zone, name) for zone, names in table["local"].items() for name in names]
    wanted += [(zone, name) for name, found in table["abbreviations"].items() for zone in found]
    for zone, name in wanted:
        assert zone in [each["name"] for each in zones.found(name, 0)[1]], name


@pytest.mark.parametrize("view", ["month", "list"])
def test_a_month_that_was_asked_for_is_shown_though_nothing_is_free_in_it(
    guest: FlaskClient, change: Callable[..., None], view: str
) -> None:
    change("ana", **FAR_APART)
    unasked = look(guest, f"{PICKER}?view={view}")
    assert starts(unasked)[0] == "2026-12-02T09:00:00Z"
    for month, said in [
        ("2026-11", "Nothing is free before Wednesday, December 2, 2026."),
        ("2027-01", "Nothing is free before Wednesday, February 10, 2027."),
        ("2031-05", "There are no free times in this month."),
    ]:
        shown = look(guest, f"{PICKER}?view={view}&month={month}")
        assert said in shown.one("section", aria_label="Times").text
        assert said in shown.one("main")["data-say"]
        if view == "month":
            assert starts(shown) == []
            assert shown.one("button", name="date", **{"class": "next"})
        else:
            assert starts(shown)


def test_an_open_form_asks_whether_its_time_is_still_free(
    guest: FlaskClient, google: StandIn
) -> None:
    form = look(guest, f"{PICKER}?start=2026-12-03T09:30:00Z")
    address = form.one(id="still")["data-url"]
    assert guest.get(address, headers=HTMX).text.strip() == ""
    google.add_busy("ana@sailing.example", "2026-12-03T09:30:00Z", "2026-12-03T10:00:00Z")
    part = page.read(guest.get(address.replace("09%3A30", "09%3A10"), headers=HTMX).text)
    assert part.one(role="alert")["data-error"] == "slot_unavailable"
    offered = part.all("button", name="next")
    assert [button["value"] for button in offered] == sorted(each["value"] for each in offered)
    typed = {**form.one("form").fields(), "name": "Gita", "next": offered[0]["value"]}
    moved = page.read(guest.post(PICKER, data=typed).text).one("form", id="booking-form")
    assert (moved.fields()["start"], moved.fields()["name"]) == (offered[0]["value"], "Gita")


@pytest.mark.parametrize("start", ["", "soon", "2026-12-01T09:00:00"])
def test_a_malformed_time_of_an_open_form_is_named(guest: FlaskClient, start: str) -> None:
    assert look(guest, f"{PICKER}?step=still&start={start}", 422).one(role="alert")


def test_who_asks_for_a_time_that_has_a_booking_is_not_told_that_nothing_was_booked(
    guest: FlaskClient,
) -> None:
    """Who asks for it may come back from booking it."""
    asked = f"{PICKER}?start=2026-12-03T09:00:00Z"
    fields = look(guest, asked).one("form").fields()
    guest.post(PICKER, data={**fields, "name": "Gita", "email": "gita@guest.example"})
    shown = look(guest, asked, 409)
    alert = shown.one(role="alert")
    assert alert["data-error"] == "slot_taken"
    assert "your booking stands" in alert.text
    assert starts(shown)[0].startswith("2026-12-03")
