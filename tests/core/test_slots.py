"""What makes a slot: examples first, then every zone that changes its clock, against an oracle.

The oracle walks the minutes of the days one by one, asks each for its wall-clock time, and takes
the text of the rule literally. It shares nothing with the slot core but the words.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from widget.core.slots import (
    FIRST,
    LAST,
    Booked,
    Busy,
    Range,
    Ranges,
    Reason,
    Rules,
    by_date,
    free,
    local_date,
    reach,
    reasons,
    stretches,
)

MINUTE, HOUR, DAY = 60, 3600, 86400
REFERENCE = datetime(2026, 11, 24, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")
CLOSED: tuple[Ranges, ...] = ((),) * 7


def day_start(tz: ZoneInfo, day: date) -> int:
    """The first instant of a date in `tz`; of a skipped date, that of the next one."""
    while not (found := stretches(tz, day, (0, 1440))):
        day += timedelta(days=1)
    return found[0][0]


def at(text: str) -> int:
    """An instant: UTC, unless the text has an offset."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def hours(*texts: str) -> Ranges:
    """hours("09:00-12:30")"""

    def minutes(text: str) -> int:
        return int(text[:2]) * 60 + int(text[3:])

    return tuple((minutes(text[:5]), minutes(text[6:])) for text in texts)


def rules(zone: str = "UTC", *texts: str, **others: Any) -> Rules:
    """Open within those hours every day, for 60 minutes; others replace fields of Rules."""
    given: dict[str, Any] = {
        "tz": ZoneInfo(zone),
        "weekly_hours": (hours(*texts),) * 7,
        "date_overrides": {},
        "duration_minutes": 60,
        "slot_interval_minutes": 60,
        "booking_window_days": 400,
    }
    return Rules(**(given | others))


def offered(
    rules: Rules,
    day: str,
    busy: Sequence[Busy] = (),
    booked: Sequence[Booked] = (),
    now: str | None = None,
) -> list[str]:
    """The free slots that start on a date of the host's, by the wall clock and its offset."""
    first = at(day)
    found = free(
        rules, busy, booked, at(now) if now else first - 3 * DAY, first - 2 * DAY, first + 3 * DAY
    )
    moments = [datetime.fromtimestamp(start, rules.tz) for start in found]
    return [f"{moment:%H:%M%z}" for moment in moments if f"{moment:%Y-%m-%d}" == day]


def clock(*found: str) -> list[str]:
    return [f"{each}+0000" for each in found]


def codes(found: Iterable[Reason]) -> set[str]:
    return {reason.code for reason in found}


# --- hours ----------------------------------------------------------------------------------------


def test_slots_start_at_the_beginning_of_a_stretch_and_end_within_it() -> None:
    some = rules("UTC", "09:10-11:00", duration_minutes=45, slot_interval_minutes=30)
    assert offered(some, "2026-12-01") == clock("09:10", "09:40", "10:10")


def test_a_slot_may_end_exactly_with_its_stretch() -> None:
    assert offered(rules("UTC", "09:00-10:00"), "2026-12-01") == clock("09:00")
    assert offered(rules("UTC", "09:00-09:59"), "2026-12-01") == []


def test_a_slot_runs_on_into_a_touching_range_whose_grid_is_its_own() -> None:
    some = rules("UTC", "09:00-10:30", "10:30-12:00")
    assert offered(some, "2026-12-01") == clock("09:00", "10:00", "10:30")
    apart = rules("UTC", "09:00-10:30", "10:31-12:00")
    assert offered(apart, "2026-12-01") == clock("09:00", "10:31")


def test_a_slot_runs_on_over_midnight_into_the_next_open_day() -> None:
    night = rules("UTC", "00:00-02:00", "22:30-24:00", slot_interval_minutes=45)
    assert offered(night, "2026-12-01") == clock("00:00", "00:45", "22:30", "23:15")
    long = rules("UTC", "00:00-24:00", duration_minutes=1440, slot_interval_minutes=720)
    assert offered(long, "2026-12-01") == clock("00:00", "12:00")
    late = rules("UTC", "22:30-24:00", slot_interval_minutes=45)
    assert offered(late, "2026-12-01") == clock("22:30")


def test_a_slot_runs_on_only_as_far_as_it_is_open() -> None:
    """Open Monday night until 00:30, closed from then on."""
    week = (hours("23:00-24:00"), hours("00:00-00:30"), (), (), (), (), ())
    some = rules(weekly_hours=week, slot_interval_minutes=30)
    assert offered(some, "2026-11-30") == clock("23:00", "23:30")
    shut = rules(
        weekly_hours=week, slot_interval_minutes=30, date_overrides={date(2026, 12, 1): ()}
    )
    assert offered(shut, "2026-11-30") == clock("23:00")
    assert reasons(shut, [], [], at("2026-11-30"), at("2026-11-30T23:30")) == [
        Reason("hours", "23:00-24:00")
    ]


def test_a_slot_of_the_last_day_of_the_window_may_end_on_the_next() -> None:
    some = rules("UTC", "00:00-24:00", slot_interval_minutes=30, booking_window_days=0)
    found = free(some, [], [], at("2026-12-01"), at("2026-12-01"), at("2026-12-09"))
    assert found[-1] == at("2026-12-01T23:30")


def test_every_weekday_has_its_own_hours() -> None:
    week = tuple(hours(f"{9 + number:02}:00-{10 + number:02}:00") for number in range(7))
    some = rules(weekly_hours=week)
    monday = date(2026, 11, 30)
    for number in range(7):
        day = monday + timedelta(days=number)
        assert offered(some, day.isoformat()) == clock(f"{9 + number:02}:00")


