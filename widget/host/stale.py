"""A form whose token is good no more: nothing is done, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound

from widget.host import account, bookings, preview, settings
from widget.host.signin import is_of_another_host, keep, keep_for_owner, page
from widget.text.language import gettext as _


def stale(_error: CSRFError) -> ResponseReturnValue:
    """The form again with a token that is good, to be sent once more."""
    endpoint = str(request.endpoint)
    if endpoint == "preview.preview":
        return preview.none(400, _("Save or show it once more: this page was open too long."))
    signed_in = current_user.is_authenticated
    if endpoint in _again() and _is_ours() and (signed_in or endpoint != "account.delete"):
        if not signed_in:
            return keep(
                400,
                _("You are not signed in any more"),
                _(
                    "Nothing was changed. Sign in again in another tab, then go on here: what you"
                    " typed is kept."
                ),
            )
        if is_of_another_host():
            return keep_for_owner(400)
        with suppress(NotFound):  # of no form of ours
            return _again()[endpoint](**(request.view_args or {}))
    return page(
        "host/problem.html",
        400,
        heading=_("This page was open too long"),
        message=_("Nothing was changed. Please go back, reload the page and try again."),
    )


def _is_ours() -> bool:
    """No other site may put words into these forms; browsers say where a form was sent from."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def _again() -> dict[str, Callable[..., ResponseReturnValue]]:
    """By endpoint: what shows a form as it was sent."""
    return {
        "settings.save": settings.unsaved,
        "settings.save_event": settings.unsaved,
        "settings.change_event_types": settings.list_unsaved,
        "host_bookings.change": bookings.unchanged,
        "account.delete": account.undeleted,
    }
