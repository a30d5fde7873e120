"""Google on the wire: freebusy, calendars, events, channels.

Here alone it is decided what became of a call: see widget/faults.py for the three ways.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

import models
from widget import google_event, settings
from widget.access import Access, Client
from widget.faults import HOST_MUST_ACT, meaning
from widget.faults import TIMEOUT_SECONDS as TIMEOUT_SECONDS
from widget.faults import Altered as Altered
from widget.faults import Disconnected as Disconnected
from widget.faults import Duplicate as Duplicate
from widget.faults import Gone as Gone
from widget.faults import GoogleError as GoogleError
from widget.faults import Patience as Patience
from widget.faults import Refused as Refused
from widget.faults import Unavailable as Unavailable
from widget.faults import Unknown as Unknown
from widget.faults import Unreadable as Unreadable
from widget.google_event import Event as Event
from widget.instants import from_rfc3339, to_rfc3339
from widget.slots import Busy
from widget.wire import Lost, NotSent

DAY = 86400
FREEBUSY_DAYS = 90  # timeRangeTooLong beyond
FREEBUSY_CALENDARS = 50  # calendarExpansionMax
PAGE = 2500  # events in an answer, at most

_AUTH = "https://www.googleapis.com/auth/"
EVENTS_SCOPE = f"{_AUTH}calendar.events.owned"
FREEBUSY_SCOPE = f"{_AUTH}calendar.freebusy"
CALENDARS_SCOPE = f"{_AUTH}calendar.calendarlist.readonly"
CALENDAR_SCOPES = (EVENTS_SCOPE, FREEBUSY_SCOPE, CALENDARS_SCOPE)
SIGN_IN_SCOPE = " ".join(("openid", "email", "profile", *CALENDAR_SCOPES))


class Google(Client):
    """The configured Google, with its Calendar."""

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

    def calendar_of(self, host: models.Host, seconds: float | None = None) -> Calendar:
        """For one journey of at most `seconds`: a guest's request, unless said otherwise."""
        return Calendar(self, host, seconds or self.patience.budget_seconds)


