"""Blueprint: what a site that embeds the widget asks for."""

import json
from functools import cache

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from widget.config import Config
from widget.core import addresses
from widget.text.language import gettext as _
from widget.web import service, static
from widget.web.audience import Audience, Room

blueprint = Room("script", __name__, Audience.PROGRAM, counted=False)
KEEP = "public, max-age=3600"  # sites keep the snippet for years: a new script is there in an hour
#: How high a picker is by its width, in CSS: 500 px with three columns, 720 with two, 960 with one;
#: to be filled with hundreds of pixels and the tenth of a width.
ROOM = "max(500px,min(720px,832{0} - 1000{1}),min(960px,640{0} - 1000{1}))"


@blueprint.get("/embed.js")
def script() -> ResponseReturnValue:
    """The script, its few words in the reader's language (or in that of `lang`)."""
    response = _kept(_packed(service.config().public_url, _words()))
    response.vary.add("Accept-Language")
    return response


@blueprint.get("/replace.js")
def replace() -> ResponseReturnValue:
    """What embed.js fetches on pages whose Calendly or Cal.com markup it is to replace."""
    return _kept(static.static("replace.js"))


def _kept(packed: static.Packed) -> Response:
    response = static.send(packed, KEEP)
    response.set_etag(packed.version, weak=True)
    return response.make_conditional(request.environ)


def warm(config: Config) -> None:
    """Compress the English script now; those of other languages when they are first asked for."""
    _packed(config.public_url, _words())


def _words() -> tuple[str, ...]:
    """The script's words in the reader's language, in the order in which embed.js takes them."""
    return (
        " ".join((_("The calendar is not loading."), _("Open the booking page"))),
        _("Close"),
        _("Book a time"),
    )


@cache
def _packed(public_url: str, words: tuple[str, ...]) -> static.Packed:
    values = [addresses.origin_of(public_url), *words]
    filled = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    text = static.lean("embed.js").replace('"{{filled}}"', filled)
    return static.pack(text.replace("{{room}}", ROOM.format("00px", "0cqi")), "text/javascript")
