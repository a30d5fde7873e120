"""Offline, or a server that is away, in the middle of a booking: said in place, and tried again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    INLINE,
    RECORD,
    choose,
    fill,
    framed,
    seen,
    until_fitted,
    until_ready,
    until_seen,
)

Place = Page | FrameLocator
BOOKED = "[data-booking-status=confirmed]"


def inside(house: House, open_alone: Open) -> tuple[Page, FrameLocator]:
    page = open_alone(house.embed(INLINE.replace("host=", 'month="2026-12" host='), head=RECORD))
    until_ready(page)
    until_fitted(page)
    return page, framed(page)


def alert(place: Place) -> object:
    found = place.locator("#offline")
    expect(found).to_be_visible()
    expect(found).to_have_attribute("role", "alert")
    expect(found).to_contain_text("There is no connection. What you typed is kept")
    return found


def test_a_booking_sent_offline_is_said_kept_and_made_when_back(
    house: House, open_alone: Open
) -> None:
    page, frame = inside(house, open_alone)
    start = choose(frame)
    page.context.set_offline(True)
    fill(frame)
    alert(frame)
    expect(frame.locator("#offline")).to_be_in_viewport()
    until_seen(page, "error")
    assert seen(page, "error")[0]["detail"] == {"code": "offline"}
    expect(frame.locator("#field-name")).to_have_value("Gita Guest")
    expect(frame.get_by_role("button", name="Book this time")).to_be_enabled()
    assert house.bookings() == []
    page.context.set_offline(False)
    expect(frame.locator(BOOKED)).to_be_visible()
    until_seen(page, "booked")
    assert [each["start"] for each in house.bookings()] == [start]
    assert len(seen(page, "error")) == 1


ACTS: dict[str, tuple[Callable[[Place], None], str]] = {
    "a day": (
        lambda place: place.locator("[data-date='2026-12-03']").click(),
        "[data-date='2026-12-03'][aria-pressed]",
    ),
    "a month": (
        lambda place: place.locator("#month-next").click(),
        "#month-previous",
    ),
    "a time": (lambda place: place.locator("button[name=start]").first.click(), "#booking-form"),
    "the zone": (lambda place: place.locator("#change-zone").click(), "#city"),
}


@pytest.mark.parametrize(("press", "comes"), ACTS.values(), ids=ACTS)
def test_what_is_pressed_offline_happens_when_back(
    house: House, open_alone: Open, press: Callable[[Place], None], comes: str
) -> None:
    house.change("ana", {"booking_window_days": 100})
    page, frame = inside(house, open_alone)
    page.context.set_offline(True)
    press(frame)
    alert(frame)
    until_seen(page, "error")
    page.context.set_offline(False)
    expect(frame.locator(comes).first).to_be_visible()
    expect(frame.locator("#offline")).to_have_count(0)


def test_offline_on_the_booking_page_itself(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}/book/ana/intro?tz=Europe/Lisbon")
    choose(page)
    page.context.set_offline(True)
    fill(page)
    alert(page)
    page.context.set_offline(False)
    expect(page.locator(BOOKED)).to_be_visible()
    assert len(house.bookings()) == 1


def test_a_booking_cancelled_and_a_city_sought_offline(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}/book/ana/intro?tz=Europe/Lisbon&step=zone")
    page.wait_for_function("() => window.htmx")
    page.context.set_offline(True)
    page.get_by_label("City or country").press_sequentially("Lagos")
    alert(page)
    page.context.set_offline(False)
    expect(page.get_by_role("button", name=re.compile("Lagos")).first).to_be_visible()
    expect(page.locator("#offline")).to_have_count(0)
    page.goto(f"{house.widget}/book/ana/intro?tz=Europe/Lisbon")
    choose(page)
    fill(page)
    expect(page.locator(BOOKED)).to_be_visible()
    page.locator("summary").filter(has_text="Cancel").click()
    page.locator("#field-reason").fill("A storm")
    page.context.set_offline(True)
    page.locator("#cancel-form button").click()
    alert(page)
    expect(page.locator("#field-reason")).to_have_value("A storm")
    page.context.set_offline(False)
    expect(page.locator("[data-booking-status=cancelled]")).to_be_visible()


def drop(route: Route) -> None:
    route.abort("connectionrefused")


def bad_gateway(route: Route) -> None:
    route.fulfill(status=502, content_type="text/html", body="<h1>502 Bad Gateway</h1>")


@pytest.mark.parametrize("away", [drop, bad_gateway])
def test_a_server_that_goes_away_and_comes_back_makes_one_booking(
    house: House, open_alone: Open, away: Callable[[Route], None]
) -> None:
    """The first booking arrives, its answer does not."""
    page = open_alone()
    page.clock.install()
    page.goto(f"{house.widget}/book/ana/intro?tz=Europe/Lisbon")
    start = choose(page)

    def after_it_arrived(route: Route) -> None:
        if route.request.method == "POST" and not house.bookings():
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            url, form = route.request.url, route.request.post_data
            requests.post(url, form, headers=headers, allow_redirects=False, timeout=120)
        away(route)

    page.route("**/book/ana/intro*", after_it_arrived)
    fill(page)
    alert(page)
    expect(page.locator("#field-email")).to_have_value("gita@x.example")
    page.clock.run_for(11_000)
    alert(page)
    page.unroute("**/book/ana/intro*")
    page.clock.run_for(11_000)
    expect(page.locator(BOOKED)).to_be_visible()
    assert [each["start"] for each in house.bookings()] == [start]
    assert len(house.events()) == 1


def test_who_goes_on_after_a_failure_is_not_sent_back(house: House, open_alone: Open) -> None:
    """What was pressed in vain is not tried again once something else was."""
    page = open_alone()
    page.clock.install()
    page.goto(f"{house.widget}/book/ana/intro?tz=Europe/Lisbon&month=2026-12")
    page.wait_for_function("() => window.htmx")
    page.route("**/book/ana/intro?*2026-12-03*", drop)
    page.locator("[data-date='2026-12-03']").click()
    alert(page)
    page.locator("[data-date='2026-12-04']").click()
    expect(page.locator("[data-date='2026-12-04']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#offline")).to_have_count(0)
    page.unroute("**/book/ana/intro?*2026-12-03*")
    page.clock.run_for(25_000)
    expect(page.locator("[data-date='2026-12-04']")).to_have_attribute("aria-pressed", "true")
