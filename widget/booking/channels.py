"""What is stored about listening to Google: sync tokens and push channels."""

import peewee

import models
from models import Host, JSONText, Table


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


def turn_page(
    watched: WatchedCalendar, sync_token: str | None, page_token: str | None, unread: list[str]
) -> None:
    """Keep how far a calendar was read."""
    watched.sync_token, watched.page_token, watched.unread = sync_token, page_token, unread
    watched.save(only=["sync_token", "page_token", "unread"])


def due(host: Host, calendars: set[str], now: int) -> list[WatchedCalendar]:
    """Those of a host's calendars to read in a round: where something is known to have changed,
    and those of which Google would not tell or has not told for long."""
    live = told(host, now)
    return [
        each
        for each in watch(host, calendars)
        if each.due or each.id not in live or not 0 <= now - each.read_at < UNTOLD_SECONDS
    ]


# --- channels -------------------------------------------------------------------------------


def channels(watched: WatchedCalendar) -> list[Channel]:
    """The channels of a calendar, the newest first."""
    query = Channel.select().where(Channel.watched == watched)
    return list(query.order_by(Channel.made_at.desc(), Channel.id))


def channel_by_id(id: str) -> Channel | None:
    query = Channel.select(Channel, WatchedCalendar, Host).join(WatchedCalendar).join(Host)
    return query.where(Channel.id == id).get_or_none()


def heard(channel: Channel) -> None:
    """Note that something in the channel's calendar changed; Google does not say what."""
    models.note(channel.watched, due=True)
    models.forget_busy(channel.watched.host)


def told(host: Host, now: int) -> set[int]:
    """Of which calendars of a host (their ids) Google says by itself that something changed."""
    live = Channel.resource_id.is_null(False), Channel.expires_at > now
    query = Channel.select().join(WatchedCalendar).where(WatchedCalendar.host == host, *live)
    return {channel.watched_id for channel in query}
