"""How a booking page looks: the host's accent colour, made readable, and the style sheet."""

from collections.abc import Callable
from pathlib import Path

from widget.core import fields

STATIC = Path(__file__).parents[2] / "static"
THEMES = ("auto", "light", "dark")
STYLE = ("guest.css", "picker.css")  # of every page, in this order
FORM_STYLE = "booking.css"  # stands in the pages and fragments that need it
READABLE = 4.5  # WCAG 2.2, 1.4.3 Contrast (Minimum), AA
SEEN = 3.0  # WCAG 2.2, 1.4.11 Non-text Contrast, AA
TINT = 0.1  # of the accent behind a note's text; what is tinted more has text of its own colour
#: The darkest light ground and the lightest dark one that a page is shown on (frame.js: `adapt`).
LIGHT_PAGE, DARK_PAGE = (244, 244, 244), (42, 43, 47)

RGB = tuple[int, int, int]


def style_sheet(accent: str) -> str:
    """The guest's style sheet with this accent (six hex digits) in light and in dark."""
    light = _readable(rgb(accent), LIGHT_PAGE)
    dark = _readable(rgb(accent), DARK_PAGE)
    fill = _nearest(rgb(accent), 255, lambda nearer: contrast(nearer, DARK_PAGE) >= SEEN)
    colours = (
        f":root{{--accent-light:{_hex(light)};--on-accent-light:{_on(light)};"
        f"--accent-dark:{_hex(dark)};--on-accent-dark:{_on(fill)};--fill-dark:{_hex(fill)};"
        f"--on-tint-light:{_hex(_mixed(light, (0, 0, 0), 0.15))};"
        f"--on-tint-dark:{_hex(_mixed(dark, (255, 255, 255), 0.5))}}}\n"
    )
    return "".join((STATIC / part).read_text() for part in STYLE) + colours


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _readable(colour: RGB, page: RGB) -> RGB:
    """The colour nearest to this one that can be read as text on the page, even tinted by it."""
    end = 0 if page == LIGHT_PAGE else 255
    return _nearest(
        colour, end, lambda nearer: contrast(nearer, _mixed(page, nearer, TINT)) >= READABLE
    )


def _nearest(colour: RGB, end: int, fits: Callable[[RGB], bool]) -> RGB:
    """The colour nearest to this one, on the way to black (0) or white (255), that fits."""
    for step in range(101):
        nearer = _mixed(colour, (end, end, end), step / 100)
        if fits(nearer):
            return nearer
    return end, end, end


def _mixed(one: RGB, other: RGB, part: float) -> RGB:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _on(colour: RGB) -> str:
    return "#fff" if contrast(colour, (255, 255, 255)) >= READABLE else "#000"


def _luminance(colour: RGB) -> float:
    parts = [part / 255 for part in colour]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def rgb(text: str) -> RGB:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mended(accent: str) -> dict[str, str] | None:
    """An accent as it is used on `light` and `dark` pages, readable on each, and as it is its
    `own`; None for what is no accent."""
    if not fields.ACCENT.fullmatch(accent):
        return None
    light, dark = (_hex(_readable(rgb(accent), page)) for page in (LIGHT_PAGE, DARK_PAGE))
    return {"own": f"#{accent.lower()}", "light": light, "dark": dark}
