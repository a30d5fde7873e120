"""The single settings page: sections that are saved one by one."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from flask import Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

import models
from widget.core.document import SettingsError, dump_document, load_document, parse_document
from widget.host import account, bookings_view, form_view, forms, saving, views, why_closed
from widget.host.form_view import Draft
from widget.host.forms import Conflict, Document, Faulty, Form
from widget.host.signin import page
from widget.web import theme
from widget.web.audience import Audience, Room

blueprint = Room("settings", __name__, Audience.HOST)

TRIES = 5  # to save while other windows save too
Merged = tuple[Document, list[Conflict], int]


# --- the page -------------------------------------------------------------------------------------


@blueprint.get("/settings")
@login_required
def show() -> ResponseReturnValue:
    if found := bookings_view.place(current_user.host):
        where = views.address(f"booking-{found['booking']}", **found)
        return redirect(where, 303)
    return whole(current_user.host)


@blueprint.get("/settings/<section>")
@login_required
def back(section: str) -> ResponseReturnValue:
    """A section's own address is for its form; reloaded, it is the page again."""
    if section not in (*forms.CHANGES, "event-types"):
        abort(404)
    return redirect(f"/settings#{views.ANCHORS.get(section, section)}", 303)


@blueprint.get("/settings/events/<slug>")
@login_required
def back_to_event(slug: str) -> ResponseReturnValue:
    return redirect(views.address("events", event=slug), 303)


def whole(
    host: models.Host,
    status: int = 200,
    draft: Draft | None = None,
    *,
    stale: bool = False,
    **more: Any,
) -> Response:
    """The page; `draft` keeps what was typed in its section, `more` what is said of bookings.

    `stale`: what was sent has to be sent once more.
    """
    document = load_document(host.settings)
    context = {
        **views.page(host, document, draft),
        "stale": stale,
        "connection": account.connection(host),
        "bookings": bookings_view.view(host, document, **more),
        "why": why_closed.view(host, document),
    }
    answer = make_response(page("host/settings.html", status, **context))
    answer.headers["Cache-Control"] = "no-store"
    return answer


# --- one section, saved ----------------------------------------------------------------------


@blueprint.post("/settings/<section>")
@login_required
def save(section: str) -> ResponseReturnValue:
    return _save(section)


@blueprint.post("/settings/events/<slug>")
@login_required
def save_event(slug: str) -> ResponseReturnValue:
    return _save("event", slug)


def unsaved(section: str = "event", slug: str = "") -> ResponseReturnValue:
    """The page with a form as it was sent, to be saved once more: its token was too old."""
    draft = _draft(section, slug, *_base(current_user.host, request.form))
    return whole(current_user.host, 400, replace(draft, faults={}), stale=True)


def _draft(section: str, slug: str, revision: int, base: Document) -> Draft:
    """A form as it was sent, put into the document that it was made from."""
    form, mine = request.form, deepcopy(base)
    at = _place(base, slug) if slug else 0
    faults: dict[str, str] = {}
    try:
        if slug:
            forms.event(mine, form, at)
        else:
            (forms.CHANGES.get(section) or abort(404))(mine, form)
    except Faulty as error:
        faults = error.faults
    return Draft(section, mine, revision, at, faults, form=form)


def _place(document: Document, slug: str) -> int:
    at = forms.index_of(document, slug)
    return len(document["event_types"]) if at is None else at


def _save(section: str, slug: str = "") -> ResponseReturnValue:
    """Put the form into the document it was made from, and that into what is stored now."""
    host, form = current_user.host, request.form
    revision, base = _base(host, form)
    draft = _draft(section, slug, revision, base)
    if act := form.get("do"):
        forms.edit(draft.document, section, act, form, draft.at)
        return whole(host, 200, replace(draft, faults={}))
    if draft.faults:
        return whole(host, 422, draft)
    for _try in range(TRIES):
        host = models.host_by_id(host.id) or abort(404)
        stored = dump_document(load_document(host.settings))
        # a form too old to know who changed what: every difference is told
        before = base if revision else _emptied(stored)
        wanted, conflicts, at = _merged(before, draft.document, stored, slug)
        if conflicts:
            draft = Draft(section, wanted, host.revision, at, conflicts=conflicts, form=form)
            return whole(host, 409, draft)
        try:
            if saving.save(host, parse_document(wanted), zone_chosen=section == "profile"):
                return _saved(section, wanted, at)
        except SettingsError as error:
            faults = form_view.faults_of(error, wanted, section, at)
            return whole(host, 422, Draft(section, wanted, revision, at, faults, form=form))
    abort(503)


