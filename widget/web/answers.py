"""Pages, and the fragments of them that htmx asks for."""

from typing import Any

from flask import Flask, Response, g, render_template, request
from jinja2_fragments.flask import render_block

from widget.core import fields
from widget.text import language
from widget.web import service, static

VARY = {"Vary": "HX-Request, HX-Request-Type, Accept-Language, Accept-Encoding"}
FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")  # of Sec-Fetch-Dest


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page; going back and forth it wants the whole."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") != "full"


def is_framed() -> bool:
    """Whether the browser asks for it into a frame: only there a sandbox may hold it back."""
    return request.headers.get("Sec-Fetch-Dest") == "iframe"


def frame() -> str:
    """The kind of frame that the browser says it asks for it into; empty for none."""
    into = request.headers.get("Sec-Fetch-Dest", "")
    return into if into in FRAMES else ""


def answer(template: str, status: int = 200, block: str = "picker", **context: Any) -> Response:
    """The template as a whole page, or its block alone when htmx asks for it."""
    body = html(template, block if is_fragment() else "", **context)
    return Response(body, status, {**VARY, "Content-Language": language.tag()})


def warm(app: Flask) -> None:
    """Load what guests' pages are made of, so that the first guest does not wait for it."""
    language.direction()  # all that CLDR says of English
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("guest/")):
        app.jinja_env.get_template(name)


def html(template: str, block: str = "", **context: Any) -> str:
    """The template, or a block of it alone. No byte of it is NUL: a form gives back what was
    typed, and parsers read it like this."""
    if "look" in context:
        g.style_source = context["look"]["allowed"]
    args = (template, block) if block else (template,)
    render = render_block if block else render_template
    return render(*args, **context).replace("\0", "\ufffd")


def page(title: str, theme: str = "auto", accent: str = fields.DEFAULT_ACCENT) -> dict[str, Any]:
    """What the layout of every page needs; its style stands in it, and is allowed to."""
    style, form_style = static.style(accent), static.form_style()
    return {
        "title": title,
        "framed": is_framed(),
        "address": f"{service.config().public_url}{request.path}",
        "look": {
            "theme": theme,
            "accent": accent,
            "style": style.text,
            "allowed": f"{style.source} {form_style.source}",  # a step that follows may bring it
            "form_style": form_style.text,
        },
    }
