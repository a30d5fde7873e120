"""The floating button: where it stands."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import FLOATING, LONG, opened

BUTTON = "meetslot-booking[mode=floating] button"

# --- floating -----------------------------------------------------------------------------------


def test_the_floating_button_stands_where_it_is_told(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page()
    for position, direction, corner in (
        ("", "ltr", "bottom right"),
        ("", "rtl", "bottom left"),
        ("left", "ltr", "bottom left"),
        ("left", "rtl", "bottom left"),
        ("right", "rtl", "bottom right"),
        ("start", "ltr", "bottom left"),
        ("start", "rtl", "bottom right"),
        ("top", "ltr", "top right"),
        ("top-left", "ltr", "top left"),
        ("top right", "rtl", "top right"),
    ):
        markup = FLOATING.replace("mode=", f'position="{position}" mode=')
        script = f'<script>document.dir = "{direction}"</script>'
        with subtests.test(f"{position or 'as it is'}, {direction}"):
            page.goto(house.embed(LONG + script + markup))
            button = page.get_by_role("button", name="Book a call")
            assert standing(page, button) == corner
            button.click()
            opened(page)


def standing(page: Page, button: Locator) -> str:
    """The corner of the window, 16 px from both sides."""
    box, size = button.bounding_box(), page.viewport_size
    assert box
    assert size
    wide = page.evaluate("document.documentElement.clientWidth")
    above = {16: "top", size["height"] - 16 - box["height"]: "bottom"}.get(box["y"], "?")
    return f"{above} " + {16: "left", wide - 16 - box["width"]: "right"}.get(box["x"], "?")


def test_a_button_that_comes_and_goes_is_there_once(house: House, open_page: Open) -> None:
    page = open_page(house.embed(f'<div id="a">{FLOATING}</div><div id="b"></div>'))
    expect(page.locator(BUTTON)).to_have_count(1)
    page.evaluate("window.kept = a.firstChild; kept.remove()")
    expect(page.locator(BUTTON)).to_have_count(0)
    page.evaluate("b.append(kept)")
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    page.evaluate("kept.remove(); a.append(kept)")
    expect(page.locator("meetslot-booking dialog")).to_be_hidden()
    page.get_by_role("button", name="Book a call").click()
    opened(page)


def test_the_floating_button_keeps_the_distance_it_is_told(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page()
    for offset, position, below, beside in (
        ("80", "", 80, 16),
        ("80px", "", 80, 16),
        ("5rem", "left", 80, 16),
        ("80 24", "", 80, 24),
        ("80", "top", 80, 16),
        ("nonsense", "", 16, 16),
    ):
        markup = FLOATING.replace("mode=", f'position="{position}" offset="{offset}" mode=')
        with subtests.test(f"{offset} {position}"):
            page.goto(house.embed(f"<p>Short</p>{markup}"))
            box, size = page.locator(BUTTON).bounding_box(), page.viewport_size
            assert box
            assert size
            top, left = box["y"], box["x"]
            assert (top if position == "top" else size["height"] - top - box["height"]) == below
            assert (left if position == "left" else size["width"] - left - box["width"]) == beside


def test_the_page_gets_nothing_but_the_button(house: House, open_page: Open) -> None:
    """Wherever a phone's page is scrolled to, it is there, and the page is as long as before."""
    page = open_page(house.embed(LONG + FLOATING), viewport={"width": 360, "height": 640})
    button = page.locator(BUTTON)
    expect(button).to_be_visible()
    before = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("document.querySelector('meetslot-booking').remove()")
    assert page.evaluate("document.documentElement.scrollHeight") == before
