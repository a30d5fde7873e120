"""Puts what every answer shares on the application."""

from typing import Any

import peewee
from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import models
from widget.booking.target import NotHere, Renamed
from widget.config import Config
from widget.text import language
from widget.web import audience, codings, errors, headers, limits, parts, static
from widget.web.audience import Audience, Room
from widget.web.bodies import Bodies, WholeRequest

FORM_BYTES = 2**20  # holds all that a guest may type, in any script

#: The host's pages are written in English alone; with the days and clock of most of the world.
HOST_LANGUAGE = "en-GB"

blueprint = Room("health", __name__, Audience.OPERATOR)


class HostSessions(SecureCookieSessionInterface):
    """The session belongs to the host's pages: no other answer sets a cookie or varies by one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if app.config["SESSION_COOKIE_NAME"] not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()  # without making a signer first
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if audience.current() is Audience.HOST:
            super().save_session(app, session, response)


def set_up(app: Flask, config: Config) -> None:
    """Sessions, templates, limits, headers and errors for `app`."""
    app.secret_key = config.secret_key
    app.config.update(
        SECRET_KEY_FALLBACKS=list(reversed(config.secret_key_fallbacks)),
        # browsers take this prefix from this very machine over https alone (RFC 6265bis, 4.1.3.2)
        SESSION_COOKIE_NAME="__Host-session" if config.secure else "session",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
    )
    app.session_interface = HostSessions()
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # nothing here is async
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.add_extension(parts.Kept)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_template_global(static.static_url)
    app.jinja_env.globals["language"] = language
    app.add_template_filter(language.digits, "digits")
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.request_class = WholeRequest
    app.wsgi_app = Bodies(app.wsgi_app)  # type: ignore[method-assign,assignment]
    app.register_blueprint(blueprint)
    app.url_value_preprocessor(_room_for_a_form)
    app.before_request(_begin)
    app.teardown_appcontext(lambda _error: models.rest())
    app.extensions["meetslot.counts"] = limits.Counts(config.ratelimit_storage_uri)
    app.before_request(_count_and_hear)
    app.after_request(headers.protect)
    app.after_request(codings.compress)
    app.register_error_handler(HTTPException, errors.http_error)
    app.register_error_handler(peewee.PeeweeException, errors.database_fault)
    app.register_error_handler(NotHere, errors.not_here)
    app.register_error_handler(models.Erased, errors.not_here)
    app.register_error_handler(Renamed, errors.renamed)
    app.log_exception = errors.log_fault  # type: ignore[method-assign,assignment]  # Flask's own names the path


def _room_for_a_form(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Accept bodies up to 1 MiB, so that an over-long field gets a field error, not a bare 413."""
    if audience.current() in (Audience.GUEST, Audience.PROGRAM):
        request.max_content_length = request.max_form_memory_size = FORM_BYTES


def _begin() -> None:
    speak(request.args)
    if audience.current() is Audience.HOST and not language.tag().startswith(language.SOURCE):
        language.use(HOST_LANGUAGE)


def _count_and_hear() -> None:
    """Count the request of a guest or program, and speak the language that a guest's form says.
    Counted first, since reading the form takes as long as the client likes; one that is too large
    is refused here."""
    room = audience.room()
    if room and room.counted and request.method != "OPTIONS":
        limits.count_reading()
    if request.method == "POST" and audience.current() is Audience.GUEST:
        speak(request.values)


def speak(given: MultiDict[str, str]) -> None:
    """Answer this request in the language that it asks for, else in that of its browser."""
    accepted = request.headers.get("Accept-Language", "")
    spoken = language.choose(given.get("lang", ""), accepted)
    language.use(spoken, *given.getlist("clock")[-1:])


@blueprint.get("/healthz")
def health() -> ResponseReturnValue:
    try:
        models.ping()
    except peewee.PeeweeException:
        models.database.close()
        return {"status": "database does not answer"}, 503
    return {"status": "ok"}
