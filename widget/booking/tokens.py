"""API tokens: what a host's own programs show to act for the host."""

import hashlib
import re
import secrets

import peewee

import models
from models import Host, Table

TOKENS = 20  # of one host
NAME_LENGTH = 60  # characters, as the table has room for
USED_SECONDS = 60  # how exactly the last use is known: no write for each request
_TOKEN = re.compile(r"msk_[A-Za-z0-9_-]{43}")


class TooManyTokens(Exception):
    """The host has TOKENS already."""


class ApiToken(Table):
    """What a program of a host shows; `digest` is the SHA-256 of its text."""

    id = peewee.CharField(8, primary_key=True)
    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    name = peewee.CharField(60)
    digest = peewee.CharField(64, unique=True)
    created_at = peewee.BigIntegerField()
    used_at = peewee.BigIntegerField(null=True)


def make(host: Host, name: str, now: int, secret: str = "") -> str:
    """The text of a new token, which nobody can read again: only its hash is stored. The token
    that there is if it was made of the same secret before. Raises TooManyTokens."""
    text = "msk_" + (secret or secrets.token_urlsafe(32))
    with models.locked(host):
        if ApiToken.get_or_none(ApiToken.digest == _digest(text)):
            return text
        if ApiToken.select().where(ApiToken.host == host).count() >= TOKENS:
            raise TooManyTokens
        id = secrets.token_hex(4)
        ApiToken.create(id=id, host=host, name=name, digest=_digest(text), created_at=now)
    return text


def listed(host: Host) -> list[ApiToken]:
    """The host's tokens, the oldest first."""
    query = ApiToken.select().where(ApiToken.host == host)
    return list(query.order_by(ApiToken.created_at, ApiToken.id))


def end(host: Host, id: str) -> bool:
    """End a token of the host at once. False when the host has none with this id."""
    query = ApiToken.delete().where(ApiToken.host == host, ApiToken.id == id)
    return bool(query.execute())


def find(text: str, now: int) -> ApiToken | None:
    """The token, with its host, that a program showed; noted as used, to the minute."""
    if not _TOKEN.fullmatch(text):
        return None
    query = ApiToken.select(ApiToken, Host).join(Host).where(ApiToken.digest == _digest(text))
    found: ApiToken | None = query.get_or_none()
    if found and (found.used_at is None or abs(now - found.used_at) >= USED_SECONDS):
        models.note(found, used_at=now)
    return found


def _digest(text: str) -> str:
    """256 random bits need no slow hash: nobody can try them all."""
    return hashlib.sha256(text.encode()).hexdigest()
