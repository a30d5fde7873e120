"""The settings page in Chromium: as a new host, with JavaScript and without, by keyboard, on a
phone, in two windows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.axe import ASKED, troubles
from tests.browser.conftest import House, Open

BOTH = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["script", "plain"])
SIZES: dict[str, Any] = {
    "wide": {"width": 1280, "height": 900},
    "phone": {"width": 360, "height": 740},
    "narrow": {"width": 320, "height": 640},
}
#: A width at which the stylesheet hides nothing that it shows at others: for all colours.
COLOURFUL: Any = {"width": 700, "height": 900}
COLOURS = ["color-contrast", "link-in-text-block"]  # what a scheme changes, and no size does
AXE: dict[str, Any] = {"light": ASKED, "dark": {"runOnly": COLOURS}}
OTHERS = {"rules": {**ASKED["rules"], **{rule: {"enabled": False} for rule in COLOURS}}}
CLICKS = 8  # a new host needs no more, from the start page to the snippet and back


def sign_in(page: Page, house: House, name: str = "Ana Silva") -> Page:
    page.goto(f"{house.widget}/login")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    page.wait_for_load_state()  # its scripts have run
    return page


def signed_in(page: Page, house: House, query: str = "") -> Page:
    """Ana's settings page, with the session that she has signed in to before the first test."""
    cookies = [{"name": n, "value": v, "url": house.widget} for n, v in house.session.items()]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.goto(f"{house.widget}/settings{query}")
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    return page


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def save(part: Locator) -> None:
    part.get_by_role("button", name="Save", exact=True).click()
    expect(part.get_by_text("Saved.", exact=True)).to_be_visible()


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("#preview-frame")


def exported(house: House, handle: str = "ana") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(house.command("settings", "export", handle))
    return document


# --- a new host -----------------------------------------------------------------------------------


@BOTH
def test_a_new_host_gets_from_the_consent_page_to_a_snippet_that_works(
    house: House, open_alone: Open, java_script_enabled: bool
) -> None:
    page = open_alone(house.widget, java_script_enabled=java_script_enabled)
    clicks = 0

    def click(target: Locator) -> None:
        nonlocal clicks
        target.click()
        clicks += 1

    click(page.get_by_role("link", name="Sign in with Google"))
    click(page.get_by_role("button", name="Chidi Anagonye"))
    expect(preview(page).locator("button[name=start]").first).to_be_visible()
    part = section(page, "On your website")
    if not java_script_enabled:  # a site on which scripts do not run needs the other way
        click(part.get_by_role("link", name="Without a script"))
        expect(part.get_by_label("Snippet")).to_have_value(re.compile("^<iframe "))
    snippet = part.get_by_label("Snippet").input_value()
    address = house.put(
        "chidi.html",
        f"<!doctype html><html lang=en><title>Chidi</title><link rel=icon href=data:,>{snippet}",
    )

    site = open_alone(address, java_script_enabled=java_script_enabled)
    frame = site.frame_locator("iframe")
    frame.locator("button[name=start]").first.click()
    frame.get_by_label("Your name").fill("Gita Guest")
    frame.get_by_label("Your e-mail address").fill("gita@guest.example")
    frame.get_by_role("button", name="Book this time").click()
    expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible()
    assert [booking["guest_name"] for booking in house.bookings("chidi")] == ["Gita Guest"]

    part.get_by_label("Address of your page").fill(address)
    click(part.get_by_role("button", name="Look"))
    expect(part.get_by_text(f"Seen on {house.site}")).to_be_visible()
    assert clicks <= CLICKS


