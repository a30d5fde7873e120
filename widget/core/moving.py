"""What Calendly's and Cal.com's APIs answer, as a settings document. Pure.

Calendly: GET /event_types and /user_availability_schedules (v2). Cal.com: GET /v2/event-types and
/v2/schedules, and what version 1 called them.
"""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from widget.core import addresses, fields, names
from widget.core.document import WEEKDAYS
from widget.core.locations import LOCATIONS

Item = dict[str, Any]
RIVALS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
#: What reading something else than their answer raises; JSON's numbers may be infinite
WRONG = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError)


class NotTheirs(ValueError):
    """The file is no answer of their API."""


@dataclass
class Moved:
    """What a file holds in our words; `left`: what cannot be carried over, a line each."""

    event_types: list[Item] = field(default_factory=list)
    hours: Item = field(default_factory=dict)  # of the host: zone, week, overrides
    schedules: list[Item] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def into(self, document: Item) -> Item:
        """The document with all of it: an event type or schedule in the place of one that is
        called the same."""
        event_types = _over(document["event_types"], self.event_types, "slug")
        schedules = _over(document.get("schedules", []), self.schedules, "id")
        return {**document, **self.hours, "event_types": event_types, "schedules": schedules}


def _over(before: list[Item], new: list[Item], key: str) -> list[Item]:
    return list({each[key]: each for each in (*before, *new)}.values())


def read(rival: str, text: str | bytes) -> Moved:
    """What an answer of theirs holds, or a list of several. Raises NotTheirs."""
    moved = Moved()
    try:
        answer = json.loads(text)
        items = [dict(each) for part in _parts(answer) for each in part]
        schedules = [each for each in items if "rules" in each or "availability" in each]
        ids = _schedules(moved, schedules)
        for each in items:
            if each not in schedules:
                moved.event_types += _event_type(rival, each, ids, moved)
    except WRONG as error:
        raise NotTheirs(f"this is not what {rival}'s API answers: {error!r}") from None
    if not items:
        raise NotTheirs("there is no event type and no schedule in it")
    return moved


def _parts(answer: Any) -> Iterator[list[Item]]:
    """The lists in an answer, or in several of them."""
    if isinstance(answer, list) and all("slug" in each or "name" in each for each in answer):
        yield answer
    elif isinstance(answer, list):
        for each in answer:
            yield from _parts(each)
    else:
        under = ("collection", "data", "resource", "event_types", "schedules")
        found = [answer[each] for each in under if each in dict(answer)][0]  # noqa: RUF015
        yield found if isinstance(found, list) else [found]


# --- hours ----------------------------------------------------------------------------------------


def _schedules(moved: Moved, found: list[Item]) -> dict[Any, str]:
    """Take in the schedules: the default one is the host's own hours. Gives the others' ids by
    theirs."""
    ids: dict[Any, str] = {}
    for each in sorted(found, key=lambda each: not (each.get("default") or each.get("isDefault"))):
        times = defaultdict[str, list[tuple[str, str]]](list)
        for key, pairs in _times(each):
            times[key] += pairs
        zone = each.get("timezone") or each.get("timeZone")
        hours = {
            "weekly_hours": {day: _ranges(times.pop(day, [])) for day in WEEKDAYS},
            "date_overrides": {date: _ranges(pairs) for date, pairs in times.items()},
        }
        if each.get("default") or each.get("isDefault") or len(found) == 1:
            moved.hours = {**({"time_zone": zone} if zone else {}), **hours}
            continue
        ids[each.get("id")] = id = _slug(each["name"], moved.schedules, "id")
        moved.schedules.append({"id": id, "name": each["name"], **hours})
        if zone and zone != moved.hours.get("time_zone", zone):
            moved.left.append(f"schedule {id}: its time zone {zone}; all hours are in the host's")
    return ids


