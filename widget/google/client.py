"""Google on the wire: freebusy, calendars, events, channels.

Here alone it is decided what became of a call: see widget/google/errors.py for what can.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httplib2
from googleapiclient.discovery import build

import models
from widget import metrics
from widget.config import Config
from widget.core.clock import DAY, from_rfc3339, to_rfc3339
from widget.core.document import Settings, load_document
from widget.core.slots import Busy
from widget.google import errors
from widget.google.auth import Access, Client
from widget.google.event import Event, read_event
from widget.google.http import Answer, Declined, Lost, NotSent

FREEBUSY_DAYS = 90  # timeRangeTooLong beyond
FREEBUSY_CALENDARS = 50  # calendarExpansionMax
PAGE = 2500  # events in an answer, at most
PRIMARY = "primary"  # the host's own calendar, whatever the account's address is by now

MALFORMED = (
    KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError,
)  # fmt: skip
T = TypeVar("T")
Asked = dict[str, Any]  # a method's parameters
log = logging.getLogger("meetslot.google")

_AUTH = "https://www.googleapis.com/auth/"
EVENTS_SCOPE = f"{_AUTH}calendar.events.owned"
FREEBUSY_SCOPE = f"{_AUTH}calendar.freebusy"
CALENDARS_SCOPE = f"{_AUTH}calendar.calendarlist.readonly"
CALENDAR_SCOPES = (EVENTS_SCOPE, FREEBUSY_SCOPE, CALENDARS_SCOPE)
SIGN_IN_SCOPE = " ".join(("openid", "email", "profile", *CALENDAR_SCOPES))


class Google(Client):
    """The configured Google, with its Calendar. `silent`: until when (time.monotonic) it is not
    asked about a host for somebody who looks, since it did not answer just now."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.silent: dict[int, float] = {}

    @cached_property
    def service(self) -> Any:
        """The client library's Calendar v3, built from the discovery document it ships: its
        collections, each made once, since the library makes their methods anew at every call."""
        service = build(
            "calendar",
            "v3",
            http=httplib2.Http(),
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": self.config.google_calendar_endpoint},
        )
        names = ("calendarList", "channels", "events", "freebusy")
        return SimpleNamespace(**{name: getattr(service, name)() for name in names})

    def calendar_of(self, host: models.Host, seconds: float | None = None) -> "Calendar":
        """For one journey of at most `seconds`: a guest's request, unless said otherwise."""
        return Calendar(self, host, self.patience.budget_seconds if seconds is None else seconds)


