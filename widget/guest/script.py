"""Blueprint: what a site that embeds the widget asks for."""

from __future__ import annotations

import json
from functools import cache

from flask import request
from flask.typing import ResponseReturnValue

from widget.text.language import gettext as _
from widget.web import static
from widget.web.audience import Audience, Room

blueprint = Room("script", __name__, Audience.PROGRAM)
KEEP = "public, max-age=3600"  # sites keep the snippet for years: a new script is there in an hour


@blueprint.get("/embed.js")
def script() -> ResponseReturnValue:
    """The script, its few words in the reader's language (or in that of `lang`)."""
    packed = _packed(_words())
    response = static.send(packed, KEEP)
    response.vary.add("Accept-Language")
    response.set_etag(packed.version, weak=True)
    return response.make_conditional(request.environ)


def warm() -> None:
    """Make it small now; other languages when they are first asked for, and then kept as well."""
    _packed(_words())


def _words() -> tuple[str, ...]:
    """As embed.js takes them."""
    return (
        _("The calendar is not loading."),
        _("Open the booking page"),
        _("Close"),
        _("Book a time"),
    )


@cache
def _packed(words: tuple[str, ...]) -> static.Packed:
    text = static.lean("embed.js").replace("{{float}}", static.static_url("float.js"))
    listed = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    return static.pack(text.replace('"{{words}}"', listed), "text/javascript")
