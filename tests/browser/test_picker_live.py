"""The picker in Chromium: steps and focus, fresh times by themselves, a form whose time goes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ANA, House, Open
from tests.people import PICKER

MINUTE = 60_000


def start(page: Page, value: str) -> Any:
    return page.locator(f"button[name=start][value='{value}']")


def count_swaps(page: Page) -> None:
    page.evaluate(
        "window.swaps = 0; document.addEventListener('htmx:after:swap', () => window.swaps++)"
    )


def record_live(page: Page) -> None:
    """Keeps what the live region says, as a screen reader would hear it."""
    page.evaluate(
        """() => {
          window.heard = [];
          const live = document.getElementById("live");
          new MutationObserver(() => live.textContent && window.heard.push(live.textContent))
            .observe(live, { childList: true, characterData: true, subtree: true });
        }"""
    )


def test_the_next_free_time_leads_to_the_form_and_back_with_all_that_was_typed(
    house: House, open_alone: Open
) -> None:
    page = open_alone(f"{house.widget}{PICKER}?tz=Europe/Lisbon&clock=12&view=list")
    page.get_by_role("button", name="Next free: Mon 30 Nov, 9:00 am").click()
    expect(page.locator("#booking-form .chosen")).to_contain_text("9:00 am – 9:30 am")
    page.get_by_label("Your name").fill("Gita")
    page.get_by_role("button", name="Choose another time").click()
    expect(page.locator("[data-date='2026-12-01']")).to_be_visible()  # still a list
    start(page, "2026-12-01T09:00:00Z").click()
    expect(page.get_by_label("Your name")).to_have_value("Gita")
    assert "Gita" not in page.url


def test_times_stay_fresh_and_say_so_only_when_they_change(house: House, open_alone: Open) -> None:
    house.change("ana", {"buffer_before": 0, "buffer_after": 0})
    page = open_alone()
    page.clock.install()
    page.goto(f"{house.widget}{PICKER}?tz=Europe/Lisbon&date=2026-12-03")
    page.wait_for_function("() => window.htmx")
    count_swaps(page)
    record_live(page)
    start(page, "2026-12-03T09:30:00Z").focus()
    with page.expect_response(re.compile("intro")):
        page.clock.run_for(MINUTE)
    house.add_busy(ANA, "2026-12-03T09:00:00Z", "2026-12-03T09:30:00Z")
    page.clock.run_for(MINUTE)
    expect(start(page, "2026-12-03T09:00:00Z")).to_have_count(0)
    page.wait_for_function("() => window.swaps && window.heard.length")
    assert page.evaluate("window.swaps") == 1  # the first look found nothing new
    expect(start(page, "2026-12-03T09:30:00Z")).to_be_focused()
    [said] = page.evaluate("window.heard")
    assert re.fullmatch(r"\d+ free times on Thursday, 3 December 2026", said)
    assert page.evaluate("history.length") == 2  # about:blank and the picker
    house.add_busy(ANA, "2026-12-03T10:00:00Z", "2026-12-03T10:30:00Z")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # back to the tab
    expect(start(page, "2026-12-03T10:00:00Z")).to_have_count(0)
    expect(start(page, "2026-12-03T09:30:00Z")).to_be_focused()


def test_a_time_that_goes_while_the_form_is_open_is_said_at_once_with_the_nearest(
    house: House, open_alone: Open
) -> None:
    house.change("ana", {"buffer_before": 0, "buffer_after": 0})
    page = open_alone()
    page.clock.install()
    page.goto(f"{house.widget}{PICKER}?tz=Europe/Lisbon&start=2026-12-03T09:30:00Z")
    page.get_by_label("Your name").fill("Gita")
    page.get_by_text("Add a note").click()
    page.get_by_label("Anything to prepare?").fill("Rain gear?")
    page.clock.run_for(MINUTE)
    expect(page.get_by_role("alert")).to_have_count(0)
    house.add_busy(ANA, "2026-12-03T09:30:00Z", "2026-12-03T10:00:00Z")
    page.clock.run_for(MINUTE)
    alert = page.get_by_role("alert")
    expect(alert).to_have_attribute("data-error", "slot_taken")
    offered = [each.get_attribute("value") for each in alert.get_by_role("button").all()]
    assert offered == [f"2026-12-03T{time}:00Z" for time in ("09:00", "10:00", "10:30", "11:00")]
    expect(page.get_by_label("Your name")).to_have_value("Gita")
    expect(page.locator("#field-notes")).to_be_focused()
    alert.get_by_role("button", name="10:00").click()
    expect(page.locator("#picker")).to_have_attribute("data-start", "2026-12-03T10:00:00Z")
    expect(page.get_by_label("Anything to prepare?")).to_have_value("Rain gear?")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Your e-mail address").fill("gita@guest.example")
    page.get_by_role("button", name="Book this time").click()
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()
    assert [booking["start"] for booking in house.bookings()] == ["2026-12-03T10:00:00Z"]


def test_the_next_month_is_there_before_it_is_asked_for(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}{PICKER}?tz=Europe/Lisbon")
    page.wait_for_function("() => window.htmx")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(re.compile("month=2027-01")):
        page.locator("#month").hover()
    assert len(asked) == 1
    page.get_by_role("button", name="Next month").click()
    expect(page.get_by_role("heading", name="January 2027", exact=True)).to_be_visible()
    assert sum("month=2027-01" in address for address in asked) == 1
    expect(page).to_have_url(re.compile("month=2027-01"))
    page.go_back()
    expect(page.locator("#month")).to_have_text("November – December 2026")


def test_a_zone_is_found_by_its_city_while_typing(house: House, open_alone: Open) -> None:
    page = open_alone(f"{house.widget}{PICKER}?tz=Europe/Lisbon&date=2026-12-03")
    page.wait_for_function("() => window.htmx")
    page.get_by_role("button", name="Change time zone").click()
    city = page.get_by_label("City or country")
    expect(city).to_be_focused()
    expect(page.locator("#cities li").first).to_contain_text("Your device: Lisbon")
    expect(page.locator("#month")).to_be_visible()  # the month stays where it is
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Change time zone")).to_be_focused()
    page.get_by_role("button", name="Change time zone").click()
    expect(city).to_be_focused()
    record_live(page)
    city.press_sequentially("são p")
    page.wait_for_function("() => window.heard.some((said) => said.endsWith('found'))")
    page.get_by_role("button", name="Sao Paulo (Brazil)").click()
    expect(page.locator(".zone")).to_contain_text("Sao Paulo, UTC-03:00")
    expect(page.locator("[data-date='2026-12-03']")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(city).to_be_visible()


@pytest.mark.parametrize(
    ("events", "number"),
    [
        pytest.param({"slot_interval": 10, "duration": 10}, 48, id="400 slots a month"),
        pytest.param({"max_per_day": 1, "booking_window_days": 0}, 16, id="one day"),
    ],
)
def test_many_slots_and_few_fit_without_sideways_scrolling(
    house: House, open_alone: Open, events: dict[str, Any], number: int
) -> None:
    house.change("ana", events)
    for view in ("month", "list"):
        page = open_alone(
            f"{house.widget}{PICKER}?tz=Europe/Lisbon&view={view}",
            viewport={"width": 320, "height": 700},
        )
        assert page.locator("button[name=start]").count() >= number
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 320
