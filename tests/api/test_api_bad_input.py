"""What programs may send that is not right: always a problem that names it, never a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests.conftest import on_sqlite
from tests.people import ANA, API, IN_PIECES, MARIA, NINE, ask, bookings

pytestmark = [pytest.mark.usefixtures("ana"), on_sqlite]
BOOKINGS = f"{API}/bookings"


def faults(answer: TestResponse, status: int = 422) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert body["code"] == "invalid_request"
    return body.get("errors", {})  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("start", [None, "", "soon", 5, True, [], {}, "2026-12-01T09:00:00", "2026-12-01"]),
        ("start", ["2026-12-01T09:00:00+25:00", "9999-12-31T23:59:59-23:59", "\ud800", "\x00"]),
        ("tz", [5, [], {}, True, "Mars/Olympus", "\ud800", "\x00", "x" * 10_000, "Factory"]),
        ("name", [None, "", " ", 5, True, [], {}, "x" * 201, "a\x00b", "\ud800", "\u202e"]),
        ("email", [None, "", 5, [], {}, "nobody", "a@b", "\ud800@example.com", "x" * 300]),
        ("notes", [5, True, [], {}, "x" * 5001, "\x00", "\ud800"]),
        ("guests", ["a@example.com", 5, {}, [5], [None], [[]], ["nobody"], ["\ud800@b.org"]]),
        ("answers", ["x", 5, [], True]),
        ("name", ["Click https://evil.example", "www.evil.example", "evil․com"]),
    ],
)  # fmt: skip
def test_every_field_that_is_not_right_is_named(
    app: Flask, guest: FlaskClient, google: StandIn, change: Any, field: str, values: list[Any]
) -> None:
    change("ana", event={"extra_guests": 3})
    for value in values:
        assert set(faults(ask(guest, **{field: value}))) == {field}, value
    assert google.events(ANA) == []
    assert bookings(app) == []


def test_fields_that_may_be_null_or_left_out_may_be(guest: FlaskClient) -> None:
    answer = ask(guest, notes=None, tz=None, answers=None, guests=None)
    assert answer.status_code == 201


def test_all_faults_are_told_at_once(guest: FlaskClient) -> None:
    assert set(faults(ask(guest, {}))) == {"start", "name", "email"}


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({}, "answers.topic"),
        ({"topic": None}, "answers.topic"),
        ({"topic": 5}, "answers.topic"),
        ({"topic": ["x"]}, "answers.topic"),
        ({"topic": "x" * 2001}, "answers.topic"),
        ({"topic": "x", "boat": "Titanic"}, "answers.boat"),
        ({"topic": "x", "swim": "maybe"}, "answers.swim"),
        ({"topic": "x", "swim": []}, "answers.swim"),
        ({"topic": "x", "nothing": "y"}, "answers.nothing"),
        ({"topic": "x", "\ud800": "y"}, "answers.\ud800"),
        ({"topic": "x", "y" * 500: "y"}, "answers." + "y" * 40),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_every_answer_that_is_not_right_is_named(
    guest: FlaskClient, change: Callable[..., None], answers: Any, named: str
) -> None:
    asked = [
        {"id": "topic", "label": "Topic", "kind": "text", "required": True},
        {"id": "boat", "label": "Boat", "kind": "choice", "choices": ["Laser"]},
        {"id": "swim", "label": "Swim?", "kind": "checkbox"},
    ]
    change("ana", event={"questions": asked})
    assert set(faults(ask(guest, answers=answers))) == {named}


def test_too_many_other_guests_are_told(guest: FlaskClient, google: StandIn) -> None:
    assert set(faults(ask(guest, guests=["a@example.com"]))) == {"guests"}
    assert set(faults(ask(guest, guests=["a@example.com"] * 10_000))) == {"guests"}
    assert google.events(ANA) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe{}", "application/json"),
        (b'{"name": "Mar\xffia"}', "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (b"5", "application/json"),
        (b"NaN", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"a":' * 40_000, "application/json"),
        (b"1" * 10_000, "application/json"),
        (json.dumps({"start": NINE, **MARIA}).encode(), "text/plain"),
        (json.dumps({"start": NINE, **MARIA}).encode(), ""),
        (b"start=2026-12-01T09:00:00Z", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_is_no_json_object_is_told(
    guest: FlaskClient, google: StandIn, body: bytes, kind: str
) -> None:
    assert set(faults(guest.post(BOOKINGS, data=body, content_type=kind))) == {"body"}
    assert google.events(ANA) == []


def test_far_too_long_a_text_is_named(guest: FlaskClient, google: StandIn) -> None:
    for field in ("name", "email", "notes"):
        assert set(faults(ask(guest, **{field: "x" * 300_000}))) == {field}
    assert google.events(ANA) == []


@pytest.mark.parametrize("way", [{}, IN_PIECES], ids=("whole", "pieces"))
def test_too_large_a_body_is_refused(guest: FlaskClient, google: StandIn, way: Any) -> None:
    wish = json.dumps({"start": NINE, **MARIA}) + " " * 1_100_000  # good, if it is cut off
    answer = guest.post(BOOKINGS, data=wish, content_type="application/json", **way)
    faults(answer, 413)
    assert "Nothing was booked" in answer.get_json()["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert google.events(ANA) == []


def test_a_key_that_comes_twice_in_the_body_counts_as_json_has_it(guest: FlaskClient) -> None:
    body = json.dumps({"start": NINE, **MARIA}).replace("{", '{"start": "x", ')
    assert guest.post(BOOKINGS, data=body, content_type="application/json").status_code == 201


# --- anything at all ----------------------------------------------------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("start", "tz", "name", "email", "notes", "guests", "answers")
TEXT = st.text(max_size=20) | st.sampled_from([NINE, "Europe/Lisbon", "2026-12", "dark", "1"])
QUERY = st.dictionaries(
    st.sampled_from(
        ["from", "to", "tz", "start", "date", "month", "day", "step", "lang", "theme", "accent",
         "name", "guests", "question-topic", "utm_source", "nonce"]
    ),
    TEXT,
    max_size=5,
)  # fmt: skip
ANYTHING = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@ANYTHING
@given(body=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JUNK)) | JUNK)
@example(body={"start": NINE, **MARIA, "answers": {"": {}}})
def test_no_body_is_a_fault_of_ours(guest: FlaskClient, body: Any) -> None:
    data = json.dumps(body).encode()
    answer = guest.post(BOOKINGS, data=data, content_type="application/json")
    assert answer.status_code in (409, 422)
    assert answer.get_json()["code"] in ("invalid_request", "slot_unavailable")


@ANYTHING
@given(raw=st.binary(max_size=200), key=st.none() | st.text("ab\x7f\xa0é", max_size=4))
def test_no_bytes_are_a_fault_of_ours(guest: FlaskClient, raw: bytes, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = guest.post(BOOKINGS, data=raw, content_type="application/json", headers=headers)
    assert answer.status_code == 422
    form = guest.post("/book/ana/intro", data=raw, content_type=FORM)
    assert form.status_code in (200, 409, 422)


FORM = "application/x-www-form-urlencoded"


@ANYTHING
@given(query=QUERY)
def test_no_query_is_a_fault_of_ours(guest: FlaskClient, query: dict[str, str]) -> None:
    slots = guest.get(f"{API}/slots", query_string=query)
    assert slots.status_code in (200, 422)
    page = guest.get("/book/ana/intro", query_string=query)
    assert page.status_code in (200, 409, 422)
    form = guest.post("/book/ana/intro", data=query)
    assert form.status_code in (200, 409, 422)
