"""Inline, popup, floating, links and script: opened, closed, and what stays when nothing works."""

from __future__ import annotations

from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import troubles
from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    DIALOG,
    FLOATING,
    INLINE,
    LINK,
    LONG,
    POPUP,
    RECORD,
    TEXT,
    Held,
    book,
    choose,
    framed,
    opened,
    painted,
    seen,
    until_fitted,
    until_ready,
    until_seen,
)

#: What has the focus, through shadow roots: its tag, and its text or label.
IN_FOCUS = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const said = at.localName === "button" ? ` ${at.ariaLabel || at.textContent}` : "";
  return at.localName + said;
}"""


def closed(page: Page) -> None:
    """Its `close` event, a task of its own, has done its work too."""
    expect(page.locator(DIALOG)).to_be_hidden()
    expect(page.locator("meetslot-booking[open]")).to_have_count(0)


def in_focus(page: Page) -> str:
    return str(page.evaluate(IN_FOCUS))


def until_in_focus(page: Page, wanted: str) -> None:
    page.wait_for_function(f"(wanted) => ({IN_FOCUS})() === wanted", arg=wanted)


# --- inline -------------------------------------------------------------------------------------


def test_the_own_content_stays_until_the_widget_is_ready(house: House, open_page: Open) -> None:
    page = open_page()
    waiting = Held(page, "**/book/ana/intro?*")
    page.goto(house.embed(INLINE), wait_until="commit")
    page.wait_for_function("() => document.querySelector('meetslot-booking').frame")
    expect(page.get_by_role("link", name="Book a call")).to_be_visible()
    waiting.release()
    until_ready(page)
    expect(page.get_by_role("link", name="Book a call")).to_be_hidden()
    expect(framed(page).locator("button[name=start]").first).to_be_visible()


def test_all_attributes_reach_the_booking_page(house: House, open_page: Open) -> None:
    given = (
        'theme="dark" accent="aa3300" lang="en" tz="America/New_York" month="2026-12"'
        ' date="2026-12-03" name="Gita Guest" email="gita@guest.example" hide-details'
    )
    markup = f'<meetslot-booking host="ana" event="intro" {given}>{LINK}</meetslot-booking>'
    page = open_page(f"{house.embed(markup)}?utm_source=news&other=1")
    until_ready(page)
    frame = framed(page)
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    address = page.frames[1].url
    assert "utm_source=news" in address
    assert "other=" not in address
    expect(frame.locator("[data-date='2026-12-03']")).to_have_attribute("aria-pressed", "true")
    expect(frame.get_by_text("New York").first).to_be_visible()
    choose(frame)
    expect(frame.locator("#field-name")).to_have_value("Gita Guest")
    expect(frame.locator("#field-email")).to_have_value("gita@guest.example")


def test_the_hosts_event_types_are_shown_without_an_event(house: House, open_page: Open) -> None:
    page = open_page(house.embed(f'<meetslot-booking host="ana">{LINK}</meetslot-booking>'))
    until_ready(page)
    framed(page).get_by_role("link", name="Find your course").click()
    expect(framed(page).locator("button[name=start]").first).to_be_visible()


# --- popup --------------------------------------------------------------------------------------


def test_a_guest_books_in_the_popup(house: House, open_page: Open) -> None:
    page = open_page(house.embed(POPUP + LONG, head=RECORD))
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    book(framed(page))
    until_seen(page, "booked")
    assert [each["on"] for each in seen(page, "booked")] == ["meetslot-booking"]
    page.get_by_role("button", name="Close").click()
    expect(page.locator(DIALOG)).to_be_hidden()
    page.get_by_role("button", name="Book a call").click()  # another one, from the beginning
    expect(framed(page).locator("button[name=start]").first).to_be_visible()


def test_the_popup_is_a_dialog_with_a_name_that_keeps_the_focus(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(f"<button>Before</button>{POPUP}<button>After</button>"))
    opener = page.get_by_role("button", name="Book a call")
    opener.focus()
    page.keyboard.press("Enter")
    opened(page)
    expect(page.get_by_role("dialog", name="Book a call")).to_be_visible()
    assert page.evaluate("document.querySelector('[mode=dialog]').dialog.matches(':modal')")
    until_in_focus(page, "button Close")
    for _press in range(60):
        page.keyboard.press("Tab")
        assert in_focus(page) in ("button Close", "iframe", "body", "meetslot-booking"), in_focus(
            page
        )
    page.keyboard.press("Shift+Tab")
    assert not page.evaluate("document.activeElement.matches('body > button')")


@pytest.mark.parametrize("inside", [False, True])
def test_escape_closes_the_popup_and_gives_the_focus_back(
    house: House, open_page: Open, inside: bool
) -> None:
    page = open_page(house.embed(POPUP))
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    if inside:
        framed(page).locator("[data-date]").first.focus()
        expect(framed(page).locator("[data-date]").first).to_be_focused()
    page.keyboard.press("Escape")
    closed(page)
    until_in_focus(page, "button Book a call")


def test_a_click_on_the_backdrop_closes_and_one_inside_does_not(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(POPUP))
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    until_fitted(page)
    box = page.locator(DIALOG).bounding_box()
    assert box
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    expect(page.locator(DIALOG)).to_be_visible()
    page.mouse.click(box["x"] / 2, box["y"] + 20)
    expect(page.locator(DIALOG)).to_be_hidden()


def test_the_page_behind_the_popup_does_not_scroll_or_move(house: House, open_page: Open) -> None:
    page = open_page(house.embed(f"<h1>Page</h1>{POPUP}{LONG}"))
    before = page.locator("h1").bounding_box()
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    assert page.locator("h1").bounding_box() == before
    page.mouse.move(5, 300)
    page.mouse.wheel(0, 600)
    page.keyboard.press("PageDown")
    framed(page).locator("h1").hover()
    page.mouse.wheel(0, 2000)
    page.wait_for_function("() => document.querySelector('[mode=dialog]').dialog.scrollTop >= 0")
    assert page.evaluate("scrollY") == 0
    page.get_by_role("button", name="Close").click()
    page.wait_for_function(
        "() => getComputedStyle(document.documentElement).overflowY !== 'hidden'"
    )
    page.mouse.wheel(0, 600)
    page.wait_for_function("() => scrollY > 0")


def test_typed_text_survives_closing(house: House, open_page: Open) -> None:
    page = open_page(house.embed(POPUP))
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    choose(framed(page))
    framed(page).locator("#field-name").fill("Gita Guest")
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_be_hidden()
    page.get_by_role("button", name="Book a call").click()
    expect(framed(page).locator("#field-name")).to_have_value("Gita Guest")


def test_the_popup_has_one_scrollbar(house: House, open_page: Open) -> None:
    page = open_page(house.embed(POPUP), viewport={"width": 700, "height": 480})
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    until_fitted(page)
    page.wait_for_function(
        "() => (d => d.scrollHeight > d.clientHeight)"
        "(document.querySelector('[mode=dialog]').dialog)"
    )
    page.frames[1].wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")


NAMED = {
    "en-GB": [
        ('<img src="data:," alt="Book me">', "Book me"),
        ('<img src="data:," alt="">', "Book a time"),  # a decoration
        ("", "Book a time"),
    ],
    "de": [('<a href="{{widget}}/book/ana/intro"><img src="data:," alt="Book me"></a>', "Book me")],
    "de-DE": [(" ", "Termin buchen")],
}


@pytest.mark.parametrize("locale", NAMED)
def test_a_button_without_text_has_a_name_all_the_same(
    house: House, open_page: Open, subtests: pytest.Subtests, locale: str
) -> None:
    page = open_page(locale=locale)
    for mode, (content, name) in product(["popup", "floating"], NAMED[locale]):
        given = f'mode="{mode}" host="ana" event="intro"'
        with subtests.test(f"{mode}: {content}"):
            page.goto(house.embed(f"<meetslot-booking {given}>{content}</meetslot-booking>"))
            page.get_by_role("button", name=name, exact=True).click()
            opened(page)
            expect(page.get_by_role("dialog", name=name, exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("content", "name"), [("Book a call", "Book a call"), ("", "Book a time")], ids=["text", "none"]
)
def test_a_button_whose_text_the_page_still_loads_waits_for_it(
    house: House, open_page: Open, content: str, name: str
) -> None:
    """Another name in between would be another width: what stands next to it would move."""
    page = open_page()
    slow = Held(page, "**/slow.js")
    head = '<script src="{{widget}}/embed.js"></script>'
    markup = (
        '<meetslot-booking mode="popup" host="ana" event="intro">'
        f'<script src="/slow.js"></script>{content}</meetslot-booking>'
    )
    house.put("slow.js", "", **{"Content-Type": "text/javascript"})
    page.goto(house.embed(markup, head=head), wait_until="commit")
    button = page.locator("meetslot-booking button[part]")
    expect(button).to_have_count(1)
    painted(page)
    expect(button).to_be_hidden()
    slow.release()
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


# --- links and script ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "opener",
    [
        '<a href="{{widget}}/book/ana/intro" data-meetslot="ana/intro">Talk</a>',
        '<a href="{{widget}}/book/ana/intro" data-meetslot="ana/intro"><b>Talk</b></a>',
        '<form><button data-meetslot="ana/intro">Talk</button></form>',
    ],
)
def test_any_link_or_button_opens_the_popup(house: House, open_page: Open, opener: str) -> None:
    page = open_page(house.embed(opener, head=RECORD))
    page.wait_for_function("() => window.Meetslot")
    page.get_by_text("Talk").click()
    opened(page)
    assert page.url.endswith("/page.html")
    book(framed(page))
    until_seen(page, "booked")
    assert seen(page, "booked")[0]["on"] in ("a", "button")
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_be_hidden()


def test_a_link_carries_attributes_of_the_widget(house: House, open_page: Open) -> None:
    opener = (
        '<a href="#" data-meetslot="ana/intro" data-name="Gita Guest" data-hide-details'
        ' data-theme="dark" data-other="x">Talk</a>'
    )
    page = open_page(house.embed(opener))
    page.wait_for_function("() => window.Meetslot")
    page.get_by_text("Talk").click()
    opened(page)
    address = page.frames[1].url
    assert "name=Gita+Guest" in address
    assert "hide_details=1" in address
    assert "theme=dark" in address
    assert "other" not in address


def test_a_link_opened_in_a_new_tab_is_left_alone(house: House, without_storage: Open) -> None:
    """In a whole browser: the shell that other tests run in has no tabs, and may open none."""
    markup = '<a href="{{widget}}/book/ana/intro" data-meetslot="ana/intro">Talk</a>'
    page = without_storage(house.embed(markup))
    page.wait_for_function("() => window.Meetslot")
    with page.context.expect_page() as other:
        page.get_by_text("Talk").click(modifiers=["Control"])
    expect(other.value.locator("button[name=start]").first).to_be_visible()
    assert page.locator(DIALOG).count() == 0


def test_a_script_opens_and_closes(house: House, open_page: Open) -> None:
    page = open_page(house.embed(TEXT, head=RECORD))
    page.wait_for_function("() => window.Meetslot")
    page.evaluate(
        """Meetslot.open({host: "ana", event: "intro", theme: "light",
           prefill: {name: "Gita Guest", email: "gita@guest.example", "question-wish": "Knots"}})"""
    )
    opened(page)
    choose(framed(page))
    expect(framed(page).locator("#field-email")).to_have_value("gita@guest.example")
    expect(framed(page).locator("#field-question-wish")).to_have_value("Knots")
    page.evaluate("Meetslot.close()")
    expect(page.locator("meetslot-booking")).to_have_count(0)
    page.evaluate("Meetslot.open({host: 'ana', event: 'skipper'})")
    expect(framed(page).get_by_role("heading", name="Skipper's briefing")).to_be_visible()
    page.evaluate("Meetslot.open({host: 'ana', event: 'intro'})")  # one at a time
    expect(page.locator("meetslot-booking")).to_have_count(1)
    expect(framed(page).get_by_role("heading", name="Find your course")).to_be_visible()
    expect(page.locator(DIALOG)).to_have_count(1)


# --- for everybody --------------------------------------------------------------------------------


def test_axe_finds_nothing_in_what_the_widget_adds_to_a_page(house: House, open_page: Open) -> None:
    look = "<style>:root{color-scheme:light dark}</style>"
    page = open_page(house.embed(f"<main><h1>A</h1>{POPUP}{FLOATING}</main>", head=look))
    expect(page.get_by_role("button", name="Book a call")).to_have_count(2)
    for is_open in (False, True):
        if is_open:
            page.get_by_role("button", name="Book a call").first.click()
            until_ready(page)
        assert troubles(page, light={}, dark={}) == []
