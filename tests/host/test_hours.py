"""The section "Weekly hours": several ranges a day, rows that come and go, the week at a glance."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element, starts
from tests.people import exported, faults, form, save, save_event, show

pytestmark = on_sqlite


def rows(shown: Element, day: str) -> list[tuple[str, str]]:
    sent = form(shown, "hours").sent()
    return list(zip(sent.getlist(f"{day}-start"), sent.getlist(f"{day}-end"), strict=True))


def test_hours_are_seen_in_picker_api_and_export(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    week = {"tue-start": ["14:00", "10:00"], "tue-end": ["15:00", "11:00"]}
    save(ana, "hours", week)
    assert exported(app)["weekly_hours"]["tue"] == [["10:00", "11:00"], ["14:00", "15:00"]]
    wanted = [f"2026-12-01T{time}:00Z" for time in ("10:00", "10:30", "14:00", "14:30")]
    assert starts(page.read(guest.get("/book/ana/intro?date=2026-12-01").text)) == wanted
    query = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}
    slots = guest.get("/api/v1/ana/intro/slots", query_string=query).get_json()["slots"]
    assert [slot["start"] for slot in slots] == wanted


def test_a_day_without_rows_is_closed(app: Flask, ana: Browser) -> None:
    save(ana, "hours", {"mon-start": "", "mon-end": ""})
    assert exported(app)["weekly_hours"]["mon"] == []
    assert "closed" in show(ana).one(id="hours-weekly_hours-mon").text


def test_midnight_ends_a_day(app: Flask, ana: Browser) -> None:
    save(ana, "hours", {"sat-start": "00:00", "sat-end": "00:00"})
    assert exported(app)["weekly_hours"]["sat"] == [["00:00", "24:00"]]
    assert rows(show(ana), "sat") == [("00:00", "00:00")]
    save(ana, "hours")
    assert exported(app)["weekly_hours"]["sat"] == [["00:00", "24:00"]]


def test_hours_over_midnight_are_two_ranges_shown_as_one(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    save(ana, "hours", {"mon-start": "22:00", "mon-end": "02:00", "sun-start": "23:00",
                        "sun-end": "01:30"})  # fmt: skip
    week = exported(app)["weekly_hours"]
    assert week["mon"] == [["00:00", "01:30"], ["22:00", "24:00"]]
    assert week["tue"] == [["00:00", "02:00"], ["09:00", "17:00"]]
    assert week["sun"] == [["23:00", "24:00"]]
    shown = show(ana)
    assert rows(shown, "mon") == [("22:00", "02:00")]
    assert rows(shown, "tue") == [("09:00", "17:00")]
    assert rows(shown, "sun") == [("23:00", "01:30")]
    assert "Monday 22:00–02:00; Tuesday 09:00–17:00" in shown.one(_class="glance")["aria-label"]
    save(ana, "hours")
    assert exported(app)["weekly_hours"] == week
    save_event(ana, {"duration": "60", "slot_interval": "45"})
    monday = starts(page.read(guest.get("/book/ana/intro?date=2026-11-30").text))
    assert monday[-2:] == ["2026-11-30T22:45:00Z", "2026-11-30T23:30:00Z"]


def test_a_night_is_copied_and_taken_away_whole(app: Flask, ana: Browser) -> None:
    night = {"mon-start": "22:00", "mon-end": "02:00", "tue-start": "", "tue-end": "",
             "copy-from": "mon", "copy-to": ["tue"]}  # fmt: skip
    shown = page.read(save(ana, "hours", night, press=("do", "copy")).text)
    assert rows(shown, "mon") == rows(shown, "tue") == [("22:00", "02:00")]
    (remove,) = shown.one(id="hours-weekly_hours-tue").all("button", _class="icon")
    shown = page.read(save(ana, "hours", press=("do", remove["value"]), shown=shown).text)
    assert (rows(shown, "tue"), rows(shown, "wed")) == ([], [("09:00", "17:00")])
    save(ana, "hours", shown=shown)
    week = exported(app)["weekly_hours"]
    assert (week["tue"], week["wed"]) == ([["00:00", "02:00"]], [["09:00", "17:00"]])


def test_a_night_that_meets_the_next_day_is_a_fault_there(app: Flask, ana: Browser) -> None:
    typed = {"mon-start": "22:00", "mon-end": "02:00", "tue-start": "01:00", "tue-end": "05:00"}
    answer = save(ana, "hours", typed)
    assert list(faults(answer)) == ["hours-weekly_hours-tue-1"]
    shown = page.read(answer.text)
    assert shown.one(id="hours-weekly_hours-tue-1")["value"] == "01:00"
    assert rows(shown, "mon") == [("22:00", "02:00")]


@pytest.mark.parametrize(
    ("press", "changes", "day", "expected"),
    [
        ("add-mon", {}, "mon", [("09:00", "17:00"), ("18:00", "20:00")]),
        ("add-sat", {}, "sat", [("09:00", "17:00")]),
        ("add-mon", {"mon-end": "00:00"}, "mon", [("09:00", "00:00"), ("", "")]),
        ("remove-mon-0", {}, "mon", []),
        ("remove-mon-7", {}, "mon", [("09:00", "17:00")]),
        ("remove-mon-x", {}, "mon", [("09:00", "17:00")]),
        ("dance-mon-0", {}, "mon", [("09:00", "17:00")]),
        ("add-someday", {}, "mon", [("09:00", "17:00")]),
        (
            "copy",
            {"copy-from": "mon", "copy-to": ["sat", "sun", "x"], "mon-start": "07:00"},
            "sun",
            [("07:00", "17:00")],
        ),
        ("copy", {"copy-from": "x", "copy-to": ["sat"]}, "sat", []),
    ],
)
def test_rows_come_and_go_before_anything_is_saved(
    app: Flask,
    ana: Browser,
    press: str,
    changes: dict[str, Any],
    day: str,
    expected: list[tuple[str, str]],
) -> None:
    before = exported(app)
    typed = {"fri-start": "08:15", **changes}
    answer = save(ana, "hours", typed, press=("do", press))
    assert answer.status_code == 200
    shown = page.read(answer.text)
    assert [row for row in rows(shown, day) if any(row) or row in expected] == expected
    assert rows(shown, "fri") == [("08:15", "17:00")]
    assert "Not saved yet." in shown.one(id="hours").text
    assert exported(app) == before
    save(ana, "hours", shown=shown)
    assert exported(app)["weekly_hours"]["fri"] == [["08:15", "17:00"]]


@pytest.mark.parametrize(
    ("start", "end", "field", "words"),
    [
        (["22:00"], ["22:00"], "0", "start before it ends"),
        (["25:00"], ["02:00"], "0", "from 00:00 to 24:00"),
        (["09:00"], ["09:00"], "0", "start before it ends"),
        (["09:00", "11:00"], ["12:00", "13:00"], "1", "must not start before"),
        (["09:00"], ["25:00"], "0", "from 00:00 to 24:00"),
        (["09:00"], ["24:01"], "0", "from 00:00 to 24:00"),
        (["9"], ["17:00"], "0", "from 00:00 to 24:00"),
        (["09:00"], [""], "0", "from 00:00 to 24:00"),
    ],
)
def test_bad_hours_are_named_and_nothing_else_is_lost(
    app: Flask, ana: Browser, start: list[str], end: list[str], field: str, words: str
) -> None:
    before = exported(app)
    answer = save(ana, "hours", {"tue-start": start, "tue-end": end, "fri-start": "08:15"})
    found = faults(answer)
    assert list(found) == [f"hours-weekly_hours-tue-{field}"]
    assert words in next(iter(found.values()))
    assert "Tuesday" in next(iter(found.values()))
    shown = page.read(answer.text)
    assert rows(shown, "tue") == list(zip(start, end, strict=True))
    assert rows(shown, "fri") == [("08:15", "17:00")]
    assert exported(app) == before


def test_too_many_ranges_are_one_fault_of_the_day(ana: Browser) -> None:
    minutes = [f"{at // 60:02}:{at % 60:02}" for at in range(0, 1000, 10)]
    answer = save(ana, "hours", {"tue-start": minutes[:-1:2], "tue-end": minutes[1::2]})
    assert "between 0 and 48" in faults(answer)["hours-weekly_hours-tue"]


def test_the_week_is_seen_at_a_glance(ana: Browser) -> None:
    save(ana, "hours", {"mon-start": ["06:00", "20:00"], "mon-end": ["12:00", "00:00"]})
    glance = show(ana).one(_class="glance")
    assert "Monday 06:00–12:00, 20:00–24:00; Tuesday 09:00–17:00" in glance["aria-label"]
    bars = [(bar["x"], bar["width"]) for bar in glance.all("rect", _class="open")]
    assert bars[:3] == [("360", "360"), ("1200", "240"), ("540", "480")]
