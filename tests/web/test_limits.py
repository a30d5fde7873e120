"""How much one address, one guest and one host may do; and when it goes on."""

from __future__ import annotations

import io
import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from app import create_app
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import (
    ANA,
    API,
    HTMX,
    PICKER,
    ask,
    book,
    bookings,
    fill,
    look,
    move,
    reschedule,
    send,
    status_of,
)
from widget import config

Limited = Callable[..., FlaskClient]


@pytest.fixture
def limited(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> Iterator[Limited]:
    """A guest's browser before a server with these limits."""

    def start(**limits: str) -> FlaskClient:
        app = create_app(config.load({**environ, **limits}))
        assert Browser(app.test_client(), google).sign_in(ANA).status_code == 200
        return app.test_client()

    yield start
    models.database.close()


def slots(guest: FlaskClient) -> list[str]:
    query = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-15T00:00:00Z"}
    answer = guest.get(f"{API}/slots", query_string=query)
    return [slot["start"] for slot in answer.get_json()["slots"]]


def too_many(answer: TestResponse, most_seconds: int) -> None:
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= most_seconds + 1
    if answer.is_json:
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["code"] == "rate_limited"
        assert "othing was booked" in answer.get_json()["detail"]
        assert "try again" in answer.get_json()["detail"]
    else:
        assert page.read(answer.text).one(role="alert")["data-error"] == "rate_limited"


def test_one_address_books_no_more_than_its_share_and_loses_nothing_it_typed(
    limited: Limited, google: StandIn, clock: time_machine.Traveller
) -> None:
    guest = limited(BOOKING_RATE_LIMIT="2 per minute")
    first, second, third = slots(guest)[:3]
    assert send(guest, fill(guest, first)).status_code == 303
    assert ask(guest, start=second).status_code == 201
    fields = fill(guest, third, notes="kept")
    answer = send(guest, fields, **HTMX)
    too_many(answer, 60)
    form = page.read(answer.text).one("form", id="booking-form")
    assert form.fields()["notes"] == "kept"
    too_many(ask(guest, start=third), 60)
    assert len(google.events(ANA)) == 2
    clock.shift(61)
    assert send(guest, form.fields()).status_code == 303


@on_sqlite
def test_what_is_not_right_does_not_use_up_bookings(limited: Limited) -> None:
    guest = limited(BOOKING_RATE_LIMIT="1 per hour")
    fields = fill(guest)
    for _time in range(3):
        assert send(guest, {**fields, "email": "nobody"}).status_code == 422
        assert ask(guest, email="nobody").status_code == 422
    assert send(guest, fields).status_code == 303


@on_sqlite
@pytest.mark.parametrize(
    "address",
    [
        PICKER,
        "/book/ana",
        "/book/ana/intro?start=2026-12-01T09:00:00Z",
        "/api/v1/ana",
        f"{API}/slots?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z",
        "/booking/whatever",
        "/booking/whatever.ics",
    ],
)
def test_one_address_reads_no_more_than_its_share(
    limited: Limited, clock: time_machine.Traveller, address: str
) -> None:
    guest = limited(READ_RATE_LIMIT="3 per minute")
    for number in range(3):
        assert guest.get((PICKER, "/api/v1/ana", address)[number]).status_code < 429
    too_many(guest.get(address), 60)
    too_many(guest.get(address, headers=HTMX), 60)
    clock.shift(61)
    assert guest.get(address).status_code < 429


@on_sqlite
def test_who_guesses_tokens_is_counted_as_who_reads(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="3 per minute")
    for number in range(3):
        guess = {"Authorization": f"Bearer {number}"}
        assert guest.get("/api/v1/me", headers=guess).status_code == 401
    too_many(guest.get("/api/v1/me", headers={"Authorization": "Bearer 4"}), 60)


@on_sqlite
@pytest.mark.parametrize(
    "address", ["/oembed?url=http://localhost/book/ana", "/mcp", "/book/ana/intro.md"]
)
def test_a_program_is_told_of_it_as_a_problem(limited: Limited, address: str) -> None:
    guest = limited(READ_RATE_LIMIT="1 per minute")
    ask(guest, {})
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    answer = guest.post(address, json=ping) if address == "/mcp" else guest.get(address)
    too_many(answer, 60)
    assert answer.is_json
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@on_sqlite
def test_a_tool_that_is_called_too_often_has_the_apis_code(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="1 per minute")
    call = {"name": "list_event_types", "arguments": {"host": "ana"}}
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call}
    answers = [guest.post("/mcp", json=body) for _time in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    found = [each.get_json()["result"] for each in answers]
    assert [each.get("isError", False) for each in found] == [False, True]
    assert found[1]["structuredContent"]["code"] == "rate_limited"


@on_sqlite
def test_what_is_sent_counts_as_reading_too(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="2 per minute")
    for _time in range(2):
        assert ask(guest, {}).status_code == 422
    too_many(ask(guest, {}), 60)
    too_many(send(guest, {}), 60)


@on_sqlite
def test_without_limits_anybody_may_go_on(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="", BOOKING_RATE_LIMIT="")
    for start in slots(guest)[:12]:
        answer = ask(guest, start=start, email=f"guest{start[8:16]}@example.com".replace(":", "-"))
        assert answer.status_code == 201


@on_sqlite
def test_behind_a_proxy_each_address_has_its_own_share(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="1 per minute", TRUSTED_PROXIES="1")
    for address in ("192.0.2.1", "192.0.2.2"):
        assert guest.get(PICKER, headers={"X-Forwarded-For": address}).status_code == 200
    too_many(guest.get(PICKER, headers={"X-Forwarded-For": "192.0.2.1"}), 60)


@on_sqlite
def test_without_a_proxy_nobody_says_who_they_are(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="1 per minute")
    assert guest.get(PICKER, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200
    too_many(guest.get(PICKER, headers={"X-Forwarded-For": "192.0.2.2"}), 60)


@pytest.mark.usefixtures("ana")
def test_one_guest_has_at_most_ten_bookings_to_come(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    free = slots(guest)
    for start in free[:10]:
        assert ask(guest, start=start).status_code == 201
    too_many(ask(guest, start=free[10]), 86400)
    too_many(ask(guest, start=free[10], email="MARIA@Example.com"), 86400)
    fields = fill(guest, free[10], notes="kept")
    answer = send(guest, fields)
    too_many(answer, 86400)
    assert page.read(answer.text).one("form").fields()["notes"] == "kept"
    assert ask(guest, start=free[10], email="other@example.com").status_code == 201
    assert len(google.events(ANA)) == 11
    clock.move_to("2026-12-01T09:31:00+00:00")  # one of the ten is over
    assert ask(guest, start=free[-1]).status_code == 201


@pytest.mark.usefixtures("ana")
def test_one_host_gets_at_most_three_hundred_bookings_an_hour(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = send(guest, fill(guest)).headers["Location"]
    with models.database.connection_context():
        (row,) = models.Booking.select().dicts()
        copies = [
            {**row, "id": id, "google_event_id": id, "idempotency_key": None, "status": "cancelled"}
            for id in (uuid.uuid4().hex for _number in range(299))
        ]
        models.Booking.insert_many(copies).execute()
    second = slots(guest)[0]
    too_many(ask(guest, start=second, email="other@example.com"), 3600)
    assert len(google.events(ANA)) == 1
    assert status_of(look(guest, address)) == "confirmed"
    clock.shift(3601)
    assert ask(guest, start=second, email="other@example.com").status_code == 201


def test_a_repetition_of_what_was_booked_is_answered_when_the_share_is_used_up(
    limited: Limited, google: StandIn
) -> None:
    guest = limited(BOOKING_RATE_LIMIT="2 per hour")
    first, second = slots(guest)[:2]
    fields = fill(guest, first)
    address = send(guest, fields).headers["Location"]
    made = ask(guest, key="one", start=second)
    assert made.status_code == 201
    for _time in range(3):
        again = send(guest, fields)
        assert (again.status_code, again.headers["Location"]) == (303, address)
        assert ask(guest, key="one", start=second).get_json() == made.get_json()
    assert ask(guest, key="one", start=first).status_code == 422
    too_many(ask(guest, key="two", start=second), 3600)
    assert len(google.events(ANA)) == 2


def test_a_file_of_counts_that_is_cleared_away_is_begun_anew(
    limited: Limited, tmp_path: Path
) -> None:
    """Each request of a server may be in another thread, and so have the file open or not."""
    folder = tmp_path / "counts"
    folder.mkdir()
    guest = limited(RATELIMIT_STORAGE_URI=f"file://{folder}/limits", READ_RATE_LIMIT="2 per hour")
    read = partial(guest.get, PICKER)
    assert [read().status_code for _ in range(2)] == [200, 200]
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(read).result().status_code == 429
    shutil.rmtree(folder)
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(read).result().status_code == 200


def test_who_is_too_fast_in_the_middle_of_a_move_has_a_way_back(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="8 per minute", BOOKING_RATE_LIMIT="2 per minute")
    own = urlsplit(send(guest, fill(guest)).headers["Location"]).path
    asked = f"{own}/reschedule?tz=Asia%2FTokyo&start=2026-12-01T10%3A00%3A00Z&theme=dark"
    form = look(guest, asked).one("form", id="reschedule-form")
    assert guest.post(form["action"], data=form.fields()).status_code == 303
    refused = guest.post(form["action"], data={**form.fields(), "start": "2026-12-01T11:00:00Z"})
    assert refused.status_code == 429
    assert "stands as before" in refused.text
    assert page.read(refused.text).all("a", data_reschedule=True)
    for _again in range(4):
        guest.get(own)
    for answer, back in ((guest.get(asked), asked), (guest.post(form["action"]), own)):
        assert answer.status_code == 429
        shown = page.read(answer.text)
        assert (shown.one(role="alert")["class"], shown.one("a")["href"]) == ("note", back)


# --- one address of IPv6, one person ------------------------------------------------------------


def book_from(guest: FlaskClient, address: str, start: str, number: int) -> TestResponse:
    return guest.post(
        f"{API}/bookings",
        json={"start": start, "name": "Maria", "email": f"guest-{number}@example.com"},
        headers={"X-Forwarded-For": address},
    )


@on_sqlite
@pytest.mark.parametrize(
    "addresses",
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "[2001:DB8:1:2::77]:4711"),
        ("192.0.2.9", "::ffff:192.0.2.9", "192.0.2.9:4711"),
    ],
    ids=["one /64", "one IPv4 address"],
)
def test_what_one_customer_has_is_one_address(limited: Limited, addresses: tuple[str, ...]) -> None:
    guest = limited(BOOKING_RATE_LIMIT="2 per hour", TRUSTED_PROXIES="1")
    free = slots(guest)
    made = [book_from(guest, each, free[at], at) for at, each in enumerate(addresses)]
    assert [each.status_code for each in made] == [201, 201, 429]
    too_many(made[-1], 3600)
    other = "2001:db8:1:3::1" if ":" in addresses[0] else "192.0.2.10"
    assert book_from(guest, other, free[5], 5).status_code == 201


ALIKE = (
    "victim@gmail.com",
    "VICTIM+1@gmail.com",
    "vic.tim@googlemail.com",
    "v.ictim+a+b@GMail.com",
)


@pytest.mark.usefixtures("ana")
def test_one_mailbox_has_at_most_ten_bookings_to_come_however_it_is_written(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", event={"extra_guests": 2})
    free = slots(guest)
    for number, start in enumerate(free[:10]):
        address = ALIKE[number % len(ALIKE)]
        others = {"email": f"other-{number}@example.com", "guests": [address]}
        answer = ask(guest, start=start, **(others if number % 2 else {"email": address}))
        assert answer.status_code == 201, answer.text
    for address in ALIKE:
        too_many(ask(guest, start=free[10], email=address), 86400)
        too_many(ask(guest, start=free[10], guests=["friend@example.com", address]), 86400)
    assert len(google.events(ANA)) == 10
    assert ask(guest, start=free[10], email="other-1@example.com").status_code == 201


@pytest.mark.usefixtures("ana")
def test_what_a_guest_does_makes_google_mail_one_person_twenty_times_an_hour_at_most(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, change: Callable[..., None]
) -> None:
    change("ana", event={"extra_guests": 1})
    free, mails = slots(guest), 0
    made = [book(guest, start, guests="victim+1@example.com") for start in free[:2]]
    clock.shift(600)
    while (answer := reschedule(guest, made[0], free[3 + mails % 2])).status_code == 303:
        mails += 1
        assert mails <= 18
    assert mails == 18
    too_many(answer, 3000)
    assert "stands as before" in answer.text
    refused = guest.post(f"{made[1]}/cancel", data={"reason": "kept"})
    too_many(refused, 3000)
    assert "kept" in refused.text
    too_many(send(guest, fill(guest, free[8], email="V.ictim@example.com", notes="kept")), 3000)
    others = book(guest, free[8], email="somebody.else@example.com")
    assert reschedule(guest, others, free[9]).status_code == 303
    clock.shift(3001)
    assert guest.post(f"{made[1]}/cancel", data={}).status_code == 303
    assert reschedule(guest, made[0], free[7]).status_code == 303
    too_many(reschedule(guest, made[0], free[6]), 600)
    assert sorted(event["start"]["dateTime"][:16] for event in google.events(ANA)) == sorted(
        start[:16] for start in (free[7], free[9])
    )


@pytest.mark.usefixtures("ana")
def test_who_is_invited_many_times_to_one_booking_is_mailed_as_often(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"extra_guests": 20})
    free = slots(guest)
    crowd = [f"victim+{number}@example.com" for number in range(20)]
    too_many(ask(guest, start=free[0], email="victim@example.com", guests=crowd), 3600)
    assert ask(guest, start=free[0], guests=crowd).status_code == 201
    too_many(ask(guest, start=free[1], email="victim@example.com"), 3600)


@pytest.mark.usefixtures("ana")
def test_what_google_refused_and_what_the_host_does_counts_against_nobody(
    app: Flask, guest: FlaskClient, google: StandIn, ana: Browser
) -> None:
    start = slots(guest)[0]
    for _time in range(21):
        google.fault("calendar.events.insert", status=400, reason="badRequest")
        assert ask(guest, start=start).status_code == 503
    made = book(guest, start)
    for number in range(21):
        press_move(app, ana, slots(guest)[1 + number % 2])
    assert reschedule(guest, made, slots(guest)[5]).status_code == 303


def press_move(app: Flask, host: Browser, start: str) -> None:
    with models.database.connection_context():
        id = models.Booking.get(models.Booking.status == "confirmed").id
    answer = move(host, id, start)
    assert answer.status_code == 200
    assert bookings(app)[-1]["start"] == start


@pytest.mark.usefixtures("ana")
def test_who_was_taken_off_a_booking_has_room_again(
    app: Flask, guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"extra_guests": 1})
    free = slots(guest)
    for number, start in enumerate(free[:10]):
        email = f"guest-{number}@example.com"
        assert ask(guest, start=start, email=email, guests=["x@example.com"]).status_code == 201
    too_many(ask(guest, start=free[10], email="x@example.com"), 86400)
    assert "10 booking(s)" in command(app, "guests", "delete", "x@example.com", "--yes")
    assert ask(guest, start=free[10], email="x@example.com").status_code == 201


@on_sqlite
def test_who_is_too_fast_is_told_so_in_their_own_language(limited: Limited) -> None:
    guest = limited(READ_RATE_LIMIT="2 per minute", BOOKING_RATE_LIMIT="1 per minute")
    free = page.starts(look(guest, PICKER))
    form = look(guest, f"{PICKER}?start={free[0]}&lang=de").one("form", id="booking-form")
    for headers in ({}, HTMX):  # refused before its body is read
        answer = guest.post(form["action"], data=form.fields(), headers=headers)
        too_many(answer, 60)
        assert answer.headers["Content-Language"] == "de"
        assert "langsamer" in answer.text
    answer = guest.get("/api/v1/ana", headers={"Accept-Language": "de"})
    assert answer.status_code == 429
    assert answer.get_json()["code"] == "rate_limited"
    assert "Adresse" in answer.get_json()["detail"]


class Unread(io.RawIOBase):
    """A body that nobody may wait for."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise AssertionError("it was read")


@on_sqlite
@pytest.mark.parametrize("address", [PICKER, f"{API}/bookings", "/booking/whatever/cancel"])
def test_who_is_too_fast_is_refused_before_the_body_is_read(limited: Limited, address: str) -> None:
    guest = limited(READ_RATE_LIMIT="1 per minute")
    assert guest.get(PICKER).status_code == 200
    kind = "application/json" if "api" in address else "application/x-www-form-urlencoded"
    body = {"wsgi.input": Unread(), "CONTENT_LENGTH": "100", "CONTENT_TYPE": kind}
    too_many(guest.post(address, environ_overrides=body), 60)
