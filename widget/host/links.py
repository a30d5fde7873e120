"""Blueprint: one-off links, made and revoked on the settings page."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

import models
from widget.booking import one_off
from widget.booking.guest_input import Invalid
from widget.core import clock
from widget.core.clock import to_rfc3339
from widget.core.document import Settings, load_document
from widget.host import forms
from widget.host.page import address, secret_of_form
from widget.host.views import whole
from widget.web.audience import Audience, Room

blueprint = Room("links", __name__, Audience.HOST)

_TYPED = re.compile(r"(\d{4}-\d\d-\d\d)[ T]+(\d\d:\d\d)(?:\s*[-–/]\s*(\d\d:\d\d))?")


@blueprint.post("/settings/links")
def make() -> ResponseReturnValue:
    host = models.host_by_id(current_user.host.id) or abort(404)
    document = load_document(host.settings)
    try:
        made = one_off.make(host, _wish(document), clock.now(), secret_of_form())
    except Invalid as error:
        return whole(host, 422, links=error.errors)
    return redirect(address("links", "links", made=made.code), 303)


@blueprint.post("/settings/links/<code>/revoke")
def revoke(code: str) -> ResponseReturnValue:
    one_off.revoke(current_user.host, code, clock.now())  # a second press finds it revoked
    return redirect(address("links", "links"), 303)


def _wish(document: Settings) -> dict[str, Any]:
    """What was typed and ticked; an empty field is nothing of the link's own."""
    given, zone = request.form, ZoneInfo(document.time_zone)
    typed = [_in_zone(line.strip(), zone) for line in given.get("more", "").splitlines()]
    return {
        "event": given.get("event", ""),
        "uses": forms.whole(given.get("uses", "")),
        "title": given.get("title", "").strip() or None,
        "duration": forms.whole(given.get("duration", "")) or None,
        "expires": given.get("expires", ""),
        "times": [*given.getlist("times"), *filter(None, typed)],
    }


def _in_zone(line: str, zone: ZoneInfo) -> str:
    """`2026-12-01 14:00`, or `2026-12-01 14:00–18:00`, in the host's zone, as RFC 3339; what is
    neither stays as it was typed."""
    day, *times = found.groups() if (found := _TYPED.fullmatch(line)) else ("",)
    try:
        typed = [datetime.fromisoformat(f"{day}T{at}") for at in times if at]
    except ValueError:
        return line
    said = "/".join(to_rfc3339(int(at.replace(tzinfo=zone).timestamp())) for at in typed)
    return said or line
