"""Tells hosts' own programs what happened: webhooks, sent by Standard Webhooks
(https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

import models
from widget.api import receiver, schema
from widget.api.receiver import Said
from widget.booking import leases, rows, webhooks
from widget.booking.webhooks import Delivery
from widget.config import Config
from widget.core import clock as core_clock
from widget.core.clock import Clock, to_rfc3339
from widget.google.client import Google

AT_ONCE, AT_ONCE_SLOW = 8, 4  # receivers; of those that are slow or do not answer
SLOW_SECONDS = 2
LOOK_SECONDS = 2  # between looks whether something is due
LEASE_SECONDS = 60

log = logging.getLogger("meetslot.webhooks")


def rounds(google: Google) -> None:
    """Send what is due, at once and for as long as the process lives; RECONCILE_EVERY=0 leaves it
    to cron, like other rounds."""
    if google.config.reconcile_every:
        leases.rounds(partial(deliver, google, core_clock.now), LOOK_SECONDS, log)


def deliver(google: Google, clock: Clock) -> Counter[str]:
    """Send all that is due, unless another worker is at it: how many were `sent`, and how many
    were `not taken`. Safe at any time, in several places at once.

    A receiver is sent one after the other, so that a slow one holds up its own host alone.
    """
    outcome: Counter[str] = Counter()
    webhooks.note_disconnected()
    if not Delivery.select().where(webhooks.is_due(clock())).exists():
        return outcome
    lease = leases.take("webhooks", clock(), clock() + LEASE_SECONDS)
    if lease is None:
        return outcome
    try:
        _deliver(google, clock, lease, outcome)
    finally:
        lease.release()
    webhooks.clear_away(clock())
    return outcome


def _deliver(google: Google, clock: Clock, lease: leases.Held, outcome: Counter[str]) -> None:
    under_way: dict[Future[Said], Delivery] = {}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        while lease.renew(clock() + LEASE_SECONDS):
            for delivery, send in _begun(google, under_way, clock()):
                under_way[threads.submit(send)] = delivery
            if not under_way:
                return
            models.rest()
            for done in wait(under_way, LOOK_SECONDS, FIRST_COMPLETED).done:
                delivery = under_way.pop(done)
                outcome["sent" if _noted(delivery, done.result(), clock()) else "not taken"] += 1


def _begun(
    google: Google, under_way: dict[Future[Said], Delivery], now: int
) -> Iterator[tuple[Delivery, Callable[[], Said]]]:
    """What can be sent beside what is under way, each with the call that sends it: for a thread,
    which needs no database."""
    busy = [each.host_id for each in under_way.values()]
    slow = sum(1 for each in under_way.values() if each.slow)
    chosen = webhooks.due(now, busy, AT_ONCE - len(under_way), AT_ONCE_SLOW - slow)
    for each in chosen:
        try:
            send = _post(google, each, now) if webhooks.take(each, now) else None
        except Exception as error:  # of this one: the others are sent all the same
            log.error("delivery %s: cannot be sent", each.id, exc_info=error)
            webhooks.note_attempt(each, None, "Not sent: a fault of ours", True, now)
        else:
            if send:
                yield each, send


def _post(google: Google, delivery: Delivery, now: int) -> Callable[[], Said] | None:
    """The call that sends it; None when the webhook, the host or the booking is gone. Raises
    ValueError when nothing can sign it."""
    hook, data = webhooks.of(delivery.host_id), _data(google.config, delivery)
    if not hook or not data:
        return None
    keys = webhooks.valid_secrets(google, hook, now)
    if not keys:
        raise ValueError("no key of TOKEN_KEYS opens the secret")
    timestamp = to_rfc3339(delivery.happened_at)
    event = schema.Event(type=delivery.type, timestamp=timestamp, data=data)
    body = event.model_dump_json().encode()
    headers = signed(keys, delivery.key, now, body)
    loopback = webhooks.loopback_allowed(google.config)
    return partial(receiver.post, hook.url, body, headers, loopback=loopback)


def _data(config: Config, delivery: Delivery) -> schema.HostsBooking | schema.HostState | None:
    """The booking as it was when it changed, with what the guest said; or its host."""
    if not delivery.booking_id:
        host = models.host_by_id(delivery.host_id)
        return schema.HostState.of(config, host) if host else None
    booking = rows.booking_by_id(delivery.booking_id)
    if booking is None:
        return None
    for name in webhooks.STATE:
        setattr(booking, name, getattr(delivery, name))
    if booking.status != "cancelled":
        booking.cancelled_by = booking.cancel_reason = None
    return schema.HostsBooking.of(config, booking)


def signed(keys: list[bytes], key: str, now: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery: a signature with each of the secrets that are valid."""
    id = f"msg_{key}"
    said = f"{id}.{now}.".encode() + body
    digests = (hmac.new(each, said, hashlib.sha256).digest() for each in keys)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Meetslot",
        "webhook-id": id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests),
    }


def _noted(delivery: Delivery, said: Said, now: int) -> bool:
    slow = said.seconds > SLOW_SECONDS
    taken = webhooks.note_attempt(delivery, said.status, said.words, slow, now)
    level = logging.INFO if taken else logging.WARNING
    log.log(level, "host %s: delivery %s: %s", delivery.host_id, delivery.id, said.status)
    return taken