def test_an_override_replaces_the_weekday() -> None:
    some = rules(
        "UTC",
        "09:00-11:00",
        date_overrides={date(2026, 12, 24): (), date(2026, 12, 28): hours("15:00-16:00")},
    )
    assert offered(some, "2026-12-23") == clock("09:00", "10:00")
    assert offered(some, "2026-12-24") == []
    assert offered(some, "2026-12-28") == clock("15:00")


def test_an_override_opens_a_closed_weekday() -> None:
    some = rules(weekly_hours=CLOSED, date_overrides={date(2026, 12, 28): hours("23:00-24:00")})
    assert offered(some, "2026-12-28") == clock("23:00")
    assert offered(some, "2026-12-29") == []


def test_hours_are_of_the_hosts_zone() -> None:
    some = rules("Asia/Kathmandu", "09:00-10:00")
    assert offered(some, "2026-12-01") == ["09:00+0545"]


# --- clock changes --------------------------------------------------------------------------------


def test_a_skipped_hour_shortens_its_stretch() -> None:
    """Lisbon, 2027-03-28: 01:00 is 02:00."""
    some = rules("Europe/Lisbon", "00:30-03:30", slot_interval_minutes=30)
    assert offered(some, "2027-03-28") == ["00:30+0000", "02:00+0100", "02:30+0100"]


def test_hours_within_a_skipped_hour_have_no_slots() -> None:
    some = rules("Europe/Lisbon", "01:00-02:00", duration_minutes=5, slot_interval_minutes=5)
    assert offered(some, "2027-03-28") == []


def test_a_stretch_that_begins_in_a_skipped_hour_begins_after_it() -> None:
    some = rules("Europe/Lisbon", "01:20-04:00", slot_interval_minutes=45)
    assert offered(some, "2027-03-28") == ["02:00+0100", "02:45+0100"]


def test_a_repeated_hour_lengthens_a_stretch_around_it() -> None:
    """Lisbon, 2027-10-31: 02:00 is 01:00 again."""
    some = rules("Europe/Lisbon", "00:30-02:30")
    assert offered(some, "2027-10-31") == ["00:30+0100", "01:30+0100", "01:30+0000"]


def test_a_repeated_hour_makes_two_stretches_of_hours_within_it() -> None:
    some = rules("Europe/Lisbon", "01:10-01:50", duration_minutes=30, slot_interval_minutes=10)
    assert offered(some, "2027-10-31") == ["01:10+0100", "01:20+0100", "01:10+0000", "01:20+0000"]


def test_the_whole_repeated_hour_is_one_stretch() -> None:
    some = rules("Europe/Lisbon", "01:00-02:00", duration_minutes=120, slot_interval_minutes=5)
    assert offered(some, "2027-10-31") == ["01:00+0100"]


def test_a_skipped_date_has_no_slots() -> None:
    """Samoa went to bed on Thursday the 29th and got up on Saturday the 31st."""
    some = rules("Pacific/Apia", "00:00-24:00", slot_interval_minutes=720)
    assert offered(some, "2011-12-29") == ["00:00-1000", "12:00-1000"]
    assert offered(some, "2011-12-30") == []
    assert offered(some, "2011-12-31") == ["00:00+1400", "12:00+1400"]


def test_a_date_may_begin_after_its_midnight() -> None:
    """São Paulo, 2018-11-04: 00:00 is 01:00."""
    some = rules("America/Sao_Paulo", "00:00-02:30", slot_interval_minutes=30)
    assert offered(some, "2018-11-04") == ["01:00-0200", "01:30-0200"]
    assert day_start(some.tz, date(2018, 11, 4)) == at("2018-11-04T01:00-02:00")


def test_a_date_may_come_back_after_its_midnight() -> None:
    """St John's, 2006-10-29: 00:01 is 23:01 of the day before, so a date is in two pieces."""
    some = rules("America/St_Johns", "00:00-24:00", duration_minutes=59, slot_interval_minutes=1)
    saturday, sunday = date(2006, 10, 28), date(2006, 10, 29)
    change = at("2006-10-29T00:01-02:30")
    assert [local_date(some.tz, each) for each in (change - 120, change - 1, change)] == [
        saturday, sunday, saturday,
    ]  # fmt: skip
    assert stretches(some.tz, saturday, (0, 1440))[1] == (change, change + 59 * MINUTE)
    assert change in free(some, [], [], change - DAY, change, change + MINUTE)
    assert change in free(some, [], [], change - 30, change - 30, change + MINUTE)
    assert change in free(some, [], [], change - DAY, change - 30, change + 1)
    assert day_start(some.tz, sunday) == change - MINUTE
    brief = rules("America/St_Johns", "00:00-24:00", duration_minutes=1, slot_interval_minutes=1)
    both = [change - MINUTE, change]
    assert free(brief, [], [], change - DAY, change - MINUTE, change + 1) == both
    midnight_again = change + 59 * MINUTE
    late = free(some, [], [], change - DAY, change - 2 * MINUTE, midnight_again + 1)
    assert late == [*range(change - 2 * MINUTE, midnight_again + 1, MINUTE)]
    barely = rules("America/St_Johns", "00:00-24:00", duration_minutes=59, slot_interval_minutes=59)
    assert change in free(barely, [], [], change - DAY, change - 30, change + 1)


# --- busy times, bookings and buffers -----------------------------------------------------------


def busy(start: str, end: str, calendar: str = "") -> Busy:
    return Busy(at(f"2026-12-01T{start}"), at(f"2026-12-01T{end}"), calendar)


