"""Pictures of the demo website and of the settings page: python -m demo.picture FOLDER"""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack

from playwright.sync_api import sync_playwright

from demo.__main__ import serve

PORT = 8740
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(folder: str) -> None:
    chromium = shutil.which("chromium") or sys.exit("this needs Chromium: apt-get install chromium")
    with ExitStack() as stack:
        serve(stack, PORT)
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium, args=FLAGS
        )
        page = browser.new_page(
            viewport={"width": 1200, "height": 700}, timezone_id="Europe/Lisbon", locale="en-GB"
        )
        page.goto(f"http://127.0.0.1:{PORT}/")
        frame = page.frame_locator("iframe")
        frame.get_by_role("button", name="Next month").click()
        frame.locator("[data-date]").nth(5).click()
        page.locator("#book").scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, document.querySelector('#book').offsetTop - 24)")
        page.screenshot(path=f"{folder}/widget.png")
        page.set_viewport_size({"width": 1280, "height": 860})
        page.goto(f"http://localhost:{PORT + 1}/login")
        page.get_by_role("button", name="Ana Silva").click()
        page.get_by_role("link", name="Event types", exact=True).click()
        page.frame_locator("#preview-frame").locator("[data-date]").first.wait_for()
        page.screenshot(path=f"{folder}/settings.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
