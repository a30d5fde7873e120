"""The environment, read once into a frozen dataclass. Nothing else reads os.environ."""

import base64
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from limits import parse_many
from limits.storage import storage_from_string

from widget.core import addresses

GOOGLE_OIDC_METADATA_URL = "https://accounts.google.com/.well-known/openid-configuration"
GOOGLE_CALENDAR_ENDPOINT = "https://www.googleapis.com/calendar/v3/"
THREADS = 16  # of a worker: most of a request's time is waiting for Google or the database
CONNECTIONS = 90  # to PostgreSQL, of all workers of a server; some are left for commands
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


class ConfigError(Exception):
    """A line for each variable that is missing or malformed: its name, and how to make a good
    value."""


def _demand(good: object) -> None:
    if not good:
        raise ValueError


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        _demand(text.isascii() and text.isdigit() and low <= int(text) <= high)
        return int(text)

    return read


def _public_url(text: str) -> str:
    found = addresses.parse(text.rstrip("/"))
    _demand(found.secure and not found.rest)
    return found.origin


def _web_address(text: str) -> str:
    return str(addresses.parse(text))


def _endpoint(text: str) -> str:
    text = f"{text.rstrip('/')}/"  # what is asked for is appended to it
    _demand(text.endswith("/calendar/v3/"))
    return _web_address(text)


def _database_url(text: str) -> str:
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return text
    url = urlsplit(text)
    _demand(url.scheme in ("postgresql", "postgres"))
    _ = url.port
    return text


def _limiter_storage(text: str) -> str:
    if text.startswith("file:///"):  # counted by widget/web/counters.py
        _demand(os.access(Path(text.removeprefix("file://")).parent, os.W_OK))
        return text
    storage_from_string(text)  # knows the scheme, and whether its client is installed
    return text


def _fernet_keys(text: str) -> tuple[str, ...]:
    keys = _listed(text)
    for key in keys:
        Fernet(key)
        _demand(len(set(base64.urlsafe_b64decode(key))) >= 8)  # of 32 bytes by chance never fewer
    _demand(keys)
    return keys


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _some(text: str) -> str:
    _demand(text.strip())
    return text


#: What documents and programs say instead of a secret
_EXAMPLE = re.compile(
    r"(change|replace|insert|put|me|this|your|my|the|a|super|very|top|secret|key|password|example"
    r"|default|dev|insecure|please|here|flask|meetslot|[\W_\d])+",
    re.IGNORECASE,
)


def _strong(text: str) -> str:
    """Raises ValueError for a secret that can be guessed: short, monotonous, or an example."""
    _demand(len(text) >= 16 and len(set(text)) >= 8 and not _EXAMPLE.fullmatch(text))
    return text


def _paragraphs(text: str) -> tuple[str, ...]:
    said = Path(text).read_text(encoding="utf-8") if text else ""
    return tuple(each.strip() for each in re.split(r"\n\s*\n", said) if each.strip())


def _address(text: str) -> str:
    return str(ip_address("127.0.0.1" if text == "localhost" else text))


def _metrics(text: str) -> tuple[str, int] | None:
    """None for an empty text."""
    address, _, port = text.rpartition(":")
    if not text.strip():
        return None
    return _address(address.strip("[]")), _whole(1, 65535)(port)


def _hosts_sign_in(text: str) -> tuple[str, ...]:
    entries = tuple(entry.lower() for entry in _listed(text))
    _demand(all(entry.count("@") == 1 and not entry.endswith("@") for entry in entries))
    return entries


def _rate(text: str) -> str:
    if text.strip():
        parse_many(text)
    return text.strip()


def _log_level(text: str) -> str:
    _demand(text.lower() in LOG_LEVELS)
    return text.lower()


def _setting(read: Callable[[str], Any], help: str, default: str | None = None) -> Any:
    return field(metadata={"read": read, "help": help, "default": default})


