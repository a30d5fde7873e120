"""Blueprint: what a site that embeds the widget asks for."""

from __future__ import annotations

from flask import Blueprint, send_from_directory
from flask.typing import ResponseReturnValue

from widget import look

blueprint = Blueprint("embed", __name__)
EMBED_SECONDS = 3600  # sites keep the snippet for years: a new script reaches them in an hour


@blueprint.get("/embed.js")
def script() -> ResponseReturnValue:
    response = send_from_directory(look.STATIC, "embed.js", mimetype="text/javascript")
    response.headers["Cache-Control"] = f"public, max-age={EMBED_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
