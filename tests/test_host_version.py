"""The number of a host: whatever decides a guest's page raises it, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import models
from models import Booking, BusyTimes, Host
from tests.people import book

#: Columns that no page of a free time is made of.
ASIDE = {
    Host: "email subject revision refresh_token access_token token_expires_at scopes"
    " calendar_problem calendar_refused unknown_zone server_problem calendar_without_meet asked_at"
    " created_at epoch",
    BusyTimes: "start_at end_at fetched_at",
    Booking: "promise guest_name guest_email notes answers guests tz language utm meet_link"
    " meet_pending google_event_id calendar etag idempotency_key body_digest attempts settle_after"
    " failure created_at updated_at unannounced pending_since cancelled_by cancel_reason sequence"
    " guest_response conflict leftover trouble no_show link message moved_from_at",
}
VALUES = {"status": "cancelled", "change": "move", "cancelled_by": "host", "trouble": "move"}
VALUES |= {"settings": "{}", "unannounced": "cancelled"}
COLUMNS = [
    pytest.param(table, name, id=f"{table.__name__}.{name}")
    for table in ASIDE
    for name in table._meta.fields
    if name not in ("id", "host")
]


@pytest.fixture
def stored(ana: object, app: Flask, guest: FlaskClient) -> Iterator[None]:
    """A booking and busy times of Ana's."""
    book(guest)
    guest.get("/book/ana/intro")
    with models.database.connection_context():
        yield


def numbers() -> list[tuple[int, int]]:
    return [tuple(row) for row in models.read("SELECT version, busy FROM host_version")]


def another(table: Any, name: str) -> Any:
    if name in VALUES:
        return VALUES[name]
    before = getattr(table.get(), name)
    if isinstance(before, bool):
        return not before
    if isinstance(before, list | dict):
        return [[1, 2, "a"]] if table is BusyTimes else [["other"]]
    if isinstance(before, int) or name.endswith("_at") or name == "pending_since":
        return (before or 0) + 60
    return "other"


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(("table", "name"), COLUMNS)
def test_what_decides_raises_the_number_and_nothing_else(table: Any, name: str) -> None:
    ((version, busy),) = numbers()
    value = another(table, name)
    with models.write():
        table.update({name: value}).execute()
    ((after, busy_after),) = numbers()
    assert (after > version) == (name not in ASIDE[table].split())
    assert (busy_after > busy) == (name == "intervals")
    with models.write():
        table.update({name: value}).execute()
    assert numbers() == [(after, busy_after)]  # nothing changed


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("table", [Booking, BusyTimes])
def test_a_row_that_goes_and_one_that_comes_raise_it(table: Any) -> None:
    (row,) = models.read(f'SELECT * FROM "{table._meta.table_name}"')
    ((version, _busy),) = numbers()
    table.delete().execute()
    ((gone, _busy),) = numbers()
    marks = ", ".join("?" * len(row))
    with models.write():
        models.database.execute_sql(
            f'INSERT INTO "{table._meta.table_name}" VALUES ({marks})'.replace(
                "?", models.database.param
            ),
            row,
        )
    ((back, _busy),) = numbers()
    assert version < gone < back


@pytest.mark.usefixtures("stored")
def test_a_host_goes_with_the_number_and_the_next_one_begins_elsewhere() -> None:
    ((version, _busy),) = numbers()
    host = Host.get()
    host.delete_instance()
    assert numbers() == []
    Host.insert({**host.__data__, "subject": "2"}).execute()
    assert numbers() != [(version, _busy)]


@pytest.mark.usefixtures("stored")
def test_what_is_not_committed_does_not_count() -> None:
    before = numbers()
    with models.database.atomic() as transaction:
        Booking.update(status="cancelled").execute()
        transaction.rollback()
    assert numbers() == before
