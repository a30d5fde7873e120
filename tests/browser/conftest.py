"""A real Chromium before the product, the stand-in Google and a website on another origin."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from flask import Flask, Response, request
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import make_server

import models
from app import create_app
from demo.site import make_app as demo_site
from tests.browser.serve import Quiet
from tests.conftest import CHROMIUM, NOW, ROOT, command
from tests.world import Rows, put_back, rows
from widget import config

#: Chromium without its windows, menus and profile, which cost four times what our pages do.
HEADLESS = shutil.which("chromium-headless-shell") or CHROMIUM
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
ANA = "ana@sailing.example"
BEN = "ben@sailing.example"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AT_HOME: Any = {"timezone_id": "Europe/Lisbon", "locale": "en-GB"}
NO_COOKIES = {
    "profile": {
        "cookie_controls_mode": 1,  # third-party cookies and storage are blocked
        "default_content_setting_values": {"cookies": 2},  # and so are all others
    }
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what each frame shows to the report of a test that failed."""
    report = yield
    browser: Browser | None = getattr(item, "funcargs", {}).get("chromium")
    if browser and call.when == "call" and report.failed:
        for context in browser.contexts:
            for frame in (frame for page in context.pages for frame in page.frames):
                report.sections.append((f"shown: {frame.url}", _text(frame)))
    return report


def _text(frame: Frame) -> str:
    try:
        return frame.locator("body").inner_text(timeout=5_000)
    except PlaywrightError as error:
        return str(error)


@dataclass
class House:
    """All servers of a test, with Ana (and her two calendars) signed in as in the demo."""

    widget: str  #: the product's origin, http://localhost:…
    google: str  #: the stand-in's origin
    site: str  #: the website's origin, http://127.0.0.1:…: another site than the product
    environ: dict[str, str]
    pages: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    first: Rows | None = None  #: what was stored when the first test began
    session: dict[str, str] = field(default_factory=dict)  #: the cookie of Ana's sign-in

    def put(self, path: str, html: str, **headers: str) -> str:
        """A page of the website: `{{widget}}` becomes the product's origin; gives its address."""
        self.pages[path] = (html.replace("{{widget}}", self.widget), headers)
        return f"{self.site}/{path}"

    def embed(self, markup: str, path: str = "page.html", head: str = "", **headers: str) -> str:
        """A page of the website with the embed script and this markup; gives its address."""
        html = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">{head}
<script src="{{{{widget}}}}/embed.js" async></script></head><body>{markup}</body></html>"""
        return self.put(path, html, **headers)

    def command(self, *args: str) -> str:
        """What a flask command prints."""
        return command(self._app, *args)

    def change(self, handle: str, event: dict[str, Any] | None = None, **fields: Any) -> None:
        """Change settings by export and import; `event`: fields of the first event type."""
        document = json.loads(self.command("settings", "export", handle))
        document.update(fields)
        document["event_types"][0].update(event or {})
        self.import_settings(handle, document)

    def import_settings(self, handle: str, document: dict[str, Any]) -> None:
        result = self._app.test_cli_runner().invoke(
            args=["settings", "import", handle, "-"], input=json.dumps(document)
        )
        assert result.exit_code == 0, result.output

    def bookings(self, handle: str = "ana") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.command("bookings", "list", handle, "--format", "json")
        )
        return found

    def slots(self, host: str = "ana", event: str = "intro", days: int = 30) -> list[str]:
        """The starts of free slots, from the API."""
        end = f"2026-12-{min(days, 31):02}T00:00:00Z"
        answer = requests.get(
            f"{self.widget}/api/v1/{host}/{event}/slots",
            params={"from": NOW, "to": end},
            timeout=120,
        )
        return [slot["start"] for slot in answer.json()["slots"]]

    def sign_in(self, email: str) -> requests.Session:
        """A host's session, signed in through the consent page."""
        browser = requests.Session()
        to_google = browser.get(f"{self.widget}/login", allow_redirects=False, timeout=120)
        scopes = unquote(to_google.headers["Location"]).replace("+", " ")
        asked = scopes.split("scope=")[1].split("&")[0].split()
        form: Any = {"person": email, "scope": asked}
        back = requests.post(
            to_google.headers["Location"], data=form, allow_redirects=False, timeout=120
        )
        assert browser.get(back.headers["Location"], timeout=120).url.endswith("/settings")
        return browser

    # --- the stand-in -----------------------------------------------------------------------

    def control(self, path: str, verb: str = "POST", /, **body: Any) -> Any:
        return requests.request(
            verb, f"{self.google}/control/{path}", json=body, timeout=120
        ).json()

    def fault(self, method: str, **fault: Any) -> None:
        """The next call of `method` goes wrong; see demo.google.faults.Fault."""
        asked = {"method": method, **fault}
        requests.post(f"{self.google}/control/faults", json=asked, timeout=120).raise_for_status()

    def add_busy(self, email: str, start: str, end: str) -> None:
        self.control(f"people/{email}/busy", start=start, end=end)

    def events(self, email: str = ANA) -> list[dict[str, Any]]:
        """What stands in a calendar."""
        found = self.control("state", "GET")["events"][email]
        return [event for event in found if event["status"] != "cancelled"]

    # --- between tests ----------------------------------------------------------------------

    @cached_property
    def _app(self) -> Flask:
        return create_app(config.load(self.environ))

    def begin(self) -> None:
        """As new: empty calendars, Ana signed in with the demo's settings, no bookings."""
        self.pages.clear()
        models.connect(self.environ["DATABASE_URL"])
        if self.first is None:
            self.session = self.sign_in(ANA).cookies.get_dict()
            settings = json.loads((ROOT / "demo/settings/ana.json").read_text())
            settings["event_types"][0]["minimum_notice"] = 0
            self.import_settings("ana", settings)
            self.control("snapshot")
            self.first = rows()
        else:
            self.control("restore")
            put_back(self.first)


