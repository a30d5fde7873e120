"""The floating button: where it stands, and what on the page it keeps clear of."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import FLOATING, INLINE, LONG, TEXT, opened, until_ready

PHONE = {"viewport": {"width": 360, "height": 640}}
BUTTON = "meetslot-booking button.float"
#: Whether the button lies over a control of the page, `hidden` if it is not shown.
STANDS = """() => {
  const button = document.querySelector("meetslot-booking[mode=floating]").button;
  if (getComputedStyle(button).visibility === "hidden") return "hidden";
  const mine = button.getBoundingClientRect();
  if (mine.top < 0 || mine.bottom > innerHeight) return "outside";
  return [...document.querySelectorAll("body a, body button")].some((each) => {
    const box = each.getBoundingClientRect();
    return each.checkVisibility({ visibilityProperty: true })
      && box.left < mine.right && box.right > mine.left
      && box.top < mine.bottom && box.bottom > mine.top;
  }) ? "over" : "clear";
}"""


def until_stands(page: Page, how: str) -> None:
    page.wait_for_function(f"(how) => ({STANDS})() === how", arg=how)


def gap_above(page: Page, bar: str) -> float:
    """Pixels between the button and what it stands above."""
    mine, other = page.locator(BUTTON).bounding_box(), page.locator(bar).bounding_box()
    assert mine
    assert other
    return other["y"] - mine["y"] - mine["height"]


# --- floating -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "direction", "corner"),
    [
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
    ],
)
def test_the_floating_button_stands_where_it_is_told(
    house: House, open_page: Open, position: str, direction: str, corner: str
) -> None:
    markup = FLOATING.replace("mode=", f'position="{position}" mode=')
    page = open_page(house.embed(f'{LONG}<script>document.dir = "{direction}"</script>{markup}'))
    button = page.get_by_role("button", name="Book a call")
    box, size = button.bounding_box(), page.viewport_size
    assert box
    assert size
    found = (
        "top"
        if box["y"] == 16
        else "bottom"
        if box["y"] + box["height"] == size["height"] - 16
        else "?"
    )
    wide = page.evaluate("document.documentElement.clientWidth")
    found += (
        " left" if box["x"] == 16 else " right" if box["x"] + box["width"] == wide - 16 else " ?"
    )
    assert found == corner
    button.click()
    opened(page)


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


# --- on a phone, never over a control -------------------------------------------------------------


def test_on_a_phone_the_floating_button_is_never_over_a_control(
    house: House, open_page: Open
) -> None:
    controls = '<p style="text-align:end"><a href="#">A link</a> <button>A button</button></p>'
    page = open_page(house.embed((TEXT * 3 + controls) * 12 + FLOATING), **PHONE)
    button = page.locator(BUTTON)
    expect(button).to_have_count(1)
    kept_clear(page)
    found = []
    height = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    for y in range(0, height + 40, 40):
        page.evaluate(
            """async (y) => {
              scrollTo(0, y);
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            }""",
            y,
        )
        found.append(page.evaluate(STANDS))
    assert set(found) == {"hidden", "clear"}
    expect(button).to_be_visible()  # at its end the page has room for it
    button.click()
    opened(page)


def kept_clear(page: Page) -> None:
    """What keeps the button off the page's controls has come, and has looked at the page."""
    page.wait_for_function("document.querySelector('[mode=floating]').button.style.translate")


BAR = (
    '<div id="bar" style="position:%s;inset:auto 0 0 0;padding:8px;background:#eee;%s">'
    '<button style="float:right">Accept</button><br>Words</div>'
)


@pytest.mark.parametrize(
    "bar",
    [
        BAR % ("fixed", ""),
        BAR % ("sticky", ""),
        '<a href="#" style="position:absolute;top:605px;right:30px">Under it</a>'
        + BAR % ("fixed", ""),
        BAR % ("fixed", "bottom:60px") + BAR.replace("bar", "other") % ("fixed", ""),
        '<div id="bar" style="position:fixed;bottom:0;right:0;height:0">'
        '<button style="position:absolute;bottom:0;right:0">Accept</button></div>',
    ],
    ids=["fixed", "sticky", "over a link", "two", "sticking out"],
)
def test_on_a_phone_the_button_stands_above_a_bar_that_stays(
    house: House, open_page: Open, bar: str
) -> None:
    page = open_page(house.embed(LONG + FLOATING + bar), **PHONE)
    until_stands(page, "clear")
    assert gap_above(page, "#bar >> button") >= 0
    page.evaluate("scrollTo(0, 500)")
    until_stands(page, "clear")
    page.evaluate("document.querySelectorAll('div').forEach((bar) => bar.remove())")
    page.wait_for_function(
        "document.querySelector('[mode=floating]').button.style.translate === '0px'"
    )
    page.locator(BUTTON).click()
    opened(page)


