"""What we sign holds for what it was signed for: a booking's link, a form's nonce, a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from itsdangerous import Signer, URLSafeTimedSerializer

from tests.conftest import on_sqlite
from tests.people import TEN, ask, book, cancel, code_of, fill, look, send, status_of

pytestmark = [on_sqlite, pytest.mark.usefixtures("ana")]


def sent_cancelled_and_sent_again(guest: FlaskClient, fields: dict[str, Any]) -> list[str]:
    """The addresses that both sendings of a form lead to."""
    first = urlsplit(send(guest, fields).headers["Location"]).path
    assert cancel(guest, first).status_code == 303
    return [first, urlsplit(send(guest, fields).headers["Location"]).path]


def test_a_form_of_ours_is_one_booking_even_when_that_is_over(guest: FlaskClient) -> None:
    first, second = sent_cancelled_and_sent_again(guest, fill(guest))
    assert first == second
    assert status_of(look(guest, second)) == "cancelled"


@pytest.mark.parametrize(
    "nonce",
    [
        lambda key: "made up",
        lambda key: URLSafeTimedSerializer("another key", "meetslot.form").dumps("made up"),
        lambda key: URLSafeTimedSerializer(key, "meetslot.booking").dumps("made up"),
        lambda key: URLSafeTimedSerializer(key).dumps("made up"),
    ],
    ids=["unsigned", "another key", "of a booking", "of no purpose"],
)
def test_a_nonce_that_is_not_ours_tells_nothing_apart(
    guest: FlaskClient, environ: dict[str, str], nonce: Callable[[str], str]
) -> None:
    """Such a form may be sent again once its booking is over, as one without any nonce."""
    fields = {**fill(guest), "nonce": nonce(environ["SECRET_KEY"])}
    first, second = sent_cancelled_and_sent_again(guest, fields)
    assert first != second
    assert status_of(look(guest, second)) == "confirmed"


def test_a_form_sent_again_with_another_time_is_another_booking(guest: FlaskClient) -> None:
    """Whoever goes back in the browser sends the same nonce."""
    fields = fill(guest)
    first = urlsplit(send(guest, fields).headers["Location"]).path
    answer = send(guest, {**fields, "start": TEN})
    assert answer.status_code == 303, answer.text
    assert urlsplit(answer.headers["Location"]).path != first


def test_a_form_of_one_event_type_is_no_booking_of_another(guest: FlaskClient, change: Any) -> None:
    other = {"slug": "other", "title": "Other", "duration": 30}
    change("ana", event_types=[{"slug": "intro", "title": "Intro call", "duration": 30}, other])
    fields = fill(guest)
    assert send(guest, fields).status_code == 303
    answer = guest.post("/book/ana/other", data=fields)
    assert (answer.status_code, code_of(answer)) == (409, "slot_taken")


def test_what_is_signed_for_a_form_opens_no_booking(
    guest: FlaskClient, environ: dict[str, str]
) -> None:
    address = book(guest)
    value = address.removeprefix("/booking/").partition("~")[0]
    for purpose, status in (("meetslot.booking", 200), ("meetslot.form", 404)):
        token = Signer(environ["SECRET_KEY"], purpose, sep="~").sign(value).decode()
        assert guest.get(f"/booking/{token}").status_code == status


def test_a_programs_key_is_one_event_types(guest: FlaskClient, change: Any) -> None:
    other = {"slug": "other", "title": "Other", "duration": 30}
    change("ana", event_types=[{"slug": "intro", "title": "Intro call", "duration": 30}, other])
    first = ask(guest, key="k")
    body = {"start": TEN, "name": "Maria Sousa", "email": "maria@example.com"}
    headers = {"Idempotency-Key": "k"}
    second = guest.post("/api/v1/ana/other/bookings", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201), second.text
    assert first.get_json()["booking"]["id"] != second.get_json()["booking"]["id"]
    assert ask(guest, key="k").get_json()["booking"]["id"] == first.get_json()["booking"]["id"]
