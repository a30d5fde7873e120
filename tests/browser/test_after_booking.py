"""What a guest meets after each step: the way back tells no untruth, and the focus goes along."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import INLINE, RECORD, book, choose, fill, framed, seen, until_seen

PICKER = "/book/ana/intro?tz=Europe/Lisbon&date=2026-12-03"
PLAIN = '<iframe src="{{widget}}/book/ana/intro" style="width:100%;height:900px"></iframe>'


def heading(page: Page | FrameLocator, name: str) -> None:
    """The step is there, and its heading has the focus: a screen reader says it."""
    expect(page.get_by_role("heading", level=1, name=name)).to_be_focused()


# --- the way back -------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_way_back_from_a_booking_tells_no_untruth(
    house: House, open_page: Open, script: bool
) -> None:
    page = open_page(f"{house.widget}{PICKER}", java_script_enabled=script)
    book(page)
    page.go_back()
    expect(page.locator("#picker[data-step=times]")).to_be_visible()
    if script:
        expect(page.locator("[role=alert], [data-error]")).to_have_count(0)
    else:  # the form's own address: its time is this guest's now
        expect(page.get_by_role("alert")).to_contain_text("your booking stands")
    page.go_forward()
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()
    assert [each["status"] for each in house.bookings()] == ["confirmed"]


def test_going_back_inside_a_site_is_no_error_and_no_second_booking(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")
    page.evaluate("history.back()")
    expect(framed(page).locator("#picker[data-step=times]")).to_be_visible()
    page.evaluate("history.forward()")
    expect(framed(page).locator("[data-booking-status=confirmed]")).to_be_visible()
    assert len(seen(page, "booked")) == 1
    assert seen(page, "error") == []


def test_going_back_after_moving_a_booking_does_not_ask_to_move_it_again(
    house: House, open_page: Open
) -> None:
    page = open_page(f"{house.widget}{PICKER}", java_script_enabled=False)
    book(page)
    page.locator("a[data-reschedule]").click()
    page.locator("button[name=start]").last.click()
    page.locator("#reschedule-form button").click()
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()


# --- the focus ------------------------------------------------------------------------------------


def test_the_focus_lands_on_the_heading_of_each_step(house: House, open_page: Open) -> None:
    page = open_page(f"{house.widget}{PICKER}")
    page.wait_for_function("() => window.htmx")
    choose(page)
    heading(page, "Find your course")
    fill(page)
    heading(page, "You are booked")
    page.locator("a[data-reschedule]").click()
    heading(page, "New time: Find your course")
    page.get_by_role("button", name="Change time zone").click()
    expect(page.get_by_label("City or country")).to_be_focused()
    page.get_by_role("button", name="Your device: Lisbon").click()
    expect(page.get_by_role("button", name="Change time zone")).to_be_focused()
    page.locator("button[name=start]").last.click()
    heading(page, "Move this booking?")
    page.locator("#reschedule-form button.main").click()
    heading(page, "You are booked")
    page.locator("summary").filter(has_text="Cancel this booking").click()
    page.locator("#cancel-form button").click()
    heading(page, "This booking was cancelled")
    page.get_by_role("link", name="Book another time").click()
    heading(page, "Find your course")


def test_a_pending_booking_keeps_what_is_typed_and_says_when_it_is_confirmed(
    house: House, open_alone: Open
) -> None:
    page = open_alone()
    page.clock.install()
    page.goto(f"{house.widget}{PICKER}")
    page.wait_for_function("() => window.htmx")
    house.fault("calendar.events.insert", cut="after")
    house.fault("calendar.events.get", status=503, times=100)
    choose(page)
    fill(page)
    heading(page, "Almost there")
    page.get_by_text("Cancel this booking").click()
    page.get_by_label("Why?").fill("I am ill")
    with page.expect_response("**/booking/**"):
        page.clock.run_for(31_000)
    expect(page.get_by_label("Why?")).to_be_focused()
    expect(page.get_by_label("Why?")).to_have_value("I am ill")
    house.control("faults", "DELETE")
    page.clock.run_for(31_000)
    heading(page, "You are booked")


def test_a_change_that_is_refused_keeps_the_focus_on_the_page(
    house: House, open_page: Open
) -> None:
    page = open_page(f"{house.widget}{PICKER}")
    book(page)
    page.get_by_text("Cancel this booking").click()
    house.fault("calendar.events.delete", status=503, times=100)
    house.fault("calendar.events.get", status=503, times=100)
    page.locator("#cancel-form button").click()
    heading(page, "Being cancelled")


def test_later_and_earlier_days_begin_at_the_first_of_them(house: House, open_page: Open) -> None:
    page = open_page(f"{house.widget}/book/ana/intro?tz=Europe/Lisbon&view=list")
    page.wait_for_function("() => window.htmx")
    for button in ("Later days", "Earlier days"):
        page.get_by_role("button", name=button).click()
        expect(page.locator(".times h2").first).to_be_focused()
        expect(page.locator(".times h2").first).to_be_in_viewport()


# --- the zone -------------------------------------------------------------------------------------


def test_times_are_in_the_guests_zone_on_pages_reached_by_a_link_too(
    house: House, open_page: Open
) -> None:
    page = open_page(f"{house.widget}/book/ana?utm_source=news", timezone_id="Asia/Tokyo")
    page.wait_for_function("() => window.htmx")
    page.get_by_role("link", name="Find your course").click()
    expect(page.locator(".zone")).to_contain_text("Tokyo")
    assert "utm_source=news" in page.url


# --- a time that goes -----------------------------------------------------------------------------


def gone(house: House, page: Page, start: str) -> None:
    """Somebody else takes it, and the page looks again."""
    house.add_busy("ana@sailing.example", start, f"{start[:14]}59:00Z")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_time_that_goes_is_seen_where_the_guest_types_and_told_to_the_site(
    house: House, open_page: Open
) -> None:
    asked = [
        {"id": f"q{n}", "label": f"Q{n}", "kind": "long_text", "required": False} for n in range(9)
    ]
    house.change("ana", {"questions": asked, "buffer_before": 0, "buffer_after": 0})
    page = open_page(f"{house.widget}{PICKER}", viewport={"width": 400, "height": 800})
    choose(page)
    page.get_by_text("Add a note").click()
    for label in ("Your name", "Anything to prepare?"):
        page.get_by_label(label).focus()
        gone(house, page, "2026-12-03T09:00:00Z")
        alert = page.get_by_role("alert")
        expect(alert).to_be_in_viewport()
        expect(page.get_by_label(label)).to_be_focused()
    page = open_page(house.embed(INLINE, head=RECORD))
    start = choose(framed(page))
    house.add_busy("ana@sailing.example", start, f"{start[:11]}23:00:00Z")
    framed(page).locator("body").evaluate(
        "() => document.dispatchEvent(new Event('visibilitychange'))"
    )
    until_seen(page, "error")
    assert seen(page, "error")[0]["detail"] == {"code": "slot_taken"}


def test_a_new_time_that_goes_before_it_is_confirmed_is_said_with_others(
    house: House, open_page: Open
) -> None:
    house.change("ana", {"buffer_before": 0, "buffer_after": 0})
    page = open_page(f"{house.widget}{PICKER}")
    book(page)
    page.goto(f"{page.url}/reschedule?start=2026-12-04T10:00:00Z")
    page.wait_for_function("() => window.htmx")
    gone(house, page, "2026-12-04T10:00:00Z")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("your booking was not moved")
    alert.get_by_role("button", name="11:00").click()
    expect(page.locator("#picker")).to_have_attribute("data-start", "2026-12-04T11:00:00Z")
    page.get_by_role("button", name="Move the booking").click()
    heading(page, "You are booked")
    assert [each["start"] for each in house.bookings()] == ["2026-12-04T11:00:00Z"]
