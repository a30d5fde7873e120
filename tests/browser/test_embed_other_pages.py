"""What other people's pages do to the widget: loaders, menus, snapshots, components, headers."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    DIALOG,
    INLINE,
    LONG,
    POPUP,
    RECORD,
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

LINKED = '<a href="{{widget}}/book/ana/intro" data-meetslot="ana/intro">Book a call</a>'
SCROLLS = "getComputedStyle(document.documentElement).overflowY !== 'hidden'"
PHONE = {"width": 390, "height": 800}


def scrolls(page: Page) -> None:
    page.wait_for_function(SCROLLS)
    before = page.evaluate("scrollY")
    page.mouse.move(5, 200)
    page.mouse.wheel(0, 300)
    page.wait_for_function("(before) => scrollY > before", arg=before)


# --- wherever the script comes from ---------------------------------------------------------------

LOADED = {
    "async": '<script src="{{widget}}/embed.js" async></script>',
    "defer": '<script src="{{widget}}/embed.js" defer></script>',
    "module": '<script type="module" src="{{widget}}/embed.js"></script>',
    "import()": '<script>import("{{widget}}/embed.js")</script>',
    "evaluated": "<script>fetch('{{widget}}/embed.js').then((answer) => answer.text())"
    ".then(eval)</script>",
    "a function": "<script>fetch('{{widget}}/embed.js').then((answer) => answer.text())"
    ".then((text) => new Function(text)())</script>",
    "late": "<script>setTimeout(() => document.head.append(Object.assign("
    "document.createElement('script'), {src: '{{widget}}/embed.js'})), 500)</script>",
    "copied": '<script src="/copy.js"></script>',
    "copied, as a module": '<script type="module" src="/copy.js"></script>',
    "twice": '<script src="{{widget}}/embed.js"></script><script src="/copy.js"></script>'
    '<script type="module" src="{{widget}}/embed.js"></script>',
    "beside the id": '<p id="Meetslot"></p><script src="{{widget}}/embed.js" async></script>',
}


def test_the_script_works_wherever_it_comes_from(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    text = requests.get(f"{house.widget}/embed.js", timeout=120).text
    house.put("copy.js", f"/* of a plugin */{text}", **{"Content-Type": "text/javascript"})
    page = open_page()
    for name, script in LOADED.items():
        with subtests.test(name):
            html = f"<!doctype html><title>A</title>{RECORD}{script}{INLINE}{LINKED}"
            page.goto(house.put("page.html", html))
            until_ready(page)
            expect(framed(page).locator("button[name=start]").first).to_be_visible()
            assert [each["type"] for each in seen(page, "ready")] == ["ready"]
            page.get_by_text("Book a call").filter(visible=True).click()
            expect(page.locator(DIALOG)).to_be_visible()
            page.evaluate("Meetslot.close()")
            expect(page.locator(DIALOG)).to_be_hidden()


def press(page: Page) -> None:
    """Open the popup by what leads to it, once the script is there."""
    page.wait_for_function("() => window.Meetslot")
    page.get_by_text("Book a call").filter(visible=True).click()
    opened(page)


# --- menus and snapshots --------------------------------------------------------------------------

HIDING = {
    "display": "menu.style.display = 'none'",
    "hidden": "menu.hidden = true",
    "visibility": "menu.style.visibility = 'hidden'",
    "content-visibility": "menu.style.contentVisibility = 'hidden'",
    "opacity": "menu.style.opacity = 0",
    "inert": "menu.inert = true",
    "moved": "menu.style.transform = 'translateX(-2000px)'",
}


@pytest.mark.parametrize("opener", [POPUP, LINKED], ids=["popup", "link"])
def test_a_popup_outlives_the_menu_it_was_opened_from(
    house: House, open_page: Open, subtests: pytest.Subtests, opener: str
) -> None:
    page = open_page()
    for name, hides in HIDING.items():
        menu = f'<nav id="menu" onclick="setTimeout(() => {{ {hides} }}, 50)">{opener}</nav>'
        with subtests.test(name):
            page.goto(house.embed(menu + LONG, head=RECORD))
            press(page)
            painted(page)
            book(framed(page))
            until_seen(page, "booked")
            page.get_by_role("button", name="Close").click()
            scrolls(page)


def test_removing_a_popups_element_closes_it(house: House, open_page: Open) -> None:
    page = open_page(house.embed(f'<div id="menu">{POPUP}</div>{LONG}'))
    page.get_by_role("button", name="Book a call").click()
    opened(page)
    page.evaluate("menu.remove()")
    expect(page.locator("meetslot-booking")).to_have_count(0)
    scrolls(page)


SNAPSHOTS = {
    "cloned (Turbo)": (
        "window.kept = document.body.cloneNode(true);"
        "document.documentElement.replaceChild(document.createElement('body'), document.body)",
        "document.documentElement.replaceChild(kept, document.body)",
    ),
    "as text (htmx)": (
        "window.kept = document.body.innerHTML; document.body.innerHTML = '<p>Another page</p>'",
        "document.body.innerHTML = kept",
    ),
}


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("opener", [POPUP, LINKED], ids=["popup", "link"])
def test_a_snapshot_of_the_page_brings_back_no_popup(
    house: House, open_page: Open, subtests: pytest.Subtests, opener: str, is_open: bool
) -> None:
    page = open_page()
    for name, (leave, back) in SNAPSHOTS.items():
        with subtests.test(name):
            page.goto(house.embed(f"<main>{opener}</main>{LONG}"))
            page.wait_for_function("() => window.Meetslot")
            here = page.locator("meetslot-booking").count()
            press(page)
            if not is_open:
                page.keyboard.press("Escape")
                expect(page.locator(DIALOG)).to_be_hidden()
            page.evaluate(leave)
            page.evaluate(back)
            expect(page.locator("meetslot-booking")).to_have_count(here)
            expect(page.locator("iframe")).to_have_count(0)
            scrolls(page)
            page.evaluate("scrollTo(0, 0)")
            press(page)
            expect(framed(page).locator("button[name=start]").first).to_be_visible()
            page.keyboard.press("Escape")
            scrolls(page)


LEFT = {
    "another document": "document.implementation.createHTMLDocument().body",
    "a template": "document.createElement('template').content",
    "nowhere": "new DocumentFragment()",
}


@pytest.mark.parametrize("opener", [POPUP, LINKED], ids=["popup", "link"])
def test_a_page_put_aside_with_an_open_popup_scrolls_when_it_is_put_back(
    house: House, open_page: Open, subtests: pytest.Subtests, opener: str
) -> None:
    page = open_page()
    for name, place in LEFT.items():
        with subtests.test(name):
            page.goto(house.embed(f"<main>{opener}</main>{LONG}"))
            press(page)
            aside = f"window.aside = {place}; aside.append(...document.body.childNodes)"
            page.evaluate(f"() => {{ {aside} }}")
            page.evaluate("() => new Promise((done) => setTimeout(done))")
            page.evaluate("document.body.append(...aside.childNodes)")
            expect(page.locator(DIALOG)).to_be_hidden()
            scrolls(page)
            page.evaluate("scrollTo(0, 0)")
            press(page)
            page.keyboard.press("Escape")
            scrolls(page)


def test_a_page_out_of_the_browsers_memory_can_be_used(house: House, open_page: Open) -> None:
    other = house.put("other.html", "<!doctype html><title>B</title><p>Another page")
    page = open_page(house.embed(LINKED + LONG))
    page.wait_for_function("() => window.Meetslot")
    page.get_by_text("Book a call").click()
    opened(page)
    page.goto(other)
    page.go_back()
    page.wait_for_function("() => window.Meetslot")
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_have_count(page.locator("meetslot-booking").count())
    scrolls(page)


# --- components, and pages that take the clicks --------------------------------------------------


@pytest.mark.parametrize(
    "opener", ['<button data-meetslot="ana/intro">Talk</button>', LINKED, POPUP],
    ids=["button", "link", "popup"],
)  # fmt: skip
def test_a_popup_opens_from_inside_a_component(house: House, open_page: Open, opener: str) -> None:
    script = f"""<a-card></a-card><script>
    customElements.define("a-card", class extends HTMLElement {{
      constructor() {{ super().attachShadow({{mode: "open"}}).innerHTML = `<b>{opener}</b>` }}
    }})</script>"""
    page = open_page(house.embed(script + LONG, head=RECORD))
    page.wait_for_function("() => window.Meetslot")
    page.get_by_text("Talk" if "Talk" in opener else "Book a call").filter(visible=True).click()
    opened(page)
    page.mouse.move(5, 300)
    page.mouse.wheel(0, 500)
    painted(page)
    assert page.evaluate("scrollY") == 0
    book(framed(page))
    until_seen(page, "booked")


TAKEN = {
    "prevented": "document.addEventListener('click', (event) => event.preventDefault(), true)",
    "stopped": "document.addEventListener('click', (event) => event.stopPropagation(), true)",
    "stopped at once": "document.addEventListener('click',"
    " (event) => event.stopImmediatePropagation(), true)",
    "smooth": "document.querySelectorAll('a').forEach((each) => each.addEventListener('click',"
    " (event) => { event.preventDefault(); event.stopPropagation() }))",
}


@pytest.mark.parametrize("opener", [POPUP, LINKED], ids=["popup", "link"])
def test_a_theme_that_takes_clicks_does_not_take_ours(
    house: House, open_page: Open, subtests: pytest.Subtests, opener: str
) -> None:
    page = open_page()
    for name, script in TAKEN.items():
        with subtests.test(name):
            page.goto(house.embed(f"{opener}<script>{script}</script>"))
            press(page)
            assert page.url.endswith("/page.html")


# --- the way back, and what is in sight ----------------------------------------------------------


@pytest.mark.parametrize("booked", [True, False])
def test_after_a_popup_is_closed_one_step_back_leaves_the_page(
    house: House, open_page: Open, booked: bool
) -> None:
    before = house.put("before.html", "<!doctype html><title>Before</title>")
    page = open_page(before)
    page.goto(house.embed(LINKED, head=RECORD))
    page.wait_for_function("() => window.Meetslot")
    page.get_by_text("Book a call").click()
    opened(page)
    until_fitted(page)
    frame = framed(page)
    frame.get_by_role("button", name="Next month").click()
    expect(frame.locator("[data-date='2027-01-06']")).to_be_visible()
    frame.locator("[data-date='2027-01-06']").click()
    expect(frame.locator("[data-date='2027-01-06']")).to_have_attribute("aria-pressed", "true")
    if booked:
        book(frame)
        until_seen(page, "booked")
    else:
        choose(frame)
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_be_hidden()
    page.go_back()
    expect(page).to_have_title("Before")


@pytest.mark.parametrize(
    "css", ["meetslot-booking{scroll-margin-top:110px}", "html{scroll-padding-top:110px}"]
)
def test_a_new_step_keeps_clear_of_a_header_that_stays(
    house: House, open_page: Open, css: str
) -> None:
    header = '<header style="position:fixed;inset:0 0 auto;height:110px;background:#ccc"></header>'
    page = open_page(
        house.embed(
            f"{header}<div style='height:120px'></div>{INLINE}{LONG}",
            head=f"<style>{css}</style>",
        ),
        viewport=PHONE,
    )
    until_ready(page)
    until_fitted(page)
    page.evaluate("scrollTo(0, 300)")
    framed(page).locator("button[name=start]").first.click()
    expect(framed(page).locator("#booking-form")).to_be_visible()
    page.wait_for_function(
        "() => Math.abs("
        "document.querySelector('meetslot-booking').getBoundingClientRect().top - 110) < 2"
    )


def test_a_widget_shown_later_has_the_room_of_its_width(house: House, open_page: Open) -> None:
    tab = f'<div id="tab" style="display:none">{INLINE}</div>'
    page = open_page(house.embed(tab, head=RECORD), viewport={"width": 1100, "height": 800})
    page.wait_for_function(
        "() => document.querySelector('meetslot-booking .box, meetslot-booking')"
    )
    until_seen(page, "ready")
    assert [each["detail"]["height"] for each in seen(page, "resize")] == []
    page.evaluate("tab.style.display = 'block'")
    until_seen(page, "resize")
    painted(page)
    content = page.frames[1].evaluate(
        "document.getElementById('picker').getBoundingClientRect().height"
    )
    frame = page.locator("meetslot-booking iframe").bounding_box()
    assert frame
    assert frame["height"] < content + 60


def test_a_turned_phone_does_not_keep_the_room_of_the_other_way(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(INLINE), viewport={"width": 390, "height": 800})
    until_ready(page)
    until_fitted(page)
    page.set_viewport_size({"width": 1100, "height": 390})
    page.wait_for_function(
        "() => "
        "document.querySelector('meetslot-booking').frame.getBoundingClientRect().height < 800"
    )


@pytest.mark.parametrize("where", ["inline", "plain", "page"])
def test_on_a_phone_the_times_of_a_pressed_day_come_into_sight(
    house: House, open_page: Open, where: str
) -> None:
    source = "{{widget}}/book/ana/intro?month=2026-12"
    plain = f'<!doctype html><iframe src="{source}" style="width:100%;height:700px"></iframe>'
    address = {
        "inline": house.embed(INLINE.replace("host=", 'month="2026-12" host=') + LONG),
        "plain": house.put("plain.html", plain),
        "page": f"{house.widget}/book/ana/intro?month=2026-12&tz=Europe/Lisbon",
    }  # fmt: skip
    page = open_page(address[where], viewport={"width": 360, "height": 640})
    place = page if where == "page" else page.frame_locator("iframe")
    if where == "inline":
        until_ready(page)
        until_fitted(page)
    day = place.locator("[data-date='2026-12-03']")
    day.scroll_into_view_if_needed()
    day.click()
    expect(day).to_have_attribute("aria-pressed", "true")
    expect(place.locator(".times h2")).to_be_in_viewport()
    expect(place.locator("button[name=start]").nth(3)).to_be_in_viewport()


# --- what a site gets wrong ----------------------------------------------------------------------


CURLY = [
    "<meetslot-booking host=“ana” event=“intro”></meetslot-booking>",
    "<meetslot-booking host=”ana” event=”intro” theme=“dark”></meetslot-booking>",
    "<meetslot-booking host=„ana“ event=„intro“></meetslot-booking>",
    "<meetslot-booking host=&quot;ana&quot; event=&#8220;intro&#8221;></meetslot-booking>",
    "<meetslot-booking mode=“popup” host=“ana” event=“intro”>Talk</meetslot-booking>",
    "<meetslot-booking mode=“floating” host=“ana” event=“intro”>Talk</meetslot-booking>",
    "<button data-meetslot=“ana/intro”>Talk</button>",
    "<button data-meetslot=‘ana/intro’>Talk</button>",
    "<button data-meetslot='«\u00a0ana/intro\u00a0»'>Talk</button>",
    "<button data-meetslot=″ana/intro″>Talk</button>",
    "<button data-meetslot=`ana/intro`>Talk</button>",
    "<button data-meetslot=&#39;ana/intro&#39;>Talk</button>",
    "<button data-meetslot='\u200bana/intro \u200b'>Talk</button>",
    "<meetslot-booking host=‘ana’ event=»intro«></meetslot-booking>",
]


def test_curly_quotes_of_an_editor_do_no_harm(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page()
    for markup in CURLY:
        with subtests.test(markup):
            page.goto(house.embed(markup))
            page.wait_for_function("() => window.Meetslot")
            if "Talk" in markup:
                page.get_by_text("Talk").filter(visible=True).click()
            until_ready(page)
            expect(framed(page).locator("button[name=start]").first).to_be_visible()


def test_lengths_and_one_off_links_reach_the_booking_page(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE.replace("host=", 'duration="60" once="CODE" host=')))
    until_ready(page)
    assert "duration=60" in page.frames[1].url
    assert "once=CODE" in page.frames[1].url
