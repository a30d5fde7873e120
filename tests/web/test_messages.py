"""What is said when nothing was booked or changed: of every reason there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from widget.booking import errors
from widget.booking.errors import NotBooked
from widget.web import messages


def kinds(of: type[NotBooked] = NotBooked) -> Iterator[type[NotBooked]]:
    for each in of.__subclasses__():
        yield each
        yield from kinds(each)


GIVEN = {errors.SlotUnavailable: ([],), errors.TooManyBookings: (60,), errors.TooQuick: (2,)}


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_every_reason_has_its_words_and_its_status(kind: type[NotBooked]) -> None:
    if kind is errors.KeyReused:  # a fault of the key's field: widget/api/calls.py
        return
    error = kind(*GIVEN.get(kind, ()))
    for said in (messages.refusal(error), messages.change_refusal(error)):
        assert len(said) > 15
    assert 400 < error.status < 600
    assert error.retry_after or error.status != 429
