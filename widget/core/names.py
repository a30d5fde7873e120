"""Names for addresses, made from texts: handles, slugs, ids of questions. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from widget.core import fields

LENGTH = 32  # characters, without a number


def free(text: str, taken: Callable[[str], bool], otherwise: str) -> str:
    """A name like the text that is not taken: with a number from 2 on, if need be."""
    plain = slug_words(text)[:LENGTH].strip("-") or otherwise
    names = (plain if number == 1 else f"{plain}-{number}" for number in range(1, 10**7))
    return next(name for name in names if not taken(name))


def handle_from(email: str, taken: Callable[[str], bool]) -> str:
    """A free handle like the local part of an e-mail address: ana.silva@… is ana-silva."""
    local = email.rpartition("@")[0]
    return free(local, lambda name: name in fields.RESERVED or taken(name), "host")


def slug_words(text: str) -> str:
    """The text in a-z, 0-9 and single hyphens, as far as it has letters like these."""
    letters = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})
    alike = unicodedata.normalize("NFKD", text.casefold()).translate(letters)
    return re.sub(r"[^a-z0-9]+", "-", alike.encode("ascii", "ignore").decode().lower()).strip("-")
