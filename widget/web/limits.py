"""How often one client address may ask for pages, and book."""

import re
import threading
import time
from functools import cache, lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil

from flask import current_app, g, request
from limits import RateLimitItem, parse_many
from limits.storage import Storage, storage_from_string
from werkzeug.exceptions import TooManyRequests

from widget.booking.errors import TooManyBookings, TooQuick
from widget.core import clock
from widget.web import service
from widget.web.counters import FileCounters

_PORT = re.compile(r"^(?:([0-9.]+)|\[(.+)\])(?::[0-9]+)?$")  # some proxies name it too
FILL_SECONDS = 2  # nobody reads and fills in a form sooner
QUICK_FORMS = "60 per hour"  # that a host gets all the same
PER_FORM = "5 per hour"  # bookings by one form that somebody took time for
PROGRAM = "120 per minute"  # requests of one token
ONE_CUSTOMER = 64  # bits: of an IPv6 address what one customer has all the rest of (RFC 6177)
SHARES = 10_000  # that a process remembers at most


class Counts:
    """Who did something how often, by `storage`.

    Of a large limit most is counted in this process alone, which takes a hundredth of it at once
    from where all processes count. So never more is let through than the limit says, and for
    each process beside the first up to a hundredth less.
    """

    def __init__(self, uri: str) -> None:
        own = uri.startswith("file://")
        found = FileCounters(uri.removeprefix("file://")) if own else storage_from_string(uri)
        self.storage: Storage | FileCounters = found  # type: ignore[assignment]
        base = self.storage.base_exceptions
        self.faults = base if isinstance(base, tuple) else (base,)  # when it cannot count
        self._shares: dict[str, tuple[int, float]] = {}  # what is left of each, and until when
        self._lock = threading.Lock()

    def add(self, limits: str, what: str, who: str) -> int:
        """Once more: 0 when that is within the limits, else the seconds until there is room."""
        return max((self._add(each, what, who) for each in _parsed(limits)), default=0)

    def _add(self, limit: RateLimitItem, what: str, who: str) -> int:
        key, now = limit.key_for(who, what), time.time()
        with self._lock:
            left, ends = self._shares.get(key, (0, 0.0))
            if left and now < ends:
                self._shares[key] = left - 1, ends
                return 0
        share = max(1, limit.amount // 100)
        over = self.storage.incr(key, limit.get_expiry(), amount=share) - limit.amount
        if over >= share:
            return max(1, ceil(self.storage.get_expiry(key) - now))
        if left := share - max(over, 0) - 1:
            ends = self.storage.get_expiry(key)
            with self._lock:
                if len(self._shares) >= SHARES:
                    self._shares.clear()
                self._shares[key] = left, ends
        return 0


@cache
def _parsed(limits: str) -> list[RateLimitItem]:
    return parse_many(limits) if limits else []


@lru_cache(4096)
def customer(address: str | None) -> str:
    """Whom an address stands for: an IPv4 address, or a /64 of IPv6."""
    text = _PORT.sub(r"\1\2", address or "")
    try:
        known = ip_address(text)
    except ValueError:
        return text
    if not isinstance(known, IPv6Address):
        return text
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(IPv6Network((int(known), ONE_CUSTOMER), strict=False))


def _add(limits: str, what: str, who: str) -> int:
    counts: Counts = current_app.extensions["meetslot.counts"]
    return counts.add(limits, what, who)


def count_reading() -> None:
    """One request more of this request's address, which counts once. Raises TooManyRequests."""
    if g.get("counted"):
        return
    g.counted = True
    if seconds := _add(service.config().read_rate_limit, "read", customer(request.remote_addr)):
        raise TooManyRequests(retry_after=seconds)


def count_program(token_id: str) -> None:
    """One request more with this token. Raises TooManyRequests."""
    if seconds := _add(PROGRAM, "program", token_id):
        raise TooManyRequests(retry_after=seconds)


def allow_booking() -> None:
    """Count one booking or change of this request's address. Raises TooManyBookings."""
    if seconds := _add(service.config().booking_rate_limit, "book", customer(request.remote_addr)):
        raise TooManyBookings(seconds)


def allow_form(host_id: int, nonce: str, made: int) -> None:
    """allow_booking for a form that was made then. People take their time; but one whose browser
    fills it in may be as quick as a program, and is asked to wait only where many are.

    Raises TooManyBookings.
    """
    allow_booking()
    if not service.config().booking_rate_limit:
        return
    slow = nonce and clock.now() - made >= FILL_SECONDS
    typed = slow and not _add(PER_FORM, "form", nonce)
    if not typed and _add(QUICK_FORMS, "quick", str(host_id)):
        raise TooQuick(FILL_SECONDS)
