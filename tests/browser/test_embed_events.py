"""What the embedding site hears: the contract, one event for one booking, and no forgery."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import (
    GOLDEN,
    INLINE,
    RECORD,
    Held,
    book,
    choose,
    fill,
    framed,
    in_order,
    reload,
    seen,
    until_seen,
)


def keys(detail: dict[str, Any]) -> list[str]:
    return sorted(detail)


# --- the contract -------------------------------------------------------------------------------


def test_the_events_of_a_booking_are_those_of_the_golden_file(
    house: House, open_page: Open
) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    start = book(framed(page))
    until_seen(page, "booked")
    events = seen(page)
    assert in_order(events) == GOLDEN["a booking"]
    for event in events:
        assert keys(event["detail"]) == GOLDEN["events"][event["type"]], event
    [booking] = house.bookings()
    [booked] = seen(page, "booked")
    assert booked["detail"] == {
        "booking": booking["id"],
        "start": start,
        "end": booking["end"],
        "event": "ana/intro",
    }
    assert seen(page, "slot")[0]["detail"] == {"start": start}


def test_the_messages_of_a_plain_frame_are_those_of_the_golden_file(
    house: House, open_page: Open
) -> None:
    markup = '<iframe src="{{widget}}/book/ana/intro" style="width:100%;height:700px"></iframe>'
    page = open_page(house.put("plain.html", RECORD + markup))
    book(page.frame_locator("iframe"))
    page.wait_for_function("() => messages.some(({data}) => data.type === 'booked')")
    messages = page.evaluate("messages")
    assert {message["origin"] for message in messages} == {house.widget}
    for message in messages:
        data = message["data"]
        assert data["source"] == "meetslot"
        assert keys(data) == GOLDEN["messages of a plain frame"][data["type"]]
    assert {message["data"]["type"] for message in messages} == set(
        GOLDEN["messages of a plain frame"]
    )


def test_submitting_comes_before_the_answer(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    held = Held(page, "**/book/ana/intro", "POST")
    choose(framed(page))
    fill(framed(page))
    until_seen(page, "submitting")
    assert seen(page, "booked") == []
    held.release()
    until_seen(page, "booked")


def test_choosing_another_time_is_no_submission(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    choose(framed(page))
    framed(page).get_by_role("button", name="Choose another time").click()
    choose(framed(page))
    until_seen(page, "slot", 2)
    assert in_order(seen(page)) == ["ready", "slot", "slot"]


def test_a_refused_booking_is_an_error_with_its_code(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    start = choose(framed(page))
    house.add_busy("ana@sailing.example", start, f"{start[:11]}23:00:00Z")
    fill(framed(page))
    until_seen(page, "error")
    assert seen(page, "error")[0]["detail"] == {"code": "slot_taken"}
    assert seen(page, "booked") == []


def test_the_data_layer_gets_the_booking(house: House, open_page: Open) -> None:
    head = RECORD + "<script>window.dataLayer = []</script>"
    markup = INLINE.replace('event="intro"', 'event="intro" share-guest')
    page = open_page(house.embed(markup, head=head))
    book(framed(page))
    until_seen(page, "booked")
    [pushed] = json.loads(page.evaluate("JSON.stringify(dataLayer)"))
    assert pushed["event"] == GOLDEN["dataLayer"]["event"]
    assert keys(pushed["meetslot"]) == GOLDEN["dataLayer"]["meetslot"]


def test_the_guest_is_named_only_where_the_site_asks_for_it(house: House, open_page: Open) -> None:
    markup = INLINE.replace('event="intro"', 'event="intro" share-guest')
    page = open_page(house.embed(markup, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")
    detail = seen(page, "booked")[0]["detail"]
    assert keys(detail) == GOLDEN["with share-guest"]["booked"]
    assert detail["guest"] == {"name": "Gita Guest", "email": "gita@x.example"}


def test_nothing_of_the_guest_is_in_any_message_otherwise(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    book(framed(page))
    until_seen(page, "booked")
    heard = json.dumps([page.evaluate("messages"), seen(page)])
    assert "Gita" not in heard
    assert "gita@" not in heard


def test_the_campaign_is_kept_shown_to_the_host_alone_and_exported(
    house: House, open_page: Open
) -> None:
    page = open_page(f"{house.embed(INLINE)}?utm_source=news&utm_campaign=%3Dspring&page=2")
    book(framed(page))
    [booking] = house.bookings()
    assert booking["utm"] == {"utm_source": "news", "utm_campaign": "=spring"}
    table = house.command("bookings", "list", "ana", "--format", "csv")
    [row] = csv.DictReader(io.StringIO(table))
    assert (row["utm_source"], row["utm_campaign"]) == ("news", "'=spring")
    [event] = house.events()
    assert event["source"]["title"] == "utm_source: news, utm_campaign: =spring"
    assert "spring" not in event["description"]


# --- moved and cancelled --------------------------------------------------------------------------


def told(page: Page, type: str) -> list[dict[str, Any]]:
    return [each["detail"] for each in seen(page, type)]


def test_the_guest_moves_and_cancels_inside_the_widget(house: House, open_page: Open) -> None:
    page = open_page(house.embed(INLINE, head=RECORD))
    frame = framed(page)
    start = book(frame)
    until_seen(page, "booked")
    frame.locator("[data-reschedule]").click()
    other = frame.locator("button[name=start]").last
    moved_to = other.get_attribute("value")
    other.click()
    frame.locator("#reschedule-form button.main").click()
    until_seen(page, "rescheduled")
    [moved] = told(page, "rescheduled")
    assert keys(moved) == GOLDEN["events"]["rescheduled"]
    assert (moved["start"], moved["event"]) == (moved_to, "ana/intro")
    assert moved_to != start
    frame.locator("summary").click()
    frame.locator("#cancel-form button").click()
    until_seen(page, "cancelled")
    reload(page.frames[1])
    expect(frame.locator("[data-booking-status=cancelled]")).to_be_visible()
    page.frames[1].evaluate("() => new Promise((done) => setTimeout(done, 100))")
    [cancelled] = told(page, "cancelled")
    assert keys(cancelled) == GOLDEN["events"]["cancelled"]
    assert len(told(page, "booked") + told(page, "rescheduled") + told(page, "cancelled")) == 3
    [booking] = house.bookings()
    assert {moved["booking"], cancelled["booking"]} == {booking["id"]}
