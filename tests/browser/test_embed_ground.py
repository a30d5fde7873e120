"""Light or dark as the page around is, and readable on whatever ground that is."""

from __future__ import annotations

import struct
import zlib
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import LINK, framed, opened, until_fitted, until_ready
from widget.web.theme import READABLE, contrast

INLINE = f'<meetslot-booking host="ana" event="intro" month="2026-12">{LINK}</meetslot-booking>'
POPUP = INLINE.replace("host=", 'mode="popup" host=')
RGB = tuple[int, int, int]
Scheme = Literal["light", "dark"]
TALL = {"width": 1280, "height": 1000}
DARK, LIGHT = "background:#111;color:#eee", "background:#fff;color:#222"
#: The colours of what a guest reads: title, description, month, weekdays, days, times.
TEXTS = [
    "h1",
    ".what .quiet",
    ".what .text",
    "#month",
    "th span",
    "td button:not([aria-pressed])",
    ".slots button",
]
WRAPPED = '<div style="{}">{}</div>'
SOURCE = "{{widget}}/book/ana/intro?month=2026-12"
PLAIN = f'<iframe src="{SOURCE}" style="width:100%;height:900px"></iframe>'


def ground(page: Page, selector: str) -> RGB:
    """What is painted at the frame's corner, by its picture of one pixel."""
    box = page.locator(selector).bounding_box()
    assert box
    clip = {"x": box["x"] + 3, "y": box["y"] + 3, "width": 1, "height": 1}
    png = page.screenshot(clip=clip)  # type: ignore[arg-type]
    at, packed = 8, b""
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        packed += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    red, green, blue = zlib.decompress(packed)[1:4]
    return red, green, blue


def colours(frame: Frame) -> dict[str, RGB]:
    found = frame.evaluate(
        """(selectors) => selectors.map((each) =>
          getComputedStyle(document.querySelector(each)).color.match(/[\\d.]+/g).map(Number))""",
        TEXTS,
    )
    return {name: tuple(colour[:3]) for name, colour in zip(TEXTS, found, strict=True)}


def all_readable(page: Page, selector: str = "meetslot-booking iframe") -> None:
    behind = ground(page, selector)
    found = {name: contrast(colour, behind) for name, colour in colours(page.frames[1]).items()}
    assert {name: ratio for name, ratio in found.items() if ratio < READABLE} == {}, behind


def shown(house: House, page: Page, css: str, system: Scheme, markup: str = INLINE) -> Page:
    page.emulate_media(color_scheme=system)
    page.goto(house.embed(markup, head=f"<style>{css}</style>"))
    until_ready(page)
    until_fitted(page)
    return page


def theme(page: Page) -> str:
    return str(framed(page).locator("html").get_attribute("data-theme"))


def other(theme: str) -> Scheme:
    return "light" if theme == "dark" else "dark"


GROUNDS: list[tuple[str, str, Scheme]] = [
    ("", INLINE, "light"),
    (f"body{{{DARK}}}", INLINE, "dark"),
    (f"html{{{DARK}}}", INLINE, "dark"),
    ("body{background:#111}", INLINE, "dark"),
    (f"body{{{LIGHT}}}", INLINE, "light"),
    ("body{background:#f4f4f4}", INLINE, "light"),
    (f"body{{{LIGHT}}}", WRAPPED.format(DARK, INLINE), "dark"),
    (f"body{{{DARK}}}", WRAPPED.format(LIGHT, INLINE), "light"),
    ("body{background:oklch(0.2 0.02 260);color:oklch(0.95 0 0)}", INLINE, "dark"),
    ("body{background:color(display-p3 .95 .95 1)}", INLINE, "light"),
    ("", WRAPPED.format("background:rgba(0,0,0,.85);color:#fff", INLINE), "dark"),
    ("", WRAPPED.format("background:rgba(0,0,0,.1)", INLINE), "light"),
    ("body{background:#808080}", INLINE, "light"),
    ("body{background:#1a66c9;color:#fff}", INLINE, "dark"),
    ("body{background:linear-gradient(#111,#333);color:#eee}", INLINE, "dark"),
    ("body{background:linear-gradient(#fff,#eee);color:#222}", INLINE, "light"),
    ("body{background:#fff;color:#222}div{background:url(data:,)}", INLINE, "light"),
    (":root{color-scheme:dark}", INLINE, "dark"),
    (":root{color-scheme:light}", INLINE, "light"),
    ("body::before{content:'';position:fixed;inset:0;background:#111;z-index:-1}"
     "body{color:#eee}", INLINE, "dark"),
]  # fmt: skip


