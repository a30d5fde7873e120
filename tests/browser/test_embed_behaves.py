"""The widget as a guest of somebody else's page: nothing jumps, nothing breaks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    FLOATING,
    INLINE,
    LINK,
    LONG,
    POPUP,
    RECORD,
    SHIFTS,
    TEXT,
    Held,
    book,
    framed,
    opened,
    painted,
    seen,
    until,
    until_fitted,
    until_ready,
    until_seen,
)
from widget.core.document import parse_document
from widget.host import snippets

WIDTHS = [280, 320, 360, 414, 560, 639, 640, 700, 768, 819, 820, 1024, 1280, 1600]


# --- nothing jumps ------------------------------------------------------------------------------


def test_nothing_on_the_page_moves_while_the_widget_loads(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    """The script has come before the page is painted, as it has on every visit but the first."""
    script = '<script src="{{widget}}/embed.js"></script>'
    html = f"<h1>Page</h1>{TEXT}{INLINE}<h2>After</h2>{LONG}"
    address = house.embed(html, head=f"{SHIFTS}{RECORD}{script}")
    page = open_page()
    for width in (320, 360, 414, 700, 820, 1280, 1600):
        with subtests.test(str(width)):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(address)
            until_ready(page)
            until_seen(page, "resize")
            painted(page)
            assert page.evaluate("shift") == 0, page.evaluate("shifts")


@pytest.mark.parametrize("event", [True, False], ids=["event type", "all of them"])
def test_nothing_moves_wherever_a_site_puts_the_snippet_of_the_settings(
    house: House, open_page: Open, subtests: pytest.Subtests, event: bool
) -> None:
    """Its script comes when the page is long there."""
    document = parse_document(house.command("settings", "export", "ana"))
    chosen = document.event_types[0] if event else None
    snippet = snippets.code("inline", house.widget, document, chosen)
    page = open_page()
    for width, style in (
        (320, ""),
        (1280, "display:flex;flex-direction:column;place-items:center"),
        (1280, "display:grid;place-items:center"),
        (768, "display:flex"),  # beside the text
        (320, "display:flex;flex-wrap:wrap"),
        (1280, "display:grid;grid-template-columns:auto auto"),
        (1280, "columns:2"),
        (768, "display:table"),
    ):
        with subtests.test(f"{width} {style}"):
            late(house, page, f'<div style="{style}">{snippet}<p>Some text</p></div>', width)


@pytest.mark.parametrize(
    ("width", "language"), [(280, "uk"), (390, "en"), (700, "fr"), (860, "de"), (1280, "ar")]
)
def test_nothing_moves_for_a_host_with_all_there_is_to_show(
    house: House, open_page: Open, width: int, language: str
) -> None:
    """Six weeks where weeks begin on Monday, five where on Sunday."""
    note = "Sailing to the Azores. Back on Monday."
    away = [{"from": "2026-12-21", "to": "2026-12-27", "note": note}]
    text = "Half an hour: what you can already do, what you would like to learn, and which boat."
    house.change("ana", {"description": text, "durations": [15, 30, 60]}, away=away)
    document = parse_document(house.command("settings", "export", "ana"))
    snippet = snippets.code("inline", house.widget, document, document.event_types[0])
    page = open_page(locale=language)
    late(house, page, snippet, width)
    assert page.frames[1].locator("[data-away]").is_visible()


def late(house: House, page: Page, html: str, width: int) -> None:
    """Nothing moves around a snippet whose script comes when the page is painted."""
    page.set_viewport_size({"width": width, "height": 1600})
    script = Held(page, "**/embed.js")
    text = f"<!doctype html>{SHIFTS}{RECORD}{TEXT}{html}<p>After</p>{LONG}"
    page.goto(house.put("page.html", text), wait_until="domcontentloaded")
    painted(page)
    script.release()
    until_ready(page)
    until_seen(page, "resize")
    painted(page)
    assert page.evaluate("shift") == 0, page.evaluate("shifts")


@pytest.mark.parametrize("markup", [POPUP, FLOATING], ids=["popup", "floating"])
def test_opening_and_closing_moves_nothing(house: House, open_page: Open, markup: str) -> None:
    script = '<script src="{{widget}}/embed.js"></script>'
    page = open_page(house.embed(f"{LONG}{markup}{TEXT}", head=SHIFTS + script))
    page.get_by_role("button", name="Book a call").click()
    until_ready(page)
    painted(page)
    page.get_by_role("button", name="Close").click()
    painted(page)
    assert page.evaluate("shift") == 0, page.evaluate("shifts")


@pytest.mark.parametrize("scale", [1, 1.1, 1.25, 1.5])
def test_there_is_one_scrollbar_at_any_width_and_zoom(
    house: House, open_page: Open, scale: float
) -> None:
    page = open_page(
        house.embed(f"<style>body{{margin:0}}</style>{INLINE}"),
        device_scale_factor=scale,
        viewport={"width": 1280, "height": 800},
    )
    until_ready(page)
    frame = page.frames[1]
    until_fitted(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        frame.wait_for_function(
            """() => {
              const root = document.documentElement;
              return root.scrollHeight <= root.clientHeight
                && root.scrollWidth <= root.clientWidth && root.clientWidth === innerWidth;
            }"""
        )
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scale", [1, 1.1, 1.5])
@pytest.mark.parametrize("markup", [POPUP, FLOATING], ids=["popup", "floating"])
def test_the_popup_fits_at_any_width_and_zoom(
    house: House, open_page: Open, markup: str, scale: float
) -> None:
    page = open_page(
        house.embed(LONG + markup),
        device_scale_factor=scale,
        viewport={"width": 1280, "height": 800},
    )
    button = page.get_by_role("button", name="Book a call")
    button.click()
    opened(page)
    until_fitted(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.frames[1].wait_for_function(
            """() => {
              const root = document.documentElement;
              return root.scrollHeight <= root.clientHeight && root.scrollWidth <= root.clientWidth;
            }"""
        )
        page.wait_for_function(
            """() => {
              const { dialog } = document.querySelector("[mode=dialog]");
              const { left, right, top, bottom } = dialog.getBoundingClientRect();
              return dialog.scrollWidth <= dialog.clientWidth
                && left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight;
            }"""
        )
    page.keyboard.press("Escape")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        box = button.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_heights_settle_and_do_not_chase_each_other(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    until_ready(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        painted(page)
    page.evaluate("() => new Promise((done) => setTimeout(done, 500))")
    count = len(seen(page, "resize"))
    assert count <= 2 * len(WIDTHS)
    page.evaluate("() => new Promise((done) => setTimeout(done, 500))")
    assert len(seen(page, "resize")) == count


def test_the_page_follows_the_guest_to_the_top_of_a_new_step(house: House, open_page: Open) -> None:
    page = open_page(house.embed(TEXT + INLINE + LONG), viewport={"width": 360, "height": 640})
    until_ready(page)
    until_fitted(page)
    frame = framed(page)
    frame.locator("button[name=start]").last.scroll_into_view_if_needed()
    page.wait_for_function("() => scrollY > 200")
    frame.locator("button[name=start]").last.click()
    page.wait_for_function(
        "() => Math.abs(document.querySelector('meetslot-booking').getBoundingClientRect().top) < 2"
    )


# --- elements come and go -------------------------------------------------------------------------


def test_several_widgets_on_one_page_keep_to_themselves(house: House, open_page: Open) -> None:
    other = f'<meetslot-booking id="b" host="ana" event="skipper">{LINK}</meetslot-booking>'
    page = open_page(house.embed(INLINE + other + POPUP, head=RECORD))
    expect(page.locator(".box.ready")).to_have_count(2)
    book(page.frame_locator("#b iframe"))
    until_seen(page, "booked")
    assert seen(page, "booked")[0]["detail"]["event"] == "ana/skipper"
    expect(page.locator("iframe").first).to_be_visible()
    assert page.evaluate("document.querySelectorAll('meetslot-booking')[0].done") is False


def test_the_script_may_stand_on_the_page_twice(house: House, open_page: Open) -> None:
    again = '<script src="{{widget}}/embed.js" async></script>' * 2
    page = open_page(house.embed(INLINE + again, head=RECORD))
    until_ready(page)
    book(framed(page))
    until_seen(page, "booked")
    assert len(seen(page, "booked")) == 1
    assert len(seen(page, "ready")) == 1


def test_an_element_made_by_script_moved_and_removed(house: House, open_page: Open) -> None:
    page = open_page(house.embed('<div id="a"></div><div id="b"></div>', head=RECORD))
    page.wait_for_function("() => window.Meetslot")
    page.evaluate(
        """() => {
          const widget = document.createElement("meetslot-booking");
          widget.setAttribute("host", "ana");
          widget.setAttribute("event", "intro");
          a.append(widget);
        }"""
    )
    until_ready(page)
    page.evaluate("b.append(a.firstChild)")
    until_seen(page, "ready", 2)
    expect(framed(page).locator("button[name=start]").first).to_be_visible()
    until(page, lambda: len(page.frames) == 2)
    page.evaluate("b.firstChild.remove()")
    until(page, lambda: len(page.frames) == 1)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', `"
        + INLINE.replace("{{widget}}", house.widget)
        + "`)"
    )
    until_seen(page, "ready", 3)


def test_removing_an_open_popup_lets_the_page_scroll_again(house: House, open_page: Open) -> None:
    page = open_page(house.embed(POPUP + LONG))
    page.get_by_role("button", name="Book a call").click()
    until_ready(page)
    page.evaluate("document.querySelector('meetslot-booking').remove()")
    page.wait_for_function(
        "() => getComputedStyle(document.documentElement).overflowY === 'visible'"
    )
    page.wait_for_function("() => document.documentElement.style.scrollbarGutter === ''")
    page.mouse.wheel(0, 500)
    page.wait_for_function("() => scrollY > 0")


def test_a_popup_whose_text_comes_later_is_named_by_it(house: House, open_page: Open) -> None:
    page = open_page(house.embed(""))
    page.wait_for_function("() => window.Meetslot")
    page.evaluate(
        """() => {
          const widget = document.createElement("meetslot-booking");
          widget.setAttribute("mode", "popup");
          document.body.append(widget);
          widget.setAttribute("host", "ana");
          widget.append("Later");
        }"""
    )
    expect(page.get_by_role("button", name="Later")).to_be_visible()


# --- hostile pages --------------------------------------------------------------------------------

HOSTILE = {
    "unset": "* { all: unset !important }",
    "no frames": "iframe, dialog, button { display: none !important; height: 1px !important }",
    "frames of old": "iframe { max-width: 50px; opacity: 0; visibility: hidden }",
    "text": "* { font-size: 0 !important; line-height: 0 !important; color: transparent }",
    "boxes": "* { box-sizing: content-box; padding: 9px; border: 2px solid red; float: left }",
    "flex": "body { display: flex; flex-wrap: wrap; align-items: center } * { margin: 1em }",
}


@pytest.mark.parametrize("where", ["inline", "popup", "floating", "link"])
def test_a_guest_books_on_a_page_with_hostile_css(
    house: House, open_page: Open, subtests: pytest.Subtests, where: str
) -> None:
    link = '<a href="#" data-meetslot="ana/intro">Talk</a>'
    markup = {"inline": INLINE, "popup": POPUP, "floating": FLOATING, "link": link}[where]
    page = open_page()
    for name, css in HOSTILE.items():
        with subtests.test(name):
            page.goto(house.embed(markup, head=f"{RECORD}<style>{css}</style>"))
            hostile(page, where)
            book(framed(page))
            until_seen(page, "booked")


def hostile(page: Page, where: str) -> None:
    """The widget is there in spite of the page's CSS, in a size to be used."""
    page.wait_for_function("() => window.Meetslot")
    if where == "link":
        page.evaluate("document.querySelector('a').click()")
    elif where != "inline":
        button = page.get_by_role("button", name="Book a call")
        size = button.evaluate("button => parseFloat(getComputedStyle(button).fontSize)")
        assert size >= 14
        button.click()
    until_ready(page)
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("meetslot-booking iframe").bounding_box()
    assert box
    assert box["width"] >= 280
    assert box["height"] > 400


