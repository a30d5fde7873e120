"""The section "Bookings": looked through, cancelled, moved, marked, downloaded."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.page import Element
from tests.people import (
    ANA,
    ELEVEN,
    NINE,
    TEN,
    book,
    booked,
    form,
    look,
    move,
    reschedule,
    row,
    save,
    save_event,
    show,
)


def listed(host: Browser, query: str = "") -> list[Element]:
    return show(host, query).one(id="bookings-list").all("li", _class="entry booking")


def names(host: Browser, query: str = "") -> list[str]:
    return [each.all("span")[0].text.partition("· ")[2] for each in listed(host, query)]


def act(host: Browser, id: str, what: str, changes: dict[str, Any] | None = None) -> Any:
    query = f"?booking={id}&act={what}"
    return save(host, f"bookings/{id}/{what}", changes, query=query)


def status(app: Flask, id: str) -> str:
    found = json.loads(command(app, "bookings", "list", "ana", "--format", "json"))
    return next(str(each["status"]) for each in found if each["id"] == id)


# --- looking --------------------------------------------------------------------------------------


def test_bookings_to_come_and_past_ones_are_apart(
    app: Flask, ana: Browser, clock: time_machine.Traveller
) -> None:
    booked(app, "2026-12-02T10:00:00Z", name="Second", email="second@guest.example")
    booked(app, "2026-12-01T10:00:00Z", name="First", email="first@guest.example")
    assert names(ana) == ["First", "Second"]
    assert names(ana, "?show=past") == []
    clock.move_to("2026-12-01T12:00:00+00:00")
    assert names(ana) == ["Second"]
    assert names(ana, "?show=past") == ["First"]


def test_what_a_guest_said_is_shown_to_the_host_alone(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    booked(app, notes="<b>Bold</b> notes", tz="America/New_York")
    (entry,) = listed(ana)
    assert "gita@guest.example" in entry.text
    assert "<b>Bold</b> notes" in entry.text
    assert "New York" in entry.text
    assert "meet" in entry.all("a", target="_blank")[0]["href"]
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example")
    assert "Gita" not in ben.client.get("/settings").text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gita", ["Gita Guest"]),
        ("HORST@", ["Horst"]),
        ("Intro call", ["Gita Guest", "Horst"]),
        ("intro", ["Gita Guest", "Horst"]),
        ("100%", []),
        ("_", []),
        ("nobody", []),
        ("' OR 1=1 --", []),
    ],
)
def test_bookings_are_searched(app: Flask, ana: Browser, text: str, found: list[str]) -> None:
    booked(app)
    booked(app, "2026-12-01T11:00:00Z", name="Horst", email="horst@guest.example")
    from urllib.parse import quote

    shown = f"?q={quote(text)}"
    assert names(ana, shown) == found
    assert show(ana, shown).one("input", name="q")["value"] == text


@on_sqlite
def test_many_bookings_come_in_pages(app: Flask, ana: Browser) -> None:
    for number in range(25):
        start = f"2026-12-{1 + number // 10:02}T{9 + number % 10 // 2:02}:{number % 2 * 30:02}:00Z"
        booked(app, start, name=f"Guest {number:02}", email=f"g{number}@guest.example")
    assert names(ana) == [f"Guest {number:02}" for number in range(20)]
    assert names(ana, "?page=2") == [f"Guest {number:02}" for number in range(20, 25)]
    assert names(ana, "?page=99") == names(ana, "?page=2")
    assert names(ana, "?page=x") == names(ana)
    assert "page=2" in show(ana).one(id="bookings-list").all("p", _class="turn")[0].one("a")["href"]


@on_sqlite
def test_cancelled_bookings_have_a_list_of_their_own(
    app: Flask, ana: Browser, clock: time_machine.Traveller
) -> None:
    gone = booked(app)["id"]
    booked(app, "2026-12-01T11:00:00Z", name="Horst", email="horst@guest.example")
    act(ana, gone, "cancel")
    assert names(ana) == ["Horst"]
    assert "1 booking " in show(ana).one(id="bookings-list").all("p", _class="hint")[0].text
    assert names(ana, "?show=cancelled") == ["Gita Guest"]
    assert len(ana.client.get("/settings/bookings.csv?show=").text.splitlines()) == 2
    clock.move_to("2026-12-02T12:00:00+00:00")
    assert names(ana) == []
    assert names(ana, "?show=past") == ["Horst"]
    assert names(ana, "?show=cancelled") == ["Gita Guest"]


@on_sqlite
def test_a_link_leads_to_its_booking_on_whatever_page(app: Flask, ana: Browser) -> None:
    ids = [
        booked(app, f"2026-12-{day:02}T{hour:02}:00:00Z", email=f"g{day}-{hour}@x.example")["id"]
        for day in (1, 2, 3) for hour in range(9, 17)
    ]  # fmt: skip
    act(ana, ids[0], "cancel")
    for at, query in ((1, "page=1"), (20, "page=1"), (21, "page=2"), (23, "page=2")):
        answer = ana.client.get(f"/settings?booking={ids[at]}")
        assert query in answer.headers["Location"]
        shown = ana.client.get(answer.headers["Location"])
        assert page.read(shown.text).one(id=f"booking-{ids[at]}")
    assert "show=cancelled" in ana.client.get(f"/settings?booking={ids[0]}").headers["Location"]
    for none in ("0" * 32, "x", "%00"):
        assert ana.client.get(f"/settings?booking={none}").status_code == 200


@on_sqlite
def test_the_page_asks_the_database_for_one_page_of_bookings(
    app: Flask, ana: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    id = booked(app)["id"]
    with models.database.connection_context():
        one = models.Booking.get_by_id(id)
        values = [
            {**one.__data__, "id": f"{n:032x}", "google_event_id": f"g{n}", "status": "cancelled"}
            for n in range(3000)
        ]
        for at in range(0, 3000, 100):
            models.Booking.insert_many(values[at : at + 100]).execute()
    for query in ("", "?show=cancelled&page=70", "?booking=" + "0" * 28 + "0bb8", "?q=gita"):
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "peewee"):
            answer = ana.client.get(f"/settings{query}", follow_redirects=True)
        assert answer.status_code == 200
        asked = [each.msg[0] for each in caplog.records if each.name == "peewee"]
        rows = [sql for sql in asked if '"guest_name"' in sql.partition("WHERE")[0]]
        assert rows
        for sql in rows:
            where = sql.partition("WHERE")[2]
            alone = '"conflict"' in where or '"trouble"' in where  # a few, which are always told
            assert "LIMIT" in sql or alone, sql


# --- cancelling -----------------------------------------------------------------------------------


def test_a_host_cancels_and_google_tells_the_guest(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    id = booked(app)["id"]
    answer = act(ana, id, "cancel", {"reason": "I am ill"})
    assert "Google tells the guest" in page.read(answer.text).one(id="bookings-list").text
    assert status(app, id) == "cancelled"
    assert google.events(ANA) == []
    assert google.invitations[-1]["to"] == "gita@guest.example"
    assert listed(ana) == []
    (entry,) = listed(ana, "?show=cancelled")
    assert "Cancelled by you. I am ill" in entry.text
    assert not entry.all("a", _class="act")


def test_a_cancellation_that_google_does_not_take_now_changes_nothing(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    id = booked(app)["id"]
    google.fault("calendar.events.delete", status=429, reason="rateLimitExceeded", times=None)
    answer = act(ana, id, "cancel", {"reason": "A long reason"})
    assert answer.status_code == 503
    shown = page.read(answer.text).one(id="bookings-list")
    assert "nothing was changed" in shown.one(role="alert").text
    kept = form(shown, f"bookings/{id}/cancel").fields()
    assert kept["reason"] == "A long reason"
    assert status(app, id) == "confirmed"


def test_a_cancellation_without_a_clear_answer_is_explained(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    id = booked(app)["id"]
    google.fault("calendar.events.delete", cut="before", times=None)
    answer = act(ana, id, "cancel")
    assert "not confirmed" in page.read(answer.text).one(id="bookings-list").text
    (entry,) = listed(ana)
    assert "Being cancelled" in entry.text
    assert "We keep asking" in entry.text


@on_sqlite
def test_what_is_over_is_not_cancelled_from_a_page_of_before(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    id = booked(app)["id"]
    shown = show(ana, f"?booking={id}&act=cancel")
    clock.move_to("2026-12-01T10:30:00Z")
    answer = save(ana, f"bookings/{id}/cancel", shown=shown)
    assert answer.status_code == 409
    assert page.read(answer.text).one(id="bookings-list").one(data_error="too_late")
    assert status(app, id) == "confirmed"
    assert len(google.events(ANA)) == 1


@on_sqlite
def test_a_guest_is_told_at_most_500_characters(app: Flask, ana: Browser) -> None:
    act(ana, booked(app)["id"], "cancel", {"reason": "x" * 501})
    assert models.Booking.get().cancel_reason == "x" * 500


def delete_event(host: Browser, slug: str) -> None:
    sent = show(host).one(id="add-event").sent()
    sent.add("delete", slug)
    assert host.client.post("/settings/event-types", data=sent).status_code == 303


def test_a_booking_is_found_by_a_title_that_its_event_type_had(app: Flask, ana: Browser) -> None:
    booked(app)
    save_event(ana, {"title": "Ein Gespräch"})
    booked(app, "2026-12-01T11:00:00Z", name="Horst", email="horst@guest.example")
    assert names(ana, "?q=INTRO CALL") == ["Gita Guest"]
    assert names(ana, "?q=GESPRÄCH") == ["Gita Guest", "Horst"]  # what it is called now
    delete_event(ana, "intro")
    assert names(ana, "?q=intro call") == ["Gita Guest"]
    assert names(ana, "?q=GESPRÄCH") == ["Horst"]
    assert names(ana, "?q=call gita") == []


# --- moving ---------------------------------------------------------------------------------------


def test_a_host_moves_to_one_of_the_pickers_free_times(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    id = booked(app, tz="Asia/Tokyo")["id"]
    booked(app, "2026-12-01T11:00:00Z", name="Horst", email="horst@guest.example")
    (link,) = [each for each in listed(ana)[0].all("a", _class="act") if each.text == "Move"]
    shown = picker(ana, link["href"])
    offered = {each["value"] for each in shown.all("button", name="start")}
    assert "2026-12-01T11:00:00Z" not in offered
    assert "2026-12-01T10:00:00Z" in offered  # its own time does not stand in its way
    assert "Gita Guest" in shown.text
    assert "Now: Tuesday, December 1, 2026, 10:00" in shown.text  # the host's clock
    query = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}
    api = app.test_client().get("/api/v1/ana/intro/slots", query_string=query).get_json()["slots"]
    assert {slot["start"] for slot in api} <= offered
    next_day = picker(ana, link["href"], date="2026-12-02")
    assert "2026-12-02T14:00:00Z" in {each["value"] for each in next_day.all("button")}
    assert status(app, id) == "confirmed"
    answer = move(ana, id, "2026-12-02T14:00:00Z")
    assert "Moved. Google tells the guest." in page.read(answer.text).one(id="bookings-list").text
    events = {event["id"]: event for event in google.events(ANA)}
    assert any("T14:00:00" in event["start"]["dateTime"] for event in events.values())
    assert google.invitations[-1]["to"] in ("gita@guest.example", ANA)
    assert names(ana) == ["Horst", "Gita Guest"]


def picker(host: Browser, address: str, status: int = 200, **given: str) -> Element:
    answer = host.client.get(address, query_string=given)
    assert answer.status_code == status
    return page.read(answer.text)


def ready(host: Browser, id: str, start: str = "2026-12-02T14:00:00Z") -> dict[str, str]:
    """The last step's form, as it is sent."""
    shown = picker(host, f"/settings/bookings/{id}/move", start=start)
    return shown.one(id="reschedule-form").fields()


