"""OAuth tokens: exchanged, refreshed, revoked; and a host's requests to Google with them."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import httplib2
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

import models
from widget import metrics
from widget.config import Config
from widget.core import addresses
from widget.core.clock import DAY, HOUR
from widget.google import errors
from widget.google.errors import TOKEN
from widget.google.http import Answer, Declined, Lost, NotSent, Wire

METADATA = "oauth.metadata"
ADDRESSES = (
    "issuer", "authorization_endpoint", "token_endpoint", "revocation_endpoint", "jwks_uri",
)  # fmt: skip
USUAL_SECONDS = HOUR  # that an access token lives when it does not say so
LONGEST_SECONDS = 366 * DAY  # that any token is believed to live
SPARE_SECONDS = 10  # an access token that ends sooner is not used any more
log = logging.getLogger("meetslot.access")


class Malformed(errors.Unavailable):
    """An answer that is JSON, but not what was asked for; `reason` says what is wrong with it."""


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint answered (RFC 6749, 5.1). `expires_at` is an instant by our clock;
    `scope` is empty when it is the one that was asked for."""

    access: str
    expires_at: int
    scope: str
    refresh: str | None
    id_token: str | None


class Client:
    """Our OAuth client: Google's addresses, and the keys for tokens at rest."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.patience = errors.Patience()
        self.wire = Wire()
        self._cipher = MultiFernet([Fernet(key) for key in config.token_keys])

    # --- Google's addresses -----------------------------------------------------------------

    @cached_property
    def endpoints(self) -> dict[str, str]:
        """The OpenID discovery document's addresses, and its issuer. Raises Unavailable."""
        return read_addresses(self.discover())

    def look_up_endpoints(self, seconds: float) -> None:
        """Ask for `endpoints`, if they are not known yet, no longer than so many seconds."""
        if "endpoints" not in vars(self):
            self.endpoints = read_addresses(self.discover(seconds))

    @metrics.google_call("oauth.metadata")
    def discover(self, seconds: float | None = None) -> Answer:
        """Google's discovery document, as it is now. Raises Unavailable."""
        answer = self.fetch(METADATA, self.config.google_oidc_metadata_url, seconds=seconds)
        read_addresses(answer)
        return answer

    def fetch(
        self, name: str, url: str, form: dict[str, str] | None = None, seconds: float | None = None
    ) -> Answer:
        """One call, a GET or a POST of a form, that takes no longer than so many seconds (else than
        any call). Raises Unavailable."""
        most = self.patience.call_seconds if seconds is None else seconds
        try:
            if not form:
                return self.wire.call("GET", url, most)
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self.wire.call("POST", url, most, urlencode(form), kind)
        except (NotSent, Lost) as error:
            raise errors.Unavailable(name, reason=str(error)) from None

    # --- tokens -----------------------------------------------------------------------------

    def tokens(self, grant: str, more: dict[str, str], seconds: float | None = None) -> Tokens:
        """What the token endpoint gives for a grant. Raises as read_tokens."""
        form = {
            "grant_type": grant,
            "client_id": self.config.google_client_id,
            "client_secret": self.config.google_client_secret,
            **more,
        }
        return read_tokens(self.fetch(TOKEN, self.endpoints["token_endpoint"], form, seconds))

    @metrics.google_call(TOKEN)
    def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """The tokens for the code that a host came back with.

        Raises Unavailable, NotSetUp, or another GoogleError when the code is not taken.
        """
        more = {"code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}
        return self.tokens("authorization_code", more)

    def check_client(self) -> None:
        """Whether Google knows our OAuth client, by a token that nobody has: that alone is refused
        then. Raises NotSetUp, or another GoogleError when Google does not say."""
        with suppress(errors.Disconnected):
            self.tokens("refresh_token", {"refresh_token": "-"})

    def encrypt(self, token: str) -> str:
        return self._cipher.encrypt(token.encode()).decode()

    def decrypt(self, token: str | None) -> str | None:
        """The token, or None when there is none or no key of TOKEN_KEYS opens it."""
        try:
            return self._cipher.decrypt(token.encode()).decode() if token else None
        except InvalidToken:
            log.error("token cannot be decrypted: is its key missing from TOKEN_KEYS?")
            return None

    def encrypted_anew(self, stored: str) -> str | None:
        """A stored token encrypted with the first key, None when it is already. Raises ValueError
        for one that no key opens."""
        with suppress(InvalidToken):
            Fernet(self.config.token_keys[0]).decrypt(stored.encode())
            return None
        try:
            return self._cipher.rotate(stored.encode()).decode()
        except InvalidToken:
            raise ValueError("no key opens it") from None

    def rotate(self, host: models.Host) -> int:
        """Encrypt a host's tokens with the first key, unless they are, or are replaced meanwhile;
        how many. Raises ValueError for one that no key opens."""
        changed = 0
        for column in (models.Host.refresh_token, models.Host.access_token):
            old = getattr(host, column.name)
            new = old and self.encrypted_anew(old)
            if new:
                changed += models.note(host, column == old, **{column.name: new})
        return changed

    def columns(self, tokens: Tokens) -> dict[str, Any]:
        """Tokens as models.save_sign_in keeps them."""
        columns = {
            "access_token": self.encrypt(tokens.access),
            "token_expires_at": tokens.expires_at,
            "scopes": tokens.scope,
        }
        if tokens.refresh:  # only a fresh consent brings one
            columns["refresh_token"] = self.encrypt(tokens.refresh)
        return columns

    def revoke(self, host: models.Host) -> bool:
        """End the host's whole grant at Google; an already dead token counts as ended."""
        token = self.decrypt(host.refresh_token)
        if not token:
            return True
        try:
            url = self.endpoints["revocation_endpoint"]
            return self.fetch("oauth.revoke", url, {"token": token}).status in (200, 400)
        except errors.Unavailable:
            return False


# --- answers ----------------------------------------------------------------------------------


def read_addresses(answer: Answer) -> dict[str, str]:
    """The discovery document's addresses, and its issuer. Raises Unavailable."""
    document = read_object(METADATA, answer)
    found = {name: text_of(METADATA, document, name) for name in ADDRESSES}
    for name, address in found.items():
        if name != "issuer" and not addresses.origin_of(address):
            raise Malformed(METADATA, answer.status, f"{name} is no http or https address")
    return found


def read_object(method: str, answer: Answer) -> dict[str, Any]:
    """The JSON object of a 200 answer. Raises Unavailable."""
    try:
        found = answer.json()
    except ValueError:
        raise errors.Unavailable(method, answer.status, "not JSON") from None
    if answer.status != 200:
        raise errors.Unavailable(method, answer.status, *errors.reason_and_message(answer))
    if not isinstance(found, dict):
        raise Malformed(method, answer.status, "not a JSON object")
    return found


def text_of(method: str, found: dict[str, Any], name: str) -> str:
    """A text of a JSON object. Raises Malformed when it is missing or something else."""
    if not isinstance(text := found.get(name), str) or not text:
        raise Malformed(method, 200, f"{name} is missing or no text")
    return text


def read_tokens(answer: Answer) -> Tokens:
    """A token endpoint's answer.

    Raises Disconnected when the grant is over (invalid_grant), NotSetUp when our OAuth client is
    not taken, Refused for another certain no, Malformed, and else Unavailable.
    """
    if answer.status != 200:
        # a refusal counts only in OAuth's own words (RFC 6749, 5.2)
        reason, message = errors.reason_and_message(answer)
        kind = errors.token_meaning(answer.status, reason)
        raise kind(TOKEN, answer.status, reason or "no token", message)
    found = read_object(TOKEN, answer)
    lives, scope = found.get("expires_in", USUAL_SECONDS), found.get("scope", "")
    if isinstance(lives, bool) or not isinstance(lives, int | float) or not lives > 0:
        raise Malformed(TOKEN, 200, "expires_in is no number of seconds")
    if not isinstance(scope, str):
        raise Malformed(TOKEN, 200, "scope is no text")
    return Tokens(
        text_of(TOKEN, found, "access_token"),
        int(time.time() + min(lives, LONGEST_SECONDS)),
        scope,
        text_of(TOKEN, found, "refresh_token") if found.get("refresh_token") else None,
        text_of(TOKEN, found, "id_token") if "id_token" in found else None,
    )


class Access:
    """Requests with a host's token, in the time that a journey has left: what googleapiclient
    takes for an httplib2.Http."""

    def __init__(self, google: Client, host: models.Host, seconds: float) -> None:
        self.google, self.host = google, host
        self._until = time.monotonic() + seconds

    @cached_property
    def _token(self) -> str | None:
        return self.google.decrypt(self.host.access_token)

    @property
    def seconds_left(self) -> float:
        """Of this journey; nothing is sent any more when there are none."""
        return self._until - time.monotonic()

    def request(
        self, uri: str, method: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        """Raises Declined (Google's answer is a no), NotSent, Lost, Unavailable (no token to be
        had), NotSetUp or Disconnected."""
        if self.host.disconnected_at:
            raise errors.Disconnected(TOKEN, reason=self.host.disconnected_reason or "")
        fresh = not self._token or (self.host.token_expires_at or 0) <= time.time() + SPARE_SECONDS
        if fresh:
            self._refresh()
        answer = self._send(uri, method, body, headers)
        if answer.status == 401 and not fresh:
            self._refresh()
            answer = self._send(uri, method, body, headers)
        if not 200 <= answer.status < 300:
            raise Declined(answer)
        return httplib2.Response({**answer.headers, "status": str(answer.status)}), answer.body

    def _send(self, uri: str, method: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        models.rest()
        authorized = {**headers, "authorization": f"Bearer {self._token}"}
        return self.google.wire.call(method, uri, self._seconds(), body, authorized)

    def _seconds(self) -> float:
        return min(self.google.patience.call_seconds, self.seconds_left)

    @metrics.google_call(TOKEN)
    def _refresh(self) -> None:
        """Get a new access token, and store it for the other workers unless the host has signed in
        anew meanwhile. Raises Unavailable, NotSetUp or Disconnected."""
        token = {"refresh_token": self._refresh_token()}
        self.google.look_up_endpoints(self._seconds())
        try:
            tokens = self.google.tokens("refresh_token", token, self._seconds())
        except (errors.Disconnected, errors.NotSetUp) as error:
            raise self.noted(error) from None
        except errors.Unavailable:
            raise
        except errors.GoogleError as error:  # any other failure of the token endpoint is passing
            raise error.passing() from None
        self.answered(TOKEN)
        host, self._token = self.host, tokens.access
        host.access_token = self.google.encrypt(tokens.access)
        host.token_expires_at = tokens.expires_at
        with suppress(*models.NoAnswer), models.write(patient=False):  # who looks does without
            self._save(access_token=host.access_token, token_expires_at=host.token_expires_at)

    def _refresh_token(self) -> str:
        token = self.google.decrypt(self.host.refresh_token)
        if token:
            return token
        if self.host.refresh_token:  # heals when its key is back in TOKEN_KEYS: nothing is noted
            raise errors.Disconnected(TOKEN, reason="no key opens the token")
        raise self.noted(errors.Disconnected(TOKEN, None, "no refresh token"))

    def noted(self, error: errors.GoogleError) -> errors.GoogleError:
        """The error, after storing it for the host (Disconnected) or the operator (NotSetUp)."""
        log.warning("host %s: %s: %s", self.host.id, type(error).__name__, error)
        if isinstance(error, errors.Disconnected):
            since = {"disconnected_at": int(time.time()), "disconnected_reason": error.reason}
            self._save(models.Host.disconnected_at.is_null(), **since)
        elif isinstance(error, errors.NotSetUp):
            self._note_server(f"{error.method}: {error.status} {error.reason}")
        return error

    def answered(self, method: str) -> None:
        """Clear the host's stored server problem if it was one of this method, which works now."""
        if (self.host.server_problem or "").startswith(f"{method}:"):
            self._note_server(None)

    def _note_server(self, problem: str | None) -> None:
        if self.host.id and problem != self.host.server_problem:
            self.host.server_problem = problem
            models.note(self.host, server_problem=problem)

    def _save(self, *where: Any, **values: Any) -> None:
        """Store columns of the host's grant, unless a newer consent has replaced it."""
        grant = models.Host.refresh_token == self.host.refresh_token
        models.note(self.host, grant, *where, **values)
