"""The bookings of a host, as the settings page shows them."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from models import Booking
from widget.booking.errors import NotBooked
from widget.booking.offer import offer_for
from widget.booking.target import of_booking
from widget.core import characters, clock, contact, zones
from widget.core.clock import to_rfc3339
from widget.core.document import Settings, load_document
from widget.guest.days import by_date
from widget.text import language
from widget.text.language import gettext as _
from widget.text.language import ngettext
from widget.web import service

PAGE = 20
SEARCH_LENGTH = 100


def view(
    host: models.Host, document: Settings, refusal: NotBooked | None = None, typed: str = ""
) -> dict[str, Any]:
    """One page of what was asked for; `refusal` is why the last change was not made."""
    now, zone = clock.now(), ZoneInfo(document.time_zone)
    past, text = request.args.get("show") == "past", search()
    found = find(host, document, past, text, now)
    count = found.count()
    pages = max(1, -(-count // PAGE))
    page = min(_number(request.args.get("page", "1")), pages)
    shown = list(found.paginate(page, PAGE))
    opened = _opened(host, shown)
    return {
        "past": past,
        "q": text,
        "count": count,
        "page": page,
        "pages": pages,
        "rows": [_row(each, zone, now, opened) for each in shown],
        "move": _free(opened, zone, now) if opened and _act() == "move" else None,
        "said": refused(refusal) if refusal else "",
        "code": refusal.code if refusal else "",
        "typed": typed,
        "done": _done().get(request.args.get("done", "")),
    }


def place(host: models.Host) -> dict[str, Any] | None:
    """The tab and page that hold the booking which a link asks for, when it names neither."""
    id = request.args.get("booking", "")
    if not id or any(name in request.args for name in ("page", "show", "act", "q")):
        return None
    document, now = load_document(host.settings), clock.now()
    for past in (False, True):
        ids = [each.id for each in find(host, document, past, "", now)]
        if id in ids:
            page = ids.index(id) // PAGE + 1
            return {"show": "past" if past else "", "page": page, "booking": id}
    return None


def search() -> str:
    return characters.without_controls(request.args.get("q", ""))[:SEARCH_LENGTH]


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _act() -> str:
    return request.args.get("act", "") or str((request.view_args or {}).get("act", ""))


def find(host: models.Host, document: Settings, past: bool, text: str, now: int) -> Any:
    """Bookings by guest, and by the title of their event type: as it is, or as it was promised."""
    wanted = text.casefold()
    titled = [each.slug for each in document.event_types if wanted in each.title.casefold()]
    promised = models.promises(host) if text else []
    return models.search_bookings(
        host,
        upcoming=not past,
        now=now,
        text=text,
        events=titled,
        promises=[each for each in promised if wanted in each["title"].casefold()],
    )


def _opened(host: models.Host, shown: list[Booking]) -> Booking | None:
    """The booking that is to be cancelled or moved, if any."""
    id = request.args.get("booking") or (request.view_args or {}).get("id")
    return next((each for each in shown if each.id == id), None)


def _row(booking: Booking, zone: ZoneInfo, now: int, opened: Booking | None) -> dict[str, Any]:
    active = booking.status in models.ACTIVE
    guest_zone = zones.zone(booking.tz, zone.key)
    return {
        "id": booking.id,
        "start": to_rfc3339(booking.start_at),
        "date": language.full_date(language.today(booking.start_at, zone)),
        "time": language.clock_range(booking.start_at, booking.end_at, zone),
        "title": booking.promise["title"],
        "name": booking.guest_name,
        "email": contact.readable_email(booking.guest_email),
        "guests": booking.guests,
        "guest_zone": language.zone_label(guest_zone, booking.start_at)
        if guest_zone.key != zone.key
        else "",
        "notes": booking.notes,
        "answers": [
            (booking.promise["labels"].get(id, id), _answer(said))
            for id, said in booking.answers.items()
        ],
        "meet_link": booking.meet_link if active else None,
        "status": _statuses()[booking.status],
        "code": booking.status,
        "state": list(_state(booking, zone)),
        "no_show": booking.no_show,
        "may_mark": booking.status == "confirmed" and booking.start_at <= now,
        "may_change": active and booking.change != "cancel" and booking.end_at > now,
        "may_move": booking.status == "confirmed"
        and booking.end_at > now
        and of_booking(booking) is not None,
        "act": _act() if opened and opened.id == booking.id else "",
    }


def _answer(said: str | bool) -> str:
    return said if isinstance(said, str) else _("yes") if said else _("no")


def _statuses() -> dict[str, str]:
    return {
        "pending": _("waiting for Google"),
        "confirmed": _("confirmed"),
        "cancelled": _("cancelled"),
        "failed": _("not made"),
    }


def _state(booking: Booking, zone: ZoneInfo) -> list[str]:
    """What is special about a booking at Google, in sentences."""
    found: list[str] = []
    if booking.status == "pending":
        found.append(_pending(booking, zone))
    if booking.status == "cancelled" and booking.cancelled_by:
        by = {"guest": _("Cancelled by the guest."), "host": _("Cancelled by you.")}
        found.append(" ".join((by[booking.cancelled_by], booking.cancel_reason or "")).strip())
    if booking.status == "failed":
        found.append(_("Google did not take it, so the time is free again."))
    if booking.conflict:
        found.append(_("You moved it onto another booking in Google: one of the two has to go."))
    if booking.trouble:
        found.append(_troubles()[booking.trouble])
    if booking.status == "confirmed":
        if not booking.holds:
            found.append(_("In Google it does not take your time: it is marked as free."))
        if booking.guest_response == "declined":
            found.append(_("The guest declined the invitation in Google."))
        if booking.meet_pending:
            found.append(_("Google is still making the Meet link."))
    return found


def _pending(booking: Booking, zone: ZoneInfo) -> str:
    if booking.change == "cancel":
        said = _("Being cancelled: Google has not confirmed yet that the event is gone")
    elif booking.change == "move" and booking.new_start_at:
        day = language.full_date(language.today(booking.new_start_at, zone))
        when = f"{day}, {language.clock(booking.new_start_at, zone)}"
        said = _("Being moved to %(when)s: Google has not confirmed it yet") % {"when": when}
    else:
        said = _("Google has not said yet whether the event stands; the time is held meanwhile")
    if booking.attempts:
        tried = ngettext("asked %(n)s time so far", "asked %(n)s times so far", booking.attempts)
        said += f" ({tried % {'n': booking.attempts}})"
    return f"{said}. " + _("We keep asking; you need not do anything.")


def _troubles() -> dict[str, str]:
    return {
        "book": _("Google did not answer for a day, so it was given up. Tell the guest."),
        "cancel": _(
            "It is cancelled here, but Google did not answer for a day: delete the event there."
        ),
        "move": _("Google did not answer for a day, so it was not moved. Look at the event there."),
    }


def _free(booking: Booking, zone: ZoneInfo, now: int) -> dict[str, Any]:
    """Where a booking can go: the picker's own free times, by date; or why there are none."""
    target = of_booking(booking)
    if target is None:
        return {"days": [], "trouble": _("Its event type is gone, so it cannot be moved here.")}
    try:
        offer = offer_for(target, service.calendar_of(booking.host), now, booking)
    except NotBooked as error:
        return {"days": [], "trouble": refused(error)}
    days = by_date(offer.free(now, offer.last), zone)
    return {"days": [_day(day, starts, zone) for day, starts in days.items()], "trouble": None}


