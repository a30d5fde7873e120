"""The demo host's own website: its pages, with the widget's address filled in."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, abort, render_template

FOLDER = Path(__file__).parent
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}


def make_app(widget: str) -> Flask:
    """The website, for a widget server at the address `widget`."""
    app = Flask(__name__, static_folder=None, template_folder=FOLDER)

    @app.get("/")
    @app.get("/<name>")
    def page(name: str = "index.html") -> Response:
        file = FOLDER / name
        if file.parent != FOLDER or file.suffix not in TYPES or not file.exists():
            abort(404)
        return Response(render_template(name, widget=widget), content_type=TYPES[file.suffix])

    return app
