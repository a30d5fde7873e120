"""What a guest says when booking: one model for the form and for programs."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from widget.core import characters, contact, zones
from widget.core.clock import from_rfc3339
from widget.core.contact import EMAIL_LENGTH, PHONE_LENGTH
from widget.core.document import EventType, Question
from widget.core.fields import wrong
from widget.core.locations import LOCATIONS
from widget.text.language import digits, ngettext
from widget.text.language import gettext as _

NAME_LENGTH, NOTES_LENGTH, ANSWER_LENGTH, REASON_LENGTH = 200, 5000, 2000, 1000
_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:?\d\d$)")
PHONE = Question(id="phone", label="Phone number", kind="phone", required=True)


class Invalid(Exception):
    """`errors` has a message for every field that is wrong."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = errors

    @classmethod
    def of(cls, error: ValidationError) -> Self:
        """The faults that pydantic has found, by the field's name."""
        faults = error.errors(include_url=False, include_input=False)
        return cls({str(each["loc"][0]): each["msg"] for each in faults})


def questions(event: EventType) -> tuple[Question, ...]:
    """What is asked besides name and e-mail: the host's questions, and a number for a call."""
    asked = tuple(event.questions)
    if LOCATIONS[event.location].calls and not any(question.id == PHONE.id for question in asked):
        asked = (PHONE.model_copy(update={"label": _("Phone number")}), *asked)
    return asked


def instant(text: Any) -> int:
    """An instant a program or address asked for; the + of its offset arrives as a space where an
    address does not escape it. Raises ValueError with a guest's message."""
    try:
        at = from_rfc3339(_SPACE_FOR_PLUS.sub("+", text) if isinstance(text, str) else text)
    except ValueError:
        raise wrong(_("Give a time with its offset, such as 2026-12-01T09:00:00Z.")) from None
    if not 0 <= at < 7_258_118_400:  # 2200-01-01
        raise wrong(_("This time is too far away."))
    return at


def zone(text: Any) -> ZoneInfo:
    """A time zone by an IANA name it has or had. Raises ValueError with a guest's message."""
    given = text if isinstance(text, str) else ""
    name = zones.today(given) or zones.today(given.replace(" ", "+"))  # of Etc/GMT+5, unescaped
    if name is None:
        raise wrong(_("We do not know this time zone. Use a name such as Europe/Lisbon."))
    return zones.named(name)


def length(event: EventType, value: Any) -> int | None:
    """The length in minutes that a guest has chosen; None: the event type's own. Raises ValueError
    with a guest's message."""
    if value in (None, "", event.duration, str(event.duration)):
        return None
    for minutes in event.lengths:
        if type(value) in (int, str) and value in (minutes, str(minutes)):
            return minutes
    raise wrong(_("Choose one of the lengths that are offered."))


def lasting(event: EventType, text: str | None) -> EventType:
    """The event type for a guest who looks at a length: one that is not offered (any more) counts
    as none here, and is refused where it would be booked."""
    try:
        return event.lasting(length(event, text))
    except ValueError:
        return event


# --- texts, as validators take them ---------------------------------------------------------------


def _text(value: Any, longest: int, *, required: bool = False, lines: bool = False) -> str:
    """The text without what nobody sees, of at most `longest` characters."""
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise wrong(_("This has to be text."))
    text = (characters.lines(value) if lines else characters.line(value)).strip()
    if characters.has_controls(text):
        raise wrong(
            _("Control characters cannot be used here. Please type it instead of pasting it.")
        )
    if characters.blank(text):
        if required and value.strip():
            raise wrong(_("This looks empty: nobody can see what is in it."))
        if required:
            raise wrong(_("Please fill this in."))
        return ""
    if "\n" in text and not lines:
        raise wrong(_("Write this in one line."))
    if len(text) > longest:
        said = _("This is too long: at most %(n)s characters.") % {"n": digits(longest)}
        raise wrong(said)
    return text


def _address(text: str) -> str:
    try:
        return contact.email(text)
    except contact.NoEmail as error:
        if error.local:
            said = _(
                "Google Calendar takes only a-z, digits and signs before the @. Please enter"
                " another address."
            )
        else:
            said = _("Enter an e-mail address such as maria@example.com.")
        raise wrong(said) from None