def booked(start: str, end: str, before: int = 0, after: int = 0, **others: Any) -> Booked:
    return Booked(at(f"2026-12-01T{start}"), at(f"2026-12-01T{end}"), before, after, **others)


def test_a_slot_may_begin_when_something_busy_ends_and_end_when_it_begins() -> None:
    some = rules("UTC", "09:00-13:00", slot_interval_minutes=30)
    taken = [busy("10:00", "11:30")]
    assert offered(some, "2026-12-01", taken) == clock("09:00", "11:30", "12:00")


def test_a_second_of_something_busy_is_enough() -> None:
    some = rules("UTC", "09:00-11:00")
    assert offered(some, "2026-12-01", [busy("09:59:59", "10:00")]) == clock("10:00")
    assert offered(some, "2026-12-01", [busy("10:00", "10:00:01")]) == clock("09:00")


def test_what_has_no_length_is_not_busy() -> None:
    some = rules("UTC", "09:00-10:00", buffer_before_minutes=15, buffer_after_minutes=15)
    taken = [busy("09:30", "09:30"), busy("08:50", "08:50"), busy("09:40", "09:20")]
    assert offered(some, "2026-12-01", taken) == clock("09:00")
    assert reasons(some, taken, [], FIRST, at("2026-12-01T09:00")) == [Reason("window")]
    assert reasons(some, taken, [], at("2026-12-01"), at("2026-12-01T09:00")) == []


def test_buffers_are_kept_clear_of_busy_times() -> None:
    some = rules(
        "UTC", "09:00-13:00", buffer_before_minutes=10, buffer_after_minutes=20,
        duration_minutes=30, slot_interval_minutes=10,
    )  # fmt: skip
    found = offered(some, "2026-12-01", [busy("10:00", "12:00")])
    assert found == clock("09:00", "09:10", "12:10", "12:20", "12:30")


@pytest.mark.parametrize(
    ("own", "others", "gap"), [(0, 0, 0), (20, 0, 20), (0, 20, 20), (20, 30, 30), (30, 20, 30)]
)
def test_between_two_bookings_lies_the_larger_of_the_two_buffers(
    own: int, others: int, gap: int
) -> None:
    after = rules("UTC", "11:00-13:00", buffer_before_minutes=own, slot_interval_minutes=10)
    before = rules("UTC", "09:00-12:00", buffer_after_minutes=own, slot_interval_minutes=10)
    earlier = booked("10:00", "11:00", before=99, after=others)
    later = booked("12:00", "13:00", before=others, after=99)
    first = free(after, [], [earlier], at("2026-12-01"), earlier.end, later.end)[0]
    last = free(before, [], [later], at("2026-12-01"), earlier.start - HOUR, later.start)[-1]
    assert first - earlier.end == later.start - (last + HOUR) == gap * MINUTE


def test_intervals_within_and_across_one_another_are_all_kept_clear() -> None:
    some = rules("UTC", "08:00-14:00")
    taken = [busy("12:00", "12:30"), busy("09:00", "12:00"), busy("10:00", "10:05")]
    assert offered(some, "2026-12-01", taken) == clock("08:00", "13:00")


# --- notice, window and limits --------------------------------------------------------------------


def test_the_minimum_notice_is_kept_to_the_second() -> None:
    some = rules("UTC", "09:00-12:00", minimum_notice_minutes=120)
    assert offered(some, "2026-12-01", now="2026-12-01T08:00:00") == clock("10:00", "11:00")
    assert offered(some, "2026-12-01", now="2026-12-01T08:00:01") == clock("11:00")


def test_without_notice_a_slot_may_begin_now_but_not_before() -> None:
    some = rules("UTC", "09:00-12:00")
    assert offered(some, "2026-12-01", now="2026-12-01T10:00:00") == clock("10:00", "11:00")
    assert offered(some, "2026-12-01", now="2026-12-01T10:00:01") == clock("11:00")


def test_the_window_is_counted_in_dates_of_the_hosts_zone() -> None:
    some = rules("Pacific/Auckland", "00:00-24:00", booking_window_days=1)
    before_midnight, after_midnight = at("2026-12-01T10:59"), at("2026-12-01T11:00")  # UTC+13
    for now, last in ((before_midnight, "2026-12-02"), (after_midnight, "2026-12-03")):
        found = free(some, [], [], now, now, now + 9 * DAY)
        assert local_date(some.tz, found[-1]).isoformat() == last
        assert found[-1] + HOUR == day_start(some.tz, date.fromisoformat(last)) + DAY


def test_a_window_of_no_days_is_today() -> None:
    some = rules("UTC", "09:00-10:00", booking_window_days=0)
    assert offered(some, "2026-12-01", now="2026-12-01T00:00") == clock("09:00")
    assert offered(some, "2026-12-01", now="2026-11-30T23:59") == []


def test_the_day_limit_counts_bookings_of_this_event_type_alone() -> None:
    some = rules("UTC", "09:00-12:00", max_per_day=1)
    other, same = booked("09:00", "10:00", event="other"), booked("09:00", "10:00")
    assert offered(some, "2026-12-01", [], [other]) == clock("10:00", "11:00")
    assert offered(some, "2026-12-01", [], [same]) == []
    assert offered(some, "2026-12-02", [], [same]) == clock("09:00", "10:00", "11:00")


