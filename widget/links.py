"""Signed links: what lets a guest back to a booking, and what a booking form carries."""

from __future__ import annotations

import secrets
import uuid

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from widget.config import Config

BOOKING, FORM = "meetslot.booking", "meetslot.form"


def _keys(config: Config) -> list[str]:
    return [*reversed(config.secret_key_fallbacks), config.secret_key]  # the last one signs


def booking_token(config: Config, id: str) -> str:
    return URLSafeSerializer(_keys(config), BOOKING).dumps(id).replace(".", "~")


def booking_id(config: Config, token: str) -> str | None:
    """The booking that a token was made for, or None when we did not make it."""
    try:
        return uuid.UUID(
            URLSafeSerializer(_keys(config), BOOKING).loads(token.replace("~", "."))
        ).hex
    except (BadData, ValueError, AttributeError, TypeError):
        return None


def booking_url(config: Config, id: str) -> str:
    return f"{config.public_url}/booking/{booking_token(config, id)}"


def form_nonce(config: Config) -> str:
    """One for each form that is handed out: two sendings of it are one booking."""
    return str(URLSafeTimedSerializer(_keys(config), FORM).dumps(secrets.token_urlsafe(12)))


def read_nonce(config: Config, text: str) -> str:
    """What is unique about a form; empty when it carries no nonce of ours."""
    try:
        return str(URLSafeTimedSerializer(_keys(config), FORM).loads(text))
    except BadData:
        return ""
