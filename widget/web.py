"""What every answer has in common: fragments, headers, sessions, limits, errors."""

from __future__ import annotations

import logging
import time
from typing import Any

import peewee
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from jinja2_fragments.flask import render_block
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import models
from widget import files, look
from widget.config import Config
from widget.core.clock import now
from widget.google.client import Calendar, Google
from widget.text import language
from widget.text.language import gettext as _

log = logging.getLogger("meetslot.web")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
#: A site that isolates itself (COEP require-corp) can only frame pages that agree to it.
FRAMED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

FORM_BYTES = 2**20  # holds all that a guest may type, in any script

#: The host's pages are written in English alone; with the days and clock of most of the world.
HOST_LANGUAGE = "en-GB"

limiter = Limiter(get_remote_address, headers_enabled=False)
reading = limiter.shared_limit(
    lambda: config().read_rate_limit, "read", exempt_when=lambda: not config().read_rate_limit
)
booking = limiter.shared_limit(
    lambda: config().booking_rate_limit, "book", exempt_when=lambda: not config().booking_rate_limit
)


def config() -> Config:
    return google().config


def google() -> Google:
    found: Google = current_app.extensions["meetslot"]
    return found


def calendar_of(host: models.Host) -> Calendar:
    """A host's calendar for what is left of the time that one guest's request has for Google."""
    spent = time.monotonic() - g.began
    return google().calendar_of(host, google().patience.budget_seconds - spent)


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page; going back and forth it wants the whole."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") != "full"


def answer(template: str, status: int = 200, block: str = "picker", **context: Any) -> Response:
    """The template as a whole page, or its block alone when htmx asks for it."""
    render = render_block if is_fragment() else render_template
    args = (template, block) if is_fragment() else (template,)
    response = make_response(render(*args, **context), status)
    response.vary.update(("HX-Request", "HX-Request-Type", "Accept-Language"))
    response.headers["Content-Language"] = language.tag()
    return response


def retry_after(response: Response, seconds: int) -> Response:
    response.headers["Retry-After"] = str(max(1, seconds))
    return response


def seconds_left(error: RateLimitExceeded) -> int:
    """How long until the limit that was just exceeded has room again."""
    current = limiter.current_limit
    return max(1, current.reset_at - now()) if current else 60


class HostSessions(SecureCookieSessionInterface):
    """The session belongs to the host's pages: no other answer sets a cookie or varies by one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.blueprint == "host":
            super().save_session(app, session, response)


def set_up(app: Flask, config: Config) -> None:
    """Everything above for `app`."""
    app.secret_key = config.secret_key
    app.config.update(
        SECRET_KEY_FALLBACKS=list(reversed(config.secret_key_fallbacks)),
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        RATELIMIT_STORAGE_URI=config.ratelimit_storage_uri,
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "application/json"],
    )
    app.session_interface = HostSessions()
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_template_global(files.static_url)
    app.add_template_filter(language.digits, "digits")
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.add_url_rule("/healthz", view_func=_health)
    limiter.init_app(app)
    app.url_value_preprocessor(_room_for_a_form)
    app.before_request(_begin)
    app.after_request(_protect)
    app.teardown_request(_end)
    app.register_error_handler(HTTPException, _http_error)
    app.log_exception = _log_fault  # type: ignore[method-assign,assignment]  # Flask's own names the path


def _room_for_a_form(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """What is too long is named in its form, not turned away at the door."""
    if request.blueprint in ("guest", "api"):
        request.max_content_length = request.max_form_memory_size = FORM_BYTES


def _begin() -> None:
    g.began = time.monotonic()
    speak_to_guest()
    if request.blueprint == "host" and not language.tag().startswith(language.SOURCE):
        language.use(HOST_LANGUAGE)


def speak_to_guest() -> None:
    """From here on this request is in the language of its browser, or the one it asks for."""
    _speak(request.args)
    if request.method == "POST":  # a form that is too large is refused right here
        _speak(request.values)


def _speak(given: MultiDict[str, str]) -> None:
    spoken = language.choose(given.get("lang", ""), request.accept_languages)
    language.use(spoken, *given.getlist("clock")[-1:])


def _health() -> ResponseReturnValue:
    try:
        models.ping()
    except peewee.PeeweeException:
        models.database.close()
        return {"status": "database does not answer"}, 503
    return {"status": "ok"}


def _end(error: BaseException | None) -> None:
    if isinstance(error, models.NoAnswer):
        models.database.close()  # it may be a dead connection: the next request opens a new one


def _protect(response: Response) -> Response:
    guest = request.blueprint in ("guest", "api", "embed")
    # No word of ancestors lets every page in; `*` would not, if it is a file or sandboxed.
    ancestors = g.get("frame_ancestors", None if guest else "'none'")
    policy = f"{POLICY}; frame-ancestors {ancestors}" if ancestors else POLICY
    headers = {"Content-Security-Policy": policy, **HEADERS, **(FRAMED if guest else {})}
    if response.mimetype in ("text/javascript", "text/css"):  # no pages
        headers = {"X-Content-Type-Options": "nosniff"}
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if config().secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


# --- errors ---------------------------------------------------------------------------------

CODES = {404: "not_found", 429: "rate_limited"}


def wants_json() -> bool:
    return request.path.startswith("/api/")


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """RFC 9457 problem details with a stable `code`, and `more` members that say more."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    response = make_response(body, status)
    response.content_type = "application/problem+json"
    response.headers["Access-Control-Allow-Origin"] = (
        "*"  # also where no route of the API was found
    )
    return response


