"""The single settings page: sections that are saved one by one."""

from dataclasses import replace

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

import models
from widget.core.document import SettingsError, load_document, parse_document
from widget.host import bookings, event_types, form_view, forms, views
from widget.host.fields import EVENT, EVENT_TYPES, SECTIONS, Faulty, Part, Section, slugs_of
from widget.host.form_view import FormView
from widget.host.page import address
from widget.host.store import store
from widget.host.views import whole
from widget.web import answers, theme
from widget.web.audience import Audience, Room

blueprint = Room("settings", __name__, Audience.HOST)

#: Where on the page a form stands, by the first part of its address.
ANCHORS = {each.name: each.anchor for each in (*SECTIONS.values(), EVENT_TYPES)}
ANCHORS |= {"links": "links", "webhook": "webhook", "tokens": "programs", "picture": "profile"}


# --- the page ------------------------------------------------------------------------------------


@blueprint.get("/settings")
def show() -> ResponseReturnValue:
    if found := bookings.where_listed(current_user.host):
        return redirect(address(f"booking-{found['booking']}", **found), 303)
    return whole(current_user.host)


@blueprint.get("/settings/<section>")
@blueprint.get("/settings/<section>/<path:_act>")
def back(section: str, _act: str = "") -> ResponseReturnValue:
    """Lead a form's own address, reloaded, back to the page: without what that said only once."""
    return redirect(address(ANCHORS.get(section) or abort(404)), 303)


@blueprint.get("/settings/events/<slug>")
def back_to_event(slug: str) -> ResponseReturnValue:
    return redirect(address("events", event=slug), 303)


# --- one section, saved --------------------------------------------------------------------------


@blueprint.post("/settings/<section>")
def save(section: str) -> ResponseReturnValue:
    known = SECTIONS.get(section)
    if known is None or known is EVENT:
        abort(404)
    return _save(known)


@blueprint.post("/settings/events/<slug>")
def save_event(slug: str) -> ResponseReturnValue:
    return _save(EVENT, slug)


def _save(section: Section, slug: str = "") -> ResponseReturnValue:
    """What comes of a form. The host is locked only for one that can be stored: what is shown
    again, for a fault or a row more, waits for nobody."""
    host: models.Host = current_user.host
    status, sent = _put(host, section, slug, keep=False)
    if status == 303:
        with models.locked(host) as host:
            status, sent = _put(host, section, slug, keep=True)
    if status != 303:
        return whole(host, status, sent)
    given = {"event": sent.values["slug"]} if section is EVENT else {}
    if section.name == "dates":
        given["month"] = request.form.get("from", "")[:7]
    return redirect(address(section.anchor, section.name, **given), 303)


def _put(host: models.Host, section: Section, slug: str, *, keep: bool) -> tuple[int, FormView]:
    """Put the form's part into the document, unless that part was changed since it was shown, and
    `keep` it: the status, and the form to be shown again if it is not 303."""
    current = load_document(host.settings)
    stored = current.model_dump()
    before = section.part_of(stored, slug)
    sent = _sent(section, slug, before)
    if "do" in request.form:
        forms.edit(sent.values, request.form["do"], request.form)
        typed = bool(sent.faults) or sent.values != before
        return 200, replace(sent, faults={}, unsaved=typed)
    if sent.faults:
        return 422, sent
    wanted = section.put(stored, sent.values, slug)
    name = sent.values["slug"] if section is EVENT else ""
    if before is None and section.part_of(stored, name) == sent.values:
        return 303, sent  # a second press of the button that renamed it
    try:
        document = parse_document(wanted)
        if document != current and sent.revision != forms.revision(before):
            return 409, replace(sent, revision=forms.revision(before), conflict=True)
        renamed = {slug: name} if slug != name else {}
        if keep:
            store(host, document, renamed, zone_chosen=section.name == "profile")
    except SettingsError as error:
        return 422, replace(sent, faults=form_view.faults_of(error, wanted, section))
    return 303, sent


def _sent(section: Section, slug: str, before: Part | None) -> FormView:
    """The form as it was sent, with the faults of what cannot be read of it."""
    form, faults = request.form, dict[str, str]()
    try:
        part = forms.read_section(section, form, before)
    except Faulty as error:
        part, faults = dict(before or {}), error.faults
    revision = form.get("revision", "")
    return FormView(section, part, revision, slug, faults, sent=form, unsaved=True)


# --- the list of event types ---------------------------------------------------------------------


@blueprint.post("/settings/event-types")
def change_event_types() -> ResponseReturnValue:
    """Add, duplicate, move or delete an event type, on what is stored now."""
    with models.locked(current_user.host) as host:
        document = load_document(host.settings).model_dump()
        shown = slugs_of(document)
        try:
            opened = event_types.change(document, request.form) or request.args.get("event")
            store(host, parse_document(document))
            return redirect(address("events", "event-types", event=opened), 303)
        except Faulty as error:
            faults = error.faults
        except SettingsError as error:
            faults = form_view.faults_of(error, document, EVENT_TYPES)
    revision, form = forms.revision(shown), request.form
    sent = FormView(EVENT_TYPES, {}, revision, faults=faults, sent=form, unsaved=True)
    return whole(host, 422, sent)


# --- said while typing ---------------------------------------------------------------------------


@blueprint.get("/settings/check/handle")
def check_handle() -> ResponseReturnValue:
    """Whether a handle can be had: a line of text for beside its field."""
    state = views.handle_state(current_user.host, request.args.get("handle", ""))
    return answers.html("host/handle.html", state=state)


@blueprint.get("/settings/check/accent")
def check_accent() -> ResponseReturnValue:
    accent = request.args.get("accent", "").strip().removeprefix("#")
    return answers.html("host/accent.html", mended=theme.mended(accent))
