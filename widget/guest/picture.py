"""Blueprint: a host's picture, and that of a booking page which chats show beside its link."""

import base64
import hashlib
import io
import unicodedata
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Response, abort
from flask.typing import ResponseReturnValue

from widget.core.document import EventType, Settings
from widget.web import service, static, theme
from widget.web.audience import Audience, Room

blueprint = Room("picture", __name__, Audience.PROGRAM)

WIDTH, HEIGHT, EDGE = 1200, 630, 80  # pixels, as Open Graph's readers want it
ROUND = 144  # the host's picture
LARGEST = 1024  # of what an import brought: the settings page makes them of 192 pixels
KEPT = 64  # pictures of at most 60 kB
#: In this order, if the machine has them: Pillow's own has ASCII alone
FONTS = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf")
LINES = 3
LARGE = 3  # the contrast of large text with its ground (WCAG 2.2, 1.4.3)


class Card(NamedTuple):
    """What is on it; `picture` is the host's, in base64, or None."""

    title: str
    host: str
    length: str
    accent: str
    picture: str | None

    @property
    def name(self) -> str:
        return _name(repr(tuple(self)))


def address(document: Settings) -> str | None:
    """Where the host's picture is, named by its content; None if there is none."""
    picture = document.picture
    return f"/picture/{document.handle}/{_name(picture)}.webp" if picture else None


def _name(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:20]


@blueprint.get("/picture/<handle>/<name>.webp")
def show(handle: str, name: str) -> ResponseReturnValue:
    document = service.look_at_host(handle)[0].document
    if not document.picture or name != _name(document.picture):
        abort(404)
    return _for_ever(base64.b64decode(document.picture), "image/webp")


def _for_ever(picture: bytes, mimetype: str) -> Response:
    return Response(picture, mimetype=mimetype, headers={"Cache-Control": static.FOR_EVER})


# --- Open Graph -------------------------------------------------------------------------------


def card_address(document: Settings, event: EventType | None) -> str:
    """Where the page's picture is, named by what is on it."""
    slug = event.slug if event else "-"
    return f"/card/{document.handle}/{slug}/{_of(document, event).name}.png"


def _of(document: Settings, event: EventType | None) -> Card:
    accent = (event and event.accent) or document.theme.accent
    title, length = (event.title, f"{event.duration} min") if event else ("", "")
    return Card(title, document.display_name, length, accent, document.picture)


@blueprint.get("/card/<handle>/<slug>/<name>.png")
def show_card(handle: str, slug: str, name: str) -> ResponseReturnValue:
    document = service.look_at_host(handle)[0].document
    found = document.event_type(slug)
    offered = found if found and found.active else None
    card = _of(document, offered)
    if name != card.name or (offered is None and slug != "-"):
        abort(404)
    return _for_ever(drawn(card), "image/png")


@lru_cache(KEPT)
def drawn(card: Card) -> bytes:
    """The picture as PNG, 64 colours."""
    from PIL import Image, ImageDraw  # 10 MB of memory, for what is seldom done

    ground = "#" + card.accent
    contrast = theme.contrast(theme.rgb(card.accent), (255, 255, 255))
    ink = "white" if contrast >= LARGE else "black"
    image = Image.new("RGB", (WIDTH, HEIGHT), ground)
    draw = ImageDraw.Draw(image)
    _round(image, draw, card, ink)
    _line(draw, (EDGE + ROUND + 40, EDGE + (20 if card.length else 42)), card.host, 48, ink)
    for number, line in enumerate(_wrapped(draw, card.title, 76)):
        _line(draw, (EDGE, EDGE + ROUND + 48 + number * 92), line, 76, ink)
    if card.length:
        _line(draw, (EDGE + ROUND + 40, EDGE + 86), card.length, 40, ink)
    draw.rectangle((0, HEIGHT - 16, WIDTH, HEIGHT), fill=ink)
    into = io.BytesIO()
    image.quantize(64).save(into, "PNG", optimize=True)
    return into.getvalue()


def _round(image: Any, draw: Any, card: Card, ink: str) -> None:
    """The host's picture or first letter in a circle."""
    from PIL import Image, ImageDraw

    box = (EDGE, EDGE, EDGE + ROUND, EDGE + ROUND)
    if face := card.picture and _face(card.picture):
        mask = Image.new("L", (ROUND * 4, ROUND * 4))
        ImageDraw.Draw(mask).ellipse((0, 0, ROUND * 4, ROUND * 4), fill=255)
        image.paste(face, box[:2], mask.resize((ROUND, ROUND)))
        return
    draw.ellipse(box, fill=ink)
    letter = card.host.strip()[:1].upper()
    if font := _font(letter, 84):
        middle = (EDGE + ROUND / 2, EDGE + ROUND / 2)
        draw.text(middle, letter, fill="#" + card.accent, font=font, anchor="mm")


def _face(picture: str) -> Any:
    """The host's picture as small as it is shown; None for one that cannot be read, or is large: a
    few bytes of WebP can hold a gigabyte."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(picture)), formats=("WEBP",)) as found:
            return found.resize((ROUND, ROUND)) if max(found.size) <= LARGEST else None
    except Exception:  # decoders raise whatever they like for broken files
        return None


def _line(draw: Any, at: tuple[float, float], text: str, size: int, ink: str) -> None:
    """One line, as much of it as there is room for; a bar where no font has its letters."""
    font = _font(text, size)
    if font is None:
        draw.rounded_rectangle((*at, at[0] + 7 * size, at[1] + size / 2), size / 4, fill=ink)
        return
    room = WIDTH - EDGE - at[0]
    while draw.textlength(text, font=font) > room:
        text = text.rstrip("…")[:-1].rstrip() + "…"
    draw.text(at, text, fill=ink, font=font)


def _wrapped(draw: Any, text: str, size: int) -> list[str]:
    """The text in at most LINES lines; the last one takes what is left."""
    font, lines = _font(text, size), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        fits = font is None or draw.textlength(longer, font=font) <= WIDTH - 2 * EDGE
        if fits or len(lines) == LINES or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines if text.strip() else []


def _font(text: str, size: int) -> Any:
    """A font that has all letters of a text, None if there is none. Text from the right, or whose
    letters join, is not for it."""
    if any(unicodedata.bidirectional(each) in ("R", "AL") for each in text):
        return None
    return next((font for font in _fonts(size) if not _missing(font, text)), None)


@lru_cache(8)
def _fonts(size: int) -> list[Any]:
    from PIL import ImageFont

    found: list[Any] = []
    for name in FONTS:
        with suppress(OSError):
            found.append(ImageFont.truetype(name, size))
    return [*found, ImageFont.load_default(size)]


def _missing(font: Any, text: str) -> bool:
    nothing = _shape(font, "\U000ffffe")
    return any(_shape(font, each) == nothing for each in set(text) if not each.isspace())


def _shape(font: Any, character: str) -> tuple[Any, bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)
