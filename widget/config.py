"""The environment, read once into a frozen dataclass. Nothing else reads os.environ."""

import base64
import os
import re
import tomllib
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

THREADS = 16  # of a worker: most of a request's time is waiting for Google or the database
CONNECTIONS = 90  # to PostgreSQL, of all workers of a server; some are left for commands
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
#: What makes a good value of each variable (`help`), and its `default` where it need not be set
VARIABLES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


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
    else:
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


def _by(read: Callable[[str], Any]) -> Any:
    return field(metadata={"read": read})


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every field is the environment variable of the same name in capitals, as VARIABLES has it."""

    port: int = _by(_whole(1, 65535))
    bind: str = _by(_address)
    public_url: str = _by(_public_url)
    secret_key: str = _by(_strong)
    secret_key_fallbacks: tuple[str, ...] = _by(_listed)
    token_keys: tuple[str, ...] = _by(_fernet_keys)
    database_url: str = _by(_database_url)
    google_client_id: str = _by(str)
    google_client_secret: str = _by(str)
    google_oidc_metadata_url: str = _by(_web_address)
    google_calendar_endpoint: str = _by(_endpoint)
    allowed_hosts_sign_in: tuple[str, ...] = _by(_hosts_sign_in)
    ratelimit_storage_uri: str = _by(_limiter_storage)
    booking_rate_limit: str = _by(_rate)
    read_rate_limit: str = _by(_rate)
    busy_ttl: int = _by(_whole(0, 86400))
    reconcile_every: int = _by(_whole(0, 86400))
    metrics: tuple[str, int] | None = _by(_metrics)
    booking_retention_days: int = _by(lambda text: _whole(1, 36500)(text) if text else 0)
    privacy_file: tuple[str, ...] = _by(_paragraphs)
    web_concurrency: int = _by(_whole(1, CONNECTIONS))
    trusted_proxies: int = _by(_whole(0, 10))
    log_level: str = _by(_log_level)

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


def load(environ: Mapping[str, str | None] | None = None) -> Config:
    """The configuration from `environ`, or from os.environ over a `.env` file.

    Raises ConfigError for all missing and malformed variables at once.
    """
    if environ is None:
        environ = {**dotenv_values(Path(".env")), **os.environ}
    values, faults = dict[str, Any](), list[str]()
    for item in fields(Config):
        text = environ.get(item.name.upper())
        if text is None or (not text.strip() and item.name not in _MAY_BE_EMPTY):
            text = VARIABLES[item.name].get("default")
        try:
            _demand(text is not None)
            values[item.name] = item.metadata["read"](text)
        except Exception:
            wrong = "missing" if text is None else "malformed"
            faults.append(f"{item.name.upper()} is {wrong}: {help_for(item.name)}")
    if faults:
        raise ConfigError("\n".join(faults))
    return Config(**values)


def help_for(name: str) -> str:
    """How to make a good value."""
    return VARIABLES[name]["help"]


def example() -> str:
    """A `.env` file to be filled in: every variable with its help; those with a default are
    commented out."""
    parts = []
    for name, each in VARIABLES.items():
        line = f"#{name.upper()}={each['default']}" if "default" in each else f"{name.upper()}="
        parts.append(f"# {each['help']}\n{line}\n")
    return "\n".join(parts)


def hand_on(**settings: str) -> None:
    """Let the processes that are started from now on find these settings in their environment."""
    os.environ.update({name.upper(): value for name, value in settings.items()})