def test_the_widget_is_as_the_page_around_is_whatever_the_system_is(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page(viewport=TALL)
    for css, markup, wanted in GROUNDS:
        with subtests.test(f"{css} {markup}"):
            shown(house, page, css, other(wanted), markup)
            assert theme(page) == wanted
            all_readable(page)


def test_a_page_that_follows_the_system_is_followed(house: House, open_page: Open) -> None:
    page = shown(house, open_page(viewport=TALL), ":root{color-scheme:light dark}", "dark")
    assert theme(page) == "dark"
    all_readable(page)
    page.emulate_media(color_scheme="light")
    expect(framed(page).locator("html")).to_have_attribute("data-theme", "light")
    all_readable(page)


def test_a_page_that_turns_dark_slowly_is_followed(house: House, open_page: Open) -> None:
    css = f"body{{{LIGHT};transition:background .4s}}body.dark{{{DARK}}}"
    page = shown(house, open_page(viewport=TALL), css, "light")
    framed(page).locator("button[name=start]").first.click()
    framed(page).locator("#field-name").fill("Gita")
    page.evaluate("document.body.classList.add('dark')")
    expect(framed(page).locator("html")).to_have_attribute("data-theme", "dark")
    expect(framed(page).locator("#field-name")).to_have_value("Gita")


def test_a_theme_that_is_asked_for_is_shown_and_can_be_read(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page(viewport=TALL)
    for css, wish in product([LIGHT, DARK], ["light", "dark", "auto"]):
        markup = INLINE.replace("host=", f'theme="{wish}" host=')
        with subtests.test(f"{wish} on {css}"):
            shown(house, page, f"body{{{css}}}", "light", markup)
            assert theme(page) == {"auto": "dark" if css == DARK else "light"}.get(wish, wish)
            all_readable(page)


def test_the_ground_is_found_through_components(house: House, open_page: Open) -> None:
    script = (
        "<script>customElements.define('a-card', class extends HTMLElement {"
        "constructor() { super().attachShadow({mode: 'open'}).innerHTML ="
        f"'<section style=\"{DARK}\"><slot></slot></section>' }} }})</script>"
    )
    page = shown(house, open_page(viewport=TALL), "", "light", f"<a-card>{INLINE}</a-card>{script}")
    assert theme(page) == "dark"
    all_readable(page)


def test_a_popup_is_as_the_page_around_is(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    markup = {
        "popup": POPUP,
        "link": '<a href="#" data-meetslot="ana/intro" data-month="2026-12">Book a call</a>',
        "script": '<button onclick="Meetslot.open(wish)">Book a call</button>'
        "<script>wish = {host: 'ana', event: 'intro', month: '2026-12'}</script>",
    }
    page = open_page()
    for css, mode in product([LIGHT, DARK], markup):
        with subtests.test(f"{mode} on {css}"):
            page.emulate_media(color_scheme="dark" if css == LIGHT else "light")
            page.goto(house.embed(markup[mode], head=f"<style>body{{{css}}}</style>"))
            page.wait_for_function("() => window.Meetslot")
            page.get_by_text("Book a call").filter(visible=True).click()
            opened(page)
            until_fitted(page)
            assert theme(page) == ("dark" if css == DARK else "light")
            all_readable(page)


def test_a_plain_frame_has_a_ground_of_its_own(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page(viewport=TALL)
    systems: list[Scheme] = ["light", "dark"]
    for css, system in product([LIGHT, DARK, "background:#808080"], systems):
        with subtests.test(f"{system}, {css}"):
            page.emulate_media(color_scheme=system)
            page.goto(house.put("plain.html", f"<!doctype html><body style='{css}'>{PLAIN}"))
            times = page.frame_locator("iframe").locator("button[name=start]")
            expect(times.first).to_be_visible()
            all_readable(page, "iframe")
