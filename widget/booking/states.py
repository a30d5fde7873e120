"""Every change of a booking's status: one function each, in one transaction.

A row is in one of these states, which its columns `status` and `change` tell together:

    state       status     change
    claimed     pending    -         the time is held; nobody knows yet whether the event stands
    confirmed   confirmed  -         the event stands
    moving      pending    move      both times are held
    cancelling  pending    cancel
    cancelled   cancelled  -
    failed      failed     -         there is no event, and there will be none

Who may bring it from one to another (`google`: what Google says of a write of ours; `time`: a
day without an answer):

    act           from                                    to          who
    claim         -                                       claimed     guest
    confirm       claimed                                 confirmed   google
    fail          claimed                                 failed      google
    begin_move    confirmed                               moving      guest, host
    finish_move   moving                                  confirmed   google
    begin_cancel  claimed, confirmed, moving              cancelling  guest, host
    cancel        claimed, confirmed, moving, cancelling  cancelled   google, host
    undo          moving, cancelling                      confirmed   google
    follow        confirmed                               confirmed   host
    expire        claimed                                 failed      time
    expire        moving                                  confirmed   time
    expire        cancelling                              cancelled   time

Each function gives the booking as it is since, or None when it is no longer as the act needs it:
somebody else was faster.
"""

import base64
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, NamedTuple

import peewee
from peewee import SQL

import models
from models import Booking, Host
from widget.booking import one_off, rows, webhooks
from widget.booking.errors import SlotTaken

LEFTOVER_SECONDS = 60  # a write that nobody waits for any more has arrived by then, or never will

Who = Literal["guest", "host", "google", "time"]
Person = Literal["guest", "host"]


class Rule(NamedTuple):
    """Who may bring a booking from one of these states to another, by which act."""

    act: str
    before: tuple[str, ...]
    after: str
    who: tuple[Who, ...]


STATES: dict[str, tuple[str, str | None]] = {
    "claimed": ("pending", None),
    "confirmed": ("confirmed", None),
    "moving": ("pending", "move"),
    "cancelling": ("pending", "cancel"),
    "cancelled": ("cancelled", None),
    "failed": ("failed", None),
}
RULES = (
    Rule("claim", (), "claimed", ("guest",)),
    Rule("confirm", ("claimed",), "confirmed", ("google",)),
    Rule("fail", ("claimed",), "failed", ("google",)),
    Rule("begin_move", ("confirmed",), "moving", ("guest", "host")),
    Rule("finish_move", ("moving",), "confirmed", ("google",)),
    Rule("begin_cancel", ("claimed", "confirmed", "moving"), "cancelling", ("guest", "host")),
    Rule(
        "cancel", ("claimed", "confirmed", "moving", "cancelling"), "cancelled", ("google", "host")
    ),
    Rule("undo", ("moving", "cancelling"), "confirmed", ("google",)),
    Rule("follow", ("confirmed",), "confirmed", ("host",)),
    Rule("expire", ("claimed",), "failed", ("time",)),
    Rule("expire", ("moving",), "confirmed", ("time",)),
    Rule("expire", ("cancelling",), "cancelled", ("time",)),
)
_NO_CHANGE = {"new_start_at": None, "new_end_at": None, "pending_since": None}
_OVER = {**_NO_CHANGE, "meet_pending": False, "conflict": False}


def state(booking: Booking) -> str:
    """The name of the state that a booking is in."""
    known = (booking.status, booking.change)
    return next(name for name, columns in STATES.items() if columns == known)


# --- a new booking ------------------------------------------------------------------------------


def claim(host: Host, values: dict[str, Any]) -> Booking:
    """Hold a time. Call within models.locked(host).

    Raises SlotTaken when another active booking of the host holds any of it.
    """
    id = uuid.uuid4().hex
    own = {"id": id, "host": host, "google_event_id": event_id(id), "status": "pending"}
    with _refused():
        return models.add(Booking(**own, unannounced="booked", **values))