@on_sqlite
@pytest.mark.parametrize(
    ("start", "words", "code"),
    [
        ("2026-12-01T11:00:00Z", "has just been taken", 409),
        ("2026-12-05T11:00:00Z", "is not offered", 409),
        ("soon", "Choose a time", 422),
        ("", "Choose a time", 422),
    ],
)
def test_a_move_that_cannot_be_is_told_among_the_times_and_keeps_the_message(
    app: Flask, ana: Browser, start: str, words: str, code: int
) -> None:
    id = booked(app)["id"]
    booked(app, "2026-12-01T11:00:00Z", name="Horst", email="horst@guest.example")
    address, typed = f"/settings/bookings/{id}/move", {"start": start, "message": "Fog, sorry."}
    answer = ana.client.post(address, data=ready(ana, id) | typed)
    assert answer.status_code == code
    shown = page.read(answer.text)
    assert words in shown.one(role="alert").text
    assert names(ana) == ["Gita Guest", "Horst"]
    (again,) = shown.all("form", method="post")
    chosen = {**again.fields(), "start": shown.all("button", name="start")[-1]["value"]}
    asked = page.read(ana.client.post(address, data=chosen).text).one(id="reschedule-form")
    assert asked.fields()["message"] == "Fog, sorry."
    back = page.read(ana.client.post(address, data={**asked.fields(), "step": "times"}).text)
    assert back.all("button", name="start")
    assert back.one("input", name="message")["value"] == "Fog, sorry."


