"""The settings page as its templates see it: every section's form, and what stands around it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import request

import models
from widget.booking import rows
from widget.core import clock, fields
from widget.core import zones as core_zones
from widget.core.document import WEEKDAYS, EventType, Settings, WebhookEvent, dump_document
from widget.guest import days as guest_days
from widget.host import calendars as host_calendars
from widget.host import form_view, snippets
from widget.host import forms as host_forms
from widget.host.form_view import Draft, FormView
from widget.host.forms import Document, Form
from widget.text import language, zones
from widget.text.language import gettext as _
from widget.web import service, theme

#: What an address says about the view: which editor, month, tab and page of bookings are open.
KEPT = ("event", "month", "embed", "of", "show", "q", "page")
ANCHORS = {"event": "events", "event-types": "events"}  # of sections that stand in another one
VIEW_LENGTH = 100  # characters of any of them


def address(anchor: str, saved: str = "", **changes: str | int | None) -> str:
    """The page at a section, with the view as it is but for `changes` (None: not any more)."""
    kept = {name: request.args[name][:VIEW_LENGTH] for name in KEPT if request.args.get(name)}
    wanted = {**kept, **({"saved": saved} if saved else {}), **changes}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return "/settings" + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


def action(path: str) -> str:
    """A form's address, which keeps the view."""
    return address("").replace("/settings", f"/settings/{path}", 1)


def page(host: models.Host, document: Settings, draft: Draft | None) -> Document:
    """Everything but the connection, the bookings and why a time is closed."""
    stored = dump_document(document)
    saved = request.args.get("saved", "") if request.method == "GET" else ""

    def form(section: str) -> FormView:
        mine = draft.document if draft and draft.section == section else stored
        return form_view.of(section, mine, host.revision, draft, saved)

    forms = {name: form(name) for name in _SECTIONS}
    event = _open_event(host, stored, draft, saved)
    shown = event["slug"] if event else next((e.slug for e in document.event_types if e.active), "")
    return {
        "title": _("Settings"),
        "document": document,
        "public_url": service.config().public_url,
        "here": address,
        "to": action,
        "saved": saved,
        "forms": forms,
        "unfinished": ANCHORS.get(draft.section, draft.section) if draft else None,
        "zones": _zones(
            _zone(forms["profile"], document), clock.now() // 3600, str(language.current())
        ),
        "week": [_day(day, forms["hours"].values["weekly_hours"][day]) for day in WEEKDAYS],
        "dates": dates(document, draft),
        "calendars": calendars(host, forms["calendars"].values),
        "mended": _mended(forms["theme"].values["theme"]["accent"]),
        "webhook_events": list(get_args(WebhookEvent)),
        "event_list": [_listed(host, each) for each in document.event_types],
        "deleting": request.args.get("delete", ""),
        "adding": _adding(draft),
        "event": event,
        "embed": _embed(host, document),
        "preview_slug": shown,
        "minutes": lambda value: language.minutes(value) if isinstance(value, int) else "",
    }


_SECTIONS = (
    "profile", "hours", "dates", "calendars", "theme", "sites", "webhook", "event-types",
)  # fmt: skip


def _zone(form: FormView, document: Settings) -> str:
    wanted = str(form.values["time_zone"])
    return wanted if wanted in core_zones.ZONES else document.time_zone


@lru_cache(maxsize=64)
def _zones(chosen: str, hour: int, _language: str) -> list[Document]:
    """All zones to choose from: reading their files takes longer than the rest of the page."""
    return zones.by_region(ZoneInfo(chosen), hour * 3600)


def _mended(accent: str) -> dict[str, str | bool] | None:
    return theme.mended(accent) if theme.is_accent(accent) else None


def handle_said(host: models.Host, text: str) -> dict[str, str]:
    """What becomes of a handle: `good` (free, or the host's own), or why not."""
    handle = text.strip().lower()
    if handle == host.handle:
        return {"state": "own", "words": _("This is your address now.")}
    if not fields.HANDLE.fullmatch(handle):
        return {"state": "bad", "words": _("Use 1 to 40 of a-z, 0-9 and hyphens.")}
    other = models.host_by_handle(handle) or models.host_by_old_handle(handle)
    if handle in fields.RESERVED or (other is not None and other.id != host.id):
        return {"state": "bad", "words": _("This one is taken or reserved.")}
    return {"state": "good", "words": _("This one is free. Old links will lead to it.")}


