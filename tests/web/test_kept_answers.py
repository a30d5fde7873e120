"""What is kept between requests is never another answer than a fresh computation gives."""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from datetime import datetime
from typing import Any

import brotli
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser, command, on_sqlite
from tests.people import (
    ANA,
    HTMX,
    NINE,
    PICKER,
    cancel,
    event_of,
    exported,
    fill,
    reschedule,
    send,
)
from widget import config
from widget.core.bounded import Bounded
from widget.web.service import Kept

SLOTS = "/api/v1/ana/intro/slots?from=2026-11-30T00:00:00Z&to=2027-01-20T00:00:00Z"
ZONES = ("Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns", "Pacific/Kiritimati", "UTC")
HOST_ZONES = ("Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kolkata", "America/New_York")
FRAMED = {"Sec-Fetch-Dest": "iframe", "Referer": "https://site.example/"}
LOOKS: list[tuple[str, dict[str, str]]] = [
    ("/book/ana", {}),
    ("/api/v1/ana", {}),
    (PICKER, {}),
    (PICKER, HTMX),
    (PICKER, {"Accept-Language": "he"}),
    (PICKER, FRAMED),
    (PICKER, {**FRAMED, "Referer": "https://other.example/"}),
    (f"{PICKER}?view=list&clock=12&theme=dark&accent=ff0000", {}),
    (SLOTS, {}),
    *((f"{PICKER}?tz={zone}", {}) for zone in ZONES),
    *((f"{PICKER}?tz={zone}&month=2026-12", {}) for zone in ZONES),
    *((f"{PICKER}?tz={zone}&date=2026-12-02&name=Maria", {}) for zone in ZONES),
    (f"{PICKER}?name=Maria&view=list&theme=dark", FRAMED),
    (f"{PICKER}?name=Maria&hide_details=1&accent=00ff00", {"Accept-Language": "ja"}),
]
#: What may stand in a picker's query, each with what else it may say.
ASKED = {
    "tz": [*ZONES, "Nowhere/None"], "date": ["2026-12-01", "2026-12-07", "2027-01-12", "soon"],
    "month": ["2026-12", "2027-01"], "view": ["list"], "clock": ["12", "24"], "name": ["<Maria>"],
    "notes": ["of Maria"], "lang": ["ar", "ja", "de", "fr"], "theme": ["dark", "light", "odd"],
    "accent": ["ff0000", "red"], "hide_details": ["1"], "duration": ["15", "45", "7"],
    "step": ["zone", "zones"], "start": [NINE],
}  # fmt: skip


