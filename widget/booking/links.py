"""Signed links: what lets a guest back to a booking, and what a booking form carries."""

import hashlib
import secrets
import uuid

from itsdangerous import BadData, Signer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from widget.config import Config
from widget.core.clock import HOUR

BOOKING, FORM, CURSOR = "meetslot.booking", "meetslot.form", "meetslot.cursor"
MADE = "meetslot.made"


def _keys(config: Config) -> list[str]:
    return [*reversed(config.secret_key_fallbacks), config.secret_key]  # the last one signs


def _signer(config: Config) -> Signer:
    return Signer(_keys(config), BOOKING, sep="~")  # no dot: .ics may follow


def booking_token(config: Config, id: str) -> str:
    return _signer(config).sign(base64_encode(uuid.UUID(id).bytes)).decode()


def booking_id(config: Config, token: str) -> str | None:
    """The booking that a token was made for, or None when we did not make it, letter by letter:
    base64 reads some last letters alike."""
    try:
        id = _signer(config).unsign(token)
        signature = token.rpartition("~")[2].encode()
        if base64_encode(base64_decode(signature)) != signature:
            return None
        return uuid.UUID(bytes=base64_decode(id)).hex
    except (BadData, ValueError):
        return None


def booking_url(config: Config, id: str) -> str:
    return f"{config.public_url}/booking/{booking_token(config, id)}"


def form_nonce(config: Config) -> str:
    """A signed nonce for one form, so that sending the form twice makes one booking."""
    return str(URLSafeTimedSerializer(_keys(config), FORM).dumps(secrets.token_urlsafe(12)))


def read_nonce(config: Config, text: str) -> tuple[str, int]:
    """What the signed nonce of a form holds, and when (UTC) the form was made; empty and 0 when
    we did not sign it."""
    try:
        nonce, made = URLSafeTimedSerializer(_keys(config), FORM).loads(text, return_timestamp=True)
    except BadData:
        return "", 0
    return str(nonce), int(made.timestamp())


def made_by(config: Config, form: str) -> str:
    """43 letters that nobody can guess, the same ones for the nonce of one form (form_nonce): what
    is made of them is made once, however often the form is sent. A form older than an hour, such
    as one that is reloaded to bring back what was ended, gets others each time."""
    try:
        nonce = str(URLSafeTimedSerializer(_keys(config), FORM).loads(form, max_age=HOUR))
    except BadData:
        return secrets.token_urlsafe(32)
    signer = Signer(config.secret_key, MADE, digest_method=hashlib.sha256)
    return signer.get_signature(nonce).decode()


def cursor(config: Config, list: str, start: int, id: str) -> str:
    """Where the next page of a list begins: after a booking's start and id."""
    return str(URLSafeTimedSerializer(_keys(config), CURSOR).dumps([list, start, id]))


def read_cursor(config: Config, list: str, text: str) -> tuple[int, str] | None:
    """The start and id in a cursor; None for one of another list, or that we did not make."""
    try:
        of, start, id = URLSafeTimedSerializer(_keys(config), CURSOR).loads(text)
    except BadData:
        return None
    return (start, id) if of == list else None
