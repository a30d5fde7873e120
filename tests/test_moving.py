"""`flask import`: what Calendly's and Cal.com's APIs answer becomes event types and hours."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import exported, look

pytestmark = [on_sqlite, pytest.mark.usefixtures("ana")]

CALENDLY_TYPES = {
    "collection": [
        {
            "uri": "https://api.calendly.com/event_types/AAAA", "name": "Find your course",
            "active": True, "booking_method": "instant", "slug": "course", "duration": 45,
            "scheduling_url": "https://calendly.com/ana/course", "duration_options": [30, 45],
            "kind": "solo", "pooling_type": None, "type": "StandardEventType", "color": "#0B6E6E",
            "description_plain": "Which boat suits you.", "secret": True, "deleted_at": None,
            "start_time_increment": 15, "before_buffer": 5, "after_buffer": 10,
            "locations": [{"kind": "zoom_conference"}, {"kind": "physical", "location": "Pier 4"}],
            "custom_questions": [
                {"name": "Experience?", "type": "single_select", "position": 1, "enabled": True,
                 "required": True, "answer_choices": ["None", "Some"], "include_other": True},
                {"name": "Phone", "type": "phone_number", "position": 0, "enabled": True,
                 "required": False, "answer_choices": [], "include_other": False},
                {"name": "Boats", "type": "multi_select", "position": 2, "enabled": True,
                 "required": False, "answer_choices": ["A", "B"], "include_other": False},
                {"name": "Old", "type": "text", "position": 3, "enabled": False, "required": True},
            ],
        },
        {
            "name": "Crew", "slug": "crew", "duration": 60, "kind": "group", "active": False,
            "pooling_type": "round_robin", "scheduling_url": "https://calendly.com/ana/crew",
        },
        {"name": "Crew, again", "slug": "crew", "duration": 30},
        {
            "name": "Once", "slug": None, "duration": 60, "type": "AdhocEventType",
            "scheduling_url": "https://calendly.com/d/abc-def",
        },
    ],
    "pagination": {"count": 3, "next_page": None},
}  # fmt: skip
CALENDLY_HOURS = {
    "collection": [
        {
            "uri": "…", "default": True, "name": "Working hours", "timezone": "Europe/Madrid",
            "rules": [
                {"type": "wday", "wday": "monday",
                 "intervals": [{"from": "13:00", "to": "17:00"}, {"from": "09:00", "to": "12:00"}]},
                {"type": "wday", "wday": "sunday", "intervals": []},
                {"type": "date", "date": "2026-12-24", "intervals": []},
            ],
        },
        {
            "uri": "…", "default": False, "name": "Late, by sea", "timezone": "Europe/Lisbon",
            "rules": [{"type": "wday", "wday": "friday",
                       "intervals": [{"from": "20:00", "to": "00:00"}]}],
        },
    ]
}  # fmt: skip
CAL_TYPES = {
    "status": "success",
    "data": [
        {
            "id": 7, "lengthInMinutes": 60, "lengthInMinutesOptions": [30, 60], "title": "Briefing",
            "slug": "Briefing_1", "description": "Before your charter.", "hidden": True,
            "locations": [{"type": "integration", "integration": "cal-video"},
                          {"type": "link", "link": "https://meet.example/ana", "public": True}],
            "bookingFields": [
                {"type": "name", "isDefault": True, "slug": "name", "required": True},
                {"type": "email", "isDefault": True, "slug": "email", "required": True},
                {"type": "text", "slug": "boat", "label": "Which boat?", "required": True},
                {"type": "textarea", "slug": "wishes", "label": "Wishes", "required": False},
                {"type": "radio", "slug": "kind", "label": "Kind", "options": ["A", "B"]},
                {"type": "boolean", "slug": "licence", "label": "Licence?", "required": False},
                {"type": "number", "slug": "crew", "label": "How many?", "required": False},
            ],
            "minimumBookingNotice": 120, "beforeEventBuffer": 15, "afterEventBuffer": 30,
            "slotInterval": 20, "scheduleId": 2, "bookingLimitsCount": {"day": 2, "month": 9},
            "bookingWindow": {"type": "businessDays", "value": 30, "rolling": True},
            "confirmationPolicy": {"type": "always", "blockUnconfirmedBookingsInBooker": True},
            "seats": {"disabled": True}, "recurrence": None,
            "successRedirectUrl": "https://ana.example/thanks",
        },
    ],
}  # fmt: skip
CAL_HOURS = {
    "status": "success",
    "data": [
        {"id": 1, "name": "Days", "timeZone": "Europe/Lisbon", "isDefault": True,
         "availability": [{"days": ["Monday", "Tuesday"], "startTime": "10:00",
                           "endTime": "16:00"}],
         "overrides": [{"date": "2026-12-24", "startTime": "00:00", "endTime": "00:00"}]},
        {"id": 2, "name": "Evenings", "timeZone": "Europe/Lisbon", "isDefault": False,
         "availability": [{"days": ["Wednesday"], "startTime": "18:00", "endTime": "23:59"}]},
    ],
}  # fmt: skip


def take_over(app: Flask, rival: str, *answers: Any) -> Any:
    text = json.dumps(answers[0] if len(answers) == 1 else answers)
    return app.test_cli_runner().invoke(args=["import", rival, "-"], input=text)


def test_calendlys_event_types_and_hours_come_along(app: Flask, guest: FlaskClient) -> None:
    done = take_over(app, "calendly", CALENDLY_TYPES, CALENDLY_HOURS)
    assert done.exit_code == 0, done.output
    document = exported(app)
    assert [each["slug"] for each in document["event_types"]] == [
        "intro",
        "course",
        "crew",
        "crew-2",
    ]
    course, crew, _other = document["event_types"][1:]
    assert (course["title"], course["duration"], course["durations"]) == (
        "Find your course", 45, [30, 45],
    )  # fmt: skip
    assert (course["slot_interval"], course["buffer_before"], course["buffer_after"]) == (15, 5, 10)
    assert (course["listed"], course["active"], course["accent"]) == (False, True, "0b6e6e")
    assert (course["location"], course["location_detail"]) == ("in_person", "Pier 4")
    assert [(each["id"], each["kind"], each["required"]) for each in course["questions"]] == [
        ("a1", "phone", False), ("a2", "choice", True), ("a3", "long_text", False),
    ]  # fmt: skip
    assert course["questions"][1]["choices"] == ["None", "Some"]
    assert (crew["active"], crew["location"]) == (False, "google_meet")
    assert document["time_zone"] == "Europe/Madrid"
    assert document["weekly_hours"]["mon"] == [["09:00", "12:00"], ["13:00", "17:00"]]
    assert document["weekly_hours"]["tue"] == document["weekly_hours"]["sun"] == []
    assert document["date_overrides"] == {"2026-12-24": []}
    [late] = document["schedules"]
    assert (late["id"], late["weekly_hours"]["fri"]) == ("late-by-sea", [["20:00", "24:00"]])
    left = [line for line in done.output.splitlines() if line.startswith("not carried over: ")]
    for words in (
        "course: place zoom_conference", "course: question a2: an answer of one's own",
        "course: question a3 is of the kind multi_select", "crew: several guests at one time",
        "crew: several hosts", "abc-def: deleted, a one-off", "schedule late-by-sea: its time zone",
        "course: minimum notice", "crew-2: its address crew",
    ):  # fmt: skip
        assert [line for line in left if words in line], words
    assert page.starts(look(guest, "/book/ana/course?date=2026-12-07&tz=Europe/Madrid"))[0] == (
        "2026-12-07T08:00:00Z"
    )


def test_cals_event_types_and_hours_come_along(app: Flask, guest: FlaskClient) -> None:
    done = take_over(app, "cal", CAL_TYPES, CAL_HOURS)
    assert done.exit_code == 0, done.output
    document = exported(app)
    event = document["event_types"][1]
    assert (event["slug"], event["title"], event["listed"]) == ("briefing-1", "Briefing", False)
    assert (event["duration"], event["durations"], event["slot_interval"]) == (60, [30, 60], 20)
    assert (event["buffer_before"], event["buffer_after"], event["minimum_notice"]) == (15, 30, 120)
    assert (event["booking_window_days"], event["max_per_day"], event["max_per_week"]) == (
        42, 2, None,
    )  # fmt: skip
    assert (event["location"], event["location_detail"]) == ("link", "https://meet.example/ana")
    assert event["redirect_url"] == "https://ana.example/thanks"
    assert [(each["id"], each["kind"]) for each in event["questions"]] == [
        ("boat", "text"), ("wishes", "long_text"), ("kind", "choice"), ("licence", "checkbox"),
        ("crew", "text"),
    ]  # fmt: skip
    assert event["schedule"] == "evenings"
    assert document["schedules"][0]["weekly_hours"]["wed"] == [["18:00", "24:00"]]
    assert document["weekly_hours"]["tue"] == [["10:00", "16:00"]]
    assert document["date_overrides"] == {"2026-12-24": []}
    for words in (
        "its address Briefing_1",
        "place cal-video",
        "the host's confirmation",
        "at most 9 a month",
        "of the kind number",
    ):
        assert f"not carried over: briefing-1: {words}" in done.output.replace(
            "question crew is ", ""
        )
    assert "seats" not in done.output
    shown = look(guest, "/book/ana/briefing-1?date=2026-12-02&duration=30")
    assert page.starts(shown)[0] == "2026-12-02T18:00:00Z"


def test_an_import_again_replaces_what_it_brought(app: Flask) -> None:
    take_over(app, "calendly", CALENDLY_TYPES)
    before = exported(app)
    assert take_over(app, "calendly", CALENDLY_TYPES).exit_code == 0
    assert exported(app) == before


@pytest.mark.parametrize(
    "answer",
    [
        {}, [], "x", None, 7, {"collection": []}, {"collection": ["x"]}, {"collection": "x"},
        {"collection": [{"name": "A", "slug": "a"}]},
        {"collection": [{"name": "A", "slug": "a", "duration": "long"}]},
        {"collection": [{"name": "A", "slug": "a", "duration": 0}]},
        {"collection": [{"name": 7, "slug": "a", "duration": 30}]},
        {"collection": [{"name": "A", "slug": 7, "duration": 30}]},
        {"collection": [{"name": "A", "slug": "a", "duration": 30, "locations": "Pier"}]},
        {"collection": [{"name": "A", "slug": "a", "duration": math.inf}]},
        {"collection": [{"name": "A", "slug": "a", "duration": 30, "before_buffer": -1}]},
        {"collection": [{"name": "W", "rules": [{"type": "wday", "wday": "monday",
                                                 "intervals": [{"from": "x", "to": "y"}]}]}]},
        {"collection": [{"name": "W", "rules": 7}]},
        {"collection": [{"name": "W", "timezone": "Mars/Olympus", "rules": []}]},
    ],
    ids=json.dumps,
)  # fmt: skip
@pytest.mark.parametrize("rival", ["calendly", "cal"])
def test_what_is_no_answer_of_theirs_changes_nothing(app: Flask, rival: str, answer: Any) -> None:
    before = exported(app)
    good = CALENDLY_TYPES if rival == "calendly" else CAL_TYPES
    for answers in ((answer,), (good, answer)):
        done = take_over(app, rival, *answers)
        if done.exit_code == 0:  # an empty list beside a full one
            assert answer in ([], {"collection": []})
            continue
        assert done.exit_code == 1
        assert "nothing was imported" in done.output
        assert isinstance(done.exception, SystemExit)
        assert exported(app) == before


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", "9" * 400])
@pytest.mark.parametrize("kind", ["businessDays", "calendarDays"])
def test_a_number_without_end_is_no_answer_either(app: Flask, kind: str, number: str) -> None:
    before = exported(app)
    event = {"title": "A", "slug": "a", "lengthInMinutes": 30}
    text = json.dumps({"data": [{**event, "bookingWindow": {"type": kind, "value": "N"}}]})
    done = app.test_cli_runner().invoke(
        args=["import", "cal", "-"], input=text.replace('"N"', number)
    )
    assert (done.exit_code, "nothing was imported" in done.output) == (1, True), done.output
    assert isinstance(done.exception, SystemExit)
    assert exported(app) == before


def test_whose_they_become_is_asked_where_there_are_several(app: Flask, google: Any) -> None:
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    done = take_over(app, "calendly", CALENDLY_TYPES)
    assert (done.exit_code, "--host" in done.output) == (1, True)
    text = json.dumps(CALENDLY_TYPES)
    args = ["import", "calendly", "-", "--host", "ben"]
    assert app.test_cli_runner().invoke(args=args, input=text).exit_code == 0
    assert "course" in command(app, "settings", "export", "ben")
    assert len(exported(app)["event_types"]) == 1
