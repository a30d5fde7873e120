"""What the stand-in remembers: people, grants, calendars with their events, invitations."""

from __future__ import annotations

import pickle
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]


class Refusal(Exception):
    """An answer of Google's that is not 2xx."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.message = status, reason, message or reason


@dataclass(frozen=True)
class Person:
    """Somebody invented, with a Google account in the stand-in; `meet` as a Workspace allows."""

    email: str
    name: str
    zone: str
    meet: bool = True

    @property
    def sub(self) -> str:
        return str(
            10**20 + sum(ord(letter) * 31**n for n, letter in enumerate(self.email)) % 10**20
        )


PEOPLE = (
    Person("ana@sailing.example", "Ana Silva", "Europe/Lisbon"),
    Person("ben@sailing.example", "Ben Okafor", "America/New_York"),
    Person("chidi@sailing.example", "Chidi Anagonye", "Africa/Lagos"),
    Person("dana@strict.example", "Dana Weiss", "Europe/Berlin", meet=False),
)


@dataclass
class Calendar:
    """`readers` may see free and busy of it; only the owner may write."""

    id: str
    owner: str
    summary: str
    zone: str
    color: str = "#1a73e8"
    conferences: tuple[str, ...] = ("hangoutsMeet",)  # the kinds that its events may have
    readers: set[str] = field(default_factory=set)
    events: dict[str, Event] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)  # event id -> number of its last change


@dataclass
class Grant:
    """What a person allowed; it dies as a whole."""

    email: str
    scopes: tuple[str, ...]
    refresh_token: str | None = None
    alive: bool = True


@dataclass
class State:
    """Everything, under one lock."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    people: dict[str, Person] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    access: dict[str, tuple[Grant, float]] = field(default_factory=dict)
    invitations: list[dict[str, Any]] = field(default_factory=list)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    deviations: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    changes: int = 0
    oldest_sync: int = 0  # sync tokens from before are 410 fullSyncRequired
    longest_page: int = 2500  # events in one answer, whatever is asked for
    edit_tokens: Callable[[dict[str, Any]], Any] | None = None  # of a token endpoint's answers
    meet: str = "success"  # what conferences become at once: success, pending or failure

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As new: everybody there with empty calendars, nobody signed in."""
        with self.lock:
            for part in (
                self.codes, self.grants, self.access, self.invitations, self.channels,
                self.deviations, self.calls,
            ):  # fmt: skip
                part.clear()
            self.meet, self.oldest_sync, self.longest_page = "success", 0, 2500
            self.edit_tokens = None
            self.people = {person.email: person for person in PEOPLE}
            self.calendars = {
                person.email: Calendar(person.email, person.email, person.name, person.zone)
                for person in PEOPLE
            }
            private = "ana-private@group.calendar.example"
            team = "team@group.calendar.example"
            self.calendars[private] = Calendar(
                private, "ana@sailing.example", "Family", "Europe/Lisbon", "#0b8043"
            )
            self.calendars[team] = Calendar(
                team, "ben@sailing.example", "Boats", "America/New_York", "#f4511e",
                readers={"ana@sailing.example"},
            )  # fmt: skip

    def add_crowd(self, number: int) -> None:
        """So many more people until the next reset, for benches."""
        with self.lock:
            for each in range(number):
                email = f"host{each}@crowd.example"
                self.people[email] = Person(email, f"Host {each}", "Europe/Lisbon")
                self.calendars[email] = Calendar(email, email, f"Host {each}", "Europe/Lisbon")

    def snapshot(self) -> bytes:
        """All that is remembered, for `restore`."""
        with self.lock:
            return pickle.dumps({name: part for name, part in vars(self).items() if name != "lock"})

    def restore(self, snapshot: bytes) -> None:
        with self.lock:
            vars(self).update(pickle.loads(snapshot))

    # --- tokens ---------------------------------------------------------------------------------

    def issue(self, grant: Grant) -> str:
        token = "ya29." + secrets.token_urlsafe(24)
        self.access[token] = (grant, time.time() + 3599)
        return token

    def bearer(self, header: str) -> Grant:
        grant, expires = self.access.get(header.removeprefix("Bearer "), (None, 0.0))
        if grant is None or not grant.alive or expires <= time.time():
            raise Refusal(401, "authError", "Invalid Credentials")
        return grant

    def revoke(self, token_or_email: str) -> bool:
        """End every grant with this token, or of this person."""
        access = self.access.get(token_or_email)
        ended = [
            grant
            for grant in self.grants
            if grant.alive
            and (
                token_or_email in (grant.refresh_token, grant.email)
                or (access and access[0] is grant)
            )
        ]
        for grant in ended:
            grant.alive = False
        return bool(ended)

    # --- calendars --------------------------------------------------------------------------------

    def calendar(self, id: str, email: str, *, writes: bool = False) -> Calendar:
        """The calendar by id or `primary`, as this person may use it."""
        found = self.calendars.get(email if id == "primary" else id)
        if found is None or (found.owner != email and email not in found.readers):
            raise Refusal(404, "notFound", "Not Found")
        if writes and found.owner != email:
            raise Refusal(403, "requiredAccessLevel", "You need to have writer access.")
        return found

    def store(self, calendar: Calendar, event: Event) -> Event:
        """Keep an event as changed now: new etag, new number in the calendar's changes."""
        self.changes += 1
        event["updated"] = utc(time.time(), "milliseconds")
        event["etag"] = f'"{self.changes * 1000 + len(event)}"'
        calendar.events[event["id"]] = event
        calendar.changed[event["id"]] = self.changes
        return event

    def invite(self, kind: str, event: Event, recipients: Iterable[str]) -> None:
        for email in recipients:
            self.invitations.append(
                {
                    "kind": kind,
                    "to": email,
                    "event": event["id"],
                    "summary": event.get("summary", ""),
                    "start": event.get("start"),
                    "link": event.get("hangoutLink"),
                }
            )


def utc(at: float, precision: str = "seconds") -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec=precision)
    return text.replace("+00:00", "Z")
