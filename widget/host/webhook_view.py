"""The webhook's section of the settings page: where events are sent, and how that went."""

from __future__ import annotations

from typing import Any, get_args

import models
from widget.booking import outbox, webhooks
from widget.booking.outbox import Delivery
from widget.core import clock
from widget.core.document import WebhookEvent
from widget.host import forms
from widget.text import language

SHOWN = 20  # deliveries
EVENTS = {
    "booking.confirmed": "A booking is confirmed",
    "booking.rescheduled": "A booking has another time",
    "booking.cancelled": "A booking is cancelled",
    "booking.failed": "A booking did not come about",
    "host.disconnected": "Your calendar cannot be reached any more",
}


def view(host: models.Host, sent: dict[str, Any]) -> dict[str, Any]:
    """`sent` is a form that was not saved (`url`, `events`, `faults`), or a secret (`made`)."""
    hook, now = webhooks.of(host), clock.now()
    old_until = hook.old_until if hook and hook.old_until and hook.old_until > now else None
    return {
        "there": hook is not None,
        "url": hook.url if hook else "",
        "chosen": hook.events if hook else list(get_args(WebhookEvent)),
        "revision": revision(host),
        "labels": EVENTS,
        "faults": {},
        "both_hours": -(-(old_until - now) // clock.HOUR) if old_until else None,
        "deliveries": [_delivery(each, now) for each in outbox.listed(host, SHOWN)],
        **sent,
    }


def revision(host: models.Host) -> str:
    """A digest of what the form is made from."""
    hook = webhooks.of(host)
    return forms.revision([hook.url, hook.events] if hook else [])


def _delivery(delivery: Delivery, now: int) -> dict[str, Any]:
    tries = [
        {
            "when": language.ago(now - each.made_at),
            "status": each.status,
            "words": each.words,
            "taken": outbox.taken(each.status),
        }
        for each in delivery.made
    ]
    if delivery.due_at is not None:
        state = "waits" if delivery.due_at <= now else "is sent again later"
    else:
        state = "sent" if delivery.sent_at else "given up"
    return {
        "id": delivery.id,
        "type": delivery.type,
        "booking": (delivery.booking_id or "")[:8],
        "when": language.ago(now - delivery.happened_at),
        "state": state,
        "waits": state == "waits",
        "tries": tries,
    }
