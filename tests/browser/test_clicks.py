"""Common jobs of a host, by the clicks that they take (issue 13)."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House, Open
from tests.browser.test_settings import exported, section, signed_in


class Hand:
    """Clicks, and counts them; what is typed is free."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def __call__(self, part: Locator) -> Locator:
        part.click()
        self.clicks += 1
        return part


def test_next_week_over_the_end_of_a_month_is_closed(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    hand, off = Hand(page), section(page, "Days off")
    hand(off.get_by_label("First day").last).fill("2026-11-28")
    page.keyboard.press("Tab")
    off.get_by_label("Last day").last.fill("2026-12-04")
    hand(off.get_by_role("button", name="Save", exact=True))
    expect(off.get_by_text("Saved.", exact=True)).to_be_visible()
    assert exported(house)["away"] == [{"from": "2026-11-28", "to": "2026-12-04", "note": ""}]
    assert hand.clicks <= 3


def test_a_lunch_break_on_all_weekdays(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    hand, hours = Hand(page), section(page, "Weekly hours")
    hand(hours.get_by_label("Tuesday, hours 1, to")).fill("12:30")
    hand(hours.get_by_role("button", name="Add hours on Tuesday"))
    expect(hours.get_by_label("Tuesday, hours 2, from")).to_have_value("13:30")
    hand(hours.get_by_label("Tuesday, hours 2, to")).fill("18:00")
    hand(hours.get_by_role("button", name="To all weekdays: hours of Tuesday"))
    expect(hours.get_by_label("Friday, hours 2, to")).to_have_value("18:00")
    hand(hours.get_by_role("button", name="Save", exact=True))
    expect(hours.get_by_text("Saved.", exact=True)).to_be_visible()
    week = exported(house)["weekly_hours"]
    lunch = [["09:00", "12:30"], ["13:30", "18:00"]]
    assert all(week[day] == lunch for day in ("mon", "tue", "wed", "thu", "fri"))
    assert week["sat"] != lunch
    assert hand.clicks <= 5


def test_thursday_evenings_for_one_event_type(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    hand, weeks = Hand(page), section(page, "Schedules")
    hand(weeks.get_by_role("button", name="Add a schedule"))
    hand(weeks.get_by_label("Name")).fill("Evenings")
    hand(weeks.get_by_role("button", name="Add hours on Thursday"))
    hand(weeks.get_by_label("Thursday, hours 1, from")).fill("18:00")
    weeks.get_by_label("Thursday, hours 1, to").fill("21:00")  # the next field
    hand(weeks.get_by_role("button", name="Save", exact=True))
    expect(weeks.get_by_text("Saved.", exact=True)).to_be_visible()
    kinds = section(page, "Event types")
    hand(kinds.get_by_role("link", name="Skipper's briefing", exact=True))
    kinds.get_by_label("Hours", exact=True).select_option("Evenings")
    hand.clicks += 1
    hand(kinds.get_by_role("form").get_by_role("button", name="Save", exact=True))
    expect(kinds.get_by_text("Saved.", exact=True)).to_be_visible()
    assert exported(house)["event_types"][1]["schedule"] == "evenings"
    assert hand.clicks <= 8


def test_a_one_off_link_with_three_times(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(permissions=["clipboard-read", "clipboard-write"]), house)
    hand, links = Hand(page), section(page, "One-off links")
    hand(page.get_by_role("link", name="One-off link to Find your course"))
    for number in range(3):
        hand(links.locator("input[name=times]").nth(number))
    hand(links.get_by_role("button", name="Make the link"))
    expect(links.get_by_text("The link is made.")).to_be_visible()
    hand(links.get_by_role("button", name="Copy"))
    expect(links.get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert hand.clicks <= 6
    guest = open_alone(copied)
    expect(guest.locator("button[name=start]")).to_have_count(3)
    assert re.search(r"[?&]once=[A-Za-z0-9]{22}$", copied)
