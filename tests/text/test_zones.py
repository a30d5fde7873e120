"""What time zones are called, and what clocks say when they change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from widget.core import zones
from widget.text import language

ZONES = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})
WINTER, SUMMER = 1_796_000_000, 1_782_000_000  # 2026-11-30, 2026-06-21
OFFSET = re.compile(r"UTC([+-])(\d\d):(\d\d)")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    language.use("en")
    yield
    language.use("en")


def offset_of(name: str, at: int) -> timedelta:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(name)).utcoffset() or timedelta()


@pytest.mark.parametrize("at", [WINTER, SUMMER])
def test_every_zone_is_told_with_the_offset_that_it_has(at: int) -> None:
    for name in ZONES:
        sign, hours, minutes = OFFSET.fullmatch(language.zone_offset(ZoneInfo(name), at)).groups()  # type: ignore[union-attr]
        told = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
        assert told == offset_of(name, at), name


@given(st.sampled_from(ZONES), st.integers(0, 4_000_000_000))
def test_an_offset_is_right_at_any_time_to_the_minute(name: str, at: int) -> None:
    sign, hours, minutes = OFFSET.fullmatch(language.zone_offset(ZoneInfo(name), at)).groups()  # type: ignore[union-attr]
    told = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    assert abs(told - offset_of(name, at)) < timedelta(minutes=1)
    assert abs(told) <= abs(offset_of(name, at))


@pytest.mark.parametrize("code", language.languages())
def test_no_zone_is_told_with_two_offsets_or_by_a_path(code: str) -> None:
    language.use(code)
    for name in ZONES:
        label = language.zone_label(ZoneInfo(name), WINTER)
        assert len(re.findall(r"[+-]\d", label)) <= 1, (name, label)
        assert not re.search(r"GMT|/|_|UTC.*UTC", label), (name, label)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("America/St_Johns", "St. John’s, UTC-03:30"),
        ("Pacific/Marquesas", "Marquesas, UTC-09:30"),
        ("Asia/Kathmandu", "Kathmandu, UTC+05:45"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires, UTC-03:00"),
        ("America/Indiana/Knox", "Knox, Indiana, UTC-06:00"),
        ("Asia/Calcutta", "Kolkata, UTC+05:30"),
        ("Etc/GMT+5", "UTC-05:00"),
        ("EST", "UTC-05:00"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_zone_is_told_by_its_city(name: str, label: str) -> None:
    assert language.zone_label(ZoneInfo(name), WINTER) == label


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Pacific", "America/Los_Angeles"),
        ("GB", "Europe/London"),
        ("EST5EDT", "America/New_York"),
        ("europe/LISBON", "Europe/Lisbon"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),  # its own, though its clock is Brussels'
        ("Zulu", "UTC"),
        ("gmt", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Etc/Unknown", None),
        ("Factory", None),
        ("Mars/Olympus", None),
        ("../etc/passwd", None),
        ("", None),
    ],
)
def test_an_old_name_leads_to_the_zones_name_of_today(name: str, now: str | None) -> None:
    assert zones.today(name) == now


def test_a_zone_of_today_has_the_clock_that_it_had_under_its_old_name() -> None:
    for name in get_global("zone_aliases"):
        if name in ZONES and (now := zones.today(name)):
            for at in (WINTER, SUMMER):
                assert offset_of(name, at) == offset_of(now, at), name


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe"])
def test_no_two_instants_of_a_day_have_one_name(zone: str) -> None:
    """All quarters of an hour of two years; those of an hour that comes twice have the offset."""
    tz = ZoneInfo(zone)
    said: dict[tuple[object, str], int] = {}
    for at in range(WINTER, WINTER + 730 * 86400, 900):
        assert said.setdefault((language.today(at, tz), language.clock(at, tz)), at) == at
    assert sum("UTC" in clock for _day, clock in said) in (2 * 2 * 4, 2 * 2 * 2)


@pytest.mark.parametrize(
    ("start", "hours", "zone", "told"),
    [
        ("2026-12-01T09:00", 0.5, "UTC", "9:00 AM – 9:30 AM"),
        ("2026-12-31T12:00", 12, "Asia/Tokyo", "9:00 PM – Friday, January 1, 2027, 9:00 AM"),
        ("2026-12-01T23:30", 0.5, "UTC", "11:30 PM – Wednesday, December 2, 2026, 12:00 AM"),
        ("2026-12-01T00:00", 24, "UTC", "12:00 AM – Wednesday, December 2, 2026, 12:00 AM"),
        ("2026-12-28T22:00", 108, "UTC", "10:00 PM – Saturday, January 2, 2027, 10:00 AM"),
        ("2027-10-31T00:30", 1, "Europe/Lisbon", "1:30 AM (UTC+01:00) – 1:30 AM (UTC+00:00)"),
    ],
)
def test_an_end_on_another_date_is_told_with_it(
    start: str, hours: float, zone: str, told: str
) -> None:
    at = int(datetime.fromisoformat(f"{start}+00:00").timestamp())
    shown = language.clock_range(at, at + int(hours * 3600), ZoneInfo(zone))
    assert shown.replace("\u202f", " ") == told


@pytest.mark.parametrize("code", language.languages())
def test_the_end_of_a_night_is_told_with_its_date_in_every_language(code: str) -> None:
    language.use(code)
    at = int(datetime(2026, 12, 31, 12, tzinfo=UTC).timestamp())
    tz, end = ZoneInfo("Asia/Tokyo"), at + 12 * 3600
    told = language.full_range(at, end, tz)
    for each in (at, end):
        assert language.full_date(language.today(each, tz)) in told
        assert language.clock(each, tz) in told
