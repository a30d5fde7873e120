"""What the widget weighs and how still it holds, in Chromium against the demo's servers."""

from __future__ import annotations

import io
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, expect, sync_playwright

from demo.__main__ import serve

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PORT = 8750
FLAGS = ["--no-sandbox", "--disable-gpu"]
WIDTHS = [(320, 640), (390, 844), (768, 1024), (1280, 800), (1600, 900)]
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


def main() -> None:
    if not CHROMIUM:
        sys.exit("left out: the weight (no Chromium); to add it: sudo apt-get install chromium")
    with sync_playwright() as playwright, demo() as (site, widget):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        figures = [
            *_weight(browser, site, widget),
            *_still(browser, site),
        ]
        browser.close()
        figures += _stored(playwright, site)
    for line in figures:
        print(line)


def _weight(browser, site: str, widget: str) -> list[str]:  # type: ignore[no-untyped-def]
    page, traffic = browser.new_page(), Traffic()
    traffic.watch(page)
    page.goto(site)
    ready(page)
    ours = traffic.of(widget)
    foreign = [each for each in traffic.requests if origin(each.url) not in (site, widget, "null")]
    plain, alone = browser.new_context(java_script_enabled=False).new_page(), Traffic()
    alone.watch(plain)
    plain.goto(f"{widget}/book/ana/intro")
    expect(plain.locator("button[name=start]").first).to_be_visible()
    plain.wait_for_load_state("networkidle")
    return [
        f"embed.js                          {ours.named('embed.js')}, limit 3,000"
        "  (calrs 2.9 kB, Calnode 12.3, Cal.com 17.2)",
        f"slots bookable, HTML and CSS      {alone.of(widget)}, limit 10,000 in 2"
        "  (Calnode about 18 kB in 4)",
        f"first view, everything            {ours}, limit 24,000 in 5",
        *(f"  {urlsplit(each.url).path:32}{Traffic([each])}" for each in ours.requests),
        f"requests to anybody else          {len([e for e in foreign if e.url[:5] != 'data:'])}",
    ]


def _still(browser, site: str) -> list[str]:  # type: ignore[no-untyped-def]
    """Cumulative layout shift of the demo's page while the widget loads, cold, by width."""
    found = []
    for width, height in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.add_init_script(SHIFTS)
        page.goto(f"{site}/app.html")
        ready(page)
        page.wait_for_timeout(500)
        found.append(f"{width}: {page.evaluate('shift'):.2f}")
        context.close()
    return [f"layout shift (CLS) by width       {', '.join(found)}"]


def _stored(playwright, site: str) -> list[str]:  # type: ignore[no-untyped-def]
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
        frame.locator("#field-name").fill("Gita Guest")
        frame.locator("#field-email").fill("gita@guest.example")
        frame.locator("#booking-form button[data-busy]").click()
        expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible(timeout=30_000)
        cookies = len(context.cookies())
        context.close()
    return [f"booked with cookies and storage blocked; cookies set: {cookies}"]


if __name__ == "__main__":
    main()
