"""How often one client address may ask for pages, and book."""

from __future__ import annotations

from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from widget.booking.errors import TooManyBookings
from widget.core import clock
from widget.web import service
from widget.web.counters import FileStorage

#: Beside those of the library, which knows this one from the moment that it is defined.
STORAGE = FileStorage

limiter = Limiter(get_remote_address, headers_enabled=False)
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


def seconds_left(error: RateLimitExceeded) -> int:
    """How long until the limit that was just exceeded has room again."""
    current = limiter.current_limit
    return max(1, current.reset_at - clock.now()) if current else 60
