"""A load that looks like life: guests who come as they come, at hosts of whom few are popular, half
of them in frames of sites that alone may show the host; some book; Google is slow, and fails."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import requests

import models
from bench import _stage, _table
from bench._stage import Stage

HOSTS, GUESTS_A_SECOND, SECONDS, AT_ONCE = 1000, 200, 60, 64
BOOK, FAULTS, GOOGLE_SECONDS = 0.02, 0.01, 0.08
SITE = "https://site.example"
ENVIRON = {"READ_RATE_LIMIT": "100000000 per hour", "LOG_LEVEL": "info"}
DAY = 86400


def main(seconds: str = str(SECONDS)) -> None:
    """For so many seconds."""
    with _stage.stage(_stage.SQLITE, HOSTS, **ENVIRON) as stage:
        _restrict(stage.environ["DATABASE_URL"])
        stage.control("latency", seconds=GOOGLE_SECONDS)
        for number in range(2000):
            stage.control("faults", method="*", status=503, skip=round(number / FAULTS))
        life = Life(stage, int(seconds))
        life.go_on()
        requests.delete(f"{stage.google}/control/faults", timeout=30).raise_for_status()
        settled_by = time.monotonic() + 90
        while "left alone" in stage.flask("reconcile") and time.monotonic() < settled_by:
            time.sleep(1)  # a booking that is pending is asked about anew when its time has come
        life.report()


def _restrict(url: str) -> None:
    """Let every second host be framed by one site alone."""
    models.connect(url)
    with models.write():
        for host in models.Host.select().where(models.Host.id % 2 == 0):
            document = {**json.loads(host.settings), "allowed_sites": [SITE]}
            changed = models.Host.update(settings=json.dumps(document))
            changed.where(models.Host.id == host.id).execute()
    models.database.close()


class Life:
    """The guests of some seconds, and what they were told."""

    def __init__(self, stage: Stage, seconds: int) -> None:
        self._stage, self._seconds, self._some = stage, seconds, random.Random(1)
        self._server, self._mine = urlsplit(stage.widget).netloc, threading.local()
        self._weights = [1 / (rank + 1) for rank in range(HOSTS)]  # Zipf's law
        self.views: list[float] = []
        self.booked: list[str] = []
        self.codes: Counter[str] = Counter()

    def go_on(self) -> None:
        before = self._asked()
        number = GUESTS_A_SECOND * self._seconds
        hosts = self._some.choices(range(HOSTS), self._weights, k=number)
        moments = sorted(self._some.uniform(0, self._seconds) for _ in range(number))
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as guests:
            for host, moment in zip(hosts, moments, strict=True):
                time.sleep(max(0, began + moment - time.monotonic()))
                act = self._book if self._some.random() < BOOK else self._view
                guests.submit(act, f"host{host}", began + moment)
        self.calls = self._asked() - before

    def _asked(self) -> int:
        return len(requests.get(f"{self._stage.google}/control/state", timeout=60).json()["calls"])

    def _view(self, handle: str, due: float) -> None:
        framed = {"Sec-Fetch-Dest": "iframe", "Referer": f"{SITE}/"}
        own = {"Accept-Encoding": "gzip, br", **(framed if int(handle[4:]) % 2 else {})}
        status, _body = self._ask("GET", f"/book/{handle}/intro", None, own)
        self.views.append(time.monotonic() - due)
        self.codes[f"view {status}"] += 1

    def _book(self, handle: str, _due: float) -> None:
        api, since = f"/api/v1/{handle}/intro", time.time() + DAY
        first, last = (time.strftime("%FT00:00:00Z", time.gmtime(since + n * DAY)) for n in (0, 30))
        status, body = self._ask("GET", f"{api}/slots?from={first}&to={last}", None, {})
        self.codes[f"slots {status}"] += 1
        if status != 200 or not (slots := json.loads(body)["slots"]):
            return
        start, email = self._some.choice(slots)["start"], f"{self._some.random()}@guests.example"
        wish = json.dumps({"start": start, "name": "Guest", "email": email})
        status, body = self._ask("POST", f"{api}/bookings", wish, {})
        self.codes[f"booking {status}"] += 1
        if status in (201, 202):
            self.booked.append(json.loads(body)["booking"]["id"])

    def _ask(self, verb: str, address: str, body: str | None, own: dict[str, str]) -> Any:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = HTTPConnection(self._server, timeout=60)
        headers = {**own, "Content-Type": "application/json"} if body else own
        self._mine.connection.request(verb, address, body, headers)
        answer = self._mine.connection.getresponse()
        return answer.status, answer.read()

    def report(self) -> None:
        marks = quantiles(self.views, n=1000)
        p50, p90, p99 = (marks[at] * 1000 for at in (499, 899, 989))
        said = ", ".join(f"{name}: {number}" for name, number in sorted(self.codes.items()))
        print(f"  {said}; {len(self.booked)} booked")
        command = "make bench ARGS=life"
        _table.add("life: a page view, median, p90, p99, slowest", command,
                   f"{p50:.0f}, {p90:.0f}, {p99:.0f}, {max(self.views) * 1000:.0f} ms",
                   "told", True)  # fmt: skip
        _table.add("life: calls to Google a page view", command,
                   f"{self.calls / len(self.views):.2f}", "told", True)  # fmt: skip
        collisions, differing = _stored(self._stage, self.booked)
        _table.add("life: collisions", command, f"{collisions}", "0", collisions == 0)
        _table.add("life: bookings that differ after reconcile (told, stored, Google's)", command,
                   f"{differing}", "0", differing == 0)  # fmt: skip


def _stored(stage: Stage, told: list[str]) -> tuple[int, int]:
    """Collisions, and how many bookings are not the same told, stored and at Google."""
    models.connect(stage.environ["DATABASE_URL"])
    found = models.read(
        "SELECT id, host_id, status, start_at, end_at, google_event_id FROM booking"
    )
    models.database.close()
    state = requests.get(f"{stage.google}/control/state", timeout=60).json()
    events = {
        event["id"]
        for each in state["events"].values()
        for event in each
        if event.get("status") != "cancelled"
    }
    by_host = defaultdict(list)
    for _id, host, status, start, end, _event in found:
        by_host[host].append({"status": status, "start": start, "end": end})
    standing = {row[0] for row in found if row[2] == "confirmed"}
    known = {row[5] for row in found if row[2] == "confirmed"}
    differing = len(known ^ events) + len(set(told) - standing)
    return sum(map(_stage.collisions, by_host.values())), differing


if __name__ == "__main__":
    main()
