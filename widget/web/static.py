"""Static files: named by their content, to be kept for ever by browsers, and made small ahead."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from widget.core import fields
from widget.web import codings, theme
from widget.web.audience import Audience, Room

blueprint = Room("static", __name__, Audience.PROGRAM, counted=False)

TYPES = {".js": "text/javascript", ".css": "text/css"}
PARTS = {"guest.js": ("frame.js", "guest.js")}  # one request less
FOR_EVER = "public, max-age=31536000, immutable"
#: A site's page imports one of them.
ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
ACCENTS = 256  # style sheets that are kept ready; each accent has its own

_LEFT_OUT = re.compile(r"^\s*//.*\n|^\s*/\*[^*]*\*/\n|^\s+|\s+// .*$", re.MULTILINE)
_STYLE_SPACE = re.compile(r";?\s*([{},;])\s*")
#: A string or template of a script, which stays as it is, or a sign with the space around it.
_SPACED = re.compile(r"""("[^"\n]*"|'[^'\n]*'|`[^`]*`)|\s*([^\w\s$#@"'`])\s*""")


@dataclass(frozen=True)
class Packed:
    """A file as it is sent; `bodies` by coding: as it is, and compressed as far as it goes."""

    mimetype: str
    version: str
    bodies: dict[str, bytes]


def pack(text: str, mimetype: str) -> Packed:
    content = text.encode()
    small = {"br": codings.packed(content, "br", 11), "gzip": codings.packed(content, "gzip")}
    return Packed(mimetype, hashlib.sha256(content).hexdigest()[:10], {"": content, **small})


def lean(name: str) -> str:
    """The text of a static file without its comments and needless white space."""
    text = "".join((theme.STATIC / part).read_text() for part in PARTS.get(name, (name,)))
    if ".min." in name:
        return text
    if name.endswith(".css"):
        return _lean_style(text)
    text = _SPACED.sub(r"\1\2", _LEFT_OUT.sub("", text))
    return text.replace(";}", "}").replace("}\n", "}")  # the latter in a style sheet of a script


def _lean_style(text: str) -> str:
    return _STYLE_SPACE.sub(r"\1", _LEFT_OUT.sub("", text)).replace(": ", ":")


@cache
def static(name: str) -> Packed:
    """The static file of this name."""
    return pack(lean(name), TYPES[Path(name).suffix])


@cache
def _names() -> frozenset[str]:
    return frozenset(file.name for file in theme.STATIC.iterdir() if file.suffix in TYPES)


@dataclass(frozen=True)
class Style:
    """A style sheet that stands in its page, and its name in a Content-Security-Policy (CSP 3,
    hash-source)."""

    text: Markup
    source: str


@lru_cache(ACCENTS)
def style(accent: str) -> Style:
    """The guest's style sheet with this accent (six hex digits, lower case)."""
    return _style(theme.style_sheet(accent))


@cache
def form_style() -> Style:
    """What the steps after the picker need besides."""
    return _style((theme.STATIC / theme.FORM_STYLE).read_text())


def _style(sheet: str) -> Style:
    text = _lean_style(sheet)
    digest = hashlib.sha256(text.encode()).digest()
    # our own file, and hex digits
    return Style(Markup(text), f"'sha256-{base64.b64encode(digest).decode()}'")  # noqa: S704


def warm() -> None:
    """Compress every file now, so that no guest waits for it."""
    style(fields.DEFAULT_ACCENT)
    for name in _names():
        static(name)


def static_url(name: str) -> str:
    return f"/static/{static(name).version}/{name}"


# --- sending them -----------------------------------------------------------------------------


@blueprint.get("/static/<version>/<name>")
def static_file(version: str, name: str) -> ResponseReturnValue:
    """The file, kept for ever by browsers under its own version; under another one, of an older
    or newer server, asked for anew each time."""
    if name not in _names():
        abort(404)
    packed = static(name)
    return send(packed, FOR_EVER if version == packed.version else "no-cache")


def send(packed: Packed, keep: str) -> Response:
    """The file in the smallest encoding that the client accepts."""
    coding = codings.chosen(request.headers.get("Accept-Encoding", ""))
    own = {"Content-Encoding": coding} if coding else {}
    sent = {"Vary": "Accept-Encoding", "Cache-Control": keep, **ANYWHERE, **own}
    return Response(packed.bodies[coding], headers=sent, mimetype=packed.mimetype)
