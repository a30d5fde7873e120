"""What guests will see, by the guest pages' own code, before anything is saved.

Only the settings page itself may frame these pages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import abort, g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict

import models
from widget.booking import busy
from widget.booking.errors import CalendarDisconnected
from widget.booking.offer import Offer, booked, closed
from widget.booking.target import Target
from widget.core import clock
from widget.core.document import (
    Settings,
    SettingsError,
    dump_document,
    load_document,
    parse_document,
    slot_rules,
)
from widget.core.slots import Busy
from widget.google.client import DAY
from widget.google.errors import GoogleError
from widget.guest import steps
from widget.guest.steps import Picking
from widget.host import form_view, forms, snippets
from widget.host.signin import page
from widget.text.language import gettext as _
from widget.web import answers, service, setup
from widget.web.audience import Audience, Room

blueprint = Room("preview", __name__, Audience.HOST)

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Preview(Picking):
    """An event type of a document that may not be saved; `slug` is what it is stored under."""

    slug: str = ""
    draft: bool = False

    @property
    def address(self) -> str:
        return f"/settings/preview/{self.slug}"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        if not self.draft:
            return []
        text = json.dumps(dump_document(self.document), ensure_ascii=False)
        return [("draft", text)]

    @property
    def secret(self) -> list[tuple[str, str]]:
        return [("csrf_token", generate_csrf())]

    def offer(self) -> Offer:
        """Raises NotBooked. Google's answer for calendars that are not saved is not kept."""
        host, document, event = self.target.host, self.document, self.event
        now = clock.now()
        if not self.draft:
            return super().offer()
        if host.disconnected_at:
            raise CalendarDisconnected(host.disconnected_reason)
        try:
            taken = self._busy(now)
        except GoogleError as error:
            raise closed(error) from error
        window = (event.booking_window_days + 10) * DAY
        held = booked(host, event, now - 10 * DAY, now + window)
        rules = slot_rules(document, event)
        return Offer(host, document, event, rules, taken, held, now)

    def _busy(self, now: int) -> list[Busy]:
        stored, calendar = (
            load_document(self.target.host.settings),
            service.calendar_of(self.target.host),
        )
        longest = max((each.booking_window_days for each in stored.event_types), default=0)
        same = self.document.busy_calendars == stored.busy_calendars
        if same and self.event.booking_window_days <= longest:
            return busy.of(calendar, self.target.host, stored, now)
        until = now + (self.event.booking_window_days + 4) * DAY
        return calendar.busy(self.document.busy_calendars, now - DAY, until)


@blueprint.route("/settings/preview/<slug>", methods=["GET", "POST"])
@login_required
def preview(slug: str) -> ResponseReturnValue:
    """The picker for what is stored (GET), or for what a section's form has in it (POST).

    422 and what is wrong when that is no document that could be saved.
    """
    given = request.form if request.method == "POST" else request.args
    try:
        place = _place(current_user.host, slug, given)
    except forms.Faulty as error:
        return none(422, _("It is shown as soon as this is right:"), error.faults)
    except SettingsError:  # a draft that no form of ours has made
        return none(422, _("Reload the page to see it."))
    if place is None:
        return none(404, _("There is no such event type any more. Reload the page."))
    setup.speak_to_guest()
    return _framed(_shown(place, given))


def none(status: int, message: str, faults: dict[str, str] | None = None) -> ResponseReturnValue:
    """A page for the frame when there is nothing to preview; `faults` by field."""
    return _framed(
        page(
            "host/no_preview.html",
            status,
            heading=_("No preview at the moment"),
            message=message,
            faults=[(form_view.label(field), said) for field, said in (faults or {}).items()],
        )
    )


def _shown(place: Preview, given: Form) -> ResponseReturnValue:
    if "section" in given:  # a form of the settings page, not one of the picker
        return steps.times(place, MultiDict())
    if "nonce" in given and "step" not in given:
        shown = place.page(_("This is only a preview"), given)
        shown["alert"] = {"code": "preview", "message": _("Nothing was booked.")}
        return answers.answer(
            "guest/problem.html", **shown, heading=shown["title"], retry_url=place.address
        )
    return steps.show(place, given)


def _place(host: models.Host, slug: str, given: Form) -> Preview | None:
    """Raises SettingsError or Faulty. None when there is no such event type."""
    stored = load_document(host.settings)
    at = forms.index_of(dump_document(stored), slug)
    if at is None:
        return None
    if "draft" in given:
        document = parse_document(given["draft"])
    elif "section" in given:
        document = _drafted(host, given, at)
    else:
        return Preview(Target(host, stored, stored.event_types[at]), slug=slug)
    if at >= len(document.event_types):
        return None
    return Preview(Target(host, document, document.event_types[at]), slug=slug, draft=True)


def _drafted(host: models.Host, form: Form, at: int) -> Settings:
    """Raises Faulty."""
    document, section = dump_document(load_document(host.settings)), form["section"]
    if section == "event":
        forms.event(document, form, at)
    elif section in forms.CHANGES:
        forms.CHANGES[section](document, form)
    try:
        return parse_document(document)
    except SettingsError as error:
        raise forms.Faulty(form_view.faults_of(error, document, section, at)) from None


def _framed(answer: ResponseReturnValue) -> ResponseReturnValue:
    """The settings page may show it in a frame, as nobody else may."""
    g.frame_ancestors = "'self'"
    return answer


@blueprint.get("/settings/embed/<mode>")
@login_required
def embedded(mode: str) -> ResponseReturnValue:
    """The snippet at work, on an empty page."""
    document = load_document(current_user.host.settings)
    slug = request.args.get("event", "")
    event = next((each for each in document.event_types if each.slug == slug), None)
    if mode not in snippets.MODES or (slug and event is None):
        abort(404)
    code = snippets.code(mode, service.config().public_url, document, event)
    return _framed(page("host/snippet_page.html", title=_("Preview"), mode=mode, code=code))
