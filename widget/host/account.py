"""The host's connection to Google: its state, disconnecting, deleting the account."""

from typing import Any

from flask import redirect, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

import models
from models import Booking
from widget.booking import channels, deletion
from widget.core import clock
from widget.core.document import load_document
from widget.core.locations import LOCATIONS
from widget.host import calendars, store
from widget.host.page import page
from widget.host.signin import USES
from widget.web import service
from widget.web.audience import Audience, Room

blueprint = Room("account", __name__, Audience.HOST)

GOOGLE_PERMISSIONS = "https://myaccount.google.com/permissions"


def connection(host: models.Host) -> dict[str, Any]:
    """What the settings page says about Google: the account, what it allows, and its troubles."""
    granted, now = host.scopes.split(), clock.now()
    target = load_document(host.settings).target_calendar
    return {
        "disconnected": host.disconnected_reason if host.disconnected_at else None,
        "by_host": bool(host.disconnected_at) and host.disconnected_reason == deletion.BY_HOST,
        "missing": [use for scope, use in USES.items() if scope not in granted],
        "granted": [use for scope, use in USES.items() if scope in granted],
        # as they are before the page itself asks Google
        "problem": host.calendar_problem,
        "server_problem": host.server_problem,
        "asked_at": host.asked_at,
        "gone": host.calendar_gone if host.calendar_gone == target else None,
        "refusal": models.calendar_refusal(host, target),
        "calendar": calendars.stored(host).name(target),
        "without_meet": _without_meet(host, target),
        "zone_asked": store.zone_asked(host),
        "told": len(channels.told(host, now)),
        "conflicts": conflicts(host, now),
        "troubles": troubles(host, now),
    }


def _without_meet(host: models.Host, target: str) -> str | None:
    """The name of the target calendar if it makes no Meet links and an event type needs them:
    Google said so when one was asked for, or says so in its list."""
    known, events = calendars.stored(host), load_document(host.settings).event_types
    found = known.find(target)
    missing = host.calendar_without_meet == target or bool(found and not found.meet)
    missing = missing and any(LOCATIONS[event.location].meets for event in events)
    return known.name(target) if missing else None


def conflicts(host: models.Host, now: int) -> list[Booking]:
    """Bookings still to come that the host moved onto another one in Google."""
    return _ending_after(now, Booking.host == host, Booking.conflict)


def troubles(host: models.Host, now: int) -> list[Booking]:
    """Bookings of which something was given up after a day without an answer from Google, until a
    week after they end."""
    return _ending_after(now - clock.WEEK, Booking.host == host, Booking.trouble.is_null(False))


def _ending_after(since: int, *where: Any) -> list[Booking]:
    query = Booking.select().where(Booking.end_at > since, *where)
    return list(query.order_by(Booking.start_at))


# --- disconnecting -----------------------------------------------------------------------------


@blueprint.post("/settings/disconnect")
def disconnect() -> ResponseReturnValue:
    """Revoke our access at Google. Guests see that nothing can be booked; nothing else is lost."""
    if deletion.disconnect(service.google(), current_user.host, clock.now()):
        return redirect("/settings?saved=connection#connection", 303)
    return page(
        "host/problem.html",
        200,
        heading="Disconnected here, but Google did not answer",
        message="We have thrown our keys away and cannot reach your calendar any more. To take the"
        f" permission back at Google too, open {GOOGLE_PERMISSIONS}.",
    )


# --- deleting the account ------------------------------------------------------------------------


@blueprint.route("/settings/account/delete", methods=["GET", "POST"])
def leave() -> ResponseReturnValue:
    """What would be removed, and the form that does it."""
    host, typed, now = current_user.host, request.form.get("handle", ""), clock.now()
    if typed.strip().lower() == host.handle:
        done = deletion.host(service.google(), host, now)
        logout_user()
        session.clear()
        gone = {"done": done, "handle": host.handle, "permissions": GOOGLE_PERMISSIONS}
        return page("host/deleted.html", **gone)
    fault = f"Type {host.handle} to delete the account." if request.method == "POST" else ""
    made = Booking.select().where(Booking.host == host)
    ahead = made.where(Booking.status.in_(models.ACTIVE), Booking.end_at > now)
    return page(
        "host/delete.html",
        422 if fault else 200,
        host=host,
        bookings=made.count(),
        upcoming=ahead.count(),
        fault=fault,
        typed=typed,
    )
