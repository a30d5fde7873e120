"""The whole journey inside the iframe on the other origin, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import House, Open


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def fill(
    frame: FrameLocator | Page, name: str = "Gita Guest", email: str = "gita@guest.example"
) -> None:
    frame.get_by_label("Your name").fill(name)
    frame.get_by_label("Your e-mail address").fill(email)
    frame.get_by_role("button", name="Book this time").click()


def test_a_guest_books_inside_the_website(house: House, open_page: Open) -> None:
    page = open_page(f"{house.site}/")
    frame = frame_of(page)
    chosen = frame.locator("button[name=start]").first.get_attribute("value")
    frame.locator("button[name=start]").first.click()
    fill(frame)
    confirmation = frame.locator("[data-booking-status=confirmed]")
    expect(confirmation).to_be_visible()
    link = confirmation.locator("a[data-meet-link]")
    [event] = house.events()
    expect(link).to_have_attribute("href", event["hangoutLink"])
    expect(link).to_have_attribute("target", "_blank")
    [booking] = house.bookings()
    assert (booking["start"], booking["status"]) == (chosen, "confirmed")
    assert page.url == f"{house.site}/"


def test_a_guest_books_with_javascript_off(house: House, open_page: Open) -> None:
    page = open_page(f"{house.site}/plain.html", java_script_enabled=False)
    frame = frame_of(page)
    frame.get_by_role("button", name="Next month").click()
    frame.get_by_role("button", name="Previous month").click()
    expect(frame.get_by_role("heading", name="December 2026", exact=True)).to_be_visible()
    frame.locator("[data-date='2026-12-03']").click()
    expect(frame.locator("[data-date='2026-12-03']")).to_have_attribute("aria-pressed", "true")
    frame.locator("button[name=start]").first.click()
    fill(frame)
    expect(frame.locator("[data-booking-status=confirmed] a[data-meet-link]")).to_be_visible()
    assert [booking["start"] for booking in house.bookings()] == ["2026-12-03T09:00:00Z"]


def test_a_guest_books_with_cookies_and_storage_blocked(
    house: House, without_storage: Open, subtests: pytest.Subtests
) -> None:
    for number, path in enumerate(("", "plain.html"), 1):
        with subtests.test(path or "with the script"):
            page = without_storage(f"{house.site}/{path}")
            blocked = page.evaluate(
                "() => { try { localStorage.setItem('a', 'b'); return false }"
                " catch { return true } }"
            )
            assert blocked
            frame = frame_of(page)
            frame.locator("button[name=start]").first.click()
            fill(frame)
            expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible()
            assert len(house.events()) == number
            assert page.context.cookies() == []


def test_nothing_is_left_in_the_browser_of_who_has_booked(house: House, open_page: Open) -> None:
    """Alone in its window, where the browser would let it."""
    page = open_page(f"{house.widget}/book/ana/intro")
    page.locator("button[name=start]").first.click()
    fill(page)
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()
    assert page.context.storage_state() == {"cookies": [], "origins": []}
    assert page.evaluate("sessionStorage.length") == 0


def test_after_booking_the_site_goes_on_to_the_hosts_page(house: House, open_page: Open) -> None:
    house.change("ana", {"redirect_url": "https://thanks.example/booked"})
    page = open_page()
    page.route("https://thanks.example/**", lambda route: route.fulfill(body="Thank you"))
    page.goto(f"{house.site}/")
    frame_of(page).locator("button[name=start]").first.click()
    fill(frame_of(page))
    page.wait_for_url("https://thanks.example/booked")
    assert len(house.events()) == 1


def test_without_javascript_a_link_leads_on_to_the_hosts_page(
    house: House, open_page: Open
) -> None:
    house.change("ana", {"redirect_url": "https://thanks.example/booked"})
    page = open_page(f"{house.site}/plain.html", java_script_enabled=False)
    frame_of(page).locator("button[name=start]").first.click()
    fill(frame_of(page))
    link = frame_of(page).get_by_role("link", name="Continue")
    expect(link).to_have_attribute("href", "https://thanks.example/booked")
    expect(link).to_have_attribute("target", "_top")
