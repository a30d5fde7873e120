"""What an operator wants to know before guests do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee

import models
from widget.core import zones
from widget.core.document import load_document, unknown_zone
from widget.google.client import CALENDAR_SCOPES, DAY, Google
from widget.google.errors import GoogleError

SHORT_KEY = 32
LONG_SECONDS = 3600
Check = tuple[bool, str]


def checks(google: Google, now: int) -> Iterator[Check]:
    """(whether it is well, one line that says what)"""
    yield _keys(google)
    answers, line = _database()
    yield answers, line
    yield _sign_in(google)
    if not answers:
        return
    for host in models.hosts():
        if unknown := unknown_zone(host.settings):
            yield False, f"{host.handle}: no time zone is called {unknown!r} here: it counts as UTC"
        yield _host(google, host, now)
    for name in models.zones_of_guests(now):
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


def _sign_in(google: Google) -> Check:
    redirect = f"{google.config.public_url}/auth/google/callback"
    try:
        _ = google.endpoints["authorization_endpoint"]
    except (GoogleError, KeyError) as error:
        return False, f"Google's sign-in addresses cannot be read: {error}"
    return True, f"sign-in: the OAuth client must list this redirect address: {redirect}"


def _host(google: Google, host: models.Host, now: int) -> Check:
    if host.disconnected_at:
        return False, f"{host.handle}: must sign in again ({host.disconnected_reason})"
    missing = [scope for scope in CALENDAR_SCOPES if scope not in host.scopes.split()]
    if missing:
        return False, f"{host.handle}: did not allow {', '.join(missing)}"
    document = load_document(host.settings)
    try:
        google.calendar_of(host).busy(document.busy_calendars, now, now + DAY)
        owned = _owned(google.calendar_of(host).calendars())
    except GoogleError as error:
        return False, f"{host.handle}: {error}"
    if document.target_calendar not in owned:
        return False, f"{host.handle}: target_calendar is not a calendar that this host owns"
    return True, f"{host.handle}: Google answers for {len(document.busy_calendars)} calendar(s)"


def _owned(calendars: list[dict[str, Any]]) -> set[str]:
    """The calendars that events may be written into (calendar.events.owned)."""
    owned = [each for each in calendars if each.get("accessRole") == "owner"]
    return {each["id"] for each in owned} | {"primary" for each in owned if each.get("primary")}


def _waiting(now: int) -> Check:
    number = models.waiting(now - LONG_SECONDS)
    if number:
        return False, f"{number} booking(s) have waited for Google for more than an hour"
    return True, "no booking waits for Google for long"
