"""The webhook's section of the settings page: where events are sent, and how that went."""

from typing import Any, get_args

import models
from widget.booking import webhooks
from widget.booking.webhooks import Delivery
from widget.core import clock
from widget.core.document import WebhookEvent
from widget.host import forms

SHOWN = 20  # deliveries


def view(host: models.Host, sent: dict[str, Any]) -> dict[str, Any]:
    """`sent` is a form that was not saved (`url`, `events`, `faults`), or a secret (`made`)."""
    hook, now = webhooks.of(host), clock.now()
    old_until = hook.old_until if hook and hook.old_until and hook.old_until > now else None
    return {
        "there": hook is not None,
        "url": hook.url if hook else "",
        "chosen": hook.events if hook else list(get_args(WebhookEvent)),
        "revision": revision(host),
        "faults": {},
        "both_hours": -(-(old_until - now) // clock.HOUR) if old_until else None,
        "deliveries": [(each, _state(each, now)) for each in webhooks.listed(host, SHOWN)],
        "taken": webhooks.taken,
        **sent,
    }


def revision(host: models.Host) -> str:
    """A digest of what the form is made from."""
    hook = webhooks.of(host)
    return forms.revision([hook.url, hook.events] if hook else [])


def _state(delivery: Delivery, now: int) -> str:
    if delivery.due_at is not None:
        return "waits" if delivery.due_at <= now else "is sent again later"
    return "sent" if delivery.sent_at else "given up"