def test_the_day_limit_goes_by_the_hosts_date() -> None:
    some = rules("Asia/Tokyo", "09:00-10:00", max_per_day=1)
    evening = Booked(at("2026-12-01T14:59"), at("2026-12-01T15:30"))  # 23:59
    midnight = Booked(at("2026-12-01T15:00"), at("2026-12-01T15:30"))
    assert offered(some, "2026-12-01", [], [evening]) == []
    assert offered(some, "2026-12-02", [], [evening]) == ["09:00+0900"]
    assert offered(some, "2026-12-01", [], [midnight]) == ["09:00+0900"]
    assert offered(some, "2026-12-02", [], [midnight]) == []


def test_the_week_of_the_limit_begins_on_monday() -> None:
    some = rules("UTC", "09:00-10:00", max_per_week=2)
    sunday = [Booked(at(f"2026-12-06T{hour}:00"), at(f"2026-12-06T{hour}:30")) for hour in (20, 22)]
    monday = date(2026, 11, 30)
    week = [(monday + timedelta(days=number)).isoformat() for number in range(-1, 8)]
    open_days = [day for day in week if offered(some, day, [], sunday)]
    assert open_days == ["2026-11-29", "2026-12-07"]
    assert len([day for day in week if offered(some, day, [], sunday[:1])]) == 9


def test_a_limit_of_none_is_no_limit() -> None:
    many = [booked(f"{hour:02}:00", f"{hour:02}:30") for hour in range(8)]
    assert offered(rules("UTC", "09:00-10:00"), "2026-12-01", [], many) == clock("09:00")


def test_only_slots_that_start_between_start_and_end_are_given() -> None:
    some = rules("UTC", "09:00-12:00")
    now = at("2026-12-01")
    nine, ten, eleven = (now + hour * HOUR for hour in (9, 10, 11))
    assert free(some, [], [], now, nine, eleven) == [nine, ten]
    assert free(some, [], [], now, nine + 1, eleven + 1) == [ten, eleven]
    assert free(some, [], [], now, ten, ten) == []
    assert free(some, [], [], now, eleven, nine) == []


# --- reasons --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("2026-11-30T09:00", Reason("past")),
        ("2026-12-01T10:00", Reason("notice")),
        ("2026-12-12T09:00", Reason("window")),
        ("2026-12-05T09:00", Reason("closed")),
        ("2026-12-08T09:00", Reason("override")),
        ("2026-12-09T09:00", Reason("override", "10:00-11:30, 22:00-24:00")),
        ("2026-12-09T11:00", Reason("hours", "10:00-11:30, 22:00-24:00")),
        ("2026-12-09T11:30", Reason("override", "10:00-11:30, 22:00-24:00")),
        ("2026-12-02T08:59", Reason("hours", "09:00-12:30")),
        ("2026-12-02T12:00", Reason("hours", "09:00-12:30")),
        ("2026-12-02T12:30", Reason("hours", "09:00-12:30")),
        ("2026-12-02T09:20", Reason("grid", "09:00-12:30")),
        ("2026-12-02T11:30", Reason("grid", "09:00-12:30")),
        ("2026-12-02T09:00:01", Reason("grid", "09:00-12:30")),
        ("2026-12-03T09:00", Reason("busy", "team@ana.example")),
        ("2026-12-04T09:00", Reason("booking", "b1")),
    ],
)
def test_a_time_that_is_not_offered_has_its_reason(start: str, reason: Reason) -> None:
    week = (hours("09:00-12:30"),) * 5 + ((), ())
    some = rules(
        weekly_hours=week,
        date_overrides={
            date(2026, 12, 8): (),
            date(2026, 12, 9): hours("10:00-11:30", "22:00-24:00"),
        },
        minimum_notice_minutes=240,
        booking_window_days=10,
    )  # fmt: skip
    taken = [Busy(at("2026-12-03T09:59"), at("2026-12-03T15:00"), "team@ana.example")]
    made = [Booked(at("2026-12-04T08:00"), at("2026-12-04T09:30"), id="b1")]
    assert reason in reasons(some, taken, made, at("2026-12-01T08:00"), at(start))
    assert codes(reasons(some, taken, made, at("2026-12-01T08:00"), at(start))) <= {
        reason.code,
        "closed",  # the window ends on a Saturday
    }


def test_all_reasons_are_given_and_each_once() -> None:
    some = rules("UTC", "09:00-12:00", minimum_notice_minutes=600, max_per_day=1, max_per_week=1,
                 booking_window_days=-1)  # fmt: skip
    taken = [busy("10:00", "11:00", "a"), busy("10:30", "12:00", "a"), busy("10:30", "12:00", "b")]
    made = [booked("10:00", "11:00", id="b1")]
    found = reasons(some, taken, made, at("2026-12-01T08:00"), at("2026-12-01T10:20"))
    assert sorted(found) == [
        Reason("booking", "b1"),
        Reason("busy", "a"),
        Reason("busy", "b"),
        Reason("day_limit"),
        Reason("grid", "09:00-12:00"),
        Reason("notice"),
        Reason("week_limit"),
        Reason("window"),
    ]


def test_a_time_in_the_past_lacks_no_notice() -> None:
    some = rules("UTC", "00:00-24:00", minimum_notice_minutes=600, slot_interval_minutes=1)
    now = at("2026-12-01T08:00")
    assert codes(reasons(some, [], [], now, now - 60)) == {"past"}
    assert codes(reasons(some, [], [], now, now)) == {"notice"}
    assert codes(reasons(some, [], [], now, now + 599 * MINUTE)) == {"notice"}
    assert codes(reasons(some, [], [], now, now + 600 * MINUTE)) == set()


