"""Google on the wire: credentials, freebusy, calendars, events.

Google's many errors become a few: Refused (and its kinds Gone, Duplicate), Unavailable,
Unknown (a write may or may not have happened) and Disconnected (the host must act).
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httplib2
import requests
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

import models
from widget.config import Config
from widget.instants import from_rfc3339, to_rfc3339
from widget.slots import Busy

TIMEOUT_SECONDS = 5
DAY = 86400
FREEBUSY_DAYS = 90  # timeRangeTooLong beyond
FREEBUSY_CALENDARS = 50  # calendarExpansionMax

_AUTH = "https://www.googleapis.com/auth/"
EVENTS_SCOPE = f"{_AUTH}calendar.events.owned"
FREEBUSY_SCOPE = f"{_AUTH}calendar.freebusy"
CALENDARS_SCOPE = f"{_AUTH}calendar.calendarlist.readonly"
CALENDAR_SCOPES = (EVENTS_SCOPE, FREEBUSY_SCOPE, CALENDARS_SCOPE)
SIGN_IN_SCOPE = " ".join(("openid", "email", "profile", *CALENDAR_SCOPES))

_PASSING_403 = {
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "quotaExceeded",
    "dailyLimitExceeded",
    "calendarUsageLimitsExceeded",
    "accessNotConfigured",
}
log = logging.getLogger("meetslot.calendar")


class GoogleError(Exception):
    """What Google's answer to `method` means for us; `reason` is Google's own word."""

    def __init__(self, method: str, status: int | None = None, reason: str = "") -> None:
        super().__init__(f"{method}: {status or 'no answer'} {reason}".strip())
        self.method, self.status, self.reason = method, status, reason


class Refused(GoogleError):
    """Google will not do this; nothing was done."""


class Gone(Refused):
    """The calendar or event is not there (404, 410)."""


class Duplicate(Refused):
    """An event with this id is there already (409)."""


class Unavailable(GoogleError):
    """Google does not answer for now; nothing was done."""


class Unknown(GoogleError):
    """A write was sent and its outcome is not known."""


class Disconnected(GoogleError):
    """The host's grant is revoked or too small: the host must sign in again."""


@dataclass(frozen=True)
class Event:
    """What we keep of Google's event; the link is None while `meet_pending` or for good."""

    etag: str
    meet_link: str | None
    meet_pending: bool
    cancelled: bool


class Google:
    """The configured Google: its addresses, our client and the keys for tokens at rest."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._cipher = MultiFernet([Fernet(key) for key in config.token_keys])

    @cached_property
    def endpoints(self) -> dict[str, Any]:
        """The OpenID discovery document. Raises Unavailable."""
        try:
            answer = requests.get(self.config.google_oidc_metadata_url, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            return dict(answer.json())
        except (requests.RequestException, ValueError) as error:
            raise Unavailable("oauth.metadata", reason=type(error).__name__) from None

    @cached_property
    def service(self) -> Any:
        """The client library's Calendar v3, built from the discovery document it ships."""
        return build(
            "calendar",
            "v3",
            http=httplib2.Http(),
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": self.config.google_calendar_endpoint},
        )

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
            answer = requests.post(
                self.endpoints["revocation_endpoint"],
                data={"token": token},
                timeout=TIMEOUT_SECONDS,
            )
        except (requests.RequestException, Unavailable):
            return False
        return answer.status_code in (200, 400)

    def calendar_of(self, host: models.Host) -> Calendar:
        return Calendar(self, host)