def _merged(base: Document, mine: Document, stored: Document, slug: str) -> Merged:
    if slug:
        return forms.merge_event(base, mine, stored, slug)
    return (*forms.merge(base, mine, stored), 0)


def _base(host: models.Host, form: Form) -> tuple[int, Document]:
    """The document that a form was made from, and its revision; what is stored and 0 when that
    is not known any more."""
    text = form.get("revision", "")
    revision = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    before = models.settings_at(host, revision)
    known = before is not None
    return revision if known else 0, dump_document(load_document(before or host.settings))


def _emptied(stored: Document) -> Document:
    return {"event_types": [{"slug": each["slug"]} for each in stored["event_types"]]}


def _saved(section: str, document: Document, at: int) -> ResponseReturnValue:
    given: dict[str, str] = {}
    if section == "event":
        given["event"] = document["event_types"][at]["slug"]
    elif section == "dates":
        given["month"] = request.form.get("from", "")[:7]
    anchor = views.ANCHORS.get(section, section)
    return redirect(views.address(anchor, saved=section, **given), 303)


# --- the list of event types -----------------------------------------------------------------


@blueprint.post("/settings/event-types")
@login_required
def change_event_types() -> ResponseReturnValue:
    """Add, duplicate, move or delete an event type, on what is stored now."""
    form = request.form
    for _try in range(TRIES):
        host = models.host_by_id(current_user.host.id) or abort(404)
        document = dump_document(load_document(host.settings))
        try:
            opened = _change_list(document, form)
            if saving.save(host, parse_document(document), zone_chosen=False):
                return redirect(views.address("events", saved="event-types", event=opened), 303)
        except Faulty as error:
            return _list_again(host, 422, error.faults)
        except SettingsError as error:
            at = len(document["event_types"]) - 1
            found = form_view.faults_of(error, document, "event-types")
            faults = {path.removeprefix(f"event_types[{at}]."): found[path] for path in found}
            return _list_again(host, 422, faults)
    abort(503)


def list_unsaved() -> ResponseReturnValue:
    """The same for the list of event types."""
    return _list_again(current_user.host, 400, {}, stale=True)


def _list_again(
    host: models.Host, status: int, faults: dict[str, str], stale: bool = False
) -> ResponseReturnValue:
    stored = dump_document(load_document(host.settings))
    draft = Draft("event-types", stored, host.revision, faults=faults, form=request.form)
    return whole(host, status, draft, stale=stale)


def _change_list(document: Document, form: Form) -> str | None:
    """Do what the pressed button says; the slug of the event type to open, if any.

    Raises Faulty.
    """
    if "add" in form:
        return forms.add_event(document, form.get("title", ""), form.get("duration", ""))
    for act in ("duplicate", "up", "down", "delete"):
        at = forms.index_of(document, form.get(act, ""))
        if at is None:
            continue  # it may be gone already: then there is nothing to do
        if act == "duplicate":
            return forms.duplicate_event(document, at)
        if act == "delete":
            del document["event_types"][at]
        else:
            forms.move_event(document, at, -1 if act == "up" else 1)
    return request.args.get("event")


# --- said while typing -----------------------------------------------------------------------


@blueprint.get("/settings/check/handle")
@login_required
def check_handle() -> ResponseReturnValue:
    """Whether a handle can be had: a line of text for beside its field."""
    said = views.handle_said(current_user.host, request.args.get("handle", ""))
    return render_template("host/handle.html", said=said)


@blueprint.get("/settings/check/accent")
@login_required
def check_accent() -> ResponseReturnValue:
    accent = request.args.get("accent", "").strip().removeprefix("#")
    shown = theme.mended(accent) if theme.is_accent(accent) else None
    return render_template("host/accent.html", mended=shown)
