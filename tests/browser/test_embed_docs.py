"""Every snippet of docs/embedding.md, run as it stands, with the server's address filled in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    INLINE,
    LONG,
    RECORD,
    SHIFTS,
    Held,
    book,
    framed,
    painted,
    until,
    until_ready,
    until_seen,
)
from tests.conftest import ROOT

VENDOR = ROOT / "tests/browser/vendor"
SERVER = "https://book.example.com"


@dataclass(frozen=True)
class Snippet:
    heading: str
    language: str
    text: str


def snippets() -> list[Snippet]:
    found, heading = [], ""
    text = (ROOT / "docs/embedding.md").read_text()
    for part in re.finditer(r"^#+ ([^\n]+)$|^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        heading = part[1] or heading
        if part[2]:
            found.append(Snippet(heading, part[2], part[3].replace(SERVER, "{{widget}}")))
    return found


def of(*languages: str) -> list[Snippet]:
    return [each for each in snippets() if each.language in languages]


def named(language: str, heading: str) -> str:
    [found] = [each.text for each in of(language) if each.heading == heading]
    return found


def test_no_snippet_is_left_out() -> None:
    assert {each.language for each in snippets()} == {"html", "css", "js", "jsx", "json", "http"}
    assert (
        len(snippets())
        == len(re.findall("^```", (ROOT / "docs/embedding.md").read_text(), re.M)) / 2
    )


def test_a_guest_books_by_the_snippet(
    house: House, open_page: Open, subtests: pytest.Subtests
) -> None:
    page = open_page()
    for number, snippet in enumerate(of("html")):
        guest = f"gita{number}@x.example"  # one mailbox holds ten bookings
        with subtests.test(snippet.heading):
            page.goto(house.put("page.html", f"<!doctype html><title>A</title>{snippet.text}"))
            if "<iframe" in snippet.text:
                book(page.frame_locator("iframe"), guest)
                continue
            page.wait_for_function("() => window.Meetslot")
            if "mode=" in snippet.text or "data-meetslot" in snippet.text:
                page.get_by_text("Book a call").filter(visible=True).click()
            until_ready(page)
            book(framed(page), guest)


@pytest.mark.parametrize("column", ["100%", "min(100%, 720px)"])
def test_nothing_moves_however_late_the_script_comes(
    house: House, open_page: Open, subtests: pytest.Subtests, column: str
) -> None:
    """It comes well after the page was painted without it, what stands below being in sight."""
    kept = next(each.text for each in of("html") if each.heading == "The snippet")
    head = '<meta name="viewport" content="width=device-width">'
    body = f'<main style="width:{column}"><h1>Before</h1>{kept}<h2>After</h2>{LONG}</main>'
    address = house.put("page.html", f"<!doctype html>{head}{SHIFTS}{RECORD}{body}")
    page = open_page()
    for width in (320, 360, 414, 600, 700, 768, 960, 1024, 1280, 1600):
        with subtests.test(str(width)):
            page.set_viewport_size({"width": width, "height": 1800})
            slow = Held(page, "**/embed.js")
            page.goto(address, wait_until="commit")
            expect(page.get_by_role("heading", name="After")).to_be_in_viewport()
            painted(page)
            slow.release()
            until_ready(page)
            until_seen(page, "resize")
            painted(page)
            assert page.evaluate("shift") == 0, page.evaluate("shifts")


@pytest.mark.parametrize("mode", ["popup", "floating"])
def test_nothing_moves_when_a_link_becomes_a_button(
    house: House, open_page: Open, mode: str
) -> None:
    kept = next(each.text for each in of("html") if f'mode="{mode}"' in each.text)
    html = f"<!doctype html>{SHIFTS}<h1>Before</h1><p>Now {kept} or later.</p>{LONG}"
    page = open_page()
    slow = Held(page, "**/embed.js")
    page.goto(house.put("page.html", html), wait_until="commit")
    expect(page.get_by_text("Book a call")).to_be_in_viewport()
    painted(page)
    slow.release()
    expect(page.get_by_role("button", name="Book a call")).to_be_visible()
    painted(page)
    assert page.evaluate("shift") == 0, page.evaluate("shifts")


def test_a_script_opens_the_popup(house: House, open_page: Open) -> None:
    page = open_page(house.embed(""))
    page.wait_for_function("() => window.Meetslot")
    page.evaluate(named("js", "From a script"))
    until_ready(page)
    assert "name=Gita+Guest" in page.frames[1].url
    expect(framed(page).locator("html")).to_have_attribute("data-theme", "dark")


def with_script(house: House, script: str, markup: str = INLINE) -> str:
    return house.embed(f"{markup}<script>{script}</script>")


def test_the_page_hears_of_a_booking(house: House, open_page: Open) -> None:
    page = open_page(with_script(house, named("js", "Events")))
    start = book(framed(page))
    expect(page).to_have_title(f"Booked: {start}")


def test_the_page_around_a_plain_frame_hears_of_a_booking(house: House, open_page: Open) -> None:
    frame = named("html", "Where no script is allowed")
    page = open_page(with_script(house, named("js", "From a plain frame"), frame))
    start = book(page.frame_locator("iframe"))
    expect(page).to_have_title(f"Booked: {start}")


def test_tag_manager_gets_what_is_written(house: House, open_page: Open) -> None:
    pushes = "window.dataLayer = []; window.gtag = (...said) => dataLayer.push({gtag: said});"
    page = open_page(with_script(house, pushes + named("js", "Google Tag Manager")))
    start = book(framed(page))
    page.wait_for_function("() => dataLayer.length === 2")
    tag, pushed = sorted(page.evaluate("dataLayer"), key=lambda each: "event" in each)
    written = json.loads(named("json", "Google Tag Manager"))
    assert pushed["event"] == written["event"]
    assert {name: value for name, value in pushed["meetslot"].items() if value}.keys() == written[
        "meetslot"
    ].keys()
    [booking] = house.bookings()
    said = {"booking_type": "ana/intro", "transaction_id": booking["id"]}
    assert tag["gtag"] == ["event", "generate_lead", said]
    assert pushed["meetslot"]["start"] == start


def headers(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.strip().splitlines())


@pytest.mark.parametrize("snippet", of("http"), ids=lambda each: each.heading)
def test_the_widget_works_under_these_headers(
    house: House, open_page: Open, subtests: pytest.Subtests, snippet: Snippet
) -> None:
    given = headers(snippet.text.replace("{{widget}}", house.widget))
    script = '<script src="{{widget}}/embed.js" async></script>'
    page = open_page()
    for mode in ("inline", "popup", "floating"):
        markup = INLINE.replace("<meetslot-booking", f'<meetslot-booking mode="{mode}"')
        with subtests.test(mode):
            page.goto(house.put("page.html", f"<!doctype html>{script}{markup}", **given))
            if mode != "inline":
                page.get_by_role("button", name="Book a call").click()
            until_ready(page)
            book(framed(page))


# --- React ----------------------------------------------------------------------------------------


def compiled(jsx: str) -> str:
    """The snippet as a script: its one JSX element as calls, its imports from the global React."""
    script = re.sub(r'import (\{.*?\}) from "react";', r"const \1 = React;", jsx)
    script = script.replace("export function", "function")
    element = re.search(r"return \(\s*(<.*>)\s*\);", script, re.S)
    assert element
    call, rest = _element(element[1])
    assert not rest
    return script.replace(element[0], f"return {call};")


def _element(text: str) -> tuple[str, str]:
    """One JSX element as React.createElement(…), and what follows it."""
    tag = re.match(r"<([\w-]+)", text)
    assert tag
    text, attributes, children = text[tag.end() :], [], []
    while found := re.match(r"\s+([\w-]+)=", text):
        value, text = _braces(text[found.end() :])
        attributes.append(f'"{found[1]}": {value}')
    text = text.lstrip().removeprefix(">").lstrip()
    while not text.startswith("</"):
        if text.startswith("<"):
            child, text = _element(text)
        else:
            words, text = text.split("<", 1)
            child, text = json.dumps(words.strip()), f"<{text}"
        children.append(child)
        text = text.lstrip()
    parts = [f'"{tag[1]}"', f"{{{', '.join(attributes)}}}", *children]
    return f"React.createElement({', '.join(parts)})", text.split(">", 1)[1].lstrip()


def _braces(text: str) -> tuple[str, str]:
    depth = 0
    for at, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if not depth:
            return text[1:at], text[at + 1 :]
    raise ValueError(text)


MOUNT = """
window.booked = [];
const heard = (event) => booked.push(event.detail);
const root = ReactDOM.createRoot(document.getElementById("root"));
const booking = (event) => React.createElement(Booking, { host: "ana", event, onBooked: heard });
window.show = (...events) => root.render(
  React.createElement(React.StrictMode, null, ...events.map(booking)));
