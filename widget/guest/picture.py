"""Blueprint: a host's picture, from our own address, named by its content."""

from __future__ import annotations

import base64
import hashlib

from flask import Response, abort
from flask.typing import ResponseReturnValue

from widget.core.document import Settings
from widget.web import service, static
from widget.web.audience import Audience, Room

blueprint = Room("picture", __name__, Audience.PROGRAM)


def address(document: Settings) -> str | None:
    """Where the picture is; None if there is none."""
    name = _name(document)
    return f"/picture/{document.handle}/{name}.webp" if name else None


def _name(document: Settings) -> str:
    return hashlib.sha256(document.picture.encode()).hexdigest()[:20] if document.picture else ""


@blueprint.get("/picture/<handle>/<name>.webp")
def show(handle: str, name: str) -> ResponseReturnValue:
    document = service.look_at_host(handle)[0].document
    if not document.picture or name != _name(document):
        abort(404)
    response = Response(base64.b64decode(document.picture), mimetype="image/webp")
    response.headers["Cache-Control"] = static.FOR_EVER
    return response