@on_sqlite
def test_a_time_that_went_while_the_host_typed_is_told_with_others(
    app: Flask, ana: Browser
) -> None:
    id = booked(app)["id"]
    sent = ready(ana, id, "2026-12-01T11:00:00Z")
    shown = picker(ana, f"/settings/bookings/{id}/move", start="2026-12-01T11:00:00Z")
    still = shown.one(id="still")["data-url"]
    booked(app, "2026-12-01T11:00:00Z", name="Horst", email="horst@guest.example")
    told = page.read(ana.client.get(still).text)
    nearest = told.all("button", name="next")[-1]["value"]
    address = f"/settings/bookings/{id}/move"
    answer = ana.client.post(address, data={**sent, "next": nearest, "message": "Fog."})
    asked = page.read(answer.text).one(id="reschedule-form").fields()
    assert (asked["start"], asked["message"]) == (nearest, "Fog.")


@on_sqlite
def test_the_address_of_a_change_reloaded_is_the_booking_again(app: Flask, ana: Browser) -> None:
    id = booked(app)["id"]
    answer = ana.client.get(f"/settings/bookings/{id}/cancel", follow_redirects=True)
    assert page.read(answer.text).one(id=f"booking-{id}").one("textarea", name="reason")
    assert status(app, id) == "confirmed"