# --- weekly hours ----------------------------------------------------------------------------


def _day(day: str, ranges: list[Any]) -> Document:
    """A weekday's rows as its fields show them, and its bars in the week at a glance."""
    return {
        "key": day,
        "label": language.weekday_name(WEEKDAYS.index(day)),  # type: ignore[arg-type]
        "ranges": [_row(pair) for pair in ranges],
        "bars": [bar for pair in ranges if (bar := _bar(pair))],
        "words": ", ".join("–".join(pair) for pair in ranges) or _("closed"),
    }


def _row(pair: list[str]) -> tuple[str, str]:
    return pair[0], "00:00" if pair[1] == "24:00" else pair[1]


def _bar(pair: list[str]) -> tuple[int, int] | None:
    try:
        start, end = fields.minutes(pair[0]), fields.minutes(pair[1])
    except ValueError:
        return None
    return (start, end - start) if start < end else None


# --- dates -----------------------------------------------------------------------------------


def dates(document: Settings, draft: Draft | None) -> Document:
    """A month of dates with what holds on each, the form for the chosen ones, and a list."""
    today = language.today(clock.now(), ZoneInfo(document.time_zone))
    form: Form | None = draft.form if draft and draft.section == "dates" else None
    given: Any = form if form is not None else request.args
    first, last = _date(given.get("from", "")), _date(given.get("to", ""))
    month = _month(request.args.get("month", ""), first or today)
    own = document.date_overrides.get(first.isoformat()) if first else None
    rows = [_row(pair) for pair in own or ()]
    kind = "closed" if own is None or own == [] else "hours"
    if form is not None:
        kind = form.get("kind", "")
        if "do" in form:  # rows that are still empty stay
            starts, ends = form.getlist("dates-start"), form.getlist("dates-end")
            rows = list(zip(starts, ends, strict=False))
        else:  # in the order that faults are told by
            rows = [_row(pair) for pair in host_forms.ranges(form, "dates")]
    return {
        "month": language.month_name(month),
        "previous": f"{month - timedelta(days=1):%Y-%m}",
        "next": f"{month + timedelta(days=31):%Y-%m}",
        "shown": f"{month:%Y-%m}",
        "weekdays": language.weekdays(),
        "weeks": _weeks(document, month, today, first, last),
        "from": given.get("from", ""),
        "to": given.get("to", "") or given.get("from", ""),
        "kind": kind,
        "rows": [*rows, ("", "")],
        "coming": [each for each in _overrides(document) if each["last"] >= today.isoformat()],
        "past": [each for each in _overrides(document) if each["last"] < today.isoformat()],
    }


def _date(text: str) -> date | None:
    try:
        return guest_days.read_date(text)
    except ValueError:
        return None


def _month(text: str, otherwise: date) -> date:
    try:
        return guest_days.read_month(text)
    except ValueError:
        return otherwise.replace(day=1)


def _weeks(
    document: Settings, month: date, today: date, first: date | None, last: date | None
) -> list[list[Document]]:
    opening = month - timedelta(days=language.week_order().index(month.weekday()))
    days = [opening + timedelta(days=offset) for offset in range(42)]
    cells = [_cell(document, day, month, today, first, last) for day in days]
    return [cells[at : at + 7] for at in range(0, 42, 7)]


def _cell(
    document: Settings, day: date, month: date, today: date, first: date | None, last: date | None
) -> Document:
    own = document.date_overrides.get(day.isoformat())
    ranges = document.weekly_hours[WEEKDAYS[day.weekday()]] if own is None else own
    words = ", ".join("–".join(pair) for pair in ranges) or _("closed")
    extends = first is not None and (last is None or last == first) and day > first
    picked = {"from": first.isoformat() if extends and first else day.isoformat()}
    picked["to"] = day.isoformat()
    return {
        "date": day.isoformat(),
        "number": day.day,
        "label": f"{language.full_date(day)}: {words}",
        "own": own is not None,
        "open": bool(ranges),
        "in_month": day.month == month.month,
        "today": day == today,
        "chosen": first is not None and first <= day <= (last or first),
        "address": address("dates", month=f"{month:%Y-%m}", **picked),
    }


