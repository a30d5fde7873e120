"""One-off links: made, booked so many times, and over; by page, API, MCP and command line."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from demo.google import StandIn
from tests import page
from tests.api.test_me import call, token_of
from tests.conftest import Browser, command, on_sqlite
from tests.host.test_account import closed, on_its_own
from tests.page import Element, starts
from tests.people import (
    ANA,
    API,
    HALF_PAST,
    MARIA,
    NINE,
    PICKER,
    TEN,
    ask,
    at_once,
    book,
    cancel,
    code_of,
    look,
    reconcile,
    reschedule,
    row,
    save_event,
    status_of,
)
from tests.world import Moments
from widget.booking.one_off import OneOffLink

pytestmark = pytest.mark.usefixtures("ana")
EVENING = "2026-12-01T19:00:00Z"  # outside of the open hours
SATURDAY = "2026-12-05T10:00:00Z"


def link(app: Flask, *options: str) -> str:
    """The code of a new link to Ana's intro."""
    address = command(app, "links", "create", "ana", "intro", *options).strip()
    parts = urlsplit(address)
    assert (parts.path, parts.query[:5]) == (PICKER, "once=")
    return parts.query[5:]


def at(code: str, **query: str) -> str:
    return f"{PICKER}?once={code}&" + "&".join(map("=".join, query.items()))


def form(guest: FlaskClient, code: str, start: str = NINE) -> dict[str, Any]:
    """What a browser sends of the form that the picker leads to."""
    picker = look(guest, at(code, date=start[:10]))
    assert start in starts(picker)
    chosen = {**picker.one("form", _class="pick month").fields(), "start": start}
    shown = page.read(guest.get(PICKER, query_string=chosen).text)
    return {**shown.one(id="booking-form").fields(), **MARIA}


def post(guest: FlaskClient, fields: dict[str, Any]) -> TestResponse:
    return guest.post(PICKER, data=fields)


def over(guest: FlaskClient, code: str) -> Element:
    """The page of a link that books nothing any more."""
    shown = look(guest, at(code), 410)
    assert shown.one(data_error=True)["data-error"] == "link_used"
    assert "Ana Silva" in shown.text
    assert "If you booked with it, your booking stands" in shown.text
    assert not starts(shown)
    answer = guest.get(f"{API}/slots", query_string={**DAY, "once": code})
    assert (answer.status_code, answer.get_json()["code"]) == (410, "link_used")
    return shown


DAY = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}


def slots(guest: FlaskClient, code: str, **query: str) -> list[str]:
    answer = guest.get(f"{API}/slots", query_string={**DAY, "once": code, **query})
    assert answer.status_code == 200, answer.text
    return [each["start"] for each in answer.get_json()["slots"]]


# --- booked ---------------------------------------------------------------------------------------


def test_a_link_books_once_and_says_so_kindly_ever_after(app: Flask, guest: FlaskClient) -> None:
    code = link(app)
    fields = form(guest, code)
    answer = post(guest, fields)
    assert answer.status_code == 303
    assert status_of(look(guest, urlsplit(answer.headers["Location"]).path)) == "confirmed"
    again = post(guest, fields)  # the same form, sent twice
    assert again.headers["Location"] == answer.headers["Location"]
    shown = over(guest, code)
    assert shown.one("a", href=PICKER)  # what can be booked without it
    assert look(guest, PICKER)  # which goes on as before


@pytest.mark.parametrize("how", [{"listed": False}, {"active": False}])
def test_it_works_for_what_is_not_offered_else(
    app: Flask, ana: Browser, guest: FlaskClient, change: Any, how: dict[str, Any]
) -> None:
    change("ana", event=how)
    code = link(app, "--uses", "2")
    assert guest.get(PICKER).status_code == (200 if "listed" in how else 404)
    fields = form(guest, code)
    address = urlsplit(post(guest, fields).headers["Location"]).path
    assert reschedule(guest, address, TEN).status_code == 303
    assert status_of(look(guest, address)) == "confirmed"
    assert row(app)["start"] == TEN


def test_two_guests_at_once_with_its_last_use(app: Flask) -> None:
    code = link(app)
    forms = [form(app.test_client(), code, start) for start in (NINE, TEN)]

    def send(client: FlaskClient) -> TestResponse:
        return post(client, forms.pop())

    answers = at_once(app, send)
    assert sorted(each.status_code for each in answers) == [303, 410]
    (refused,) = [each for each in answers if each.status_code == 410]
    assert code_of(refused) == "link_used"
    assert "maria@example.com" in refused.text  # what was typed is kept
    assert row(app)["status"] == "confirmed"


