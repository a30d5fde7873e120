"""What agents can do, as tools of the Model Context Protocol: the calls of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

import models
from widget.api import calls, schema
from widget.booking import act, guest_input, links, rows
from widget.booking.errors import NotBooked
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


@dataclass(frozen=True)
class Tool:
    """One tool; `run` raises one of given.FAULTS, NotHere or Renamed. `hints`: ToolAnnotations;
    `words`: what is said of a NotBooked."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Callable[[Any], schema.Answer]
    hints: Mapping[str, bool]
    words: Callable[[NotBooked], str] = messages.refusal

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.arguments.model_json_schema(),
            "annotations": {"title": self.title, **self.hints},
        }


def list_event_types(given: OfHost) -> schema.Answer:
    return schema.HostAnswer.of(service.config(), service.look_at_host(given.host)[0].document)


def get_available_slots(given: Slots) -> schema.Answer:
    target = service.look(given.host, given.event)
    return calls.slots(target, given.model_dump(by_alias=True))[0]


def create_booking(given: Booking) -> schema.Answer:
    key = calls.idempotency_key(given.idempotency_key, {}, "idempotency_key")
    wish = given.model_dump(include=set(Details.model_fields))
    target = find(given.host, given.event, given.once or "")
    return calls.book(target, wish, key, "idempotency_key")


def get_booking(given: OfBooking) -> schema.Answer:
    return schema.BookedAnswer.of(service.config(), _booking(given))


def reschedule_booking(given: Move) -> schema.Answer:
    found, errors = _booking(given), dict[str, str]()
    start = guest_input.checked(guest_input.instant, given.start, "start", errors)
    if errors:
        raise Invalid(errors)
    return calls.move(found, start)


def cancel_booking(given: Cancel) -> schema.Answer:
    found, errors = _booking(given), dict[str, str]()
    reason = guest_input.checked(guest_input.reason, given.reason, "reason", errors)
    if errors:
        raise Invalid(errors)
    done = act.cancel(service.google(), found, reason, calls.caller(), clock.now())
    return schema.BookedAnswer.of(service.config(), done)


def _booking(given: OfBooking) -> models.Booking:
    """The booking of a token, which alone lets anybody see it. Raises NotHere."""
    id = links.booking_id(service.config(), given.token.rpartition("/")[2])
    found = rows.booking_by_id(id) if id else None
    if found is None:
        raise NotHere
    return found


READS = {"readOnlyHint": True, "openWorldHint": True}
WRITES = {"readOnlyHint": False, "destructiveHint": False, "openWorldHint": True}
TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "list_event_types",
            "List event types",
            "What can be booked with a host: lengths in minutes, where, and what is asked.",
            OfHost,
            list_event_types,
            READS,
        ),
        Tool(
            "get_available_slots",
            "Find free times",
            "The free times of an event type between two instants. Times are UTC: say them to the"
            " guest in the guest's own zone, with its name.",
            Slots,
            get_available_slots,
            READS,
        ),
        Tool(
            "create_booking",
            "Book",
            "Book a free time for a guest, who has agreed to it. Keep manageUrl: its last part is"
            " the token for everything else. A booking that is pending is not certain yet: ask"
            " with get_booking.",
            Booking,
            create_booking,
            {**WRITES, "idempotentHint": False},
        ),
        Tool(
            "get_booking",
            "Look at a booking",
            "A booking as it is now.",
            OfBooking,
            get_booking,
            READS,
        ),
        Tool(
            "reschedule_booking",
            "Move a booking",
            "Move a booking to another free time; its link stays, and Google tells everybody.",
            Move,
            reschedule_booking,
            {**WRITES, "idempotentHint": True},
            messages.change_refusal,
        ),
        Tool(
            "cancel_booking",
            "Cancel a booking",
            "Cancel a booking; Google tells everybody. Ask the guest before.",
            Cancel,
            cancel_booking,
            {**WRITES, "destructiveHint": True, "idempotentHint": True},
            messages.change_refusal,
        ),
    )
}


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
