"""What axe finds in a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCRIPT = Axe().axe_script
#: axe describes nothing else, which takes longest; a frame's page is looked at for itself.
FOUND = {"iframes": False, "resultTypes": ["violations"]}
#: Rules that axe leaves out unless they are asked for: WCAG 2.5.3 and 2.5.8.
ASKED = {
    "rules": {"label-content-name-mismatch": {"enabled": True}, "target-size": {"enabled": True}}
}
RUN = """async (options) => (await axe.run(options)).violations.map(
  ({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`)"""


def troubles(page: Page, **options: Any) -> list[str]:
    """What is wrong in each colour scheme, asked with these options, and its first element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    found = []
    for scheme, more in options.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [f"{scheme}: {each}" for each in page.evaluate(RUN, {**FOUND, **more})]
    return found