@on_sqlite
def test_a_booking_of_a_deleted_event_type_cannot_be_moved(app: Flask, ana: Browser) -> None:
    id = booked(app)["id"]
    delete_event(ana, "intro")
    (entry,) = listed(ana)
    assert [each.text for each in entry.all("a", _class="act")] == ["Cancel"]
    answer = ana.client.get(f"/settings/bookings/{id}/move")
    assert answer.status_code == 409
    assert "is not offered" in page.read(answer.text).one(id="bookings-list").one(role="alert").text


# --- the rest -------------------------------------------------------------------------------------


def test_a_guest_who_did_not_come_is_marked(
    app: Flask, ana: Browser, clock: time_machine.Traveller
) -> None:
    id = booked(app)["id"]
    assert not [each for each in show(ana).all("form") if "no-show" in each.attrs.get("action", "")]
    clock.move_to("2026-12-01T12:00:00+00:00")
    save(ana, f"bookings/{id}/no-show", query="?show=past")
    assert "did not come" in listed(ana, "?show=past")[0].text
    save(ana, f"bookings/{id}/came", query="?show=past")
    assert "did not come" not in listed(ana, "?show=past")[0].text


@on_sqlite
def test_nobody_is_missed_before_it_begins_or_once_it_is_cancelled(
    app: Flask, ana: Browser, clock: time_machine.Traveller
) -> None:
    id = booked(app)["id"]
    sent = form(show(ana, f"?booking={id}&act=cancel"), f"bookings/{id}/cancel").sent()
    address = f"/settings/bookings/{id}/no-show"
    ana.client.post(address, data=sent)
    assert not models.Booking.get().no_show
    act(ana, id, "cancel")
    clock.move_to("2026-12-01T12:00:00+00:00")
    ana.client.post(address, data=sent)
    assert not models.Booking.get().no_show


@on_sqlite
def test_the_csv_is_that_of_the_command_line_and_no_formula(app: Flask, ana: Browser) -> None:
    booked(app, name="=HYPERLINK(1)")
    booked(app, "2026-12-01T11:00:00Z", name='Horst "x", y', email="horst@guest.example")
    link = show(ana).one(id="bookings-list").one("a", download=True)["href"]
    answer = ana.client.get(link)
    assert answer.headers["Content-Disposition"] == "attachment; filename=bookings.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text == command(app, "bookings", "list", "ana", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["guest_name"] for row in rows] == ["'=HYPERLINK(1)", 'Horst "x", y']
    assert len(ana.client.get(f"{link}&q=horst").text.splitlines()) == 2


