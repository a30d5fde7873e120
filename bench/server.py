"""The server as it is shipped beside Flask's hello on gunicorn, by wrk: rates in turn in the same
run, the best of three rounds each; and what it takes in memory, time to start, calls to Google.

Parts: sqlite, postgresql, hosts (one with many bookings, one with many busy times), pace, memory,
start, google, growth and growth_postgresql (10,000 hosts, 1,000,000 bookings).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from statistics import median
from zoneinfo import available_timezones

import requests

from bench import _crowd, _stage, _table, _wrk
from bench._stage import Stage

ANA, ADDRESS = "ana@sailing.example", "/book/ana/intro"
SETTINGS = _stage.ROOT / "demo" / "settings" / "ana.json"
HELLO = ["-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "8", "bench._hello:app", "-b"]
#: So much that nobody is refused here; counted is as ever.
ENVIRON = {"LOG_LEVEL": "info", "READ_RATE_LIMIT": "100000000 per hour"}
GOOGLE_SECONDS = 0.08
#: Google is not asked meanwhile: ten thousand hosts at once are too many for the stand-in.
QUIET = {"BUSY_TTL": "86400", "RECONCILE_EVERY": "0"}
#: Of the goal table, by database: the same page, all different ones, JSON of 60 days.
GOALS = {"SQLite": (1.0, 0.4, 1.0), "PostgreSQL": (0.7, 0.3, 0.7)}
HOUR_OF_LOAD = 180_000  # answers: 50 a second
Rates = dict[str, float]


def main(part: str = "") -> None:
    """All parts, or one of them."""
    _wrk.check()
    if part and part not in PARTS:
        sys.exit(f"bench server has no part {part!r}: {', '.join(PARTS)}")
    for name in [part] if part else PARTS:
        PARTS[name](f"make bench ARGS=server:{name}")


@contextmanager
def served(url: str, crowd: int = 0, **environ: str) -> Iterator[Stage]:
    """The server with Ana of the demo, her weeks full, and a crowd."""
    with _stage.stage(url, crowd, [ANA], **{**ENVIRON, **environ}) as stage:
        stage.flask("settings", "import", "ana", str(SETTINGS))
        yield stage


@contextmanager
def hello() -> Iterator[str]:
    address = f"127.0.0.1:{_stage.free_port()}"
    with _stage.running([*HELLO, address], _stage.PYTHON, f"http://{address}/"):
        yield f"http://{address}"


def json_address() -> str:
    first = date.today()
    last = first + timedelta(days=60)
    return f"/api/v1/ana/intro/slots?from={first}T00:00:00Z&to={last}T00:00:00Z"


def different() -> list[str]:
    """Addresses of which no two are alike: zone, date and prefilled name."""
    some = random.Random(1)
    zones = sorted(zone for zone in available_timezones() if "/" in zone)
    days = [date.today() + timedelta(days=number) for number in range(1, 55)]
    pairs = [(zone, day) for zone in zones for day in days]
    return [f"{ADDRESS}?tz={z}&date={d}&name=GUEST" for z, d in some.sample(pairs, 5000)]


def in_turn(loads: dict[str, Callable[[], _wrk.Load]]) -> Rates:
    """Answers a second of each, the best of some rounds in which they come in turn."""
    best = dict.fromkeys(loads, 0.0)
    for _ in range(_wrk.ROUNDS):
        for name, load in loads.items():
            best[name] = max(best[name], load().rate)
    print("  " + ", ".join(f"{name} {rate:.0f}/s" for name, rate in best.items()), flush=True)
    return best


def pages(stage: Stage) -> dict[str, Callable[[], _wrk.Load]]:
    page, many = f"{stage.widget}{ADDRESS}", different()
    tag = requests.get(page, headers={"Accept-Encoding": "gzip, br"}, timeout=30).headers["ETag"]
    return {
        "same": lambda: _wrk.load(page),
        "different": lambda: _wrk.load(page, many),
        "json": lambda: _wrk.load(f"{stage.widget}{json_address()}"),
        "304": lambda: _wrk.load(page, headers={"If-None-Match": tag}),
    }


def beside_hello(command: str, name: str, stage: Stage) -> None:
    """The rows of one database."""
    with hello() as bare:
        rates = in_turn({"hello": lambda: _wrk.load(f"{bare}/"), **pages(stage)})
    for what, goal, key in zip(
        (
            "picker page, one address again and again, ÷ hello",
            "picker page, each another zone, date and name, ÷ hello",
            "JSON slots of 60 days ÷ hello",
        ),
        GOALS[name],
        ("same", "different", "json"),
        strict=True,
    ):
        ratio = rates[key] / rates["hello"]
        _table.add(f"{what}, {name}", command, f"{ratio:.2f}", f"{goal}", ratio >= goal)
    ratio = rates["304"] / rates["same"]
    _table.add(f"304 ÷ the page, {name}", command, f"{ratio:.2f}", "1.0", ratio >= 1)


def sqlite(command: str) -> None:
    with served(_stage.SQLITE) as stage:
        beside_hello(command, "SQLite", stage)


def postgresql(command: str) -> None:
    with _stage.databases() as databases:
        if url := databases.get("PostgreSQL"):
            with served(url) as stage:
                beside_hello(command, "PostgreSQL", stage)


def hosts(command: str) -> None:
    """An ordinary host beside one with 1,000 bookings, and one with 10,000 busy intervals."""
    fills = {"1,000 bookings to come": _crowd.book, "10,000 busy intervals": _crowd.keep_busy}
    with served(_stage.SQLITE, BUSY_TTL="86400") as ordinary:
        for what, fill in fills.items():
            with served(_stage.SQLITE, BUSY_TTL="86400") as full:
                requests.get(f"{full.widget}{ADDRESS}", timeout=30).raise_for_status()
                fill(full.environ["DATABASE_URL"])
                _compare(command, f"a host with {what}", ordinary, full, (0.8, 0.5))


def growth(command: str) -> None:
    with served(_stage.SQLITE, **QUIET) as full, served(_stage.SQLITE, **QUIET) as one:
        _grown(command, "SQLite", one, full)


def growth_postgresql(command: str) -> None:
    with _stage.databases() as databases:
        if url := databases.get("PostgreSQL"):
            with (
                served(url, **QUIET) as full,
                _stage.postgresql() as other,
                served(other, **QUIET) as one,
            ):
                _grown(command, "PostgreSQL", one, full)


def _grown(command: str, name: str, one: Stage, full: Stage) -> None:
    began = time.monotonic()
    _crowd.grow(full.environ["DATABASE_URL"])
    print(f"  filled in {time.monotonic() - began:.0f} s", flush=True)
    what = f"10,000 hosts and 1,000,000 bookings, {name}"
    _compare(command, what, one, full, (0.85, 0.85, 0.85))


def _compare(command: str, what: str, one: Stage, other: Stage, goals: tuple[float, ...]) -> None:
    chosen = ("same", "different", "json")[: len(goals)]
    loads = {
        f"{key} {name}": pages(stage)[key]
        for key in chosen
        for name, stage in (("one", one), ("other", other))
    }
    rates = in_turn(loads)
    for key, goal in zip(chosen, goals, strict=True):
        ratio = rates[f"{key} other"] / rates[f"{key} one"]
        _table.add(f"{what}: {key}, ÷ an ordinary one", command, f"{ratio:.2f}", f"{goal}",
                   ratio >= goal)  # fmt: skip


def pace(command: str) -> None:
    """How even answers are at half of full load; of hello at half of its own, beside it."""
    with served(_stage.SQLITE) as stage, hello() as bare:
        ratio, measured = _at_half_load(stage.widget, ADDRESS)
        _ratio, others = _at_half_load(bare, "/")
    measured += f"; gunicorn's hello {others}"
    _table.add("warm p99 ÷ p50 at half of full load", command, measured, "5", ratio <= 5)


def _at_half_load(server: str, address: str) -> tuple[float, str]:
    """p99 ÷ p50, the best of some rounds; and the same with what it is made of."""
    full = max(_wrk.load(f"{server}{address}").rate for _ in range(_wrk.ROUNDS))
    each_ms = 64 / (full / 2) * 1000
    loads = [
        _wrk.load(f"{server}{address}", [address], connections=64, seconds=8, pause_ms=each_ms)
        for _ in range(_wrk.ROUNDS)
    ]
    load = min(loads, key=lambda load: load.slow_ms / load.middle_ms)
    ratio, times = load.slow_ms / load.middle_ms, f"{load.slow_ms:.1f} ÷ {load.middle_ms:.1f} ms"
    return ratio, f"{ratio:.1f} ({times} at {load.rate:.0f} of {full:.0f}/s)"


def memory(command: str) -> None:
    with served(_stage.SQLITE) as stage:
        parent, *workers = _stage.family(stage.server)
        page, many, seen = f"{stage.widget}{ADDRESS}", different(), []
        sent = 0
        while sent < HOUR_OF_LOAD or len(seen) < _wrk.ROUNDS:
            sent += _wrk.load(page, many, seconds=20).answers + _wrk.load(page).answers
            seen.append(max(map(_stage.memory_mib, workers)))
        own = _stage.memory_mib(parent)
    said = ", ".join(f"{each:.0f}" for each in seen)
    flat = seen[-1] < seen[0] * 1.05 + 1
    what = f"memory of a worker after each of {len(seen)} loads, {sent:,} answers (PSS, MiB)"
    _table.add(what, command, said, "90, flat", seen[-1] <= 90 and flat)
    _table.add("memory of the parent (PSS, MiB)", command, f"{own:.0f}", "40", own <= 40)


def start(command: str) -> None:
    with served(_stage.SQLITE) as stage:
        took = []
        for _ in range(5):
            url = f"http://127.0.0.1:{_stage.free_port()}"
            environ = {**stage.environ, "PORT": url.rpartition(":")[2]}
            began = time.monotonic()
            with _stage.running([*_stage.FLASK, "serve"], environ, f"{url}/healthz"):
                took.append(time.monotonic() - began)
    _table.add("start of a server until it answers (median of 5)", command,
               f"{median(took):.2f} s", "1.5 s", median(took) <= 1.5)  # fmt: skip


def google(command: str) -> None:
    """Calls to a Google that takes 80 ms each."""
    with served(_stage.SQLITE, crowd=20, RECONCILE_EVERY="0") as stage:
        stage.control("latency", seconds=GOOGLE_SECONDS)
        before = _asked(stage)
        cold = [_view(stage, f"/book/host{number}/intro") * 1000 for number in range(20)]
        calls = (_asked(stage) - before) / 20
        _table.add("cold first view, Google at 80 ms a call", command,
                   f"{median(cold):.0f} ms, {max(cold):.0f} at most; {calls:.1f} calls",
                   "105 ms, one call", max(cold) <= 105 and calls == 1)  # fmt: skip
        before = _asked(stage)
        with ThreadPoolExecutor(32) as guests:
            for _ in range(500):
                guests.submit(_view, stage, ADDRESS)
                time.sleep(60 / 500)
        calls = _asked(stage) - before
        _table.add("calls to Google while 500 guests look at a host for a minute", command,
                   f"{calls:.0f}", "2", calls <= 2)  # fmt: skip


def _view(stage: Stage, address: str) -> float:
    began = time.perf_counter()
    requests.get(f"{stage.widget}{address}", timeout=30).raise_for_status()
    return time.perf_counter() - began


def _asked(stage: Stage) -> float:
    return len(requests.get(f"{stage.google}/control/state", timeout=30).json()["calls"])


_ALL = (sqlite, postgresql, hosts, pace, memory, start, google, growth, growth_postgresql)
PARTS: dict[str, Callable[[str], None]] = {part.__name__: part for part in _ALL}

if __name__ == "__main__":
    main(*sys.argv[1:])
