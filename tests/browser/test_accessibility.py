"""WCAG 2.2 AA in Chromium, in every state a guest can meet: to add one, add it to STATES."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import models
from tests.browser.axe import ASKED, SCRIPT, troubles
from tests.browser.conftest import ANA, House, Open
from tests.browser.test_settings import signed_in
from tests.people import PICKER

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE: dict[str, Any] = {
    "light": {"runOnly": TAGS, **ASKED},
    "dark": {"runOnly": ["color-contrast"]},  # all that a theme changes
}
NARROW, WIDE = {"width": 320, "height": 700}, {"width": 1280, "height": 800}
LONG = "All that can be said about an hour on the river, and then a little more. " * 12
#: The rest of this month, and what of the next follows in the same grid.
THESE_WEEKS = "November – December 2026"
NOTHING = {day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

Reach = Callable[[House, Page], None]


def at(path: str) -> Reach:
    return lambda house, page: page.goto(f"{house.widget}{path}") and None


def fill(page: Page, email: str) -> None:
    page.get_by_label("Your name").fill("Gita Guest")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Book this time").click()


def faulty_form(house: House, page: Page) -> None:
    at(f"{PICKER}?start=2026-12-03T09:00:00Z")(house, page)
    fill(page, "gita@nowhere")
    expect(page.get_by_role("alert")).to_be_visible()


def offline(house: House, page: Page) -> None:
    at(f"{PICKER}?start=2026-12-03T09:00:00Z")(house, page)
    page.context.set_offline(True)
    fill(page, "gita@guest.example")
    expect(page.get_by_role("alert")).to_have_attribute("data-error", "offline")


def online_again(house: House, page: Page) -> None:
    page.context.set_offline(False)
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()


def form_whose_time_went(house: House, page: Page) -> None:
    at(f"{PICKER}?start=2026-12-07T09:00:00Z")(house, page)
    house.add_busy(ANA, "2026-12-07T09:00:00Z", "2026-12-07T10:00:00Z")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("alert")).to_be_visible()


def taken(house: House, page: Page) -> None:
    at(f"{PICKER}?start=2026-12-07T11:00:00Z")(house, page)
    house.add_busy(ANA, "2026-12-07T11:00:00Z", "2026-12-07T12:00:00Z")
    fill(page, "gita@guest.example")
    expect(page.get_by_role("alert")).to_have_attribute("data-error", "slot_taken")


def confirmed(house: House, page: Page) -> None:
    at(f"{PICKER}?tz=America/New_York&date=2026-12-08")(house, page)
    page.locator("button[name=start]").first.click()
    fill(page, "gita@guest.example")
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()


def rescheduling(house: House, page: Page) -> None:
    confirmed(house, page)
    page.locator("a[href*=reschedule]").first.click()
    expect(page.locator("button[name=start]").first).to_be_visible()


def asked_to_move(house: House, page: Page) -> None:
    page.locator("button[name=start]").last.click()
    expect(page.locator("#reschedule-form")).to_be_visible()


def moved(house: House, page: Page) -> None:
    page.locator("#reschedule-form button.main").click()
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()


def cancelled(house: House, page: Page) -> None:
    page.locator("summary").filter(has_text="Cancel this booking").click()
    page.locator("#cancel-form button").click()
    expect(page.locator("[data-booking-status=cancelled]")).to_be_visible()


def pending(house: House, page: Page) -> None:
    at(f"{PICKER}?start=2026-12-09T10:00:00Z")(house, page)
    house.fault("calendar.events.insert", cut="after")
    house.fault("calendar.events.get", status=503, times=100)
    fill(page, "gita@guest.example")
    expect(page.locator("[data-booking-status=pending]")).to_be_visible()


def unanswered(house: House, page: Page) -> None:
    models.BusyTimes.delete().execute()  # or older times are shown
    house.fault("calendar.freebusy.query", status=500, times=100)
    at(PICKER)(house, page)
    expect(page.get_by_role("alert")).to_have_attribute("data-error", "calendar_unavailable")


def closed(house: House, page: Page) -> None:
    house.change("ana", weekly_hours=NOTHING)
    at(PICKER)(house, page)


#: In this order: what a state leaves behind in the calendar does not hinder those after it.
STATES: dict[str, Reach] = {
    "event types": at("/book/ana"),
    "month": at(PICKER),
    "list": at(f"{PICKER}?view=list"),
    "details hidden": at(f"{PICKER}?hide_details=1"),
    "a day without times": at(f"{PICKER}?date=2026-12-06"),
    "a month without times": at(f"{PICKER}?month=2030-01"),
    "malformed query": at(f"{PICKER}?tz=Mars/Olympus"),
    "zones": at(f"{PICKER}?step=zone"),
    "zones found": at(f"{PICKER}?step=zone&city=port"),
    "zones not found": at(f"{PICKER}?step=zone&city=atlantis"),
    "form": at(f"{PICKER}?start=2026-12-03T09:00:00Z"),
    "form with errors": faulty_form,
    "offline": offline,
    "online again": online_again,
    "form whose time went": form_whose_time_went,
    "taken": taken,
    "confirmed": confirmed,
    "rescheduling": rescheduling,
    "asked to move": asked_to_move,
    "moved": moved,
    "cancelled": cancelled,
    "pending": pending,
    "not found": at("/book/nobody"),
    "nothing free": closed,
    "calendar does not answer": unanswered,
}


def overflow(page: Page, viewport: Any) -> list[str]:
    """What is wider than the window, or than its own box."""
    page.set_viewport_size(viewport)
    return list(
        page.evaluate(
            """() => {
              const root = document.documentElement;
              const wide = [...document.querySelectorAll("main *")].filter((each) =>
                each.getBoundingClientRect().right > root.clientWidth + 1 ||
                (each.matches("button, th, td, a, label, h1, h2") && !each.matches(".unseen") &&
                 each.scrollWidth > each.clientWidth + 1 &&
                 getComputedStyle(each).display !== "inline"));
              if (root.scrollWidth > root.clientWidth) wide.push(root);
              return wide.map((each) => `${root.clientWidth}: ${each.outerHTML.slice(0, 120)}`);
            }"""
        )
    )


def test_axe_finds_nothing_and_nothing_scrolls_sideways_in_any_state(
    house: House, open_alone: Open
) -> None:
    house.change("ana", {"description": LONG})
    page = open_alone(color_scheme="light")
    page.add_init_script(SCRIPT)  # sent once, not to each document
    found: dict[str, list[str]] = {}
    for name, reach in STATES.items():
        page.set_viewport_size(WIDE)
        reach(house, page)
        found[name] = troubles(page, **AXE)
        found[name] += overflow(page, WIDE) + overflow(page, NARROW)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_text_of_twice_the_size_loses_nothing(house: House, open_alone: Open) -> None:
    page = open_alone()
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for name in ("month", "list", "zones found", "form", "form with errors", "confirmed"):
        STATES[name](house, page)
        size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)")
        assert size >= 44
        for width in (320, 640, 1280):
            assert overflow(page, {"width": width, "height": 800}) == [], name


def test_days_and_their_names_grow_with_the_text_on_a_narrow_page_too(
    house: House, open_alone: Open
) -> None:
    page = open_alone(viewport={"width": 320, "height": 800})
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for lang in ("en", "de", "fr", "pt", "ar", "he", "hi", "ja", "uk", "tr"):
        page.goto(f"{house.widget}{PICKER}?lang={lang}&date=2026-12-23")
        for part, least in [("th", 24), ("td", 30)]:
            style = f"getComputedStyle(document.querySelector('{part}')).fontSize"
            assert page.evaluate(f"parseFloat({style})") >= least
        assert overflow(page, {"width": 320, "height": 800}) == [], lang


def test_reduced_motion_and_forced_colours_are_respected(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}{PICKER}?date=2026-12-03", reduced_motion="reduce")
    style = "getComputedStyle(document.querySelector('{}'))['{}']"
    page.evaluate("document.querySelector('main').classList.add('htmx-request')")
    assert page.evaluate(style.format(".pick", "transitionProperty")) == "none"
    page.emulate_media(reduced_motion="no-preference", forced_colors="active")
    assert page.evaluate(style.format(".pick", "transitionDuration")) == "0.15s"
    for control in ("td button", ".slots button", "button.icon"):
        assert page.evaluate(style.format(control, "borderTopStyle")) == "solid"
        assert page.evaluate(style.format(control, "borderTopColor")) == page.evaluate(
            style.format("h1", "color")
        )
    chosen, others = (
        page.evaluate(style.format(f"td button{each}", "backgroundColor"))
        for each in ("[aria-pressed]", ":not([aria-pressed])")
    )
    assert chosen != others
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_forced_colours_tell_the_chosen_tab_and_a_date_of_its_own(
    house: House, open_alone: Open
) -> None:
    house.change("ana", date_overrides={"2026-12-24": []})
    page = signed_in(open_alone(), house)
    page.emulate_media(forced_colors="active")
    page.goto(f"{house.widget}/settings?month=2026-12")
    ink = "(each) => getComputedStyle(each).borderBottomColor"
    for marked, other in [
        (".tabs [aria-current]", ".tabs a:not([aria-current])"),
        ("#date-2026-12-24", "#date-2026-12-25"),
    ]:
        inks = [page.locator(each).first.evaluate(ink) for each in (marked, other)]
        assert inks[0] != inks[1]


# --- by keyboard alone --------------------------------------------------------------------------


def tab_to(page: Page, selector: str) -> None:
    """Tab on to the first such element; whatever gets the focus on the way shows it."""
    for _press in range(60):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              return style.outlineStyle !== "none" && parseFloat(style.outlineWidth);
            }"""
        )
        assert outline >= 2, page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab never reaches {selector}")


