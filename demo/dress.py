"""What a host has who has been here for a while: a picture, schedules, days off, a one-off link,
and a booking that is over. All through the front door."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from demo.google import StandIn

SETTINGS = Path(__file__).parent / "settings"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANA = "ana@sailing.example"


def document(handle: str, today: date) -> dict[str, Any]:
    """The settings document of a host; Ana's with all that hosts come to use."""
    found: dict[str, Any] = json.loads((SETTINGS / f"{handle}.json").read_text(encoding="utf-8"))
    if handle != "ana":
        return found
    intro, skipper = found["event_types"]
    intro["durations"] = [15, 30, 60]
    skipper.update(schedule="evenings", accent="b4541a")
    leaves = today + timedelta(days=28 - today.weekday())
    back = leaves + timedelta(days=7)
    note = f"Sailing to the Azores. Back on {back:%A}."
    return {
        **found,
        "picture": base64.b64encode((SETTINGS / "ana.webp").read_bytes()).decode(),
        "schedules": [
            _schedule("evenings", "Evenings", dict.fromkeys(("tue", "thu"), ("18:00", "21:00"))),
            _schedule("early", "Early mornings", dict.fromkeys(DAYS[:5], ("07:00", "09:00"))),
        ],
        "away": [{"from": f"{leaves}", "to": f"{back - timedelta(days=1)}", "note": note}],
        "holidays": {"country": "PT", "subdivision": None},
    }


def _schedule(id: str, name: str, hours: dict[str, tuple[str, str]]) -> dict[str, Any]:
    week = {day: [list(hours[day])] if day in hours else [] for day in DAYS}
    return {"id": id, "name": name, "weekly_hours": week, "date_overrides": {}}


def make_link(browser: requests.Session, widget: str, page: str) -> None:
    """A one-off link, by the form of the settings `page`."""
    given = {
        name: found[1]
        for name in ("csrf_token", "host")
        if (found := re.search(rf'name="{name}" value="([^"]*)"', page))
    }
    wish = {"event": "intro", "title": "A talk for the Sousa family", "uses": "1"}
    browser.post(f"{widget}/settings/links", data={**given, **wish}, timeout=10)


def book_in_the_past(google: StandIn, widget: str) -> None:
    """A guest books, and Ana drags the event in her calendar to yesterday: a round follows it."""
    api, now = f"{widget}/api/v1/ana/intro", datetime.now(UTC)
    week = {"from": f"{now:%FT%TZ}", "to": f"{now + timedelta(days=14):%FT%TZ}"}
    slots = requests.get(f"{api}/slots", params=week, timeout=10).json()["slots"]
    guest = {"name": "Tomás Reis", "email": "tomas@guests.example", "notes": "The red boat."}
    wish = {"start": slots[0]["start"], **guest}
    booked = requests.post(f"{api}/bookings", json=wish, timeout=10).json()["booking"]
    start = datetime.fromisoformat(slots[0]["start"])
    yesterday = start.replace(year=now.year, month=now.month, day=now.day) - timedelta(days=1)
    id = base64.b32hexencode(bytes.fromhex(booked["id"])).decode().rstrip("=").lower()
    google.alter(ANA, id, "move", int((yesterday - start).total_seconds()) // 60)
