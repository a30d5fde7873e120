"""How often one client address may ask for pages, and book."""

from __future__ import annotations

from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

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
booking = limiter.shared_limit(
    lambda: service.config().booking_rate_limit,
    "book",
    exempt_when=lambda: not service.config().booking_rate_limit,
)


def seconds_left(error: RateLimitExceeded) -> int:
    """How long until the limit that was just exceeded has room again."""
    current = limiter.current_limit
    return max(1, current.reset_at - clock.now()) if current else 60
