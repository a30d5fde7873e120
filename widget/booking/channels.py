"""What is stored about listening to Google: sync tokens and push channels."""

from __future__ import annotations

from typing import Any

import peewee

import models
from models import Host, JSONText, Table
from widget.booking import leases
from widget.booking.leases import Held


class WatchedCalendar(Table):
    """One calendar of a host. `due`: there is something in it that was not read yet.

    `page_token` is where reading it goes on when it did not come to its end; `unread` are the
    ids of bookings whose event has to be asked for after that. `watch_after` is when a channel
    may be tried.
    """

    host_id: int

    id = peewee.AutoField()
    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    calendar = peewee.TextField()
    sync_token = peewee.TextField(null=True)
    due = peewee.BooleanField(default=True)
    page_token = peewee.TextField(null=True)
    unread = JSONText(default=list)
    read_at = peewee.BigIntegerField(default=0)
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


UNTOLD_SECONDS = 900  # messages get lost: after this, a calendar with a channel is read anyway


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


def begin_reading(watched: WatchedCalendar, now: int, until: int) -> Held | None:
    """The lease to read a calendar's changes; None while another worker has it. What Google
    notifies of from now on makes the calendar due again."""
    lease = leases.take(f"reading:{watched.id}", now, until)
    if lease:
        WatchedCalendar.update(due=False).where(WatchedCalendar.id == watched.id).execute()
    return lease


def turn_page(
    watched: WatchedCalendar, sync_token: str | None, page_token: str | None, unread: list[str]
) -> None:
    """Keep how far a calendar was read."""
    watched.sync_token, watched.page_token, watched.unread = sync_token, page_token, unread
    watched.save(only=["sync_token", "page_token", "unread"])


def end_reading(watched: WatchedCalendar, lease: Held, now: int, *, whole: bool) -> None:
    """Release the lease; a calendar that was not read to its end is due in the next round."""
    values: dict[str, Any] = {"read_at": now} if whole else {"due": True}
    WatchedCalendar.update(values).where(WatchedCalendar.id == watched.id).execute()
    lease.release()


def note_search(watched: WatchedCalendar, now: int) -> None:
    """Note that the calendar's events were looked for in other calendars."""
    WatchedCalendar.update(read_at=now).where(WatchedCalendar.id == watched.id).execute()


def due(host: Host, calendars: set[str], now: int) -> list[WatchedCalendar]:
    """Those of a host's calendars to read in a round: where something is known to have changed,
    and those of which Google would not tell or has not told for long."""
    live = {
        channel.watched_id
        for channel in Channel.select()
        .where(Channel.resource_id.is_null(False), Channel.expires_at > now)
        .join(WatchedCalendar)
        .where(WatchedCalendar.host == host)
    }
    return [
        each
        for each in watch(host, calendars)
        if each.due or each.id not in live or not 0 <= now - each.read_at < UNTOLD_SECONDS
    ]


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
    """Store a channel before Google is asked for it, so that its first notification is known."""
    return Channel.create(id=id, watched=watched, token=token, made_at=now, expires_at=expires_at)


def complete_channel(channel: Channel, resource_id: str, expires_at: int) -> None:
    """Note that Google has made the channel; what changed before that is read once more."""
    WatchedCalendar.update(due=True).where(WatchedCalendar.id == channel.watched_id).execute()
    Channel.update(resource_id=resource_id, expires_at=expires_at).where(
        Channel.id == channel.id
    ).execute()


def channel_by_id(id: str) -> Channel | None:
    query = Channel.select(Channel, WatchedCalendar, Host).join(WatchedCalendar).join(Host)
    return query.where(Channel.id == id).get_or_none()


def heard(channel: Channel) -> None:
    """Note that something in the channel's calendar changed; Google does not say what."""
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