class Calendar(Access):
    """One host's Google Calendar, for the length of one journey."""

    google: Google

    @property
    def document(self) -> Settings:
        """The host's settings."""
        return load_document(self.host.settings)

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
        read = partial(_freebusy, calendars)
        found, unread = self._call("calendar.freebusy.query", {"body": body}, read)
        if unread:
            raise errors.Unreadable(*unread[0])
        return found

    def calendars(self) -> list[dict[str, Any]]:
        """The host's calendar list: Google's entries with id, summary, primary, timeZone."""
        found, page = list[dict[str, Any]](), None
        while True:
            asked = {"pageToken": page, "maxResults": 250}
            items, page, _sync = self._call("calendar.calendarList.list", asked, _page)
            found += items
            if not page:
                return found

    def get(self, calendar: str, event_id: str) -> Event:
        """The event, also a cancelled one. Raises Gone when there never was one."""
        asked = {"calendarId": calendar, "eventId": event_id}
        return self._call("calendar.events.get", asked, partial(self._event, event_id))

    @cached_property
    def owned(self) -> list[set[str]]:
        """The calendars that the host owns, each with all the ids that lead to it."""
        return [
            {str(each["id"])} | ({PRIMARY} if each.get("primary") else set())
            for each in self.calendars()
            if each.get("accessRole") == "owner"
        ]

    def writable(self) -> set[str]:
        """All ids of calendars that events may be written into (calendar.events.owned)."""
        return set[str]().union(*self.owned)

    def changes(
        self, calendar: str, sync_token: str | None, page: str | None
    ) -> tuple[list[dict[str, Any]], str | None, str | None]:
        """A page of Google's events that changed since `sync_token` (None: of all there are), as
        they come; the token of the next page, or on the last one that for the next time.

        Raises Gone with the status 410 when a token is too old.
        """
        asked = {"calendarId": calendar, "maxResults": PAGE, "pageToken": page}
        if sync_token:
            asked["syncToken"] = sync_token
        return self._call("calendar.events.list", asked, _events_page)

    def crowded(self, calendar: str, start: int, end: int, event_id: str) -> bool:
        """Whether any other event than this one takes the host's time from start to end."""
        between = {"timeMin": to_rfc3339(start), "timeMax": to_rfc3339(end)}
        asked = {"calendarId": calendar, "singleEvents": True, **between}

        def read(answer: dict[str, Any]) -> bool:
            items, more, _sync = _page(answer)
            return bool(more) or any(self._takes(each, event_id) for each in items)

        return self._call("calendar.events.list", asked, read)

    def _takes(self, event: dict[str, Any], event_id: str) -> bool:
        if event_id in (event["id"], event.get("recurringEventId")):
            return False
        found = self.read_event(event)
        return not (found.cancelled or found.transparent or found.declined)

    # --- writing ----------------------------------------------------------------------------

    def insert(self, calendar: str, body: dict[str, Any]) -> Event:
        """Insert an event under our own id, so that a repetition is refused as Duplicate. Whether
        the calendar takes events is kept for the host, the operator and the next guest."""
        asked = {"body": body, "conferenceDataVersion": 1, "sendUpdates": "all"}
        event = self._write(errors.INSERT, calendar, asked, partial(self._event, body["id"]), None)
        if models.calendar_refusal(self.host, calendar):
            models.note(self.host, calendar_refused=None)
        return event

    def patch(
        self, calendar: str, event_id: str, body: dict[str, Any], etag: str | None, *, tell: bool
    ) -> Event:
        """Change what `body` says, and nothing else; `tell`: Google mails the guests.

        Raises Altered when the event is not as `etag` knew it, Gone when it is not there.
        """
        asked = {
            "eventId": event_id,
            "body": body,
            "conferenceDataVersion": 1,  # without conferenceData: the conference is kept
            "sendUpdates": "all" if tell else "none",
        }
        read = partial(self._event, event_id)
        return self._write("calendar.events.patch", calendar, asked, read, etag)

    def delete(self, calendar: str, event_id: str, etag: str | None) -> None:
        """Delete an event, and have Google tell its guests. Raises Altered or Gone as patch."""
        asked = {"eventId": event_id, "sendUpdates": "all"}
        self._write("calendar.events.delete", calendar, asked, _nothing, etag)

    def _write(
        self, method: str, calendar: str, asked: Asked, read: Callable[[Any], T], etag: str | None
    ) -> T:
        """Write to a calendar; keep that it is closed to us, and Google's words for it."""
        try:
            asked = {"calendarId": calendar, **asked}
            return self._call(method, asked, read, etag)
        except errors.CalendarClosed as error:
            said = f"{error.status} {error.reason}".strip()
            models.note(self.host, calendar_gone=calendar, calendar_refused=f"{calendar} {said}")
            raise

    # --- push channels ------------------------------------------------------------------------

    def watch(self, calendar: str, channel: dict[str, str]) -> tuple[str, int]:
        """Have Google say when anything in a calendar changes: the channel's resource id, and
        until when (seconds since 1970). Raises Refused for a calendar that cannot be watched,
        and Unknown when the channel may stand."""

        def read(answer: dict[str, Any]) -> tuple[str, int]:
            return str(answer["resourceId"]), int(answer["expiration"]) // 1000

        asked = {"calendarId": calendar, "body": channel}
        return self._call(errors.WATCH, asked, read)

    def stop(self, channel: str, resource: str) -> None:
        """End a channel. Raises Gone when there is none."""
        asked = {"body": {"id": channel, "resourceId": resource}}
        self._call(errors.STOP, asked, _nothing)

    # --- the one place where answers and faults are understood --------------------------------

    def _event(self, event_id: str, answer: dict[str, Any]) -> Event:
        """The event of this id."""
        if answer["id"] != event_id:
            raise ValueError
        return self.read_event(answer)

    def read_event(self, event: dict[str, Any]) -> Event:
        """One of Google's events. Raises KeyError, TypeError, AttributeError or ValueError."""
        return read_event(event, ZoneInfo(self.document.time_zone), self.host.email)

    def _call(
        self, method: str, asked: Asked, read: Callable[[Any], T], etag: str | None = None
    ) -> T:
        """Google's answer to a method of its API, such as calendar.events.get, that is `asked` with
        these parameters, as `read` reads it (which raises one of MALFORMED if it cannot).

        What certainly did nothing and may pass is tried again. Forbidden is raised when it comes
        twice; once it is Unavailable, whatever came before it.
        """
        _api, collection, verb = method.split(".")
        request = getattr(getattr(self.google.service, collection), verb)(**asked)
        if etag:
            request.headers["If-Match"] = etag
        tried, forbidden, patience = 0, False, self.google.patience
        while True:
            tried += 1
            try:
                with metrics.google_call(method):
                    return self._once(method, request, read)
            except errors.Forbidden as error:
                if forbidden:
                    raise
                forbidden, last = True, False
                fault = error.passing()
            except errors.Unavailable as error:
                fault, last = error, tried >= patience.tries
            pause = patience.pause(tried)
            if last or pause >= self.seconds_left:
                raise fault
            time.sleep(pause)

    def _once(self, method: str, request: Any, read: Callable[[Any], T]) -> T:
        try:
            found = read(request.execute(http=self))
        except Declined as error:
            raise self._declined(method, error.answer) from None
        except NotSent as error:
            raise errors.Unavailable(method, reason=str(error)) from None
        except Lost as error:
            raise errors.lost(method)(method, reason=str(error)) from None
        except MALFORMED:
            raise errors.lost(method)(method, 200, "malformed answer") from None
        self.answered(method)
        return found

    def _declined(self, method: str, answer: Answer) -> errors.GoogleError:
        """What a no of Google's means; what concerns more than this call is written down."""
        reason, message = errors.reason_and_message(answer)
        kind = errors.meaning(method, answer.status, reason)
        error = kind(method, answer.status, reason, message)
        if kind in (errors.Disconnected, errors.NotSetUp):
            return self.noted(error)
        warns = kind is errors.Refused or issubclass(kind, errors.CalendarClosed)
        level = logging.WARNING if warns else logging.INFO
        log.log(level, "host %s: %s: %s", self.host.id, kind.__name__, error)
        return error


