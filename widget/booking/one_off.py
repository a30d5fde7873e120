"""One-off links: an event type for somebody in particular, to be booked so many times."""

import re
import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import peewee
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, WithJsonSchema

import models
from models import Host, JSONText, Table
from widget.booking.errors import LinkUsed
from widget.booking.guest_input import Invalid, instant, parsed_by
from widget.config import Config
from widget.core import fields, slots
from widget.core.clock import to_rfc3339
from widget.core.document import EventType, Settings, load_document
from widget.core.fields import between, wrong
from widget.core.hours import OneOff
from widget.core.slots import Time

LINKS = 2000  # of one host
USES, TIMES = 1000, 100
_CODE = re.compile(r"[A-Za-z0-9]{22}")  # 131 random bits, and nothing that a shell takes apart

State = Literal["open", "used", "expired", "revoked"]


class OneOffLink(Table):
    """`title`, `duration` (minutes) and `times` are the event type's own where they are None."""

    host_id: int

    code = peewee.CharField(22, primary_key=True)
    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    event = peewee.CharField(63)
    title = peewee.CharField(200, null=True)
    duration = peewee.IntegerField(null=True)
    times = JSONText(default=None)
    uses = peewee.IntegerField()
    used = peewee.IntegerField(default=0)
    expires_at = peewee.BigIntegerField(null=True)
    revoked_at = peewee.BigIntegerField(null=True)
    created_at = peewee.BigIntegerField()

    def state(self, now: int) -> State:
        if self.revoked_at is not None:
            return "revoked"
        if self.used >= self.uses:
            return "used"
        return "expired" if self.ends_at <= now else "open"

    @property
    def ends_at(self) -> int:
        """From when on it books nothing: 0 once it is revoked or used up."""
        if self.revoked_at is not None or self.used >= self.uses:
            return 0
        return slots.LAST if self.expires_at is None else self.expires_at

    def event_type(self, event: EventType) -> OneOff:
        """What it offers of its event type, be that switched on or off."""
        own: dict[str, Any] = {"active": True, "code": self.code, "ends_at": self.ends_at}
        own["times"] = self.times and tuple((start, end) for start, end in self.times)
        if self.title is not None:
            own["title"] = self.title
        if self.duration is not None:
            own.update(duration=self.duration, durations=[])
        return OneOff.model_construct(**{**dict(event), **own})


# --- what is wished for ---------------------------------------------------------------------------


def _expires(value: Any, info: ValidationInfo) -> int | None:
    """A date counts to its end, in the host's zone."""
    if value in (None, ""):
        return None
    if isinstance(value, str) and fields.is_date(value):
        following = date.fromisoformat(value) + timedelta(days=1)
        midnight = datetime.combine(following, datetime.min.time(), info.context)  # type: ignore[arg-type]
        return int(midnight.timestamp())
    return instant(value)


def _times(value: Any) -> list[Time] | None:
    if not isinstance(value, list | tuple):
        if value is None:
            return None
        raise wrong("must be a list")
    if len(value) > TIMES:
        raise wrong(f"must have at most {TIMES} entries")
    return sorted({_time(each) for each in value}, key=lambda time: (time[0], time[1] or 0)) or None


def _time(value: Any) -> Time:
    """A start; or a range, as start/end, as a list of the two, or by their names."""
    if isinstance(value, str):
        value = value.split("/")
    elif isinstance(value, Mapping):
        value = [value.get("start"), *(value[name] for name in ("end",) if name in value)]
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 2:
        raise wrong("must be starts in RFC 3339, or ranges as START/END")
    start, *ends = (instant(each) for each in value)
    end = ends[0] if ends else None
    if end is not None and end <= start:
        raise wrong("must have ranges that end after they start")
    return start, end


def said(time: Time) -> str:
    """The start, or the range, as it can be wished for."""
    return "/".join(to_rfc3339(at) for at in time if at is not None)


def _number(low: int, high: int) -> Any:
    return WithJsonSchema({"type": "integer", "minimum": low, "maximum": high})


