"""What an operator wants to know before guests do."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import peewee

import models
from widget.booking import rows, settling
from widget.config import help_for
from widget.core import zones
from widget.core.clock import DAY, HOUR, to_rfc3339
from widget.core.document import load_document, unknown_zone
from widget.google import openid
from widget.google.client import CALENDAR_SCOPES, Google
from widget.google.errors import Disconnected, GoogleError, NotSetUp, Refused, Unreadable

SHORT_KEY = 32
LONG_SECONDS = HOUR
CLOCK_SECONDS = 60
Check = tuple[bool, str]


TRY_AGAIN = "try again in a minute; if it stays, this machine may not reach Google"
CALENDARS = "have the host choose its calendars anew on the settings page"
NEW_ZONES = "bring the time zones up to date (pip install --upgrade tzdata)"


def _fails(wrong: str, remedy: str) -> Check:
    return False, f"{wrong}. Remedy: {remedy}"


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
        for good, line in _host(google, host, now):
            yield good, f"{host.handle}: {line}"
    for name in rows.zones_of_guests(now):
        if not zones.meant(name):
            wrong = f"guests: no time zone is called {name!r} here: it counts as the host's"
            yield _fails(wrong, NEW_ZONES)
    yield _waiting(now)


def _keys(google: Google) -> Check:
    if len(google.config.secret_key) < SHORT_KEY:
        wrong = f"SECRET_KEY is shorter than {SHORT_KEY} characters: links could be guessed"
        return _fails(wrong, help_for("secret_key"))
    return True, "configuration is complete"


def _database() -> Check:
    try:
        models.ping()
    except peewee.PeeweeException as error:
        wrong = f"database does not answer: {type(error).__name__}"
        return _fails(wrong, "start it, or have DATABASE_URL name " + help_for("database_url"))
    return True, "database answers"


def _sign_in(google: Google, now: int) -> Iterator[Check]:
    redirect = openid.redirect_uri(google)
    try:
        answer = google.discover()
    except GoogleError as error:
        wrong = f"Google's sign-in addresses cannot be read: {error}"
        url = google.config.google_oidc_metadata_url
        yield _fails(wrong, f"this machine has to reach {url}")
        return
    yield True, f"sign-in: the OAuth client must list this redirect address: {redirect}"
    try:
        google.check_client()
    except NotSetUp as error:
        yield _fails(f"OAuth client: {error}", openid.advice(google, error.reason))
    except GoogleError as error:
        wrong = f"OAuth client: Google does not say whether it knows it: {error}"
        yield _fails(wrong, TRY_AGAIN)
    if (off := _seconds_off(answer.headers.get("Date"), now)) is not None:
        side = "ahead of" if off > 0 else "behind"
        if abs(off) <= CLOCK_SECONDS:
            yield True, "clock: it is Google's"
        else:
            yield _fails(f"clock: {abs(off)} s {side} Google's", "set this machine's clock (NTP)")


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
        yield _fails(f"sign-in failed at {when}: {fault.problem}", openid.advice(google, reason))


def _host(google: Google, host: models.Host, now: int) -> Iterator[Check]:
    """What is said of a host goes on from the handle."""
    if unknown := unknown_zone(host.settings):
        wrong = f"no time zone is called {unknown!r} here: it counts as UTC"
        yield _fails(wrong, f"{NEW_ZONES}, or have the host choose another one")
    again = f"have the host sign in again at {google.config.public_url}/login"
    missing = [scope for scope in CALENDAR_SCOPES if scope not in host.scopes.split()]
    if host.disconnected_at:
        yield _fails(f"must sign in again ({host.disconnected_reason})", again)
    elif missing:
        allow = f"{again} and allow all that is asked for"
        yield _fails(f"did not allow {', '.join(missing)}", allow)
    else:
        yield _calendars(google, host, again, now)


def _calendars(google: Google, host: models.Host, again: str, now: int) -> Check:
    document = load_document(host.settings)
    try:
        google.calendar_of(host).busy(document.busy_calendars, now, now + DAY)
        owned = google.calendar_of(host).writable()
    except NotSetUp as error:
        return _fails(str(error), openid.advice(google, error.reason))
    except Disconnected as error:
        return _fails(str(error), again)
    except (Unreadable, Refused) as error:
        return _fails(str(error), CALENDARS)
    except GoogleError as error:
        return _fails(str(error), TRY_AGAIN)
    if document.target_calendar not in owned:
        return _fails("target_calendar is not a calendar that this host owns", CALENDARS)
    if refusal := models.calendar_refusal(host, document.target_calendar):
        wrong = f"Google takes no events into target_calendar ({refusal})"
        return _fails(wrong, f"{CALENDARS}, or ask the administrator of its Google Workspace")
    return True, f"Google answers for {len(document.busy_calendars)} calendar(s)"


def _waiting(now: int) -> Check:
    number = settling.waiting(now - LONG_SECONDS)
    if number:
        wrong = f"{number} booking(s) have waited for Google for more than an hour"
        return _fails(wrong, "run flask reconcile, and look into the log for what Google says")
    return True, "no booking waits for Google for long"
