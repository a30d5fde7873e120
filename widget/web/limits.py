"""How often one client address may ask for pages, and book."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, IPv6Network, ip_address

from flask import g, request
from flask_limiter import Limiter, RateLimitExceeded
from limits import RateLimitItemPerHour

from widget.booking.errors import TooManyBookings, TooQuick
from widget.core import clock
from widget.web import service
from widget.web.counters import FileStorage

#: Beside those of the library, which knows this one from the moment that it is defined.
STORAGE = FileStorage

_PORT = re.compile(r"^(?:([0-9.]+)|\[(.+)\])(?::[0-9]+)?$")  # some proxies name it too
FILL_SECONDS = 2  # nobody reads and fills in a form sooner
QUICK_FORMS = RateLimitItemPerHour(30)  # that a host gets all the same
PER_FORM = RateLimitItemPerHour(5)  # bookings by one form that somebody took time for
ONE_CUSTOMER = 64  # bits: of an IPv6 address what one customer has all the rest of (RFC 6177)


def client() -> str:
    """Whom a request's address stands for: an IPv4 address, or a /64 of IPv6."""
    text = _PORT.sub(r"\1\2", request.remote_addr or "")
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), ONE_CUSTOMER), strict=False))


limiter = Limiter(client, headers_enabled=False)
reading = limiter.shared_limit(
    lambda: service.config().read_rate_limit,
    "read",
    exempt_when=lambda: not service.config().read_rate_limit,
)


@limiter.shared_limit(
    lambda: service.config().booking_rate_limit,
    "book",
    exempt_when=lambda: not service.config().booking_rate_limit,
)
def _count_booking() -> None:
    """One booking or change more of this request's address."""


def allow_booking() -> None:
    """Count one booking or change of this request's address. Raises TooManyBookings."""
    try:
        _count_booking()
    except RateLimitExceeded as error:
        raise TooManyBookings(seconds_left(error)) from None


@limiter.shared_limit("120 per minute", "program", key_func=lambda: str(g.program.id))
def count_program() -> None:
    """One request more of the token in `g.program`. Raises RateLimitExceeded."""


@reading
def count_reading() -> None:
    """One request more of this request's address. Raises RateLimitExceeded."""


def allow_form(host_id: int, nonce: str, made: int) -> None:
    """allow_booking for a form that was made then. People take their time; but one whose browser
    fills it in may be as quick as a program, and is asked to wait only where many are.

    Raises TooManyBookings.
    """
    allow_booking()
    if not service.config().booking_rate_limit:
        return
    count = limiter.limiter.hit
    typed = nonce and clock.now() - made >= FILL_SECONDS and count(PER_FORM, "form", nonce)
    if not typed and not count(QUICK_FORMS, "quick", str(host_id)):
        raise TooQuick(FILL_SECONDS)


def seconds_left(error: RateLimitExceeded) -> int:
    """How long until the limit that was just exceeded has room again."""
    current = limiter.current_limit
    return max(1, current.reset_at - clock.now()) if current else 60
