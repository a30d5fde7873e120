"""What a guest says when booking, checked once for the form and for the API."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from widget.core import characters, contact, zones
from widget.core.clock import from_rfc3339
from widget.core.contact import EMAIL_LENGTH, PHONE_LENGTH
from widget.core.document import EventType, Question
from widget.text.language import digits, ngettext
from widget.text.language import gettext as _

NAME_LENGTH, NOTES_LENGTH, ANSWER_LENGTH, REASON_LENGTH = 200, 5000, 2000, 1000
PHONE = Question(id="phone", label="Phone number", kind="phone", required=True)


@dataclass(frozen=True)
class Details:
    """One guest's wish: `start` is an instant, `answers` are by question id."""

    start: int
    tz: str
    name: str
    email: str
    notes: str = ""
    guests: tuple[str, ...] = ()
    answers: Mapping[str, str | bool] = field(default_factory=dict)

    def digest(self) -> str:
        """The same for the same wish, however it was written."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Invalid(Exception):
    """`errors` has a message for every field that is wrong."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = errors


def questions(event: EventType) -> tuple[Question, ...]:
    """What is asked besides name and e-mail: the host's questions, and a number for a call."""
    asked = tuple(event.questions)
    if event.location == "phone" and not any(question.id == PHONE.id for question in asked):
        asked = (PHONE.model_copy(update={"label": _("Phone number")}), *asked)
    return asked


def read(event: EventType, given: Mapping[str, Any], default_tz: str) -> Details:
    """The details in `given` (start, tz, name, email, notes, guests, answers).

    Raises Invalid with all faults at once, by the names in `given`; answers as
    `answers.<question id>`.
    """
    checks = _Checks(given)
    details = Details(
        start=checks.instant("start"),
        tz=checks.zone("tz", default_tz),
        name=checks.line("name", NAME_LENGTH, required=True),
        email=checks.email("email"),
        notes=checks.text("notes", NOTES_LENGTH),
        guests=checks.guests("guests", event.extra_guests),
        answers=checks.answers("answers", questions(event)),
    )
    if checks.errors:
        raise Invalid(checks.errors)
    return details


def instant(text: Any) -> int:
    """An instant a program or address asked for. Raises ValueError with a guest's message."""
    try:
        at = from_rfc3339(text)
    except ValueError:
        raise ValueError(_("Give a time with its offset, such as 2026-12-01T09:00:00Z.")) from None
    if not 0 <= at < 7_258_118_400:  # 2200-01-01
        raise ValueError(_("This time is too far away."))
    return at


def zone(text: Any) -> ZoneInfo:
    """A time zone by an IANA name it has or had. Raises ValueError with a guest's message."""
    given = text.replace(" ", "+") if isinstance(text, str) else ""  # an unescaped + of Etc/GMT+5
    name = zones.today(given)
    if name is None:
        raise ValueError(_("We do not know this time zone. Use a name such as Europe/Lisbon."))
    return ZoneInfo(name)


def reason(text: Any) -> str:
    """Why a booking is cancelled. Raises ValueError with a guest's message."""
    checks = _Checks({"reason": text})
    found = checks.text("reason", REASON_LENGTH)
    if checks.errors:
        raise ValueError(checks.errors["reason"])
    return found


