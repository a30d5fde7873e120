"""Hosts' own programs: where they are told what happens, and what they have still to be told.

A host's webhook is part of the settings document, and stored beside it, its secrets encrypted. A
delivery is written with the change that it tells of, and to be sent from `due_at` on; it has none
once it was taken, or was given up. It keeps what the booking was at that moment, and nothing that a
guest said: that is read when it is sent (api/webhooks.py).
"""

import base64
import random
import secrets
from collections.abc import Collection, Iterable
from typing import Any

import peewee

import models
from models import Booking, Host, JSONText, Table
from widget.config import Config
from widget.core import addresses, document
from widget.core.clock import DAY, HOUR
from widget.core.document import Fault, Settings, SettingsError
from widget.google import http
from widget.google.auth import Client

TOLD_SECONDS = DAY  # for so long what is not taken is sent again
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 4 * HOUR
KEPT_DAYS = 30  # a host can see what was sent
TEST = "webhook.test"
STATE = ("status", "start_at", "end_at")  # of a booking, kept as it was
BOTH_SECONDS = DAY  # for so long the secret before counts as well
LOOKUP_SECONDS = 2  # for a name, while somebody waits
PREFIX = "whsec_"


class Webhook(Table):
    """Where a host's events are sent. `told_at`: the disconnection that was told last; `slow`: the
    last attempt failed, or took long. Secrets are encrypted."""

    host_id: int

    host = peewee.ForeignKeyField(Host, primary_key=True, on_delete="CASCADE")
    url = peewee.TextField()
    secret = peewee.TextField()
    old_secret = peewee.TextField(null=True)
    old_until = peewee.BigIntegerField(null=True)
    events = JSONText()
    told_at = peewee.BigIntegerField(null=True)
    slow = peewee.BooleanField(default=False)


class Delivery(Table):
    """One event for one host's webhook; `key` is the same each time that it is sent. `host` is no
    foreign key in the database: see the migration."""

    host_id: int
    booking_id: str | None
    slow: bool  # as its webhook is, where `due` gives it
    made: Iterable["Attempt"]

    id = peewee.AutoField()
    key = peewee.CharField(32, unique=True)
    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    booking = peewee.ForeignKeyField(Booking, null=True, on_delete="CASCADE")
    type = peewee.CharField(30)
    happened_at = peewee.BigIntegerField()
    status = peewee.CharField(9, null=True)
    start_at = peewee.BigIntegerField(null=True)
    end_at = peewee.BigIntegerField(null=True)
    attempts = peewee.IntegerField(default=0)
    due_at = peewee.BigIntegerField(null=True)
    sent_at = peewee.BigIntegerField(null=True)


class Attempt(Table):
    """How it went: the receiver's status, None when it gave none, and its first line or why not."""

    id = peewee.AutoField()
    delivery = peewee.ForeignKeyField(Delivery, on_delete="CASCADE", backref="made")
    made_at = peewee.BigIntegerField()
    status = peewee.IntegerField(null=True)
    words = peewee.CharField(200)


# --- a host's webhook ---------------------------------------------------------------------------


def of(host: Host | int) -> Webhook | None:
    return Webhook.get_or_none(Webhook.host == host)


def new_secret(letters: str) -> str:
    return PREFIX + base64.b64encode(letters.encode()).decode()


def whole(google: Client, host: Host) -> Settings:
    """A host's settings document with the webhook in it."""
    found, settings = of(host), document.load_document(host.settings)
    secret = opened(google, found.secret) if found else None
    if found is None or secret is None:
        return settings
    hook = document.Webhook(url=found.url, secret=secret, events=found.events)
    return settings.model_copy(update={"webhook": hook})


def put(google: Client, host: Host, wanted: document.Webhook | None, now: int) -> None:
    """Make this the host's webhook, or have none. The secret of the one before counts for another
    BOTH_SECONDS; what waits goes to the new address, or goes with the webhook. A slow
    receiver stays a slow one until it answers soon."""
    with models.locked(host):
        before = of(host)
        if wanted is None:
            forget_host(host)
            Webhook.delete().where(Webhook.host == host).execute()
            return
        values: dict[str, Any] = {"url": wanted.url, "events": wanted.events}
        if before is None:
            secret = google.encrypt(wanted.secret)
            Webhook.create(host=host, secret=secret, told_at=host.disconnected_at, **values)
            return
        if opened(google, before.secret) != wanted.secret:
            secret = google.encrypt(wanted.secret)
            old = {"old_secret": before.secret, "old_until": now + BOTH_SECONDS}
            values = {**values, **old, "secret": secret}
        models.note(before, **values)


