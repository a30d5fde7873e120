"""Blueprint: landing page, sign-in with Google, settings."""

import hashlib
import logging
import re
from dataclasses import astuple, replace
from typing import Any

import peewee
from flask import Flask, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.urls import iri_to_uri

import models
from widget.booking import links
from widget.core import clock, zones
from widget.core.clock import to_rfc3339
from widget.core.contact import readable_email
from widget.core.document import document_json
from widget.core.first import first_document
from widget.core.names import handle_from
from widget.google import openid
from widget.google.auth import Malformed, Tokens
from widget.google.client import (
    CALENDARS_SCOPE,
    EVENTS_SCOPE,
    FREEBUSY_SCOPE,
    SIGN_IN_SCOPE,
)
from widget.google.errors import GoogleError, NotSetUp, Unavailable, token_meaning
from widget.google.openid import Person, SignIn
from widget.host import store
from widget.host.page import WORDS, page
from widget.text import language
from widget.web import service
from widget.web.audience import Audience, Room

blueprint = Room("signin", __name__, Audience.HOST)
csrf = CSRFProtect()
sessions = LoginManager()
log = logging.getLogger("meetslot.host")
#: Of a form of the settings page; the proxies in deploy/ let more through.
DOCUMENT_BYTES = 8 * 2**20


class SignedIn:
    """flask-login's view of a host."""

    is_active = is_authenticated = True
    is_anonymous = False

    def __init__(self, host: models.Host) -> None:
        self.host = host

    def get_id(self) -> str:
        """What the session holds: it ends with the host's epoch."""
        return f"{identity(self.host)}.{self.host.epoch}"


def identity(host: models.Host) -> str:
    """A text that names one host for ever, for sessions and forms: SQLite gives the id of a deleted
    host away again."""
    digest = hashlib.sha256(host.subject.encode()).hexdigest()[:12]
    return f"{host.id}.{host.created_at}.{digest}"


def set_up(app: Flask) -> None:
    """Sign-in, sessions and CSRF protection for `app`; the guest's side has no session to ride."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the audience decides
    csrf.init_app(app)
    app.url_value_preprocessor(_room_for_documents)
    sessions.init_app(app, add_context_processor=False)  # no template asks who it is
    sessions.login_view = "signin.login"
    sessions.login_message = None  # written late, it would overwrite a sign-in that has begun
    sessions.user_loader(_signed_in)
    app.add_template_global(signed_in_as)
    app.add_template_filter(lambda at: language.ago(clock.now() - at), "ago")
    dates = (language.today, language.full_date, language.short_day, language.short_moment)
    for each in (*dates, language.clock, language.clock_range, to_rfc3339, readable_email):
        app.add_template_filter(each)
    app.add_template_global(lambda: links.form_nonce(service.config()), "form_nonce")


def signed_in_as() -> str:
    """Whose a form of this page is; empty for nobody."""
    return identity(current_user.host) if current_user.is_authenticated else ""


def _signed_in(whom: str) -> SignedIn | None:
    id = whom.partition(".")[0]
    host = models.host_by_id(int(id)) if id.isascii() and id.isdigit() else None
    known = SignedIn(host) if host else None
    return known if known and known.get_id() == whom else None


def _room_for_documents(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Accept forms of 8 MiB from a host who is signed in: an event type with long questions takes
    some, and a picture that is too large is told so in words. Before anything reads the form."""
    if request.path.startswith("/settings/") and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = DOCUMENT_BYTES


@blueprint.get("/")
def landing() -> ResponseReturnValue:
    return page("host/landing.html")


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is stored of whom: in the operator's own words first (PRIVACY_FILE)."""
    settings = service.config()
    return page(
        "host/privacy.html", note=settings.privacy_file, days=settings.booking_retention_days
    )


# --- sign-in ----------------------------------------------------------------------------------

BEGUN = "sign_ins"  # in the session: those without an answer, the newest last
MOST_BEGUN = 4
_ONWARD = re.compile(r"/settings(/bookings\.csv|/account/delete)?(\?[!-~]{0,250})?")
_WORD = re.compile(r"[a-z_]{1,40}")


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """Redirect to Google. `next`: where in the settings to come back to; `hint`: the e-mail
    address to sign in with."""
    asked = request.args.get("next", "")
    onward = iri_to_uri(asked) if asked.isprintable() else ""  # a search for Jürgen comes decoded
    begun = SignIn(onward=onward if _ONWARD.fullmatch(onward) else "")
    url = openid.authorization_url(service.google(), begun, request.args.get("hint", ""))
    session[BEGUN] = [*session.get(BEGUN, []), list(astuple(begun))][-MOST_BEGUN:]
    return redirect(url, 302)


def _begun() -> SignIn | None:
    """The sign-in that this request answers, which is forgotten: there is no second answer."""
    state, all_begun = request.args.get("state", ""), session.get(BEGUN, [])
    session[BEGUN] = [each for each in all_begun if each[0] != state]
    return next((SignIn(*each) for each in all_begun if each[0] == state), None)


@blueprint.get("/auth/google/callback")
def callback() -> ResponseReturnValue:
    """Google sends the host back here: with a code, or with what went wrong."""
    begun = _begun()
    if begun is None and current_user.is_authenticated:
        return redirect("/settings", 303)  # opened twice, or signed in with another tab meanwhile
    if begun is None:
        return _problem(400, "late")
    if "code" not in request.args:
        return _said_no(request.args.get("error", ""))
    google = service.google()
    uri = openid.redirect_uri(google)
    tokens = google.exchange(request.args["code"], begun.verifier, uri)
    found = openid.person(google, tokens, begun.nonce, clock.now())
    return _person_signed_in(found, tokens, begun)


