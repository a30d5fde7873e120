"""Allowed sites: who may frame a booking page, and what the others see there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    GOLDEN,
    INLINE,
    POPUP,
    RECORD,
    book,
    framed,
    in_order,
    seen,
    until_ready,
    until_seen,
)

FRAME = '<iframe src="{{widget}}/book/ana/intro" width="600" height="600"></iframe>'
ELSEWHERE = ["https://elsewhere.example"]


@pytest.fixture
def open_refused(house: House, open_page: Open) -> Open:
    """open_page, on a site that is not on Ana's list."""
    house.change("ana", allowed_sites=ELSEWHERE)
    return open_page


def test_an_allowed_site_shows_the_widget(house: House, open_page: Open) -> None:
    house.change("ana", allowed_sites=[*ELSEWHERE, house.site])
    page = open_page(house.embed(INLINE, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")


@pytest.mark.parametrize("markup", [INLINE, POPUP], ids=["inline", "popup"])
def test_another_site_reads_which_site_it_is_and_what_to_do(
    house: House, open_refused: Open, markup: str
) -> None:
    page = open_refused(house.embed(markup, head=RECORD))
    if markup == POPUP:
        page.get_by_role("button", name="Book a call").click()
    until_ready(page)
    said = framed(page).get_by_role("alert")
    expect(said).to_contain_text(f"{house.site} is not on the list")
    expect(said).to_contain_text(f"add {house.site} to the allowed sites")
    assert framed(page).locator("form, button, [data-date]").count() == 0
    assert "Ana" not in page.frames[1].content()
    until_seen(page, "error")
    assert in_order(seen(page)) == GOLDEN["a refused site"]
    assert seen(page, "error")[0]["detail"] == {"code": "site_not_allowed"}
    with page.context.expect_page() as other:
        framed(page).get_by_role("link", name="Open the booking page").click()
    expect(other.value.locator("button[name=start]").first).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_plain_frame_is_refused_in_words_too(
    house: House, open_refused: Open, scripts: bool
) -> None:
    page = open_refused(house.put("plain.html", FRAME), java_script_enabled=scripts)
    expect(page.frame_locator("iframe").get_by_role("alert")).to_contain_text(house.site)


def test_a_site_that_keeps_its_name_to_itself_is_told_by_the_snippet(
    house: House, open_refused: Open
) -> None:
    page = open_refused(house.embed(INLINE, **{"Referrer-Policy": "no-referrer"}))
    expect(framed(page).get_by_role("alert")).to_contain_text(house.site)


# --- what the browser alone has to refuse ---------------------------------------------------------
# Nobody knows who is asking, or it is a lie: the page goes out with its `frame-ancestors`, and
# Chromium shows a grey page that says nothing. The words above are for honest sites.


@pytest.fixture
def refused_by_browser(house: House, chromium: Browser) -> Iterator[Callable[[str], None]]:
    """refused_by_browser(address): opens it; some frame of it has to be refused."""
    house.change("ana", allowed_sites=ELSEWHERE)
    context = chromium.new_context()

    def refused(address: str) -> None:
        page = context.new_page()
        with page.expect_console_message(lambda said: "frame-ancestors" in said.text) as said:
            page.goto(address)
        assert "violates the following Content Security Policy" in said.value.text
        assert sum(frame.locator("#picker").count() for frame in page.frames) == 0

    yield refused
    context.close()


QUIET = {"Referrer-Policy": "no-referrer"}


def test_without_a_referrer_the_browser_refuses(house: House, refused_by_browser: Any) -> None:
    refused_by_browser(house.put("quiet.html", FRAME, **QUIET))


def test_a_site_that_claims_to_be_an_allowed_one_gains_nothing(
    house: House, refused_by_browser: Any
) -> None:
    lie = FRAME.replace("intro", f"intro?embedder={ELSEWHERE[0]}")
    refused_by_browser(house.put("lie.html", lie, **QUIET))


def test_an_allowed_site_inside_another_one_is_refused(
    house: House, refused_by_browser: Any
) -> None:
    """Each page around has to be allowed: nobody wraps the allowed site to catch clicks."""
    house.change("ana", allowed_sites=[house.site])
    inner = house.put("inner.html", FRAME)
    outer = house.put("outer.html", f'<iframe src="{inner}" width="700" height="700"></iframe>')
    refused_by_browser(outer.replace("127.0.0.1", "localhost"))


def test_the_browser_refuses_a_guests_booking_too(
    house: House, refused_by_browser: Any, open_page: Open
) -> None:
    own = open_page(f"{house.widget}/book/ana/intro")
    book(own)
    refused_by_browser(house.put("booking.html", f'<iframe src="{own.url}"></iframe>', **QUIET))