def opened(google: Client, secret: str) -> str | None:
    """The secret; None when no key of TOKEN_KEYS opens it."""
    return secret if secret.startswith(PREFIX) else google.decrypt(secret)


def valid_secrets(google: Client, hook: Webhook, now: int) -> list[bytes]:
    """The keys to sign with, the new one first."""
    stored = [hook.secret]
    if hook.old_secret and now < (hook.old_until or 0):
        stored.append(hook.old_secret)
    found = [opened(google, each) for each in stored]
    return [base64.b64decode(each.removeprefix(PREFIX)) for each in found if each]


def rotate(google: Client, host: Host) -> int:
    """Encrypt a host's secrets with the first key of TOKEN_KEYS; how many were not. Raises
    ValueError for one that no key opens."""
    hook, changed = of(host), 0
    for column in (Webhook.secret, Webhook.old_secret) if hook else ():
        old = getattr(hook, column.name)
        plain = old and old.startswith(PREFIX)
        new = old and (google.encrypt(old) if plain else google.encrypted_anew(old))
        if hook and new:
            changed += models.note(hook, column == old, **{column.name: new})
    return changed


# --- where it may be ------------------------------------------------------------------------------


def loopback_allowed(config: Config) -> bool:
    """Whether this machine itself may be a receiver: while nobody else can reach us either."""
    return addresses.parse(config.public_url).host in addresses.LOOPBACK


def check(config: Config, url: str) -> None:
    """Raises SettingsError for the address of a receiver that is never sent anything, as far as
    that is known now."""
    found = addresses.parse(url)
    if found.scheme == "http" and not loopback_allowed(config):
        raise SettingsError([Fault("webhook.url", "must be an https address")])
    try:
        ips = http.look_up(found.host.strip("[]"), found.port, LOOKUP_SECONDS)
    except OSError:  # the attempts will tell
        return
    for ip in ips:
        if not may_receive(ip, loopback=loopback_allowed(config)):
            raise SettingsError([Fault("webhook.url", "must be an address on the internet")])


def may_receive(ip: str, *, loopback: bool) -> bool:
    """Whether something may be sent to an IP address."""
    return addresses.is_public(ip) or (loopback and addresses.is_loopback(ip))


# --- written ------------------------------------------------------------------------------------


def note(act: str, before: Booking, after: Booking) -> None:
    """Have the host told of a booking's change by an act of states.RULES, if it is one to tell.
    Call in the transaction that makes it."""
    kind = _event(act, before, after)
    hook = models.find(Webhook, "host_id = ?", after.host_id) if kind else None
    if kind and hook and kind in hook.events:
        _put(after.host_id, kind, after.updated_at, after)


def _event(act: str, before: Booking, after: Booking) -> str | None:
    moved = (before.start_at, before.end_at) != (after.start_at, after.end_at)
    if act == "finish_move" or (act == "follow" and moved):
        return "booking.rescheduled"
    if act == "confirm" or after.status in ("cancelled", "failed"):
        return f"booking.{after.status}"
    return None


def note_disconnected() -> None:
    """Have those hosts told whose calendar cannot be reached any more, once each time."""
    query = Webhook.select(Webhook, Host).join(Host).where(Host.disconnected_at.is_null(False))
    news = Webhook.told_at.is_null() | (Webhook.told_at != Host.disconnected_at)
    for hook in query.where(news):
        since = hook.host.disconnected_at
        new = Webhook.told_at.is_null() if hook.told_at is None else Webhook.told_at == hook.told_at
        with models.write():
            told = models.note(hook, new, told_at=since)
            if since and told and "host.disconnected" in hook.events:
                _put(hook.host_id, "host.disconnected", since)


def put_test(host: Host, now: int) -> None:
    """Have a test sent, unless one is waiting."""
    with models.locked(host):
        waiting = Delivery.host == host, Delivery.type == TEST, Delivery.due_at.is_null(False)
        if not Delivery.select().where(*waiting).exists():
            _put(host.id, TEST, now)


def _put(host_id: int, kind: str, at: int, booking: Booking | None = None) -> None:
    now_is: dict[str, Any] = {name: getattr(booking, name) for name in STATE if booking}
    Delivery.create(
        key=secrets.token_hex(16),
        host=host_id,
        booking=booking,
        type=kind,
        happened_at=at,
        due_at=at,
        **now_is,
    )