@pytest.mark.parametrize(
    "fault", [{"status": 400, "reason": "invalid", "times": None}, {"cut": "before"}]
)
def test_a_booking_that_fails_gives_the_use_back(
    app: Flask,
    guest: FlaskClient,
    google: StandIn,
    clock: time_machine.Traveller,
    fault: dict[str, Any],
) -> None:
    code = link(app)
    fields = form(guest, code)
    google.fault("calendar.events.insert", **fault)
    post(guest, fields)
    if "cut" in fault:  # nobody knows, until Google is asked what became of it
        over(guest, code)
        google.fault("calendar.events.insert", status=400, reason="invalid", times=None)
        clock.shift(3600)
        reconcile(app)
    assert row(app)["status"] == "failed"
    google.faults.clear()
    assert post(guest, form(guest, code, TEN)).status_code == 303
    over(guest, code)


@on_sqlite
def test_a_cancelled_booking_keeps_it(app: Flask, guest: FlaskClient) -> None:
    code = link(app)
    address = urlsplit(post(guest, form(guest, code)).headers["Location"]).path
    cancel(guest, address)
    over(guest, code)
    again = look(guest, address).all("a", _class="button")[0]["href"]
    assert urlsplit(again).path == "/book/ana"  # where all can be booked that is for everybody