@pytest.mark.parametrize("now", [-(10**30), -DAY, 0, at("2026-12-01"), LAST - DAY, LAST, 10**30])
@pytest.mark.parametrize("start", [-(10**30), -1, 0, at("2026-12-01"), LAST - 1, LAST, 10**30])
@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati", "America/New_York"])
def test_no_instant_is_too_far_away(zone: str, start: int, now: int) -> None:
    some = rules(zone, "00:00-24:00", duration_minutes=1, slot_interval_minutes=1,
                 booking_window_days=10**9, max_per_day=1, max_per_week=1)  # fmt: skip
    far = 10**20
    made = [Booked(-far, 1 - far), Booked(far, far + 1)]
    taken = [Busy(-far, 1 - far), Busy(far, far + 1)]
    found = free(some, taken, made, now, start, start + 120)
    for minute in range(start - start % 60, start + 120, 60):
        if start <= minute:
            assert (minute in found) == (reasons(some, taken, made, now, minute) == [])
    assert all(FIRST <= each < LAST for each in found)
    assert reach(10**9, now)[0] < reach(10**9, now)[1]


def test_outside_the_years_1970_to_2199_nothing_is_offered() -> None:
    some = rules("UTC", "00:00-24:00", booking_window_days=10**9)
    assert free(some, [], [], 0, LAST - 2 * HOUR, LAST + DAY) == [LAST - 2 * HOUR, LAST - HOUR]
    assert free(some, [], [], -DAY, -DAY, HOUR) == [0]
    assert codes(reasons(some, [], [], 0, LAST)) == {"window"}
    assert codes(reasons(some, [], [], 0, -HOUR)) == {"past"}


# --- the oracle -----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def walls(zone: str, first: int, last: int) -> list[tuple[int, date, int]]:
    """Every minute from first to last, with the host's date and minute of the day."""
    tz = ZoneInfo(zone)
    found: list[tuple[int, date, int]] = []
    for minute in range(first, last, MINUTE):
        wall = datetime.fromtimestamp(minute, tz)
        day, of_day = wall.date(), wall.hour * 60 + wall.minute
        if found and found[-1][1] == day:
            day = found[-1][1]  # the same object, which is told faster
        found.append((minute, day, of_day))
    return found


def open_hours(rules: Rules, day: date) -> Ranges:
    ranges, off = rules.date_overrides.get(day), rules.off(day)
    if off and (off.code == "away" or not ranges):
        return ()
    return rules.weekly_hours[day.weekday()] if ranges is None else ranges


def beginnings(ranges: Ranges) -> list[int | None]:
    """For every minute of a day the beginning of the range that it is in."""
    found: list[int | None] = [None] * 1440
    for low, high in ranges:
        found[low:high] = [low] * (high - low)
    return found


