"""The single settings page: sections that are saved one by one (part of the host blueprint)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import peewee
from flask import Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from jinja2_fragments.flask import render_block
from werkzeug.datastructures import MultiDict

import models
from widget import details, language, settings, web, zones
from widget.calendar import CALENDAR_SCOPES
from widget.host import blueprint, missing_scopes
from widget.language import gettext as _
from widget.settings import Settings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NUMBERS = ("duration", "minimum_notice", "buffer_before", "buffer_after")

Document = dict[str, Any]
Form = MultiDict[str, str]


@blueprint.get("/settings")
@login_required
def show() -> ResponseReturnValue:
    host = current_user.host
    return _page(host, settings.load(host.settings), saved=request.args.get("saved"))


@blueprint.post("/settings/profile")
@login_required
def save_profile() -> ResponseReturnValue:
    return _save("profile", _profile)


@blueprint.post("/settings/hours")
@login_required
def save_hours() -> ResponseReturnValue:
    return _save("hours", _hours)


@blueprint.post("/settings/events/<slug>")
@login_required
def save_event(slug: str) -> ResponseReturnValue:
    return _save(f"event-{slug}", lambda document, form: _event(document, form, slug))


# --- a section's form into the document -------------------------------------------------------


def _profile(document: Document, form: Form) -> None:
    document["display_name"] = form.get("display_name", "").strip()
    document["time_zone"] = form.get("time_zone", "")


def _hours(document: Document, form: Form) -> None:
    document["weekly_hours"] = {
        day: [
            [start, "24:00" if end == "00:00" else end]  # a time field has no 24:00
            for start, end in _rows(form, day)
            if start or end
        ]
        for day in DAYS
    }  # fmt: skip


def _rows(form: Form, day: str) -> list[tuple[str, str]]:
    return list(zip(form.getlist(f"{day}-start"), form.getlist(f"{day}-end"), strict=False))


def _event(document: Document, form: Form, slug: str) -> None:
    event = next((each for each in document["event_types"] if each["slug"] == slug), None)
    if event is None:
        abort(404)
    unchanged = event["slot_interval"] == event["duration"]
    event["title"] = form.get("title", "").strip()
    event["description"] = form.get("description", "").replace("\r\n", "\n").strip()
    for name in NUMBERS:
        event[name] = _whole(form.get(name, ""))
    if unchanged:
        event["slot_interval"] = event["duration"]


def _whole(text: str) -> int | str:
    """The number, or the text as it is: the document's schema says what is wrong with it."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


# --- saving -------------------------------------------------------------------------------------


def _save(section: str, change: Callable[[Document, Form], None]) -> ResponseReturnValue:
    host, form = current_user.host, request.form
    stored = settings.load(host.settings)
    document = settings.dump(stored)
    change(document, form)
    try:
        wanted = settings.parse(document)
    except settings.SettingsError as error:
        return _page(host, stored, 422, section, form, faults=_by_field(error, document))
    revision = _whole(form.get("revision", ""))
    try:
        saved = models.save_settings(
            host,
            wanted.handle,
            settings.dumps(wanted),
            revision if isinstance(revision, int) else 0,
        )
    except peewee.IntegrityError:
        return _page(
            host, stored, 422, section, form, faults={"handle": _("This handle is taken.")}
        )
    if not saved:
        fresh = models.host_by_id(host.id) or abort(404)
        return _page(fresh, settings.load(fresh.settings), 409, section, form, stale=True)
    return redirect(f"/settings?saved={section}#{section}", 303)


def _by_field(error: settings.SettingsError, document: Document) -> dict[str, str]:
    """The faults by the names of the page's fields; those of no field under ''."""
    found: dict[str, str] = {}
    for fault in error.faults:
        name = fault.path
        if name.startswith("weekly_hours."):
            name = name.removeprefix("weekly_hours.")[:3]
        elif name.startswith("event_types["):
            name = name.partition("].")[2] or name
            name = "duration" if name == "slot_interval" else name
        found.setdefault(name, fault.message)
    return found


# --- the page -------------------------------------------------------------------------------------


def _page(
    host: models.Host,
    document: Settings,
    status: int = 200,
    section: str = "",
    form: Form | None = None,
    faults: dict[str, str] | None = None,
    saved: str | None = None,
    stale: bool = False,
) -> Response:
    """The whole page, or its main part for htmx; `form` keeps what was typed in `section`."""
    typed = form or MultiDict()
    context = {
        **web.page(_("Settings")),
        "host": host,
        "document": document,
        "section": section,
        "faults": faults or {},
        "saved": saved,
        "stale": stale,
        "profile": _typed(typed, section == "profile", settings.dump(document)),
        "zones": zones.by_region(ZoneInfo(_zone(typed, document)), web.now()),
        "week": [_day(day, typed, section, document) for day in DAYS],
        "events": [_event_view(event, typed, section) for event in document.event_types],
        "connection": _connection(host),
        "public_url": web.config().public_url,
    }
    args = ("host/settings.html", "main") if web.is_fragment() else ("host/settings.html",)
    render = render_block if web.is_fragment() else render_template
    response = make_response(render(*args, **context), status)
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response


def _typed(typed: Form, here: bool, stored: Document) -> Document:
    return {**stored, **typed.to_dict()} if here else stored


def _zone(typed: Form, document: Settings) -> str:
    wanted = typed.get("time_zone", document.time_zone)
    return wanted if wanted in details.ZONES else document.time_zone


def _day(day: str, typed: Form, section: str, document: Settings) -> Document:
    """A weekday's ranges as the page's fields show them, and one empty row to add another."""
    if section == "hours":
        ranges = [row for row in _rows(typed, day) if any(row)]
    else:
        stored = settings.dump(document)["weekly_hours"][day]
        ranges = [(start, "00:00" if end == "24:00" else end) for start, end in stored]
    return {
        "key": day,
        "label": language.weekday_name(DAYS.index(day)),
        "ranges": [*ranges, ("", "")],
    }


def _event_view(event: settings.EventType, typed: Form, section: str) -> Document:
    view = _typed(typed, section == f"event-{event.slug}", event.model_dump())
    return {**view, "slug": event.slug, "section": f"event-{event.slug}"}


def _connection(host: models.Host) -> Document:
    granted = host.scopes.split()
    asked = host.asked_at and language.moment(host.asked_at)
    return {
        "email": host.email,
        "disconnected": host.disconnected_reason if host.disconnected_at else None,
        "missing": missing_scopes([each for each in CALENDAR_SCOPES if each not in granted]),
        "problem": host.calendar_problem,
        "asked": asked,
    }