class Calendar:
    """One host's Google Calendar, for the length of one journey (one connection)."""

    def __init__(self, google: Google, host: models.Host) -> None:
        self.google, self.host = google, host
        self._bare = httplib2.Http(timeout=TIMEOUT_SECONDS)

    @cached_property
    def _credentials(self) -> Credentials:
        expires_at = self.host.token_expires_at
        return Credentials(  # type: ignore[no-untyped-call]
            token=self.google.decrypt(self.host.access_token),
            refresh_token=self.google.decrypt(self.host.refresh_token),
            token_uri=self.google.endpoints["token_endpoint"],
            client_id=self.google.config.google_client_id,
            client_secret=self.google.config.google_client_secret,
            # google-auth compares naive UTC
            expiry=datetime.fromtimestamp(expires_at, UTC).replace(tzinfo=None)
            if expires_at
            else None,
        )

    # --- reading ----------------------------------------------------------------------------

    def busy(self, calendars: Sequence[str], start: int, end: int) -> list[Busy]:
        """All busy intervals of `calendars` from start to end.

        Raises Unavailable when one of them cannot be read: it must never count as free.
        """
        found: list[Busy] = []
        for first in range(0, len(calendars), FREEBUSY_CALENDARS):
            some = calendars[first : first + FREEBUSY_CALENDARS]
            for since in range(start, end, FREEBUSY_DAYS * DAY):
                until = min(end, since + FREEBUSY_DAYS * DAY)
                found += self._freebusy(some, since, until)
        return found

    def _freebusy(self, calendars: Sequence[str], start: int, end: int) -> Iterable[Busy]:
        body = {
            "timeMin": to_rfc3339(start),
            "timeMax": to_rfc3339(end),
            "items": [{"id": calendar} for calendar in calendars],
        }
        answer = self._call(
            "calendar.freebusy.query", self.google.service.freebusy().query(body=body)
        )
        try:
            entries = {calendar: answer["calendars"][calendar] for calendar in calendars}
            unread = {id: entry["errors"] for id, entry in entries.items() if entry.get("errors")}
            if unread:
                calendar, errors = next(iter(unread.items()))
                raise Unreadable(calendar, errors[0]["reason"])
            return [
                Busy(from_rfc3339(each["start"]), from_rfc3339(each["end"]), calendar)
                for calendar, entry in entries.items()
                for each in entry["busy"]
            ]
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            raise Unavailable("calendar.freebusy.query", 200, "malformed answer") from None

    def calendars(self) -> list[dict[str, Any]]:
        """The host's calendar list: Google's entries with id, summary, primary, timeZone."""
        found: list[dict[str, Any]] = []
        page = None
        while True:
            request = self.google.service.calendarList().list(pageToken=page, maxResults=250)
            answer = self._call("calendar.calendarList.list", request)
            if not isinstance(answer.get("items"), list):
                raise Unavailable("calendar.calendarList.list", 200, "malformed answer")
            found += answer["items"]
            page = answer.get("nextPageToken")
            if not page:
                return found

    def get(self, calendar: str, event_id: str) -> Event:
        """The event, also a cancelled one. Raises Gone when there never was one."""
        request = self.google.service.events().get(calendarId=calendar, eventId=event_id)
        return _event("calendar.events.get", self._call("calendar.events.get", request), event_id)

    # --- writing ----------------------------------------------------------------------------

    def insert(self, calendar: str, body: dict[str, Any]) -> Event:
        """Insert an event under our own id, so that a repetition is refused as Duplicate."""
        request = self.google.service.events().insert(
            calendarId=calendar, body=body, conferenceDataVersion=1, sendUpdates="all"
        )
        answer = self._call("calendar.events.insert", request, writes=True)
        return _event("calendar.events.insert", answer, body["id"], writes=True)

    # --- the one place where answers and faults are understood --------------------------------

    def _call(self, method: str, request: Any, *, writes: bool = False) -> Any:
        lost = Unknown if writes else Unavailable
        try:
            answer = request.execute(http=self._http)
        except HttpError as error:
            raise self._understood(method, error, lost) from None
        except RefreshError as error:
            raise self._refresh_failed(error) from None
        except GoogleAuthError as error:
            raise Unavailable("oauth.token", reason=type(error).__name__) from None
        except (ConnectionRefusedError, httplib2.ServerNotFoundError) as error:
            raise Unavailable(method, reason=type(error).__name__) from None
        except (OSError, httplib2.HttpLib2Error, httplib2.http.client.HTTPException) as error:
            raise lost(method, reason=type(error).__name__) from None
        except ValueError:
            raise lost(method, 200, "answer is not JSON") from None
        finally:
            self._keep_access_token()
        if not isinstance(answer, dict):
            raise lost(method, 200, "malformed answer")
        return answer

    @property
    def _http(self) -> AuthorizedHttp:
        if self.host.disconnected_at:
            raise Disconnected("oauth.token", reason=self.host.disconnected_reason or "")
        if not self._credentials.refresh_token:
            raise self._disconnect(Disconnected("oauth.token", reason="no refresh token"))
        return AuthorizedHttp(self._credentials, http=self._bare)

    def _refresh_failed(self, error: RefreshError) -> GoogleError:
        answer = error.args[1] if len(error.args) > 1 else None
        reason = answer.get("error", "") if isinstance(answer, dict) else ""
        if reason == "invalid_grant":
            return self._disconnect(Disconnected("oauth.token", 400, reason))
        return Unavailable("oauth.token", reason=str(reason)[:80])

    def _understood(
        self, method: str, error: HttpError, lost: type[Unknown] | type[Unavailable]
    ) -> GoogleError:
        status, reason = error.resp.status, _reason(error)
        if status in (404, 410):
            return Gone(method, status, reason)
        if status == 409:
            return Duplicate(method, status, reason)
        if status == 403 and reason not in _PASSING_403:
            return self._disconnect(Disconnected(method, status, reason))
        if status in (401, 403, 429):
            return Unavailable(method, status, reason)
        if status >= 500 or status < 400:
            return lost(method, status, reason)
        return Refused(method, status, reason)

    def _disconnect(self, error: Disconnected) -> Disconnected:
        log.warning("host %s disconnected: %s", self.host.id, error)
        reason = error.reason or "unknown"
        models.disconnect(self.host, self.host.refresh_token, reason, int(time.time()))
        return error

    def _keep_access_token(self) -> None:
        """A refreshed access token serves the other workers too."""
        if "_credentials" not in self.__dict__:
            return
        token, expiry = self._credentials.token, self._credentials.expiry
        if token and expiry and token != self.google.decrypt(self.host.access_token):
            self.host.access_token = self.google.encrypt(token)
            self.host.token_expires_at = int(expiry.replace(tzinfo=UTC).timestamp())
            models.save_access_token(self.host, self.host.access_token, self.host.token_expires_at)


