"""Blueprint: what a site that embeds the widget asks for."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from widget import files

blueprint = Blueprint("embed", __name__)
KEEP = "public, max-age=3600"  # sites keep the snippet for years: a new script is there in an hour


@blueprint.get("/embed.js")
def script() -> ResponseReturnValue:
    packed = files.static("embed.js")
    response = files.send(packed, KEEP)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.set_etag(packed.version, weak=True)
    return response.make_conditional(request.environ)
