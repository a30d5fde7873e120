"""Bookings a second through the real server, and whether any two collide, before a Google that
takes 80 ms a call."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import requests
from cryptography.fernet import Fernet

from demo.google import identity

ROOT = Path(__file__).parent.parent
HOSTS = {
    "ana": "ana@sailing.example",
    "ben": "ben@sailing.example",
    "chidi": "chidi@sailing.example",
}
GOOGLE_SECONDS = 0.08
SLOTS, RIVALS = 80, 2  # of each host; guests who want the same one
WORKERS, GUESTS_AT_ONCE = 2, 48
PATIENCE_SECONDS = 30
CLIENT = ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="meetslot-bench-") as name, ExitStack() as stack:
        google, widget, folder = (
            f"http://127.0.0.1:{_port()}",
            f"http://127.0.0.1:{_port()}",
            Path(name),
        )
        environ = _environ(google, widget, folder)
        port = google.rpartition(":")[2]
        stack.enter_context(_running(["-m", "demo.google", "--port", port], environ, google))
        serve = ["-m", "flask", "--app", "app", "serve"]
        stack.enter_context(_running(serve, environ, f"{widget}/healthz"))
        for handle, email in HOSTS.items():
            _sign_in(widget, email)
            _settle_in(handle, environ)
        wishes = _wishes(widget)
        seconds = {"seconds": GOOGLE_SECONDS}
        requests.post(f"{google}/control/latency", json=seconds, timeout=5).raise_for_status()
        began = time.perf_counter()
        with ThreadPoolExecutor(GUESTS_AT_ONCE) as threads:
            answers = list(threads.map(lambda wish: _book(widget, *wish), wishes))
        took = time.perf_counter() - began
        events = requests.get(f"{google}/control/state", timeout=30).json()["events"]
        _report(
            answers, took, _collisions(environ), sum(len(events[email]) for email in HOSTS.values())
        )


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environ(google: str, widget: str, folder: Path) -> dict[str, str]:
    client = (identity.CLIENT_ID, identity.CLIENT_SECRET)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        **dict(zip(CLIENT, client, strict=True)),
        "GOOGLE_OIDC_METADATA_URL": f"{google}/.well-known/openid-configuration",
        "GOOGLE_CALENDAR_ENDPOINT": f"{google}/calendar/v3/",
        "PUBLIC_URL": widget,
        "PORT": widget.rpartition(":")[2],
        "DATABASE_URL": f"sqlite:///{folder}/meetslot.db",
        "SECRET_KEY": "a secret of the bench, long enough for all",
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "BOOKING_RATE_LIMIT": "",
        "READ_RATE_LIMIT": "",
        "LOG_LEVEL": "error",
        "WEB_CONCURRENCY": str(WORKERS),
    }


@contextmanager
def _running(args: list[str], environ: dict[str, str], url: str) -> Iterator[None]:
    """A program, from when it answers at `url` until the block ends."""
    process = subprocess.Popen(
        [sys.executable, *args], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                requests.get(url, timeout=1).raise_for_status()
                break
            except requests.RequestException:
                if process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def _sign_in(widget: str, email: str) -> None:
    with requests.Session() as browser:
        to_google = browser.get(f"{widget}/login", allow_redirects=False, timeout=10)
        consent = to_google.headers["Location"]
        scopes = [f"https://www.googleapis.com/auth/{scope}" for scope in identity.USES]
        form = {"person": email, "scope": scopes}
        back = requests.post(consent, data=form, allow_redirects=False, timeout=10)
        browser.get(back.headers["Location"], timeout=10).raise_for_status()


def _settle_in(handle: str, environ: dict[str, str]) -> None:
    """Open round the clock, quarters of an hour, no notice."""
    document = json.loads(_flask(environ, "settings", "export", handle))
    document["weekly_hours"] = {day: [["00:00", "24:00"]] for day in document["weekly_hours"]}
    document["event_types"][0].update(duration=15, slot_interval=15, minimum_notice=0)
    _flask(environ, "settings", "import", handle, "-", stdin=json.dumps(document))


def _flask(environ: dict[str, str], *args: str, stdin: str | None = None) -> str:
    command = [sys.executable, "-m", "flask", "--app", "app", *args]
    return subprocess.run(
        command, env=environ, cwd=ROOT, input=stdin, check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def _wishes(widget: str) -> list[tuple[str, str, str]]:
    """(host, start, guest's e-mail): every slot is wanted by rivals at about the same moment."""
    day = 86400
    since, until = (
        time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + days * day))
        for days in (2, 4)
    )
    found = []
    for handle in HOSTS:
        window = {"from": since, "to": until}
        slots = requests.get(f"{widget}/api/v1/{handle}/intro/slots", window, timeout=30).json()
        starts = [slot["start"] for slot in slots["slots"]][:SLOTS]
        found.append(
            [
                (handle, start, f"{n}@{r}.example")
                for n, start in enumerate(starts)
                for r in range(RIVALS)
            ]
        )
    return [wish for wishes in zip(*found, strict=True) for wish in wishes]


def _book(widget: str, handle: str, start: str, email: str) -> tuple[int, float]:
    body = {"start": start, "name": "Guest", "email": email}
    began = time.perf_counter()
    answer = requests.post(f"{widget}/api/v1/{handle}/intro/bookings", json=body, timeout=60)
    return answer.status_code, time.perf_counter() - began


def _collisions(environ: dict[str, str]) -> int:
    """How many bookings that stand begin before the one before them has ended."""
    found = 0
    for handle in HOSTS:
        rows: list[dict[str, Any]] = json.loads(
            _flask(environ, "bookings", "list", handle, "--format", "json")
        )
        stand = [row for row in rows if row["status"] in ("pending", "confirmed")]
        found += sum(second["start"] < first["end"] for first, second in pairwise(stand))
    return found


def _report(answers: list[tuple[int, float]], took: float, collisions: int, events: int) -> None:
    made = [seconds for status, seconds in answers if status == 201]
    taken = sum(status == 409 for status, _seconds in answers)
    other = len(answers) - len(made) - taken
    print(
        f"bookings: {len(made) / took:.0f} a second, {collisions} collisions"
        f" (SQLite, {WORKERS} worker processes, {GUESTS_AT_ONCE} guests at once,"
        f" {GOOGLE_SECONDS * 1000:.0f} ms for each call to Google, two calls for a booking)"
    )
    print(
        f"  {len(answers)} guests of {len(HOSTS)} hosts, {RIVALS} for each slot, in {took:.1f} s:"
        f" {len(made)} booked, {taken} told that it was taken, {other} anything else;"
        f" {events} events in Google"
    )
    print(
        f"  a booking took {median(made) * 1000:.0f} ms (median), {max(made) * 1000:.0f} ms at most"
    )


if __name__ == "__main__":
    main()
