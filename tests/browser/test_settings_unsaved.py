"""What is typed and not saved: marked, named in a bar, asked for, and never lost silently."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import House, Open
from tests.browser.test_settings import exported, section, signed_in


def asked(page: Page) -> list[str]:
    """The kinds of question that the browser asks from now on; each is answered: stay."""
    found: list[str] = []

    def answer(dialog: Dialog) -> None:
        found.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", answer)
    return found


def test_every_dirty_section_is_marked_and_the_bar_saves_them(
    house: House, open_alone: Open
) -> None:
    page = signed_in(open_alone(), house)
    bar = page.get_by_role("region", name="Not saved yet:")
    expect(bar).to_be_hidden()
    you, hours = section(page, "You"), section(page, "Weekly hours")
    you.get_by_label("Name that guests see").fill("Ana of the sea")
    expect(you.get_by_text("Not saved yet.", exact=True)).to_be_visible()
    hours.get_by_role("button", name="Add hours on Sunday").click()
    expect(hours.get_by_label("Sunday, hours 1, from")).to_have_value("09:00")
    expect(hours.get_by_text("Not saved yet.", exact=True)).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    expect(bar).to_be_in_viewport()
    expect(bar.get_by_role("listitem")).to_have_text(["Weekly hours", "You"])
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(bar).to_be_in_viewport()
    bar.get_by_role("link", name="You").click()
    expect(you.get_by_role("heading", name="You")).to_be_in_viewport()
    bar.get_by_role("button", name="Save all").click()
    expect(bar).to_be_hidden()
    document = exported(house)
    assert document["display_name"] == "Ana of the sea"
    assert document["weekly_hours"]["sun"] == [["09:00", "17:00"]]


def test_what_is_typed_back_is_no_longer_marked(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    name = section(page, "You").get_by_label("Name that guests see")
    name.fill("Another")
    expect(page.locator("#unsaved")).to_be_visible()
    name.fill("Ana Silva")
    expect(page.locator("#unsaved")).to_be_hidden()
    questions = asked(page)
    page.reload()
    assert questions == []


def test_a_fault_leaves_the_section_marked(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    you = section(page, "You")
    you.get_by_label("Your address").fill("settings")
    you.get_by_role("button", name="Save", exact=True).click()
    expect(you.get_by_role("alert")).to_be_visible()
    expect(page.locator("#unsaved")).to_contain_text("You")


def reload(page: Page) -> None:
    page.evaluate("setTimeout(() => location.reload())")


def other_event_type(page: Page) -> None:
    page.get_by_role("link", name="Skipper's briefing", exact=True).click(no_wait_after=True)


def brand(page: Page) -> None:
    page.get_by_role("link", name="Meetslot", exact=True).click(no_wait_after=True)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click(no_wait_after=True)


def move_in_the_list(page: Page) -> None:
    page.get_by_role("button", name="Move Skipper's briefing up").click(no_wait_after=True)


@pytest.mark.parametrize(
    "way",
    [reload, other_event_type, brand, sign_out, move_in_the_list],
    ids=lambda way: way.__name__,
)
def test_the_browser_asks_before_typed_text_is_lost(
    house: House, open_alone: Open, way: Callable[[Page], None]
) -> None:
    page = signed_in(open_alone(), house)
    kinds = section(page, "Event types")
    kinds.get_by_role("link", name="Find your course", exact=True).click()
    description = kinds.get_by_label("Description")
    description.fill("Typed for long")
    questions = asked(page)
    way(page)
    expect(description).to_have_value("Typed for long")
    page.wait_for_function("() => true")
    assert questions == ["beforeunload"]
    expect(page.locator("#unsaved")).to_contain_text("Find your course")


def test_a_small_form_keeps_what_is_typed_and_a_token_stays_while_another_section_is_saved(
    house: House, open_alone: Open
) -> None:
    page = signed_in(open_alone(), house)
    programs, you = section(page, "Programs"), section(page, "You")
    name = programs.get_by_label("What is the new token for?")

    def save_you(typed: str) -> None:
        page.evaluate("document.getElementById('banner').dataset.before = 1")
        you.get_by_label("Name that guests see").fill(typed)
        you.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#banner:not([data-before])")).to_have_count(1)  # all is fresh

    name.fill("The office's calendar")
    save_you("Ana of the sea")
    expect(name).to_have_value("The office's calendar")
    questions = asked(page)
    reload(page)
    page.wait_for_function("() => true")
    assert questions == ["beforeunload"]
    programs.get_by_role("button", name="Make a token").click()
    made = programs.get_by_label("Copy it now")
    token = made.input_value()
    assert token.startswith("msk_")
    save_you("Ana")
    expect(made).to_have_value(token)
    assert questions == ["beforeunload"]


def test_saving_asks_nothing(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    questions = asked(page)
    kinds = section(page, "Event types")
    kinds.get_by_role("link", name="Find your course", exact=True).click()
    kinds.get_by_label("Description").fill("Typed for long")
    section(page, "You").get_by_label("Name that guests see").fill("Ana of the sea")
    kinds.get_by_role("form").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#unsaved li")).to_have_text(["You"])
    kinds.get_by_role("link", name="Skipper's briefing", exact=True).click()
    expect(kinds.get_by_role("heading", name="Skipper's briefing")).to_be_visible()
    name = section(page, "You").get_by_label("Name that guests see")
    expect(name).to_have_value("Ana of the sea")  # another section's is not touched
    assert questions == []
    assert exported(house)["event_types"][0]["description"] == "Typed for long"


def test_a_holiday_across_a_month_end_with_hours_of_its_own(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    questions = asked(page)
    dates = section(page, "Other hours on single dates")
    dates.get_by_role("link", name="Next month").click()
    dates.get_by_role("link", name=re.compile("31 December")).click()
    expect(dates.get_by_label("First date")).to_have_value("2026-12-31")
    dates.get_by_label("These hours").check()
    dates.get_by_label("Hours 1, from").fill("10:00")
    dates.get_by_label("Hours 1, to").fill("11:00")
    dates.get_by_role("link", name="Next month").click()
    expect(dates.get_by_role("heading", name="January 2027")).to_be_visible()
    expect(dates.get_by_label("Hours 1, from")).to_have_value("10:00")
    expect(page.locator("#unsaved")).to_contain_text("Other hours on single dates")
    dates.get_by_role("link", name=re.compile("Saturday, 2 January")).click()
    expect(dates.get_by_label("Last date")).to_have_value("2027-01-02")
    assert "csrf" not in page.url
    dates.get_by_role("button", name="Save", exact=True).click()
    expect(dates.get_by_text("Saved.", exact=True)).to_be_visible()
    assert exported(house)["date_overrides"] == {
        day: [["10:00", "11:00"]] for day in ("2026-12-31", "2027-01-01", "2027-01-02")
    }
    assert questions == []


def test_a_double_click_on_a_button_that_creates_makes_one(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    kinds = section(page, "Event types")
    kinds.get_by_label("Add an event type").fill("Talk")
    kinds.get_by_role("button", name="Add", exact=True).dblclick()
    expect(kinds.get_by_role("heading", name="Talk")).to_be_visible()
    kinds.get_by_role("button", name="Duplicate Talk", exact=True).dblclick()
    expect(kinds.get_by_role("heading", name="Talk (copy)")).to_be_visible()
    slugs = [each["slug"] for each in exported(house)["event_types"]]
    assert slugs == ["intro", "skipper", "talk", "talk-2"]
    programs = section(page, "Programs")
    programs.get_by_label("What is the new token for?").fill("Billing")
    programs.get_by_role("button", name="Make a token").dblclick()
    expect(programs.get_by_label("Copy it now")).to_be_visible()
    assert house.command("tokens", "list", "ana").count("Billing") == 1