def _day(day: date, starts: list[int], zone: ZoneInfo) -> dict[str, Any]:
    times = [{"value": to_rfc3339(at), "label": language.clock(at, zone)} for at in starts]
    # the short one comes after the time: on a phone the end of a line is cut off
    return {"label": language.full_date(day), "short": language.short_day(day), "times": times}


# --- what became of a change ---------------------------------------------------------------------


def refused(error: NotBooked) -> str:
    """Why a booking was not changed, for its host."""
    return {
        "invalid_request": _("Choose a time. Nothing was changed."),
        "slot_taken": _("This time has just been taken. Nothing was changed."),
        "slot_unavailable": _("This time is not offered. Nothing was changed."),
        "too_late": _("It is over, so nothing was changed."),
        "not_active": _("It does not stand any more, so there is nothing to change."),
        "change_pending": _("Google has not answered for the last change yet. Try again later."),
        "changed": _("You have just moved it in Google. Look at the new time first."),
        "calendar_disconnected": _("Your calendar is not connected. Nothing was changed."),
    }.get(error.code, _("Google does not answer, so nothing was changed. Try again in a minute."))


def _done() -> dict[str, str]:
    return {
        "cancelled": _("Cancelled. Google tells the guest."),
        "moved": _("Moved. Google tells the guest."),
        "pending": _("Google has not confirmed it yet. We keep asking."),
        "no-show": _("Marked as not come."),
        "came": _("The mark is taken back."),
    }