# --- the fields -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """For what, and from which zone if the guest names none: what the model is validated with.
    `faults` of answers are collected here, each at its own question."""

    event: EventType
    tz: str
    faults: dict[str, str] = field(default_factory=dict)


def _start(value: Any) -> Any:
    if value in (None, "", 0):
        raise wrong(_("Choose a time."))
    return instant(value)


def _tz(value: Any, info: ValidationInfo[Asked]) -> Any:
    return info.context.tz if value in (None, "") else zone(value).key


def _duration(value: Any, info: ValidationInfo[Asked]) -> Any:
    return length(info.context.event, value)


def _once(value: Any) -> str | None:
    return _text(value, NAME_LENGTH) or None


def _name(value: Any) -> str:
    name = _text(value, NAME_LENGTH, required=True)
    if contact.tells_address(name):  # it becomes the title of an invitation in the host's name
        raise wrong(
            _(
                "Please write your name without a web or e-mail address. If there is none in it,"
                " put a space after each dot."
            )
        )
    return name


def _email(value: Any) -> str:
    return _address(_text(value, EMAIL_LENGTH, required=True))


def _notes(value: Any) -> str:
    return _text(value, NOTES_LENGTH, lines=True)


def _guests(value: Any, info: ValidationInfo[Asked]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise wrong(_("Give a list of e-mail addresses."))
    typed = [_text(each, EMAIL_LENGTH, required=each is None) for each in value]
    found = [_address(each) for each in typed if each]
    most = info.context.event.extra_guests
    if len(found) > most:
        said = ngettext(
            "You can bring %(n)s more person.", "You can bring up to %(n)s more people.", most
        )
        raise wrong(said % {"n": digits(most)})
    return tuple(dict.fromkeys(found))


def _answers(value: Any, info: ValidationInfo[Asked]) -> dict[str, str | bool]:
    """Answers by question id; every fault at its own question."""
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise wrong(_("Give an object of answers by question."))
    asked = {question.id: question for question in questions(info.context.event)}
    found: dict[str, str | bool] = {}
    for id in value:
        if id not in asked:
            info.context.faults[f"answers.{str(id)[:40]}"] = _("This is not asked here.")
    for id, question in asked.items():
        try:
            found[id] = _answer(question, value.get(id))
        except PydanticCustomError as error:
            info.context.faults[f"answers.{id}"] = str(error)
    return {id: answer for id, answer in found.items() if answer != ""}


def _answer(question: Question, value: Any) -> str | bool:
    if question.kind == "checkbox":
        return _ticked(question, value)
    longest = PHONE_LENGTH if question.kind == "phone" else ANSWER_LENGTH
    lines = question.kind == "long_text"
    text = _text(value, longest, required=question.required, lines=lines)
    if text and question.kind == "choice":
        return _choice(question, text)
    if text and question.kind == "phone":
        return _phone(text)
    return text


def _choice(question: Question, text: str) -> str:
    for each in question.choices:
        if characters.line(each).strip() == text:
            return each
    raise wrong(_("Choose one of the answers."))


def _phone(text: str) -> str:
    try:
        return contact.phone(text)
    except ValueError:
        raise wrong(_("Enter a phone number such as +1 212-555-0143.")) from None


def _ticked(question: Question, value: Any) -> bool:
    if value not in (None, "", True, False, "1", "on", "yes", "true", "false", "0"):
        raise wrong(_("Answer yes or no."))
    ticked = value in (True, "1", "on", "yes", "true")
    if question.required and not ticked:
        raise wrong(_("Tick this box to go on."))
    return ticked


# --- the model ------------------------------------------------------------------------------------


def parsed_by(read: Callable[..., Any], sent: Any) -> BeforeValidator:
    """What is sent, as the schema has it, is read by a function of our own words."""
    return BeforeValidator(read, json_schema_input_type=sent)


def _text_of(longest: int, **more: Any) -> Any:
    """A text of so many characters, in the schema of what programs send."""
    return Annotated[str, Field(max_length=longest, json_schema_extra=more)]


def _required(schema: dict[str, Any]) -> None:
    """What has to be sent, in the schema: our defaults only lead to our own words."""
    schema["required"] = ["start", "name", "email"]
    for name in schema["required"]:
        del schema["properties"][name]["default"]


class Details(BaseModel):
    """One guest's wish. Given as text, `start` is kept as an instant."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_default=True,
        json_schema_extra=_required,  # their absence has our words
    )

    start: Annotated[int, parsed_by(_start, _text_of(40, format="date-time"))] = Field(
        0, description="When, in RFC 3339 with an offset: 2026-12-01T09:00:00Z."
    )
    duration: Annotated[int | None, parsed_by(_duration, int)] = Field(
        None, description="One of the event type's lengths in minutes; else its own."
    )
    once: Annotated[str | None, parsed_by(_once, str)] = Field(
        None, description="The code of a one-off link, if it is booked by one."
    )
    tz: Annotated[str, parsed_by(_tz, str)] = Field(
        "", description="The guest's time zone by its IANA name; else the host's."
    )
    name: Annotated[str, parsed_by(_name, _text_of(NAME_LENGTH, minLength=1))] = ""
    email: Annotated[str, parsed_by(_email, _text_of(EMAIL_LENGTH, format="email"))] = ""
    notes: Annotated[str, parsed_by(_notes, _text_of(NOTES_LENGTH))] = ""
    guests: Annotated[tuple[str, ...], parsed_by(_guests, list[str])] = Field(
        (), description="E-mail addresses of more people, as many as may be brought."
    )
    answers: Annotated[dict[str, str | bool], parsed_by(_answers, dict[str, str | bool])] = Field(
        {}, description="Answers to the event type's questions, by their ids."
    )

    def digest(self) -> str:
        """The same for the same wish, however it was written."""
        text = json.dumps(self.model_dump(exclude_none=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read_details(event: EventType, given: Mapping[str, Any], default_tz: str) -> Details:
    """The details in `given` (start, tz, name, email, notes, guests, answers).

    Raises Invalid with all faults at once, by the names in `given`; answers as
    `answers.<question id>`.
    """
    asked = Asked(event, default_tz)
    try:
        details = Details.model_validate(dict(given), context=asked)
    except ValidationError as error:
        raise Invalid(Invalid.of(error).errors | asked.faults) from None
    if asked.faults:
        raise Invalid(asked.faults)
    return details


def reason(value: Any) -> str:
    """Why a booking is cancelled. Raises ValueError with a guest's message."""
    return _text(value, REASON_LENGTH, lines=True)


#: The same, in a model of what programs send.
Reason = Annotated[str, parsed_by(reason, _text_of(REASON_LENGTH) | None)]


def checked(reader: Any, value: Any, name: str, errors: dict[str, str]) -> Any:
    """What `reader` makes of a value; None with its ValueError's message in `errors`."""
    try:
        return reader(value)
    except ValueError as error:
        errors[name] = str(error)
        return None