def test_a_widget_that_the_page_hides_is_hidden(house: House, open_page: Open) -> None:
    hidden = INLINE.replace("<meetslot-booking", "<meetslot-booking hidden")
    none = INLINE.replace("<meetslot-booking", '<meetslot-booking style="display:none"')
    page = open_page(house.embed(hidden + none))
    expect(page.locator(".box.ready")).to_have_count(2)
    expect(page.locator("meetslot-booking").first).to_be_hidden()
    expect(page.locator("meetslot-booking").last).to_be_hidden()


@pytest.mark.parametrize("markup", [INLINE, POPUP, FLOATING], ids=["inline", "popup", "floating"])
def test_a_guest_books_on_a_right_to_left_page(house: House, open_page: Open, markup: str) -> None:
    page = open_page(house.embed(f'<script>document.dir = "rtl"</script>{markup}', head=RECORD))
    if markup != INLINE:
        page.get_by_role("button", name="Book a call").click()
    until_ready(page)
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    book(framed(page))
    until_seen(page, "booked")


@pytest.mark.parametrize("policy", ["require-corp", "credentialless"])
def test_a_guest_books_on_a_page_that_isolates_itself(
    house: House, open_page: Open, policy: str
) -> None:
    headers = {"Cross-Origin-Embedder-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin"}
    page = open_page(house.embed(INLINE, head=RECORD, **headers))
    assert page.evaluate("crossOriginIsolated")
    until_ready(page)
    book(framed(page))
    until_seen(page, "booked")


