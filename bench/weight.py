"""What the widget weighs, how still it holds and what axe finds, against the demo's servers.

Ends with 1, and names it, if a figure lies beyond its limit. CI holds the same limits by tests:
tests/web/test_weight.py, tests/browser/test_embed_behaves.py and test_accessibility.py.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    FrameLocator,
    Page,
    Playwright,
    Request,
    Route,
    expect,
    sync_playwright,
)

from bench import _table
from demo.__main__ import serve

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PORT = 8750
# A page that is made up here is from nowhere, and may not ask the loopback without the last one.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-features=LocalNetworkAccessChecks"]
WIDTHS = [(320, 640), (390, 844), (768, 1024), (1280, 800), (1600, 900)]
PICKER = "/book/ana/intro"
SLOW_S = 2  # how late a script may come without anything moving
TALL = 1800  # so high a window that what stands below the widget is in sight
README = Path(__file__).parent.parent / "README.md"
BLOCKED = {"profile": {"cookie_controls_mode": 1, "default_content_setting_values": {"cookies": 2}}}
SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) shift += entry.value;
})).observe({type: "layout-shift", buffered: true});
"""


@dataclass
class Traffic:
    """Every request of a page and its frames, with the bytes of its answer as they came."""

    requests: list[Request] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("requestfinished", lambda request: self.requests.append(request))

    def of(self, *origins: str) -> Traffic:
        return Traffic([each for each in self.requests if origin(each.url) in origins])

    def named(self, *endings: str) -> Traffic:
        paths = [(each, urlsplit(each.url).path) for each in self.requests]
        return Traffic([each for each, path in paths if path.endswith(endings)])

    def pictures(self, wanted: bool = True) -> Traffic:
        """Those of hosts, which are no part of the widget; or all else."""
        paths = [(each, urlsplit(each.url).path) for each in self.requests]
        return Traffic([each for each, path in paths if path.startswith("/picture/") == wanted])

    @property
    def body(self) -> int:
        return sum(each.sizes()["responseBodySize"] for each in self.requests)

    @property
    def headers(self) -> int:
        return sum(each.sizes()["responseHeadersSize"] for each in self.requests)

    def __str__(self) -> str:
        count = len(self.requests)
        return f"{self.body:6,} B in {count} ({self.body + self.headers:,} B with headers)"


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """The demo's servers: the website's origin, the product's."""
    with ExitStack() as stack:
        with redirect_stdout(io.StringIO()):
            serve(stack, PORT)
        yield f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT + 1}"


def ready(page: Page) -> None:
    expect(page.locator("meetslot-booking .box.ready")).to_have_count(1, timeout=30_000)
    page.wait_for_load_state("networkidle")


@dataclass
class Figures:
    """Printed one by one; `beyond` are those that do not keep their limit."""

    beyond: list[str] = field(default_factory=list)

    def add(self, what: str, found: object, kept: bool = True) -> None:
        print(f"{what:34}{found}{'' if kept else '   BEYOND ITS LIMIT'}", flush=True)
        if not kept:
            self.beyond.append(what)

    def add_weight(
        self, what: str, traffic: Traffic, limit: int, requests: int, others: str = ""
    ) -> None:
        kept = traffic.body <= limit and len(traffic.requests) <= requests
        self.add(what, f"{traffic}, limit {limit:,} in {requests}{others}", kept)
        measured = f"{traffic.body:,} B in {len(traffic.requests)}"
        _table.add(what, "make bench ARGS=weight", measured, f"{limit:,} B in {requests}", kept)


def main() -> None:
    if not CHROMIUM:
        sys.exit("left out: the weight (no Chromium); to add it: sudo apt-get install chromium")
    figures = Figures()
    with sync_playwright() as playwright, demo() as (site, widget):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        _weight(figures, browser, site, widget)
        _still(figures, browser, site, widget)
        _accessible(figures, browser, site, widget)
        browser.close()
        _stored(figures, playwright, site)
    if figures.beyond:
        sys.exit(f"beyond the limit: {', '.join(figures.beyond)}")


def _weight(figures: Figures, browser: Browser, site: str, widget: str) -> None:
    page, traffic = browser.new_page(), Traffic()
    traffic.watch(page)
    page.goto(site)
    ready(page)
    ours = traffic.of(widget)
    plain, alone = browser.new_context(java_script_enabled=False).new_page(), Traffic()
    alone.watch(plain)
    plain.goto(f"{widget}{PICKER}")
    expect(plain.locator("button[name=start]").first).to_be_visible()
    plain.wait_for_load_state("networkidle")
    script, others = ours.named("embed.js"), "  (calrs 2.9 kB, Calnode 12.3, Cal.com 17.2)"
    figures.add_weight("embed.js", script, 3_000, 1, others)
    others = "  (Calnode about 18 kB in 4)"
    bare = alone.of(widget).pictures(wanted=False)
    figures.add_weight("slots bookable, HTML and CSS", bare, 5_000, 1, others)
    figures.add_weight("first view, without a picture", ours.pictures(wanted=False), 24_000, 4)
    figures.add_weight("the host's picture", ours.pictures(), 20_000, 1)
    for each in ours.requests:
        figures.add(f"  {urlsplit(each.url).path}", Traffic([each]))
    foreign = [each for each in traffic.requests if origin(each.url) not in (site, widget, "null")]
    asked = len([each for each in foreign if not each.url.startswith("data:")])
    figures.add("requests to anybody else", asked, asked == 0)


