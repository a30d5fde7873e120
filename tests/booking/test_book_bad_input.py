"""What a guest's browser, or somebody who only says to be one, may send that is not right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import on_sqlite
from tests.page import Element, starts
from tests.people import ANA, IN_PIECES, PICKER, bookings, fill, look, send, status_of

pytestmark = pytest.mark.usefixtures("ana")
TYPED = {"name": "Maria Sousa", "email": "maria@example.com", "notes": "Two\nlines"}
QUESTIONS = [
    {"id": "topic", "label": "Topic", "kind": "text", "required": True},
    {"id": "boat", "label": "Boat", "kind": "choice", "choices": ["Laser", "Optimist"]},
    {"id": "call", "label": "Number", "kind": "phone"},
    {"id": "terms", "label": "I can swim", "kind": "checkbox", "required": True},
]
ANSWERS = {"question-topic": "Knots", "question-boat": "Laser", "question-terms": "1"}


def filled(guest: FlaskClient, **changes: Any) -> dict[str, Any]:
    """A form with one thing wrong (None: the field is not sent at all)."""
    fields = {**fill(guest), **TYPED, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def nothing_is_lost(form: Element, sent: dict[str, Any], but: str = "") -> None:
    """Everything that was typed is still there; what a field cannot hold excepted."""
    fields = form.fields()
    for name in set(TYPED) - {but}:
        assert fields[name].replace("\r\n", "\n").lstrip("\n") == sent.get(name, "")


@on_sqlite
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", [None, "", "   ", "x" * 201, "a\x07b", "\u202e", "a\x00b", "\u2028"]),
        ("name", ["\u2066", "\x7f", "one\ntwo", "\u200b", "\u00a0\u2060 ", "\u3164", "\u2800"]),
        ("name", ["WIN 1000 EUR http://evil.example/x", "evil。com", "Maria a@b.example"]),
        ("email", [None, "", "nobody", "a@b", "a b@example.com", "a@example.com\r\nBcc: b@c.org"]),
        ("email", ["x" * 65 + "@example.com", "x@" + "y" * 250 + ".org", "a@@b.com", "é@é.pt"]),
        ("email", ["<a@@example.com>", "a@example.com,b@example.com", "a@-x.com", "a\x00@b.com"]),
        ("notes", ["x" * 5001, "a\x00b", "a\x1b[31m"]),
    ],
)  # fmt: skip
def test_a_field_that_is_not_right_is_named_and_everything_typed_is_kept(
    app: Flask, guest: FlaskClient, google: StandIn, field: str, values: list[str | None]
) -> None:
    for value in values:
        sent = filled(guest, **{field: value})
        answer = send(guest, sent)
        assert answer.status_code == 422, (field, value)
        form = page.read(answer.text).one("form", id="booking-form")
        alert = form.one(role="alert")
        assert alert["data-error"] == "invalid_request"
        assert [link["href"] for link in alert.all("a")] == [f"#field-{field}"]
        assert form.one(id=f"field-{field}")["aria-invalid"] == "true"
        assert form.one(id=f"fault-{field}").text
        nothing_is_lost(form, sent, but=field)
        assert len(form.fields()[field]) >= len((value or "").strip())  # shown to be put right
    assert google.events(ANA) == []
    assert bookings(app) == []


def test_all_faults_are_told_at_once(guest: FlaskClient) -> None:
    sent = filled(guest, name="", email="nobody", notes="x" * 6000)
    form = page.read(send(guest, sent).text).one("form", id="booking-form")
    assert {each["id"] for each in form.all(aria_invalid="true")} == {
        "field-name",
        "field-email",
        "field-notes",
    }
    assert form.fields()["email"] == "nobody"
    assert send(guest, {**form.fields(), **TYPED}).status_code == 303


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"start": None}, 422, "invalid_request"),
        ({"start": ""}, 422, "invalid_request"),
        ({"start": "soon"}, 422, "invalid_request"),
        ({"start": "2026-12-01T09:00:00"}, 422, "invalid_request"),
        ({"start": "2026-12-01"}, 422, "invalid_request"),
        ({"start": "2026-13-01T09:00:00Z"}, 422, "invalid_request"),
        ({"start": "2026-12-01T09:00:00+99:00"}, 422, "invalid_request"),
        ({"start": "9999-12-31T23:59:59Z"}, 422, "invalid_request"),
        ({"start": "0001-01-01T00:00:00+14:00"}, 422, "invalid_request"),
        ({"start": "2026-12-01T09:00:00Z\x00"}, 422, "invalid_request"),
        ({"start": "2026-11-27T09:00:00Z"}, 409, "slot_unavailable"),  # past
        ({"start": "2026-11-30T11:30:00Z"}, 409, "slot_unavailable"),  # notice
        ({"start": "2026-12-05T09:00:00Z"}, 409, "slot_unavailable"),  # a Saturday
        ({"start": "2026-12-01T09:10:00Z"}, 409, "slot_unavailable"),  # between slots
        ({"start": "2026-12-01T09:00:00.5Z", "name": "x"}, 303, ""),
        ({"start": "2027-02-15T09:00:00Z"}, 409, "slot_unavailable"),  # window
        ({"tz": "Mars/Olympus"}, 422, "invalid_request"),
        ({"tz": "../../etc/passwd"}, 422, "invalid_request"),
        ({"tz": "Europe/Lisbon\x00"}, 422, "invalid_request"),
        ({"tz": "x" * 5000}, 422, "invalid_request"),
        ({"tz": None}, 303, ""),
        ({"nonce": None}, 303, ""),
        ({"nonce": "forged.nonce"}, 303, ""),
        ({"nonce": "\x00"}, 303, ""),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)
def test_a_time_or_zone_that_is_not_right_shows_the_free_times_and_keeps_what_was_typed(
    app: Flask,
    guest: FlaskClient,
    google: StandIn,
    changes: dict[str, str | None],
    status: int,
    code: str,
) -> None:
    sent = filled(guest, **changes)
    answer = send(guest, sent)
    assert answer.status_code == status
    if status == 303:
        assert len(google.events(ANA)) == 1
        return
    shown = page.read(answer.text)
    assert shown.one(role="alert")["data-error"] == code
    assert starts(shown)
    nothing_is_lost(shown.one("form"), sent)
    assert google.events(ANA) == []
    assert bookings(app) == []


@on_sqlite
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("question-topic", [None, "", "x" * 2001, "a\x00b", "two\nlines", "\u202d"]),
        ("question-boat", ["Titanic", "laser", "Laser\x00"]),
        ("question-call", ["call me", "123", "+351 912 or 913", "9" * 21, "12345 x", "١٢٣٤", "()"]),
        ("question-terms", [None, "", "0", "maybe"]),
    ],
)
def test_an_answer_that_is_not_right_is_named(
    app: Flask,
    guest: FlaskClient,
    google: StandIn,
    change: Any,
    field: str,
    values: list[str | None],
) -> None:
    change("ana", event={"questions": QUESTIONS})
    for value in values:
        sent = filled(guest, **{**ANSWERS, field: value})
        answer = send(guest, sent)
        assert answer.status_code == 422, (field, value)
        form = page.read(answer.text).one("form", id="booking-form")
        assert form.one(id=f"field-{field}")["aria-invalid"] == "true"
        nothing_is_lost(form, sent)
        kept = form.fields()
        for name in set(ANSWERS) - {field}:
            assert kept[name] == ANSWERS[name]
    assert google.events(ANA) == []
    assert send(guest, filled(guest, **ANSWERS)).status_code == 303


@on_sqlite
def test_an_answer_to_what_is_not_asked_is_ignored(guest: FlaskClient, google: StandIn) -> None:
    assert send(guest, filled(guest, **{"question-nothing": "secret"})).status_code == 303
    (event,) = google.events(ANA)
    assert "secret" not in event["description"]


@on_sqlite
@pytest.mark.parametrize(
    "people",
    [
        ["a@example.com", "b@example.com", "c@example.com"],
        ["nobody"],
        ["a@example.com", "b\x07@example.com"],
        ["x" * 300 + "@example.com"],
    ],
    ids=("too-many", "no-address", "control", "too-long"),
)
def test_other_guests_that_are_not_right_are_named(
    guest: FlaskClient, google: StandIn, change: Any, people: list[str]
) -> None:
    change("ana", event={"extra_guests": 2})
    answer = send(guest, filled(guest, guests=people))
    assert answer.status_code == 422
    form = page.read(answer.text).one("form", id="booking-form")
    assert form.one(id="field-guests")["aria-invalid"] == "true"
    shown = [each["value"] for each in form.all("input", name="guests")]
    assert shown == people if len(people) > 2 else shown[: len(people)] == people
    assert google.events(ANA) == []


@on_sqlite
def test_guests_where_none_may_be_brought_are_refused_in_sight(guest: FlaskClient) -> None:
    answer = send(guest, filled(guest, guests=["a@example.com"]))
    assert answer.status_code == 422
    form = page.read(answer.text).one("form", id="booking-form")
    assert "0 more people" in form.one(role="alert").text


@on_sqlite
def test_a_field_sent_twice_counts_once(guest: FlaskClient, google: StandIn) -> None:
    fields = [*filled(guest).items(), ("name", "Second"), ("email", "second@example.com")]
    answer = guest.post(PICKER, data=urlencode(fields), content_type=FORM)
    assert answer.status_code == 303
    (event,) = google.events(ANA)
    assert event["summary"] == "Maria Sousa - Intro call"


FORM = "application/x-www-form-urlencoded"


@on_sqlite
def test_bytes_that_are_no_text_are_kept_as_they_were_sent(
    guest: FlaskClient, google: StandIn
) -> None:
    good = urlencode({**filled(guest), "name": ""}).encode()
    for bad in (b"Mar%FFia", b"Mar%ED%A0%80ia"):
        body = good.replace(b"&name=", b"&name=" + bad).replace(b"maria%40", b"no-address")
        answer = guest.post(PICKER, data=body, content_type=FORM)
        assert answer.status_code == 422, bad
        form = page.read(answer.text).one("form", id="booking-form")
        assert form.fields()["name"].upper().startswith("MAR%")
    assert google.events(ANA) == []


@on_sqlite
@pytest.mark.parametrize("field", ["name", "email", "notes", "question-topic"])
def test_far_too_long_a_text_is_named_and_kept(
    guest: FlaskClient, google: StandIn, change: Any, field: str
) -> None:
    change("ana", event={"questions": QUESTIONS})
    sent = filled(guest, **{**ANSWERS, field: "x" * 300_000})
    answer = send(guest, sent)
    assert answer.status_code == 422
    form = page.read(answer.text).one("form", id="booking-form")
    assert [link["href"] for link in form.one(role="alert").all("a")] == [f"#field-{field}"]
    assert form.fields()[field] == "x" * 300_000
    assert google.events(ANA) == []


@on_sqlite
def test_everything_may_be_as_long_as_it_may_be_in_any_script(
    guest: FlaskClient, google: StandIn, change: Any
) -> None:
    asked = [{"id": f"q{n}", "label": f"{n}?", "kind": "long_text"} for n in range(20)]
    change("ana", event={"questions": asked})
    long = {f"question-q{n}": "\u6d77" * 2000 for n in range(20)}
    assert send(guest, filled(guest, notes="\u6d77" * 5000, **long)).status_code == 303


@pytest.mark.parametrize(
    "body",
    [b"x" * 1_100_000, b"name=" + b"x" * 1_100_000, b"start=" + b"%" * 1_100_000],
    ids=("junk", "name", "percent"),
)
@pytest.mark.parametrize("way", [{}, IN_PIECES], ids=("whole", "pieces"))
def test_too_large_a_form_is_refused(
    guest: FlaskClient, google: StandIn, body: bytes, way: Any
) -> None:
    answer = guest.post(PICKER, data=body, content_type=FORM, **way)
    assert answer.status_code == 413
    alert = page.read(answer.text).one(role="alert")
    assert alert["data-error"] == "invalid_request"
    assert "Nothing was booked" in alert.text
    assert "go back" in alert.text
    assert google.events(ANA) == []


@on_sqlite
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"\x00\xff&=&&==%%%", FORM),
        (b"start=2026-12-01T09:00:00Z&name=Mar\xffia", FORM),
        (b"{}", "application/json"),
        (b"start=2026-12-01T09:00:00Z", "text/plain"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"&".join(b"a%d=1" % n for n in range(20_000)), FORM),
        (b"start[]=x&name[]=y", FORM),
    ],
    ids=str,
)
def test_a_body_that_is_no_form_of_ours_is_a_form_without_a_time(
    guest: FlaskClient, google: StandIn, body: bytes, kind: str
) -> None:
    answer = guest.post(PICKER, data=body[:200_000], content_type=kind)
    assert answer.status_code == 422
    assert page.read(answer.text).one(role="alert")["data-error"] == "invalid_request"
    assert google.events(ANA) == []


@pytest.mark.parametrize(
    "address",
    ["/book/%00", "/book/%00/intro", "/book/ana/%00", "/book/%ff/intro", "/book/" + "x" * 3000],
    ids=lambda address: address[:20],
)
def test_an_address_with_anything_in_it_is_not_found(guest: FlaskClient, address: str) -> None:
    assert look(guest, address, 404).one(role="alert")["data-error"] == "not_found"
    assert guest.post(address, data={}).status_code in (404, 405)


@pytest.mark.parametrize(
    "query",
    [
        "lang=en-US@" + "x" * 60,
        "lang=en-GB@a%0d%0aX-Evil:%201",
        "lang=en-%00",
        "lang=en-Shaw",
        "tz=Etc/GMT+5",
        "lang=%ff",
        "utm_source=%00&utm_%00=1",
        "utm_" + "x" * 500 + "=1",
        "utm_source=" + "x" * 5000,
        "theme=%00&accent=%00&hide_details=%00",
        "name=%00&email=%ff&notes=%00",
        "step=%00",
        "date=%00",
        "month=%d9%a2%d9%a0%d9%a2%d9%a6-12",
        "date=2026-12-01&date=x",
    ],
    ids=lambda query: query[:30],
)
def test_nothing_in_the_query_is_a_fault_or_stands_in_the_way_of_booking(
    guest: FlaskClient, google: StandIn, query: str
) -> None:
    answer = guest.get(f"{PICKER}?{query}")
    assert answer.status_code in (200, 422)
    assert "X-Evil" not in answer.headers
    form = guest.get(f"{PICKER}?{query}&start=2026-12-01T09:00:00Z")
    fields = page.read(form.text).one("form", id="booking-form").fields()
    sent = send(guest, {**fields, **TYPED})
    assert sent.status_code == 303
    assert status_of(look(guest, sent.headers["Location"])) == "confirmed"


@on_sqlite
def test_markup_that_a_guest_types_stays_text(guest: FlaskClient, google: StandIn) -> None:
    evil = '"><script>alert(1)</script>'
    answer = send(guest, filled(guest, name=evil, email="nobody", notes=f"</textarea>{evil}"))
    assert "<script>alert" not in answer.text
    address = send(guest, filled(guest, name=evil)).headers["Location"]
    assert "<script>alert" not in guest.get(address).text
