"""Which week holds for an event type and which days are off, against the text of the rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.core import days_off
from widget.core.document import WEEKDAYS, load_document, parse_document
from widget.core.hours import day_off, slot_rules
from widget.core.slots import Reason

FIRST = date(2026, 12, 20)  # Portugal's Christmas Day and New Year's Day are near
DAYS = [FIRST + timedelta(days=each) for each in range(21)]
HOLIDAYS = {date(2026, 12, 25), date(2027, 1, 1)}
WEEK = {day: [["09:00", "17:00"]] for day in WEEKDAYS}
EVENING = {day: [["18:00", "21:00"]] if day == "thu" else [] for day in WEEKDAYS}


def document(**fields: Any) -> dict[str, Any]:
    event = {"slug": "intro", "title": "Intro", "duration": 30}
    return {
        "version": 1,
        "handle": "ana",
        "display_name": "Ana",
        "time_zone": "Europe/Lisbon",
        "weekly_hours": WEEK,
        "event_types": [event, {**event, "slug": "talk", "schedule": "evenings"}],
        "schedules": [{"id": "evenings", "name": "Evenings", "weekly_hours": EVENING}],
        **fields,
    }


def minutes(ranges: list[list[str]]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (int(low[:2]) * 60 + int(low[3:]), int(high[:2]) * 60 + int(high[3:]))
        for low, high in ranges
    )


def expected(written: dict[str, Any], day: date, own: bool) -> tuple[tuple[int, int], ...]:
    """The rule of the interface, sentence by sentence."""
    text, hours = day.isoformat(), written if own else written["schedules"][0]
    override = hours["date_overrides"].get(text)
    if any(each["from"] <= text <= each["to"] for each in written["away"]):
        return ()  # nothing opens a date in `away`
    closes = written["date_overrides"].get(text) == []
    holiday = bool(written["holidays"]) and day in HOLIDAYS
    if (closes or holiday) and not override:
        return ()  # unless the schedule itself has an override with hours for that date
    if override is not None:
        return minutes(override)
    return minutes(hours["weekly_hours"][WEEKDAYS[day.weekday()]])


TEXTS = [day.isoformat() for day in DAYS]
OVERRIDES = st.dictionaries(
    st.sampled_from(TEXTS), st.sampled_from([[], [["10:00", "12:00"]]]), max_size=8
)
SPANS = st.tuples(st.sampled_from(TEXTS), st.sampled_from(TEXTS)).map(sorted)


@given(OVERRIDES, OVERRIDES, st.lists(SPANS, max_size=2), st.booleans())
def test_the_hours_of_a_date_are_those_of_the_rule(
    own: dict[str, Any], evenings: dict[str, Any], away: list[list[str]], holidays: bool
) -> None:
    written = document(
        date_overrides=own,
        away=[{"from": first, "to": last, "note": ""} for first, last in away],
        holidays={"country": "PT", "subdivision": None} if holidays else None,
        schedules=[{"id": "evenings", "name": "E", "weekly_hours": EVENING,
                    "date_overrides": evenings}],
    )  # fmt: skip
    settings = parse_document(written)
    for event in settings.event_types:
        rules = slot_rules(settings, event)
        for day in DAYS:
            assert rules.hours(day) == expected(written, day, event.slug == "intro"), day


def test_a_day_off_says_why() -> None:
    settings = parse_document(
        document(
            away=[{"from": "2026-12-20", "to": "2026-12-22", "note": "Sailing."}],
            holidays={"country": "PT", "subdivision": None},
            date_overrides={"2026-12-23": []},
        )
    )
    assert day_off(settings, date(2026, 12, 20)) == Reason("away", "Sailing.")
    assert day_off(settings, date(2026, 12, 23)) == Reason("override")
    assert day_off(settings, date(2026, 12, 25)) == Reason("holiday", "Christmas Day")
    assert day_off(settings, date(2026, 12, 26)) is None


def test_a_region_has_holidays_of_its_own() -> None:
    epiphany = date(2027, 1, 6)
    assert days_off.holiday("DE", "BY", epiphany) == "Epiphany"
    assert days_off.holiday("DE", "BY", epiphany, "de") == "Heilige Drei Könige"
    assert days_off.holiday("DE", None, epiphany) == ""
    assert days_off.subdivisions("DE")["BY"] == "Bayern"


@pytest.mark.parametrize(
    ("stored", "known"),
    [
        ({"country": "XX", "subdivision": None}, None),
        ({"country": "DE", "subdivision": "gone"}, {"country": "DE", "subdivision": None}),
        ({"country": "DE", "subdivision": "BY"}, {"country": "DE", "subdivision": "BY"}),
    ],
)
def test_stored_holidays_that_the_library_dropped_close_nothing(
    stored: dict[str, Any], known: dict[str, Any] | None
) -> None:
    import json

    holidays = load_document(json.dumps(document(holidays=stored))).holidays
    assert (holidays and holidays.model_dump()) == known