class Life:
    """Two workers over one database, a third that keeps nothing, and what happens to Ana."""

    def __init__(
        self, apps: list[Flask], google: StandIn, clock: time_machine.Traveller, seed: int
    ) -> None:
        *self.workers, self.fresh = apps
        self.google, self.clock, self.some = google, clock, random.Random(seed)
        self.host = Browser(self.workers[0].test_client(), google)
        self.host.sign_in(ANA)
        self.booked: list[str] = []

    @property
    def guest(self) -> FlaskClient:
        return self.some.choice(self.workers).test_client()

    def starts(self) -> list[str]:
        found = self.guest.get(SLOTS)
        return [each["start"] for each in found.json["slots"]] if found.status_code == 200 else []

    def book(self) -> None:
        if starts := self.starts():
            start = self.some.choice(starts[:20])
            email = f"{self.some.random()}@guests.example"
            answer = send(self.guest, fill(self.guest, start, email=email))
            self.booked.append(answer.headers["Location"].partition("?")[0])

    def cancel(self) -> None:
        if self.booked:
            cancel(self.guest, self.booked.pop(self.some.randrange(len(self.booked))))

    def move(self) -> None:
        if self.booked and (starts := self.starts()):
            reschedule(self.guest, self.some.choice(self.booked), self.some.choice(starts[:20]))

    def set(self) -> None:
        event = {
            "minimum_notice": self.some.choice((0, 7, 240, 1441)),
            "booking_window_days": self.some.choice((1, 9, 30)),
            "max_per_day": self.some.choice((None, 1)),
            "buffer_after": self.some.choice((0, 20)),
            "title": self.some.choice(("Intro call", "A talk")),
        }
        sites = self.some.choice(([], [], ["https://site.example"]))
        self.change(time_zone=self.some.choice(HOST_ZONES), allowed_sites=sites, event=event)

    def change(self, event: dict[str, Any], **fields: Any) -> None:
        change(self.some.choice(self.workers), event, **fields)

    def change_in_google(self) -> None:
        if starts := self.starts():
            start = self.some.choice(starts[:40])
            self.google.add_busy(ANA, start, start.replace(":00Z", ":20Z"))
        for event in self.google.events(ANA)[:1]:
            act = self.some.choice(("move", "delete"))
            self.google.alter(ANA, event["id"], act)
        if self.some.random() < 0.5:
            command(self.some.choice(self.workers), "reconcile")

    def disconnect(self) -> None:
        self.google.revoke(ANA)
        self.google.expire()
        self.pass_time(61)
        self.look()
        self.host.sign_in(ANA)

    def wait(self) -> None:
        """Until something is near: the notice of the first free start, a midnight, anything."""
        now, notice = int(time.time()), 60 * int(event_of(self.fresh)["minimum_notice"])
        firsts = [moment(each) - notice - now for each in self.starts()[:1]]
        ways = [1, 30, 61, 899, 3600, 7 * 3600, 900 - now % 900, 900 - now % 900 - 1]
        ways += [each + more for each in firsts for more in (-1, 0, 1)]
        self.pass_time(self.some.choice([each for each in ways if each > 0]))

    def pass_time(self, seconds: int) -> None:
        self.clock.shift(seconds)

    def look(self) -> int:
        """Everybody sees what a fresh computation gives; how many answers were compared."""
        looks = self.some.sample(LOOKS, 6)
        for address, headers in looks:
            asked = [*self.workers, self.fresh, *self.workers]
            if self.some.random() < 0.5:  # who finds the busy times too old?
                asked = [self.fresh, *asked]
            self.fresh.extensions["meetslot.kept"] = Kept()
            told = [seen(app.test_client().get(address, headers=headers)) for app in asked]
            for each in told:
                assert each == told[-1], (address, headers)
        return len(looks)

    def go_on(self) -> None:
        ways = (self.book, self.book, self.cancel, self.move, self.set, self.change_in_google)
        self.some.choice((*ways, self.wait, self.wait, self.wait, self.disconnect))()


def change(app: Flask, event: dict[str, Any], **fields: Any) -> None:
    """Ana's settings, and those of her first event type."""
    document = {**exported(app), **fields}
    document["event_types"][0].update(event)
    args = ["settings", "import", "ana", "-"]
    result = app.test_cli_runner().invoke(args=args, input=json.dumps(document))
    assert result.exit_code == 0, result.output


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def seen(answer: TestResponse) -> tuple[int, str, dict[str, str]]:
    """All of an answer but its own name."""
    told = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    name = answer.headers["X-Request-Id"]
    return answer.status_code, answer.text.replace(name, ""), told


@pytest.fixture
def apps(environ: dict[str, str], clock: time_machine.Traveller) -> list[Flask]:
    found = [create_app(config.load({**environ, "LOG_LEVEL": "error"})) for _ in range(3)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_answer_is_older_than_what_it_tells(
    apps: list[Flask], google: StandIn, clock: time_machine.Traveller, seed: int
) -> None:
    life = Life(apps, google, clock, seed)
    compared = 0
    for _ in range(25):
        life.go_on()
        compared += life.look()
    assert compared == 150
    kept = [app.extensions["meetslot.kept"].answers for app in life.workers]
    assert all(len(each) for each in kept)
    models.database.close()


# --- what may be kept, by us and by others --------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "", "tz=Asia/Tokyo&date=2026-12-01", "theme=dark&accent=ff0000&lang=pl&clock=12",
        "view=list&hide_details=1", "utm_source=letter&embedder=https://site.example",
    ],
)  # fmt: skip
def test_what_is_the_same_for_everybody_is_asked_for_once_and_then_confirmed(
    guest: FlaskClient, ana: Browser, query: str
) -> None:
    for path in ("/book/ana", PICKER, SLOTS.partition("?")[0], "/api/v1/ana"):
        address = f"{path}?{query}" if "slots" not in path else f"{SLOTS}&{query}"
        first = guest.get(address)
        assert first.status_code == 200, address
        assert first.headers["Cache-Control"] == "no-cache"
        tag = first.headers["ETag"]
        for said in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
            again = guest.get(address, headers={"If-None-Match": said})
            assert (again.status_code, again.text) == (304, ""), said
            for name in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy"):
                assert again.headers[name] == first.headers[name]
        assert guest.get(address, headers={"If-None-Match": '"x"'}).text == first.text


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "name=Maria", "email=maria@example.com", "notes=x", "question-topic=x", "guests=a@b.pt",
        f"start={NINE}", f"next={NINE}", f"step=still&start={NINE}", "step=zone&city=Faro",
        "once=CODE", "whatever=x", "utm_source=x&name=Maria", "date=soon", "month=2026-13",
        "tz=UTC&" * 200 + "tz=UTC",
    ],
)  # fmt: skip
def test_what_a_guest_typed_and_what_went_wrong_is_kept_by_nobody(
    app: Flask, guest: FlaskClient, ana: Browser, query: str
) -> None:
    before = len(app.extensions["meetslot.kept"].answers)
    for _ in range(2):
        answer = guest.get(f"{PICKER}?{query}")
        assert answer.status_code in (200, 404, 422)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
    assert len(app.extensions["meetslot.kept"].answers) == before


