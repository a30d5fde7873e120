"""Frames without embed.js: who is around, whatever the zone; and frames that allow little."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import RECORD, Held, book, choose, fill, reload, until

SOURCE = "{{widget}}/book/ana/intro"
PLAIN = f'<iframe src="{SOURCE}" style="width:100%;height:700px"></iframe>'
ANCESTORS = "location.ancestorOrigins?.[0]"


def without_ancestors(page: Page) -> None:
    """As in browsers other than Chromium; the browser lets no script hide it."""

    def answer(route: Route) -> None:
        text = route.fetch().text()
        assert ANCESTORS in text
        route.fulfill(content_type="text/javascript", body=text.replace(ANCESTORS, "undefined"))

    page.route("**/guest.js", answer)


def told(page: Page) -> list[str]:
    types = page.evaluate("messages.map(({data}) => data.type)")
    return [each for each in types if each != "resize"]


def frame_page(house: House, open_page: Open, zone: str, old: bool, markup: str = PLAIN) -> Page:
    page = open_page(timezone_id=zone)
    if old:
        without_ancestors(page)
    page.goto(house.put("plain.html", f"<!doctype html>{RECORD}{markup}"))
    return page


@pytest.mark.parametrize("old", [True, False], ids=["no ancestorOrigins", "Chromium"])
@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/New_York", "Asia/Kathmandu"])
def test_the_site_hears_of_everything_once_whatever_the_guests_zone(
    house: House, open_page: Open, zone: str, old: bool
) -> None:
    page = frame_page(house, open_page, zone, old)
    frame = page.frame_locator("iframe")
    expect(frame.locator("[data-guess-tz]")).to_have_count(1 if zone == "Europe/Lisbon" else 0)
    start = book(frame)
    page.wait_for_function("() => messages.some(({data}) => data.type === 'booked')")
    assert told(page) == ["ready", "step", "slot", "submitting", "step", "booked"]
    [booking] = house.bookings()
    assert booking["start"] == start
    if zone == "Asia/Kathmandu":
        expect(frame.get_by_text("UTC+05:45").first).to_be_visible()


def test_the_zone_of_a_guest_is_shown_without_a_second_page(house: House, open_page: Open) -> None:
    page = open_page(timezone_id="America/New_York")
    pages: list[str] = []
    page.on("request", lambda r: pages.append(r.url) if r.resource_type == "document" else None)
    page.goto(f"{house.widget}/book/ana/intro?utm_source=news")
    expect(page.get_by_text("New York").first).to_be_visible()
    assert page.evaluate("history.length") == 2  # about:blank and the picker
    assert "tz=America%2FNew_York" in page.url
    assert "utm_source=news" in page.url
    assert len(pages) == 1
    page.locator("button[name=start]").first.click()
    fill(page)
    expect(page.locator("[data-booking-status=confirmed]")).to_be_visible()


def test_without_htmx_the_page_is_loaded_anew_and_knows_who_is_around(
    house: House, open_page: Open
) -> None:
    page = open_page(timezone_id="America/New_York")
    without_ancestors(page)
    page.route("**/static/*/htmx*", lambda route: route.abort())
    page.goto(house.put("plain.html", f"<!doctype html>{RECORD}{PLAIN}"))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("New York").first).to_be_visible()
    book(frame)
    page.wait_for_function("() => messages.some(({data}) => data.type === 'booked')")


def test_a_frame_loaded_anew_still_tells_its_site(house: House, open_page: Open) -> None:
    page = frame_page(house, open_page, "America/New_York", old=False)
    expect(page.frame_locator("iframe").get_by_text("New York").first).to_be_visible()
    reload(page.frames[1])
    book(page.frame_locator("iframe"))
    page.wait_for_function("() => messages.some(({data}) => data.type === 'booked')")


# --- sandboxes -----------------------------------------------------------------------------------


def sandboxed(house: House, page: Page, allowed: str) -> FrameLocator:
    markup = PLAIN.replace("<iframe", f'<iframe sandbox="{allowed}"')
    page.goto(house.put("plain.html", f"<!doctype html>{RECORD}{markup}"))
    return page.frame_locator("iframe")


def test_a_guest_books_in_a_sandbox_that_allows_forms(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page, starts = open_page(), []
    for allowed in (
        "allow-forms",
        "allow-scripts allow-forms",
        "allow-scripts allow-forms allow-popups",
        "allow-scripts allow-forms allow-same-origin",
    ):
        with subtests.test(allowed):
            frame = sandboxed(house, page, allowed)
            starts.append(book(frame))
            assert sorted(each["start"] for each in house.bookings()) == sorted(starts)
            expect(frame.locator("[role=alert]")).to_have_count(0)


def test_a_sandbox_is_booked_in_before_the_scripts_are_all_there(
    house: House, open_page: Open
) -> None:
    """htmx alone, without what keeps it still there, would ask the server and be refused."""
    page = open_page(timezone_id="Europe/Lisbon")
    late = Held(page, "**/guest.js")
    markup = PLAIN.replace("<iframe", '<iframe sandbox="allow-scripts allow-forms"')
    page.goto(house.put("plain.html", f"<!doctype html>{RECORD}{markup}"), wait_until="commit")
    frame = page.frame_locator("iframe")
    until(page, lambda: late.routes)
    frame.locator("button[name=start]").first.click()
    expect(frame.locator("#booking-form")).to_be_visible()
    for route in late.routes:
        route.abort()


def test_a_sandbox_without_forms_says_where_the_page_itself_is(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page()
    for allowed in ("", "allow-same-origin", "allow-scripts", "allow-scripts allow-same-origin"):
        with subtests.test(allowed or "nothing"):
            frame = sandboxed(house, page, allowed)
            frame.locator("button[name=start]").first.click()
            own = frame.get_by_role("link", name=f"{house.widget}/book/ana/intro")
            expect(own).to_be_visible()
            expect(own).to_have_attribute("target", "_blank")
            if "allow-scripts" in allowed:
                expect(frame.get_by_role("alert")).to_contain_text("Does nothing happen")


def test_a_frame_that_works_says_nothing_of_the_kind(house: House, open_page: Open) -> None:
    page = frame_page(house, open_page, "Europe/Lisbon", old=False)
    frame = page.frame_locator("iframe")
    choose(frame)
    frame.locator("#booking-form button[data-busy]").click()  # nothing is filled in
    page.frames[1].evaluate("() => new Promise((done) => setTimeout(done, 100))")
    expect(frame.locator("#stuck")).to_have_count(0)