@BOTH
def test_every_section_is_saved_and_seen(
    house: House, open_alone: Open, java_script_enabled: bool
) -> None:
    page = signed_in(open_alone(java_script_enabled=java_script_enabled), house)
    you = section(page, "You")
    you.get_by_label("Name that guests see").fill("Ana of the sea")
    save(you)
    look = section(page, "Look")
    look.get_by_label("Dark", exact=True).check()
    save(look)
    hours = section(page, "Weekly hours")
    hours.get_by_role("button", name="Add hours on Sunday").click()
    expect(hours.get_by_label("Sunday, hours 1, from")).to_have_value("09:00")
    hours.get_by_label("Sunday, hours 1, to").fill("10:00")
    save(hours)
    dates = section(page, "Other hours on single dates")
    dates.get_by_role("link", name="Next month").click()
    dates.get_by_role("link", name=re.compile("24 December")).click()
    expect(dates.get_by_label("First date")).to_have_value("2026-12-24")
    dates.get_by_role("link", name=re.compile("26 December")).click()
    expect(dates.get_by_label("Last date")).to_have_value("2026-12-26")
    save(dates)
    sites = section(page, "Allowed sites")
    sites.get_by_label(re.compile("Sites that may")).fill(house.site)
    save(sites)
    kinds = section(page, "Event types")
    kinds.get_by_role("link", name="Skipper's briefing", exact=True).click()
    editor = kinds.get_by_role("form", name="Skipper's briefing")
    editor.get_by_label("Length").fill("90")
    editor.get_by_role("button", name="Add a question").click()
    editor.get_by_label("Text").fill("Which boat?")
    save(editor)
    kinds.get_by_role("button", name="Move Skipper's briefing up").click()
    expect(kinds.get_by_role("listitem").first).to_contain_text("Skipper's briefing")

    document = exported(house)
    assert document["display_name"] == "Ana of the sea"
    assert document["theme"]["mode"] == "dark"
    assert document["weekly_hours"]["sun"] == [["09:00", "10:00"]]
    assert document["date_overrides"] == {f"2026-12-{day}": [] for day in (24, 25, 26)}
    assert document["allowed_sites"] == [house.site]
    first = document["event_types"][0]
    assert (first["slug"], first["duration"]) == ("skipper", 90)
    assert first["questions"][0]["id"] == "which-boat"
    guest = open_alone(f"{house.widget}/book/ana/intro?date=2026-12-06")
    expect(guest.locator("button[name=start]").first).to_contain_text("09:00")
    expect(guest.locator("html")).to_have_attribute("data-theme", "dark")


# --- what JavaScript adds --------------------------------------------------------------------


def test_the_preview_follows_what_is_typed_and_stays_the_pickers_own(
    house: House, open_alone: Open
) -> None:
    page = signed_in(open_alone(), house)
    shown = preview(page)
    expect(shown.get_by_role("heading", name="Find your course")).to_be_visible()
    section(page, "Look").get_by_label("Dark", exact=True).check()
    expect(shown.locator("html")).to_have_attribute("data-theme", "dark")
    hours = section(page, "Weekly hours")
    end = hours.get_by_label("Monday, hours 1, to").input_value()
    hours.get_by_label("Monday, hours 1, from").fill(end)
    said = page.locator("#preview-said")
    expect(said).to_contain_text("must start before it ends")
    hours.get_by_label("Monday, hours 1, from").fill("11:00")
    expect(said).to_have_text("Follows what you type, before you save.")
    expect(shown.locator("button[name=start]").first).to_contain_text("11:00")
    kinds = section(page, "Event types")
    kinds.get_by_role("link", name="Skipper's briefing", exact=True).click()
    expect(shown.get_by_role("heading", name="Skipper's briefing")).to_be_visible()
    kinds.get_by_label("Title", exact=True).fill("Typed, not saved")
    expect(shown.get_by_role("heading", name="Typed, not saved")).to_be_visible()
    shown.get_by_role("button", name="Next month").click()
    expect(shown.get_by_role("heading", name="January 2027", exact=True)).to_be_visible()
    expect(shown.get_by_role("heading", name="Skipper's briefing")).to_be_visible()  # as saved
    shown.locator("button[name=start]").first.click()
    expect(shown.get_by_label("Your name")).to_be_visible()
    assert exported(house)["event_types"][1]["title"] == "Skipper's briefing"


def test_without_javascript_a_button_shows_the_preview_before_saving(
    house: House, open_alone: Open
) -> None:
    page = signed_in(open_alone(java_script_enabled=False), house)
    hours = section(page, "Weekly hours")
    hours.get_by_label("Monday, hours 1, from").fill("11:30")
    hours.get_by_role("button", name="Show what guests would see").click()
    expect(preview(page).locator("button[name=start]").first).to_contain_text("11:30")
    expect(hours.get_by_label("Monday, hours 1, from")).to_have_value("11:30")
    assert exported(house)["weekly_hours"]["mon"][0][0] == "09:00"


