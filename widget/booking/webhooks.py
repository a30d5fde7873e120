"""A host's webhook: where events are sent, and the secrets that they are signed with.

It is part of the settings document, and stored beside it, its secrets encrypted.
"""

from __future__ import annotations

import base64
from typing import Any

import models
from models import Host
from widget.booking import outbox
from widget.booking.outbox import Webhook
from widget.config import Config
from widget.core import addresses, document
from widget.core.clock import DAY
from widget.core.document import Fault, Settings, SettingsError
from widget.google import http
from widget.google.auth import Client

BOTH_SECONDS = DAY  # for so long the secret before counts as well
LOOKUP_SECONDS = 2  # for a name, while somebody waits
PREFIX = "whsec_"


def of(host: Host | int) -> Webhook | None:
    return Webhook.get_or_none(Webhook.host == host)


def new_secret(letters: str) -> str:
    return PREFIX + base64.b64encode(letters.encode()).decode()


def whole(google: Client, host: Host, settings: Settings) -> Settings:
    """The settings document with the webhook in it."""
    found = of(host)
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
            outbox.forget_host(host)
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