@on_sqlite
def test_the_csv_has_all_that_a_guest_said(app: Flask, ana: Browser) -> None:
    asked = {"q0-label": "Topic", "q0-id": "topic", "q0-kind": "text"}
    save_event(
        ana, {**asked, "q1-label": "Ok?", "q1-id": "ok", "q1-kind": "checkbox", "extra_guests": "2"}
    )
    more: dict[str, Any] = {
        "notes": "Two\nlines",
        "tz": "America/New_York",
        "guests": ["b@guest.example"],
    }
    id = booked(app, answers={"topic": "Sails", "ok": True}, **more)["id"]
    act(ana, id, "cancel", {"reason": "A storm"})
    (row,) = csv.DictReader(
        io.StringIO(ana.client.get("/settings/bookings.csv?show=cancelled").text)
    )
    wanted = {
        "notes": "Two\nlines", "tz": "America/New_York", "guests": "b@guest.example",
        "question-topic": "Sails", "question-ok": "yes", "reason": "A storm", "no_show": "no",
        "status": "cancelled",
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted


@on_sqlite
@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1 212 555", "'+1 212 555"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("＠SUM(A1)", "'＠SUM(A1)"),
        ("x;=1+1", "x;'=1+1"),
        ("x;＋1", "x;'＋1"),
        ("x\t=1+1", "x\t'=1+1"),
        ("x|=1+1", "x|'=1+1"),
        ("x\n-1", "x\n'-1"),
        ('x;"=1+1;', "x;'\"=1+1;"),
        ('"=1+1', "'\"=1+1"),
        ("x;  =1+1", "x;'  =1+1"),
        ("−1", "'−1"),
        ("a - b; c = d", "a - b; c = d"),
        ('say "hi", ok', 'say "hi", ok'),
    ],
)
def test_no_cell_of_the_csv_is_a_formula(app: Flask, ana: Browser, text: str, cell: str) -> None:
    booked(app, notes=text)
    given = ana.client.get("/settings/bookings.csv").text
    (row,) = csv.DictReader(io.StringIO(given))
    assert row["notes"] == cell
    assert all(line.startswith('"') for line in given.splitlines()[:2])
    assert re.fullmatch(r'"[^"]*"(,"[^"]*")*', given.splitlines()[0])


@on_sqlite
def test_the_csv_of_no_bookings_has_its_columns(ana: Browser) -> None:
    text = ana.client.get("/settings/bookings.csv").text
    assert text.startswith('"id","event","title","start"')
    assert len(text.splitlines()) == 1


def test_a_pending_booking_is_explained(app: Flask, ana: Browser, google: StandIn) -> None:
    google.fault("calendar.events.insert", cut="before", times=None)
    booked(app)
    (entry,) = listed(ana)
    assert entry["data-status"] == "pending"
    assert "the time is held meanwhile" in entry.text
    assert "We keep asking" in entry.text


