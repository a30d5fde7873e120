"""What stays when the script, the frame or the server fails."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    FLOATING,
    INLINE,
    POPUP,
    RECORD,
    Held,
    framed,
    seen,
    until_ready,
    until_seen,
)


@pytest.mark.parametrize("markup", [INLINE, POPUP, FLOATING], ids=["inline", "popup", "floating"])
def test_the_plain_link_stays_when_the_server_is_down(
    house: House, open_alone: Open, markup: str
) -> None:
    page = open_alone()
    page.route(f"{house.widget}/embed.js", lambda route: route.abort())
    page.goto(house.embed(markup))
    page.unroute(f"{house.widget}/embed.js")
    page.get_by_role("link", name="Book a call").click()
    expect(page.locator("button[name=start]").first).to_be_visible()
    assert page.url.startswith(house.widget)


@pytest.mark.parametrize("mode", ["inline", "popup", "link"])
def test_a_frame_that_is_not_ready_in_8_seconds_says_so_and_offers_the_link(
    house: House, open_alone: Open, mode: str
) -> None:
    markup = {
        "inline": INLINE,
        "popup": POPUP,
        "link": '<a href="#" data-meetslot="ana/intro">Book a call</a>',
    }
    page = open_alone()
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # a slow machine's own seconds do not count
    page.route("**/book/ana/intro?*", lambda route: route.abort())
    page.goto(house.embed(markup[mode], head=RECORD))
    page.wait_for_function("() => window.Meetslot")
    if mode != "inline":
        page.get_by_text("Book a call").filter(visible=True).click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('meetslot-booking')].some((each) => each.frame)"
    )
    said = page.get_by_text("The calendar is not loading.")
    page.clock.run_for(6500)
    expect(said).to_be_hidden()
    page.clock.run_for(1500)
    expect(said).to_be_visible()
    until_seen(page, "error")
    assert [each["detail"] for each in seen(page, "error")] == [{"code": "not_ready"}]
    if mode == "inline":
        expect(page.get_by_role("link", name="Book a call")).to_be_visible()
    page.unroute("**/book/ana/intro?*")
    with page.context.expect_page() as other:
        page.get_by_role("link", name="Open the booking page").click()
    expect(other.value.locator("button[name=start]").first).to_be_visible()


def test_a_frame_that_is_not_ready_says_so_in_the_visitors_language(
    house: House, open_alone: Open
) -> None:
    page = open_alone(locale="ar")
    page.clock.install()
    page.route("**/book/ana/intro?*", lambda route: route.abort())
    page.goto(house.embed(INLINE))
    page.wait_for_function("() => document.querySelector('meetslot-booking').frame")
    page.clock.run_for(8000)
    said = page.get_by_text("التقويم لا يُحمَّل.")
    expect(said).to_be_visible()
    assert said.evaluate("said => getComputedStyle(said).direction") == "rtl"
    expect(page.get_by_role("link", name="فتح صفحة الحجز")).to_be_visible()


def test_a_frame_that_is_late_is_shown_all_the_same(house: House, open_alone: Open) -> None:
    page = open_alone()
    page.clock.install()
    waiting = Held(page, "**/book/ana/intro?*")
    page.goto(house.embed(INLINE), wait_until="commit")
    page.wait_for_function("() => document.querySelector('meetslot-booking').frame")
    page.clock.run_for(8100)
    expect(page.get_by_text("The calendar is not loading.")).to_be_visible()
    waiting.release()
    until_ready(page)
    expect(page.get_by_text("The calendar is not loading.")).to_be_hidden()
    expect(framed(page).locator("button[name=start]").first).to_be_visible()
