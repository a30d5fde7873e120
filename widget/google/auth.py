"""A host's way in to Google: tokens, and the time that a journey has."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import httplib2
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials

import models
from widget.config import Config
from widget.google.errors import Disconnected, Patience, Unavailable
from widget.google.http import Answer, Lost, NotSent, Wire

HOUR = 3600  # of an access token that does not say how long it lives
SPARE_SECONDS = 10  # an access token that ends sooner is not used any more
log = logging.getLogger("meetslot.access")


class Client:
    """Our OAuth client: Google's addresses, and the keys for tokens at rest."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.patience = Patience()
        self._cipher = MultiFernet([Fernet(key) for key in config.token_keys])

    @cached_property
    def endpoints(self) -> dict[str, Any]:
        """The OpenID discovery document. Raises Unavailable."""
        return self._discover(self.patience.call_seconds)

    def endpoints_within(self, seconds: float) -> dict[str, Any]:
        """The same, asked for no longer than so many seconds if it is not known yet."""
        if "endpoints" not in vars(self):
            self.endpoints = self._discover(seconds)
        return self.endpoints

    def _discover(self, seconds: float) -> dict[str, Any]:
        address = self.config.google_oidc_metadata_url
        found = self._plain("oauth.metadata", "GET", address, seconds)
        try:
            document = json.loads(found.body)
            if found.status != 200 or not isinstance(document["token_endpoint"], str):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise Unavailable("oauth.metadata", found.status, "malformed answer") from None
        return dict(document)

    def _plain(
        self, name: str, method: str, url: str, seconds: float, body: dict[str, str] | None = None
    ) -> Answer:
        try:
            return Wire().call(method, url, seconds, body=body)
        except (NotSent, Lost) as error:
            raise Unavailable(name, reason=str(error)) from None

    def encrypt(self, token: str) -> str:
        return self._cipher.encrypt(token.encode()).decode()

    def decrypt(self, token: str | None) -> str | None:
        """The token, or None when there is none or no key of TOKEN_KEYS opens it."""
        try:
            return self._cipher.decrypt(token.encode()).decode() if token else None
        except InvalidToken:
            log.error("token cannot be decrypted: is its key missing from TOKEN_KEYS?")
            return None

    def tokens(self, answer: dict[str, Any]) -> dict[str, Any]:
        """A token endpoint's answer as the columns that models.save_sign_in keeps."""
        columns = {
            "access_token": self.encrypt(answer["access_token"]),
            "token_expires_at": int(answer.get("expires_at") or time.time() + 3599),
            "scopes": answer.get("scope", ""),
        }
        if answer.get("refresh_token"):  # only a fresh consent brings one
            columns["refresh_token"] = self.encrypt(answer["refresh_token"])
        return columns

    def revoke(self, host: models.Host) -> bool:
        """End the host's whole grant at Google; an already dead token counts as ended."""
        token = self.decrypt(host.refresh_token)
        if not token:
            return True
        try:
            url = self.endpoints["revocation_endpoint"]
            seconds, body = self.patience.call_seconds, {"token": token}
            return self._plain("oauth.revoke", "POST", url, seconds, body).status in (200, 400)
        except (Unavailable, KeyError):
            return False


class Access:
    """A host's way in: what googleapiclient takes for an httplib2.Http, with the host's token
    and the time that is left."""

    def __init__(self, google: Client, host: models.Host, until: float) -> None:
        self.google, self.host, self._until = google, host, until

    @cached_property
    def _wire(self) -> Wire:
        return Wire()

    @cached_property
    def _token(self) -> str | None:
        return self.google.decrypt(self.host.access_token)

    @property
    def seconds_left(self) -> float:
        return self._until - time.monotonic()

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        **_more: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """Raises NotSent, Lost, Unavailable (no token to be had) or Disconnected."""
        if self.host.disconnected_at:
            raise Disconnected("oauth.token", reason=self.host.disconnected_reason or "")
        fresh = not self._token or (self.host.token_expires_at or 0) <= time.time() + SPARE_SECONDS
        if fresh:
            self._refresh()
        answer = self._send(uri, method, body, headers)
        if answer.status == 401 and not fresh:
            self._refresh()
            answer = self._send(uri, method, body, headers)
        return httplib2.Response({**answer.headers, "status": str(answer.status)}), answer.body

    def _send(
        self, uri: str, method: str, body: str | None, headers: Mapping[str, str] | None
    ) -> Answer:
        authorized = {**(headers or {}), "authorization": f"Bearer {self._token}"}
        return self._wire.call(method, uri, self._seconds(), body=body, headers=authorized)

    def _seconds(self) -> float:
        return min(self.google.patience.call_seconds, self.seconds_left)

    def _refresh(self) -> None:
        credentials = Credentials(  # type: ignore[no-untyped-call]
            None,
            refresh_token=self._refresh_token(),
            token_uri=self.google.endpoints_within(self._seconds())["token_endpoint"],
            client_id=self.google.config.google_client_id,
            client_secret=self.google.config.google_client_secret,
        )
        try:
            credentials.refresh(self._ask_for_token)  # type: ignore[no-untyped-call]
        except RefreshError as error:
            answer = error.args[1] if len(error.args) > 1 else None
            if isinstance(answer, dict) and answer.get("error") == "invalid_grant":
                raise self.disconnected("oauth.token", 400, "invalid_grant") from None
            raise Unavailable("oauth.token", reason="no token") from None
        except (ValueError, TypeError, AttributeError):  # JSON, but not of a token
            raise Unavailable("oauth.token", reason="malformed answer") from None
        self._keep(str(credentials.token), credentials.expiry)

    def _refresh_token(self) -> str:
        token = self.google.decrypt(self.host.refresh_token)
        if token:
            return token
        if self.host.refresh_token:  # heals when its key is back in TOKEN_KEYS: nothing is noted
            raise Disconnected("oauth.token", reason="no key opens the token")
        raise self.disconnected("oauth.token", None, "no refresh token")

    def _ask_for_token(
        self, url: str, method: str, body: bytes, headers: Mapping[str, str], **_more: Any
    ) -> SimpleNamespace:
        """What google-auth takes for a transport. Anything but a token or a refusal ends it at
        once: google-auth would wait and try again, longer than a journey has."""
        try:
            answer = self._wire.call(method, url, self._seconds(), body=body, headers=headers)
        except (NotSent, Lost) as error:
            raise Unavailable("oauth.token", reason=str(error)) from None
        if answer.status not in (200, 400):
            raise Unavailable("oauth.token", answer.status, "no token")
        return SimpleNamespace(status=answer.status, headers=answer.headers, data=answer.body)

    def _keep(self, token: str, expiry: datetime | None) -> None:
        """A refreshed access token serves the other workers too, unless the host has signed in
        anew meanwhile. `expiry` is naive UTC."""
        ends = expiry.replace(tzinfo=UTC).timestamp() if expiry else time.time() + HOUR
        self._token = token
        self.host.access_token = self.google.encrypt(token)
        self.host.token_expires_at = int(ends)
        models.save_access_token(self.host)

    def disconnected(self, method: str, status: int | None, reason: str) -> Disconnected:
        """Note that Google refuses this host's grant."""
        error = Disconnected(method, status, reason)
        log.warning("host %s disconnected: %s", self.host.id, error)
        models.disconnect(self.host, self.host.refresh_token, reason, int(time.time()))
        return error
