"""A host's way in to Google: tokens, and the time that a journey has."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httplib2
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

import models
from widget.config import Config
from widget.faults import Disconnected, Patience, Unavailable
from widget.wire import Answer, Lost, NotSent, Wire

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
        found = self._plain("oauth.metadata", "GET", self.config.google_oidc_metadata_url)
        try:
            document = json.loads(found.body)
            if found.status != 200 or not isinstance(document["token_endpoint"], str):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise Unavailable("oauth.metadata", found.status, "malformed answer") from None
        return dict(document)

    def _plain(
        self, name: str, method: str, url: str, body: dict[str, str] | None = None
    ) -> Answer:
        try:
            return Wire().call(method, url, self.patience.call_seconds, body=body)
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
            return self._plain("oauth.revoke", "POST", url, {"token": token}).status in (200, 400)
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
        refresh_token = self.google.decrypt(self.host.refresh_token)
        if not refresh_token:
            raise self.disconnected("oauth.token", None, "no refresh token")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self.google.config.google_client_id,
            "client_secret": self.google.config.google_client_secret,
        }
        endpoint = self.google.endpoints["token_endpoint"]
        try:
            answer = self._wire.call("POST", endpoint, self._seconds(), body=form)
        except (NotSent, Lost) as error:
            raise Unavailable("oauth.token", reason=str(error)) from None
        self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        """A refreshed access token serves the other workers too."""
        try:
            found = json.loads(answer.body)
            if answer.status == 400 and found["error"] == "invalid_grant":
                raise self.disconnected("oauth.token", 400, "invalid_grant")
            self._token = str(found["access_token"])
            expires_at = int(time.time()) + int(found["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise Unavailable("oauth.token", answer.status, "no token") from None
        self.host.access_token = self.google.encrypt(self._token)
        self.host.token_expires_at = expires_at
        models.save_access_token(self.host, self.host.access_token, expires_at)

    def disconnected(self, method: str, status: int | None, reason: str) -> Disconnected:
        """Note that Google refuses this host's grant."""
        error = Disconnected(method, status, reason)
        log.warning("host %s disconnected: %s", self.host.id, error)
        models.disconnect(self.host, self.host.refresh_token, reason, int(time.time()))
        return error