def at_work_on(house: House, page: Page, way: str) -> Locator:
    """The section with the snippet, where it is shown at work."""
    part = section(signed_in(page, house, f"?embed={way}"), "On your website")
    part.get_by_text("See it at work").click()
    return part


@pytest.mark.parametrize("way", ["inline", "iframe"])
def test_the_snippet_is_seen_at_work_on_the_page_itself(
    house: House, open_alone: Open, way: str
) -> None:
    part = at_work_on(house, open_alone(), way)
    at_work = part.frame_locator("iframe").frame_locator("iframe")
    expect(at_work.locator("button[name=start]").first).to_be_visible()


@pytest.mark.parametrize("way", ["popup", "floating"])
def test_a_button_opens_the_times_over_the_page_that_shows_it_at_work(
    house: House, open_alone: Open, way: str
) -> None:
    part = at_work_on(house, open_alone(), way)
    at_work = part.frame_locator("iframe")
    part.locator("iframe").scroll_into_view_if_needed()
    at_work.get_by_role("button", name="Book a call").click()
    times = at_work.get_by_role("dialog").frame_locator("iframe")
    expect(times.get_by_role("heading", name="Find your course")).to_be_in_viewport()
    times.locator("button[name=start]").first.click()
    expect(times.get_by_label("Your name")).to_be_visible()


