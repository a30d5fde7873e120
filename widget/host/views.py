"""The settings page as its templates see it: every section's form, and what stands around it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import request

import models
from widget.booking import links, rows, tokens
from widget.core import clock, fields
from widget.core import zones as core_zones
from widget.core.document import WEEKDAYS, EventType, Schedule, Settings
from widget.core.first import first_document
from widget.core.hours import schedule_of
from widget.guest import days as guest_days
from widget.host import calendars as host_calendars
from widget.host import days_off, forms, snippets, units
from widget.host import week as host_week
from widget.host.fields import EVENT, EVENT_TYPES, QUESTION, SECTIONS, Document, Section, slugs_of
from widget.host.form_view import FormView
from widget.text import language, zones
from widget.web import service, theme

LOCATIONS = {
    "google_meet": "Google Meet",
    "phone": "phone",
    "in_person": "in person",
    "link": "your link",
}
#: What an address says about the view: which editor, month, tab and page of bookings are open.
KEPT = ("event", "month", "embed", "of", "show", "q", "page")
FIRST_WEEK = first_document("x", "x", "UTC").weekly_hours
VIEW_LENGTH = 100  # characters of any of them


def address(anchor: str, saved: str = "", **changes: str | int | None) -> str:
    """The page at a section, with the view as it is but for `changes` (None: not any more)."""
    kept = {name: request.args[name][:VIEW_LENGTH] for name in KEPT if request.args.get(name)}
    wanted = {**kept, **({"saved": saved} if saved else {}), **changes}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return "/settings" + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


def secret_of_form() -> str:
    """What a sent form makes something new of: the same when it is sent again (made_by)."""
    return links.made_by(service.config(), request.form.get("nonce", ""))


def action(path: str) -> str:
    """A form's address, which keeps the view."""
    return address("").replace("/settings", f"/settings/{path}", 1)


def page(host: models.Host, document: Settings, sent: FormView | None) -> Document:
    """Everything but the connection, the bookings and why a time is closed; `sent` is a form
    that was not saved."""
    stored = document.model_dump()
    saved = request.args.get("saved", "") if request.method == "GET" else ""

    def form(section: Section, part: Any, slug: str = "") -> FormView:
        if sent and sent.section is section:
            return sent
        return FormView(section, part, forms.revision(part), slug, saved=saved == section.name)

    some = [each for each in SECTIONS.values() if each is not EVENT]
    shown = {each.name: form(each, each.part_of(stored)) for each in some}
    editor, accent = _editor(stored, sent, form), shown["theme"].values["accent"]
    offered = next((each.slug for each in document.event_types if each.active), "")
    return {
        "title": "Settings",
        "document": document,
        "public_url": service.config().public_url,
        "here": address,
        "to": action,
        "saved": saved,
        "forms": {**shown, "event-types": form(EVENT_TYPES, slugs_of(stored))},
        "unfinished": sent.section.anchor if sent else None,
        "question_fields": QUESTION,
        "zones": _zones(
            _zone(shown["profile"], document), clock.now() // 3600, str(language.current())
        ),
        "week_of": _week,
        "dated_lines": forms.dated_lines,
        "off": days_off.view(document, shown["holidays"].values["holidays"], address),
        "dates": dates(document, shown["dates"]),
        "calendars": calendars(host, shown["calendars"].values),
        "mended": theme.mended(accent) if theme.is_accent(accent) else None,
        "tokens": [_token(each) for each in tokens.listed(host)],
        "event_list": [_listed(host, document, each) for each in document.event_types],
        "deleting": request.args.get("delete", ""),
        "adding": _adding(sent),
        "editor": editor,
        "embed": _embed(host, document),
        "preview_slug": editor.slug if editor else offered,
        "typed_minutes": units.said,
        "first": _first_run(host, document),
    }


def _first_run(host: models.Host, document: Settings) -> list[tuple[str, str, bool]]:
    """What a new host does first: where, in words, and whether it is done. Empty once all is, or
    once somebody has booked."""
    seen = bool(snippets.seen_on(host))
    steps = [
        ("hours", "Set your hours", document.weekly_hours != FIRST_WEEK),
        ("calendars", "Choose the calendars that count", document.busy_calendars != ["primary"]),
        ("embed", "Paste the snippet into your website", seen),
        ("live-site", "See it live there", seen),
    ]
    over = (
        all(done for *_step, done in steps)
        or models.Booking.select().where(models.Booking.host == host).exists()
    )
    return [] if over else steps


