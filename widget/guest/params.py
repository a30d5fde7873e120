"""What a guest's request carries along from step to step: a form's fields or an address's query."""

import re
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from widget.booking import guest_input
from widget.booking.errors import BadField

#: How the guest sees the pages, and the site around them, for the browser tells it only once.
LOOK_FIELDS = ("theme", "accent", "lang", "hide_details", "clock", "view", "embedder")
UTM_LENGTH = 200
#: What a guest types for any event type.
DETAIL_FIELDS = ("name", "email", "notes", "guests")


def last(given: MultiDict[str, str], name: str) -> str:
    """The last value of a field: a pressed button comes after the hidden field of its name."""
    return given.getlist(name)[-1] if name in given else ""


def start_of(given: MultiDict[str, str]) -> str:
    """The chosen time; `next` is one that was offered in passing, and leads to the form too."""
    return given.get("next") or given.get("start", "")


def start(given: MultiDict[str, str]) -> int:
    """The same as an instant. Raises BadField."""
    try:
        return guest_input.instant(start_of(given))
    except ValueError as error:
        raise BadField(str(error)) from None


def address(path: str, query: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def same() -> str:
    """The address that asks for the same again; of a POST the part that leads to the same step,
    without what no address should hold."""
    if request.method == "GET":
        return address(request.path, list(request.args.items(multi=True)))
    form = request.form
    return address(request.path, [*seen(form), *kept(form, ("tz",)), *utm_fields(form)])


def email(text: str) -> str:
    """An e-mail address with its + back, which a query without escapes shows as a space."""
    return text.strip().replace(" ", "+") if request.method == "GET" else text


def number(text: str) -> str:
    """The same of a phone number, whose + comes first."""
    return re.sub("^ (?=[0-9])", "+", text) if request.method == "GET" else text


def seen(given: MultiDict[str, str]) -> list[tuple[str, str]]:
    """How the guest sees the pages, to be carried along."""
    return [(name, last(given, name)) for name in LOOK_FIELDS if last(given, name)]


def kept(given: MultiDict[str, str], names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, value) for name in names for value in given.getlist(name)[:20] if value]


def utm_fields(given: MultiDict[str, str]) -> list[tuple[str, str]]:
    return [
        (name, value[:UTM_LENGTH])
        for name, value in given.items()
        if name.startswith("utm_") and len(name) < 40 and value.isprintable()
    ][:10]