"""


def react_page(house: House, open_page: Open) -> Page:
    script = {"Content-Type": "text/javascript"}
    for name in ("react", "react-dom"):
        house.put(f"{name}.js", (VENDOR / f"{name}-18.3.1.min.js").read_text(), **script)
    [snippet] = of("jsx")
    house.put("app.js", compiled(snippet.text) + MOUNT, **script)
    scripts = "".join(
        f'<script src="/{name}.js"></script>' for name in ("react", "react-dom", "app")
    )
    return open_page(house.put("react.html", f'<!doctype html><div id="root"></div>{scripts}'))


def test_a_guest_books_in_a_react_app_that_comes_and_goes(house: House, open_page: Open) -> None:
    page = react_page(house, open_page)
    page.evaluate("show('intro')")
    until_ready(page)
    page.evaluate("show()")
    until(page, lambda: len(page.frames) == 1)
    page.evaluate("show('skipper')")
    expect(framed(page).get_by_role("heading", name="Skipper's briefing")).to_be_visible()
    page.evaluate("show('intro')")  # another event in the same element
    expect(framed(page).get_by_role("heading", name="Find your course")).to_be_visible()
    start = book(framed(page))
    page.wait_for_function("() => booked.length === 1")
    assert page.evaluate("booked[0].start") == start
