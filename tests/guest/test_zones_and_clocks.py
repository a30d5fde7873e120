"""What a guest is told of zones, of an hour that comes twice, and of an end on another date."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient

from tests import page
from tests.conftest import on_sqlite
from tests.guest.test_pick_a_time import look, submit
from tests.page import Element, starts
from tests.people import PICKER

pytestmark = [pytest.mark.usefixtures("ana"), on_sqlite]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPEN = {day: [["00:00", "24:00"]] for day in DAYS}
MIA = {"name": "Mia", "email": "mia@guest.example"}


def said(shown: Element) -> str:
    return shown.text.replace("\u202f", " ")


def test_of_an_hour_that_comes_twice_each_is_named(
    guest: FlaskClient, change: Any, clock: time_machine.Traveller
) -> None:
    clock.move_to("2027-10-29T08:00:00+00:00")
    change("ana", event={"duration": 30, "slot_interval": 30}, weekly_hours=OPEN)
    for query in ("date=2027-10-31", "view=list&date=2027-10-31"):
        shown = look(guest, f"{PICKER}?{query}")
        day = [each for each in shown.all("button", name="start") if "-31T0" in each["value"]]
        names = [said(each) for each in day]
        assert len(set(names)) == len(names)
        assert names[:5] == [
            "1:00 AM (UTC+01:00)",
            "1:30 AM (UTC+01:00)",
            "1:00 AM (UTC+00:00)",
            "1:30 AM (UTC+00:00)",
            "2:00 AM",
        ]
    form = submit(guest, shown.one("form"), start="2027-10-31T01:00:00Z")
    assert "1:00 AM (UTC+00:00) – 1:30 AM (UTC+00:00)" in said(form)
    made = guest.post(PICKER, data={**form.one(id="booking-form").fields(), **MIA})
    own = urlsplit(made.headers["Location"]).path
    assert "1:00 AM (UTC+00:00) – 1:30 AM (UTC+00:00)" in said(look(guest, own))
    assert "DTSTART:20271031T010000Z" in guest.get(f"{own}.ics").text


@pytest.mark.parametrize(
    ("minutes", "start", "tz", "told"),
    [
        (
            720,
            "2026-12-31T12:00:00Z",
            "Asia/Tokyo",
            "Thursday, December 31, 2026, 9:00 PM – Friday, January 1, 2027, 9:00 AM",
        ),
        (
            1440,
            "2026-12-02T00:00:00Z",
            "Europe/Lisbon",
            "Wednesday, December 2, 2026, 12:00 AM – Thursday, December 3, 2026, 12:00 AM",
        ),
        (
            60,
            "2026-12-02T23:00:00Z",
            "Europe/Lisbon",
            "Wednesday, December 2, 2026, 11:00 PM – Thursday, December 3, 2026, 12:00 AM",
        ),
    ],
)
def test_an_end_on_another_date_is_told_with_it(
    guest: FlaskClient, change: Any, minutes: int, start: str, tz: str, told: str
) -> None:
    change("ana", event={"duration": minutes, "slot_interval": 60}, weekly_hours=OPEN)
    form = look(guest, f"{PICKER}?tz={tz}&start={start}")
    assert told in said(form)
    made = guest.post(PICKER, data={**form.one(id="booking-form").fields(), **MIA})
    own = urlsplit(made.headers["Location"]).path
    assert told in said(look(guest, own))
    moving = look(guest, f"{own}/reschedule")
    assert f"Now: {told}" in said(moving)


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "Etc/Unknown", "../../etc/passwd", "localtime", "%00", "x" * 5000]
)
def test_a_zone_that_nobody_knows_counts_as_the_hosts_without_a_word(
    guest: FlaskClient, name: str
) -> None:
    for query in ("", "&view=list", "&step=zone", "&start=2026-12-01T09:00:00Z"):
        shown = look(guest, f"{PICKER}?tz={name}{query}")
        assert shown.all(role="alert") == []
    assert "Lisbon, UTC+00:00" in shown.text
    fields = shown.one("form", id="booking-form").fields()
    assert fields["tz"] == "Europe/Lisbon"
    assert guest.post(PICKER, data={**fields, **MIA}).status_code == 303


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("America/St_Johns", "St. John’s, UTC-03:30"),
        ("Pacific/Marquesas", "Marquesas, UTC-09:30"),
        ("Asia/Calcutta", "Kolkata, UTC+05:30"),
        ("asia/calcutta", "Kolkata, UTC+05:30"),
        ("America/Buenos_Aires", "Buenos Aires, UTC-03:00"),
        ("US/Pacific", "Los Angeles, UTC-08:00"),
        ("PST8PDT", "Los Angeles, UTC-08:00"),
        ("Etc/GMT+5", "Times in UTC-05:00"),
        ("Etc/GMT%2B5", "Times in UTC-05:00"),
        ("GMT", "Times in UTC"),
    ],
)
def test_a_zone_is_told_by_one_city_and_one_offset(
    guest: FlaskClient, name: str, label: str
) -> None:
    shown = look(guest, f"{PICKER}?tz={name}&date=2026-12-01")
    assert label in shown.one("p", **{"class": "zone"}).text
    listed = look(guest, f"{PICKER}?tz={name}&step=zone")
    chosen = listed.one("button", name="tz", aria_current="true")
    assert chosen.text.count("UTC") in (1, 2)
    assert starts(look(guest, f"{PICKER}?tz={name}&date=2026-12-01"))


def test_the_zone_of_a_booking_is_kept_by_its_name_of_today(guest: FlaskClient) -> None:
    answer = guest.get(f"{PICKER}?tz=Asia/Calcutta&start=2026-12-01T09:00:00Z")
    assert page.read(answer.text).one(id="booking-form").fields()["tz"] == "Asia/Kolkata"
