"""Blueprint: landing page, sign-in with Google, settings."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any

import peewee
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from joserfc.errors import JoseError
from requests import RequestException

import models
from widget.core import clock, zones
from widget.core.document import document_json, first_document, handle_from
from widget.google.client import (
    CALENDAR_SCOPES,
    CALENDARS_SCOPE,
    EVENTS_SCOPE,
    FREEBUSY_SCOPE,
    SIGN_IN_SCOPE,
)
from widget.google.errors import TIMEOUT_SECONDS, GoogleError
from widget.text.language import gettext as _
from widget.web import answers, audience, service
from widget.web.audience import Audience, Room

blueprint = Room("signin", __name__, Audience.HOST)
csrf = CSRFProtect()
sessions = LoginManager()
log = logging.getLogger("meetslot.host")
DOCUMENT_BYTES = 8 * 2**20  # of a form of the settings page
CODES = {400: "invalid_request", 403: "not_allowed", 409: "conflict", 503: "calendar_unavailable"}


class SignedIn:
    """flask-login's view of a host."""

    is_active = is_authenticated = True
    is_anonymous = False

    def __init__(self, host: models.Host) -> None:
        self.host = host

    def get_id(self) -> str:
        return identity(self.host)


def identity(host: models.Host) -> str:
    """Who a session or a form is of: an id alone may come again once its host is deleted."""
    digest = hashlib.sha256(host.subject.encode()).hexdigest()[:12]
    return f"{host.id}.{host.created_at}.{digest}"


def set_up(app: Flask) -> None:
    """Sign-in, sessions and CSRF protection for `app`; the guest's side has no session to ride."""
    config = app.extensions["meetslot"].config
    oauth = OAuth(app)
    app.extensions["meetslot.oauth"] = oauth.register(
        "google",
        client_id=config.google_client_id,
        client_secret=config.google_client_secret,
        server_metadata_url=config.google_oidc_metadata_url,
        client_kwargs={
            "scope": SIGN_IN_SCOPE,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_SECONDS,
        },
    )
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the audience decides
    csrf.init_app(app)
    app.before_request(_protect)
    app.url_value_preprocessor(_room_for_documents)
    sessions.init_app(app)
    sessions.login_view = "signin.login"
    sessions.login_message = None  # written late, it would overwrite a sign-in that has begun
    sessions.user_loader(_signed_in)
    app.add_template_global(lambda: current_user.get_id() or "", "signed_in_as")


def _signed_in(whom: str) -> SignedIn | None:
    id = whom.partition(".")[0]
    host = models.host_by_id(int(id)) if id.isascii() and id.isdigit() else None
    same = host is not None and hmac.compare_digest(whom.encode(), identity(host).encode())
    return SignedIn(host) if host and same else None


def _protect() -> ResponseReturnValue | None:
    """A host's form needs its CSRF token, and is never saved into another account that is signed
    in by now."""
    if audience.current() is not Audience.HOST:
        return None
    csrf.protect()
    return keep_for_owner(409) if is_of_another_host() else None


def is_of_another_host() -> bool:
    """Whether the form that was sent is of another account than the one signed in."""
    me = current_user.get_id()
    return bool(current_user.is_authenticated and request.form.get("host", me) != me)


def keep_for_owner(status: int) -> ResponseReturnValue:
    """Nothing is changed by a form of another account; it goes on when its own is back."""
    return keep(
        status,
        _("Another account is signed in"),
        _(
            "Nothing was changed, since the page was of another account. Sign in with that one in"
            " another tab, then go on here: what you typed is kept."
        ),
    )


def keep(status: int, heading: str, message: str) -> ResponseReturnValue:
    """A page that holds a form as it was sent, to send it again once its host is signed in."""
    typed = [each for each in request.form.items(multi=True) if each[0] != "csrf_token"]
    action = request.full_path.rstrip("?")
    return page(
        "host/kept.html", status, heading=heading, message=message, action=action, typed=typed
    )