class Calendar:
    """One host's Google Calendar, for the length of one journey."""

    def __init__(self, google: Google, host: models.Host, seconds: float) -> None:
        self.google, self.host = google, host
        self._access = Access(google, host, time.monotonic() + seconds)

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
        method = "calendar.freebusy.query"
        answer = self._call(method, self.google.service.freebusy().query(body=body))
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
            raise Unavailable(method, 200, "malformed answer") from None

    def calendars(self) -> list[dict[str, Any]]:
        """The host's calendar list: Google's entries with id, summary, primary, timeZone."""
        method, found, page = "calendar.calendarList.list", list[dict[str, Any]](), None
        while True:
            request = self.google.service.calendarList().list(pageToken=page, maxResults=250)
            answer = self._call(method, request)
            found += _items(method, answer)
            page = answer.get("nextPageToken")
            if not page:
                return found

    def get(self, calendar: str, event_id: str) -> Event:
        """The event, also a cancelled one. Raises Gone when there never was one."""
        request = self.google.service.events().get(calendarId=calendar, eventId=event_id)
        return self._event("calendar.events.get", request, event_id)

    def changed(self, calendar: str, sync_token: str | None) -> tuple[list[dict[str, Any]], str]:
        """Google's events that changed since `sync_token` (None: all there are), as they come,
        and the token for the next time. Raises Gone with the status 410 when it is too old."""
        method, found, page = "calendar.events.list", list[dict[str, Any]](), None
        while True:
            asked = {"calendarId": calendar, "maxResults": PAGE, "pageToken": page}
            if sync_token:
                asked["syncToken"] = sync_token
            answer = self._call(method, self.google.service.events().list(**asked))
            found += _items(method, answer)
            page, following = answer.get("nextPageToken"), answer.get("nextSyncToken")
            if not page:
                if not isinstance(following, str):
                    raise Unavailable(method, 200, "malformed answer")
                return found, following

    # --- writing ----------------------------------------------------------------------------

    def insert(self, calendar: str, body: dict[str, Any]) -> Event:
        """Insert an event under our own id, so that a repetition is refused as Duplicate."""
        request = self.google.service.events().insert(
            calendarId=calendar, body=body, conferenceDataVersion=1, sendUpdates="all"
        )
        return self._event("calendar.events.insert", request, body["id"], writes=True)

    def patch(
        self, calendar: str, event_id: str, body: dict[str, Any], etag: str | None, *, tell: bool
    ) -> Event:
        """Change what `body` says, and nothing else; `tell`: Google mails the guests.

        Raises Altered when the event is not as `etag` knew it, Gone when it is not there.
        """
        request = self.google.service.events().patch(
            calendarId=calendar,
            eventId=event_id,
            body=body,
            conferenceDataVersion=1,  # without conferenceData: the conference is kept
            sendUpdates="all" if tell else "none",
        )
        return self._event("calendar.events.patch", _if_match(request, etag), event_id, writes=True)

    def delete(self, calendar: str, event_id: str, etag: str | None) -> None:
        """Delete an event, and have Google tell its guests. Raises Altered or Gone as patch."""
        request = self.google.service.events().delete(
            calendarId=calendar, eventId=event_id, sendUpdates="all"
        )
        self._call("calendar.events.delete", _if_match(request, etag), writes=True, empty=True)

    # --- push channels ------------------------------------------------------------------------

    def watch(self, calendar: str, channel: dict[str, str]) -> tuple[str, int]:
        """Have Google say when anything in a calendar changes: the channel's resource id, and
        until when (seconds since 1970). Raises Refused for a calendar that cannot be watched,
        and Unknown when the channel may stand."""
        method = "calendar.events.watch"
        request = self.google.service.events().watch(calendarId=calendar, body=channel)
        answer = self._call(method, request, writes=True, needed=False)
        try:
            return str(answer["resourceId"]), int(answer["expiration"]) // 1000
        except (KeyError, TypeError, ValueError):
            raise Unknown(method, 200, "malformed answer") from None

    def stop(self, channel: str, resource: str) -> None:
        """End a channel. Raises Gone when there is none."""
        body = {"id": channel, "resourceId": resource}
        request = self.google.service.channels().stop(body=body)
        self._call("calendar.channels.stop", request, needed=False, empty=True)

    # --- the one place where answers and faults are understood --------------------------------

    def _event(self, method: str, request: Any, event_id: str, *, writes: bool = False) -> Event:
        answer = self._call(method, request, writes=writes)
        try:
            if answer["id"] != event_id:
                raise ValueError
            return self.read(answer)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise (Unknown if writes else Unavailable)(method, 200, "malformed answer") from None

    def read(self, event: dict[str, Any]) -> Event:
        """One of Google's events. Raises KeyError, TypeError, AttributeError or ValueError."""
        zone = ZoneInfo(settings.load(self.host.settings).time_zone)
        return google_event.read(event, zone)

    def _call(
        self,
        method: str,
        request: Any,
        *,
        writes: bool = False,
        empty: bool = False,
        needed: bool = True,
    ) -> Any:
        """Google's answer: an object, or nothing for methods that answer `empty`.

        What certainly did nothing and may pass is tried again. `needed`: a host who does not
        allow this cannot be booked.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return self._once(method, request, writes=writes, empty=empty, needed=needed)
            except Unavailable:
                pause = self.google.patience.pause(tried)
                if tried >= self.google.patience.tries or pause >= self._access.seconds_left:
                    raise
                time.sleep(pause)

    def _once(self, method: str, request: Any, *, writes: bool, empty: bool, needed: bool) -> Any:
        lost = Unknown if writes else Unavailable
        try:
            answer = request.execute(http=self._access)
        except HttpError as error:
            status, reason = error.resp.status, _reason(error)
            if status == 403 and reason in HOST_MUST_ACT and needed:
                raise self._access.disconnected(method, status, reason) from None
            raise meaning(status, reason, lost)(method, status, reason) from None
        except NotSent as error:
            raise Unavailable(method, reason=str(error)) from None
        except Lost as error:
            raise lost(method, reason=str(error)) from None
        except ValueError:
            raise lost(method, 200, "answer is not JSON") from None
        if (answer not in ("", b"", {})) if empty else not isinstance(answer, dict):
            raise lost(method, 200, "malformed answer")
        return answer


def _if_match(request: Any, etag: str | None) -> Any:
    if etag:
        request.headers["If-Match"] = etag
    return request


def _items(method: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
    items = answer.get("items")
    if not isinstance(items, list) or not all(
        isinstance(each, dict) and isinstance(each.get("id"), str) for each in items
    ):
        raise Unavailable(method, 200, "malformed answer")
    return items


def _reason(error: HttpError) -> str:
    try:
        return str(json.loads(error.content)["error"]["errors"][0]["reason"])[:80]
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
