"""What a guest or a program is told when nothing was booked: once for pages and for JSON."""

from __future__ import annotations

from flask import Response

from widget.booking import errors
from widget.booking.errors import NotBooked
from widget.booking.offer import Offer
from widget.text import language
from widget.text.language import gettext as _
from widget.web import answers


def with_retry(response: Response, error: NotBooked) -> Response:
    """The response, with Retry-After (seconds) where coming back helps."""
    return answers.retry_after(response, error.retry_after) if error.retry_after else response


def unavailable(*, certain: bool) -> str:
    """What is said while our own database does not answer; `certain`: nothing was written."""
    if certain:
        return _(
            "Our server is not working right now. Nothing was booked or changed. Please try again"
            " in a minute."
        )
    return _(
        "Our server stopped working just now, so it is not certain whether this was done. Please"
        " send it again in a minute: it is never done twice."
    )


def refusal(error: NotBooked) -> str:
    """What happened, that nothing was booked, and what to do next."""
    if isinstance(error, errors.BadField):
        return f"{error} " + _("Nothing was booked.")
    if isinstance(error, errors.Booked):
        return _(
            "This time is not free any more. If you have just booked it, your booking stands;"
            " otherwise choose another one."
        )
    if isinstance(error, errors.TooQuick):
        return _(
            "Many bookings come in here right now, and this one was very quick. Nothing was booked"
            " yet: please press the button once more."
        )
    if isinstance(error, errors.Uncertain):
        return unavailable(certain=False)
    if isinstance(error, errors.NotSetUp):
        return _(
            "Bookings are not possible on this server at the moment, so nothing was booked. Whoever"
            " runs it has to put something right; please try again later."
        )
    return {**_not_changed(), **_not_booked()}[error.code]


def change_refusal(error: NotBooked) -> str:
    """The same for a booking that was to be moved or cancelled, and stays as it is."""
    if isinstance(error, errors.BadField):
        return f"{error} " + _("Nothing was changed.")
    if isinstance(error, errors.NotOffered):
        return _(
            "This is not offered any more, so it cannot be moved. Your booking stands as before."
        )
    return {**_not_booked(), **_not_changed()}[error.code]


def _not_booked() -> dict[str, str]:
    return {
        "unavailable": unavailable(certain=True),
        "slot_taken": _(
            "This time has just been taken, so nothing was booked. Please choose another one."
        ),
        "slot_unavailable": _(
            "This time is not offered, so nothing was booked. Please choose another one."
        ),
        "link_used": _(
            "This link has been used already, or its time is over. If you booked with it, your"
            " booking stands: look into your mail. Otherwise nothing was booked; please ask your"
            " host for a new one."
        ),
        "rate_limited": _(
            "There were too many bookings in a short time. Nothing was booked; please try again"
            " later."
        ),
        "calendar_unavailable": _(
            "The calendar does not answer right now, so nothing was booked. Please try again in"
            " a minute."
        ),
        "calendar_refused": _(
            "Google did not accept this booking, so nothing was booked. Please choose another time,"
            " or write to your host."
        ),
        "calendar_disconnected": _(
            "Nothing can be booked here at the moment, so nothing was booked. Please come back"
            " later, or ask your host for a time."
        ),
    }


def _not_changed() -> dict[str, str]:
    return {
        "slot_taken": _(
            "This time has just been taken, so your booking was not moved. Please choose another"
            " one."
        ),
        "slot_unavailable": _(
            "This time is not offered, so your booking was not moved. Please choose another one."
        ),
        "rate_limited": _(
            "There were too many changes in a short time. Nothing was changed: your booking stands"
            " as before. Please try again later."
        ),
        "too_late": _(
            "It is too late to change this booking here, so nothing was changed. Please write to"
            " your host."
        ),
        "not_active": _("This booking does not stand any more, so there is nothing to change."),
        "change_pending": _(
            "Google has not answered for the last change of this booking yet. Nothing else was"
            " changed; please look again in a minute."
        ),
        "changed": _(
            "Your host has just moved this booking, so your change was not made. Please look at"
            " the new time first."
        ),
        "calendar_unavailable": _(
            "The calendar does not answer right now, so nothing was changed: your booking stands"
            " as before. Please try again in a minute."
        ),
        "calendar_refused": _(
            "Google did not accept this change, so nothing was changed: your booking stands as"
            " before. Please write to your host."
        ),
        "unavailable": _(
            "Changes are not possible on this server at the moment, so nothing was changed: your"
            " booking stands as before. Please try again later."
        ),
        "calendar_disconnected": _(
            "Nothing was changed: your booking stands as before, and cannot be changed here at"
            " the moment. Please write to your host."
        ),
    }


def old(offer: Offer) -> str:
    """What is said of free times that are not certain, while Google does not answer."""
    if offer.as_of is None:
        return ""
    said = _(
        "The calendar is not answering right now. These times were free %(ago)s, and are checked"
        " again when you book."
    )
    return said % {"ago": language.ago(offer.now - offer.as_of)}
