"""The calendars a host can choose from, with Google's names and colours; kept for a minute."""

import re
from dataclasses import dataclass, replace
from typing import Any

import peewee

import models
from models import Host, JSONText, Table
from widget.core import clock
from widget.google.client import Google
from widget.google.errors import GoogleError
from widget.web import service

KEEP_SECONDS = 60
AGAIN_SECONDS = 30  # after Google did not answer
PATIENCE_SECONDS = 3  # the page is shown without names rather than late
GREY = "#5f6368"  # of a calendar whose colour Google does not tell
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class CalendarList(Table):
    """What Google said last of the calendars that a host can choose from."""

    host = peewee.ForeignKeyField(Host, primary_key=True, on_delete="CASCADE")
    entries = JSONText(default=list)
    asked_at = peewee.BigIntegerField(default=0)
    problem = peewee.CharField(80, null=True)


@dataclass(frozen=True)
class Entry:
    """A calendar of Google's list; `owned`: bookings can be written to it; `meet`: its events
    can have Meet links; `gone`: it is in the list no more."""

    id: str
    name: str
    colour: str = GREY
    primary: bool = False
    owned: bool = False
    meet: bool = True
    gone: bool = False


@dataclass(frozen=True)
class Calendars:
    """Google's list as it was last told; `problem` says why it may be old or empty."""

    entries: tuple[Entry, ...]
    problem: str | None

    def find(self, id: str) -> Entry | None:
        """The calendar with this id; `primary` is the host's own."""
        known = (each for each in self.entries if id in (each.id, each.primary and "primary"))
        return next(known, None)

    def name(self, id: str) -> str:
        """What Google calls a calendar; its id when Google does not list it."""
        found = self.find(id)
        return found.name if found else id


def listed(google: Google, host: models.Host, now: int) -> Calendars:
    """The host's calendars, asked anew when what is kept is older than a minute."""
    row = _row(host)
    age = now - row.asked_at
    if host.disconnected_at or age < (AGAIN_SECONDS if row.problem else KEEP_SECONDS):
        return stored(host)
    told: dict[str, Any]
    try:
        found = google.calendar_of(host, PATIENCE_SECONDS).calendars()
        told = {"entries": [_kept(each) for each in found], "problem": None}
    except GoogleError as error:
        told = {"problem": str(error)[:80]}  # the entries stay what Google said before
    models.put(CalendarList.host, host, **told, asked_at=now)
    return stored(host)


def stored(host: models.Host) -> Calendars:
    """The host's calendars as they are stored, without asking Google."""
    row = _row(host)
    return Calendars(tuple(Entry(**each) for each in row.entries), row.problem)


def _kept(entry: dict[str, Any]) -> dict[str, Any]:
    colour = str(entry.get("backgroundColor", ""))
    return {
        "id": entry["id"],
        "name": str(entry.get("summaryOverride") or entry.get("summary") or entry["id"]),
        "colour": colour if _COLOUR.fullmatch(colour) else GREY,
        "primary": bool(entry.get("primary")),
        "owned": entry.get("accessRole") == "owner",
        "meet": _makes_meet_links(entry.get("conferenceProperties")),
    }


def _makes_meet_links(properties: Any) -> bool:
    """Google lists the kinds of conference that a calendar allows, or says nothing."""
    kinds = properties.get("allowedConferenceSolutionTypes") if isinstance(properties, dict) else 0
    return not isinstance(kinds, list) or "hangoutsMeet" in kinds


def _row(host: models.Host) -> CalendarList:
    """The host's row; an unsaved one, never asked, when there is none."""
    found: CalendarList | None = CalendarList.get_or_none(CalendarList.host == host)
    return found or CalendarList(host=host)


# --- as the settings page shows them --------------------------------------------------------------


def view(host: models.Host, chosen: dict[str, Any]) -> dict[str, Any]:
    """What can be chosen from, the chosen ones first, and what Google does not list any more."""
    found = listed(service.google(), host, clock.now())
    ids = list(dict.fromkeys([*chosen["busy_calendars"], chosen["target_calendar"]]))
    known = {entry.id for id in ids if (entry := found.find(id))}
    ids += [
        "primary" if each.primary else each.id for each in found.entries if each.id not in known
    ]
    return {"rows": [_shown(found, id) for id in ids if id], "problem": found.problem}


def _shown(listed: Calendars, id: str) -> Entry:
    """The calendar, by the id that the settings have of it."""
    if entry := listed.find(id):
        return replace(entry, id=id)
    there = bool(listed.entries)
    return Entry(id, id, owned=not there, gone=there and listed.problem is None)