@on_sqlite
def test_it_ends_when_it_expires_or_is_revoked(
    app: Flask, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    until_noon = link(app, "--expires", "2026-12-01T12:00:00Z")
    until_the_day_is_over = link(app, "--expires", "2026-12-01")
    revoked = link(app)
    fields = [form(guest, each, "2026-12-02T09:00:00Z") for each in (until_noon, revoked)]
    assert "revoked" in command(app, "links", "revoke", revoked)
    clock.move_to("2026-12-01T12:00:00Z")
    for code, sent in zip((until_noon, revoked), fields, strict=True):
        over(guest, code)
        answer = post(guest, sent)
        assert (answer.status_code, code_of(answer)) == (410, "link_used")
    assert slots(guest, until_the_day_is_over)
    clock.move_to("2026-12-01T23:59:59Z")
    look(guest, at(until_the_day_is_over))
    clock.shift(1)
    over(guest, until_the_day_is_over)


@on_sqlite
def test_one_that_nobody_made_or_of_another_event_type_is_not_found(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn, moments: Moments, change: Any
) -> None:
    code = link(app)
    for wrong in ("A" * 22, code[:-1], f"{code}x", "%00", "é"):
        assert look(guest, at(wrong), 404).one(data_error="not_found")
    events = json.loads(command(app, "settings", "export", "ana"))["event_types"]
    change("ana", event_types=[*events, {**events[0], "slug": "talk"}])
    look(guest, f"/book/ana/talk?once={code}", 404)
    moments.sign_in(app, google, "ben@sailing.example")
    look(guest, f"/book/ben/intro?once={code}", 404)


@on_sqlite
def test_it_follows_its_event_type_to_another_slug(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    code = link(app)
    save_event(ana, {"slug": "hello"})
    answer = guest.get(at(code))
    assert answer.status_code == 307
    assert NINE in starts(look(guest, answer.headers["Location"] + "&date=2026-12-01"))


# --- what it offers -------------------------------------------------------------------------------


@on_sqlite
def test_it_may_have_a_title_and_a_length_of_its_own(
    app: Flask, guest: FlaskClient, google: StandIn, change: Any
) -> None:
    change("ana", event={"durations": [15, 30]})
    code = link(app, "--title", "A talk for Maria", "--duration", "45")
    shown = look(guest, at(code, date="2026-12-01"))
    assert shown.one("h1").text == "A talk for Maria"
    assert not shown.all(data_duration=True)
    assert starts(shown)[-1] == "2026-12-01T16:00:00Z"  # 45 minutes before 17:00, by half hours
    address = urlsplit(post(guest, form(guest, code)).headers["Location"]).path
    booked = row(app)
    assert (booked["title"], booked["end"]) == ("A talk for Maria", "2026-12-01T09:45:00Z")
    assert reschedule(guest, address, TEN).status_code == 303
    assert row(app)["end"] == "2026-12-01T10:45:00Z"


@on_sqlite
def test_it_offers_exactly_its_times(app: Flask, guest: FlaskClient) -> None:
    code = link(app, "--uses", "3", "--times", f"{EVENING},{SATURDAY},{NINE}")
    assert slots(guest, code, to="2026-12-30T00:00:00Z") == [NINE, EVENING, SATURDAY]
    shown = look(guest, at(code))
    assert starts(shown) == [NINE, EVENING]
    assert post(guest, form(guest, code, EVENING)).status_code == 303
    answer = ask(guest, {"start": TEN, **MARIA, "once": code})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "slot_unavailable")
    assert [each["start"] for each in answer.get_json()["slots"]] == [NINE, SATURDAY]
    assert ask(guest, {"start": SATURDAY, **MARIA, "once": code}).status_code == 201


@on_sqlite
def test_in_a_range_times_follow_each_other(app: Flask, guest: FlaskClient) -> None:
    code = link(app, "--times", "2026-12-01T18:10:00Z/2026-12-01T19:20:00Z")
    assert slots(guest, code) == ["2026-12-01T18:10:00Z", "2026-12-01T18:40:00Z"]
    both = link(app, "--times", f"{NINE}/{TEN} {HALF_PAST}", "--duration", "30")
    assert slots(guest, both) == [NINE, HALF_PAST]  # named twice, offered once


@on_sqlite
def test_busy_notice_buffers_and_away_hold_all_the_same(
    app: Flask, guest: FlaskClient, google: StandIn, change: Any
) -> None:
    soon = "2026-11-30T11:59:00Z"  # in less than four hours
    book(guest, TEN)
    code = link(app, "--times", f"{soon},{TEN},{EVENING},{SATURDAY},2026-12-01T19:40:00Z")
    everything = {"from": "2026-11-30T00:00:00Z", "to": "2026-12-30T00:00:00Z"}
    late = "2026-12-01T19:40:00Z"
    assert slots(guest, code, **everything) == [EVENING, late, SATURDAY]
    change("ana", away=[{"from": "2026-12-05", "to": "2026-12-05", "note": "Regatta"}])
    assert slots(guest, code, **everything) == [EVENING, late]
    change("ana", away=[], event={"buffer_after": 15})
    assert ask(guest, {"start": EVENING, **MARIA}).status_code == 409  # only by the link
    assert ask(guest, {"start": EVENING, **MARIA, "once": code}).status_code == 201
    code = link(app, "--times", late)
    assert not slots(guest, code)


# --- made, by people and programs -----------------------------------------------------------------


def test_a_hosts_program_makes_lists_and_revokes_them(
    app: Flask, guest: FlaskClient, google: StandIn, moments: Moments
) -> None:
    token = token_of(app)
    wish = {"event": "intro", "uses": 2, "title": "For Maria", "times": [EVENING, [NINE, TEN]]}
    made = call(guest, token, "/links", method="POST", json=wish)
    assert made.status_code == 201, made.text
    told = made.get_json()
    assert told["url"] == f"http://localhost{at(told['code'])}".rstrip("&")
    assert told["times"] == [f"{NINE}/{TEN}", EVENING]
    assert (told["state"], told["uses"], told["used"]) == ("open", 2, 0)
    assert ask(guest, {"start": EVENING, **MARIA, "once": told["code"]}).status_code == 201
    (listed,) = call(guest, token, "/links").get_json()["links"]
    assert listed == {**told, "used": 1}
    moments.sign_in(app, google, "ben@sailing.example")
    other = token_of(app, "ben")
    assert call(guest, other, f"/links/{told['code']}", method="DELETE").status_code == 404
    assert not call(guest, other, "/links").get_json()["links"]
    for _twice in range(2):
        ended = call(guest, token, f"/links/{told['code']}", method="DELETE")
        assert (ended.status_code, ended.data) == (204, b"")
    assert call(guest, token, "/links").get_json()["links"][0]["state"] == "revoked"
    over(guest, told["code"])


@on_sqlite
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", "nothing"),
        ("event", 5),
        ("uses", 0),
        ("uses", 1001),
        ("uses", "2"),
        ("uses", True),
        ("expires", "tomorrow"),
        ("expires", "2026-12-01T09:00:00"),
        ("expires", "2026-02-30"),
        ("title", " "),
        ("title", "x" * 201),
        ("title", "a\x00b"),
        ("duration", 0),
        ("duration", 1441),
        ("times", NINE),
        ("times", ["9:00"]),
        ("times", [f"{TEN}/{NINE}"]),
        ("times", [f"{NINE}/2026-12-01T09:29:00Z"]),
        ("times", [[NINE, TEN, EVENING]]),
        ("times", [NINE] * 101),
        ("times", [None]),
        ("size", 3),
    ],
)
def test_what_cannot_be_one_is_named(
    app: Flask, guest: FlaskClient, field: str, value: Any
) -> None:
    answer = call(
        guest, token_of(app), "/links", method="POST", json={"event": "intro", field: value}
    )
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


