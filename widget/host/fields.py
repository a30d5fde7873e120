"""The fields of the settings page, each declared once: read, called and shown by this. Pure.

A new field of an event type: the settings document, one line in EVENT, and the place that uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Field:
    """`name` is that of the form's input and of the document's key. `kind` says how it is read
    (forms.READ) and which template shows it (templates/host/fields/). `empty` is said when a list
    has to have an entry, and has none."""

    name: str
    label: str
    kind: str = "line"
    unit: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    empty: str = ""

    @property
    def template(self) -> str:
        alike = {"limit": "number", "address": "line", "slug": "line", "sites": "lines"}
        return f"host/fields/{alike.get(self.kind, self.kind)}.html"


@dataclass(frozen=True)
class Group:
    """Fields that stand together."""

    fields: tuple[Field, ...]
    legend: str = ""


@dataclass(frozen=True)
class Section:
    """A form of the page. Its fields are keys of the document, or of the object `within` it."""

    title: str
    groups: tuple[Group, ...]
    within: str = ""

    @property
    def fields(self) -> list[Field]:
        return [each for group in self.groups for each in group.fields]


_PLAIN = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
_WEB = {"inputmode": "url", "maxlength": "2000"}

QUESTION = (
    Field("label", "Text", attributes={"maxlength": "300"}),
    Field(
        "kind",
        "Kind of answer",
        "select",
        choices=(
            ("text", "A line of text"),
            ("long_text", "Several lines"),
            ("choice", "One of some answers"),
            ("checkbox", "A box to tick"),
            ("phone", "A phone number"),
        ),
    ),
    Field(
        "id",
        "Short name",
        hint="For links and exports; made from the text if empty.",
        attributes={**_PLAIN, "maxlength": "40"},
    ),
    Field("choices", "Answers to choose from", "lines", hint="One a line."),
    Field("required", "Must be answered", "tick"),
)

EVENT = (
    Group(
        (
            Field("title", "Title", required=True, attributes={"maxlength": "200"}),
            Field(
                "slug",
                "Last part of its address",
                "slug",
                hint="{address}/… If you change it, the old address leads to the new one.",
                required=True,
                attributes={**_PLAIN, "maxlength": "40"},
            ),
            Field("description", "Description", "lines", attributes={"maxlength": "5000"}),
            Field("duration", "Length", "number", "minutes", required=True),
            Field(
                "slot_interval", "A start every", "limit", "minutes", "Empty: as long as it lasts."
            ),
        )
    ),
    Group(
        (
            Field(
                "location",
                "Where",
                "choice",
                choices=(
                    ("google_meet", "Google Meet"),
                    ("phone", "By phone: the guest's number is asked for"),
                    ("in_person", "In person"),
                ),
            ),
            Field(
                "location_detail",
                "Place",
                hint="Where you meet; guests see it.",
                attributes={"maxlength": "500"},
            ),
        ),
        "Where",
    ),
    Group(
        (
            Field("buffer_before", "Free time before", "number", "minutes", required=True),
            Field("buffer_after", "Free time after", "number", "minutes", required=True),
            Field(
                "minimum_notice",
                "Notice",
                "number",
                "minutes",
                "Nobody books sooner than this.",
                required=True,
            ),
            Field("booking_window_days", "How far ahead", "number", "days", required=True),
            Field("max_per_day", "At most a day", "limit", "bookings", "Empty: no limit."),
            Field("max_per_week", "At most a week", "limit", "bookings", "Empty: no limit."),
            Field(
                "change_deadline",
                "Last change",
                "limit",
                "minutes before",
                "Until then a guest may move or cancel. Empty: until it begins.",
            ),
            Field(
                "extra_guests",
                "Further guests",
                "number",
                "people",
                "How many more a guest may invite.",
                required=True,
            ),
        ),
        "Room around it",
    ),
    Group((Field("questions", "Questions", "questions"),), "Questions to the guest"),
    Group(
        (
            Field("active", "Can be booked", "tick"),
            Field(
                "listed", "Shown in your list (if not: only for those who have its address)", "tick"
            ),
            Field(
                "invite_title",
                "Called in calendars",
                hint="It knows {guest}, {event} and {host}.",
                required=True,
                attributes={"maxlength": "200"},
            ),
            Field(
                "invite_text",
                "What the invitation says",
                "lines",
                hint="It stands before the guest's notes, and knows the same three.",
                attributes={"maxlength": "5000"},
            ),
            Field(
                "redirect_url",
                "Page after booking",
                "address",
                hint="An https address that follows. Empty: the confirmation stays.",
                attributes=_WEB,
            ),
        ),
        "For guests",
    ),
)

SECTIONS = {
    "event": Section("Event type", EVENT),
    "hours": Section("Weekly hours", (Group((Field("weekly_hours", "Hours", "week"),)),)),
    "dates": Section("Dates and holidays", (Group((Field("date_overrides", "Dates", "dates"),)),)),
    "calendars": Section(
        "Calendars",
        (
            Group(
                (
                    Field(
                        "busy_calendars",
                        "You are busy when one of these says so",
                        "calendars",
                        hint="Only when you are busy is read, never what your events are about.",
                        empty="tick at least one, so that you are not booked while you are busy",
                    ),
                    Field("target_calendar", "Bookings are written to", "calendar"),
                )
            ),
        ),
    ),
    "profile": Section(
        "You",
        (
            Group(
                (
                    Field(
                        "display_name",
                        "Name that guests see",
                        required=True,
                        attributes={"maxlength": "100", "autocomplete": "name"},
                    ),
                    Field("handle", "Your address", "handle"),
                    Field("time_zone", "Time zone", "zone"),
                    Field(
                        "contact",
                        "Another way to reach you",
                        hint="Shown to guests where no time can be booked. Empty: none.",
                        attributes={"maxlength": "500"},
                    ),
                )
            ),
        ),
    ),
    "theme": Section(
        "Look",
        (
            Group(
                (
                    Field("accent", "Colour", "accent"),
                    Field(
                        "mode",
                        "Light or dark",
                        "choice",
                        choices=(
                            ("auto", "As the guest's device"),
                            ("light", "Light"),
                            ("dark", "Dark"),
                        ),
                    ),
                )
            ),
        ),
        within="theme",
    ),
    "sites": Section(
        "Allowed sites",
        (
            Group(
                (
                    Field(
                        "allowed_sites",
                        "Sites that may show the widget, one a line",
                        "sites",
                        hint="Such as example.com. Empty: every site may. Your booking page itself"
                        " can always be opened.",
                        attributes=_PLAIN,
                    ),
                )
            ),
        ),
    ),
}