def on(page: Page) -> str:
    """The day that has the focus, a free one or not."""
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_the_month_is_walked_by_arrow_keys_as_the_aria_grid_has_it(
    house: House, open_alone: Open
) -> None:
    page = open_alone(f"{house.widget}{PICKER}?tz=Europe/Lisbon&date=2026-12-03")
    page.wait_for_function("() => window.htmx")
    grid = page.get_by_role("grid", name=THESE_WEEKS)
    assert grid.get_by_role("row").count() == 6
    assert grid.get_by_role("columnheader").first.inner_text() == "Mon"
    assert grid.locator("[tabindex='0']").count() == 1
    page.locator("#day-2026-12-03").focus()
    walked = []
    for key in ("Right", "Right", "Right", "Down", "Left", "Up", "Home", "End"):
        page.keyboard.press(key if key in ("Home", "End") else f"Arrow{key}")
        walked.append(on(page))
    assert walked == ["4", "5", "6", "13", "12", "5", "30", "6"]  # the 6th is not free
    assert page.evaluate("document.activeElement.ariaDisabled") == "true"
    for key, month, day in [
        ("PageDown", "January 2027", "6"),
        ("PageUp", "December 2026", "6"),
        ("ArrowUp", THESE_WEEKS, "30"),
        ("ArrowDown", THESE_WEEKS, "7"),
        ("Home", THESE_WEEKS, "7"),
    ]:
        page.keyboard.press(key)
        expect(page.locator("#month")).to_have_text(month)
        page.wait_for_function("day => document.activeElement.textContent.trim() === day", arg=day)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    day = page.get_by_role("button", name="Tuesday, 8 December 2026")
    expect(day).to_have_attribute("aria-pressed", "true")
    expect(day).to_be_focused()
    page.get_by_role("button", name="Next month").focus()
    page.keyboard.press("Enter")  # into the last month, where there is no such button
    expect(page.get_by_role("heading", name="January 2027", exact=True)).to_be_focused()


