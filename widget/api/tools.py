"""What agents can do, as tools of the Model Context Protocol: the calls of the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

import models
from widget.api import calls, schema
from widget.booking import act, guest_input, links, rows
from widget.booking.guest_input import Details, Invalid
from widget.booking.target import NotHere, Renamed, find
from widget.core import clock
from widget.web import messages, service

LENGTH = "One of the event type's durations in minutes; else its duration."


class Arguments(BaseModel):
    """A tool's arguments: what is read of them is checked by the call itself, with its words."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class OfHost(Arguments):
    host: str = Field(description="The host's handle, the first part of the booking address.")


class OfEvent(OfHost):
    event: str = Field(description="The event type's slug, from list_event_types.")


class Slots(OfEvent):
    start: str = Field(
        alias="from",
        description="RFC 3339 with an offset. Ask for the part of the"
        " day that suits the guest: from 2026-12-01T14:00:00+09:00 to 2026-12-01T18:00:00+09:00.",
    )
    to: str = Field(description="RFC 3339 with an offset, at most 62 days later.")
    tz: str | None = Field(None, description="The guest's IANA time zone.")
    duration: int | None = Field(None, description=LENGTH)


class Booking(OfEvent):
    start: str = Field(description="One of the slots' starts.")
    name: str = Field(description="The guest's name.")
    email: str = Field(description="Google sends the invitation there. Ask the guest for it.")
    notes: str | None = ""
    tz: str | None = Field(None, description="The guest's IANA time zone.")
    duration: int | None = Field(None, description=LENGTH)
    answers: dict[str, str | bool | None] | None = Field(
        {}, description="By the ids of the event's questions."
    )
    guests: list[str] | None = Field([], description="E-mail addresses of more people.")
    once: str | None = Field(None, description="The code of a one-off link, from its address.")
    idempotency_key: str | None = Field(
        None, description="Anything of your own: repeating it books once."
    )


class OfBooking(Arguments):
    token: str = Field(description="The last part of the booking's manageUrl.")


class Move(OfBooking):
    start: str = Field(description="One of the slots' starts.")


class Cancel(OfBooking):
    reason: str | None = Field("", description="The host reads it.")


Run = Callable[[Any], schema.Answer]
Hints = Mapping[str, bool]


@dataclass(frozen=True)
class Tool:
    """One tool, by its function's name and docstring. `run` raises one of calls.FAULTS, NotHere or
    Renamed; `hints`: ToolAnnotations; `words`: what is said of a NotBooked."""

    title: str
    arguments: type[Arguments]
    run: Run
    hints: Hints
    words: calls.Words

    def document(self) -> dict[str, Any]:
        return {
            "name": self.run.__name__,
            "title": self.title,
            "description": " ".join((self.run.__doc__ or "").split()),
            "inputSchema": self.arguments.model_json_schema(),
            "annotations": {"title": self.title, **self.hints},
        }


READS = {"readOnlyHint": True, "openWorldHint": True}
WRITES = {"readOnlyHint": False, "destructiveHint": False, "openWorldHint": True}
ENDS = {**WRITES, "destructiveHint": True, "idempotentHint": True}
TOOLS: dict[str, Tool] = {}


def tool(
    title: str, arguments: type[Arguments], hints: Hints, words: calls.Words = messages.refusal
) -> Callable[[Run], Run]:
    """Make a function a tool of its name. Its docstring is what agents are told of it."""

    def made(run: Run) -> Run:
        TOOLS[run.__name__] = Tool(title, arguments, run, hints, words)
        return run

    return made


@tool("List event types", OfHost, READS)
def list_event_types(given: OfHost) -> schema.Answer:
    """What can be booked with a host: lengths in minutes, where, and what is asked."""
    return schema.HostAnswer.of(service.config(), service.look_at_host(given.host)[0].document)


@tool("Find free times", Slots, READS)
def get_available_slots(given: Slots) -> schema.Answer:
    """The free times of an event type between two instants. Times are UTC: say them to the guest
    in the guest's own zone, with its name."""
    target = service.look(given.host, given.event)
    return calls.slots(target, given.model_dump(by_alias=True))[0]


@tool("Book", Booking, {**WRITES, "idempotentHint": False})
def create_booking(given: Booking) -> schema.Answer:
    """Book a free time for a guest, who has agreed to it. Keep manageUrl: its last part is the
    token for everything else. A booking that is pending is not certain yet: ask with
    get_booking."""
    key = calls.idempotency_key(given.idempotency_key, {}, "idempotency_key")
    wish = given.model_dump(include=set(Details.model_fields))
    target = find(given.host, given.event, given.once or "")
    return calls.book(target, wish, key, "idempotency_key")


@tool("Look at a booking", OfBooking, READS)
def get_booking(given: OfBooking) -> schema.Answer:
    """A booking as it is now."""
    return schema.BookedAnswer.of(service.config(), _booking(given))


@tool("Move a booking", Move, {**WRITES, "idempotentHint": True}, messages.change_refusal)
def reschedule_booking(given: Move) -> schema.Answer:
    """Move a booking to another free time; its link stays, and Google tells everybody."""
    return calls.move(_booking(given), _read(guest_input.instant, given.start, "start"))


@tool("Cancel a booking", Cancel, ENDS, messages.change_refusal)
def cancel_booking(given: Cancel) -> schema.Answer:
    """Cancel a booking; Google tells everybody. Ask the guest before."""
    found, reason = _booking(given), _read(guest_input.reason, given.reason, "reason")
    done = act.cancel(service.google(), found, reason, calls.caller(), clock.now())
    return schema.BookedAnswer.of(service.config(), done)


def _read(reader: Callable[[Any], Any], value: Any, name: str) -> Any:
    """What `reader` makes of a value. Raises Invalid."""
    try:
        return reader(value)
    except ValueError as error:
        raise Invalid({name: str(error)}) from None


def _booking(given: OfBooking) -> models.Booking:
    """The booking of a token, which alone lets anybody see it. Raises NotHere."""
    token = given.token.rpartition("/")[2]
    found = rows.booking_by_id(links.booking_id(service.config(), token))
    if found is None:
        raise NotHere
    return found


def run(name: str, given: Any) -> schema.Answer:
    """What a tool answers. Raises pydantic's ValidationError for arguments that it has not, and
    what the tool raises. A host or event type that was renamed is found under its new name."""
    tool = TOOLS[name]
    arguments = tool.arguments.model_validate(given)
    for _renames in range(2):
        try:
            return tool.run(arguments)
        except Renamed as error:
            now = {"host": error.now.get("handle"), "event": error.now.get("slug")}
            arguments = arguments.model_copy(update={k: v for k, v in now.items() if v})
    return tool.run(arguments)
