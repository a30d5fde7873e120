"""What a guest or a program is told when nothing was booked: once for pages and for JSON.

The words are those of messages.toml.
"""

import tomllib
from pathlib import Path

from flask import Response

from widget.booking.errors import BadField, NotBooked
from widget.booking.offer import Offer
from widget.text import language
from widget.text.language import gettext as _

_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def with_retry(response: Response, error: NotBooked) -> Response:
    """The response, with Retry-After (seconds) where coming back helps."""
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def refusal(error: NotBooked) -> str:
    """What happened, that nothing was booked, and what to do next."""
    return _said(error, "booked", "changed")


def change_refusal(error: NotBooked) -> str:
    """The same for a booking that was to be moved or cancelled, and stays as it is."""
    return _said(error, "changed", "booked")


def _said(error: NotBooked, *tables: str) -> str:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    found = (_WORDS[name][kind] for name in tables for kind in kinds if kind in _WORDS[name])
    said = next(map(language.gettext, found))
    return f"{error} {said}" if isinstance(error, BadField) else said


def of_status(status: int) -> tuple[str, str]:
    """Heading and message of a page for a request that has failed so (HTTP)."""
    known = _WORDS["status"]
    words = known.get(str(status)) or known["500" if status >= 500 else "400"]
    heading, message = map(language.gettext, (words["heading"], words["message"]))
    return heading, message


def old(offer: Offer) -> str:
    """What is said of free times that are not certain, while Google does not answer."""
    if offer.as_of is None:
        return ""
    said = _(
        "The calendar is not answering right now. These times were free %(ago)s, and are checked"
        " again when you book."
    )
    return said % {"ago": language.ago(offer.now - offer.as_of)}