# --- sent ---------------------------------------------------------------------------------------


def due(now: int, busy: Collection[int], room: int, room_for_slow: int) -> list[Delivery]:
    """At most `room` deliveries that are due, the oldest of each host that is not `busy`; of hosts
    whose receivers are slow or do not answer at most `room_for_slow`. One of a booking waits for
    those before it."""
    before = Delivery.alias()
    waits = before.select().where(
        before.booking == Delivery.booking, before.id < Delivery.id, before.due_at.is_null(False)
    )
    first = (
        Delivery.select(peewee.fn.MIN(Delivery.id))
        .where(is_due(now), ~peewee.fn.EXISTS(waits), Delivery.host.not_in(list(busy)))
        .group_by(Delivery.host)
    )
    query = Delivery.select(Delivery, Webhook.slow).join(Webhook, on=Webhook.host == Delivery.host)
    query = query.where(Delivery.id.in_(first)).order_by(Webhook.slow, Delivery.due_at)
    found: list[Delivery] = list(query.limit(room).objects())
    slow = [each for each in found if each.slow]
    return [each for each in found if not each.slow] + slow[:room_for_slow]


def is_due(now: int) -> peewee.Expression:
    over: peewee.Expression = models.over(Delivery.due_at, now, now + LONGEST_PAUSE_SECONDS * 2)
    return over


def take(delivery: Delivery, now: int) -> bool:
    """Begin an attempt: whoever does not come back from it leaves it to be sent again after a
    pause. False when another worker has begun one."""
    pause = min(FIRST_PAUSE_SECONDS * 4.0 ** min(delivery.attempts, 9), LONGEST_PAUSE_SECONDS)
    again = now + round(pause * random.uniform(0.75, 1.25))
    same, attempts = Delivery.attempts == delivery.attempts, Delivery.attempts + 1
    return models.note(delivery, same, attempts=attempts, due_at=again)


def taken(status: int | None) -> bool:
    """Whether an answer with this status means that nothing has to be sent again."""
    return status is not None and 200 <= status < 300


def note_attempt(delivery: Delivery, status: int | None, words: str, slow: bool, now: int) -> bool:
    """Write down how an attempt went that was taken; whether the receiver took it."""
    done = taken(status)
    last = delivery.happened_at + TOLD_SECONDS
    sooner = peewee.Case(None, ((Delivery.due_at > last, last),), Delivery.due_at)
    if done:
        values: dict[str, Any] = {"due_at": None, "sent_at": now}
    else:
        values = {"due_at": None if now >= last else sooner}
    with models.write():
        if models.note(delivery, **values):
            Attempt.create(delivery=delivery, made_at=now, status=status, words=words)
        Webhook.update(slow=slow or not done).where(Webhook.host == delivery.host_id).execute()
    return done


def send_again(host: Host, id: int, now: int) -> bool:
    """Have a delivery of a host sent once more. False when there is none of this id."""
    return models.changed(
        Delivery.update(due_at=now).where(Delivery.id == id, Delivery.host == host)
    )


# --- looked at, and removed -----------------------------------------------------------------------


def listed(host: Host, limit: int) -> list[Delivery]:
    """The newest deliveries of a host, each with its attempts (`made`)."""
    query = Delivery.select().where(Delivery.host == host).order_by(Delivery.id.desc())
    return list(peewee.prefetch(query.limit(limit), Attempt.select().order_by(Attempt.id)))


def told(booking: Booking) -> list[dict[str, Any]]:
    """What the host's own program was told of a booking, and when it took it."""
    found = Delivery.select().where(Delivery.booking == booking).order_by(Delivery.id)
    return [{"type": each.type, "sent": each.sent_at is not None} for each in found]


def waiting() -> int:
    """How many deliveries have still to be sent."""
    return Delivery.select().where(Delivery.due_at.is_null(False)).count()


def clear_away(now: int) -> None:
    """Remove what is over for longer than hosts can see it."""
    Delivery.delete().where(Delivery.happened_at < now - KEPT_DAYS * DAY).execute()


def forget_host(host: Host) -> None:
    """Remove all that was or is to be told to a host's program."""
    Delivery.delete().where(Delivery.host == host).execute()


def forget_words(booking: Booking) -> None:
    """Blank what receivers said to what they were told of a booking: it may name a guest."""
    told = Delivery.select(Delivery.id).where(Delivery.booking == booking)
    Attempt.update(words="").where(Attempt.delivery.in_(told)).execute()
