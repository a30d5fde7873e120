"""Anything may be asked: no 5xx but a promised 503, no answer outside of the contract, none slow.

`make fuzz` asks 50,000 times and more; without it a few hundred requests, the same every time.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests import page
from tests.conftest import Browser, command
from tests.page import Element
from tests.people import ELEVEN, MARIA, NINE, PICKER, TEN, book, ics
from tests.world import forget_counts

NUMBER = int(os.environ.get("FUZZ", "0")) or 150
FEWEST = 10  # of what is asked of every address
SLOWEST_SECONDS = 5.0
CODES = {
    "slot_taken", "slot_unavailable", "invalid_request", "not_found", "rate_limited", "link_used",
    "calendar_unavailable", "calendar_disconnected", "unavailable", "not_active", "too_late",
    "change_pending", "changed", "calendar_refused", "unauthorized", "not_implemented",
}  # fmt: skip

NASTY = (
    "", " ", "\0", "a\0b", "\u200b", "Ma\u200bria", "\u202egnp.exe", "\u2066x\u2069", "\ufeff",
    "\ud800", "\udfff x", "\uffff", "e\u0301" * 40, "Z\u0335\u0337" * 60,
    "\U0001f468\u200d\U0001f469",
    "\r\nX-Bad: 1", "BEGIN:VEVENT\r\nEND:VCALENDAR", "a\u2028b\u2029c", "\x1b[31m",
    "<script>x</script>",
    "{{7*7}}", "%(x)s", "{guest}", "${x}", "'; DROP TABLE booking; --", "=1+1", "../../etc/passwd",
    "//evil.example", "https://evil.example", "javascript:1", "a" * 300, "9" * 30, "-1",
    "NaN", "1e999",
    "Ａ", "İ", "ß", "٣", "²", "null", "[]", "true", "0", "None",
)  # fmt: skip
GOOD = (
    NINE, TEN, ELEVEN, "2026-12-01", "2026-12", "Europe/Lisbon", "Asia/Kathmandu", "ana", "intro",
    "Maria Sousa", "maria@example.com", "30", "ar", "de", "dark", "1a73e8", "1", "+351 912 345 678",
    "2026-11-30T00:00:00Z", "2027-01-20T00:00:00+05:45", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
)  # fmt: skip
NAMES = (
    "start", "date", "month", "tz", "name", "email", "notes", "guests", "duration", "once", "theme",
    "accent", "lang", "clock", "hide_details", "utm_source", "question-topic", "embedder", "step",
    "nonce", "from", "to", "zone", "q", "reason", "handle", "display_name", "time_zone", "slug",
    "title", "version", "next", "state", "code", "error", "status", "cursor", "country", "contact",
    "url", "format", "maxwidth", "maxheight", "limit", "event", "view", "show", "page", "city",
)  # fmt: skip

text = (
    st.sampled_from(NASTY) | st.sampled_from(GOOD) | st.text(st.characters(codec=None), max_size=30)
)
name = st.sampled_from(NAMES) | st.sampled_from(NASTY)
pairs = st.lists(st.tuples(name, text), max_size=6)
answers: Any = st.recursive(
    text | st.none() | st.booleans() | st.floats() | st.integers(-(10**30), 10**30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
PATHS = (
    "/", "/login", "/auth/google/callback", "/settings", "/privacy", "/healthz", "/embed.js",
    "/book/{}", "/book/ana/{}", "/book/{}/{}", "/book/ana/intro", "/booking/{}", "/booking/{}.ics",
    "TOKEN", "TOKEN.ics", "TOKEN/reschedule", "TOKEN/{}", "/api/v1/{}", "/api/v1/ana",
    "/api/v1/ana/intro/slots", "/api/v1/ana/{}/slots", "/google/notifications", "/static/{}", "/{}",
    "/api/v1/me", "/api/v1/me/bookings", "/api/v1/me/bookings/{}", "/api/v1/me/links", "/api",
    "/mcp", "/oembed",
    "/llms.txt", "/book/ana/intro.md", "/book/{}/{}.md", "/static/{}/{}", "/settings/{}",
    "/settings/events/{}", "/settings/bookings.csv", "/settings/bookings/{}/{}",
    "/settings/check/handle", "/settings/check/accent", "/settings/preview/{}",
    "/settings/embed/{}",
)  # fmt: skip
POSTS = (
    "/book/ana/intro", "/book/{}/{}", "TOKEN/cancel", "TOKEN/reschedule", "/google/notifications",
    "/logout", "/{}", "/settings/{}", "/booking/{}/cancel", "/settings/bookings/{}/{}",
    "/settings/tokens/{}/end", "/api/v1/me/bookings/{}/cancel", "/api/v1/{}/{}/bookings", "/mcp",
    "/api/v1/me/links",
)  # fmt: skip
HEADERS = (
    "Accept-Language", "HX-Request", "HX-Request-Type", "HX-Current-URL", "HX-Target", "Referer",
    "Origin", "Sec-Fetch-Dest", "Idempotency-Key", "If-None-Match", "Authorization", "Cookie",
    "X-Forwarded-For", "X-Request-Id", "X-Goog-Channel-Id", "X-Goog-Channel-Token", "Accept",
    "X-Goog-Resource-State", "Content-Type", "Range", "Forwarded", "Accept-Encoding",
    "MCP-Protocol-Version", "Mcp-Method",
)  # fmt: skip
TOOLS = (
    "list_event_types", "get_available_slots", "create_booking", "get_booking",
    "reschedule_booking", "cancel_booking",
)  # fmt: skip
ARGUMENTS = (
    "host", "event", "from", "to", "tz", "duration", "start", "name", "email", "notes", "answers",
    "guests", "once", "idempotency_key", "token", "reason",
)  # fmt: skip
headers = st.dictionaries(st.sampled_from(HEADERS), text, max_size=3)

seen: Counter[str] = Counter()


class Fuzz:
    """One host, one booking, and whoever asks anything."""

    def __init__(self, app: Flask, ana: Browser) -> None:
        app.config["PROPAGATE_EXCEPTIONS"] = False
        self.app, self.ana, self.guest = app, ana, app.test_client()
        self.forms: list[tuple[str, Any]] = []
        self.token = book(self.guest)
        self.bearer = f"Bearer {command(app, 'tokens', 'create', 'ana').strip()}"

    def ask(self, method: str, path: str, parts: list[str], **more: Any) -> TestResponse:
        for part in parts:
            path = path.replace("{}", _quoted(part), 1)
        path = path.replace("{}", "x").replace("TOKEN", self.token)
        given = {"Authorization": self.bearer, **more.pop("headers", {})}
        more["headers"] = {each: _line(value) for each, value in given.items()}
        client = self.ana.client if path.startswith("/settings") else self.guest
        forget_counts(self.app)  # time stands still
        began = time.perf_counter()
        answer = client.open(path, method=method, **more)
        self.judge(answer, path, f"{method} {path} {more}", time.perf_counter() - began)
        return answer

    def judge(self, answer: TestResponse, path: str, what: str, seconds: float) -> None:
        seen[f"{answer.status_code}"] += 1
        assert seconds < SLOWEST_SECONDS, what
        if answer.status_code >= 500 and (answer.status_code, path) != (501, "/oembed"):
            assert answer.status_code == 503, what
            assert "Retry-After" in answer.headers, what
        if answer.mimetype == "application/problem+json" and answer.data:  # none for HEAD
            assert answer.get_json()["code"] in CODES, what
        if answer.mimetype == "text/html":
            assert "\0" not in answer.text
            assert "<script>x" not in answer.text
        where = answer.headers.get("Location", "")
        assert not where.startswith(("//", "https://evil")), what


def forms(shown: Element) -> list[tuple[str, Any]]:
    """Where a host's forms lead, and what they send; not those that end everything."""
    return [
        (each["action"], each.sent())
        for each in shown.all("form", method="post")
        if not re.search("logout|delete|disconnect|everywhere", each["action"])
    ]


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _query(given: list[tuple[str, str]]) -> str:
    encoded = [tuple(part.encode("utf-8", "surrogatepass") for part in pair) for pair in given]
    return urlencode(encoded)


