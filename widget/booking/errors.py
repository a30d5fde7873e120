"""Why nothing was booked, or a booking stays as it is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from widget.core.slots import Reason
from widget.google import errors as google

RETRY_SECONDS = 30


class NotBooked(Exception):
    """Nothing was booked. `code` is the interface's stable word for why, `status` that of HTTP;
    coming back helps after `retry_after` seconds, if ever; a program is told of the `nearest`
    free slots, where they were looked for. Its words are in web/messages.toml."""

    code, status = "invalid_request", 422
    retry_after: int | None = None
    nearest: Any = None


class BadField(NotBooked):
    """A part of the address, or a hidden field, that cannot be read."""


class SlotTaken(NotBooked):
    code, status = "slot_taken", 409


class Booked(SlotTaken):
    """A time that was asked for has a booking, maybe the guest's own."""


class SlotUnavailable(NotBooked):
    """Outside the host's rules; `reasons` says which."""

    code, status = "slot_unavailable", 409

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = list(reasons)
        super().__init__(", ".join(reason.code for reason in self.reasons))


class NotOffered(SlotUnavailable):
    """The event type is gone or switched off: no time of it can be taken any more."""

    def __init__(self) -> None:
        super().__init__([Reason("closed")])


class LinkUsed(NotBooked):
    """The one-off link is used up, revoked or expired."""

    code, status = "link_used", 410


class TooManyBookings(NotBooked):
    """More than one guest or one host may have; again in `retry_after` seconds."""

    code, status = "rate_limited", 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


class TooQuick(TooManyBookings):
    """A form came back sooner than people fill one in, and too many such came to its host."""


class KeyReused(NotBooked):
    """This idempotency key came with another body before."""


class NotActive(NotBooked):
    """The booking is over: cancelled, or never made."""

    code, status = "not_active", 409


class TooLate(NotBooked):
    """The booking has begun, or its event type's deadline for changes has passed."""

    code, status = "too_late", 409


class UnderWay(NotBooked):
    """Google has not answered for an earlier change of the same booking yet."""

    code, status, retry_after = "change_pending", 409, RETRY_SECONDS


class Altered(NotBooked):
    """The host changed the booking in Google meanwhile: look again before deciding."""

    code, status = "changed", 409


class Unavailable(NotBooked):
    """Our own database does not answer; certainly nothing is written."""

    code, status, retry_after = "unavailable", 503, RETRY_SECONDS


class Uncertain(Unavailable):
    """Our own database did not say whether it is written; a repetition never books twice."""


class CalendarUnavailable(NotBooked):
    """Google does not answer for now, or says no in a way that may pass."""

    code, status, retry_after = "calendar_unavailable", 503, RETRY_SECONDS


class CalendarRefused(NotBooked):
    """Google has said no for certain: the same, tried again, gets the same answer."""

    code, status = "calendar_refused", 503


class CalendarDisconnected(NotBooked):
    """Google will not let us in until the host signs in again or chooses another calendar."""

    code, status = "calendar_disconnected", 503


class NotSetUp(Unavailable):
    """Google does not take this server's requests: only whoever runs it can help."""


def not_booked(error: google.GoogleError) -> NotBooked:
    """What a fault of Google's means for who books, moves or cancels."""
    if isinstance(error, google.Disconnected | google.Gone | google.CalendarClosed):
        return CalendarDisconnected(str(error))
    if isinstance(error, google.NotSetUp):
        return NotSetUp(str(error))
    # 403 is of one event, and often in passing
    certain = type(error) is google.Refused and error.status != 403
    if certain and error.method in google.WRITES:
        return CalendarRefused(str(error))
    return CalendarUnavailable(str(error))


@contextmanager
def as_not_booked() -> Iterator[None]:
    """Raises a NotBooked for a fault of Google's."""
    try:
        yield
    except google.GoogleError as error:
        raise not_booked(error) from error
