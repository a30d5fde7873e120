"""Time zones by whatever name Google, a stored document or a program has for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.core import zones

MEANT = {
    "Europe/Lisbon": "Europe/Lisbon",
    "europe/lisbon": "Europe/Lisbon",
    "AMERICA/NEW_YORK": "America/New_York",
    "America/New York": "America/New_York",
    " Europe/Paris ": "Europe/Paris",
    "Europe/Kiev": "Europe/Kiev",
    "asia/calcutta": "Asia/Calcutta",
    "US/Pacific-New": "America/Los_Angeles",
    "Canada/East-Saskatchewan": "America/Regina",
    "Pacific Standard Time": "America/Los_Angeles",
    "pacific daylight time": "America/Los_Angeles",
    "W. Europe Standard Time": "Europe/Berlin",
    "GMT Standard Time": "Europe/London",
    "UTC": "UTC",
    "Z": "UTC",
    "utc+0": "UTC",
    "+00:00": "UTC",
    "GMT+2": "Etc/GMT-2",
    "GMT+02:00": "Etc/GMT-2",
    "GMT-03": "Etc/GMT+3",
    "UTC+1": "Etc/GMT-1",
    "UTC + 1": "Etc/GMT-1",
    "UTC\u221205:00": "Etc/GMT+5",
    "UTC\u201305:00": "Etc/GMT+5",
    "\uff0b09:00": "Etc/GMT-9",
    "+0200": "Etc/GMT-2",
    "-11": "Etc/GMT+11",
    "UTC+14:00": "Etc/GMT-14",
    "Etc/GMT-2": "Etc/GMT-2",
    "etc/gmt+2": "Etc/GMT+2",
    "GMT+05:30": "Asia/Kolkata",
    "+0545": "Asia/Kathmandu",
    "UTC-9:30": "Pacific/Marquesas",
}


@pytest.mark.parametrize(("name", "zone"), MEANT.items())
def test_a_name_stands_for_the_zone_that_is_meant(name: str, zone: str) -> None:
    assert zones.meant(name) == zone


@pytest.mark.parametrize(
    "name",
    [
        None, "", " ", "Etc/Unknown", "Factory", "localtime", "Mars/Olympus", "GMT+15", "UTC-13",
        "UTC-05:30", "GMT+2:75", "+", "Etc/UTC+2", "../../etc/passwd", "/etc/localtime", "\x00",
        "Europe", "Europe/", "é" * 5000,
    ],
)  # fmt: skip
def test_a_name_that_stands_for_no_zone_is_told_as_such(name: str | None) -> None:
    assert zones.meant(name) is None
    assert zones.zone(name) == ZoneInfo("UTC")
    assert zones.zone(name, "Europe/Lisbon") == ZoneInfo("Europe/Lisbon")


@given(st.text())
def test_whatever_the_text_is_it_is_a_zone_or_none(name: str) -> None:
    found = zones.meant(name)
    assert found is None or ZoneInfo(found)


@given(st.sampled_from(sorted(zones.ZONES)), st.sampled_from([str.upper, str.lower, str.title]))
def test_every_zone_is_found_in_any_case(name: str, case: type[str]) -> None:
    found = zones.meant(case(name))
    assert found is not None
    for month in (1, 7):
        at = datetime(2026, month, 1, tzinfo=UTC)
        assert (
            at.astimezone(ZoneInfo(found)).utcoffset() == at.astimezone(ZoneInfo(name)).utcoffset()
        )


@given(
    st.integers(-12 * 60, 14 * 60),
    st.sampled_from(["", "UTC", "GMT", "utc ", "Gmt"]),
    st.sampled_from(["{:+03d}:{:02d}", "{:+03d}{:02d}", "{:+d}:{:02d}"]),
)
def test_an_offset_has_the_zone_that_always_keeps_it(offset: int, before: str, form: str) -> None:
    hours, minutes = divmod(abs(offset), 60)
    text = form.format(hours, minutes)
    found = zones.meant(before + (text.replace("+", "-") if offset < 0 else text))
    for month in (1, 4, 7, 10):
        at = datetime(2026, month, 1, tzinfo=UTC)
        if found:
            assert at.astimezone(ZoneInfo(found)).utcoffset() == timedelta(minutes=offset)
    assert found or offset % 15 or offset in range(-12 * 60, 14 * 60 + 1)
    if offset % 60 == 0:
        assert found
