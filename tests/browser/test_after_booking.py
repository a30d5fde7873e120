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
def test_the_way_back_from_a_booking_shows_no_error(
    house: House, open_page: Open, script: bool
) -> None:
    page = open_page(f"{house.widget}{PICKER}", java_script_enabled=script)
    book(page)
    page.go_back()
    expect(page.locator("#picker[data-step=times]")).to_be_visible()
    expect(page.locator("[role=alert], [data-error]")).to_have_count(0)
    if not script:  # the form's own address: its time is this guest's now
        expect(page.get_by_role("status").first).to_contain_text("your booking stands")
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