class Unreadable(Unavailable):
    """A busy calendar that freebusy cannot read, told inside a 200 answer."""

    def __init__(self, calendar: str, reason: str) -> None:
        super().__init__("calendar.freebusy.query", 200, reason)
        self.calendar = calendar


def _reason(error: HttpError) -> str:
    try:
        return str(json.loads(error.content)["error"]["errors"][0]["reason"])[:80]
    except (ValueError, KeyError, TypeError, IndexError):
        return ""


def _event(method: str, answer: dict[str, Any], event_id: str, *, writes: bool = False) -> Event:
    try:
        if answer["id"] != event_id or answer["status"] not in _EVENT_STATUSES:
            raise ValueError
        conference = answer.get("conferenceData") or {}
        link = answer.get("hangoutLink") or next(
            (
                point["uri"]
                for point in conference.get("entryPoints", ())
                if point.get("entryPointType") == "video"
            ),
            None,
        )
        state = conference.get("createRequest", {}).get("status", {}).get("statusCode")
        return Event(
            etag=str(answer["etag"]),
            meet_link=link if link and urlsplit(link).scheme in ("https", "http") else None,
            meet_pending=not link and state == "pending",
            cancelled=answer["status"] == "cancelled",
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise (Unknown if writes else Unavailable)(method, 200, "malformed answer") from None


_EVENT_STATUSES = {"confirmed", "tentative", "cancelled"}