def _editor(stored: Document, sent: FormView | None, form: Any) -> FormView | None:
    """The event type whose editor is open: the one that was sent, else the one asked for."""
    if sent and sent.section is EVENT:
        return sent
    slug = request.args.get("event", "")
    part = EVENT.part_of(stored, slug)
    return form(EVENT, part, slug) if part else None


def _zone(form: FormView, document: Settings) -> str:
    wanted = str(form.values["time_zone"])
    return wanted if wanted in core_zones.ZONES else document.time_zone


@lru_cache(maxsize=64)
def _zones(chosen: str, hour: int, _language: str) -> list[Document]:
    """All zones to choose from: reading their files takes longer than the rest of the page."""
    return zones.by_region(ZoneInfo(chosen), hour * 3600)


def handle_said(host: models.Host, text: str) -> dict[str, str]:
    """Whether the host can have a handle: `state` own, good (free) or bad, and `words` for it."""
    handle = text.strip().lower()
    if handle == host.handle:
        return {"state": "own", "words": "This is your address now."}
    if not fields.HANDLE.fullmatch(handle):
        return {"state": "bad", "words": "Use 1 to 40 of a-z, 0-9 and hyphens."}
    other = models.host_by_handle(handle) or models.host_by_old_handle(handle)
    if handle in fields.NOT_NEW or (other is not None and other.id != host.id):
        return {"state": "bad", "words": "This one is taken or reserved."}
    return {"state": "good", "words": "This one is free. Old links will lead to it."}


# --- weekly hours ----------------------------------------------------------------------------


def _week(ranges: host_week.Week) -> list[Document]:
    """The weekdays' rows as their fields show them, and their bars in the week at a glance."""
    shown = host_week.joined(ranges)
    return [
        {
            "key": day,
            "label": language.weekday_name(number),
            "ranges": [row._replace(end=_midnight(row.end)) for row in shown[day]],
            "bars": [bar for pair in ranges[day] if (bar := _bar(pair))],
            "words": ", ".join(f"{row.start}–{row.end}" for row in shown[day]) or "closed",
        }
        for number, day in enumerate(WEEKDAYS)
    ]


def _row(pair: list[str]) -> tuple[str, str]:
    return pair[0], _midnight(pair[1])


def _midnight(end: str) -> str:
    """As a field for a time has it."""
    return "00:00" if end == "24:00" else end


def _bar(pair: list[str]) -> tuple[int, int] | None:
    try:
        start, end = fields.minutes(pair[0]), fields.minutes(pair[1])
    except ValueError:
        return None
    return (start, end - start) if start < end else None


# --- dates -----------------------------------------------------------------------------------


def dates(document: Settings, form: FormView) -> Document:
    """A month of dates with what holds on each, the form for the chosen ones, and a list.

    What is chosen and typed is that of the form that was sent, else of the address: turning the
    month keeps it.
    """
    today = language.today(clock.now(), ZoneInfo(document.time_zone))
    given = request.args if form.sent is None else form.sent
    from_, to = (given.getlist(name)[-1:] or [""] for name in ("from", "to"))
    first, last = _date(from_[0]), _date(to[0])
    month = _month(request.args.get("month", ""), first or today)
    own = document.date_overrides.get(first.isoformat()) if first else None
    rows = [_row(pair) for pair in own or ()]
    if "kind" in given and "do" in given:  # rows that are still empty stay
        starts, ends = given.getlist("dates-start"), given.getlist("dates-end")
        rows = list(zip(starts, ends, strict=False))
    elif "kind" in given or form.sent is not None:  # in the order that faults are told by
        rows = [_row(pair) for pair in forms.ranges(given, "dates")]
    usual = "closed" if own is None or own == [] else "hours"
    chosen = {"from": from_[0], "to": to[0]}
    return {
        "month": language.month_name(month),
        "previous": address("dates", month=f"{month - timedelta(days=1):%Y-%m}", **chosen),
        "next": address("dates", month=f"{month + timedelta(days=31):%Y-%m}", **chosen),
        "weekdays": language.weekdays(),
        "weeks": [
            [_cell(document, day, month, today, first, last) for day in each]
            for each in guest_days.weeks(month)
        ],
        "from": from_[0],
        "to": to[0] or from_[0],
        "kind": given.get("kind", "" if form.sent is not None else usual),
        "typed": form.sent is None and "kind" in given,
        "rows": [*rows, ("", "")],
        "coming": [each for each in _overrides(document) if each["last"] >= today.isoformat()],
        "past": [each for each in _overrides(document) if each["last"] < today.isoformat()],
    }


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if fields.is_date(text) else None


