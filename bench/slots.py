"""How long the slot core takes for a whole booking window."""

from __future__ import annotations

import gc
import random
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from bench import _table
from widget.core.clock import DAY
from widget.core.slots import Busy, Rules, free

NOW = 1_795_536_000  # 2026-11-24T16:00:00Z
DAYS, INTERVALS = 61, (200, 10_000)
RUNS, ROUNDS = 200, 3  # the best of three rounds, as of all that is measured
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
    gc.freeze()  # and collect as a worker does: see app.py
    gc.set_threshold(20_000, 50, 100)
    few, many = (min(middle_ms(taken(number)) for _ in range(ROUNDS)) for number in INTERVALS)
    each_us, more_us = (
        few / INTERVALS[0] * 1000,
        (many - few) / (INTERVALS[1] - INTERVALS[0]) * 1000,
    )
    what = f"slot core, {DAYS} days, {INTERVALS[0]} and {INTERVALS[1]:,} busy intervals"
    measured = f"{few:.2f} ms; {many:.1f} ms, {more_us:.2f} µs for each more"
    _table.add(what, "make bench ARGS=slots", measured, f"{GOAL_MS} ms; linear",
               round(few, 2) <= GOAL_MS and more_us <= each_us)  # fmt: skip


def middle_ms(busy: list[Busy]) -> float:
    """What one computation takes, the median of some."""
    took = []
    for _ in range(RUNS):
        began = perf_counter()
        free(RULES, busy, [], NOW, NOW, NOW + DAYS * DAY)
        took.append(perf_counter() - began)
    return median(took) * 1000


if __name__ == "__main__":
    main()