def _room_for_documents(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A host's whole document may be sent along. Before anything reads the form."""
    if audience.current() is not Audience.HOST:
        return
    if request.path.startswith("/settings/") and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = DOCUMENT_BYTES


def page(template: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    """A page of the host's side: whole, never kept by caches, never framed."""
    layout = {**answers.page(_("Meetslot")), "code": CODES.get(status)}
    return render_template(template, **{**layout, **context}), status


@blueprint.get("/")
def landing() -> ResponseReturnValue:
    host = current_user.host if current_user.is_authenticated else None
    return page("host/landing.html", signed_in=host)


# --- sign-in ----------------------------------------------------------------------------------


def _client() -> Any:
    """Authlib's client. Raises RequestException when Google's metadata cannot be read."""
    client = current_app.extensions["meetslot.oauth"]
    client.load_server_metadata()
    # Google signs with RS256; nothing else is believed, whatever the metadata say
    client.server_metadata["id_token_signing_alg_values_supported"] = ["RS256"]
    return client


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    wanted = {"login_hint": request.args["hint"]} if request.args.get("hint") else {}
    try:
        answer: ResponseReturnValue = _client().authorize_redirect(
            f"{service.config().public_url}/auth/google/callback",
            access_type="offline",
            prompt="consent",  # only a fresh consent brings a refresh token
            include_granted_scopes="true",
            **wanted,
        )
    except (RequestException, KeyError, ValueError) as error:
        return _no_answer(error)
    return answer


@blueprint.get("/auth/google/callback")
def callback() -> ResponseReturnValue:
    """Google sends the host back here: with a code, or with what went wrong."""
    try:
        token = _client().authorize_access_token()
        person = token["userinfo"]
        email, subject = str(person["email"]), str(person["sub"])
    except OAuthError as error:
        log.warning("sign-in failed: %s", error.error)
        return _not_signed_in(str(error.error))
    except (RequestException, JoseError, KeyError, ValueError) as error:
        return _no_answer(error)
    if not _allowed(email, person.get("email_verified")):
        return page(
            "host/problem.html",
            403,
            heading=_("This account cannot be used here"),
            message=_("Whoever runs this server has not opened it to your Google account."),
            again=True,
        )
    granted = (token.get("scope") or SIGN_IN_SCOPE).split()
    missing = [scope for scope in CALENDAR_SCOPES if scope not in granted]
    if missing:
        return page("host/scopes.html", 403, missing=missing_scopes(missing), hint=email)
    return _welcome(subject, email, person.get("name") or email, service.google().tokens(token))


def _welcome(subject: str, email: str, name: str, tokens: dict[str, Any]) -> ResponseReturnValue:
    host = models.host_by_subject(subject)
    if host is None and "refresh_token" not in tokens:
        return _not_signed_in("no_refresh_token")
    if host is None:
        try:
            host = _first_sign_in(subject, email, name, tokens)
        except GoogleError as error:
            return _no_answer(error)
    models.save_sign_in(host, email, tokens)
    session.clear()
    login_user(SignedIn(host))
    return redirect("/settings", 303)


def _first_sign_in(subject: str, email: str, name: str, tokens: dict[str, Any]) -> models.Host:
    """A host with the defaults, in the primary calendar's own time zone. Raises GoogleError."""
    visitor = models.Host(subject=subject, email=email, **tokens)
    calendars = service.google().calendar_of(visitor).calendars()
    zone = next((str(each.get("timeZone") or "") for each in calendars if each.get("primary")), "")
    known = zones.meant(zone)
    while True:
        handle = handle_from(email, models.handle_taken)
        document = first_document(handle, name, known or zones.UTC)
        try:
            return models.add_host(
                subject,
                email,
                handle,
                document_json(document),
                clock.now(),
                None if known else zone[:100],
            )
        except peewee.IntegrityError:
            if host := models.host_by_subject(subject):
                return host  # signed in twice at once


def _allowed(email: str, verified: bool | None) -> bool:
    """Only what Google has verified counts against the list of who may sign in."""
    allowed = service.config().allowed_hosts_sign_in
    if verified is not True and (allowed or verified is False):
        return False
    address = email.lower()
    return not allowed or address in allowed or f"@{address.rpartition('@')[2]}" in allowed


def missing_scopes(scopes: list[str]) -> list[str]:
    """What each scope that was not granted is for."""
    uses = {
        EVENTS_SCOPE: _("see and edit events on calendars you own: to write bookings there"),
        FREEBUSY_SCOPE: _("see when you are busy: to offer only times when you are free"),
        CALENDARS_SCOPE: _(
            "see the list of your calendars: to let you choose among them, and for your time zone"
        ),
    }
    return [uses[scope] for scope in scopes]


def _not_signed_in(reason: str) -> ResponseReturnValue:
    messages = {
        "access_denied": _("You did not allow access, so nothing was connected."),
        "mismatching_state": _("The sign-in took too long or was begun in another window."),
    }
    return page(
        "host/problem.html",
        400,
        heading=_("You are not signed in"),
        message=messages.get(reason, _("Google did not complete the sign-in.")),
        again=True,
    )


def _no_answer(error: Exception) -> ResponseReturnValue:
    log.warning("sign-in: no answer: %s", type(error).__name__)
    return page(
        "host/problem.html",
        503,
        heading=_("Google does not answer"),
        message=_("Nothing was changed. Please try again in a minute."),
        again=True,
    )


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    logout_user()
    session.clear()
    return redirect("/", 303)