def _month(text: str, otherwise: date) -> date:
    try:
        return guest_days.read_month(text)
    except ValueError:
        return otherwise.replace(day=1)


def _cell(
    document: Settings, day: date, month: date, today: date, first: date | None, last: date | None
) -> Document:
    own = document.date_overrides.get(day.isoformat())
    ranges = document.weekly_hours[WEEKDAYS[day.weekday()]] if own is None else own
    off = days_off.named(document, day)
    ranges = [] if off else ranges
    extends = first is not None and (last is None or last == first) and day > first
    picked = {"from": first.isoformat() if extends and first else day.isoformat()}
    picked["to"] = day.isoformat()
    return {
        "date": day.isoformat(),
        "number": day.day,
        "label": f"{language.full_date(day)}: {off or _hours(ranges)}",
        "own": own is not None,
        "off": off,
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
    picked = {"month": f"{first:%Y-%m}", "from": span["first"], "to": span["last"]}
    return {"label": label, "hours": _hours(span["ranges"]), "address": address("dates", **picked)}


def _hours(ranges: list[list[str]]) -> str:
    """09:00–12:30, 13:30–17:00; or that it is closed."""
    return ", ".join("–".join(pair) for pair in ranges) or "closed"


# --- calendars -------------------------------------------------------------------------------


def calendars(host: models.Host, chosen: Document) -> Document:
    """What can be chosen from, the chosen ones first, and what Google does not list any more."""
    listed = host_calendars.listed(service.google(), host, clock.now())
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
        "colour": entry.colour if entry else host_calendars.GREY,
        "primary": bool(entry and entry.primary),
        "busy": busy,
        "target": id == chosen["target_calendar"],
        "owned": entry.owned if entry else not listed.entries,
        "gone": entry is None and bool(listed.entries) and listed.problem is None,
    }


# --- event types -----------------------------------------------------------------------------


def _listed(host: models.Host, document: Settings, event: EventType) -> Document:
    hidden = "switched off" if not event.active else "hidden" if not event.listed else ""
    lengths = ", ".join(map(language.minutes, event.lengths))
    hours = schedule_of(document, event)
    named = hours.name if isinstance(hours, Schedule) else ""
    facts = (lengths, LOCATIONS[event.location], named, hidden)
    return {
        "slug": event.slug,
        "title": event.title,
        "url": f"{service.config().public_url}/book/{document.handle}/{event.slug}",
        "colour": f"#{event.accent or document.theme.accent}",
        "facts": " · ".join(filter(None, facts)),
        "upcoming": rows.upcoming_of_event(host, event.slug, clock.now())
        if request.args.get("delete") == event.slug
        else 0,
    }


def _adding(sent: FormView | None) -> Document:
    """The title and length of an event type to be added, as they were typed."""
    given = sent.sent if sent and sent.section is EVENT_TYPES and sent.sent else {}
    return {"title": given.get("title", ""), "duration": given.get("duration", "30 min")}


# --- programs --------------------------------------------------------------------------------


def _token(token: tokens.ApiToken) -> Document:
    now = clock.now()
    return {
        "id": token.id,
        "name": token.name,
        "made": language.ago(now - token.created_at),
        "used": language.ago(now - token.used_at) if token.used_at else None,
    }


# --- the snippet -----------------------------------------------------------------------------


def _embed(host: models.Host, document: Settings) -> Document:
    mode = request.args.get("embed", "")
    mode = mode if mode in snippets.WAYS else "inline"
    active = [each for each in document.event_types if each.active]
    wanted = document.event_type(request.args.get("of", active[0].slug if active else ""))
    event = wanted if wanted and wanted.active else None
    site = request.args.get("site", "")
    query = f"?event={event.slug}" if event else ""
    return {
        "mode": mode,
        "ways": snippets.WAYS,
        "code": snippets.code(mode, service.config().public_url, document, event),
        "events": active,
        "of": event.slug if event else "",
        "preview": f"/settings/embed/{mode}{query}",
        "live": snippets.live(document, host, site, clock.now()) if site.strip() else None,
        "seen": snippets.last_sites(host),
    }