def _line(text: str) -> str:
    """What a server lets through as a header's value."""
    return (
        text.encode("utf-8", "replace").decode("latin-1").translate({0: None, 10: None, 13: None})
    )


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "LOG_LEVEL": "critical"}


@pytest.fixture
def fuzz(app: Flask, ana: Browser) -> Fuzz:
    return Fuzz(app, ana)


def fuzzed(share: float) -> Any:
    """A part of all requests, the same every time unless there are many."""

    def decorate(test: Any) -> Any:
        many = settings(
            max_examples=max(FEWEST, round(NUMBER * share)),
            derandomize="FUZZ" not in os.environ,
            database=None,
            phases=[Phase.generate],  # making a failing example smaller takes minutes
            suppress_health_check=list(HealthCheck),
        )
        return many(test)

    return decorate


@fuzzed(0.4 / len(PATHS))
@given(
    st.lists(text, max_size=2),
    pairs,
    headers,
    st.sampled_from(("GET", "HEAD", "OPTIONS")),
)
def test_addresses(fuzz: Fuzz, parts: Any, query: Any, headers: Any, method: str) -> None:
    for path in PATHS:
        fuzz.ask(method, path, parts, query_string=_query(query), headers=headers)


@fuzzed(0.2 / len(POSTS))
@given(st.lists(text, max_size=2), pairs, headers)
def test_forms(fuzz: Fuzz, parts: Any, form: Any, headers: Any) -> None:
    headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    for path in POSTS:
        fuzz.ask("POST", path, parts, data=_query(form), headers=headers)