_MAKE_KEY = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
_MAKE_FERNET = (
    "comma-separated Fernet keys; make one with: python3 -c "
    "'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)
_CONSOLE = "from your OAuth web client in the Google Cloud console (see README)"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every field is the environment variable of the same name in capitals."""

    port: int = _setting(_whole(1, 65535), "a port from 1 to 65535", "8000")
    bind: str = _setting(_address, "the IP address to listen on, e.g. 0.0.0.0", "127.0.0.1")
    public_url: str = _setting(
        _public_url,
        "where browsers reach this server, e.g. https://book.example.com"
        " (no path; https outside localhost)",
        "http://localhost:8000",
    )
    secret_key: str = _setting(_strong, f"signs sessions and links; {_MAKE_KEY}")
    secret_key_fallbacks: tuple[str, ...] = _setting(_listed, "older keys, comma-separated", "")
    token_keys: tuple[str, ...] = _setting(_fernet_keys, f"encrypts Google tokens; {_MAKE_FERNET}")
    database_url: str = _setting(
        _database_url,
        "sqlite:///path/to/file.db (a place that can be written to, e.g."
        " sqlite:///instance/meetslot.db) or postgresql://user:password@machine/name"
        " (a database that is there)",
        "sqlite:///instance/meetslot.db",
    )
    google_client_id: str = _setting(_some, _CONSOLE)
    google_client_secret: str = _setting(_some, _CONSOLE)
    google_oidc_metadata_url: str = _setting(
        _web_address,
        f"an http(s) address, e.g. {GOOGLE_OIDC_METADATA_URL}",
        GOOGLE_OIDC_METADATA_URL,
    )
    google_calendar_endpoint: str = _setting(
        _endpoint,
        f"an http(s) address that ends in /calendar/v3/, e.g. {GOOGLE_CALENDAR_ENDPOINT}",
        GOOGLE_CALENDAR_ENDPOINT,
    )
    allowed_hosts_sign_in: tuple[str, ...] = _setting(
        _hosts_sign_in, "e-mail addresses or @domains, comma-separated; empty: anyone", ""
    )
    ratelimit_storage_uri: str = _setting(
        _limiter_storage,
        "memory://, file:///path/to/a/file that can be written, or redis://machine:6379",
        "memory://",
    )
    booking_rate_limit: str = _setting(
        _rate,
        "e.g. 10 per minute; 60 per hour, or empty for no limit",
        "10 per minute; 60 per hour",
    )
    read_rate_limit: str = _setting(
        _rate, "e.g. 600 per minute, or empty for no limit", "600 per minute"
    )
    busy_ttl: int = _setting(_whole(0, 86400), "seconds from 0 to 86400", "60")
    reconcile_every: int = _setting(
        _whole(0, 86400), "seconds between rounds, 0 leaves them to cron", "60"
    )
    metrics: tuple[str, int] | None = _setting(
        _metrics,
        "address:port where Prometheus asks for /metrics, e.g. 127.0.0.1:9100; empty: nowhere",
        "",
    )
    booking_retention_days: int = _setting(
        lambda text: _whole(1, 36500)(text) if text else 0,
        "days from 1 on after which a past booking's guest is forgotten, or empty for never",
        "",
    )
    privacy_file: tuple[str, ...] = _setting(
        _paragraphs, "a text file whose paragraphs begin /privacy, or empty for none", ""
    )
    web_concurrency: int = _setting(_whole(1, CONNECTIONS), "worker processes, from 1 to 90", "2")
    trusted_proxies: int = _setting(_whole(0, 10), "reverse proxies in front, from 0 to 10", "0")
    log_level: str = _setting(_log_level, f"one of {', '.join(LOG_LEVELS)}", "info")

    @property
    def connections(self) -> int:
        """How many connections to PostgreSQL one worker may have: one for each of its threads, but
        no more than CONNECTIONS for all workers, of the 100 that PostgreSQL takes by default."""
        return max(1, min(THREADS + 2, CONNECTIONS // self.web_concurrency))

    @property
    def secure(self) -> bool:
        """Whether browsers reach this server over https (cookies are then Secure)."""
        return self.public_url.startswith("https://")


#: An empty value means "no limit" or "none" for these; for the others it means "not set".
_MAY_BE_EMPTY = {"booking_rate_limit", "read_rate_limit"}


def load(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration from `environ`, or from os.environ over a `.env` file.

    Raises ConfigError for all missing and malformed variables at once.
    """
    if environ is None:
        read = dotenv_values(Path(".env"))
        kept = {name: value for name, value in read.items() if value is not None}
        environ = {**kept, **os.environ}
    values, faults = dict[str, Any](), list[str]()
    for item in fields(Config):
        try:
            values[item.name] = _value(item, environ)
        except ConfigError as error:
            faults.append(str(error))
    if faults:
        raise ConfigError("\n".join(faults))
    return Config(**values)


def help_for(name: str) -> str:
    """How to make a good value."""
    (found,) = (item.metadata["help"] for item in fields(Config) if item.name == name)
    return str(found)


def example() -> str:
    """A `.env` file to be filled in: every variable with its help; those with a default are
    commented out."""
    parts = []
    for item in fields(Config):
        default = item.metadata["default"]
        line = f"{item.name.upper()}=" if default is None else f"#{item.name.upper()}={default}"
        parts.append(f"# {item.metadata['help']}\n{line}\n")
    return "\n".join(parts)


def hand_on(**settings: str) -> None:
    """Let the processes that are started from now on find these settings in their environment."""
    os.environ.update({name.upper(): value for name, value in settings.items()})


def _value(item: Any, environ: Mapping[str, str]) -> Any:
    """Raises ConfigError."""
    name = item.name.upper()
    text = environ.get(name)
    if text is None or (not text.strip() and item.name not in _MAY_BE_EMPTY):
        text = item.metadata["default"]
    if text is None:
        raise ConfigError(f"{name} is missing: {help_for(item.name)}")
    try:
        return item.metadata["read"](text)
    except Exception:
        raise ConfigError(f"{name} is malformed: {help_for(item.name)}") from None
