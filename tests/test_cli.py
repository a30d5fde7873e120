"""The command line: settings in and out, hosts, bookings, why a time is offered, reconcile."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA, API, NINE, WEEK, ask, book, bookings, look, status_of

pytestmark = pytest.mark.usefixtures("ana")
KEYS = [
    "id", "event", "title", "start", "end", "status", "guest_name", "guest_email", "meet_link",
    "google_event_id", "created",
]  # fmt: skip


def run(app: Flask, *args: str, input: str | None = None) -> Result:
    """The command, with any end."""
    result = app.test_cli_runner().invoke(args=list(args), input=input)
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result


# --- settings -----------------------------------------------------------------------------------


def test_what_is_exported_can_be_imported_and_is_the_same(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "ana.json"
    before = command(app, "settings", "export", "ana")
    assert command(app, "settings", "export", "ana", str(file)) == ""
    assert file.read_text() == before
    document = json.loads(before)
    assert (document["version"], document["handle"]) == (1, "ana")
    document["display_name"] = "Ana Sílvia"
    document["event_types"][0]["duration"] = 45
    file.write_text(json.dumps(document))
    assert "ana" in command(app, "settings", "import", "ana", str(file))
    assert json.loads(command(app, "settings", "export", "ana")) == document


def test_an_import_is_all_or_nothing_and_names_each_fault_by_its_path(app: Flask) -> None:
    before = command(app, "settings", "export", "ana")
    document = json.loads(before)
    document["display_name"] = "Not to be saved"
    document["event_types"][0]["duration"] = 0
    document["weekly_hours"]["mon"] = [["09:00", "08:00"]]
    document["colour"] = "red"
    result = run(app, "settings", "import", "ana", "-", input=json.dumps(document))
    assert result.exit_code == 1
    named = {line.partition(":")[0] for line in result.stderr.splitlines()}
    assert {"event_types[0].duration", "weekly_hours.mon[0]", "colour"} <= named
    assert result.stdout == ""
    assert command(app, "settings", "export", "ana") == before


@on_sqlite
@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", '{"version": 2}', "[" * 50_000])
def test_an_import_of_something_else_says_so_in_words(app: Flask, text: str) -> None:
    before = command(app, "settings", "export", "ana")
    result = run(app, "settings", "import", "ana", "-", input=text)
    assert result.exit_code == 1
    assert "nothing was imported" in result.stderr
    assert command(app, "settings", "export", "ana") == before


def test_an_import_cannot_take_another_hosts_handle(app: Flask, google: StandIn) -> None:
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    document = command(app, "settings", "export", "ben").replace('"ben"', '"ana"')
    result = run(app, "settings", "import", "ben", "-", input=document)
    assert result.exit_code == 1
    assert "handle: is taken: choose another" in result.stderr
    assert json.loads(command(app, "settings", "export", "ben"))["handle"] == "ben"


def test_an_import_may_give_a_host_another_handle(app: Flask, guest: FlaskClient) -> None:
    address = book(guest)
    document = command(app, "settings", "export", "ana").replace('"ana"', '"ana-silva"')
    assert run(app, "settings", "import", "ana", "-", input=document).exit_code == 0
    assert command(app, "settings", "export", "ana-silva") == document
    assert guest.get("/book/ana/intro").status_code != 200
    look(guest, "/book/ana-silva/intro")
    assert status_of(look(guest, address)) == "confirmed"


def test_bookings_follow_an_event_type_that_an_import_renames(
    app: Flask, guest: FlaskClient
) -> None:
    address = book(guest)
    document = json.loads(command(app, "settings", "export", "ana"))
    (intro,) = document["event_types"]
    other = {**intro, "slug": "long", "title": "Long call", "duration": 60}

    def imported(*events: dict[str, Any]) -> list[str]:
        text = json.dumps({**document, "event_types": events})
        assert run(app, "settings", "import", "ana", "-", input=text).exit_code == 0
        found = json.loads(command(app, "bookings", "list", "ana", "--format", "json"))
        return [booking["event"] for booking in found]

    assert imported({**intro, "slug": "chat", "title": "Chat"}) == ["chat"]  # in its place
    assert imported(other, {**intro, "slug": "talk", "title": "Chat"}) == ["talk"]  # alike
    assert imported({**intro, "slug": "talk"}, other) == ["talk"]  # moved, not renamed
    look(guest, f"{address}/reschedule")
    assert imported(other) == ["talk"]  # deleted
    assert imported(other, intro) == ["talk"]


@on_sqlite
def test_an_import_is_seen_by_guests_at_once(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    look(guest, "/book/ana/intro")
    change("ana", display_name="Ana S.", event={"slug": "call"})
    assert guest.get("/book/ana/intro").headers["Location"] == "/book/ana/call"
    assert "Ana S." in look(guest, "/book/ana/call").text


@on_sqlite
@pytest.mark.parametrize(
    "args",
    [
        ("settings", "export", "nobody"),
        ("settings", "export", "\x00"),
        ("settings", "import", "nobody", "-"),
        ("bookings", "list", "nobody"),
        ("explain", "nobody", "intro", NINE),
        ("explain", "ana", "nothing", NINE),
        ("explain", "ana", "intro", "soon"),
        ("explain", "ana", "intro", "2026-12-01T09:00:00"),
    ],
    ids=" ".join,
)
def test_who_or_what_is_not_there_is_told_in_one_line(app: Flask, args: tuple[str, ...]) -> None:
    result = run(app, *args, input="{}")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("Error: ")


@on_sqlite
def test_a_file_that_is_not_there_is_told(app: Flask, tmp_path: Path) -> None:
    result = run(app, "settings", "import", "ana", str(tmp_path / "none.json"))
    assert result.exit_code == 2
    assert "none.json" in result.stderr


# --- hosts and bookings ---------------------------------------------------------------------------


def test_hosts_are_listed_with_the_state_of_their_calendar(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    google.revoke("ben@sailing.example")
    clock.shift(7200)
    guest.get("/book/ben/intro")
    ana, ben = command(app, "hosts", "list").splitlines()
    assert ana.split("\t") == ["ana", ANA, "connected", "intro"]
    assert ben.split("\t") == [
        "ben",
        "ben@sailing.example",
        "disconnected (invalid_grant)",
        "intro",
    ]


def test_bookings_are_listed_as_json_by_their_start(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    assert command(app, "bookings", "list", "ana", "--format", "json").strip() == "[]"
    book(guest, "2026-12-02T09:00:00Z")
    book(guest, NINE, name="Zoë", email="zoe@example.com")
    google.fault("calendar.events.insert", status=503)
    book(guest, "2026-12-03T09:00:00Z")
    rows = bookings(app)
    assert [list(row) for row in rows] == [[*KEYS, "utm"]] * 3
    first = rows[0]
    assert (first["start"], first["end"]) == (NINE, "2026-12-01T09:30:00Z")
    assert (first["guest_name"], first["guest_email"]) == ("Zoë", "zoe@example.com")
    assert (first["event"], first["title"], first["status"]) == ("intro", "Intro call", "confirmed")
    assert first["created"] == "2026-11-30T08:00:00Z"
    assert first["meet_link"] == google.events(ANA)[0]["hangoutLink"]
    assert first["google_event_id"] == google.events(ANA)[0]["id"]
    assert [row["status"] for row in rows] == ["confirmed", "confirmed", "pending"]
    assert rows[2]["meet_link"] is None


def test_bookings_are_listed_as_a_table_and_as_csv(app: Flask, guest: FlaskClient) -> None:
    book(guest)
    (line,) = command(app, "bookings", "list", "ana").splitlines()
    for said in (NINE, "confirmed", "intro", "Maria Sousa", "maria@example.com"):
        assert said in line
    text = command(app, "bookings", "list", "ana", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(text))
    assert list(row)[: len(KEYS)] == KEYS
    assert {**{name: row[name] for name in KEYS}, "utm": {}} == bookings(app)[0]


@on_sqlite
@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x","y"),"', "'=1"])
def test_no_name_is_a_formula_in_a_spreadsheet(app: Flask, guest: FlaskClient, name: str) -> None:
    assert ask(guest, name=name, email="=cmd@example.com").status_code == 201
    text = command(app, "bookings", "list", "ana", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(text))
    for said in (row["guest_name"], row["guest_email"]):
        assert said[0] not in "=+-@\t\r"
    assert row["guest_name"].lstrip("'") == name.lstrip("'")
    assert bookings(app)[0]["guest_name"] == name


def test_bookings_are_filtered_by_their_start(app: Flask, guest: FlaskClient) -> None:
    for day in (1, 2, 3):
        book(guest, f"2026-12-0{day}T09:00:00Z")

    def days(*options: str) -> list[int]:
        text = command(app, "bookings", "list", "ana", "--format", "json", *options)
        return [int(row["start"][8:10]) for row in json.loads(text)]

    assert days("--from", "2026-12-02") == [2, 3]
    assert days("--to", "2026-12-02") == [1]
    assert days("--from", "2026-12-02T09:00:00Z", "--to", "2026-12-03T10:00:00+01:00") == [2]
    assert days("--from", "2026-12-02T09:00:01Z") == [3]
    assert days("--from", "2027-01-01") == []
    for wrong in ("soon", "2026-12-02T09:00:00", "2026-13-01", ""):
        result = run(app, "bookings", "list", "ana", "--from", wrong)
        assert result.exit_code == 2, wrong
        assert "--from" in result.stderr


# --- explain --------------------------------------------------------------------------------------


def test_explain_says_yes_to_exactly_what_is_offered(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    google.add_busy(ANA, "2026-12-01T10:10:00Z", "2026-12-01T11:00:00Z")
    book(guest)
    query = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}
    offered = {
        slot["start"] for slot in guest.get(f"{API}/slots", query_string=query).get_json()["slots"]
    }
    assert offered
    for minutes in range(8 * 60, 18 * 60, 15):
        start = f"2026-12-01T{minutes // 60:02}:{minutes % 60:02}:00Z"
        first, *reasons = command(app, "explain", "ana", "intro", start).splitlines()
        assert first.startswith(start)
        assert first.endswith(": offered") == (start in offered) == (not reasons)


@on_sqlite
@pytest.mark.parametrize(
    ("start", "codes"),
    [
        ("2026-12-01T13:00:00+00:00", []),
        ("2026-11-30T07:00:00Z", ["past", "hours"]),
        ("2026-11-30T09:00:00Z", ["notice"]),
        ("2027-02-15T09:00:00Z", ["window"]),
        ("2026-12-05T09:00:00Z", ["closed"]),
        ("2026-12-24T09:00:00Z", ["override"]),
        ("2026-12-01T20:00:00Z", ["hours"]),
        ("2026-12-01T16:45:00Z", ["hours"]),
        ("2026-12-01T13:05:00Z", ["grid"]),
        ("2026-12-01T10:00:00Z", ["busy"]),
        ("2026-12-02T09:00:00Z", ["busy", "booking", "day_limit"]),
        ("2026-12-02T14:00:00Z", ["day_limit"]),
        ("2026-12-08T14:00:00Z", ["week_limit"]),
        ("1969-01-01T00:00:00Z", None),
    ],
)
def test_explain_gives_every_kind_of_reason(
    app: Flask,
    guest: FlaskClient,
    google: StandIn,
    change: Callable[..., None],
    start: str,
    codes: list[str] | None,
) -> None:
    google.add_busy(ANA, "2026-12-01T10:10:00Z", "2026-12-01T10:20:00Z")
    for day in ("02", "07", "09", "10"):
        assert ask(guest, start=f"2026-12-{day}T09:00:00Z").status_code == 201
    change(
        "ana",
        date_overrides={"2026-12-24": []},
        event={"max_per_day": 1, "max_per_week": 3},
    )
    result = run(app, "explain", "ana", "intro", start)
    if codes is None:
        assert result.exit_code == 1
        return
    first, *reasons = result.stdout.splitlines()
    assert "Europe/Lisbon" in first
    assert [line.removeprefix("- ").partition(":")[0] for line in reasons] == codes


@on_sqlite
def test_explain_says_when_nothing_is_offered_at_all(app: Flask, google: StandIn) -> None:
    google.fault("calendar.freebusy.query", status=503)
    result = run(app, "explain", "ana", "intro", NINE)
    assert result.exit_code == 1
    assert "calendar_unavailable" in result.stderr


# --- reconcile ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"cut": "before", "times": 9},
        {"cut": "after", "times": 9},
        {"status": 503},
        {"status": 500, "after": True},
        {"body": "not JSON", "after": True},
        {"body": "{}"},
    ],
    ids=str,
)
def test_reconcile_settles_a_booking_whose_insert_was_cut_by_its_event_id(
    app: Flask,
    guest: FlaskClient,
    google: StandIn,
    clock: time_machine.Traveller,
    fault: dict[str, Any],
) -> None:
    google.fault("calendar.events.insert", **fault)
    address = book(guest)
    google.clear_faults()
    (row,) = bookings(app)
    assert row["status"] == "pending"
    clock.shift(120)
    assert "1 confirmed" in command(app, "reconcile")
    (event,) = google.events(ANA)
    assert event["id"] == row["google_event_id"]
    (settled,) = bookings(app)
    assert (settled["status"], settled["meet_link"]) == ("confirmed", event["hangoutLink"])
    assert status_of(look(guest, address)) == "confirmed"
    assert "nothing to settle" in command(app, "reconcile")
    assert len(google.invitations) == 1


def test_reconcile_settles_a_claim_whose_process_died(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="before", times=9)
    book(guest)
    google.clear_faults()
    with models.database.connection_context():  # as if killed before it could let the claim go
        models.Booking.update(settle_after=models.Booking.created_at + 60).execute()
    clock.shift(30)
    assert "nothing to settle" in command(app, "reconcile")
    clock.shift(31)
    assert "1 confirmed" in command(app, "reconcile")
    assert len(google.events(ANA)) == 1


def test_reconcile_waits_while_google_stays_away(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", status=503)
    book(guest)
    google.fault("*", status=503, times=None)
    clock.shift(60)
    assert "1 pending" in command(app, "reconcile")
    google.clear_faults()
    clock.shift(900)
    assert "1 confirmed" in command(app, "reconcile")


def test_reconcile_does_not_wait_for_a_long_pause_to_end(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="before")
    address = book(guest)
    google.fault("*", status=503, times=None)
    for _ in range(9):
        clock.shift(600)
        look(guest, address)
    google.clear_faults()
    assert status_of(look(guest, address)) == "pending"
    assert "1 confirmed" in command(app, "reconcile")


def test_reconcile_says_what_it_has_left_alone(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="before")
    book(guest)
    assert "1 left alone (due within a minute)" in command(app, "reconcile")
    clock.shift(60)
    assert command(app, "reconcile") == "1 confirmed\n"


def test_reconcile_gives_up_on_a_time_that_has_begun(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", status=503)
    book(guest)
    clock.move_to("2026-12-01T09:01:00+00:00")
    assert "1 failed" in command(app, "reconcile")
    assert google.events(ANA, cancelled=True) == []


@on_sqlite
def test_a_week_of_wild_hours_is_taken_as_it_is(app: Flask, change: Callable[..., None]) -> None:
    change("ana", weekly_hours={day: [["00:00", "24:00"]] for day in WEEK})
    assert "offered" in command(app, "explain", "ana", "intro", "2026-12-05T23:30:00Z")


# --- for programs ---------------------------------------------------------------------------------


def test_hosts_are_listed_as_json(app: Flask, ana: Browser, google: StandIn) -> None:
    (listed,) = json.loads(command(app, "hosts", "list", "--format", "json"))
    assert listed == {
        "handle": "ana",
        "email": ANA,
        "connected": True,
        "reason": None,
        "event_types": ["intro"],
    }


@on_sqlite
def test_the_doctor_tells_programs_an_object_a_line(app: Flask) -> None:
    result = run(app, "doctor", "--format", "json")
    checks = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(each.keys() == {"ok", "check"} for each in checks)
    assert result.exit_code == (0 if all(each["ok"] for each in checks) else 1)


def test_watching_prints_each_change_as_a_line_of_json(
    app: Flask, guest: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(guest)
    made: list[str] = []

    def again(_seconds: float) -> None:
        """What happens between two looks; then Ctrl-C."""
        if not made:
            made.append(book(guest, "2026-12-02T09:00:00Z"))
        elif len(made) == 1:
            made.append(made[0])
            guest.post(f"{made[0]}/cancel", data={"reason": "ill"})
        elif len(made) == 2:
            made.append("nothing")
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", again)
    lines = [json.loads(line) for line in command(app, "bookings", "watch", "ana").splitlines()]
    assert [(each["start"], each["status"]) for each in lines] == [
        ("2026-12-02T09:00:00Z", "confirmed"),
        ("2026-12-02T09:00:00Z", "cancelled"),
    ]
    assert lines[1] in bookings(app)


def test_watching_ends_with_the_host(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(_seconds: float) -> None:
        models.Host.delete().execute()

    monkeypatch.setattr("time.sleep", leave)
    result = run(app, "bookings", "watch", "ana")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "was deleted" in result.stderr
