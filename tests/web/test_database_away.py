"""The database does not work: 503 that says whether anything was written, and then it heals."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

import models
from tests import page
from tests.conftest import Browser
from tests.people import (
    MARIA,
    NINE,
    PICKER,
    ask,
    book,
    bookings,
    fill,
    save_event,
    send,
    show,
)

FULL = "PRAGMA max_page_count = 1"
READ_ONLY = "PRAGMA query_only = 1"
HEALED = ("PRAGMA max_page_count = 1000000", "PRAGMA query_only = 0")

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def break_by(statement: str) -> None:
    models.database.execute_sql(statement)


def heal() -> None:
    for statement in HEALED:
        models.database.execute_sql(statement)


@on_sqlite
@pytest.mark.parametrize("fault", [FULL, READ_ONLY])
def test_a_booking_that_cannot_be_written_is_told_as_not_made_and_keeps_what_was_typed(
    app: Flask, ana: Browser, guest: FlaskClient, fault: str
) -> None:
    fields = fill(guest, notes="charts " * 700)
    models.database.execute_sql("VACUUM")  # no page is left over
    break_by(fault)
    answer = send(guest, fields)
    heal()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    shown = page.read(answer.text)
    assert shown.one(data_error="unavailable").text.count("Nothing was booked") == 1
    assert shown.one(id="booking-form").fields()["name"] == fields["name"]
    assert send(guest, fields).status_code == 303
    assert len(bookings(app)) == 1


@on_sqlite
def test_a_program_is_told_the_same(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    fill(guest)
    break_by(READ_ONLY)
    answer = ask(guest, {"start": NINE, **MARIA}, key="k")
    heal()
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    assert "Retry-After" in answer.headers
    assert "Nothing was booked" in answer.get_json()["detail"]
    assert ask(guest, {"start": NINE, **MARIA}, key="k").status_code == 201


@on_sqlite
def test_a_made_up_link_asks_the_database_nothing(
    app: Flask, ana: Browser, guest: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask_it = type(models.database.obj).ask
    monkeypatch.setattr(
        type(models.database.obj), "ask", lambda *all: asked.append(all[1]) or ask_it(*all)
    )
    assert guest.get("/booking/made~up").status_code == 404
    assert asked == []


@on_sqlite
def test_an_agents_tool_says_it_too(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    token = book(guest).rpartition("/")[2]
    call = {"name": "cancel_booking", "arguments": {"token": token}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    break_by(READ_ONLY)
    answer = guest.post("/mcp", json=body)
    heal()
    assert (answer.status_code, answer.get_json()["id"]) == (200, 1)
    result = answer.get_json()["result"]
    told = result["structuredContent"]
    assert (result["isError"], told["status"], told["code"]) == (True, 503, "unavailable")
    assert "Nothing was booked or changed" in told["detail"]
    assert bookings(app)[0]["status"] == "confirmed"


@on_sqlite
@pytest.mark.parametrize("path", ["/oembed?url=http://localhost/book/ana", "/book/ana/intro.md"])
def test_who_reads_by_program_is_told_by_a_problem(
    ana: Browser, guest: FlaskClient, database_url: str, path: str
) -> None:
    models.database.close()
    file = Path(database_url.removeprefix("sqlite:///"))
    file.unlink()
    file.mkdir()
    answer = guest.get(path)
    file.rmdir()
    assert (answer.status_code, answer.is_json) == (503, True)
    assert answer.get_json()["code"] == "unavailable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@on_sqlite
def test_what_needs_no_writing_goes_on_with_a_read_only_database(
    ana: Browser, guest: FlaskClient
) -> None:
    address = book(guest)
    break_by(READ_ONLY)
    pages = (
        "/book/ana",
        address,
        f"{address}.ics",
        "/healthz",
    )
    found = {each: guest.get(each).status_code for each in pages}
    cancelled = guest.post(f"{address}/cancel")
    heal()
    assert set(found.values()) == {200}, found
    assert (cancelled.status_code, "unavailable" in cancelled.text) == (503, True)


@on_sqlite
def test_a_form_that_is_only_shown_again_needs_no_writing(app: Flask, ana: Browser) -> None:
    shown = show(ana, "?event=intro")
    break_by(READ_ONLY)
    more = save_event(ana, shown=shown, press=("do", "add-questions"))
    wrong = save_event(ana, {"duration": "soon"}, shown=shown)
    heal()
    assert (more.status_code, wrong.status_code) == (200, 422)


@on_postgresql
def test_a_database_that_was_restarted_costs_nobody_a_request(
    ana: Browser, guest: FlaskClient, database_url: str
) -> None:
    fields = fill(guest)
    for act in (lambda: guest.get(PICKER), lambda: send(guest, fields)):
        with psycopg.connect(database_url, autocommit=True) as other:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        assert act().status_code in (200, 303)
