"""What an operator wants to know before guests do."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import peewee

import models
from widget.booking import rows, settling
from widget.core import zones
from widget.core.clock import to_rfc3339
from widget.core.document import load_document, unknown_zone
from widget.google import openid
from widget.google.client import CALENDAR_SCOPES, DAY, Google
from widget.google.errors import GoogleError, NotSetUp

SHORT_KEY = 32
LONG_SECONDS = 3600
CLOCK_SECONDS = 60
Check = tuple[bool, str]


def checks(google: Google, now: int) -> Iterator[Check]:
    """(whether it is well, one line that says what)"""
    yield _keys(google)
    answers, line = _database()
    yield answers, line
    yield from _sign_in(google, now)
    if not answers:
        return
    yield from _last_sign_in(google)
    for host in models.hosts():
        if unknown := unknown_zone(host.settings):
            yield False, f"{host.handle}: no time zone is called {unknown!r} here: it counts as UTC"
        yield _host(google, host, now)
    for name in rows.zones_of_guests(now):
        if not zones.meant(name):
            yield False, f"guests: no time zone is called {name!r} here: it counts as the host's"
    yield _waiting(now)


def _keys(google: Google) -> Check:
    if len(google.config.secret_key) < SHORT_KEY:
        return False, f"SECRET_KEY is shorter than {SHORT_KEY} characters: links could be guessed"
    return True, "configuration is complete"


def _database() -> Check:
    try:
        models.ping()
    except peewee.PeeweeException as error:
        return False, f"database does not answer: {type(error).__name__}"
    return True, "database answers"


def _sign_in(google: Google, now: int) -> Iterator[Check]:
    redirect = openid.redirect_uri(google)
    try:
        answer = google.discover()
    except GoogleError as error:
        yield False, f"Google's sign-in addresses cannot be read: {error}"
        return
    yield True, f"sign-in: the OAuth client must list this redirect address: {redirect}"
    try:
        google.check_client()
    except NotSetUp as error:
        yield False, f"OAuth client: {error}. {openid.advice(google, error.reason)}"
    except GoogleError as error:
        yield False, f"OAuth client: Google does not say whether it knows it: {error}"
    if (off := _seconds_off(answer.headers.get("Date"), now)) is not None:
        good = abs(off) <= CLOCK_SECONDS
        side = "ahead of" if off > 0 else "behind"
        yield good, "clock: it is Google's" if good else f"clock: {abs(off)} s {side} Google's"


def _seconds_off(date: str | None, now: int) -> int | None:
    """How far ours is ahead of the clock of whoever sent this Date header (RFC 9110, 6.6.1)."""
    try:
        return now - int(parsedate_to_datetime(date or "").timestamp())
    except (ValueError, TypeError, OverflowError):
        return None


def _last_sign_in(google: Google) -> Iterator[Check]:
    if fault := openid.last_fault():
        reason = fault.problem.rpartition(" ")[2]
        when = to_rfc3339(fault.noted_at)
        yield False, f"sign-in failed at {when}: {fault.problem}. {openid.advice(google, reason)}"


def _host(google: Google, host: models.Host, now: int) -> Check:
    if host.disconnected_at:
        return False, f"{host.handle}: must sign in again ({host.disconnected_reason})"
    missing = [scope for scope in CALENDAR_SCOPES if scope not in host.scopes.split()]
    if missing:
        return False, f"{host.handle}: did not allow {', '.join(missing)}"
    document = load_document(host.settings)
    try:
        google.calendar_of(host).busy(document.busy_calendars, now, now + DAY)
        owned = google.calendar_of(host).writable()
    except NotSetUp as error:
        return False, f"{host.handle}: {error}. {openid.advice(google, error.reason)}"
    except GoogleError as error:
        return False, f"{host.handle}: {error}"
    if document.target_calendar not in owned:
        return False, f"{host.handle}: target_calendar is not a calendar that this host owns"
    return True, f"{host.handle}: Google answers for {len(document.busy_calendars)} calendar(s)"


def _waiting(now: int) -> Check:
    number = settling.waiting(now - LONG_SECONDS)
    if number:
        return False, f"{number} booking(s) have waited for Google for more than an hour"
    return True, "no booking waits for Google for long"