def _overrides(document: Settings) -> list[Document]:
    """Dates with hours of their own; neighbours that are alike together."""
    found: list[Document] = []
    for text, ranges in sorted(document.date_overrides.items()):
        before = found[-1] if found else None
        follows = before and date.fromisoformat(before["last"]) + timedelta(days=1)
        if before and before["ranges"] == ranges and follows == date.fromisoformat(text):
            before["last"] = text
        else:
            found.append({"first": text, "last": text, "ranges": ranges})
    return [{**each, **_span_words(each)} for each in found]


def _span_words(span: Document) -> Document:
    first, last = date.fromisoformat(span["first"]), date.fromisoformat(span["last"])
    label = language.short_date(first)
    if last != first:
        label = f"{label} – {language.short_date(last)}"
    hours = ", ".join("–".join(pair) for pair in span["ranges"]) or _("closed")
    picked = {"month": f"{first:%Y-%m}", "from": span["first"], "to": span["last"]}
    return {"label": label, "hours": hours, "address": address("dates", **picked)}


# --- calendars -------------------------------------------------------------------------------


def calendars(host: models.Host, chosen: Document) -> Document:
    """What can be chosen from, the chosen ones first, and what Google does not list any more."""
    listed = host_calendars.of(service.google(), host, clock.now())
    ids = list(dict.fromkeys([*chosen["busy_calendars"], chosen["target_calendar"]]))
    known = {found.id for id in ids if (found := listed.find(id))}
    ids += [
        "primary" if each.primary else each.id for each in listed.entries if each.id not in known
    ]
    return {"rows": [_calendar(listed, id, chosen) for id in ids if id], "problem": listed.problem}


def _calendar(listed: host_calendars.Calendars, id: str, chosen: Document) -> Document:
    entry, busy = listed.find(id), id in chosen["busy_calendars"]
    return {
        "id": id,
        "name": entry.name if entry else id,
        "colour": entry.colour if entry else "#5f6368",
        "primary": bool(entry and entry.primary),
        "busy": busy,
        "target": id == chosen["target_calendar"],
        "owned": entry.owned if entry else not listed.entries,
        "gone": entry is None and bool(listed.entries) and listed.problem is None,
    }


# --- event types -----------------------------------------------------------------------------


def _listed(host: models.Host, event: EventType) -> Document:
    return {
        "slug": event.slug,
        "title": event.title,
        "facts": f"{language.minutes(event.duration)} · {_place(event)}",
        "listed": event.listed,
        "active": event.active,
        "upcoming": rows.upcoming_of_event(host, event.slug, clock.now())
        if request.args.get("delete") == event.slug
        else 0,
    }


def _adding(draft: Draft | None) -> Document:
    """The title and length of an event type to be added, as they were typed."""
    given = draft.form if draft and draft.section == "event-types" else {}
    return {"title": given.get("title", ""), "duration": given.get("duration", "30")}


def _place(event: EventType) -> str:
    places = {"google_meet": "Google Meet", "phone": _("phone"), "in_person": _("in person")}
    return places[event.location]


def _open_event(
    host: models.Host, stored: Document, draft: Draft | None, saved: str
) -> Document | None:
    """The event type whose editor is open: the one that was sent, else the one asked for."""
    sent = draft is not None and draft.section == "event"
    slug = str((request.view_args or {}).get("slug", "")) if sent else request.args.get("event", "")
    events = draft.document["event_types"] if draft and sent else stored["event_types"]
    found = [at for at, each in enumerate(events) if each["slug"] == slug]
    at = draft.at if draft and sent else next(iter(found), None)
    if at is None or at >= len(events):
        return None
    form = form_view.of("event", events[at], host.revision, draft, saved)
    return {"slug": slug, "form": form, "title": events[at]["title"]}


# --- the snippet -----------------------------------------------------------------------------


def _embed(host: models.Host, document: Settings) -> Document:
    mode = request.args.get("embed", "")
    mode = mode if mode in snippets.MODES else "inline"
    active = [each for each in document.event_types if each.active]
    wanted = request.args.get("of", active[0].slug if active else "")
    event = next((each for each in active if each.slug == wanted), None)
    site = request.args.get("site", "")
    query = f"?event={event.slug}" if event else ""
    return {
        "mode": mode,
        "tabs": snippets.tabs(),
        "hint": snippets.hints()[mode],
        "code": snippets.code(mode, service.config().public_url, document, event),
        "events": active,
        "of": event.slug if event else "",
        "preview": f"/settings/embed/{mode}{query}",
        "live": snippets.live(document, host, site, clock.now()) if site.strip() else None,
        "seen": snippets.last_sites(host),
    }