def candidates(rules: Rules, zone: str, start: int, end: int) -> list[int]:
    """Each unbroken run of open minutes of one range; in it the starts, stepping in real time,
    while every minute of their slot is open."""
    # no date's instants span more than 30 hours
    longest = -(-rules.duration_minutes // 60) + 1
    first, last = start - start % HOUR - 30 * HOUR, end - end % HOUR + longest * HOUR
    runs: list[list[int]] = []
    previous, open_, today, begins = None, set[int](), None, beginnings(CLOSED[0])
    for minute, day, of_day in walls(zone, first, last):
        if day is not today:
            today, begins = day, beginnings(open_hours(rules, day))
        low = begins[of_day]
        if low is None:
            previous = None
            continue
        if previous != (day, low):
            previous = (day, low)
            runs.append([minute, minute])
        runs[-1][1] = minute + MINUTE
        open_.add(minute)
    found = []
    length = rules.duration_minutes * MINUTE
    for begin, finish in runs:
        while begin < finish and all(
            minute in open_ for minute in range(begin, begin + length, MINUTE)
        ):
            found.append(begin)
            begin += rules.slot_interval_minutes * MINUTE
    return found


def allowed(
    rules: Rules, busy: Sequence[Busy], booked: Sequence[Booked], now: int, start: int
) -> bool:
    """Every rule but the hours, one by one."""
    end = start + rules.duration_minutes * MINUTE
    before, after = rules.buffer_before_minutes * MINUTE, rules.buffer_after_minutes * MINUTE
    if start < now or start - now < rules.minimum_notice_minutes * MINUTE:
        return False

    def on(instant: int) -> date:
        return datetime.fromtimestamp(instant, rules.tz).date()

    if (on(start) - on(now)).days > rules.booking_window_days:
        return False
    for each in busy:
        if max(start - before, each.start) < min(end + after, each.end):
            return False
    for other in booked:
        theirs_before = other.buffer_before_minutes * MINUTE
        theirs_after = other.buffer_after_minutes * MINUTE
        early_enough = end + after <= other.start and end + theirs_before <= other.start
        late_enough = other.end + theirs_after <= start and other.end + before <= start
        if not (early_enough or late_enough):
            return False
    dates = [on(other.start) for other in booked if other.event == rules.event]
    same_day = [each for each in dates if each == on(start)]
    week = on(start).isocalendar()[:2]
    same_week = [each for each in dates if each.isocalendar()[:2] == week]
    if rules.max_per_day is not None and len(same_day) >= rules.max_per_day:
        return False
    return rules.max_per_week is None or len(same_week) < rules.max_per_week


def oracle(
    rules: Rules,
    busy: Sequence[Busy],
    booked: Sequence[Booked],
    now: int,
    start: int,
    end: int,
) -> list[int]:
    return [
        each
        for each in candidates(rules, rules.tz.key, start, end)
        if start <= each < end and allowed(rules, busy, booked, now, each)
    ]


# --- every zone that changes its clock ------------------------------------------------------------


def offset(tz: ZoneInfo, instant: int) -> int:
    """Seconds east of UTC."""
    return int((datetime.fromtimestamp(instant, tz).utcoffset() or timedelta()).total_seconds())


@cache
def changes(zone: str, first: int, last: int) -> list[int]:
    """The instants at which the offset changes, to the minute."""
    tz = ZoneInfo(zone)
    found = []
    offsets = [(each, offset(tz, each)) for each in range(first, last, 6 * HOUR)]
    for (low, before), (high, after) in pairwise(offsets):
        if before != after:
            while high - low > MINUTE:
                middle = (low + high) // 2 // MINUTE * MINUTE
                low, high = (middle, high) if offset(tz, middle) == before else (low, middle)
            found.append(high)
    return found


START = int(REFERENCE.timestamp())
END = START + 3 * 366 * DAY
#: Zones with a change from START to END; none is undone within a week.
CHANGING = [
    zone
    for zone in sorted(available_timezones())
    if len({offset(ZoneInfo(zone), START + week * 7 * DAY) for week in range(157)}) > 1
]
#: Oddities, each with the date near which its clock did something rare.
ODD = [
    ("Pacific/Apia", "2011-12-30"),  # a date skipped
    ("America/Sao_Paulo", "2017-10-15"),  # midnight skipped
    ("America/Sao_Paulo", "2018-02-18"),  # midnight reached twice
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/St_Johns", "2006-10-29"),  # a minute after midnight, back to the day before
    ("America/St_Johns", "2007-03-11"),
    ("Australia/Lord_Howe", "2024-04-07"),  # half an hour
    ("Australia/Lord_Howe", "2024-10-06"),
    ("Africa/Casablanca", "2025-02-23"),  # Ramadan
    ("Africa/Casablanca", "2025-04-06"),
    ("America/Nuuk", "2023-03-26"),  # before midnight of the day before
    ("America/Nuuk", "2024-10-27"),
    ("Asia/Beirut", "2023-03-26"),  # midnight
    ("Africa/Cairo", "2024-04-26"),  # midnight, on a Friday
    ("Africa/Cairo", "2024-11-01"),
    ("Antarctica/Troll", "2024-03-31"),  # two hours
    ("Antarctica/Troll", "2024-10-27"),
    ("Antarctica/Casey", "2010-03-05"),  # three hours
    ("America/Havana", "2025-03-09"),  # 0:00
    ("America/Havana", "2025-11-02"),
    ("Asia/Pyongyang", "2018-05-05"),  # half an hour, for good
    ("Asia/Kathmandu", "1986-01-01"),  # a quarter of an hour
    ("Pacific/Kwajalein", "1993-08-21"),  # a date skipped
]


def around(zone: str, change: int) -> tuple[int, int]:
    """The minutes of the day between which the wall clock jumps; the earlier one first."""
    tz = ZoneInfo(zone)
    jump = offset(tz, change) - offset(tz, change - 1)
    arrives = (change + offset(tz, change)) % DAY // MINUTE
    return (arrives - jump // MINUTE, arrives) if jump > 0 else (arrives, arrives - jump // MINUTE)


def hours_around(low: int, high: int) -> list[Ranges]:
    """Within the skipped or repeated time, straddling either end, around it, from 0, until 24."""
    quarter = max((high - low) // 4, 1)
    wanted = [
        [(low + quarter, high - quarter)],
        [(low, high)],
        [(low - 95, low + quarter), (high - quarter, high + 95)],
        [(low - 125, high + 125)],
        [(0, 95), (1320, 1440)],
        [(0, 1440)],
    ]
    return [_within_a_day(ranges) for ranges in wanted]


def _within_a_day(ranges: list[Range]) -> Ranges:
    """Wrapped around midnight, sorted, and without overlap."""
    found: list[Range] = []
    for low, high in ranges:
        for shift in (0, 1440, -1440):
            found.append((max(low + shift, 0), min(high + shift, 1440)))
    kept: list[Range] = []
    for start, end in sorted(found):
        start = max(start, kept[-1][1]) if kept else start
        if start < end:
            kept.append((start, end))
    return tuple(kept)


LENGTHS = [(30, 30), (25, 10), (60, 15), (7, 11), (45, 60)]  # duration, interval


def check_change(zone: str, change: int, number: int) -> None:
    """Slots around a change of the clock are those of the oracle, for all sorts of hours."""
    now = change - DAY - HOUR
    taken = [Busy(change + 40 * MINUTE, change + 47 * MINUTE + 13, "primary")]
    for index, ranges in enumerate(hours_around(*around(zone, change))):
        duration, interval = LENGTHS[(number + index) % len(LENGTHS)]
        some = Rules(
            ZoneInfo(zone), (ranges,) * 7, {}, duration, interval, 5, 10, 60, booking_window_days=2
        )
        busy = taken if index % 2 else []
        start, end = change - 14 * HOUR, change + 14 * HOUR
        found = free(some, busy, [], now, start, end)
        expected = oracle(some, busy, [], now, start, end)
        assert found == expected, (zone, datetime.fromtimestamp(change, UTC), ranges, duration)
        for each in range(change - 2 * HOUR, change + 2 * HOUR, 10 * MINUTE):
            assert (reasons(some, busy, [], now, each) == []) == (each in found), (zone, each)


@pytest.mark.parametrize("zone", CHANGING)
def test_slots_are_right_at_every_change_of_the_clock(zone: str) -> None:
    for number, change in enumerate(changes(zone, START, END)):
        check_change(zone, change, number)


@pytest.mark.parametrize(("zone", "day"), ODD)
def test_slots_are_right_at_the_rarest_changes_of_the_clock(zone: str, day: str) -> None:
    found = changes(zone, at(day) - 2 * DAY, at(day) + 2 * DAY)
    assert found
    for number in range(len(LENGTHS)):
        check_change(zone, found[0], number)


# --- anything at all ------------------------------------------------------------------------------

#: A zone and an instant: near a change of its clock, or near another reference date.
PLACES = st.one_of(
    st.sampled_from(CHANGING).flatmap(
        lambda zone: st.tuples(st.just(zone), st.sampled_from(changes(zone, START, END)))
    ),
    st.sampled_from([(zone, at(day)) for zone, day in ODD]),
    st.tuples(
        st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Chatham"]),
        st.sampled_from([at("2024-02-29"), at("2026-11-24"), at("2026-12-31"), at("2029-07-01")]),
    ),
)
CUTS = st.lists(
    st.one_of(
        st.sampled_from([0, 30, 60, 75, 120, 180, 1380, 1440]),
        st.integers(0, 288).map(lambda n: n * 5),
        st.integers(0, 1440),
    ),
    max_size=6,
    unique=True,
).map(sorted)


@st.composite
def some_ranges(draw: st.DrawFn) -> Ranges:
    """Sorted, without overlap, at times touching."""
    pieces = list(pairwise(draw(CUTS)))
    return tuple(piece for piece in pieces if draw(st.integers(0, 2)))


OFF = st.sampled_from([Reason("away"), Reason("holiday", "Christmas Day"), Reason("override")])


@st.composite
def situations(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments for free(), of three days around an interesting instant."""
    zone, middle = draw(PLACES)
    tz, minutes = ZoneInfo(zone), st.sampled_from([0, 0, 5, 15, 30, 90])
    dates = [local_date(tz, middle) + timedelta(days=number) for number in range(-2, 3)]
    overrides: Mapping[date, Ranges] = draw(
        st.dictionaries(st.sampled_from(dates), some_ranges(), max_size=2)
    )
    one, other = draw(some_ranges()), draw(some_ranges())
    limit = st.sampled_from([None, None, 1, 2, 3])
    some = Rules(
        tz=tz,
        weekly_hours=tuple(draw(st.sampled_from([one, one, other, ()])) for _ in range(7)),
        date_overrides=overrides,
        duration_minutes=draw(st.sampled_from([5, 15, 25, 30, 50, 60, 90, 200])),
        slot_interval_minutes=draw(st.sampled_from([5, 10, 15, 30, 60, 7])),
        buffer_before_minutes=draw(minutes),
        buffer_after_minutes=draw(minutes),
        minimum_notice_minutes=draw(st.sampled_from([0, 0, 1, 60, 240, 1440])),
        booking_window_days=draw(st.sampled_from([0, 1, 2, 60])),
        max_per_day=draw(limit),
        max_per_week=draw(limit),
        off=draw(st.dictionaries(st.sampled_from(dates), OFF, max_size=2)).get,
    )
    start = middle + draw(st.integers(-30 * HOUR, 6 * HOUR))
    return {
        "rules": some,
        "busy": draw(st.lists(some_busy(middle), max_size=5)),
        "booked": draw(st.lists(some_booked(middle), max_size=4)),
        "now": start + draw(st.sampled_from([-3 * DAY, -DAY, -5 * HOUR, 0, 1, HOUR])),
        "start": start,
        "end": start + draw(st.sampled_from([HOUR, 30 * HOUR, 48 * HOUR])),
    }


@st.composite
def some_busy(draw: st.DrawFn, middle: int) -> Busy:
    start = middle + draw(st.one_of(st.integers(-96, 96).map(lambda n: n * 900),
                                    st.integers(-DAY, DAY)))  # fmt: skip
    return Busy(start, start + draw(st.sampled_from([0, 1, 300, 1800, 3600, 5 * HOUR])), "a")


@st.composite
def some_booked(draw: st.DrawFn, middle: int) -> Booked:
    start = middle + draw(st.integers(-8 * 288, 8 * 288)) * 300
    buffers = st.sampled_from([0, 0, 10, 30, 90])
    return Booked(
        start,
        start + draw(st.sampled_from([900, 1800, 3600])),
        draw(buffers),
        draw(buffers),
        event=draw(st.sampled_from(["", "other"])),
        id="b",
    )


#: The same examples every time.
steady = settings(derandomize=True, deadline=None, database=None, max_examples=400)


@steady
@given(situations())
def test_what_is_free_is_what_the_text_of_the_rule_says(case: dict[str, Any]) -> None:
    assert free(**case) == oracle(**case)


@steady
@given(PLACES, st.lists(st.integers(-96 * 8, 96 * 8), unique=True), st.integers(0, 899))
def test_starts_are_grouped_by_the_date_on_the_wall(
    place: tuple[str, int], quarters: list[int], seconds: int
) -> None:
    zone, middle = place
    starts = [middle + number * 900 + seconds for number in sorted(quarters)]
    days: dict[date, list[int]] = {}
    for start in starts:
        days.setdefault(datetime.fromtimestamp(start, ZoneInfo(zone)).date(), []).append(start)
    found = by_date(starts, ZoneInfo(zone))
    assert list(found.items()) == list(days.items())


@settings(steady, max_examples=100)
@given(situations(), st.integers(0, 59))
def test_a_time_has_no_reasons_exactly_when_it_is_free(case: dict[str, Any], second: int) -> None:
    start, end = case.pop("start"), case.pop("end")
    found = set(free(**case, start=start, end=end))
    some = sorted(found)[:20]
    minutes = range(start - start % MINUTE + MINUTE, min(end, start + 6 * HOUR), MINUTE)
    for each in {*minutes, *some, *(each + second for each in some)}:
        if start <= each < end:
            assert (reasons(**case, start=each) == []) == (each in found)


@settings(steady, max_examples=200)
@given(situations())
def test_every_minute_of_a_slot_lies_within_the_wall_clock_hours(case: dict[str, Any]) -> None:
    some = case["rules"]
    for start in free(**case)[:40]:
        for minute in range(start, start + some.duration_minutes * MINUTE, MINUTE):
            wall = datetime.fromtimestamp(minute, some.tz)
            ranges = some.hours(wall.date())
            assert any(low <= wall.hour * 60 + wall.minute < high for low, high in ranges)


@settings(steady, max_examples=200)
@given(situations())
def test_between_any_two_bookings_lies_at_least_the_larger_buffer(case: dict[str, Any]) -> None:
    """Book whatever is free, one after the other, with other buffers each time."""
    made: list[Booked] = []
    for before, after in ((0, 15), (30, 0), (5, 5), (0, 0), (45, 20)):
        fields = {"buffer_before_minutes": before, "buffer_after_minutes": after}
        case["rules"] = Rules(**(vars(case["rules"]) | fields))
        found = free(**(case | {"booked": made, "busy": []}))
        if found:
            start = found[len(found) // 2]
            end = start + case["rules"].duration_minutes * MINUTE
            made.append(Booked(start, end, before, after))
    for one, other in pairwise(sorted(made)):
        gap = other.start - one.end
        assert gap >= max(one.buffer_after_minutes, other.buffer_before_minutes) * MINUTE


@settings(steady, max_examples=200)
@given(situations())
def test_what_is_busy_out_of_reach_decides_nothing(case: dict[str, Any]) -> None:
    since, until = reach(case["rules"].booking_window_days, case["now"])
    outside = [Busy(since - 900 * DAY, since), Busy(until, until + 900 * DAY)]
    assert free(**case) == free(**(case | {"busy": case["busy"] + outside}))


@settings(steady, max_examples=200)
@given(PLACES)
@example(("Pacific/Apia", at("2011-12-30")))
def test_a_date_starts_at_the_first_of_its_minutes(place: tuple[str, int]) -> None:
    zone, middle = place
    first = middle - middle % DAY - 2 * DAY
    seen: dict[date, int] = {}
    for minute, day, _ in walls(zone, first, first + 5 * DAY):
        seen.setdefault(day, minute)
    for day, minute in list(seen.items())[1:]:
        assert day_start(ZoneInfo(zone), day) == minute


def test_a_skipped_date_starts_with_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert day_start(apia, date(2011, 12, 30)) == day_start(apia, date(2011, 12, 31))


# --- the machine it runs on -----------------------------------------------------------------------

PROGRAM = """
from zoneinfo import ZoneInfo
from widget.core.slots import Busy, Rules, free, reasons
some = Rules(ZoneInfo("Europe/Lisbon"), (((0, 240), (1320, 1440)),) * 7, {}, 30, 20)
for now in (1_795_478_400, 1_805_673_600):  # in November 2026 and in March 2027
    print(free(some, [Busy(now, now + 3600)], [], now, now - 86400, now + 200 * 86400))
    print(reasons(some, [], [], now, now + 60))
"""


def test_the_zone_of_the_machine_changes_nothing() -> None:
    outcomes = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"TZ": zone},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for zone in ("UTC", "Pacific/Chatham", "America/St_Johns")
    }
    assert len(outcomes) == 1
    assert len(outcomes.pop()) > 1000


# --- times of its own, instead of the open hours ------------------------------------------------

TIMES = st.lists(
    st.tuples(st.integers(0, 200), st.none() | st.integers(1, 300)).map(
        lambda each: (each[0], None if each[1] is None else each[0] + each[1])
    ),
    max_size=5,
)


@given(
    TIMES,
    st.integers(1, 15),
    st.integers(1, 15),
    st.lists(st.integers(0, 200), max_size=3),
)
def test_what_is_offered_of_times_is_what_no_reason_speaks_against(
    times: list[tuple[int, int | None]], length: int, interval: int, taken: list[int]
) -> None:
    """In quarters of an hour from midnight of a Monday on, in a week that is closed."""
    midnight, quarter = 1_796_601_600, 900

    def later(number: int) -> int:
        return midnight + number * quarter

    own = Rules(
        tz=ZoneInfo("Europe/Lisbon"),
        weekly_hours=((),) * 7,
        date_overrides={},
        duration_minutes=length * 15,
        slot_interval_minutes=interval * 15,
        times=[(later(start), None if end is None else later(end)) for start, end in times],
    )
    busy = [Busy(later(start), later(start + 2)) for start in taken]
    found = free(own, busy, [], midnight - 1, later(0), later(500))
    wanted = {
        start + step
        for start, end in times
        for step in range(0, 1 if end is None else end - start, interval)
        if end is None or start + step + length <= end
    }
    clear = {
        later(each)
        for each in wanted
        if not any(start < each + length and each < start + 2 for start in taken)
    }
    assert found == sorted(clear)
    for number in range(500):
        why = reasons(own, busy, [], midnight - 1, later(number))
        assert (later(number) in clear) == (why == [])
    for number in (0, 97, 250):  # whatever is looked at, and from when on
        shown = free(own, busy, [], midnight - 1, later(number), later(number + 40))
        assert shown == [at for at in found if later(number) <= at < later(number + 40)]
