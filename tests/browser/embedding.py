"""What the tests of the embedded widget share."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Frame, FrameLocator, Page, Route, expect

from tests.browser.conftest import PATIENCE_MS
from tests.conftest import ROOT

LINK = '<a href="{{widget}}/book/ana/intro">Book a call</a>'
INLINE = f'<meetslot-booking host="ana" event="intro">{LINK}</meetslot-booking>'
POPUP = f'<meetslot-booking mode="popup" host="ana" event="intro">{LINK}</meetslot-booking>'
FLOATING = f'<meetslot-booking mode="floating" host="ana" event="intro">{LINK}</meetslot-booking>'
MARKUP = {"inline": INLINE, "popup": POPUP, "floating": FLOATING}
DIALOG = "meetslot-booking dialog"
TEXT = "<p>Words of the page itself, enough of them to fill a line or two on a phone.</p>"
LONG = TEXT * 60

GOLDEN: Any = json.loads((ROOT / "tests/golden/events.json").read_text())
EVENTS = list(GOLDEN["events"])
#: Another origin than the website and the product, as hostile as a test wants.
HOSTILE = "http://127.0.0.1:9"
#: For a page's head: keeps every event of the widget, and every message, in `window.seen` and
#: `window.messages`.
RECORD = f"""<script>
window.seen = []; window.messages = [];
for (const type of {EVENTS}) addEventListener("meetslot:" + type, (event) => seen.push(
  {{type, detail: event.detail, on: event.target.localName}}));
addEventListener("message", ({{data, origin}}) => messages.push({{data, origin}}));
</script>"""


#: Keeps the sum of all layout shifts, as browsers report them to Core Web Vitals.
SHIFTS = """<script>
window.shift = 0; window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) {
    shift += entry.value;
    shifts.push([entry.value, entry.sources.map((source) => source.node?.nodeName)]);
  }
})).observe({type: "layout-shift", buffered: true});
</script>"""


def painted(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


def framed(page: Page) -> FrameLocator:
    """The booking page inside the (only) widget of the page."""
    return page.frame_locator("meetslot-booking iframe")


def until_ready(page: Page) -> None:
    expect(page.locator("meetslot-booking .box.ready")).to_have_count(1)


def opened(page: Page) -> None:
    expect(page.locator(DIALOG)).to_be_visible()
    until_ready(page)


def until_fitted(page: Page) -> None:
    """The widget has the height of what is in it."""
    expect(framed(page).locator("html.fitted")).to_have_count(1)


def until(page: Page, condition: Callable[[], object]) -> None:
    """Until something has happened that the test sees and the page does not."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < end
        page.wait_for_timeout(20)  # what the browser reports comes in meanwhile


class Held:
    """Requests that do not get on before the test lets them."""

    def __init__(self, page: Page, pattern: str, method: str = "GET") -> None:
        self.page, self.method = page, method
        self.routes: list[Route] = []
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method == self.method:
            self.routes.append(route)
        else:
            route.continue_()

    def release(self) -> None:
        """Let the first one go, as soon as it is there."""
        until(self.page, lambda: self.routes)
        self.routes[0].continue_()


def reload(frame: Frame) -> None:
    """Load a frame's page anew, and be on the new one afterwards."""
    frame.evaluate("window.former = true; setTimeout(() => location.reload())")
    frame.wait_for_function("() => !window.former && document.readyState === 'complete'")


def choose(frame: FrameLocator | Page) -> str:
    """Choose the first free time: its start."""
    button = frame.locator("button[name=start]").first
    start = button.get_attribute("value")
    button.click()
    expect(frame.locator("#booking-form")).to_be_visible()
    assert start
    return start


def fill(
    frame: FrameLocator | Page, name: str = "Gita Guest", email: str = "gita@x.example"
) -> None:
    frame.locator("#field-name").fill(name)
    frame.locator("#field-email").fill(email)
    frame.locator("#booking-form button[data-busy]").click()


def book(frame: FrameLocator | Page, email: str = "gita@x.example") -> str:
    """The whole way to the confirmation: the start of what was booked."""
    start = choose(frame)
    fill(frame, email=email)
    expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible()
    return start


def seen(page: Page, *types: str) -> list[dict[str, Any]]:
    """The widget's events so far, all or some."""
    found: list[dict[str, Any]] = page.evaluate("window.seen")
    return [each for each in found if not types or each["type"] in types]


def until_seen(page: Page, type: str, times: int = 1) -> None:
    page.wait_for_function(
        "([type, times]) => seen.filter((each) => each.type === type).length >= times",
        arg=[type, times],
    )


def in_order(events: list[dict[str, Any]]) -> list[str]:
    """The types of events, but for those that say how high the widget is."""
    return [each["type"] for each in events if each["type"] != "resize"]


def hostile_page(context: BrowserContext, html: str) -> str:
    context.route(
        f"{HOSTILE}/**",
        lambda route: route.fulfill(content_type="text/html", body=f"<!doctype html>{html}"),
    )
    return f"{HOSTILE}/"