@on_sqlite
def test_parts_that_are_kept_make_no_other_page_and_hold_nothing_typed(
    app: Flask, guest: FlaskClient, ana: Browser
) -> None:
    change(app, {"durations": [15, 30, 45]}, away=[{"from": "2026-12-03", "to": "2026-12-04"}])
    some, kept, pages = random.Random(7), app.extensions["meetslot.kept"], 0
    for _ in range(120):
        asked = {name: some.choice(said) for name, said in ASKED.items() if some.random() < 0.3}
        headers = some.choice(({}, HTMX, FRAMED, {"Accept-Language": "pl"}))
        found = []
        for each in (kept, Kept(), kept):
            app.extensions["meetslot.kept"] = each
            each.answers = Bounded[Any, Any](0)  # no whole page is kept
            answer = guest.get(PICKER, query_string=asked, headers=headers)
            found.append(re.sub('name="nonce" value="[^"]*"', "", seen(answer)[1]))
        assert found[0] == found[1] == found[2], (asked, headers)
        pages += "<main" in found[0]
    assert pages > 60
    parts = list(kept.parts._kept.values())
    assert len(parts) > 60
    assert "Maria" not in repr(parts)


@on_sqlite
def test_each_coding_holds_the_same(guest: FlaskClient, ana: Browser) -> None:
    plain = guest.get(PICKER, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    read = {"br": brotli.decompress, "gzip": gzip.decompress}
    for accepted, coding in {
        "gzip, br": "br", "gzip": "gzip", "br;q=0, gzip;q=0.5": "gzip", "*": "br",
        "gzip, deflate, br, zstd": "br",
    }.items():  # fmt: skip
        for _ in range(2):
            answer = guest.get(PICKER, headers={"Accept-Encoding": accepted})
            assert answer.headers["Content-Encoding"] == coding, accepted
            assert read[coding](answer.data) == plain.data
            assert int(answer.headers["Content-Length"]) == len(answer.data)
            assert "Accept-Encoding" in answer.headers["Vary"]
    head = guest.head(PICKER)
    assert (head.status_code, head.data) == (200, b"")


@on_sqlite
def test_what_is_kept_never_takes_more_room_than_it_may(
    app: Flask, guest: FlaskClient, ana: Browser
) -> None:
    answers = Bounded[Any, Any](200_000)
    app.extensions["meetslot.kept"].answers = answers
    for number in range(60):
        guest.get(f"{PICKER}?utm_campaign={number}")
    assert 0 < answers.bytes <= 200_000
    assert 5 < len(answers) < 60


def test_one_that_is_too_large_is_not_kept_and_what_was_asked_last_stays() -> None:
    room = Bounded[str, int](100)
    for name in "abcd":
        room.put(name, 1, 25)
    assert room.get("a") == 1
    room.put("e", 1, 25)
    room.put("f", 1, 26)
    assert [name for name in "abcdef" if room.get(name)] == ["a", "c", "d", "e"]
    room.put("a", 2, 10)
    assert (room.get("a"), room.bytes, len(room)) == (2, 85, 4)
