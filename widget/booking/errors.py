"""Why nothing was booked, or a booking stays as it is."""

from __future__ import annotations

from collections.abc import Iterable

from widget.core.slots import Reason


class NotBooked(Exception):
    """Nothing was booked. `code` is the interface's stable word for why."""

    code = "invalid_request"


class SlotTaken(NotBooked):
    code = "slot_taken"


class SlotUnavailable(NotBooked):
    """Outside the host's rules; `reasons` says which."""

    code = "slot_unavailable"

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = list(reasons)
        super().__init__(", ".join(reason.code for reason in self.reasons))


class NotOffered(SlotUnavailable):
    """The event type is gone or switched off: no time of it can be taken any more."""

    def __init__(self) -> None:
        super().__init__([Reason("closed")])


class LinkUsed(NotBooked):
    """The one-off link is used up, revoked or expired."""

    code = "link_used"


class TooManyBookings(NotBooked):
    """More than one guest or one host may have; again in `retry_after` seconds."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


class TooQuick(TooManyBookings):
    """A form came back sooner than people fill one in, and too many such came to its host."""


class KeyReused(NotBooked):
    """This idempotency key came with another body before."""


class NotActive(NotBooked):
    """The booking is over: cancelled, or never made. `status` says which."""

    code = "not_active"

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class TooLate(NotBooked):
    """The booking has begun, or its event type's deadline for changes has passed."""

    code = "too_late"


class UnderWay(NotBooked):
    """Google has not answered for an earlier change of the same booking yet."""

    code = "change_pending"


class Altered(NotBooked):
    """The host changed the booking in Google meanwhile: look again before deciding."""

    code = "changed"


class Unavailable(NotBooked):
    """Our own database does not answer; certainly nothing is written."""

    code = "unavailable"


class Uncertain(Unavailable):
    """Our own database did not say whether it is written; a repetition never books twice."""


class CalendarUnavailable(NotBooked):
    """Google does not answer for now, or says no in a way that may pass."""

    code = "calendar_unavailable"


class CalendarRefused(NotBooked):
    """Google has said no for certain: the same, tried again, gets the same answer."""

    code = "calendar_refused"


class CalendarDisconnected(NotBooked):
    """Google will not let us in until the host signs in again or chooses another calendar."""

    code = "calendar_disconnected"


class NotSetUp(Unavailable):
    """Google does not take this server's requests: only whoever runs it can help."""