def event_id(booking_id: str) -> str:
    """Google's event id for a booking: the UUID in lower-case base32hex (RFC 4648, section 7)."""
    return base64.b32hexencode(uuid.UUID(booking_id).bytes).decode().rstrip("=").lower()


def confirm(booking: Booking, event: dict[str, Any], now: int) -> Booking | None:
    """The event stands in Google: keep its `etag`, `meet_link`, `meet_pending`, and the guest's
    response."""
    values = {"failure": None, "pending_since": None, **event}
    return _change("confirm", booking, values, now, *rows.same_event(booking))


def fail(booking: Booking, failure: str, now: int, *, leftover: bool = False) -> Booking | None:
    """Google holds no event and will get none: free the time, and the key for another try.

    `leftover`: it is looked for once more, since an earlier try may still arrive.

    Only while nobody else has taken the booking since (`attempts`): another may have inserted.
    """
    values = {
        "failure": failure,
        "idempotency_key": None,
        "leftover": leftover,
        "settle_after": now + LEFTOVER_SECONDS,
    }
    return _change("fail", booking, values, now, *_mine(booking))


# --- another time -------------------------------------------------------------------------------


def begin_move(
    booking: Booking, start: int, end: int, by: Person, now: int, until: int, message: str = ""
) -> Booking | None:
    """Hold a new time besides the old one, leased until `until`. Call within
    models.locked(host). Raises SlotTaken when another active booking of the host holds any of it.
    """
    new = {"new_start_at": start, "new_end_at": end, "message": message or None}
    values = {**new, **_begun("rescheduled", by, now, until)}
    return _change("begin_move", booking, values, now, who=by)


def _begun(act: str, by: Person, now: int, until: int) -> dict[str, Any]:
    """The columns that begin every change: it waits for Google, leased until `until`."""
    return {
        "pending_since": now,
        "unannounced": act if by == "guest" else None,
        "attempts": SQL("attempts + 1"),
        "settle_after": until,
    }


def finish_move(booking: Booking, event: dict[str, Any], now: int) -> Booking | None:
    """The event is at the new time: so is the booking, and the old time is free."""
    values = {
        **_NO_CHANGE,
        "moved_from_at": SQL("start_at"),
        "start_at": SQL("new_start_at"),
        "end_at": SQL("new_end_at"),
        "failure": None,
        "holds": True,
        **event,
    }
    return _change_or_conflict("finish_move", booking, values, now, *_mine(booking))


def follow(booking: Booking, event: dict[str, Any], now: int) -> Booking | None:
    """Take over what the host did to the event of a confirmed booking in Google.

    `event` holds start_at, end_at, holds, guest_response, sequence, etag and the like. None also
    when the booking's own etag is not the stored one any more: another change came first.
    """
    moved = event.get("start_at", booking.start_at) != booking.start_at
    values = {**event, "moved_from_at": booking.start_at} if moved else event
    same = rows.same_event(booking)
    return _change_or_conflict("follow", booking, values, now, *same, who="host")


def end_conflicts(host: Host, now: int) -> None:
    """Unmark bookings whose time no other booking holds any more."""
    marked = Booking.select().where(
        Booking.host == host, Booking.conflict, Booking.status == "confirmed"
    )
    for booking in marked:
        with models.locked(host), suppress(SlotTaken):
            _change("follow", booking, {"conflict": False}, now, "AND conflict", who="host")


# --- the end ------------------------------------------------------------------------------------


def begin_cancel(booking: Booking, by: Person, reason: str, now: int, until: int) -> Booking | None:
    """Write down that a booking is to be cancelled, and lease it until `until`.

    It may still be claimed or moving: whoever is talking to Google about it then finds its lease
    gone.
    """
    values = {"cancelled_by": by, "cancel_reason": reason, **_begun("cancelled", by, now, until)}
    return _change("begin_cancel", booking, values, now, who=by)


