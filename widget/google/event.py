"""Google's event as we read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from widget.core import addresses, zones

SHORTEST_SECONDS = 60
_NOBODY = ("@resource.calendar.google.com", "@group.calendar.google.com")  # rooms, calendars
_STATUSES = {"confirmed", "tentative", "cancelled"}


@dataclass(frozen=True)
class Event:
    """What we keep of Google's event; the link is None while `meet_pending` or for good.

    A cancelled one may come without times; `end` is after `start`. `organized`: its calendar is
    the one that it belongs to, not one that was only invited. `responses` are those of its
    guests, neither host nor rooms, by e-mail address in lower case; None when Google left them
    out. `declined`: by the host.
    """

    etag: str
    meet_link: str | None
    meet_pending: bool
    cancelled: bool
    start: int | None
    end: int | None
    transparent: bool
    sequence: int
    responses: Mapping[str, str] | None
    declined: bool
    organized: bool


def read_event(event: dict[str, Any], zone: ZoneInfo, host: str) -> Event:
    """An event of Calendar v3. Raises KeyError, TypeError, AttributeError or ValueError.

    `zone` is where a whole day begins and ends; `host` the host's e-mail address.
    """
    if event["status"] not in _STATUSES:
        raise ValueError
    cancelled = event["status"] == "cancelled"
    start, end = (None, None) if cancelled else _span(event, zone)
    conference = event.get("conferenceData") or {}
    points = conference.get("entryPoints", ())
    videos = (each["uri"] for each in points if each.get("entryPointType") == "video")
    link = event.get("hangoutLink") or next(videos, None)
    hosts, guests = _attendees(event, host)
    state = conference.get("createRequest", {}).get("status", {}).get("statusCode")
    return Event(
        etag=str(event["etag"]),
        meet_link=link if link and addresses.origin_of(link) else None,
        meet_pending=not link and state == "pending",
        cancelled=cancelled,
        start=start,
        end=end,
        transparent=event.get("transparency") == "transparent",
        sequence=int(event.get("sequence", 0)),
        responses=None if event.get("attendeesOmitted") else guests,
        declined="declined" in hosts.values(),
        organized=event.get("organizer", {}).get("self", "organizer" not in event),
    )


def _attendees(event: dict[str, Any], host: str) -> tuple[dict[str, str], dict[str, str]]:
    """Responses by address: the host's own, and those of guests.

    `self` tells the host under an alias or an older address. An event in another calendar than
    the host's first one has the host as an attendee like any other: there the address tells.
    """
    hosts, guests = dict[str, str](), dict[str, str]()
    for number, each in enumerate(event.get("attendees", ())):
        address = str(each.get("email", number)).lower()
        response = str(each.get("responseStatus", ""))
        if each.get("self") or address == host.lower():
            hosts[address] = response
        elif not (each.get("resource") or address.endswith(_NOBODY)):
            guests[address] = response
    return hosts, guests


def _span(event: dict[str, Any], zone: ZoneInfo) -> tuple[int, int]:
    """When it begins and ends: a minute later at least, since Google lets an event end as it
    begins."""
    start, end = _instant(event["start"], zone), _instant(event["end"], zone)
    return start, max(end, start + SHORTEST_SECONDS)


def _instant(part: dict[str, str], zone: ZoneInfo) -> int:
    """A time, or the beginning of a whole day in the host's zone.

    A time without an offset is one of the clocks of its `timeZone`.
    """
    if "dateTime" not in part:
        return int(datetime.fromisoformat(part["date"]).replace(tzinfo=zone).timestamp())
    moment = datetime.fromisoformat(part["dateTime"])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zones.zone(part.get("timeZone"), zone.key))
    return int(moment.timestamp())
