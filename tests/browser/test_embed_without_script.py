"""Site builders that allow no script, and guests who switched it off."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import FLOATING, INLINE, POPUP, choose, fill

PLAIN = '<iframe src="{{widget}}/book/ana/intro%s" width="100%%" height="700"></iframe>'


def frame_of(house: House, open_page: Open, query: str = "") -> FrameLocator:
    address = house.put("plain.html", PLAIN % query)
    return open_page(address, java_script_enabled=False).frame_locator("iframe")


def test_a_guest_books_and_finds_everything_again(house: House, open_page: Open) -> None:
    frame = frame_of(house, open_page)
    start = choose(frame)
    fill(frame)
    expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible()
    expect(frame.locator("a[data-meet-link]")).to_be_visible()
    expect(frame.get_by_role("link", name="Calendar file (.ics)")).to_be_visible()
    assert [each["start"] for each in house.bookings()] == [start]


def test_a_guest_changes_month_and_zone(house: House, open_page: Open) -> None:
    frame = frame_of(house, open_page, "?tz=Europe/Lisbon")
    frame.get_by_role("button", name="Next month").click()
    expect(frame.locator("[data-date='2027-01-06']")).to_be_visible()
    frame.locator("[data-date='2027-01-06']").click()
    expect(frame.locator("[data-date='2027-01-06']")).to_have_attribute("aria-pressed", "true")
    first = frame.locator("button[name=start] time").first
    expect(first).to_have_text("09:00")
    frame.locator("#change-zone").click()
    frame.locator("button[name=tz][value='Asia/Tokyo']").click()
    expect(frame.locator("button[name=start] time").first).to_have_text("00:00")


def test_a_fault_keeps_what_was_typed(house: House, open_page: Open) -> None:
    frame = frame_of(house, open_page)
    start = choose(frame)
    house.add_busy("ana@sailing.example", start, f"{start[:11]}23:00:00Z")
    fill(frame)
    expect(frame.get_by_role("alert")).to_be_visible()
    shown = frame.locator("#month").inner_text()
    frame.get_by_role("button", name="Next month").click()
    expect(frame.locator("#month")).not_to_have_text(shown)
    frame.locator("[data-date]").first.click()
    choose(frame)
    expect(frame.locator("#field-name")).to_have_value("Gita Guest")
    frame.locator("#booking-form button[data-busy]").click()
    expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible()


def test_campaign_look_and_prefill_go_along(house: House, open_page: Open) -> None:
    query = "?utm_source=news&theme=dark&accent=aa3300&name=Gita&email=gita@guest.example"
    frame = frame_of(house, open_page, query)
    choose(frame)
    expect(frame.locator("#field-name")).to_have_value("Gita")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    frame.locator("#booking-form button[data-busy]").click()
    expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible()
    assert house.bookings()[0]["utm"] == {"utm_source": "news"}


@pytest.mark.parametrize("markup", [INLINE, POPUP, FLOATING], ids=["inline", "popup", "floating"])
def test_every_mode_is_a_plain_link(house: House, open_page: Open, markup: str) -> None:
    page = open_page(house.embed(markup), java_script_enabled=False)
    page.get_by_role("link", name="Book a call").click()
    choose(page)
    fill(page)
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()
