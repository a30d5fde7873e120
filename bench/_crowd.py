"""Rows in large numbers, written straight into a database before a server is measured on it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import models

DAY, HALF_HOUR = 86400, 1800
HOSTS, BOOKINGS_EACH, HOSTS_AT_ONCE = 10_000, 100, 500
#: As many as a half-open range of numbers `n`, for either database.
NUMBERS = "WITH RECURSIVE n(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM n WHERE n < {last})"
BOOKING = """
INSERT INTO booking (id, host_id, event, promise, start_at, end_at, buffer_before_minutes,
buffer_after_minutes, guest_name, guest_email, notes, answers, guests, tz, language, utm, status,
meet_pending, google_event_id, calendar, body_digest, attempts, settle_after, created_at,
updated_at, sequence, holds, conflict, leftover, no_show)
{numbers} SELECT {random}, host.id, 'skipper', '{promise}', {start}, {start} + 1800, 0, 0, 'Guest',
'guest' || n || '@guests.example', '', '{{}}', '[]', 'UTC', 'en', '{{}}', 'confirmed', {no}, 'b'
|| {random}, 'primary', '', 0, 0, 0, 0, 0, {yes}, {no}, {no}, {no} FROM host, n WHERE {hosts}
"""
PROMISE = json.dumps(
    {"title": "Skipper", "duration": 30, "location": "google_meet", "location_detail": ""}
)
HOST = """
INSERT INTO host (handle, email, subject, settings, revision, refresh_token, access_token,
token_expires_at, scopes, created_at, epoch)
{numbers} SELECT 'crowd' || n, 'crowd' || n || '@crowd.example', 'crowd' || n,
replace(settings, '"ana"', '"crowd' || n || '"'), 1, refresh_token, access_token,
token_expires_at, scopes, created_at, 0 FROM host, n WHERE handle = 'ana'
"""


@contextmanager
def _database(url: str) -> Iterator[dict[str, str]]:
    """The models on a database; gives what its SQL calls things."""
    models.connect(url)
    sqlite = url.startswith("sqlite")
    yield {
        "random": "lower(hex(randomblob(16)))"
        if sqlite
        else "replace(gen_random_uuid()::text, '-', '')",
        "yes": "1" if sqlite else "true",
        "no": "0" if sqlite else "false",
        "promise": PROMISE,
    }
    models.database.execute_sql("ANALYZE")
    models.database.close()


def _midnight() -> int:
    return int(time.time()) // DAY * DAY


def _night(first: int) -> str:
    """SQL for the start of the n-th booking: sixteen each night, from this midnight on."""
    of_night = "(n - n / 16 * 16)"  # n % 16, but psycopg takes a % for a placeholder
    return f"{first} + n / 16 * {DAY} + {of_night} * {HALF_HOUR} - 4 * 3600"


def book(url: str) -> None:
    """Give Ana 1,000 bookings to come, in the nights."""
    with _database(url) as names, models.write():
        numbers = NUMBERS.format(first=0, last=999)
        start, hosts = _night(_midnight() + DAY), "handle = 'ana'"
        models.database.execute_sql(
            BOOKING.format(numbers=numbers, start=start, hosts=hosts, **names)
        )


def keep_busy(url: str) -> None:
    """Give Ana 10,000 busy intervals, of a minute each, in the nights."""
    first = _midnight() + DAY - 4 * 3600
    starts = [first + n // 170 * DAY + n % 170 * 160 for n in range(10_000)]
    intervals = json.dumps([[start, start + 60, "primary"] for start in starts])
    with _database(url), models.write():
        found = models.BusyTimes.update(
            intervals=json.loads(intervals), end_at=first + 90 * DAY, start_at=first - 9 * DAY,
            fetched_at=int(time.time()),
        ).execute()  # fmt: skip
        assert found == 1, "somebody has to look at Ana first"


def grow(url: str) -> None:
    """Add 10,000 hosts with 100 bookings each, half of them to come."""
    with _database(url) as names:
        with models.write():
            models.database.execute_sql(HOST.format(numbers=NUMBERS.format(first=1, last=HOSTS)))
        start = _night(_midnight() - 3 * DAY)
        with _without_triggers(url):
            for first in range(0, HOSTS, HOSTS_AT_ONCE):
                hosts = f"host.id > {first + 1} AND host.id <= {first + 1 + HOSTS_AT_ONCE}"
                numbers = NUMBERS.format(first=0, last=BOOKINGS_EACH - 1)
                with models.write():
                    models.database.execute_sql(
                        BOOKING.format(numbers=numbers, start=start, hosts=hosts, **names)
                    )


@contextmanager
def _without_triggers(url: str) -> Iterator[None]:
    """Those of bookings look at each of a million rows, which takes minutes."""
    if not url.startswith("sqlite"):
        models.database.execute_sql("SET session_replication_role = replica")
        yield
        return
    for pragma in ("cache_size = -500000", "synchronous = off"):  # of this connection alone
        models.database.execute_sql(f"PRAGMA {pragma}")
    triggers = models.read(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'booking'"
    )
    for name, _sql in triggers:
        models.database.execute_sql(f"DROP TRIGGER {name}")
    yield
    for _name, sql in triggers:
        models.database.execute_sql(sql)