def cancel(
    booking: Booking, now: int, by: Literal["host"] | None = None, *, leftover: bool = False
) -> Booking | None:
    """The time is free again: the event is gone from Google, or is a `leftover` that has to go.

    `by`: the host did it, in Google; else whoever has begun to cancel it.
    """
    values = {
        **_OVER,
        **({"cancelled_by": by, "cancel_reason": ""} if by else {}),
        "leftover": leftover,
        "sequence": SQL("sequence + 1"),
        "settle_after": now + LEFTOVER_SECONDS,
    }
    return _change("cancel", booking, values, now, who=by or "google")


def undo(booking: Booking, now: int, failure: str | None = None) -> Booking | None:
    """Google certainly did nothing: the booking is confirmed as before, unless somebody else has
    taken it since.

    `failure` says why to a guest who has been told that the change may still come.
    """
    asked = dict.fromkeys(("cancelled_by", "cancel_reason", "message", "unannounced"))
    values = {**_NO_CHANGE, **asked, "failure": failure}
    return _change("undo", booking, values, now, *_mine(booking))


def expire(booking: Booking, now: int) -> Booking | None:
    """No answer for so long: nothing is pending for ever, and the host has to know.

    A booking fails, a cancellation holds, a move does not; what Google has of it is put right
    when it answers again.
    """
    before = state(booking)
    values: dict[str, dict[str, Any]] = {
        "claimed": {**_OVER, "idempotency_key": None, "leftover": True},
        "cancelling": {**_OVER, "leftover": True, "sequence": SQL("sequence + 1")},
        "moving": {**_NO_CHANGE, "meet_pending": False},
    }
    if before not in values:
        return None
    told = {
        **values[before],
        "trouble": booking.change or "book",
        "failure": "no answer for a day",
    }
    return _change("expire", booking, told, now, *_mine(booking), who="time", before=before)


# --- the one conditional UPDATE -------------------------------------------------------------------


def _change(
    act: str,
    booking: Booking,
    values: dict[str, Any],
    now: int,
    where: str = "",
    *more: Any,
    who: Who = "google",
    before: str | None = None,
) -> Booking | None:
    """Do what RULES say of an act, to a booking that is (in `before`) as they need it.

    `where` is a condition besides, with ? for each of `more`. Raises SlotTaken when the database
    does not let it have its times, ValueError when it is not for `who` to do.
    """
    acts = (each for each in RULES if each.act == act and (not before or before in each.before))
    rule = next(acts)
    if who not in rule.who:
        raise ValueError(f"{act} is not for {who}")
    status, change = STATES[rule.after]
    # a claim is on the disk before Google is asked; that Google has its event can be asked again
    with _refused(), models.write(lasting=act != "confirm"):
        possible = " OR ".join(map(_is, rule.before))
        new = {"status": status, "change": change, "updated_at": now, **values}
        changed = models.change(booking, new, f"({possible}) {where}", *more)
        if changed is None:
            return None
        changed.host = booking.host
        if status == "failed":
            one_off.give_back(booking.link)
        webhooks.note(act, booking, changed)
        return changed


def _change_or_conflict(
    act: str, booking: Booking, values: dict[str, Any], now: int, *where: Any, who: Who = "google"
) -> Booking | None:
    """_change, to where Google has the event by now. When another booking holds that time, both
    stand there, and this one is marked.

    Under the host's lock: two that look out for each other's times would wait for ever.
    """
    with models.locked(booking.host):
        try:
            return _change(act, booking, {**values, "conflict": False}, now, *where, who=who)
        except SlotTaken:
            return _change(act, booking, {**values, "conflict": True}, now, *where, who=who)


@contextmanager
def _refused() -> Iterator[None]:
    """Raises SlotTaken where the database refuses a row for that."""
    try:
        yield
    except peewee.IntegrityError as error:
        if "booking_overlap" in str(error):
            raise SlotTaken from None
        raise


def _is(name: str) -> str:
    status, change = STATES[name]
    changing = "change IS NULL" if change is None else f"change = '{change}'"
    return f"status = '{status}' AND {changing}"


def _mine(booking: Booking) -> tuple[str, Any]:
    """The SQL condition that nobody has taken the booking since it was read."""
    return "AND attempts = ?", booking.attempts