@pytest.mark.parametrize("shown", ["added", "by a class", "sliding in"])
def test_on_a_phone_the_button_makes_way_for_a_bar_that_comes_late(
    house: House, open_page: Open, shown: str
) -> None:
    css = (
        "#bar{display:none} #bar.on{display:block} .slide{transition:transform .3s;transform:none}"
    )
    start = {"by a class": BAR, "sliding in": BAR.replace("<div", '<div class="on slide"')}
    markup = (
        start.get(shown, "") % ("fixed", "transform:translateY(200px)") if start.get(shown) else ""
    )
    page = open_page(house.embed(LONG + FLOATING + markup, head=f"<style>{css}</style>"), **PHONE)
    kept_clear(page)
    before = page.locator(BUTTON).bounding_box()
    page.evaluate(
        """(bar) => {
          const there = document.getElementById("bar");
          if (!there) document.body.insertAdjacentHTML("beforeend", bar);
          document.getElementById("bar").className += " on";
          document.getElementById("bar").style.transform = "none";
        }""",
        BAR % ("fixed", ""),
    )
    page.wait_for_function("document.getElementById('bar').getAnimations().length === 0")
    until_stands(page, "clear")
    assert page.locator(BUTTON).bounding_box() != before
    assert gap_above(page, "#bar") >= 16


def test_what_is_not_to_be_seen_does_not_drive_the_button_away(
    house: House, open_page: Open
) -> None:
    menu = (
        '<nav style="position:fixed;inset:0;visibility:hidden">'
        '<a href="#" style="display:block;height:100%">A</a></nav>'
    )
    page = open_page(house.embed(LONG + menu + FLOATING), **PHONE)
    kept_clear(page)
    until_stands(page, "clear")
    page.evaluate("document.querySelector('nav').style.visibility = 'visible'")
    until_stands(page, "hidden")  # now it fills the screen
    page.evaluate("document.querySelector('nav').style.visibility = 'hidden'")
    until_stands(page, "clear")


def test_at_the_top_the_button_stands_below_a_bar_that_stays(house: House, open_page: Open) -> None:
    markup = FLOATING.replace("mode=", 'position="top" mode=')
    bar = BAR.replace("auto 0 0 0", "0 0 auto 0") % ("fixed", "")
    page = open_page(house.embed(LONG + markup + bar), **PHONE)
    until_stands(page, "clear")
    mine, other = page.locator(BUTTON).bounding_box(), page.locator("#bar").bounding_box()
    assert mine
    assert other
    assert mine["y"] == other["y"] + other["height"] + 16


@pytest.mark.parametrize("mode", ["", ' mode="inline"'])
def test_on_a_phone_the_button_is_not_over_the_calendar_of_the_same_page(
    house: House, open_page: Open, mode: str
) -> None:
    inline = INLINE.replace("<meetslot-booking", f"<meetslot-booking{mode}")
    page = open_page(house.embed(inline + LONG + FLOATING), **PHONE)
    until_ready(page)
    until_stands(page, "hidden")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    until_stands(page, "clear")


def test_keeping_clear_comes_to_rest(house: House, open_page: Open) -> None:
    """Where the button is put does not start another round."""
    page = open_page(house.embed(LONG + FLOATING + BAR % ("fixed", "")), **PHONE)
    until_stands(page, "clear")
    looks = page.evaluate(
        """async () => {
          const frame = () => new Promise((done) => requestAnimationFrame(done));
          for (let each = 0; each < 10; each++) await frame();
          let looks = 0;
          const all = document.querySelectorAll;
          document.querySelectorAll = (...asked) => { looks++; return all.apply(document, asked); };
          for (let each = 0; each < 20; each++) await frame();
          return looks;
        }"""
    )
    assert looks == 0


def test_on_a_wide_screen_the_floating_button_stays(house: House, open_page: Open) -> None:
    page = open_page(house.embed(LONG + FLOATING))
    before = page.evaluate("document.documentElement.scrollHeight")
    expect(page.locator("meetslot-booking button.float")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") == before
