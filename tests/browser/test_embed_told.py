"""Who is told of a booking: the site around it, once, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    HOSTILE,
    INLINE,
    LINK,
    RECORD,
    book,
    choose,
    fill,
    framed,
    hostile_page,
    in_order,
    reload,
    seen,
    until_ready,
    until_seen,
)
from tests.conftest import ROOT


def bookings_told(page: Page) -> int:
    return len(seen(page, "booked"))


def settled(page: Page) -> None:
    """The frame has shown its page and told everything that it had to tell."""
    until_ready(page)
    expect(framed(page).locator("[data-booking-status=confirmed]")).to_be_visible()
    page.frames[1].evaluate("() => new Promise((done) => setTimeout(done, 100))")


def test_confirmation_reload_the_way_back_and_a_second_tab_tell_one_booking_between_them(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(INLINE, head=RECORD + "<script>window.dataLayer = []</script>"))
    book(framed(page))
    until_seen(page, "booked")
    reload(page.frames[1])
    settled(page)
    page.evaluate("history.back()")
    expect(framed(page).locator("[data-booking-status]")).to_have_count(0)
    page.evaluate("history.forward()")
    settled(page)
    own = page.frames[1].url
    other = page.context.new_page()
    other.goto(page.url)
    until_ready(other)
    other.evaluate("own => { document.querySelector('meetslot-booking').frame.src = own }", own)
    settled(other)
    reload(other.frames[1])
    settled(other)
    assert (bookings_told(page), bookings_told(other)) == (1, 0)
    assert page.evaluate("dataLayer.length") == 1
    assert other.evaluate("dataLayer.length") == 0
    assert len(house.bookings()) == 1


def test_a_reload_of_the_confirmation_tells_nothing(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")
    reload(page.frames[1])
    settled(page)
    assert bookings_told(page) == 1
    assert "done=" not in page.frames[1].url


def test_the_way_back_and_forth_tells_nothing(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")
    page.evaluate("history.back()")
    expect(framed(page).locator("[data-booking-status]")).to_have_count(0)
    page.evaluate("history.forward()")
    settled(page)
    assert bookings_told(page) == 1


def test_sending_the_form_again_after_going_back_tells_nothing(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.post_data or "") if r.method == "POST" else None)
    book(framed(page))
    until_seen(page, "booked")
    [form] = sent
    with page.expect_event("framenavigated", lambda frame: frame == page.frames[1]):
        page.frames[1].evaluate(
            """(form) => {
              const again = document.createElement("form");
              Object.assign(again, { method: "post", action: "/book/ana/intro" });
              new URLSearchParams(form).forEach((value, name) =>
                again.append(Object.assign(document.createElement("input"), { name, value })));
              document.body.append(again);
              setTimeout(() => again.submit());  // the page is left once this was answered
            }""",
            form,
        )
    page.frames[1].wait_for_url("**/booking/*")
    settled(page)
    assert bookings_told(page) == 1
    assert len(house.bookings()) == 1


def test_a_second_tab_tells_nothing(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")
    address = page.frames[1].url
    house.put("other.html", f'{RECORD}<iframe src="{address}"></iframe>')
    other = page.context.new_page()
    other.goto(f"{house.site}/other.html")
    other.wait_for_function("() => messages.some(({data}) => data.type === 'ready')")
    expect(other.frame_locator("iframe").locator("[data-booking-status]")).to_be_visible()
    other.frames[1].evaluate("() => new Promise((done) => setTimeout(done, 100))")
    assert [m["data"]["type"] for m in other.evaluate("messages")].count("booked") == 0


def test_a_pending_booking_is_told_once_when_it_is_confirmed(house: House, open_page: Open) -> None:
    house.fault("calendar.events.insert", cut="after")
    house.fault("calendar.events.get", status=503, times=2)
    page = open_page(house.embed(INLINE, head=RECORD))
    choose(framed(page))
    fill(framed(page))
    expect(framed(page).locator("[data-booking-status]")).to_be_visible()
    until_seen(page, "booked")
    reload(page.frames[1])
    settled(page)
    assert bookings_told(page) == 1


def test_without_htmx_the_page_after_the_redirect_tells_it_once(
    house: House, open_page: Open
) -> None:
    page = open_page()
    page.route("**/static/*/htmx*", lambda route: route.abort())
    page.goto(house.embed(INLINE, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")
    reload(page.frames[1])
    settled(page)
    assert bookings_told(page) == 1
    assert in_order(seen(page)) == ["ready", "slot", "submitting", "booked"]


def test_without_htmx_a_pending_booking_is_told_when_it_is_confirmed(
    house: House, open_page: Open
) -> None:
    house.fault("calendar.events.insert", cut="after")
    house.fault("calendar.events.get", status=503, times=2)
    page = open_page()
    page.route("**/static/*/htmx*", lambda route: route.abort())
    page.goto(house.embed(INLINE, head=RECORD))
    choose(framed(page))
    fill(framed(page))
    expect(framed(page).locator("[data-booking-status=pending]")).to_be_visible()
    until_seen(page, "booked")
    assert len(house.bookings()) == 1


# --- nobody else reads or forges ------------------------------------------------------------------

FORGED = (
    """{source: "meetslot", type: "booked", booking: "forged", start: "x", end: "x", event: "x"}"""
)


def test_a_sibling_frame_cannot_forge_an_event(house: House, open_page: Open) -> None:
    page = open_page()
    forging = hostile_page(page.context, f'<script>parent.postMessage({FORGED}, "*")</script>')
    page.goto(house.embed(f'{INLINE}<iframe src="{forging}"></iframe>', head=RECORD))
    until_ready(page)
    page.wait_for_function("() => messages.some(({data}) => data.booking === 'forged')")
    assert seen(page, "booked") == []


def test_a_frame_of_our_own_origin_that_is_not_the_widgets_cannot_forge(
    house: House, open_page: Open
) -> None:
    page = open_page()
    page.route(
        "**/forging",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<script>parent.postMessage({FORGED}, "*")</script>'
        ),
    )
    markup = f'{INLINE}<iframe src="{{{{widget}}}}/forging"></iframe>'
    page.goto(house.embed(markup, head=RECORD))
    until_ready(page)
    page.wait_for_function("() => messages.some(({data}) => data.booking === 'forged')")
    assert seen(page, "booked") == []


def test_a_frame_that_wandered_off_to_another_origin_cannot_forge(
    house: House, open_page: Open
) -> None:
    page = open_page()
    forging = hostile_page(page.context, f'<script>parent.postMessage({FORGED}, "*")</script>')
    page.goto(house.embed(INLINE, head=RECORD))
    until_ready(page)
    page.evaluate("(to) => { document.querySelector('meetslot-booking').frame.src = to }", forging)
    page.wait_for_function("() => messages.some(({data}) => data.booking === 'forged')")
    assert seen(page, "booked") == []


def test_only_the_page_around_is_told_and_by_its_origin(house: House, open_page: Open) -> None:
    """A sibling frame greets the booking page as if it were the site, and listens."""
    page = open_page()
    spying = hostile_page(
        page.context,
        """<script>
        window.heard = [];
        addEventListener("message", ({data}) => heard.push(data));
        setInterval(() => {
          for (let each = 0; each < parent.length; each++) {
            parent[each].postMessage({source: "meetslot", type: "hello", share: true}, "*");
          }
        }, 20);
        </script>""",
    )
    markup = f'<iframe id="w" src="{{{{widget}}}}/book/ana/intro"></iframe><iframe src="{spying}">'
    page.goto(house.put("spied.html", RECORD + markup))
    book(page.frame_locator("#w"))
    page.wait_for_function("() => messages.some(({data}) => data.type === 'booked')")
    spy = next(frame for frame in page.frames if frame.url.startswith(HOSTILE))
    assert [each for each in spy.evaluate("heard") if each["type"] != "hello"] == []
    told = page.evaluate("messages.filter(({data}) => data.type === 'booked')")
    assert "guest" not in told[0]["data"]


def test_no_message_is_addressed_to_anybody_who_happens_to_listen() -> None:
    """A page that took the site's place while a booking was under way would hear it."""
    script = (ROOT / "static/frame.js").read_text()
    assert script.count("postMessage(") == 1
    assert '&& "*"' in script  # only for pages without an origin, and only what is harmless


def test_a_page_without_an_origin_hears_of_sizes_alone(
    house: House, open_page: Open, tmp_path: Path
) -> None:
    """A file that somebody opens to try the snippet: no origin that a message could be kept to."""
    house.embed(INLINE, head=RECORD)
    file = tmp_path / "page.html"
    file.write_text(house.pages["page.html"][0])
    page = open_page(file.as_uri())
    until_ready(page)
    book(framed(page))
    until_seen(page, "resize")
    assert {each["type"] for each in seen(page)} == {"ready", "resize"}


@pytest.mark.parametrize("attribute", ["host", "theme"])
def test_another_attribute_loads_once_and_is_ready_again(
    house: House, open_page: Open, attribute: str
) -> None:
    page = open_page(
        house.embed(f'<meetslot-booking host="ana">{LINK}</meetslot-booking>', head=RECORD)
    )
    until_seen(page, "ready")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/book/" in r.url else None)
    page.evaluate(
        """(attribute) => {
          const widget = document.querySelector("meetslot-booking");
          widget.setAttribute("event", "intro");
          widget.setAttribute("lang", "en");
          widget.setAttribute("theme", "dark");
        }""",
        attribute,
    )
    until_seen(page, "ready", 2)
    assert len(asked) == 1
