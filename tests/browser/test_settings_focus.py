"""Where keyboard and screen reader are after a swap of the settings page, and whose page it is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House, Open
from tests.browser.test_settings import exported, section, sign_in, signed_in


def press(target: Locator, key: str = "Enter") -> None:
    target.focus()
    target.page.keyboard.press(key)


def swapped(page: Page, part: str) -> Locator:
    """A mark on a section that is gone once the section has been swapped."""
    page.evaluate(f"document.getElementById('{part}').dataset.before = ''")
    return page.locator(f"#{part}:not([data-before])")


def test_focus_stays_at_what_was_pressed_or_typed_in(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    you = section(page, "You")
    name = you.get_by_label("Name that guests see")
    press(name)
    expect(you.get_by_text("Saved.", exact=True)).to_be_visible()
    expect(name).to_be_focused()
    for part, pressed in (
        ("profile", you.get_by_role("button", name="Save", exact=True)),
        ("hours", page.get_by_role("button", name="Add hours on Sunday")),
        ("dates", page.get_by_role("link", name="Next month")),
        ("dates", page.get_by_role("link", name=re.compile("24 December"))),
        ("embed", page.get_by_role("link", name="Popup", exact=True)),
        ("embed", section(page, "On your website").get_by_role("button", name="Show")),
        ("embed", section(page, "On your website").get_by_role("button", name="Look")),
        ("events", page.get_by_role("link", name="Find your course", exact=True)),
        ("events", page.get_by_role("button", name="Duplicate Find your course", exact=True)),
        ("events", page.get_by_role("button", name="Add a question")),
        ("bookings-list", page.get_by_role("button", name="Search")),
        ("why", page.get_by_role("button", name="Explain")),
    ):
        if part == "why":
            page.get_by_label("Date", exact=True).fill("2026-12-01")
            page.get_by_label("Time", exact=True).fill("09:30")
        fresh = swapped(page, part)
        press(pressed)
        expect(fresh).to_be_attached()
        expect(pressed).to_be_focused()


def test_focus_goes_on_at_the_nearest_heading_when_what_was_pressed_is_gone(
    house: House, open_alone: Open
) -> None:
    page = signed_in(open_alone(), house)
    hours = section(page, "Weekly hours")
    press(hours.get_by_role("button", name="Add hours on Sunday"))
    press(hours.get_by_role("button", name="Remove hours 1 of Sunday"))
    expect(hours.get_by_role("heading", name="Weekly hours")).to_be_focused()
    kinds = section(page, "Event types")
    press(kinds.get_by_role("link", name="Find your course", exact=True))
    press(kinds.get_by_role("button", name="Add a question"))
    questions = kinds.get_by_role("group", name=re.compile("^Question [0-9]"))
    last = questions.last
    expect(last).to_have_accessible_name("Question 3")
    press(last.get_by_role("button", name="Remove"))
    expect(questions).to_have_count(2)
    expect(kinds.get_by_role("heading", name="Find your course")).to_be_focused()
    press(kinds.get_by_role("link", name="Delete Skipper's briefing"))
    press(kinds.get_by_role("button", name="Delete it"))
    expect(kinds.get_by_role("heading", name="Event types")).to_be_focused()
    assert "skipper" not in [each["slug"] for each in exported(house)["event_types"]]


def test_each_fault_takes_the_focus_whatever_else_is_wrong(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    for name, field in (("Weekly hours", "Monday, hours 1, from"), ("You", "Your address")):
        part = section(page, name)
        part.get_by_label(field).fill("23:59" if "Monday" in field else "settings")
        press(part.get_by_role("button", name="Save", exact=True))
        expect(part.get_by_role("alert")).to_be_focused()


def test_a_look_at_something_else_does_not_take_back_what_was_said(
    house: House, open_alone: Open
) -> None:
    page = signed_in(open_alone(), house)
    you = section(page, "You")
    page.context.set_offline(True)
    press(you.get_by_role("button", name="Save", exact=True))
    expect(page.locator("#live")).to_contain_text("nothing was saved")
    page.context.set_offline(False)
    you.get_by_label("Your address").fill("silva")
    expect(you.get_by_text("This one is free.")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("nothing was saved")


@pytest.mark.parametrize("again", ["Ana Silva", "Chidi Anagonye"])
def test_a_page_of_another_account_says_so_until_its_own_is_back(
    house: House, open_alone: Open, again: str
) -> None:
    page = signed_in(open_alone(), house)
    name = section(page, "You").get_by_label("Name that guests see")
    save = section(page, "You").get_by_role("button", name="Save", exact=True)
    name.fill("Ana's own")
    sign_in(page.context.new_page(), house, "Chidi Anagonye")
    save.click()
    live = page.locator("#live")
    expect(live).to_contain_text("another account is signed in by now")
    expect(name).to_have_value("Ana's own")
    sign_in(page.context.new_page(), house, again)
    save.click()
    if again == "Ana Silva":
        expect(live).to_contain_text("Please save once more")
        save.click()
        expect(section(page, "You").get_by_text("Saved.", exact=True)).to_be_visible()
    else:
        expect(live).to_contain_text("another account is signed in by now")
    assert exported(house)["display_name"] == ("Ana's own" if again == "Ana Silva" else "Ana Silva")
    assert exported(house, "chidi")["display_name"] == "Chidi Anagonye"