@pytest.mark.parametrize("markup", [INLINE, POPUP, FLOATING], ids=["inline", "popup", "floating"])
def test_a_guest_books_under_a_strict_policy(house: House, open_page: Open, markup: str) -> None:
    """Two words for the widget's server; trusted types, no inline style, no inline script."""
    policy = (
        f"default-src 'none'; script-src {house.widget}; frame-src {house.widget};"
        " img-src data:; require-trusted-types-for 'script'"
    )
    page = open_page(house.embed(markup, **{"Content-Security-Policy": policy}))
    page.wait_for_function("() => window.Meetslot")
    page.evaluate(
        "window.booked = []; addEventListener('meetslot:booked', (e) => booked.push(e.detail))"
    )
    if markup != INLINE:
        page.get_by_role("button", name="Book a call").click()
    until_ready(page)
    book(framed(page))
    page.wait_for_function("() => booked.length === 1")


def test_a_guest_chooses_by_keyboard_from_the_page_into_the_frame(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(f"<a href='#'>Before</a>{INLINE}"))
    until_ready(page)
    page.get_by_role("link", name="Before").focus()
    for _press in range(40):
        page.keyboard.press("Tab")
        if framed(page).locator("button[name=start]:focus").count():
            break
    page.keyboard.press("Enter")
    expect(framed(page).locator("#booking-form")).to_be_visible()
