"""What guests will see, by the guest pages' own code, before anything is saved.

Only the settings page itself may frame these pages.
"""

from dataclasses import dataclass, replace
from typing import Any

from flask import abort, g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

import models
from widget.booking import act, events
from widget.booking.errors import as_not_booked
from widget.booking.offer import Offer, offer_for
from widget.booking.target import Target
from widget.core import clock, slots
from widget.core.document import SettingsError, load_document, parse_document
from widget.core.hours import slot_rules
from widget.core.locations import LOCATIONS
from widget.guest import steps
from widget.guest.steps import Picking
from widget.host import form_view, forms, snippets
from widget.host.fields import SECTIONS, Faulty, Form
from widget.host.page import WORDS, page
from widget.web import answers, service, setup
from widget.web.audience import Audience, Room

SAMPLE = "0" * 32  # the id of no booking

blueprint = Room("preview", __name__, Audience.HOST)


@dataclass(frozen=True)
class Preview(Picking):
    """An event type that is stored as `slug`: as it is, or (`draft`) as a form has it that is not
    saved. A draft is seen with its first day; a step in it leads into what is stored."""

    target: Target
    slug: str = ""
    draft: bool = False

    @property
    def address(self) -> str:
        return f"/settings/preview/{self.slug}"

    @property
    def secret(self) -> list[tuple[str, str]]:
        return [("csrf_token", generate_csrf())]

    def page(self, title: str, given: Form) -> dict[str, Any]:
        return {**super().page(title, given), "mail": self._mail()}

    def _mail(self) -> dict[str, str]:
        """What Google's invitation says to a guest, by the code that makes the event."""
        promise = act.promise(self.event)
        sample = models.Booking(id=SAMPLE, promise=promise, guest_name="Maria Sousa", notes="",
                                answers={}, language="en")  # fmt: skip
        kind = LOCATIONS[self.event.location]
        place = "the guest's number" if kind.calls else self.event.location_detail
        return {
            "title": events.summary(sample, self.document),
            "text": events.description(service.config(), sample, self.document),
            "place": kind.name if kind.meets else place,
        }

    def typed(self) -> bool:
        return not self.draft and super().typed()

    def offer(self) -> Offer:
        """Raises NotBooked. Google's answer for calendars that are not saved is not kept."""
        if not self.draft:
            return super().offer()
        host, event, now = self.target.host, self.event, clock.now()
        stored, calendar = load_document(host.settings), service.calendar_of(host)
        offer = offer_for(Target(host, stored, event), calendar, now)
        ids, days = self.document.busy_calendars, event.booking_window_days
        if ids != stored.busy_calendars or days > stored.window_days:
            with as_not_booked():
                offer = replace(offer, busy=calendar.busy(ids, *slots.reach(days, now)))
        rules = slot_rules(self.document, event)
        return replace(offer, settings=self.document, rules=rules)


@blueprint.route("/settings/preview/<slug>", methods=["GET", "POST"])
def preview(slug: str) -> ResponseReturnValue:
    """The picker for what is stored, or for what a section's form has in it (POST).

    422 and what is wrong when that is no document that could be saved.
    """
    host, given = current_user.host, request.form if request.method == "POST" else request.args
    try:
        picking = _picking(host, slug, given)
    except Faulty as error:
        return none(422, "It is shown as soon as this is right:", error.faults)
    if picking is None:
        return none(404, "There is no such event type any more. Reload the page.")
    setup.speak(request.values)
    if picking.draft:
        return _framed(steps.times(picking, request.args))
    if "nonce" in given and "step" not in given:
        return _framed(_booked(picking, given))
    return _framed(steps.show(picking, given))


def none(status: int, message: str, faults: dict[str, str] | None = None) -> ResponseReturnValue:
    """A page for the frame when there is nothing to preview; `faults` by field."""
    named = [(form_view.label(field), said) for field, said in (faults or {}).items()]
    return _framed(page("host/no_preview.html", status, message=message, faults=named))


def _booked(picking: Preview, given: Form) -> ResponseReturnValue:
    """The page after the preview's form, which says that nothing was booked."""
    shown = picking.page("This is only a preview", given)
    shown["alert"] = {"code": "preview", "message": "Nothing was booked."}
    shown.update(heading=shown["title"], retry_url=picking.address)
    return answers.answer("guest/problem.html", **shown)


def _picking(host: models.Host, slug: str, given: Form) -> Preview | None:
    """Raises Faulty. None when there is no such event type."""
    stored = load_document(host.settings)
    event, section = stored.event_type(slug), given.get("section")
    if event is None:
        return None
    if section is None:  # a step in the picker
        return Preview(Target(host, stored, event), slug).lasting(given)
    known, document = SECTIONS.get(section) or abort(404), stored.model_dump()
    part = forms.read_section(known, given, known.part_of(document, slug))
    wanted = known.put(document, part, slug)
    try:
        draft = parse_document(wanted)
    except SettingsError as error:
        raise Faulty(form_view.faults_of(error, wanted, known)) from None
    event = draft.event_types[stored.event_types.index(event)]
    return Preview(Target(host, draft, event), slug, draft=True)


def _framed(answer: ResponseReturnValue) -> ResponseReturnValue:
    """The settings page may show it in a frame, as nobody else may."""
    g.frame_ancestors = "'self'"
    return answer


@blueprint.get("/settings/embed/<mode>")
def embedded(mode: str) -> ResponseReturnValue:
    """The snippet at work, on an empty page."""
    document = load_document(current_user.host.settings)
    slug = request.args.get("event", "")
    event = document.event_type(slug)
    if mode not in WORDS["ways"] or (slug and event is None):
        abort(404)
    code = snippets.code(mode, service.config().public_url, document, event, styled=False)
    return _framed(page("host/snippet_page.html", title="Preview", mode=mode, code=code))