@fuzzed(0.2)
@given(
    st.dictionaries(
        st.sampled_from(
            ("start", "name", "email", "notes", "tz", "answers", "guests", "duration", "once")
        ),
        answers,
    )
    | answers,
    headers,
)
def test_programs(fuzz: Fuzz, body: Any, headers: Any) -> None:
    headers["Content-Type"] = "application/json"
    given = {"start": TEN, **MARIA, **body} if isinstance(body, dict) else body
    fuzz.ask("POST", "/api/v1/ana/intro/bookings", [], data=json.dumps(given), headers=headers)


@fuzzed(0.1)
@given(
    st.sampled_from(("initialize", "tools/list", "tools/call")) | text,
    st.sampled_from((*TOOLS, "")) | text,
    st.dictionaries(st.sampled_from(ARGUMENTS), answers) | answers,
    answers,
)
def test_agents(fuzz: Fuzz, method: str, tool: str, arguments: Any, id: Any) -> None:
    if isinstance(arguments, dict):
        arguments = {"host": "ana", "event": "intro", "start": TEN, **MARIA, **arguments}
    message = {"jsonrpc": "2.0", "id": id, "method": method}
    message["params"] = {"name": tool, "arguments": arguments}
    sent = {"Content-Type": "application/json", "MCP-Protocol-Version": "2025-11-25"}
    fuzz.ask("POST", "/mcp", [], data=json.dumps(message), headers=sent)


@fuzzed(0.1)
@given(
    st.integers(0, 40),
    st.lists(st.tuples(st.integers(0, 40), text), min_size=1, max_size=4),
    pairs,
)
def test_what_a_host_types(fuzz: Fuzz, which: int, typed: Any, more: Any) -> None:
    """With all that a form of the settings page sends; what is saved breaks no page."""
    if not fuzz.forms:
        for address in ("/settings", "/settings?event=intro"):
            fuzz.forms += forms(page.read(fuzz.ana.client.get(address).text))
    action, sent = fuzz.forms[which % len(fuzz.forms)]
    fields = list(sent.items(multi=True))
    for at, value in typed:
        name, _old = fields[at % len(fields)]
        fields[at % len(fields)] = (name, value if name != "csrf_token" else _old)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = fuzz.ask("POST", action, [], data=_query([*fields, *more]), headers=headers)
    if answer.status_code < 400:
        fuzz.forms = []
        for address in ("/settings", "/book/ana", PICKER):
            found = fuzz.ask("GET", address, [])  # 503: Google does not know a calendar
            assert found.status_code in (200, 307, 404, 503)


@fuzzed(0.2)
@given(st.sampled_from(("name", "notes", "email", "utm_source", "tz", "guests")), text)
def test_a_booking_survives_what_people_type(
    fuzz: Fuzz, clock: Traveller, field: str, typed: str
) -> None:
    clock.shift(12)  # a host gets 300 an hour
    asked = fuzz.guest.get(PICKER, query_string={"start": ELEVEN})
    seen[str(asked.status_code)] += 1
    form = page.read(asked.text).all("form", id="booking-form")
    fields = (
        {**form[0].fields(), **MARIA, "email": f"{seen.total()}@guest.example"}
        if form
        else {**MARIA}
    )
    data = _query([*(each for each in fields.items() if each[0] != field), (field, typed)])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = fuzz.guest.post(PICKER, data=data, headers=kind)
    fuzz.judge(answer, PICKER, f"{field}={typed!r}", 0)
    if answer.status_code == 303 and "/booking/" in answer.headers["Location"]:
        own = urlsplit(answer.headers["Location"]).path
        assert fuzz.guest.get(own).status_code == 200
        assert ics(fuzz.guest, own)["END"] == "VCALENDAR"
        fuzz.guest.post(f"{own}/cancel", data={"reason": typed.encode("utf-8", "replace")})


def test_what_was_asked_is_told() -> None:
    print(f"\nfuzz: {sum(seen.values())} requests by status: {dict(sorted(seen.items()))}")