class _Checks:
    """Reads fields one by one and collects what is wrong with them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.errors: dict[str, str] = {}

    def wrong(self, name: str, message: str) -> str:
        self.errors.setdefault(name, message)
        return ""

    def instant(self, name: str) -> int:
        if self.given.get(name) in (None, ""):
            self.wrong(name, _("Choose a time."))
            return 0
        try:
            return instant(self.given[name])
        except ValueError as error:
            self.wrong(name, str(error))
            return 0

    def zone(self, name: str, default: str) -> str:
        if self.given.get(name) in (None, ""):
            return default
        try:
            return zone(self.given[name]).key
        except ValueError as error:
            return self.wrong(name, str(error))

    def line(self, name: str, longest: int, *, required: bool = False) -> str:
        return self._checked(name, self.given.get(name), longest, required=required, lines=False)

    def text(self, name: str, longest: int) -> str:
        return self._checked(name, self.given.get(name), longest, required=False, lines=True)

    def email(self, name: str) -> str:
        text = self._checked(name, self.given.get(name), EMAIL_LENGTH, required=True, lines=False)
        return self._address(name, text) if text else ""

    def _address(self, name: str, text: str) -> str:
        try:
            return contact.email(text)
        except contact.NoEmail as error:
            if error.local:
                return self.wrong(
                    name,
                    _(
                        "Google Calendar takes only a-z, digits and signs before the @. Please"
                        " enter another address."
                    ),
                )
            return self.wrong(name, _("Enter an e-mail address such as maria@example.com."))

    def guests(self, name: str, most: int) -> tuple[str, ...]:
        given = self.given.get(name)
        if given is None:
            return ()
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            self.wrong(name, _("Give a list of e-mail addresses."))
            return ()
        typed = [
            self._checked(name, each, EMAIL_LENGTH, required=False, lines=False) for each in given
        ]
        found = [self._address(name, each) for each in typed if each]
        if len(found) > most:
            said = ngettext(
                "You can bring %(n)s more person.", "You can bring up to %(n)s more people.", most
            )
            self.wrong(name, said % {"n": digits(most)})
        return tuple(dict.fromkeys(found))

    def answers(self, name: str, asked: tuple[Question, ...]) -> dict[str, str | bool]:
        given = self.given.get(name)
        if given is None:
            given = {}
        if not isinstance(given, Mapping):
            self.wrong(name, _("Give an object of answers by question."))
            return {}
        known = {question.id for question in asked}
        for id in given:
            if id not in known:
                self.wrong(f"{name}.{str(id)[:40]}", _("This is not asked here."))
        found = {question.id: self._answer(name, question, given) for question in asked}
        return {id: answer for id, answer in found.items() if answer != ""}

    def _answer(self, name: str, question: Question, given: Mapping[str, Any]) -> str | bool:
        name, value = f"{name}.{question.id}", given.get(question.id)
        if question.kind == "checkbox":
            return self._ticked(name, question, value)
        text = self._checked(
            name,
            value,
            PHONE_LENGTH if question.kind == "phone" else ANSWER_LENGTH,
            required=question.required,
            lines=question.kind == "long_text",
        )
        if not text:
            return ""
        if question.kind == "choice":
            same = (each for each in question.choices if characters.line(each).strip() == text)
            return next(same, None) or self.wrong(name, _("Choose one of the answers."))
        if question.kind == "phone":
            return self._number(name, text)
        return text

    def _number(self, name: str, text: str) -> str:
        try:
            return contact.phone(text)
        except ValueError:
            return self.wrong(name, _("Enter a phone number such as +351 912 345 678."))

    def _ticked(self, name: str, question: Question, value: Any) -> bool:
        if value not in (None, "", True, False, "1", "on", "yes", "true", "false", "0"):
            self.wrong(name, _("Answer yes or no."))
        ticked = value in (True, "1", "on", "yes", "true")
        if question.required and not ticked:
            self.wrong(name, _("Tick this box to go on."))
        return ticked

    def _checked(self, name: str, value: Any, longest: int, *, required: bool, lines: bool) -> str:
        if value is None:
            value = ""
        if not isinstance(value, str):
            return self.wrong(name, _("This has to be text."))
        text = (characters.lines(value) if lines else characters.line(value)).strip()
        if characters.has_controls(text):
            message = _(
                "Control characters cannot be used here. Please type it instead of pasting it."
            )
            return self.wrong(name, message)
        if characters.blank(text):
            return self._missing(name, value) if required else ""
        if "\n" in text and not lines:
            return self.wrong(name, _("Write this in one line."))
        if len(text) > longest:
            return self.wrong(
                name, _("This is too long: at most %(n)s characters.") % {"n": digits(longest)}
            )
        return text

    def _missing(self, name: str, typed: str) -> str:
        if typed.strip():
            return self.wrong(name, _("This looks empty: nobody can see what is in it."))
        return self.wrong(name, _("This cannot be empty."))