def _freebusy(
    calendars: Sequence[str], answer: dict[str, Any]
) -> tuple[list[Busy], list[tuple[str, str]]]:
    """Busy intervals, and which calendars cannot be read and why."""
    found, unread = list[Busy](), list[tuple[str, str]]()
    for calendar in calendars:
        entry = answer["calendars"][calendar]
        if entry.get("errors"):
            unread.append((calendar, str(entry["errors"][0]["reason"])))
            continue
        for each in entry["busy"]:
            found.append(Busy(from_rfc3339(each["start"]), from_rfc3339(each["end"]), calendar))
    return found, unread


def _page(answer: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None, str | None]:
    """The items of one page, and the tokens for the next page and for the next time."""
    items = answer["items"]
    if not all(isinstance(each["id"], str) for each in items):
        raise ValueError
    return list(items), answer.get("nextPageToken"), answer.get("nextSyncToken")


def _events_page(answer: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None, str | None]:
    """_page, whose last one has to say where to go on the next time."""
    items, page, following = _page(answer)
    if not page and not isinstance(following, str):
        raise ValueError
    return items, page, following


def _nothing(answer: Any) -> None:
    """The 204 of methods that answer nothing: the client library makes text of it, but bytes
    of an empty 200."""
    if answer != "":
        raise ValueError
