"""What is counted for an operator's Prometheus, and by which names.

prometheus_client's multiprocess mode: a worker counts in a file of its own, and whichever worker is
asked sums all of them up (widget/exporter.py). So nothing is sent between workers, nothing is
written to the database for a look at a page, and a worker that died is still counted. While METRICS
is empty nothing is counted, and the library is not even imported.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _Counted:
    """The series that are counted in a worker."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Histogram

        self.requests = Histogram(
            "meetslot_request_seconds",
            "Requests by route and status, and how long they took.",
            ("method", "route", "status"),
            buckets=SECONDS,
        )
        self.google = Histogram(
            "meetslot_google_call_seconds",
            "Calls to Google by method and outcome, and how long they took.",
            ("method", "outcome"),
            buckets=SECONDS,
        )
        self.cache = Counter(
            "meetslot_cache_lookups",
            "Looks into a cache, by whether what was looked for was there (hit or miss).",
            ("cache", "result"),
        )


_counted: _Counted | None = None


def start() -> None:
    """Count from here on. In a worker, before it answers anything."""
    global _counted
    _counted = _counted or _Counted()


def request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count a request; `route` is its rule, None where there is no such page."""
    if _counted:
        _counted.requests.labels(method, route or "none", str(status)).observe(seconds)


@contextmanager
def google_call(method: str) -> Iterator[None]:
    """Count what goes on inside as a call to Google: ok, or the name of the exception it raised."""
    began, outcome = time.monotonic(), "ok"
    try:
        yield
    except Exception as error:
        outcome = type(error).__name__.lower()
        raise
    finally:
        if _counted:
            _counted.google.labels(method, outcome).observe(time.monotonic() - began)


def looked(cache: str, *, hit: bool) -> None:
    """Count a look into a cache."""
    if _counted:
        _counted.cache.labels(cache, "hit" if hit else "miss").inc()
