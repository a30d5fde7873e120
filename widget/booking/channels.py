"""What is stored about listening to Google: sync tokens, push channels, and the rounds' lease."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

import models
from models import Host, Table


class WatchedCalendar(Table):
    """One calendar of a host. `due`: Google said that something changed since it was read.

    `busy_until` leases it to whoever reads it; `watch_after` is when a channel may be tried.
    """

    host_id: int

    id = peewee.AutoField()
    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    calendar = peewee.TextField()
    sync_token = peewee.TextField(null=True)
    due = peewee.BooleanField(default=True)
    read_at = peewee.BigIntegerField(default=0)
    busy_until = peewee.BigIntegerField(default=0)
    watch_after = peewee.BigIntegerField(default=0)


class Channel(Table):
    """A push channel; without `resource_id` while Google has not said that it stands."""

    watched_id: int

    id = peewee.CharField(64, primary_key=True)
    watched = peewee.ForeignKeyField(WatchedCalendar, on_delete="CASCADE", backref="channels")
    token = peewee.CharField(64)
    resource_id = peewee.TextField(null=True)
    expires_at = peewee.BigIntegerField()
    made_at = peewee.BigIntegerField()


class Lease(Table):
    name = peewee.CharField(20, primary_key=True)
    held_until = peewee.BigIntegerField()


CLOCKS_APART_SECONDS = 300  # at most, of any two machines


@dataclass
class Held:
    """A lease as its holder knows it; `until` is None once it is lost."""

    name: str
    until: int | None

    def renew(self, until: int) -> bool:
        """Hold it until another instant; False when somebody else may have it."""
        if self.until is not None:
            query = Lease.update(held_until=until).where(
                Lease.name == self.name, Lease.held_until == self.until
            )
            self.until = until if query.execute() == 1 else None
        return self.until is not None


def take_lease(name: str, now: int, until: int) -> Held | None:
    """For the one worker, over all machines, that may do what `name` says until `until`."""
    Lease.insert(name=name, held_until=0).on_conflict_ignore().execute()
    query = Lease.update(held_until=until).where(
        Lease.name == name, _free(Lease.held_until, now, until)
    )
    return Held(name, until) if query.execute() == 1 else None


def _free(held_until: Any, now: int, until: int) -> Any:
    """Whether nobody has it any more. Nobody takes it for so long that it lasts far beyond
    `until`: then the clock has been set back since."""
    return (held_until <= now) | (held_until > until + CLOCKS_APART_SECONDS)


# --- calendars ------------------------------------------------------------------------------


def watch(host: Host, calendars: set[str]) -> list[WatchedCalendar]:
    """The rows of these calendars, made on first use; what was heard of first, then the stalest."""
    for calendar in calendars:
        WatchedCalendar.insert(host=host, calendar=calendar).on_conflict_ignore().execute()
    query = WatchedCalendar.select(WatchedCalendar, Host).join(Host)
    query = query.where(WatchedCalendar.host == host, WatchedCalendar.calendar.in_(calendars))
    return list(query.order_by(WatchedCalendar.due.desc(), WatchedCalendar.read_at))


def unwatched(host: Host, calendars: set[str]) -> list[WatchedCalendar]:
    """Rows of other calendars than these, which nobody needs any more."""
    query = WatchedCalendar.select(WatchedCalendar, Host).join(Host)
    others = WatchedCalendar.calendar.not_in(calendars)
    return list(query.where(WatchedCalendar.host == host, others))


def forget(watched: WatchedCalendar) -> None:
    watched.delete_instance()


def begin_reading(watched: WatchedCalendar, now: int, until: int) -> bool:
    """True for the one that may read a calendar's changes; what it hears meanwhile stays due."""
    query = WatchedCalendar.update(busy_until=until, due=False).where(
        WatchedCalendar.id == watched.id, _free(WatchedCalendar.busy_until, now, until)
    )
    return bool(query.execute() == 1)


def end_reading(watched: WatchedCalendar, sync_token: str | None, now: int) -> None:
    """Keep where to go on the next time; None: reading failed, and has to begin where it did."""
    read = {"sync_token": sync_token, "read_at": now} if sync_token else {"due": True}
    WatchedCalendar.update(busy_until=0, **read).where(WatchedCalendar.id == watched.id).execute()


def delay_channel(watched: WatchedCalendar, until: int) -> None:
    WatchedCalendar.update(watch_after=until).where(WatchedCalendar.id == watched.id).execute()


# --- channels -------------------------------------------------------------------------------


def channels(watched: WatchedCalendar) -> list[Channel]:
    """The channels of a calendar, the newest first."""
    query = Channel.select().where(Channel.watched == watched)
    return list(query.order_by(Channel.made_at.desc(), Channel.id))


def add_channel(
    watched: WatchedCalendar, id: str, token: str, now: int, expires_at: int
) -> Channel:
    """Known before Google is asked, so that its first messages are."""
    return Channel.create(id=id, watched=watched, token=token, made_at=now, expires_at=expires_at)


def complete_channel(channel: Channel, resource_id: str, expires_at: int) -> None:
    Channel.update(resource_id=resource_id, expires_at=expires_at).where(
        Channel.id == channel.id
    ).execute()


def drop_channel(channel: Channel) -> None:
    channel.delete_instance()


def channel_by_id(id: str) -> Channel | None:
    query = Channel.select(Channel, WatchedCalendar, Host).join(WatchedCalendar).join(Host)
    return query.where(Channel.id == id).get_or_none()


def heard(channel: Channel) -> None:
    """Google says that something in the channel's calendar changed, not what."""
    WatchedCalendar.update(due=True).where(WatchedCalendar.id == channel.watched_id).execute()
    models.forget_busy(channel.watched.host)


def channels_of(host: Host, now: int) -> int:
    """For how many of a host's calendars Google says by itself that something changed."""
    return (
        Channel.select(Channel.watched)
        .join(WatchedCalendar)
        .where(
            WatchedCalendar.host == host,
            Channel.resource_id.is_null(False),
            Channel.expires_at > now,
        )
        .distinct()
        .count()
    )
