"""Bookings a second through the real server, and whether any two collide, before a Google that
takes 80 ms a call."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

import requests

from bench import _stage, _table
from bench._stage import Stage

HOSTS, GUESTS_AT_ONCE = 12, 48
#: Times of each host: to get warm, wanted by one guest, wanted by two at about the same moment.
WARM, SLOTS, CONTESTED = 8, 100, 16
GOOGLE_SECONDS = 0.08
DAY = 86400
GOALS = {"SQLite": 120, "PostgreSQL": 150}


PARTS = ("sqlite", "postgresql")


def main(only: str = "") -> None:
    """On both databases, or on one: sqlite, postgresql."""
    with _stage.databases() as databases:
        for name, url in databases.items():
            if only not in ("", name.lower()):
                continue
            with _stage.stage(url, HOSTS) as stage:
                for number in range(HOSTS):
                    settle_in(stage, f"host{number}")
                _bench(stage, name)


def settle_in(stage: Stage, handle: str) -> None:
    """Open round the clock, quarters of an hour, no notice."""
    document = json.loads(stage.flask("settings", "export", handle))
    document["weekly_hours"] = {day: [["00:00", "24:00"]] for day in document["weekly_hours"]}
    document["event_types"][0].update(duration=15, slot_interval=15, minimum_notice=0)
    stage.flask("settings", "import", handle, "-", stdin=json.dumps(document))


def _bench(stage: Stage, name: str) -> None:
    wishes = _wishes(stage)
    stage.control("latency", seconds=GOOGLE_SECONDS)
    warm, alone = wishes[: WARM * HOSTS], wishes[WARM * HOSTS : -CONTESTED * HOSTS]
    contested = [wish for wish in wishes[-CONTESTED * HOSTS :] for _rival in range(2)]
    _all(stage, warm)
    before = [_stage.cpu_seconds(each) for each in (stage.server, stage.stand_in)]
    rate, taken, slowest, middle = _all(stage, alone)
    after = [_stage.cpu_seconds(each) for each in (stage.server, stage.stand_in)]
    server, google = (
        (late - early) / len(alone) * 1000 for early, late in zip(before, after, strict=True)
    )
    _rate, refused, _slowest, _middle = _all(stage, contested)
    collide = sum(_stage.collisions(stage.bookings(f"host{n}")) for n in range(HOSTS))
    measured = f"{rate:.0f}, slowest {slowest:.1f} s, {collide} collisions"
    goal = f"{GOALS[name]}, slowest under 2 s, 0"
    met = rate >= GOALS[name] and slowest < 2 and not collide
    _table.add(f"bookings a second, {name}", "make bench ARGS=bookings", measured, goal, met)
    print(
        f"  {HOSTS} hosts, {GUESTS_AT_ONCE} guests at once, {GOOGLE_SECONDS * 1000:.0f} ms a call"
        f" to Google; {taken} of {len(alone)} refused;"
        f" a booking took {middle * 1000:.0f} ms (median), {slowest * 1000:.0f} at most"
        " (goal 2000)\n"
        f"  CPU a booking: server {server:.1f} ms, stand-in {google:.1f} ms\n"
        f"  two guests for a time: {refused} of {len(contested)} told that it was taken",
        flush=True,
    )


Wish = tuple[str, str, str]  # handle, start, e-mail


def _wishes(stage: Stage) -> list[Wish]:
    """By turns, so that no host's guests come all at once: a free time of each host."""
    since, until = (
        time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + days * DAY))
        for days in (2, 4)
    )
    found = []
    for number in range(HOSTS):
        window = {"from": since, "to": until}
        api = f"{stage.widget}/api/v1/host{number}/intro/slots"
        slots = requests.get(api, window, timeout=30).json()["slots"][: WARM + SLOTS + CONTESTED]
        found.append([(f"host{number}", slot["start"]) for slot in slots])
    turns = [wish for wishes in zip(*found, strict=True) for wish in wishes]
    return [(*wish, f"{n}@guests.example") for n, wish in enumerate(turns)]


def _all(stage: Stage, wishes: list[Wish]) -> tuple[float, int, float, float]:
    """Bookings a second, how many were refused, the slowest and the middle one, seconds."""
    mine, server = threading.local(), urlsplit(stage.widget).netloc

    def book(wish: Wish) -> tuple[int, float]:
        handle, start, email = wish
        if not hasattr(mine, "connection"):
            mine.connection = HTTPConnection(server, timeout=60)
        body = json.dumps({"start": start, "name": "Guest", "email": email})
        headers = {"Content-Type": "application/json"}
        began = time.perf_counter()
        mine.connection.request("POST", f"/api/v1/{handle}/intro/bookings", body, headers)
        answer = mine.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - began

    began = time.perf_counter()
    with ThreadPoolExecutor(GUESTS_AT_ONCE) as threads:
        answers = list(threads.map(book, wishes))
    took = time.perf_counter() - began
    made = [seconds for status, seconds in answers if status == 201]
    taken = sum(status == 409 for status, _seconds in answers)
    other = {status for status, _seconds in answers} - {201, 409}
    if other:
        raise SystemExit(f"bookings were answered with {other}")
    return len(made) / took, taken, max(made), median(made)


if __name__ == "__main__":
    main()
