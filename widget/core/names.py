"""Names for addresses, made from texts: handles, slugs, ids of questions. Pure."""

import re
import unicodedata
from collections.abc import Callable

from widget.core import fields
from widget.core.document import EventType, Settings

LENGTH = 32  # characters, without a number


def free(text: str, taken: Callable[[str], bool], otherwise: str) -> str:
    """A name like the text that is not taken: with a number from 2 on, if need be."""
    plain = slug_words(text)[:LENGTH].strip("-") or otherwise
    names = (plain if number == 1 else f"{plain}-{number}" for number in range(1, 10**7))
    return next(name for name in names if not taken(name))


def handle_from(email: str, taken: Callable[[str], bool]) -> str:
    """A free handle like the local part of an e-mail address: ana.silva@… is ana-silva."""
    local = email.rpartition("@")[0]
    return free(local, lambda name: name in fields.NOT_NEW or taken(name), "host")


def slug_words(text: str) -> str:
    """The text in a-z, 0-9 and single hyphens, as far as it has letters like these."""
    letters = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})
    alike = unicodedata.normalize("NFKD", text.casefold()).translate(letters)
    return re.sub(r"[^a-z0-9]+", "-", alike.encode("ascii", "ignore").decode().lower()).strip("-")


def renamed_slugs(before: Settings, after: Settings) -> dict[str, str]:
    """The event types that have another slug: what it was, and what it is now.

    One whose slug is gone is the one with a new slug that is alike in everything else, or that
    stands in its place.
    """
    old, new = before.event_types, after.event_types
    kept = {each.slug for each in old} & {each.slug for each in new}
    gone = {at: each for at, each in enumerate(old) if each.slug not in kept}
    come = {at: each for at, each in enumerate(new) if each.slug not in kept}
    found: dict[str, str] = {}
    for at, each in gone.items():
        alike = (n for n, other in come.items() if _unnamed(other) == _unnamed(each))
        to = next(alike, at if at in come else None)
        if to is not None:
            found[each.slug] = come.pop(to).slug
    return found


def _unnamed(event: EventType) -> EventType:
    return event.model_copy(update={"slug": ""})