class Wish(BaseModel):
    """A one-off link to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    event: str = Field(description="The event type's slug.")
    uses: Annotated[int, between(1, USES), _number(1, USES)] = Field(
        1, description="How many bookings it makes."
    )
    expires: Annotated[int | None, parsed_by(_expires, str | None)] = Field(
        None, description="In RFC 3339 with an offset, or a date, to its end."
    )
    title: Annotated[str, fields.text(fields.TITLE, 1)] | None = Field(
        None, description="Instead of the event type's."
    )
    duration: Annotated[fields.Length, _number(1, fields.DAY_MINUTES)] | None = Field(
        None, description="Minutes, instead of the event type's."
    )
    times: Annotated[list[Time] | None, parsed_by(_times, list[str] | None)] = Field(
        None, description="Starts in RFC 3339, or ranges as START/END, instead of the open hours."
    )


def _wish(document: Settings, given: Mapping[str, Any], now: int) -> Wish:
    """The link that is wished for. Raises Invalid."""
    try:
        wish = Wish.model_validate(dict(given), context=ZoneInfo(document.time_zone))
    except ValidationError as error:
        raise Invalid.of(error) from None
    event = document.event_type(wish.event)
    if event is None:
        raise Invalid({"event": "must be the slug of one of the event types"})
    length = (wish.duration or min(event.lengths)) * 60
    if any(end is not None and end - start < length for start, end in wish.times or ()):
        raise Invalid({"times": "must have ranges that are as long as a booking"})
    if wish.times and not any(_within(document, event, each, length, now) for each in wish.times):
        window = f"from now on, at most {event.booking_window_days} days ahead"
        raise Invalid({"times": f"must have one in the event type's booking window: {window}"})
    return wish


def _within(document: Settings, event: EventType, time: Time, length: int, now: int) -> bool:
    """Whether a booking of so many seconds can start in the event type's booking window then."""
    start, end = time
    zone = ZoneInfo(document.time_zone)
    days = slots.local_date(zone, start) - slots.local_date(zone, now)
    latest = start if end is None else end - length
    return latest >= now and days.days <= event.booking_window_days


# --- made, found, ended ---------------------------------------------------------------------------


def make(host: Host, given: Mapping[str, Any], now: int, secret: str = "") -> OneOffLink:
    """A new link, as it is wished for; the one that there is if it was made of the same secret
    before. Raises Invalid with all faults, by the names in `given`, or when the host has LINKS."""
    wish = _wish(load_document(host.settings), given, now)
    code = re.sub("[_-]", "0", secret or secrets.token_urlsafe(32))[:22]
    wanted = wish.model_dump(exclude={"expires"})
    with models.locked(host):
        if made := find(host.id, code):
            return made
        if OneOffLink.select().where(OneOffLink.host == host).count() >= LINKS:
            raise Invalid({"event": f"there can be {LINKS} links, and no more"})
        return OneOffLink.create(
            code=code, host=host, expires_at=wish.expires, created_at=now, **wanted
        )


def address(config: Config, handle: str, link: OneOffLink) -> str:
    """What the guest is given."""
    return f"{config.public_url}/book/{handle}/{link.event}?once={link.code}"


def listed(host: Host) -> list[OneOffLink]:
    """The host's links, the newest first."""
    query = OneOffLink.select().where(OneOffLink.host == host)
    return list(query.order_by(OneOffLink.created_at.desc(), OneOffLink.code))


def find(host_id: int, code: str) -> OneOffLink | None:
    """The host's link with this code, whatever its state."""
    link = by_code(code)
    return link if link and link.host_id == host_id else None


def by_code(code: str) -> OneOffLink | None:
    """The link with this code, whosever it is."""
    return OneOffLink.get_or_none(OneOffLink.code == code) if _CODE.fullmatch(code) else None


def revoke(host: Host, code: str, now: int) -> bool:
    """End a link of the host at once; False when there is none of this code. One that is over
    already stays as it is."""
    link = find(host.id, code)
    if link is None:
        return False
    open_ = OneOffLink.revoked_at.is_null() & (OneOffLink.used < OneOffLink.uses)
    models.note(link, open_, revoked_at=now)
    return True


def forget(host: Host) -> None:
    """Remove a host's links; what was booked by them stays."""
    OneOffLink.delete().where(OneOffLink.host == host).execute()


def check(event: EventType, now: int) -> None:
    """Raises LinkUsed when the event type is offered by a link that books nothing any more."""
    if isinstance(event, OneOff) and event.ends_at <= now:
        raise LinkUsed


def take(event: EventType, now: int) -> None:
    """Count one use of the link that an event type is offered by, if it is: in the transaction that
    claims the time, which nobody else does under the host's lock. Raises LinkUsed."""
    if isinstance(event, OneOff):
        link = by_code(event.code)
        if link is None or link.ends_at <= now:
            raise LinkUsed
        models.note(link, used=OneOffLink.used + 1)


def give_back(code: str | None) -> None:
    """Take back the use of a booking that failed, in the transaction that notes it."""
    if code:
        query = OneOffLink.update(used=OneOffLink.used - 1)
        query.where(OneOffLink.code == code, OneOffLink.used > 0).execute()