def test_a_save_leaves_what_is_typed_elsewhere_alone(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    you, sites = section(page, "You"), section(page, "Allowed sites")
    sites.get_by_label(re.compile("Sites that may")).fill("https://typed.example")
    you.get_by_label("Your address").fill("silva")
    expect(you.get_by_text("This one is free.")).to_be_visible()
    save(you)
    expect(sites.get_by_label(re.compile("Sites that may"))).to_have_value("https://typed.example")
    snippet = section(page, "On your website").get_by_label("Snippet")
    expect(snippet).to_have_value(re.compile('host="silva"'))
    expect(page.locator("#live")).to_have_text("Saved.")
    save(sites)
    assert exported(house, "silva")["allowed_sites"] == ["https://typed.example"]


def test_a_save_that_does_not_arrive_is_told_and_loses_nothing(
    house: House, open_alone: Open
) -> None:
    page = signed_in(open_alone(), house)
    you = section(page, "You")
    you.get_by_label("Name that guests see").fill("Typed for long")
    page.context.set_offline(True)
    you.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#live")).to_contain_text("nothing was saved")
    expect(you.get_by_label("Name that guests see")).to_have_value("Typed for long")
    page.context.set_offline(False)
    save(you)
    assert exported(house)["display_name"] == "Typed for long"


def test_a_save_after_the_session_ended_loses_nothing(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    you = section(page, "You")
    you.get_by_label("Name that guests see").fill("Typed for long")
    page.context.clear_cookies()
    you.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#live")).to_contain_text("Sign in again in another tab")
    expect(you.get_by_label("Name that guests see")).to_have_value("Typed for long")
    sign_in(page.context.new_page(), house)
    you.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#live")).to_contain_text("Please save once more")
    save(you)
    assert exported(house)["display_name"] == "Typed for long"


def test_the_snippet_is_copied(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(permissions=["clipboard-read", "clipboard-write"]), house)
    part = section(page, "On your website")
    part.get_by_role("button", name="Copy").click()
    expect(part.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == part.get_by_label("Snippet").input_value()


def test_a_copy_that_the_browser_refuses_is_told(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )
    part = section(page, "On your website")
    part.get_by_role("button", name="Copy").click()
    expect(page.locator("#live")).to_contain_text("press Ctrl+C")
    expect(page.locator("#live")).to_be_in_viewport()
    chosen = page.evaluate("document.getElementById('snippet-text').selectionEnd")
    assert chosen == len(part.get_by_label("Snippet").input_value())


@pytest.mark.parametrize("way", ["popup", "floating"])
def test_the_snippets_button_has_the_hosts_colour(house: House, open_alone: Open, way: str) -> None:
    house.change("ana", theme={"accent": "008080", "mode": "auto"})
    part = at_work_on(house, open_alone(), way)
    button = part.frame_locator("iframe").get_by_role("button", name="Book a call")
    expect(button).to_have_css("background-color", "rgb(0, 128, 128)")


def test_a_colour_is_checked_while_it_is_chosen(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    look = section(page, "Look")
    look.get_by_label("Colour").fill("#ffff00")
    expect(look.locator("#accent-said")).to_contain_text("On light pages: changed to")


def test_a_site_comes_alive_by_itself(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    part = section(page, "On your website")
    part.get_by_label("Address of your page").fill(house.site)
    part.get_by_role("button", name="Look").click()
    expect(part.get_by_text("Not seen on")).to_be_visible()
    open_alone(f"{house.site}/plain.html")
    expect(part.get_by_text(f"Seen on {house.site}")).to_be_visible()


# --- faults and two windows ------------------------------------------------------------------


@BOTH
def test_a_fault_is_told_at_its_field_and_in_a_summary_that_leads_there(
    house: House, open_alone: Open, java_script_enabled: bool
) -> None:
    page = signed_in(open_alone(java_script_enabled=java_script_enabled), house)
    hours = section(page, "Weekly hours")
    start = hours.get_by_label("Monday, hours 1, from").input_value()
    hours.get_by_label("Monday, hours 1, to").fill(start)
    hours.get_by_label("Friday, hours 1, from").fill("07:30")
    hours.get_by_role("button", name="Save", exact=True).click()
    alert = hours.get_by_role("alert")
    expect(alert).to_contain_text("must start before it ends")
    alert.get_by_role("link").click()
    expect(page).to_have_url(re.compile("#hours-weekly_hours-mon-0$"))
    field = hours.get_by_label("Monday, hours 1, from")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("must start before it ends")
    expect(hours.get_by_label("Friday, hours 1, from")).to_have_value("07:30")
    hours.get_by_label("Monday, hours 1, to").fill("12:00")
    save(hours)


@BOTH
def test_the_later_of_two_windows_is_told_and_keeps_what_was_typed(
    house: House, open_alone: Open, java_script_enabled: bool
) -> None:
    one = signed_in(open_alone(java_script_enabled=java_script_enabled), house)
    other = one.context.new_page()
    other.goto(f"{house.widget}/settings")
    for page, name in ((one, "From one"), (other, "From the other")):
        section(page, "You").get_by_label("Name that guests see").fill(name)
    save(section(one, "You"))
    section(other, "You").get_by_role("button", name="Save", exact=True).click()
    told = section(other, "You").get_by_role("alert")
    expect(told).to_contain_text("Another window changed “You” meanwhile")
    name = section(other, "You").get_by_label("Name that guests see")
    expect(name).to_have_value("From the other")
    assert exported(house)["display_name"] == "From one"
    save(section(other, "You"))
    assert exported(house)["display_name"] == "From the other"


# --- bookings --------------------------------------------------------------------------------


@BOTH
def test_a_host_moves_and_cancels_a_booking(
    house: House, open_alone: Open, java_script_enabled: bool
) -> None:
    guest = open_alone(f"{house.widget}/book/ana/intro?date=2026-12-01")
    guest.locator("button[name=start]").first.click()
    guest.get_by_label("Your name").fill("Gita Guest")
    guest.get_by_label("Your e-mail address").fill("gita@guest.example")
    guest.get_by_role("button", name="Book this time").click()
    expect(guest.locator("[data-booking-status=confirmed]")).to_be_visible()

    page = signed_in(open_alone(java_script_enabled=java_script_enabled), house)
    part = section(page, "Bookings")
    part.get_by_role("link", name="Move the booking of Gita Guest").click()
    page.locator("[data-date='2026-12-02']").click()
    page.locator("button[name=start][value='2026-12-02T14:00:00Z']").click()
    page.get_by_label("Message to the guest").fill("Sorry, there is fog.")
    if java_script_enabled:
        assert troubles(page, **AXE) == []
    page.get_by_role("button", name="Choose another time").click()
    page.locator("button[name=start][value='2026-12-02T14:30:00Z']").click()
    expect(page.get_by_label("Message to the guest")).to_have_value("Sorry, there is fog.")
    page.get_by_role("button", name="Move the booking").click()
    expect(part.get_by_text("Moved. Google tells the guest.")).to_be_visible()
    assert house.bookings()[0]["start"] == "2026-12-02T14:30:00Z"
    assert house.events()[0]["description"].startswith("Sorry, there is fog.")
    part.get_by_role("link", name="Cancel the booking of Gita Guest").click()
    part.get_by_role("button", name="Cancel this booking").click()
    expect(part.get_by_text("Cancelled. Google tells the guest.")).to_be_visible()
    assert house.bookings()[0]["status"] == "cancelled"
    assert house.events() == []


# --- for everybody ---------------------------------------------------------------------------


def nothing_wrong(page: Page, what: str) -> None:
    """At any size, and in any colour: these at one size, as axe needs most of its time for them."""
    page.set_viewport_size(COLOURFUL)
    assert troubles(page, light={"runOnly": COLOURS}, dark={"runOnly": COLOURS}) == [], what
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        assert troubles(page, light=OTHERS) == [], (what, name)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (what, name)


def test_axe_finds_nothing_and_nothing_sticks_out(house: House, open_alone: Open) -> None:
    week = exported(house)["weekly_hours"]
    house.change("ana", schedules=[{"id": "evenings", "name": "Evenings", "weekly_hours": week}])
    page = signed_in(open_alone(), house, "?link=intro")
    page.get_by_role("button", name="Make the link").click()
    expect(page.locator("#live")).to_have_text("The link is made.")
    views = [
        "/settings?event=intro&delete=skipper&show=past&embed=popup",
        "/settings?from=2026-12-24&to=2026-12-27&month=2026-12&site=nonsense&link=intro&times=intro",
        "/settings?why_event=intro&why_date=2026-12-01&why_time=03:10&embed=iframe",
        "/settings/account/delete",
        "/settings/preview/nothing",
        "/",
    ]
    for view in views:
        page.goto(f"{house.widget}{view}")
        nothing_wrong(page, view)
    page.goto(f"{house.widget}/settings?event=intro")
    kinds = section(page, "Event types")
    kinds.get_by_label("Length", exact=True).fill("0")
    for size in SIZES.values():
        page.set_viewport_size(size)
        dot, name = (
            kinds.locator(f".entry-what > {each}").first.bounding_box() for each in ("svg", "a")
        )
        assert dot
        assert name
        assert 0 < name["x"] - dot["x"] < 40, size  # beside each other
        expect(page.locator("#unsaved")).to_be_in_viewport()
    nothing_wrong(page, "typed")
    kinds.get_by_role("form", name="Find your course").get_by_role(
        "button", name="Save", exact=True
    ).click()
    expect(kinds.get_by_role("alert")).to_be_focused()
    nothing_wrong(page, "refused")


def test_the_page_is_used_by_keyboard_alone(house: House, open_alone: Open) -> None:
    page = signed_in(open_alone(), house)
    name = section(page, "You").get_by_label("Name that guests see")
    name.focus()
    page.keyboard.press("End")
    page.keyboard.type(" the second")
    page.keyboard.press("Enter")
    expect(section(page, "You").get_by_text("Saved.", exact=True)).to_be_visible()
    assert exported(house)["display_name"] == "Ana Silva the second"
    hours = section(page, "Weekly hours")
    before = exported(house)["weekly_hours"]
    hours.get_by_label("Monday, hours 1, from").focus()
    page.keyboard.press("Enter")  # saves, and presses none of the buttons that stand before
    expect(hours.get_by_text("Saved.", exact=True)).to_be_visible()
    assert exported(house)["weekly_hours"] == before
    kinds = section(page, "Event types")
    kinds.get_by_role("link", name="Find your course", exact=True).focus()
    page.keyboard.press("Enter")
    expect(kinds.get_by_label("Title", exact=True)).to_be_visible()
    kinds.get_by_role("button", name="Add a question").focus()
    page.keyboard.press("Space")
    expect(kinds.get_by_role("group", name="Question 3")).to_be_visible()
