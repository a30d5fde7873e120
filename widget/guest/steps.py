"""Blueprint: the guest's pages and fragments. No cookie, no session, no sign-in."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from flask import Response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from widget.booking import guest_input, links
from widget.booking.errors import BadField, Booked, CalendarDisconnected, LinkUsed, NotBooked
from widget.booking.offer import Offer, refusal
from widget.booking.target import Look, NotHere, Target
from widget.core import clock, slots, zones
from widget.core.clock import to_rfc3339
from widget.core.document import EventType, Settings
from widget.core.hours import OneOff
from widget.core.locations import LOCATIONS
from widget.guest import away, embedding, invitation, params
from widget.guest import days as guest_days
from widget.guest import page as guest_page
from widget.text import language
from widget.text import zones as text_zones
from widget.text.language import gettext as _
from widget.web import answers, cache, messages, parts, service
from widget.web.audience import Audience, Room

blueprint = Room("steps", __name__, Audience.GUEST)
blueprint.register_error_handler(NotHere, guest_page.not_here)
blueprint.add_app_template_filter(guest_days.lead)
blueprint.add_app_template_filter(invitation.location_label)

#: All or those of a search, the latter alone, and all whatever was searched for.
ZONE_STEPS = ("zone", "city", "zones")
PAGE_BYTES = 3000  # of what the templates of an event page need
TRAP = "website"  # a field that only programs see, and fill in


@dataclass(frozen=True)
class Picking:
    """A time is picked for one of a host's event types: here, to book it."""

    target: Target | Look
    keeps: ClassVar[bool] = True  # what the guest types
    details: ClassVar[tuple[str, ...]] = params.DETAIL_FIELDS

    @property
    def own(self) -> int | None:
        """The start that the guest has so far, to be marked among the others."""
        return None

    @property
    def event(self) -> EventType:
        return self.target.event

    @property
    def document(self) -> Settings:
        return self.target.document

    @property
    def address(self) -> str:
        return f"/book/{self.document.handle}/{self.event.slug}"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What every form of these pages carries along."""
        event = self.event
        length = [("duration", str(event.duration))] if event.durations else []
        return [*length, *([("once", event.code)] if isinstance(event, OneOff) else [])]

    @property
    def secret(self) -> list[tuple[str, str]]:
        """What a form carries along only when it is posted: no address should hold it."""
        return []

    def lasting(self, given: MultiDict[str, str]) -> Self:
        """The same for the length that the guest has chosen."""
        event = guest_input.lasting(self.event, params.last(given, "duration"))
        return replace(self, target=replace(self.target, event=event))

    def offer(self) -> Offer:
        """Raises CalendarUnavailable or CalendarDisconnected."""
        return service.offer(self.target)

    def alert(self, error: NotBooked | None) -> dict[str, str] | None:
        """What went wrong, as the templates show it."""
        if error is None:
            return None
        kept = _("What you typed is kept.") if request.method == "POST" else ""
        return {"code": error.code, "message": f"{messages.refusal(error)} {kept}".strip()}

    def page(self, title: str, given: MultiDict[str, str]) -> dict[str, Any]:
        """What the templates of every event page need; `same` names all that it is made of."""
        asked = title, request.path, answers.is_framed(), *guest_page.look_asked(given)
        same = self.target.same and (*self.target.same, *asked)

        def make() -> dict[str, Any]:
            page = guest_page.host_page(self.document, title, given, self.event)
            said = {"event": self.event.title, "host": self.document.display_name}
            page["description"] = _("%(event)s: book a time with %(host)s.") % said
            page["shared"] = guest_page.shared(self.document, self.event, self.address)
            return {**page, "event": self.event}

        return {**parts.kept("page", same, make, PAGE_BYTES), "same": same}

    def typed(self) -> bool:
        """Whether the guest has typed what no address should hold: from then on it is a POST."""
        return request.method == "POST"

    def chosen(self, given: MultiDict[str, str]) -> ResponseReturnValue:
        """What follows on choosing a time that is free."""
        return form(self, given)


# --- choosing a time ------------------------------------------------------------------------


@blueprint.get("/book/<handle>", strict_slashes=False)
def event_types(handle: str) -> ResponseReturnValue:
    kept, age = service.look_at_host(handle)
    embedding.enter(kept.host_id, kept.document)

    def make() -> Response:
        listed = guest_page.event_types(kept.document)
        page = guest_page.host_page(kept.document, kept.document.display_name, request.args)
        page["shared"] = guest_page.shared(kept.document, None, request.path)
        return answers.answer("guest/event_types.html", **page, event_types=listed)

    return cache.answer(kept, age, None, embedding.embedder(), make)


@blueprint.get("/book/<handle>/<slug>", strict_slashes=False)
def event(handle: str, slug: str) -> ResponseReturnValue:
    look = guest_page.look(handle, slug, params.last(request.args, "once"))
    site = embedding.embedder()
    picking = Picking(look).lasting(request.args)
    return cache.answer(
        look.kept, look.age, picking.event, site, lambda: show(picking, request.args)
    )


def show(picking: Picking, given: MultiDict[str, str]) -> ResponseReturnValue:
    """The step of picking a time that is asked for: for booking, for moving, in the preview."""
    step = params.last(given, "step")
    if step in ZONE_STEPS:
        return find_zone(picking, given)
    if step == "still" or given.get("next") or ("start" in given and step != "times"):
        return chosen(picking, given, step == "still")
    return times(picking, given)


def times(
    picking: Picking,
    given: MultiDict[str, str],
    alert: NotBooked | None = None,
    finding: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    """Month and day, or a list of days, to choose from; `finding`: a zone, in the place of the
    times. What was typed goes along, hidden."""
    errors: dict[str, str] = {}
    tz, now = zone(picking, given), clock.now()
    try:
        offer = picking.offer()
    except NotBooked as error:
        return _closed(picking, given, alert or error)
    free = offer.all_free()
    month = _read(guest_days.read_month, params.last(given, "month"), "month", errors)
    asked = _asked(picking, given, free, tz, month, errors)
    # kept for all zones whose clocks show the same; 50 bytes each, about
    same = (picking.target.same or ()) if free and offer.starts else ()
    key = same and (*same, free[0], len(free), slots.clocks(tz, free[0], free[-1]))
    days = parts.kept("days", key, lambda: slots.by_date(free, tz), 50 * len(free))
    page = picking.page(picking.event.title, given)
    page["alert"] = picking.alert(alert) or _invalid(" ".join(errors.values()))
    page["tz"], page["now"] = tz, now
    page["fixed"] = LOCATIONS[picking.event.location].visits
    page["guess_tz"] = "tz" not in given and not page["fixed"]
    page["old"] = messages.old(offer)
    page["clock"] = language.hours()
    page["view"] = "list" if params.last(given, "view") == "list" else "month"
    if page["view"] == "list":
        view = guest_days.list_view(days, tz, asked, month, picking.own)
    else:
        off, today = partial(away.told, picking.document, offer.rules), language.today(now, tz)
        grid = _read(guest_days.read_month, params.last(given, "grid"), "grid", {})
        view = guest_days.view(days, tz, asked, month, today, picking.own, off, grid)
    page["soonest"] = guest_days.offered(free[0], tz) if free else None
    page["away"] = away.in_sight(picking.document, picking.event, view, language.today(now, tz))
    sight = _sight(view, month)
    page["pick"] = _pick(picking, given, [*sight, ("tz", tz.key)] if finding else sight)
    status = alert.status if alert else 422 if errors else 200
    return answers.answer("guest/times.html", status, **{**page, **view, **(finding or {})})


def _asked(
    picking: Picking,
    given: MultiDict[str, str],
    free: Sequence[int],
    tz: ZoneInfo,
    month: date | None,
    errors: dict[str, str],
) -> date | None:
    """The date to open with: the one asked for, else that of the free time nearest to the time
    that was chosen before, else that of the time to be moved."""
    asked: date | None = _read(
        guest_days.read_date, params.last(given, "date") or given.get("day"), "date", errors
    )
    if asked or month:
        return None if month and not given.get("date") else asked
    try:
        near = slots.nearest(free, params.start(given))
    except BadField:
        return None if picking.own is None else language.today(picking.own, tz)
    return language.today(near[0], tz) if near else None


def _sight(view: dict[str, Any], month: date | None) -> list[tuple[str, str]]:
    """What brings the same day, or the same month without one, into sight again."""
    if not view["shown"]:
        return [("month", f"{month:%Y-%m}")] if month else []
    grid = [("grid", view["grid"])] if view.get("grid") else []
    return [("day", view["shown"][0].date), *grid]


def find_zone(picking: Picking, given: MultiDict[str, str]) -> ResponseReturnValue:
    """Every time zone, or those that a search for a city finds; `step=city`: these alone."""
    tz, now, step = zone(picking, given), clock.now(), params.last(given, "step")
    sought = given.get("city", "") if step != "zones" else ""
    finding = text_zones.looked_for(sought, tz, now)
    if step == "city" and answers.is_fragment():
        return answers.answer("guest/zones.html", block="cities", **finding)
    return times(picking, given, finding=finding)


def chosen(picking: Picking, given: MultiDict[str, str], still: bool) -> ResponseReturnValue:
    """The form for a chosen time, if it is free. Of an open form (`still`) nothing while it is;
    else an alert with the nearest times that are."""
    try:
        start, offer = params.start(given), picking.offer()
    except BadField as error:
        return times(picking, given, error)
    except NotBooked as error:
        return _closed(picking, given, error)
    reasons = offer.reasons(start)
    if still:
        alert = picking.alert(refusal(reasons) if reasons else None)
        near, tz = offer.nearest(start) if reasons else [], zone(picking, given)
        offered = [guest_days.offered(other, tz) for other in near]
        return answers.answer("guest/gone.html", alert=alert, nearest=offered, kept=picking.keeps)
    if not reasons:
        return picking.chosen(given)
    if request.method == "GET" and any(reason.code == "booking" for reason in reasons):
        return times(picking, given, Booked())  # who comes back may have booked it
    return times(picking, given, refusal(reasons))


def form(
    picking: Picking,
    given: MultiDict[str, str],
    errors: dict[str, str] | None = None,
    alert: NotBooked | None = None,
) -> Response:
    """What is asked of the guest, with everything typed so far."""
    fault = _("Nothing was booked yet. Please look at what is marked.") if errors else ""
    start, tz = params.start(given), zone(picking, given)
    end = start + picking.event.duration * 60
    page = picking.page(picking.event.title, given)
    page["alert"] = picking.alert(alert) or _invalid(fault)
    asked, guests = guest_input.questions(picking.event), given.getlist("guests")[:20]
    return answers.answer(
        "guest/details.html",
        alert.status if alert else 422 if errors else 200,
        **page,
        chosen={"value": to_rfc3339(start), "start": start, "end": end, "tz": tz},
        form={
            # a request that is one too many is refused unread: its address says in which language
            "action": params.address(picking.address, params.kept(given, ("lang",))),
            "still": still_url(picking, given, start, tz),
            "hidden": [
                *picking.secret,
                *picking.hidden,
                *params.seen(given),
                *params.utm_fields(given),
                ("tz", tz.key),
                ("start", to_rfc3339(start)),
                ("nonce", links.form_nonce(service.config())),
            ],
        },
        values={
            **{name: params.number(value) for name, value in given.items()},
            TRAP: given[TRAP] if errors and TRAP in errors else "",
            "email": params.email(given.get("email", "")),
            "guests": [*map(params.email, guests)],
        },
        errors=errors or {},
        questions=[{**each.model_dump(), "name": f"question-{each.id}"} for each in asked],
        extra_guests=max(picking.event.extra_guests, len(guests)),  # too many are not lost
    )


# --- small things -----------------------------------------------------------------------------


def zone(picking: Picking, given: MultiDict[str, str]) -> ZoneInfo:
    """The guest's zone; the host's when none is asked for, or one that nobody knows, and where
    people meet in person."""
    host = zones.named(picking.document.time_zone)
    if LOCATIONS[picking.event.location].visits:
        return host
    return _read(guest_input.zone, params.last(given, "tz"), "tz", {}) or host


def _read(reader: Any, text: str | None, name: str, errors: dict[str, str]) -> Any:
    return guest_input.checked(reader, text, name, errors) if text else None


def still_url(picking: Picking, given: MultiDict[str, str], start: int, tz: ZoneInfo) -> str:
    """Where an open form asks whether its time is still free."""
    asked = [("step", "still"), ("start", to_rfc3339(start)), ("tz", tz.key), *picking.hidden]
    return params.address(picking.address, [*asked, *params.kept(given, ("lang", "clock"))])


def _pick(
    picking: Picking, given: MultiDict[str, str], sight: list[tuple[str, str]]
) -> dict[str, Any]:
    """The picker's one form: GET, or POST once a guest has typed what no address should hold."""
    questions = [f"question-{each.id}" for each in guest_input.questions(picking.event)]
    hidden = [
        *picking.hidden,
        *params.seen(given),
        *([("tz", params.last(given, "tz"))] if given.get("tz") else []),
        *params.utm_fields(given),
        *params.kept(given, (*picking.details, *questions)),
    ]
    typed = picking.typed()
    hidden += [*sight, *([*picking.secret, ("step", "choose")] if typed else [])]
    method = "post" if typed else "get"
    return {"method": method, "action": picking.address, "hidden": hidden}


def _closed(picking: Picking, given: MultiDict[str, str], error: NotBooked) -> ResponseReturnValue:
    """No slots can be shown: said kindly, and what was typed stays in its form, or hidden."""
    typed = picking.typed()
    with suppress(BadField):
        if typed and params.start(given):
            return messages.with_retry(form(picking, given, alert=error), error)
    page = picking.page(picking.event.title, given)
    page["alert"] = picking.alert(error)
    page["heading"] = _("No times to show right now")
    page["calm"] = isinstance(error, CalendarDisconnected | LinkUsed)
    if isinstance(error, LinkUsed):
        page["heading"] = _("This link is not valid any more")
        page["event_types"] = guest_page.event_types(picking.document)
    if typed:
        page["pick"] = _pick(picking, given, [])
    elif error.code == "calendar_unavailable":
        page["retry_url"] = params.same()
    return messages.with_retry(answers.answer("guest/problem.html", error.status, **page), error)


def _invalid(message: str) -> dict[str, str] | None:
    return {"code": "invalid_request", "message": message} if message else None
