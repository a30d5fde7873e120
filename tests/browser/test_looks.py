"""What pictures of the guest's pages showed: names cut off, a dark print, links in boxes."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.browser.conftest import House, Open
from tests.browser.test_settings import signed_in

PICKER = "/book/ana/intro"
NAME = "bartholomew.featherstonehaugh@consulting-partners.example"
TITLE = "Erstgespräch Rechtsschutzversicherungsgesellschaften"
#: The rightmost edge of anything in sight, in CSS pixels.
EDGE = """() => Math.max(...[...document.querySelectorAll("main, main *")]
    .filter(each => !each.matches(".unseen, [hidden]"))
    .map(each => each.getBoundingClientRect().right))"""


def booked(page: Page) -> None:
    page.get_by_label("Your name").fill("x" * 100)
    page.get_by_label("Your e-mail address").fill("gita@guest.example")
    page.get_by_role("button", name="Book this time").click()
    page.locator("[data-booking-status=confirmed]").wait_for()


@pytest.mark.parametrize("width", [280, 320])
def test_long_names_without_a_break_are_never_cut_off(
    house: House, open_alone: Open, width: int
) -> None:
    house.change("ana", display_name=NAME, event={"title": TITLE, "location": "google_meet"})
    page = open_alone(viewport={"width": width, "height": 700})
    for path in (
        "/book/ana",
        PICKER,
        f"{PICKER}?view=list",
        f"{PICKER}?step=zone&city=PST",
        f"{PICKER}?start=2026-12-03T09:00:00Z",
    ):
        page.goto(f"{house.widget}{path}")
        assert page.evaluate(EDGE) <= width, path
    booked(page)
    assert page.evaluate(EDGE) <= width
    page.get_by_role("link", name="Choose another time").click()
    page.locator("main[data-step=times]").wait_for()
    assert page.evaluate(EDGE) <= width


def test_what_a_guest_answered_can_be_read_on_a_narrow_screen_whatever_was_asked(
    house: House, open_alone: Open
) -> None:
    question = {"id": "x", "label": f"{TITLE}? {NAME}", "kind": "text", "required": False}
    house.change("ana", event={"questions": [question], "location": "google_meet"})
    wish = {
        "start": house.slots()[0],
        "name": TITLE,
        "email": "g@x.example",
        "answers": {"x": NAME},
    }
    asked = requests.post(f"{house.widget}/api/v1/ana/intro/bookings", json=wish, timeout=30)
    assert asked.status_code == 201, asked.text
    page = signed_in(open_alone(viewport={"width": 280, "height": 700}), house)
    page.locator(".booking summary").click()
    for width in (280, 320):
        page.set_viewport_size({"width": width, "height": 700})
        for part in page.locator(".booking dd").all():
            box = part.bounding_box()
            assert box
            assert box["width"] >= width * 0.4
            assert box["x"] + box["width"] <= width - 16


def test_what_is_dark_is_printed_black_on_white(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}{PICKER}?theme=dark&start=2026-12-03T09:00:00Z")
    booked(page)
    page.emulate_media(media="print")
    ink = "el => getComputedStyle(el).color"
    assert page.locator("body").evaluate(ink) == "rgb(32, 33, 36)"
    for quiet in page.locator(".quiet, a:not(.button)").all():
        red, green, blue = (
            int(part) for part in quiet.evaluate(ink).removeprefix("rgb(")[:-1].split(",")
        )
        assert 0.2126 * red + 0.7152 * green + 0.0722 * blue < 118  # 4.5:1 on white


def test_a_box_that_forced_colours_draw_has_room_inside(house: House, chromium: Browser) -> None:
    page = chromium.new_page(forced_colors="active")
    page.goto(f"{house.widget}{PICKER}?tz=UTC")
    for link in page.locator("button.link").all():
        assert link.evaluate("el => parseFloat(getComputedStyle(el).paddingInlineStart)") >= 4
    page.context.close()