def _times(schedule: Item) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Pairs of a day of the week (mon), or of a date. Version 1 of Cal.com's counts the days from
    Sunday, 0."""
    for rule in schedule.get("rules", ()):
        key = rule["wday"][:3] if rule["type"] == "wday" else rule["date"]
        yield key, [(each["from"], each["to"]) for each in rule["intervals"]]
    for each in schedule.get("availability", ()):
        for day in each["days"]:
            name = WEEKDAYS[(day + 6) % 7] if isinstance(day, int) else day.lower()[:3]
            yield name, [(each["startTime"], each["endTime"])]
    for each in schedule.get("overrides") or ():
        yield each["date"], [(each["startTime"], each["endTime"])]


def _ranges(pairs: list[tuple[str, str]]) -> list[list[str]]:
    """In order, those that touch as one; one that ends where it begins closes the day."""
    found: list[list[str]] = []
    for start, end in sorted((_clock(start), _clock(end)) for start, end in pairs):
        end = "24:00" if end in ("00:00", "23:59") and start != end else end
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        elif start != end:
            found.append([start, end])
    return found


def _clock(text: str) -> str:
    """ "09:30" of "09:30", "09:30:00" or an instant."""
    return re.findall(r"\d\d:\d\d", text)[0]  # type: ignore[no-any-return]


# --- event types ----------------------------------------------------------------------------------


def _slug(text: str, taken: list[Item], key: str) -> str:
    """Theirs, if it may be one of ours and none in `taken` has it; else one that is like it."""
    used = {each[key] for each in taken}
    good = fields.HANDLE.fullmatch(text) and text not in used
    return text if good else names.free(text, used.__contains__, "event")


def _event_type(rival: str, item: Item, ids: dict[Any, str], moved: Moved) -> list[Item]:
    """An event type, if it is one that we have; what is lost is noted."""
    words, left = RIVALS[rival], moved.left
    theirs = item.get("slug") or item["scheduling_url"].rpartition("/")[2]
    slug = _slug(theirs, moved.event_types, "slug")
    lost = [f"its address {theirs}"] if slug != theirs else []
    odd = item.get("type") == "AdhocEventType" or item.get("booking_method") == "poll"
    if item.get("deleted_at") or odd:
        left.append(f"{slug}: deleted, a one-off event type or a poll")
        return []
    made = {ours: item[name] for ours, name in words["same"].items() if item.get(name) is not None}
    made |= {"slug": slug, "listed": not item.get(words["secret"])}
    made["duration"] = [item[name] for name in words["duration"] if name in item][0]  # noqa: RUF015
    lengths = sorted({made["duration"], *(item.get(words["options"]) or [])})
    made["durations"] = lengths if len(lengths) > 1 else []
    for name, what in words["lost"].items():
        if item.get(name) and not (isinstance(item[name], dict) and item[name].get("disabled")):
            lost.append(what)
    made |= calendly(item, lost) if rival == "calendly" else cal(item, ids, lost)
    made |= _place(item.get("locations") or [], words, lost)
    left += [f"{slug}: {line}" for line in lost]
    return [made]


def calendly(item: Item, lost: list[str]) -> Item:
    """What is Calendly's own way of an event type."""
    if item.get("kind") == "group":
        lost.append(RIVALS["cal"]["lost"]["seats"])
    lost.append("minimum notice, booking window and limits, which Calendly's API does not tell")
    asked = [each for each in item.get("custom_questions") or [] if each["enabled"]]
    asked.sort(key=lambda each: each["position"])
    kinds = RIVALS["calendly"]["kinds"]
    numbered = enumerate(asked, 1)
    made: Item = {
        "questions": [_question(f"a{at}", each["name"], each, kinds, lost) for at, each in numbered]
    }
    colour = re.fullmatch(r"#([0-9a-fA-F]{6})", item.get("color") or "")
    return {**made, "accent": colour[1].lower()} if colour else made


def cal(item: Item, ids: dict[Any, str], lost: list[str]) -> Item:
    """What is Cal.com's own way of an event type."""
    words, limits = RIVALS["cal"], item.get("bookingLimitsCount") or {}
    lost += [f"at most {limits[each]} a {each}" for each in ("month", "year") if limits.get(each)]
    every = item.get("bookingFields") or item.get("customInputs") or []
    asked = {_id(each): each for each in every if not each.get("isDefault")}
    made: Item = {
        "max_per_day": limits.get("day"),
        "max_per_week": limits.get("week"),
        "schedule": ids.get(item.get("scheduleId")),
        "questions": [
            _question(id, each["label"], each, words["kinds"], lost)
            for id, each in asked.items()
            if id not in words["system"] and not each.get("hidden")
        ],
    }
    redirect = item.get("successRedirectUrl") or ""
    if addresses.is_https(redirect):
        made["redirect_url"] = redirect
    return made | _window(item.get("bookingWindow") or {}, lost)


def _window(window: Item, lost: list[str]) -> Item:
    """The booking window in days; of business days as many weeks."""
    value, kind = window.get("value"), window.get("type")
    if window.get("disabled") or value is None:
        return {}
    if kind == "range":
        lost.append(f"bookable from {value[0]} to {value[1]} alone: our window moves along")
        return {}
    return {"booking_window_days": int(value * 7 / 5 if kind == "businessDays" else value)}


def _place(places: list[Item], words: Item, lost: list[str]) -> Item:
    """The first place that we have too; without one Google Meet."""
    found = [each.get("integration") or each[words["place"]] for each in places]
    for name, each in zip(found, places, strict=True):
        location, *of = words["places"].get(name, [""])
        detail = each.get(of[0]) or "" if of else ""
        if location and LOCATIONS[location].fits(detail):
            lost += [f"place {other}: {location} alone" for other in found if other != name]
            return {"location": location, "location_detail": detail}
    lost += [f"place {name}: Google Meet instead" for name in found]
    return {}


def _id(asked: Item) -> str:
    name = asked.get("slug") or asked.get("name") or asked["label"]
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower())[:40]


def _question(id: str, label: str, asked: Item, kinds: Item, lost: list[str]) -> Item:
    """A question, as text where we have no such kind."""
    kind = asked["type"]
    ours = kinds.get(kind, "long_text" if kind.startswith("multi") else "text")
    if kind not in kinds:
        lost.append(f"question {id} is of the kind {kind}: {ours} instead")
    if asked.get("include_other"):
        lost.append(f"question {id}: an answer of one's own beside the choices")
    choices = [
        each if isinstance(each, str) else each.get("label") or each["value"]
        for each in asked.get("answer_choices") or asked.get("options") or []
    ]
    made = {"id": id, "label": label, "kind": ours, "required": bool(asked.get("required"))}
    return {**made, "choices": choices} if ours == "choice" else made
