"""A form that cannot be taken: signed out, of another account, or its token is too old.

Nothing is done, and a page of its own keeps what was typed, to be sent once more.
"""

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from widget.host import preview, signin
from widget.host.page import page
from widget.web import audience
from widget.web.audience import Audience


def set_up(app: Flask) -> None:
    app.before_request(_protect)
    app.register_error_handler(CSRFError, _stale)


def _protect() -> ResponseReturnValue | None:
    """A host's form needs its CSRF token, and is never saved into another account that is signed
    in by now. The settings are for who is signed in; anybody else signs in first."""
    if audience.current() is not Audience.HOST:
        return None
    signin.csrf.protect()
    if _is_of_another_host():
        return _kept("other", 409)
    signed_in = current_user.is_authenticated or request.method == "OPTIONS"  # which shows nothing
    if request.path.startswith("/settings") and not signed_in:
        return signin.sessions.unauthorized()  # type: ignore[no-any-return]
    return None


def _stale(_error: CSRFError) -> ResponseReturnValue:
    if request.endpoint == "preview.preview":
        return preview.none(400, "Save or show it once more: this page was open too long.")
    ours = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"  # says the browser
    if not (ours and "host" in request.form):  # nobody knows who may go on with it
        heading = "This page was open too long"
        message = "Nothing was changed. Please go back, reload the page and try again."
        return page("host/problem.html", 400, heading=heading, message=message)
    if not current_user.is_authenticated:
        return _kept("out", 400)
    return _kept("other" if _is_of_another_host() else "old", 400)


def _is_of_another_host() -> bool:
    me = signin.signed_in_as()
    return bool(current_user.is_authenticated and request.form.get("host", me) != me)


def _kept(why: str, status: int) -> ResponseReturnValue:
    """`why`: signed "out", signed in as "other", or too "old"."""
    typed = [each for each in request.form.items(multi=True) if each[0] != "csrf_token"]
    sent_to = request.full_path.rstrip("?")
    return page("host/kept.html", status, why=why, action=sent_to, typed=typed)