def trouble(status: int, code: str, heading: str, message: str) -> Response:
    """A page of its own for what went wrong: what happened, whether anything was booked."""
    context = {**page(heading), "alert": {"code": code, "message": message}}
    return answer("guest/problem.html", status, **context, heading=heading, retry_url=None)


def page(title: str, theme: str = "auto", accent: str = look.DEFAULT_ACCENT) -> dict[str, Any]:
    """What the layout of every page needs."""
    return {
        "title": title,
        "lang": language.tag(),
        "dir": language.direction(),
        "alert": None,
        "look": {
            "theme": theme,
            "accent": accent,
            "stylesheet": files.style_url(accent),
            "htmx": files.static_url(look.HTMX),
            "script": files.static_url("guest.js"),
            "hide_details": False,
        },
    }


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    response = _told(status, error)
    if isinstance(error, RateLimitExceeded):
        retry_after(response, seconds_left(error))
    for name, value in error.get_headers():
        if name in ("Allow", "Location"):
            response.headers[name] = value
    return response


def _told(status: int, error: HTTPException) -> Response:
    code = CODES.get(status, "invalid_request" if status < 500 else "internal_error")
    heading, message = _words(status)
    if not wants_json():
        return trouble(status, code, heading, message)
    if status == 404:
        message = _(
            "There is no such host or event type. GET /api/v1/HOST lists what can be booked"
            " with a host."
        )
    elif status not in (413, 429) and status < 500:
        message = error.description or error.name
    return problem(status, code, message)


def _words(status: int) -> tuple[str, str]:
    if status == 404:
        return _("Nothing here"), _(
            "There is no such page. The link may be incomplete, or what it led to is gone."
        )
    if status == 413:
        return _("Too much at once"), _(
            "What was sent is too long for us. Nothing was booked. Please go back, make it shorter"
            " and try again."
        )
    if status == 429:
        return _("A little slower, please"), _(
            "There were too many requests from your address. Nothing was booked by the last"
            " one. Please wait a minute and try again."
        )
    if status >= 500:
        return _("Something went wrong here"), _(
            "It is our fault, and it has been noted. If you were booking, look into your mail"
            " for an invitation before you try again."
        )
    return _("That did not work"), _(
        "We could not understand this request. Nothing was booked. Please go back and try again."
    )


def _log_fault(info: Any) -> None:
    log.error("fault", exc_info=info)
