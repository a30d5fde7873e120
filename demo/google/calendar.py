"""Calendar v3, as far as a scheduler uses it. Handlers take (call) and give the answer's body."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests

from demo.google.state import Calendar, Event, Grant, Refusal, State, utc

DAY = 86400
Body = dict[str, Any]
OWNED = "https://www.googleapis.com/auth/calendar.events.owned"


@dataclass
class Call:
    """One request, understood: the person, the parameters by name, the body."""

    state: State
    grant: Grant
    params: dict[str, str]
    body: Body
    if_match: str | None
    root: str  # the stand-in's own address, for Meet links

    def flag(self, name: str) -> bool:
        return self.params.get(name) == "true"

    def calendar(self, *, writes: bool = False) -> Calendar:
        return self.state.calendar(self.params["calendarId"], self.grant.email, writes=writes)


# --- calendars ----------------------------------------------------------------------------------


def list_calendars(call: Call) -> Body:
    email = call.grant.email
    mine = [
        calendar
        for calendar in call.state.calendars.values()
        if calendar.owner == email or email in calendar.readers
    ]
    size = int(call.params.get("maxResults", 100))
    first = int(call.params.get("pageToken") or 0)
    answer: Body = {
        "kind": "calendar#calendarList",
        "etag": '"list"',
        "items": [_entry(calendar, email) for calendar in mine[first : first + size]],
    }
    if first + size < len(mine):
        answer["nextPageToken"] = str(first + size)
    return answer


def get_calendar_entry(call: Call) -> Body:
    return _entry(call.calendar(), call.grant.email)


def _entry(calendar: Calendar, email: str) -> Body:
    entry: Body = {
        "kind": "calendar#calendarListEntry",
        "etag": '"entry"',
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "backgroundColor": calendar.color,
        "foregroundColor": "#ffffff",
        "selected": True,
        "accessRole": "owner" if calendar.owner == email else "freeBusyReader",
        "conferenceProperties": {"allowedConferenceSolutionTypes": list(calendar.conferences)},
    }
    return {**entry, "primary": True} if calendar.id == email else entry


def get_calendar(call: Call) -> Body:
    calendar = call.calendar()
    return {
        "kind": "calendar#calendar",
        "etag": '"calendar"',
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.zone,
    }


# --- freebusy -----------------------------------------------------------------------------------


def query_freebusy(call: Call) -> Body:
    start, end = instant(call.body["timeMin"]), instant(call.body["timeMax"])
    if start >= end:
        raise Refusal(400, "timeRangeEmpty", "The specified time range is empty.")
    if end - start > 90 * DAY:
        raise Refusal(400, "timeRangeTooLong", "The requested time range is too long.")
    items = call.body.get("items", [])
    if len(items) > 50:
        raise Refusal(400, "tooManyCalendarsRequested")
    return {
        "kind": "calendar#freeBusy",
        "timeMin": utc(start),
        "timeMax": utc(end),
        "calendars": {item["id"]: _busy_entry(call, item["id"], start, end) for item in items},
    }


def _busy_entry(call: Call, id: str, start: float, end: float) -> Body:
    try:
        calendar = call.state.calendar(id, call.grant.email)
    except Refusal as refusal:
        return {"errors": [{"domain": "global", "reason": refusal.reason}], "busy": []}
    spans = sorted(
        (max(low, start), min(high, end))
        for event in calendar.events.values()
        if _blocks(event, calendar)
        for low, high in [span(event, calendar.zone)]
        if low < end and high > start
    )
    return {"busy": [{"start": utc(low), "end": utc(high)} for low, high in _merged(spans)]}


def _blocks(event: Event, calendar: Calendar) -> bool:
    declined = any(
        each.get("responseStatus") == "declined"
        for each in event.get("attendees", ())
        if each.get("self") or each.get("email") == calendar.owner
    )
    return not (
        declined or event["status"] == "cancelled" or event.get("transparency") == "transparent"
    )


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for low, high in spans:
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


# --- events -------------------------------------------------------------------------------------


def insert_event(call: Call) -> Body:
    calendar, body = call.calendar(writes=True), call.body
    for name in ("start", "end"):
        if name not in body:
            raise Refusal(400, "required", f"Missing {name} time.")
    id = body.get("id") or hashlib.sha256(f"{time.time_ns()}".encode()).hexdigest()[:26]
    if not re.fullmatch(r"[a-v0-9]{5,1024}", id):
        raise Refusal(400, "invalid", "Invalid resource id value.")
    if id in calendar.events:
        raise Refusal(409, "duplicate", "The requested identifier already exists.")
    event = {
        "kind": "calendar#event",
        "status": "confirmed",
        "htmlLink": f"{call.root}/calendar?person={calendar.owner}",
        "created": utc(time.time(), "milliseconds"),
        "creator": {"email": call.grant.email, "self": True},
        "organizer": {"email": calendar.owner, "self": True},
        "iCalUID": f"{id}@google.com",
        "sequence": 0,
        "eventType": "default",
        "reminders": {"useDefault": True},
        **_given(body),
        "id": id,
    }
    _check_times(event, calendar)
    _check_attendees(event, calendar)
    _conference(call, event, calendar, body)
    call.state.store(calendar, event)
    _tell(call, "invitation", event, calendar)
    return _seen(event)


def _given(body: Body) -> Body:
    """What a client may set; conferenceData only becomes one by its version."""
    fixed = ("kind", "etag", "htmlLink", "created", "updated", "hangoutLink", "conferenceData")
    return {name: value for name, value in body.items() if name not in fixed}


def _check_times(event: Event, calendar: Calendar) -> None:
    """An event may end as it begins, not before."""
    low, high = span(event, calendar.zone)
    if low > high:
        raise Refusal(400, "timeRangeEmpty", "The specified time range is empty.")


def _check_attendees(event: Event, calendar: Calendar) -> None:
    for attendee in event.get("attendees", ()):
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", attendee.get("email", "")):
            raise Refusal(400, "invalid", "Invalid attendee email.")
        attendee.setdefault("responseStatus", "needsAction")
        if attendee["email"] == calendar.owner:
            attendee.update(organizer=True, self=True)


def _conference(call: Call, event: Event, calendar: Calendar, body: Body) -> None:
    request = body.get("conferenceData", {}).get("createRequest")
    if not request or call.params.get("conferenceDataVersion") != "1":
        return  # without its version it is silently left out
    if request.get("conferenceSolutionKey", {}).get("type") not in calendar.conferences:
        raise Refusal(400, "invalid", "Invalid conference type value.")
    allowed = call.state.people[calendar.owner].meet
    state = call.state.meet if allowed else "failure"
    event["conferenceData"] = {"createRequest": {**request, "status": {"statusCode": state}}}
    if state == "success":
        make_link(event, call.root)


def make_link(event: Event, root: str) -> None:
    """The Meet link of a conference that is asked for: the same for the same requestId."""
    conference = event["conferenceData"]
    digest = hashlib.sha256(conference["createRequest"]["requestId"].encode()).digest()
    letters = "".join(chr(ord("a") + byte % 26) for byte in digest[:10])
    name = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
    link = f"{root}/meet/{name}"
    conference["createRequest"]["status"] = {"statusCode": "success"}
    conference["conferenceId"] = name
    conference["conferenceSolution"] = {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"}
    conference["entryPoints"] = [{"entryPointType": "video", "uri": link, "label": name}]
    event["hangoutLink"] = link


def get_event(call: Call) -> Body:
    return _seen(_event(call.calendar(), call.params["eventId"]))


def _event(calendar: Calendar, id: str) -> Event:
    try:
        return calendar.events[id]
    except KeyError:
        raise Refusal(404, "notFound", "Not Found") from None


def patch_event(call: Call) -> Body:
    return _change(call, lambda event: {**event, **_merged_json(event, _given(call.body))})


def update_event(call: Call) -> Body:
    kept = ("kind", "id", "htmlLink", "created", "creator", "organizer", "iCalUID", "sequence",
            "eventType", "status")  # fmt: skip

    def replace(event: Event) -> Event:
        fresh = {**{name: event[name] for name in kept if name in event}, **_given(call.body)}
        if call.params.get("conferenceDataVersion") != "1":
            fresh.update({n: event[n] for n in ("conferenceData", "hangoutLink") if n in event})
        return fresh

    return _change(call, replace)


def _merged_json(old: Body, new: Body) -> Body:
    """Patch semantics: objects merge, arrays and plain values are replaced, null removes."""
    found = dict(old)
    for name, value in new.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict) and isinstance(old.get(name), dict):
            found[name] = _merged_json(old[name], value)
        else:
            found[name] = value
    return found


def _change(call: Call, edit: Callable[[Event], Event]) -> Body:
    calendar = call.calendar(writes=True)
    event = _event(calendar, call.params["eventId"])
    _match(call, event)
    fresh = edit(event)
    _check_times(fresh, calendar)
    if "attendees" in call.body:
        _check_attendees(fresh, calendar)
    if (fresh["start"], fresh["end"]) != (event["start"], event["end"]):
        fresh["sequence"] = event.get("sequence", 0) + 1
    if "conferenceData" not in fresh:
        _conference(call, fresh, calendar, call.body)
    call.state.store(calendar, fresh)
    _tell(call, "cancellation" if fresh["status"] == "cancelled" else "update", fresh, calendar)
    return _seen(fresh)


def move_event(call: Call) -> Body:
    """To another calendar of the person: there under the same id, here cancelled from now on."""
    source, event_id = call.calendar(writes=True), call.params["eventId"]
    target = call.state.calendar(call.params["destination"], call.grant.email, writes=True)
    if _event(source, event_id)["status"] == "cancelled":
        raise Refusal(410, "deleted", "Resource has been deleted")
    moved = move_to(call.state, source, target, event_id)
    _tell(call, "update", moved, target)
    return _seen(moved)


def move_to(state: State, source: Calendar, target: Calendar, event_id: str) -> Event:
    """The event in its new calendar, which organizes it from now on."""
    event = source.events[event_id]
    organizer = {"email": target.id, "self": True}
    state.store(source, {**event, "status": "cancelled"})
    moved = state.store(target, {**_seen(event), "organizer": organizer})
    notify(state, source)
    return moved


def delete_event(call: Call) -> None:
    calendar = call.calendar(writes=True)
    event = _event(calendar, call.params["eventId"])
    if event["status"] == "cancelled":
        raise Refusal(410, "deleted", "Resource has been deleted")
    _match(call, event)
    call.state.store(calendar, {**event, "status": "cancelled"})
    _tell(call, "cancellation", event, calendar)


def _match(call: Call, event: Event) -> None:
    if call.if_match and call.if_match not in ("*", event["etag"]):
        raise Refusal(412, "conditionNotMet", "Precondition Failed")


def _tell(call: Call, kind: str, event: Event, calendar: Calendar) -> None:
    if call.params.get("sendUpdates") == "all":
        others = [each["email"] for each in event.get("attendees", ())]
        call.state.invite(kind, event, [email for email in others if email != calendar.owner])
    notify(call.state, calendar)


def _seen(event: Event) -> Event:
    return json.loads(json.dumps(event))  # type: ignore[no-any-return]


def list_events(call: Call) -> Body:
    calendar, params = call.calendar(), call.params
    since = _sync_number(call)
    shown = [
        event
        for id, event in sorted(calendar.events.items(), key=lambda each: _order(each[1], calendar))
        if (calendar.changed[id] > since if since is not None else _asked(call, event, calendar))
    ]
    size = min(int(params.get("maxResults", 250)), call.state.longest_page)
    page = (params.get("pageToken") or f"0.{call.state.changes}").split(".")
    first, began = int(page[0]), int(page[1])  # what changes between two pages comes later
    answer: Body = {
        "kind": "calendar#events",
        "etag": f'"{call.state.changes}"',
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "accessRole": "owner" if calendar.owner == call.grant.email else "reader",
        "updated": utc(time.time(), "milliseconds"),
        "items": [_seen(event) for event in shown[first : first + size]],
    }
    if first + size < len(shown):
        return {**answer, "nextPageToken": f"{first + size}.{began}"}
    token = base64.urlsafe_b64encode(f"sync:{began}".encode()).decode()
    return {**answer, "nextSyncToken": token}


def _order(event: Event, calendar: Calendar) -> float:
    return span(event, calendar.zone)[0]


def _sync_number(call: Call) -> int | None:
    token = call.params.get("syncToken")
    if not token:
        return None
    if {"timeMin", "timeMax", "q", "orderBy", "updatedMin", "privateExtendedProperty"} & set(
        call.params
    ):
        raise Refusal(400, "badRequest", "Sync token cannot be used with these restrictions.")
    try:
        number = int(base64.urlsafe_b64decode(token).decode().removeprefix("sync:"))
    except ValueError:
        raise Refusal(410, "fullSyncRequired", "Sync token is no longer valid.") from None
    if number < call.state.oldest_sync:
        raise Refusal(410, "fullSyncRequired", "Sync token is no longer valid.")
    return number


def _asked(call: Call, event: Event, calendar: Calendar) -> bool:
    params, (low, high) = call.params, span(event, calendar.zone)
    if event["status"] == "cancelled" and not call.flag("showDeleted"):
        return False
    if "timeMin" in params and high <= instant(params["timeMin"]):
        return False
    if "timeMax" in params and low >= instant(params["timeMax"]):
        return False
    if wanted := params.get("privateExtendedProperty"):
        name, _equals, value = wanted.partition("=")
        if event.get("extendedProperties", {}).get("private", {}).get(name) != value:
            return False
    return params.get("q", "").lower() in event.get("summary", "").lower()


# --- channels -----------------------------------------------------------------------------------


def watch_events(call: Call) -> Body:
    calendar, body = call.calendar(), call.body
    if not re.fullmatch(r"[A-Za-z0-9\-_+/=]{1,64}", body.get("id", "")):
        raise Refusal(400, "invalid", "Invalid channel id")
    if body["id"] in call.state.channels:
        raise Refusal(400, "channelIdNotUnique", "Channel id not unique")
    if not body.get("address", "").startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise Refusal(400, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS")
    latest = int((time.time() + 30 * DAY) * 1000)
    channel = {
        "kind": "api#channel",
        "id": body["id"],
        "resourceId": hashlib.sha256(calendar.id.encode()).hexdigest()[:20],
        "resourceUri": f"{call.root}/calendar/v3/calendars/{calendar.id}/events?alt=json",
        "expiration": str(min(int(body.get("expiration") or latest), latest)),
    }
    if "token" in body:
        channel["token"] = body["token"]
    call.state.channels[body["id"]] = {
        **channel, "address": body["address"], "calendar": calendar.id, "number": 0,
    }  # fmt: skip
    _push(call.state.channels[body["id"]], "sync")
    return channel


def stop_channel(call: Call) -> None:
    channel = call.state.channels.get(call.body.get("id", ""))
    if channel is None or channel["resourceId"] != call.body.get("resourceId"):
        raise Refusal(404, "notFound", "Channel not found")
    del call.state.channels[channel["id"]]


def notify(state: State, calendar: Calendar) -> None:
    """Tell every live channel of a calendar that something changed, not what."""
    for channel in state.channels.values():
        if channel["calendar"] == calendar.id and int(channel["expiration"]) > time.time() * 1000:
            _push(channel, "exists")


def _push(channel: dict[str, Any], state: str) -> None:
    channel["number"] += 1
    headers = {
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Resource-ID": channel["resourceId"],
        "X-Goog-Resource-URI": channel["resourceUri"],
        "X-Goog-Resource-State": state,
        "X-Goog-Message-Number": str(channel["number"]),
        **({"X-Goog-Channel-Token": channel["token"]} if "token" in channel else {}),
    }

    def post() -> None:
        with suppress(requests.RequestException):  # messages get lost, as Google's do
            requests.post(channel["address"], headers=headers, timeout=2)

    threading.Thread(target=post, daemon=True).start()


# --- times --------------------------------------------------------------------------------------


def instant(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, "badRequest", "Bad Request") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def span(event: Event, zone: str) -> tuple[float, float]:
    return _moment(event["start"], zone), _moment(event["end"], zone)


def _moment(part: Body, zone: str) -> float:
    if "date" in part:
        day = date.fromisoformat(part["date"])
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()
    moment = datetime.fromisoformat(part["dateTime"])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(part.get("timeZone", zone)))
    return moment.timestamp()


def later(part: Body, minutes: int) -> Body:
    """The same kind of time, moved."""
    if "date" in part:
        day = date.fromisoformat(part["date"]) + timedelta(minutes=minutes)
        return {"date": day.isoformat()}
    moment = datetime.fromisoformat(part["dateTime"]) + timedelta(minutes=minutes)
    return {**part, "dateTime": moment.isoformat()}


HANDLERS: dict[str, Callable[[Call], Body | None]] = {
    "calendar.calendarList.list": list_calendars,
    "calendar.calendarList.get": get_calendar_entry,
    "calendar.calendars.get": get_calendar,
    "calendar.freebusy.query": query_freebusy,
    "calendar.events.insert": insert_event,
    "calendar.events.get": get_event,
    "calendar.events.list": list_events,
    "calendar.events.patch": patch_event,
    "calendar.events.update": update_event,
    "calendar.events.delete": delete_event,
    "calendar.events.move": move_event,
    "calendar.events.watch": watch_events,
    "calendar.channels.stop": stop_channel,
}