@on_sqlite
def test_a_host_has_2000_at_most(app: Flask, guest: FlaskClient) -> None:
    link(app)
    with models.database.connection_context():
        one = OneOffLink.get().__data__
        rows = [{**one, "code": f"{number:022}"} for number in range(1999)]
        for first in range(0, len(rows), 500):
            OneOffLink.insert_many(rows[first : first + 500]).execute()
    answer = call(guest, token_of(app), "/links", method="POST", json={"event": "intro"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["event"])


@on_sqlite
@pytest.mark.parametrize(
    ("times", "good"),
    [
        (["2026-11-30T07:59:59Z"], False),
        (["2026-11-29T09:00:00Z/2026-11-30T08:29:00Z"], False),  # too short for what is left
        (["2026-11-29T09:00:00Z/2026-11-30T08:30:00Z"], True),
        (["2027-01-29T23:59:00Z"], True),  # the window's last date
        (["2027-01-30T00:00:00Z"], False),
        (["2026-11-01T09:00:00Z", "2027-01-30T00:00:00Z/2027-01-30T10:00:00Z"], False),
        (["2026-11-01T09:00:00Z", NINE], True),
    ],
)
def test_a_link_of_which_no_time_is_in_the_window_is_not_made(
    app: Flask, guest: FlaskClient, times: list[str], good: bool
) -> None:
    wish = {"event": "intro", "times": times}
    answer = call(guest, token_of(app), "/links", method="POST", json=wish)
    assert answer.status_code == (201 if good else 422), answer.text
    if not good:
        assert (
            "booking window: from now on, at most 60 days" in answer.get_json()["errors"]["times"]
        )


@on_sqlite
def test_the_command_line_lists_and_ends_them(app: Flask) -> None:
    code = link(app, "--uses", "3")
    assert (
        command(app, "links", "list", "ana")
        == f"open\t0 of 3\thttp://localhost{PICKER}?once={code}\n"
    )
    command(app, "links", "revoke", f"http://localhost{PICKER}?once={code}")
    (listed,) = json.loads(command(app, "links", "list", "--format", "json"))
    assert (listed["code"], listed["state"]) == (code, "revoked")
    runner = app.test_cli_runner()
    for wrong in (
        ["revoke", "x"],
        ["create", "ana", "none"],
        ["create", "ana", "intro", "--times", "x"],
    ):
        assert runner.invoke(args=["links", *wrong]).exit_code == 1


@on_sqlite
def test_links_go_with_their_host(app: Flask, guest: FlaskClient) -> None:
    link(app)
    command(app, "hosts", "delete", "ana", "--yes")
    assert not models.database.execute_sql("SELECT 1 FROM one_off_link").fetchall()


def test_a_link_books_and_moves_nothing_while_its_host_is_being_deleted(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    code = link(app, "--uses", "5")
    made = urlsplit(post(guest, form(guest, code)).headers["Location"]).path
    late = form(guest, code, TEN)
    google.fault("calendar.events.insert", hold="before")  # for this the deletion waits
    with ThreadPoolExecutor(2) as threads:
        threads.submit(on_its_own, lambda: book(app.test_client(), HALF_PAST))
        assert google.faults.wait_for_hanging(120)
        deletion = threads.submit(
            on_its_own, lambda: command(app, "hosts", "delete", "ana", "--yes")
        )
        while not deletion.done() and not closed():
            time.sleep(0.01)
        answers = post(guest, late), reschedule(guest, made, TEN)
        google.faults.release()
        deletion.result(120)
    assert [each.status_code for each in answers] == [404, 409]
    assert TEN not in [event["start"].get("dateTime") for event in google.events(ANA)]


@on_sqlite
def test_agents_book_by_one(app: Flask, guest: FlaskClient) -> None:
    code = link(app, "--times", EVENING)
    arguments = {"host": "ana", "event": "intro", "start": EVENING, **MARIA, "once": code}
    asked = {"name": "create_booking", "arguments": arguments}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    accept = {"Accept": "application/json, text/event-stream"}
    answers = [guest.post("/mcp", json=body, headers=accept).get_json() for _each in range(2)]
    assert answers[0]["result"]["structuredContent"]["success"]
    assert answers[1]["result"]["isError"]
    assert "link_used" in json.dumps(answers[1])