def _person_signed_in(found: Person, tokens: Tokens, begun: SignIn) -> ResponseReturnValue:
    """Raises GoogleError."""
    if not _allowed(found.email):
        log.warning("sign-in refused: not in ALLOWED_HOSTS_SIGN_IN")
        return _problem(403, "not_allowed")
    tokens = replace(tokens, scope=tokens.scope or SIGN_IN_SCOPE)  # RFC 6749, 5.1
    granted = tokens.scope.split()
    if missing := [use for scope, use in USES.items() if scope not in granted]:
        return page("host/scopes.html", 403, missing=missing, hint=found.email)
    host = _by_subject(found.subject)
    if not tokens.refresh and not (host and host.refresh_token):
        return _problem(400, "not_lasting")
    columns = service.google().columns(tokens)
    host = host or _first_sign_in(found, columns)
    models.save_sign_in(host, found.email, columns)
    session.clear()
    login_user(SignedIn(host))
    log.info("host %s: signed in", host.id)
    return redirect(begun.onward or "/settings", 303)


def _first_sign_in(found: Person, columns: dict[str, Any]) -> models.Host:
    """A host with the defaults, in the primary calendar's own time zone. Raises GoogleError."""
    visitor = models.Host(subject=found.subject, email=found.email, **columns)
    calendars = service.google().calendar_of(visitor).calendars()
    zone = next((str(each.get("timeZone") or "") for each in calendars if each.get("primary")), "")
    known = zones.meant(zone)
    while True:
        handle = handle_from(found.email, lambda name: bool(store.holder(name)))
        document = document_json(first_document(handle, found.name, known or zones.UTC))
        try:
            with models.write():
                return models.Host.create(
                    subject=found.subject,
                    email=found.email,
                    handle=handle,
                    settings=document,
                    created_at=clock.now(),
                    unknown_zone=None if known else zone[:100],
                )
        except peewee.IntegrityError:
            if host := _by_subject(found.subject):
                return host  # signed in twice at once


def _allowed(email: str) -> bool:
    """Whether the operator lets this (verified) address become a host."""
    allowed, address = service.config().allowed_hosts_sign_in, email.lower()
    return not allowed or address in allowed or f"@{address.rpartition('@')[2]}" in allowed


#: What each of Google's scopes is for.
USES = {
    EVENTS_SCOPE: "see and edit events on calendars you own: to write bookings there",
    FREEBUSY_SCOPE: "see when you are busy: to offer only times when you are free",
    CALENDARS_SCOPE: "see the list of your calendars: to let you choose among them, and for"
    " your time zone",
}


# --- no sign-in -------------------------------------------------------------------------------


def _said_no(error: str) -> ResponseReturnValue:
    """What Google says instead of a code (RFC 6749, 4.1.2.1)."""
    word = error if _WORD.fullmatch(error) else "no code"
    if word == "access_denied":
        return _problem(400, "no_access")
    passing = word in ("server_error", "temporarily_unavailable")
    kind = Unavailable if passing else token_meaning(400, word)
    raise kind("oauth.authorize", None, word)


@blueprint.errorhandler(openid.NotBelieved)
def _not_believed(error: openid.NotBelieved) -> ResponseReturnValue:
    log.warning("sign-in refused: id_token: %s", error)
    return _problem(400, "not_believed", why=error)


@blueprint.errorhandler(GoogleError)
def _failed(error: GoogleError) -> ResponseReturnValue:
    """Why Google did not do its part, in words for whoever can help; the log has them all."""
    log.warning("sign-in: %s: %s", type(error).__name__, error)
    why = f"{error.status or ''} {error.reason}".strip()
    if isinstance(error, NotSetUp):
        openid.note_fault(why, clock.now())
        advice = openid.advice(service.google(), error.reason)
        return _problem(503, "not_set_up", why=why, advice=advice)
    own_addresses = error.method in ("oauth.metadata", "oauth.jwks")
    if isinstance(error, Malformed) or (own_addresses and 400 <= (error.status or 0) < 429):
        status = 503 if own_addresses else 400
        return _problem(status, "unreadable", why=why, method=error.method)
    if isinstance(error, Unavailable):
        return _problem(503, "unavailable")
    if error.method.startswith("oauth."):
        return _problem(400, "not_completed", why=why)
    return _problem(503, "refused", why=why)


def _problem(status: int, which: str, **said: object) -> ResponseReturnValue:
    """The page that says what went wrong; the heading, where it has none of its own, whether
    somebody is signed in."""
    words = WORDS["sign_in"][which]
    usual = "Nothing was changed" if current_user.is_authenticated else "You are not signed in"
    heading, message = words.get("heading", usual), words["message"].format(**said)
    return page("host/problem.html", status, heading=heading, message=message, again=True)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out everywhere: a cookie that somebody copied is worth nothing afterwards."""
    if current_user.is_authenticated:
        models.note(current_user.host, epoch=models.Host.epoch + 1)
        log.info("host %s: signed out everywhere", current_user.host.id)
    logout_user()
    session.clear()
    return redirect("/", 303)


def _by_subject(subject: str) -> models.Host | None:
    return models.Host.get_or_none(models.Host.subject == subject)