def test_right_to_left_the_arrow_keys_go_where_they_point(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}{PICKER}?lang=ar&date=2026-12-03")
    page.wait_for_function("() => window.htmx")
    page.locator("#day-2026-12-03").focus()
    page.keyboard.press("ArrowLeft")
    assert on(page) == "4"
    page.keyboard.press("ArrowRight")
    assert on(page) == "3"


def test_the_whole_journey_by_keyboard_alone(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}{PICKER}?tz=Europe/Lisbon&month=2027-01")
    page.wait_for_function("() => window.htmx")
    heard = """() => {
      window.heard = [];
      new MutationObserver(() => window.heard.push(document.getElementById("live").textContent))
        .observe(document.getElementById("live"), { childList: true, characterData: true });
    }"""
    page.evaluate(heard)
    tab_to(page, "#month-previous")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="December 2026", exact=True)).to_be_visible()
    expect(page.locator("#month-previous")).to_be_focused()
    tab_to(page, "td button")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#day-2026-12-08")).to_be_focused()
    expect(page.locator("#day-2026-12-08")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => window.heard.length >= 2")
    said = page.evaluate("window.heard")
    assert [text.partition(" on ")[2] for text in said] == [
        "Tuesday, 1 December 2026",
        "Tuesday, 8 December 2026",
    ]  # one message for each change
    tab_to(page, "button[name=start]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    tab_to(page, "#field-name")
    page.keyboard.type("Gita Guest")
    tab_to(page, "#field-email")
    page.keyboard.type("gita@nowhere")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your e-mail address")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(".example")
    tab_to(page, "button.main")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are booked")).to_be_focused()
    tab_to(page, "a[data-meet-link]")
    [booking] = house.bookings()
    assert (booking["start"], booking["guest_email"]) == (
        "2026-12-08T09:00:00Z",
        "gita@nowhere.example",
    )
