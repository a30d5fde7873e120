"""How long the slot core takes for a whole booking window."""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from bench import _table
from widget.core.clock import DAY
from widget.core.slots import Busy, Rules, free

NOW = 1_795_536_000  # 2026-11-24T16:00:00Z
DAYS, INTERVALS, RUNS = 61, 200, 500
GOAL_MS = 0.3

RULES = Rules(
    tz=ZoneInfo("Europe/Lisbon"),
    weekly_hours=(((9 * 60, 17 * 60),),) * 7,
    date_overrides={},
    duration_minutes=30,
    slot_interval_minutes=30,
    minimum_notice_minutes=240,
    booking_window_days=DAYS,
)


def taken(number: int, seed: int = 1) -> list[Busy]:
    """Busy times of half an hour to an hour and a half, anywhere in the window."""
    some = random.Random(seed)
    starts = [NOW + some.randrange(DAYS * 96) * 900 for _ in range(number)]
    return [Busy(start, start + some.choice((1800, 3600, 5400)), "primary") for start in starts]


def main() -> None:
    busy, took, found = taken(INTERVALS), [], 0
    for _ in range(RUNS):
        began = perf_counter()
        found = len(free(RULES, busy, [], NOW, NOW, NOW + DAYS * DAY))
        took.append(perf_counter() - began)
    took_ms = median(took) * 1000
    what = f"slot core, {DAYS} days, {INTERVALS} busy intervals, {found} slots (median of {RUNS})"
    met = round(took_ms, 2) <= GOAL_MS
    _table.add(what, "make bench ARGS=slots", f"{took_ms:.2f} ms", f"{GOAL_MS} ms", met)


if __name__ == "__main__":
    main()
