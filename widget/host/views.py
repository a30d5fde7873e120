"""The settings page as its templates see it: every section's form, and what stands around it."""

from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

import models
from widget.booking import tokens
from widget.core import clock, fields
from widget.core import zones as core_zones
from widget.core.document import Settings, load_document
from widget.core.first import first_document
from widget.guest import picture
from widget.host import (
    account,
    bookings,
    calendars,
    dates,
    days_off,
    event_types,
    forms,
    links,
    snippets,
    store,
    times,
    units,
    webhook,
    week,
    why,
)
from widget.host.fields import EVENT, EVENT_TYPES, QUESTION, SECTIONS, Document, Section, slugs_of
from widget.host.form_view import FormView
from widget.host.page import action, address, page
from widget.text import language, zones
from widget.web import service, theme

FIRST_WEEK = first_document("x", "x", "UTC").weekly_hours


def whole(
    host: models.Host, status: int = 200, sent: FormView | None = None, **said: dict[str, Any]
) -> ResponseReturnValue:
    """The page; `sent` keeps what was typed in its section, `said` what became of something that
    was to be made or changed in one, by its name."""
    document = load_document(host.settings)
    shown = {
        **_forms(host, document, sent),
        "host": host,
        "connection": account.connection(host),
        "bookings": bookings.view(host, document, said.get("bookings", {})),
        "why": why.view(host, document),
        "token": said.get("token", {}),
        "picture": {"address": picture.address(document), **said.get("picture", {})},
        "times": times.view(host, document),
        "links": links.view(host, document, said.get("links", {})),
        "webhook": webhook.view(host, said.get("webhook", {})),
    }
    return page("host/settings.html", status, **shown)


def _forms(host: models.Host, document: Settings, sent: FormView | None) -> Document:
    """The forms of the document, and what stands around them; `sent` was not saved."""
    stored = document.model_dump()
    saved = request.args.get("saved", "") if request.method == "GET" else ""

    def form(section: Section, part: Any, slug: str = "") -> FormView:
        if sent and sent.section is section:
            return sent
        return FormView(section, part, forms.revision(part), slug, saved=saved == section.name)

    some = [each for each in SECTIONS.values() if each is not EVENT]
    shown = {each.name: form(each, each.part_of(stored)) for each in some}
    # the event type whose editor is open: the one that was sent, else the one asked for
    slug = request.args.get("event", "")
    part, editor = EVENT.part_of(stored, slug), sent if sent and sent.section is EVENT else None
    editor = editor or (form(EVENT, part, slug) if part else None)
    typed_zone = shown["profile"].values["time_zone"]
    typed_zone = typed_zone if typed_zone in core_zones.ZONES else document.time_zone
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
        "zone": ZoneInfo(document.time_zone),
        "zones": _zones(typed_zone, clock.now() // 3600, str(language.current())),
        "week_of": week.shown,
        "dated_lines": forms.dated_lines,
        "off": days_off.view(document, shown["holidays"].values["holidays"]),
        "dates": dates.view(document, shown["dates"].sent),
        "calendars": calendars.view(host, shown["calendars"].values),
        "mended": theme.mended(shown["theme"].values["accent"]),
        "tokens": tokens.listed(host),
        "event_list": [event_types.listed(host, document, each) for each in document.event_types],
        "editor": editor,
        "embed": snippets.view(host, document),
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
    booked = models.Booking.select().where(models.Booking.host == host).exists()
    return [] if booked or all(done for *_step, done in steps) else steps


@lru_cache(maxsize=64)
def _zones(chosen: str, hour: int, _language: str) -> list[Document]:
    """All zones to choose from: reading their files takes longer than the rest of the page."""
    return zones.by_region(ZoneInfo(chosen), hour * 3600)


def handle_state(host: models.Host, text: str) -> str:
    """Whether the host can have a handle: it is their own, bad, taken, or good (free)."""
    handle = text.strip().lower()
    if handle == host.handle:
        return "own"
    if not fields.HANDLE.fullmatch(handle):
        return "bad"
    taken = handle in fields.NOT_NEW or store.holder(handle) not in (None, host)
    return "taken" if taken else "good"
