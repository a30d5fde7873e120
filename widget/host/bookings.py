"""The host's bookings as the settings page lists them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from models import Booking
from widget.booking import export, refusals, rows
from widget.booking.errors import NotBooked
from widget.booking.offer import offer_for
from widget.booking.target import Target, of_booking
from widget.core import characters, clock, slots, zones
from widget.core.document import Settings
from widget.host.page import WORDS
from widget.text import language
from widget.web import service

PAGE = 20
SEARCH_LENGTH = 100
#: The tabs of the section, by what `show` says in the address
TABS = {"": "To come", "past": "Past", "cancelled": "Cancelled"}


# --- which ---------------------------------------------------------------------------------------


def asked_for(host: models.Host, document: Settings, now: int) -> Any:
    """The bookings of the tab that the address names, or those of them that its search finds:
    the next one first; of what is over, the last one."""
    tab, text = _tab(), _search()
    start = Booking.start_at.desc() if tab else Booking.start_at
    query = _of_tab(host, tab, now).order_by(start, Booking.id)
    return query.where(_found(host, document, text)) if text else query


def _of_tab(host: models.Host, tab: str, now: int) -> Any:
    """Those that stand and end later, those that stood and are over, and those that do not stand:
    cancelled, or refused by Google."""
    query = Booking.select(Booking, models.Host).join(models.Host).where(Booking.host == host)
    if tab == "cancelled":
        return query.where(Booking.status.not_in(models.ACTIVE))
    over = Booking.end_at <= now if tab == "past" else Booking.end_at > now
    return query.where(Booking.status.in_(models.ACTIVE), over)


def _found(host: models.Host, document: Settings, text: str) -> Any:
    """The SQL condition that a booking is found by a text: in the guest's name or address, or in
    the event type's title, as it is now or as it was promised."""
    wanted = text.casefold()
    promised = Booking.select(Booking.promise).where(Booking.host == host).distinct()
    titled = [each.slug for each in document.event_types if wanted in each.title.casefold()]
    return (
        Booking.guest_name.contains(text)
        | Booking.guest_email.contains(text)
        | Booking.event.contains(text)
        | Booking.event.in_(titled)
        | Booking.promise.in_(
            [each.promise for each in promised if wanted in each.promise["title"].casefold()]
        )
    )


def where_listed(host: models.Host) -> dict[str, Any] | None:
    """The tab and page on which the booking of `?booking=` is listed; None if the address names
    a tab or page itself, or no booking of the host."""
    id, now = request.args.get("booking", ""), clock.now()
    booking = rows.booking_of(host.id, id)
    if booking is None or any(name in request.args for name in ("page", "show", "act", "q")):
        return None
    tab = "past" if booking.end_at <= now else ""
    tab = tab if booking.status in models.ACTIVE else "cancelled"
    start, same = Booking.start_at, Booking.start_at == booking.start_at
    sooner = start > booking.start_at if tab else start < booking.start_at
    before = _of_tab(host, tab, now).where(sooner | (same & (Booking.id < id))).count()
    return {"show": tab, "page": before // PAGE + 1, "booking": id}


def _tab() -> str:
    wanted = request.args.get("show", "")
    return wanted if wanted in TABS else ""


def _search() -> str:
    return characters.without_controls(request.args.get("q", ""))[:SEARCH_LENGTH]


# --- as the page shows them ----------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A booking in the list; `act`: what its open form does."""

    booking: Booking
    day: str
    guest_zone: str
    answers: list[tuple[str, str]]
    meet_link: str | None
    may_mark: bool
    may_change: bool
    may_move: bool
    act: str


def view(host: models.Host, document: Settings, told: dict[str, str]) -> dict[str, Any]:
    """One page of what was asked for; `told` is why the last change was not made (`said`, `code`),
    and what was typed (`typed`)."""
    now, zone = clock.now(), ZoneInfo(document.time_zone)
    found = asked_for(host, document, now)
    count = found.count()
    pages = max(1, -(-count // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = list(found.paginate(page, PAGE))
    wanted = request.args.get("booking") or (request.view_args or {}).get("id")
    opened = next((each for each in shown if each.id == wanted), None)
    act = request.args.get("act", "") or str((request.view_args or {}).get("act", ""))
    return {
        "tab": _tab(),
        "tabs": TABS,
        "q": _search(),
        "count": count,
        "page": page,
        "pages": pages,
        "rows": [_row(each, zone, now, act if each is opened else "") for each in shown],
        "said": "",
        "typed": "",
        "refused": _refusals(host, now),
        **told,
    }


def _refusals(host: models.Host, now: int) -> list[str]:
    """How many bookings were refused lately, and why."""
    found, words = Counter[str](), WORDS["refused"]
    for why, number in refusals.of(host, now).items():
        found[words.get(why, words["otherwise"])] += number
    return [f"{number} × {why}" for why, number in found.most_common()]


def _row(booking: Booking, zone: ZoneInfo, now: int, act: str) -> Row:
    guest_zone = zones.zone(booking.tz, zone.key)
    elsewhere = language.zone_label(guest_zone, booking.start_at) if guest_zone != zone else ""
    stands, later = booking.status in models.ACTIVE, booking.end_at > now
    labels = booking.promise["labels"]
    target = of_booking(booking) if booking.status == "confirmed" and later else None
    return Row(
        booking=booking,
        day=_day(booking.start_at, zone, now),
        guest_zone=elsewhere,
        answers=[(labels.get(id, id), export.words(said)) for id, said in booking.answers.items()],
        meet_link=rows.meeting_link(booking) if stands else None,
        may_mark=booking.status == "confirmed" and booking.start_at <= now,
        may_change=stands and later and booking.change != "cancel",
        may_move=target is not None and target.event.active,
        act=act,
    )


def _day(at: int, zone: ZoneInfo, now: int) -> str:
    """The heading that a booking stands under: its date, today or tomorrow by name."""
    day = language.today(at, zone)
    near = {0: "Today, ", 1: "Tomorrow, "}.get((day - language.today(now, zone)).days, "")
    return f"{near}{language.full_date(day)}"


def free(target: Target, zone: ZoneInfo, now: int, most: int) -> dict[str, Any]:
    """The picker's own free times (`days`: starts by date, of at most so many); or why there are
    none (`trouble`)."""
    try:
        offer = offer_for(target, service.calendar_of(target.host), now)
    except NotBooked as error:
        return {"days": [], "trouble": refused(error)}
    days = slots.by_date(offer.all_free(), zone)
    return {"days": list(days.items())[:most], "trouble": None}


# --- why a change was not made --------------------------------------------------------------------


def refused(error: NotBooked) -> str:
    """Why a booking was not changed, for its host."""
    words = WORDS["not_changed"]
    return str(words.get(error.code, words["otherwise"]))
