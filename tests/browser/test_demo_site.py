"""The pages of the demo host's website, as make demo serves them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import book, framed, until, until_ready


@pytest.mark.parametrize("opener", ["Book the briefing", "Talk to Ana first", "Talk to Ana"])
def test_every_way_in_of_the_charter_page_books(house: House, open_page: Open, opener: str) -> None:
    page = open_page(f"{house.site}/charter.html")
    page.wait_for_function("() => window.Meetslot")
    page.get_by_text(opener, exact=True).filter(visible=True).click()
    expect(page.locator("meetslot-booking .box.ready")).to_have_count(1)
    book(page.frame_locator("meetslot-booking[mode=dialog] iframe"))
    assert len(house.events()) == 1


def test_the_logbook_swaps_the_widget_in_and_out(house: House, open_page: Open) -> None:
    page = open_page(f"{house.site}/app.html")
    until_ready(page)
    page.get_by_role("button", name="Log", exact=True).click()
    until(page, lambda: len(page.frames) == 1)
    page.get_by_role("button", name="Briefing").click()
    until_ready(page)
    expect(framed(page).get_by_role("heading", name="Skipper's briefing")).to_be_visible()
    page.get_by_role("button", name="Book", exact=True).click()
    book(framed(page))
    expect(page.get_by_role("list", name="Events")).to_contain_text("booked")
