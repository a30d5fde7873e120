"""What the API answers, as models: what is sent is what they describe. Times are UTC, RFC 3339."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from flask import Response
from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

import models
from widget.booking import guest_input, links, one_off, rows
from widget.config import Config
from widget.core.clock import to_rfc3339
from widget.core.document import EventType, Question, Settings
from widget.core.locations import LOCATIONS, Location

Status = Literal["pending", "confirmed", "cancelled", "failed"]
Time = Annotated[str, BeforeValidator(to_rfc3339)]  # of an instant


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    def response(self, status: int = 200) -> Response:
        return Response(self.model_dump_json(), status, mimetype="application/json")


class Slot(Answer):
    """A free time."""

    start: str
    end: str


class Problem(Answer):
    """RFC 9457 problem details. `code` is stable; `detail` is for people, in their language."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: dict[str, str] | None = Field(None, description="A message for each field.")
    slots: list[Slot] | None = Field(None, description="The nearest free times.")


class Cancelling(BaseModel):
    """Why a booking is cancelled: the guest reads it."""

    reason: guest_input.Reason = Field("", description="At most 1,000 characters.")


class EventTypeAnswer(Answer):
    """What can be booked: lengths in minutes, and what is asked of the guest."""

    slug: str
    title: str
    description: str
    duration: int = Field(description="The length that is meant where none is chosen.")
    durations: list[int] = Field(description="Lengths to choose from; empty: there is one.")
    location: Location
    location_detail: str
    extra_guests: int = Field(description="How many more people a guest may bring.")
    questions: list[Question]
    url: str

    @classmethod
    def of(cls, config: Config, handle: str, event: EventType) -> Self:
        own = {
            "location_detail": "" if LOCATIONS[event.location].secret else event.location_detail,
            "questions": guest_input.questions(event),
            "url": f"{config.public_url}/book/{handle}/{event.slug}",
        }
        return cls.model_validate({**dict(event), **own})


class HostAnswer(Answer):
    """A host, and what is listed to be booked."""

    handle: str
    display_name: str
    time_zone: str
    event_types: list[EventTypeAnswer]

    @classmethod
    def of(cls, config: Config, document: Settings) -> Self:
        listed = [
            EventTypeAnswer.of(config, document.handle, event)
            for event in document.event_types
            if event.listed and event.active
        ]
        return cls.model_validate({**dict(document), "event_types": listed})


class SlotsAnswer(Answer):
    """The free times of an event type."""

    event: EventTypeAnswer
    tz: str
    slots: list[Slot]


class OfBooking(Answer):
    """What is said of a booking: columns of its row, and what is made of them."""

    @classmethod
    def of(cls, config: Config, booking: models.Booking) -> Self:
        stands = booking.status in models.ACTIVE
        said = {
            **booking.__data__,
            "success": stands,
            "manageUrl": links.booking_url(config, booking.id),
            "meetLink": rows.meeting_link(booking) if stands else None,
        }
        return cls.model_validate({**said, "booking": said, "guest": said})


class BookingAnswer(OfBooking):
    """A booking as it is now."""

    id: str
    start: Time = Field(validation_alias="start_at")
    end: Time = Field(validation_alias="end_at")
    status: Status
    manageUrl: str


class BookedAnswer(OfBooking):
    """`success`: it stands, or may stand while it is pending; one that an earlier request with
    the same key made can be over by now."""

    success: bool
    booking: BookingAnswer
    meetLink: str | None


class Guest(Answer):
    """Who booked."""

    name: str = Field(validation_alias="guest_name")
    email: str = Field(validation_alias="guest_email")
    tz: str
    language: str


class HostsBooking(BookingAnswer):
    """A booking as its host may see it: all that the guest said."""

    event: str
    title: str = Field(validation_alias=AliasPath("promise", "title"))
    meetLink: str | None
    guest: Guest
    guests: list[str] = Field(description="E-mail addresses of more people.")
    notes: str
    answers: dict[str, str | bool]
    utm: dict[str, str]
    createdAt: Time = Field(validation_alias="created_at")
    cancelledBy: str | None = Field(validation_alias="cancelled_by")
    cancelReason: str | None = Field(validation_alias="cancel_reason")
    noShow: bool = Field(validation_alias="no_show")


class BookingsAnswer(Answer):
    """A page of bookings by their start; `next` is the cursor of the following one."""

    bookings: list[HostsBooking]
    next: str | None


class LinkAnswer(Answer):
    """A one-off link; what it has not of its own is null, and that of its event type."""

    code: str
    url: str
    event: str
    title: str | None
    duration: int | None
    times: list[str] | None = Field(description="Starts, or ranges as START/END.")
    uses: int
    used: int
    expires: Time | None = Field(validation_alias="expires_at")
    state: one_off.State
    createdAt: Time = Field(validation_alias="created_at")

    @classmethod
    def of(cls, config: Config, handle: str, link: one_off.OneOffLink, now: int) -> Self:
        own = {
            "url": one_off.address(config, handle, link),
            "times": link.times and [one_off.said(each) for each in link.times],
            "state": link.state(now),
        }
        return cls.model_validate({**link.__data__, **own})


class LinksAnswer(Answer):
    """One-off links, the newest first."""

    links: list[LinkAnswer]


class Me(Answer):
    """Whose token it is. `connected`: Google lets us reach the calendar."""

    handle: str
    display_name: str
    email: str
    time_zone: str
    connected: bool
    url: str


class HostState(Answer):
    """A host; `reason`: why Google does not let us reach the calendar any more, if so."""

    handle: str
    url: str
    reason: str | None

    @classmethod
    def of(cls, config: Config, host: models.Host) -> Self:
        url = f"{config.public_url}/book/{host.handle}"
        return cls(handle=host.handle, url=url, reason=host.disconnected_reason)


class Event(Answer):
    """What a webhook is sent: `timestamp` is when it happened, and `data` as it was then."""

    type: str
    timestamp: str
    data: HostsBooking | HostState


def slots_of(starts: Sequence[int], event: EventType) -> list[Slot]:
    length = event.duration * 60
    return [Slot(start=to_rfc3339(at), end=to_rfc3339(at + length)) for at in starts]