@contextmanager
def _serving(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _website(widget: str, pages: dict[str, tuple[str, Mapping[str, str]]]) -> Flask:
    """The demo's website, and in front of it the pages of the test."""
    app = demo_site(widget)

    @app.before_request
    def page() -> Response | None:
        if request.path.lstrip("/") not in pages:
            return None
        html, headers = pages[request.path.lstrip("/")]
        return Response(html, headers={"Content-Type": "text/html; charset=utf-8", **headers})

    return app


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.serve", str(folder), NOW, str(compiled)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    started = json.loads(process.stdout.readline())
    widget = started["environ"]["PUBLIC_URL"]
    pages: dict[str, tuple[str, Mapping[str, str]]] = {}
    with ExitStack() as stack:
        site = stack.enter_context(_serving(_website(widget, pages)))
        yield House(widget, started["google"], site, started["environ"], pages)
    process.communicate()


@pytest.fixture
def house(servers: House) -> Iterator[House]:
    """The servers as new; a test fails on any deviation from Google's schema."""
    servers.begin()
    yield servers
    assert servers.control("state", "GET")["deviations"] == []
    models.database.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=HEADLESS, args=FLAGS)
    yield browser
    browser.close()


Open = Callable[..., Page]


NEW_PAGE: Any = {"viewport": {"width": 1280, "height": 720}, "color_scheme": "light"}
UNSET: Any = {"media": "null", "reduced_motion": "no-preference", "forced_colors": "none"}


class Pane:
    """A page that one test after the other gets: a new context costs as much as what it shows."""

    def __init__(self, chromium: Browser, script: bool) -> None:
        self.context = chromium.new_context(**AT_HOME, java_script_enabled=script)
        self.page = _page(self.context, "", self)
        self.session = self.context.new_cdp_session(self.page)
        self.troubles: list[str] = []

    def append(self, trouble: str) -> None:
        self.troubles.append(trouble)

    def take(self, troubles: list[str], **options: Any) -> Page:
        """The page as a new one, with a size and a colour scheme of its own."""
        given = {**NEW_PAGE, **options}
        self.troubles = troubles
        self.page.set_viewport_size(given["viewport"])
        self.page.emulate_media(color_scheme=given["color_scheme"], **UNSET)
        return self.page

    def put_back(self) -> None:
        """Nothing is left of a test: no page, route, cookie or way back."""
        for other in self.context.pages:
            if other != self.page:
                other.close()
        self.page.unroute_all(behavior="ignoreErrors")
        self.context.unroute_all(behavior="ignoreErrors")
        self.context.clear_cookies()
        self.page.goto("about:blank")
        self.page.mouse.move(0, 0)
        self.session.send("Page.resetNavigationHistory")


@pytest.fixture(scope="session")
def panes() -> dict[bool, Pane]:
    """By whether scripts run in them."""
    return {}


@pytest.fixture
def open_page(house: House, chromium: Browser, panes: dict[bool, Pane]) -> Iterator[Open]:
    """open_page(address, **options of a browser context): a page as in a new context.

    A test fails when any page of it reports an error of a script, or something that a policy
    refused. One that changes what outlasts its page (the clock, say) wants `open_alone`.
    """
    with ExitStack() as stack:
        troubles: list[str] = []
        taken: set[bool] = set()

        def open_page(address: str = "", **options: Any) -> Page:
            script = options.get("java_script_enabled", True)
            more = {name: options[name] for name in options if name != "java_script_enabled"}
            if script in taken or not more.keys() <= NEW_PAGE.keys():
                return _alone(chromium, stack, troubles, address, **options)
            taken.add(script)
            pane = panes[script] = panes.get(script) or Pane(chromium, script)
            stack.callback(pane.put_back)
            page = pane.take(troubles, **more)
            if address:
                page.goto(address)
            return page

        yield open_page
        assert troubles == []


@pytest.fixture
def open_alone(house: House, chromium: Browser) -> Iterator[Open]:
    """As open_page, each page in a context of its own, with which it ends."""
    with ExitStack() as stack:
        troubles: list[str] = []
        yield partial(_alone, chromium, stack, troubles)
        assert troubles == []


def _alone(
    chromium: Browser, stack: ExitStack, troubles: list[str], address: str = "", /, **options: Any
) -> Page:
    context = chromium.new_context(**{**AT_HOME, **options})
    stack.callback(context.close)
    return _page(context, address, troubles)


def _page(context: BrowserContext, address: str, troubles: list[str] | Pane) -> Page:
    context.set_default_timeout(PATIENCE_MS)
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on(
        "console",
        lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page = context.new_page()
    if address:
        page.goto(address)
    return page


@pytest.fixture(scope="session")
def whole(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A context of a whole Chromium that blocks all cookies and storage, third-party ones too."""
    folder = tmp_path_factory.mktemp("profile")
    (folder / "Default").mkdir()
    (folder / "Default" / "Preferences").write_text(json.dumps(NO_COOKIES))
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=FLAGS, **AT_HOME
    )
    yield context
    context.close()


@pytest.fixture
def without_storage(house: House, whole: BrowserContext) -> Iterator[Open]:
    """As open_page, in a browser that blocks all cookies and storage."""
    yield lambda address: _page(whole, address, [])
    for page in whole.pages[1:]:  # without its first one it would end
        page.close()
