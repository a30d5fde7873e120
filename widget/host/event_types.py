"""The list of event types: how it is shown, and changed by its buttons."""

from flask import request

import models
from widget.booking import rows
from widget.core import clock, fields, names
from widget.core.document import EventType, Schedule, Settings
from widget.core.hours import schedule_of
from widget.core.locations import LOCATIONS
from widget.host import units
from widget.host.fields import Document, Faulty, Form, Part, slugs_of
from widget.host.forms import change_row, length, revision
from widget.text import language


def listed(host: models.Host, document: Settings, event: EventType) -> Document:
    hidden = "switched off" if not event.active else "hidden" if not event.listed else ""
    lengths = ", ".join(map(language.minutes, event.lengths))
    hours, deleting = schedule_of(document, event), request.args.get("delete") == event.slug
    named = hours.name if isinstance(hours, Schedule) else ""
    facts = (lengths, LOCATIONS[event.location].name, named, hidden)
    return {
        "slug": event.slug,
        "title": event.title,
        "colour": f"#{event.accent or document.theme.accent}",
        "facts": " · ".join(filter(None, facts)),
        "upcoming": deleting and rows.upcoming_of_event(host, event.slug, clock.now()),
    }


def change(document: Document, form: Form) -> str | None:
    """Do what the pressed button of the list says; the slug of the event type to open, if any.

    Raises Faulty.
    """
    if "add" in form:
        minutes = units.minutes(form.get("duration", ""))
        made = EventType(slug="x", title="x", duration=30).model_dump()
        made.update(title=form.get("title", ""), duration=minutes)
        made["slot_interval"] = length(minutes, 30)
        return _create(document, len(document["event_types"]), made, made["title"], form)
    events, slugs = document["event_types"], slugs_of(document)
    for act in ("duplicate", "up", "down", "delete"):
        slug = form.get(act, "")
        if slug not in slugs:
            continue  # it may be gone already: then there is nothing to do
        at = slugs.index(slug)
        if act == "duplicate":
            title = f"{events[at]['title']} (copy)"[: fields.TITLE]
            made = {**events[at], "title": title, "active": False}
            return _create(document, at + 1, made, slug, form)
        change_row(events, act, at)
        break
    return None


def _create(document: Document, at: int, made: Part, name: str, form: Form) -> str:
    """Put in one more event type, once: a second press of the same button finds the first one's.

    That is the one like it, without which the list is the one that the form was made from.
    """
    events, slugs = document["event_types"], slugs_of(document)
    for each in events:
        before = [slug for slug in slugs if slug != each["slug"]]
        alike = {**each, "slug": ""} == {**made, "slug": ""}
        if alike and form.get("revision") == revision(before):
            return str(each["slug"])
    if len(events) >= fields.EVENT_TYPES:
        said = f"There are {len(events)}, and there can be no more. Delete one first."
        raise Faulty({"event_types": said})
    made["slug"] = names.free(name, slugs.__contains__, "call")
    events.insert(at, made)
    return str(made["slug"])
