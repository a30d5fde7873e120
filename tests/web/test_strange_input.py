"""NUL, half characters and the like in every part of a request: an answer of the contract."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Browser, on_sqlite
from tests.people import API, NINE, PICKER, book, show

STRANGE = (
    b"\x00",
    b"a\x00b",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    "\u202e\ufffe".encode(),
    b"%00",
    b"9" * 400,
)
QUERY = (
    "start", "date", "month", "tz", "name", "email", "notes", "lang", "theme", "accent", "embedder",
    "step", "next", "view", "clock", "city", "day", "utm_source", "question-x", "duration", "once",
    "from", "to", "hint", "state", "code", "error", "event", "show", "q", "page", "booking", "act",
    "handle", "site", "embed", "of", "saved", "cursor",
)  # fmt: skip


def paths(token: str) -> tuple[str, ...]:
    return (
        "/", "/login", "/auth/google/callback", "/book/ana", PICKER, token, f"{token}.ics",
        f"{token}/reschedule", "/api/v1/ana", f"{API}/slots", "/settings", "/settings/events/intro",
        "/settings/check/handle", "/settings/check/accent", "/settings/bookings.csv", "/privacy",
    )  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_strange_text_anywhere_is_no_fault_of_ours(
    app: Flask, ana: Browser, guest: FlaskClient, strange: bytes
) -> None:
    token, text, wrong = book(guest), quote(strange), list[Any]()

    def look(address: str, method: str = "GET", **more: Any) -> None:
        answer = ana.client.open(address, method=method, **more)
        if answer.status_code >= 500:
            wrong.append((method, address, more, answer.status_code))

    for path in paths(token):
        look(f"{path}?" + "&".join(f"{name}={text}" for name in QUERY))
        for name in ("start", "tz", "embedder", "q", "event", "next", "from"):
            look(f"{path}?{name}={text}")
        for header in ("Referer", "Accept-Language", "HX-Request", "Origin", "If-None-Match"):
            look(path, headers={header: strange.decode("latin-1").replace("\n", "")})
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<[^>]+>", text, rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            look(address, method, data=dict.fromkeys(QUERY, strange))
    guest.set_cookie("session", text)
    for path in paths(token):
        if guest.get(path).status_code >= 500:
            wrong.append(("cookie", path))
    fields = dict.fromkeys(("name", "email", "notes", "tz", "guests", "nonce", "website"), strange)
    look(PICKER, "POST", data={**fields, "start": NINE})
    look(f"{token}/cancel", "POST", data={"reason": strange})
    look(f"{API}/bookings", "POST", data=strange, content_type="application/json")
    look(
        f"{API}/bookings",
        "POST",
        json={"start": NINE},
        headers={"Idempotency-Key": strange.decode("latin-1")},
    )
    assert not wrong


@on_sqlite
@pytest.mark.parametrize("good", [True, False], ids=["sent", "kept"])
def test_no_page_that_gives_back_what_a_host_typed_has_a_nul(ana: Browser, good: bool) -> None:
    """Refused with the form, and kept because the form's token is an old one."""
    for form in show(ana, "?event=intro").all("form", method="post"):
        sent = {name: f"{value}\0" for name, value in form.fields().items()}
        if good:
            sent |= {
                name: form.fields()[name] for name in ("csrf_token", "revision") if name in sent
            }
        answer = ana.client.post(form["action"], data=sent)
        assert answer.status_code in (303, 400, 404, 409, 422), form["action"]
        assert "\0" not in answer.text