@on_sqlite
def test_what_google_refused_and_what_it_knows_more_is_said(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", status=400, reason="required")
    body = {"start": "2026-12-01T09:00:00Z", "name": "Nobody", "email": "n@guest.example"}
    assert app.test_client().post("/api/v1/ana/intro/bookings", json=body).status_code == 503
    booked(app)
    google.alter(ANA, google.events(ANA)[0]["id"], "free")
    clock.shift(120)
    command(app, "reconcile")
    (free,) = listed(ana)
    (refused,) = listed(ana, "?show=cancelled")
    assert "Google did not take it, so the time is free again (400 required)" in refused.text
    assert refused["data-status"] == "failed"
    assert "it is marked as free" in free.text


def test_a_conflict_made_in_google_is_shown_first_and_at_its_booking(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    booked(app)
    id = booked(app, "2026-12-01T11:00:00Z", name="Horst", email="horst@guest.example")["id"]
    command(app, "reconcile")
    (_one, other) = google.events(ANA)
    google.alter(ANA, other["id"], "move", minutes=-60)
    clock.shift(120)
    command(app, "reconcile")
    shown = show(ana)
    assert "Horst" in shown.one(id="banner").text
    assert "Cancel or move one of them" in shown.one(id=f"booking-{id}").text


@on_sqlite
@pytest.mark.parametrize("what", ["cancel", "move", "no-show", "came", "eat"])
def test_another_hosts_bookings_are_out_of_reach(
    app: Flask, ana: Browser, google: StandIn, what: str
) -> None:
    id = booked(app)["id"]
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example")
    token = form(show(ben), "profile").fields()["csrf_token"]
    answer = ben.client.post(
        f"/settings/bookings/{id}/{what}",
        data={"csrf_token": token, "start": "2026-12-02T10:00:00Z"},
    )
    assert answer.status_code == 404
    assert ben.client.get(f"/settings/bookings/{id}/move").status_code == 404
    assert app.test_client().get(f"/settings/bookings/{id}/move").status_code == 302
    for seen in (
        f"/settings?booking={id}&act=cancel",
        "/settings?q=gita",
        "/settings/bookings.csv",
    ):
        answer = ben.client.get(seen)
        assert answer.status_code == 200
        assert "Gita Guest" not in answer.text
    assert status(app, id) == "confirmed"


def test_control_characters_are_no_fault_of_the_server(app: Flask, ana: Browser) -> None:
    booking = booked(app)
    assert ana.client.get("/settings?q=%00").status_code == 200
    assert ana.client.get("/settings/bookings.csv?q=%00").status_code == 200
    sent = {
        "csrf_token": show(ana).one("main").all(name="csrf_token")[0]["value"],
        "reason": "a\0storm",
    }
    assert ana.client.post("/settings/bookings/%00/cancel", data=sent).status_code == 404
    assert ana.client.get("/settings/bookings/%00/cancel").status_code == 404
    answer = ana.client.post(f"/settings/bookings/{booking['id']}/cancel", data=sent)
    assert answer.status_code == 303


@on_sqlite
def test_a_link_to_a_booking_opens_its_tab(
    app: Flask, ana: Browser, clock: time_machine.Traveller
) -> None:
    booking = booked(app)
    clock.shift(3 * 86400)
    answer = ana.client.get(f"/settings?booking={booking['id']}", follow_redirects=True)
    assert page.read(answer.text).one(id=f"booking-{booking['id']}")
    assert answer.request.args["show"] == "past"


# --- by day, and moved with a message -----------------------------------------------------------


@on_sqlite
def test_what_is_to_come_stands_under_its_day(app: Flask, ana: Browser) -> None:
    booked(app, "2026-11-30T15:00:00Z", email="a@guest.example")
    for number, start in enumerate(("01T10:00", "01T11:00", "03T10:00")):
        booked(app, f"2026-12-{start}:00Z", email=f"b{number}@guest.example")
    shown = show(ana).one(id="bookings-list")
    assert [each.text for each in shown.all("h3")] == [
        "Today, Monday, November 30, 2026",
        "Tomorrow, Tuesday, December 1, 2026",
        "Thursday, December 3, 2026",
    ]


def test_a_host_moves_a_booking_with_a_message(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest, NINE, notes="By the sea, please.")
    id = row(app)["id"]
    answer = move(ana, id, TEN, "Sorry, <b>the boat</b> is late.")
    assert "Moved." in answer.text
    (event,) = google.events(ANA)
    assert event["description"].startswith("Sorry, &lt;b&gt;the boat&lt;/b&gt; is late.<br><br>By")
    assert event["start"]["dateTime"].startswith("2026-12-01T10:00")
    shown = look(guest, address)
    assert shown.one(data_message=True).text == "Ana Silva: Sorry, <b>the boat</b> is late."
    reschedule(guest, address, ELEVEN)  # the guest's own move has nothing of it
    assert not look(guest, address).all(data_message=True)


@on_sqlite
def test_a_move_that_is_refused_keeps_the_message_that_was_typed(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest, NINE)
    id = row(app)["id"]
    google.fault("calendar.events.patch", status=400, reason="invalid", times=None)
    answer = move(ana, id, TEN, "The boat is late.")
    assert answer.status_code == 503
    shown = page.read(answer.text)
    assert shown.one(role="alert")["data-error"] == "calendar_refused"
    assert shown.one(id="reschedule-form").fields()["message"] == "The boat is late."
    assert not look(guest, address).all(data_message=True)
