"""Pages for people: the calendars with their events, and changes by hand; Meet links; control."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from demo.google.calendar import later, move_to, notify, span
from demo.google.faults import Fault, Faults
from demo.google.state import Calendar, Event, State, utc

blueprint = Blueprint("pages", __name__)


def _state() -> State:
    state: State = current_app.extensions["state"]
    return state


def _calendar(email: str) -> Calendar:
    return _state().calendars.get(email) or abort(404)


@blueprint.get("/")
def chooser() -> ResponseReturnValue:
    return render_template("people.html", people=_state().people.values())


@blueprint.get("/calendar")
def show() -> ResponseReturnValue:
    state, email = _state(), request.args.get("person", "")
    with state.lock:
        calendar = _calendar(email)
        days: dict[str, list[dict[str, Any]]] = {}
        since = time.time() - 86400
        for event in sorted(calendar.events.values(), key=lambda each: span(each, calendar.zone)):
            low, high = span(event, calendar.zone)
            if high > since:
                view = _view(event, low, high, calendar)
                days.setdefault(view["day"], []).append(view)
        sent = list(reversed(state.invitations))[:20]
        others = [
            each
            for each in state.calendars.values()
            if each.owner == calendar.owner and each is not calendar
        ]
        return render_template(
            "calendar.html", calendar=calendar, person=state.people[calendar.owner], days=days,
            invitations=sent, others=others,
        )  # fmt: skip


def _view(event: Event, low: float, high: float, calendar: Calendar) -> dict[str, Any]:
    zone = ZoneInfo(calendar.zone)
    start, end = datetime.fromtimestamp(low, zone), datetime.fromtimestamp(high, zone)
    return {
        "id": event["id"],
        "summary": event.get("summary") or "Busy",
        "day": f"{start:%A}, {start.day} {start:%B %Y}",
        "time": "all day" if "date" in event["start"] else f"{start:%H:%M} – {end:%H:%M}",
        "cancelled": event["status"] == "cancelled",
        "free": event.get("transparency") == "transparent",
        "link": event.get("hangoutLink"),
        "attendees": event.get("attendees", ()),
        "description": event.get("description", ""),
    }


@blueprint.post("/calendar/add")
def add() -> ResponseReturnValue:
    """Busy time, as a person would enter it: a local date and time, or a whole day."""
    form, state = request.form, _state()
    with state.lock:
        calendar = _calendar(form.get("person", ""))
        try:
            day = datetime.fromisoformat(form["date"])
        except (KeyError, ValueError):
            abort(400)
        if form.get("all_day"):
            following = day + timedelta(days=1)
            start, end = {"date": f"{day:%Y-%m-%d}"}, {"date": f"{following:%Y-%m-%d}"}
        else:
            zone = ZoneInfo(calendar.zone)
            opens, closes = (
                datetime.fromisoformat(f"{form['date']}T{form[name]}").replace(tzinfo=zone)
                for name in ("start", "end")
            )
            start, end = {"dateTime": opens.isoformat()}, {"dateTime": closes.isoformat()}
        add_event(
            state, calendar, form.get("summary") or "Busy", start, end,
            free=bool(form.get("free")),
        )  # fmt: skip
    return redirect(f"/calendar?person={calendar.id}", 303)


def add_event(
    state: State, calendar: Calendar, summary: str, start: Any, end: Any, *, free: bool = False,
    declined: bool = False,
) -> Event:  # fmt: skip
    """An event that was made in Google itself."""
    state.changes += 1
    id = f"own{state.changes:08d}"
    event: Event = {
        "kind": "calendar#event",
        "id": id,
        "status": "confirmed",
        "summary": summary,
        "created": utc(time.time(), "milliseconds"),
        "organizer": {"email": calendar.owner, "self": True},
        "iCalUID": f"{id}@google.com",
        "sequence": 0,
        "start": start,
        "end": end,
        "eventType": "default",
    }
    if free:
        event["transparency"] = "transparent"
    if declined:
        event["attendees"] = [{"email": calendar.owner, "responseStatus": "declined"}]
    state.store(calendar, event)
    notify(state, calendar)
    return event


@blueprint.post("/calendar/to-calendar/<id>")
def change_calendar(id: str) -> ResponseReturnValue:
    """Put an event into another calendar of the same person."""
    state, form = _state(), request.form
    with state.lock:
        calendar, target = _calendar(form.get("person", "")), _calendar(form.get("target", ""))
        if id not in calendar.events or target.owner != calendar.owner:
            abort(404)
        move_to(state, calendar, target, id)
        notify(state, target)
    return redirect(f"/calendar?person={target.id}", 303)


@blueprint.post("/calendar/<act>/<id>")
def change(act: str, id: str) -> ResponseReturnValue:
    """Move, delete, decline or remove a guest, as a person would by hand."""
    state, form = _state(), request.form
    with state.lock:
        calendar = _calendar(form.get("person", ""))
        event = calendar.events.get(id) or abort(404)
        alter(state, calendar, event, act, form.get("minutes", "60"))
    return redirect(f"/calendar?person={calendar.id}", 303)


def alter(state: State, calendar: Calendar, event: Event, act: str, minutes: str = "60") -> None:
    fresh = {**event, "attendees": [dict(each) for each in event.get("attendees", ())]}
    guests = [each for each in fresh["attendees"] if each["email"] != calendar.owner]
    hosts = [each for each in fresh["attendees"] if each["email"] == calendar.owner]
    if act == "move" and minutes.lstrip("-").isdigit():
        fresh["start"] = later(event["start"], int(minutes))
        fresh["end"] = later(event["end"], int(minutes))
        fresh["sequence"] = event.get("sequence", 0) + 1
    elif act == "delete":
        fresh["status"] = "cancelled"
    elif act == "free":
        fresh["transparency"] = "transparent"
    elif act in ("decline-host", "decline-guest"):
        for each in hosts if act == "decline-host" else guests:
            each["responseStatus"] = "declined"
    elif act == "remove-guest":
        fresh["attendees"] = hosts
    else:
        abort(404)
    if not fresh["attendees"]:
        del fresh["attendees"]
    state.store(calendar, fresh)
    notify(state, calendar)


@blueprint.get("/meet/<name>")
def meet(name: str) -> ResponseReturnValue:
    return render_template("meet.html", name=name)


# --- control, for tests that run the stand-in in another process --------------------------------


def _faults() -> Faults:
    faults: Faults = current_app.extensions["faults"]
    return faults


@blueprint.post("/control/faults")
def add_fault() -> ResponseReturnValue:
    _faults().add(Fault(**(request.get_json() or {})))
    return {}


@blueprint.delete("/control/faults")
def clear_faults() -> ResponseReturnValue:
    _faults().clear()
    return {}


@blueprint.post("/control/latency")
def set_latency() -> ResponseReturnValue:
    _faults().latency_seconds = float(request.get_json()["seconds"])
    return {}


@blueprint.post("/control/reset")
def reset() -> ResponseReturnValue:
    _faults().clear()
    _state().reset()
    return {}


@blueprint.post("/control/snapshot")
def snapshot() -> ResponseReturnValue:
    """Keep all as it is now, for /control/restore."""
    current_app.extensions["snapshot"] = _state().snapshot()
    return {}


@blueprint.post("/control/restore")
def restore() -> ResponseReturnValue:
    _faults().clear()
    _state().restore(current_app.extensions["snapshot"])
    return {}


@blueprint.post("/control/people/<email>/busy")
def add_busy(email: str) -> ResponseReturnValue:
    """{"start", "end"} as RFC 3339, and a "summary" if wanted."""
    given = request.get_json()
    with _state().lock:
        start, end = {"dateTime": given["start"]}, {"dateTime": given["end"]}
        return add_event(_state(), _calendar(email), given.get("summary", "Busy"), start, end)


@blueprint.get("/control/state")
def state() -> ResponseReturnValue:
    known = _state()
    with known.lock:
        return {
            "deviations": known.deviations,
            "calls": [method for method, _params in known.calls],
            "invitations": known.invitations,
            "events": {
                id: list(calendar.events.values()) for id, calendar in known.calendars.items()
            },
        }