# --- how still it holds ---------------------------------------------------------------------------


def _still(figures: Figures, browser: Browser, site: str, widget: str) -> None:
    """Cumulative layout shift while the widget loads, cold, by width."""
    _shifts(figures, browser, "layout shift (CLS)", f"{site}/app.html")
    late = f"layout shift, script {SLOW_S} s late"
    _shifts(figures, browser, late, f"{site}/late.html", _page_around_the_snippet(widget))


def _page_around_the_snippet(widget: str) -> str:
    """With the lines of the README, and enough of a page around them to move."""
    [lines] = re.findall(r"```html\n(.*?)```", README.read_text(), re.DOTALL)[:1]
    page = '<!doctype html><meta name="viewport" content="width=device-width"><h1>A</h1>'
    return f"{page}{lines}<h2>B</h2>{'<p>Words</p>' * 60}".replace(
        "https://book.example.com", widget
    )


def _shifts(figures: Figures, browser: Browser, what: str, address: str, html: str = "") -> None:
    def late(route: Route) -> None:
        time.sleep(SLOW_S)
        route.continue_()

    found = {}
    for width, height in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": TALL if html else height})
        page.add_init_script(SHIFTS)
        if html:
            page.route(address, lambda route: route.fulfill(content_type="text/html", body=html))
            page.route("**/embed.js", late)
        page.goto(address)
        ready(page)
        page.wait_for_timeout(500)
        found[width] = page.evaluate("shift")
        page.close()
    said = ", ".join(f"{width}: {shift:.2f}" for width, shift in found.items())
    figures.add(what, f"{said}, limit 0.00", max(found.values()) == 0)


# --- what axe finds -------------------------------------------------------------------------------


def _accessible(figures: Figures, browser: Browser, site: str, widget: str) -> None:
    """Violations of WCAG 2.2 AA and of good practice, in light and in dark."""
    page, found, looks = browser.new_page(), [], 0

    def look(frames: bool = True) -> None:
        nonlocal looks
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            answer = Axe().run(page, options={"iframes": frames}).response
            found.extend(f"{each['id']} ({page.url})" for each in answer["violations"])
            looks += 1

    for path in ("/book/ana", f"{PICKER}?view=list", f"{PICKER}?step=zone", "/book/nobody", PICKER):
        page.goto(f"{widget}{path}")
        look()
    page.locator("button[name=start]").first.click()
    _fill(page, "gita@nowhere")
    expect(page.get_by_role("alert")).to_be_visible()
    look()
    _fill(page, "gita@guest.example")
    for state in ("confirmed", "cancelled"):
        expect(page.locator(f"[data-booking-status={state}]")).to_be_visible(timeout=30_000)
        look()
        if state == "confirmed":
            page.locator("summary").filter(has_text="Cancel this booking").click()
            page.locator("#cancel-form button").click()
    page.goto(f"{site}/charter.html")
    page.get_by_role("button", name="Book the briefing").click()
    ready(page)
    look(frames=False)
    named = f": {', '.join(sorted(set(found)))}" if found else ""
    figures.add("axe", f"{len(found)} in {looks} looks, limit 0{named}", not found)


def _fill(place: Page | FrameLocator, email: str) -> None:
    place.locator("#field-name").fill("Gita Guest")
    place.locator("#field-email").fill(email)
    place.locator("#booking-form button[data-busy]").click()


def _stored(figures: Figures, playwright: Playwright, site: str) -> None:
    """A whole booking in a browser that blocks all cookies and storage."""
    with tempfile.TemporaryDirectory() as folder:
        preferences = Path(folder) / "Default" / "Preferences"
        preferences.parent.mkdir()
        preferences.write_text(json.dumps(BLOCKED))
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=CHROMIUM, args=FLAGS
        )
        page = context.new_page()
        page.goto(site)
        frame = page.frame_locator("meetslot-booking iframe")
        frame.locator("button[name=start]").first.click()
        _fill(frame, "gita@guest.example")
        expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible(timeout=30_000)
        cookies = len(context.cookies())
        context.close()
    figures.add("booked with storage blocked", f"cookies set: {cookies}", cookies == 0)


if __name__ == "__main__":
    main()
