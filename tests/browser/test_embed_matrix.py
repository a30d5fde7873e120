"""The whole journey in every mode, with and without script, by theme, direction and width.

MEETSLOT_SCREENSHOTS=/some/folder keeps a picture of every step, to be looked at.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import choose, fill, framed, painted, until, until_ready

KEPT = os.environ.get("MEETSLOT_SCREENSHOTS")
PAGE = """<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>A site</title>
<style>:root{{color-scheme:{theme}}} body{{font:17px/1.6 serif;margin:16px}}</style>
<script src="{{{{widget}}}}/embed.js" async></script></head><body><h1>Talk to Ana</h1>
<p>Half an hour about what you can do already, and what you would like to learn.</p>
<meetslot-booking mode="{mode}" host="ana" event="intro" theme="{theme}" lang="{lang}"
accent="0b6e6e">
<a href="{{{{widget}}}}/book/ana/intro?theme={theme}&amp;lang={lang}">Book a call</a>
</meetslot-booking></body></html>"""


#: Nothing scrolls sideways; and inside a frame of the widget nothing scrolls at all.
FITS = """() => {
  const root = document.documentElement;
  const tall = window.parent !== window && (root.scrollHeight > innerHeight || scrollY > 0);
  return root.scrollWidth <= innerWidth && !tall;
}"""


class Album:
    def __init__(self, page: Page, name: str, scripts: bool) -> None:
        self.page, self.name, self.scripts = page, name, scripts

    def keep(self, step: str, *widths: int) -> None:
        """Every step fits at these widths; and a picture of it, if they are kept."""
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 800})
            if self.scripts:  # a frame of another process hears of its width
                painted(self.page)
            for frame in self.page.frames:
                until(self.page, lambda f=frame: f.evaluate(FITS))
            if KEPT:
                self.page.screenshot(path=Path(KEPT) / f"{self.name}-{width}-{step}.png")


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("mode", ["inline", "popup", "floating"])
def test_a_guest_books(
    house: House, open_page: Open, subtests: pytest.Subtests, mode: str, scripts: bool
) -> None:
    """Each direction and each theme is come to at both widths, and each step looked at at both."""
    page = open_page(java_script_enabled=scripts)
    for theme, direction, *widths in (
        ("light", "ltr", 320, 1280),
        ("light", "rtl", 1280, 320),
        ("dark", "ltr", 1280, 320),
        ("dark", "rtl", 320, 1280),
    ):
        lang = "ar" if direction == "rtl" else "en"
        html = PAGE.format(mode=mode, theme=theme, direction=direction, lang=lang)
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": widths[0], "height": 800})
        before = len(house.events())
        name = f"{mode}-{'script' if scripts else 'plain'}-{theme}-{direction}"
        with subtests.test(name):
            page.goto(house.put("page.html", html))
            _book(Album(page, name, scripts), _open(page, mode, scripts), theme, widths)
            assert len(house.events()) == before + 1


def _book(album: Album, place: Page | FrameLocator, theme: str, widths: list[int]) -> None:
    expect(place.locator("button[name=start]").first).to_be_visible()
    expect(place.locator("html")).to_have_attribute("data-theme", theme)
    album.keep("1-times", *widths)
    choose(place)
    album.keep("2-details", *reversed(widths))
    fill(place)
    confirmation = place.locator("[data-booking-status=confirmed]")
    expect(confirmation.locator("a[data-meet-link]")).to_be_visible()
    album.keep("3-booked", *widths)


def _open(page: Page, mode: str, scripts: bool) -> Page | FrameLocator:
    if not scripts:
        page.get_by_role("link", name="Book a call").click()
        return page
    if mode != "inline":
        page.get_by_role("button", name="Book a call").click()
    until_ready(page)
    return framed(page)
