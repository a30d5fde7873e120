"""What is stored; every lock, conflict and change of status is a named function here.

Instants are whole seconds since 1970 UTC, in columns named `_at` (and in the code everywhere).
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
from playhouse.db_url import parse as parse_url
from playhouse.migrations import Runner

MIGRATIONS = Path(__file__).parent / "migrations"
ACTIVE = ("pending", "confirmed")
#: What a guest can do with a booking, and its status once it is done.
ACTS = {"booked": "confirmed", "rescheduled": "confirmed", "cancelled": "cancelled"}
_MIGRATION_LOCK = 0x6D656574  # any number, the same on every machine

database = peewee.DatabaseProxy()


class Overlap(Exception):
    """The database refused a booking: its time is held by another one of the same host."""


class KeyTaken(Exception):
    """The database refused a booking: another one of the host has its idempotency key."""


class JSONText(peewee.TextField):
    """JSON in a text column: the same on both databases, and never queried into."""

    def db_value(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def python_value(self, value: str) -> Any:
        return json.loads(value)


class Table(peewee.Model):
    class Meta:
        database = database
        legacy_table_names = False


class Host(Table):
    """Who is booked. Tokens are encrypted by widget/calendar.py before they come here."""

    id = peewee.AutoField()
    handle = peewee.CharField(63, unique=True)
    email = peewee.CharField(320)
    subject = peewee.CharField(255, unique=True)
    settings = peewee.TextField()
    revision = peewee.IntegerField(default=1)
    refresh_token = peewee.TextField(null=True)
    access_token = peewee.TextField(null=True)
    token_expires_at = peewee.BigIntegerField(null=True)
    scopes = peewee.TextField(default="")
    disconnected_at = peewee.BigIntegerField(null=True)
    disconnected_reason = peewee.CharField(80, null=True)
    calendar_problem = peewee.TextField(null=True)
    asked_at = peewee.BigIntegerField(null=True)
    created_at = peewee.BigIntegerField()


class BusyTimes(Table):
    """What freebusy said of all busy calendars of a host between start_at and end_at."""

    host = peewee.ForeignKeyField(Host, primary_key=True, on_delete="CASCADE")
    intervals = JSONText(default=list)
    start_at = peewee.BigIntegerField(default=0)
    end_at = peewee.BigIntegerField(default=0)
    fetched_at = peewee.BigIntegerField(default=0)
    refreshing_until = peewee.BigIntegerField(default=0)


class Booking(Table):
    """A claim on a host's time, and after Google's answer the record of its event.

    `promise` is what the guest was promised: title, duration, location, location_detail.
    `settle_after` leases a booking to whoever talks to Google about it: nobody else may
    before that instant.
    `unannounced` is the guest's last act, until the page that it led to has told the site around.
    """

    id = peewee.CharField(32, primary_key=True)
    host = peewee.ForeignKeyField(Host, on_delete="CASCADE", backref="bookings")
    event = peewee.CharField(63)
    promise = JSONText()
    start_at = peewee.BigIntegerField()
    end_at = peewee.BigIntegerField()
    buffer_before_minutes = peewee.IntegerField()
    buffer_after_minutes = peewee.IntegerField()
    guest_name = peewee.CharField(200)
    guest_email = peewee.CharField(254)
    notes = peewee.TextField()
    answers = JSONText()
    guests = JSONText()
    tz = peewee.CharField(64)
    language = peewee.CharField(35)
    utm = JSONText()
    status = peewee.CharField(9)
    meet_link = peewee.TextField(null=True)
    meet_pending = peewee.BooleanField(default=False)
    google_event_id = peewee.CharField(64, unique=True)
    calendar = peewee.TextField()
    etag = peewee.CharField(255, null=True)
    idempotency_key = peewee.CharField(100, null=True)
    body_digest = peewee.CharField(64)
    attempts = peewee.IntegerField(default=0)
    settle_after = peewee.BigIntegerField()
    failure = peewee.CharField(80, null=True)
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()
    unannounced = peewee.CharField(11, null=True)


# --- the database ---------------------------------------------------------------------------


def connect(url: str) -> None:
    """Point the models at `url` and bring its tables up to date. Raises peewee.PeeweeException."""
    database.initialize(_open(url))
    with database.connection_context():
        _migrate()


def _open(url: str) -> peewee.Database:
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        pragmas = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": "normal"}
        return peewee.SqliteDatabase(str(path), pragmas=pragmas, timeout=10)
    return peewee.PostgresqlDatabase(
        **parse_url(url.replace("postgres://", "postgresql://", 1)),
        prefer_psycopg3=True,
        autoconnect=True,
    )


def _migrate() -> None:
    runner = Runner(database.obj, str(MIGRATIONS))
    names = {migration.name for migration in runner.migrations()}
    if names <= set(runner.applied()):
        return
    with _write():
        if not _sqlite():
            database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        runner.up()


def _sqlite() -> bool:
    return isinstance(database.obj, peewee.SqliteDatabase)


def _write() -> Any:
    """A transaction that takes SQLite's one write lock at its start, not half-way."""
    return database.atomic("IMMEDIATE") if _sqlite() else database.atomic()


@contextmanager
def locked(host: Host) -> Iterator[Host]:
    """A transaction that alone may claim time of this host; gives the host as it is now."""
    with _write():
        query = Host.select().where(Host.id == host.id)
        yield query.get() if _sqlite() else query.for_update().get()


def _changed(query: peewee.Update) -> bool:
    """Whether the one conditional UPDATE found its row as it expected it."""
    return bool(query.execute() == 1)


# --- hosts ----------------------------------------------------------------------------------


def host_by_handle(handle: str) -> Host | None:
    return Host.get_or_none(Host.handle == handle)


def host_by_subject(subject: str) -> Host | None:
    return Host.get_or_none(Host.subject == subject)


def host_by_id(id: int) -> Host | None:
    return Host.get_or_none(Host.id == id)


def hosts() -> list[Host]:
    return list(Host.select().order_by(Host.handle))


def handle_taken(handle: str) -> bool:
    return bool(Host.select().where(Host.handle == handle).exists())


def add_host(subject: str, email: str, handle: str, settings: str, now: int) -> Host:
    """A new host. Raises peewee.IntegrityError when handle or subject is there already."""
    with _write():
        return Host.create(
            subject=subject, email=email, handle=handle, settings=settings, created_at=now
        )


def save_settings(host: Host, handle: str, settings: str, revision: int | None = None) -> bool:
    """Replace the settings document (JSON); False if `revision` is no longer the stored one.

    Raises peewee.IntegrityError when another host has the handle.
    """
    query = Host.update(settings=settings, handle=handle, revision=Host.revision + 1).where(
        Host.id == host.id
    )
    if revision is not None:
        query = query.where(Host.revision == revision)
    with _write():
        saved = _changed(query)
        if saved:
            forget_busy(host)
    return saved


def save_sign_in(host: Host, email: str, tokens: dict[str, Any]) -> None:
    """A fresh consent: new tokens, and the host counts as connected again.

    `tokens` holds refresh_token, access_token, token_expires_at, scopes.
    """
    values = {
        **tokens,
        "email": email,
        "disconnected_at": None,
        "disconnected_reason": None,
        "calendar_problem": None,
    }
    with _write():
        Host.update(values).where(Host.id == host.id).execute()
        forget_busy(host)


def save_access_token(host: Host, access_token: str, expires_at: int) -> None:
    Host.update(access_token=access_token, token_expires_at=expires_at).where(
        Host.id == host.id
    ).execute()


def disconnect(host: Host, refresh_token: str | None, reason: str, now: int) -> None:
    """Note that Google refuses this host's grant, unless a newer consent replaced it."""
    Host.update(disconnected_at=now, disconnected_reason=reason).where(
        Host.id == host.id,
        Host.disconnected_at.is_null(),
        Host.refresh_token == refresh_token,
    ).execute()


def note_calendars(host: Host, problem: str | None, now: int) -> None:
    """Keep when Google was last asked, and which calendar it could not read, if any."""
    Host.update(calendar_problem=problem, asked_at=now).where(Host.id == host.id).execute()


# --- busy times -----------------------------------------------------------------------------


def busy_times(host: Host) -> BusyTimes:
    """The host's row, made on first use."""
    BusyTimes.insert(host=host).on_conflict_ignore().execute()
    return BusyTimes.get(BusyTimes.host == host)


def begin_busy_refresh(host: Host, now: int, until: int) -> bool:
    """True for the one worker that may ask Google for this host's busy times until `until`."""
    query = BusyTimes.update(refreshing_until=until).where(
        BusyTimes.host == host, BusyTimes.refreshing_until <= now
    )
    return _changed(query)


def end_busy_refresh(host: Host, until: int, fetched: dict[str, Any] | None) -> None:
    """Store what was fetched (intervals, start_at, end_at, fetched_at), or only let go.

    Nothing is stored when forget_busy came in between: it was asked for too early.
    """
    values = {"refreshing_until": 0, **(fetched or {})}
    BusyTimes.update(values).where(
        BusyTimes.host == host, BusyTimes.refreshing_until == until
    ).execute()


def forget_busy(host: Host) -> None:
    """Something said that the busy times changed: the next look asks Google."""
    BusyTimes.update(fetched_at=0, refreshing_until=0).where(BusyTimes.host == host).execute()


# --- bookings -------------------------------------------------------------------------------


def event_id(booking_id: str) -> str:
    """Google's event id for a booking: the UUID in lower-case base32hex (RFC 4648, section 7)."""
    return base64.b32hexencode(uuid.UUID(booking_id).bytes).decode().rstrip("=").lower()


def claim(host: Host, values: dict[str, Any]) -> Booking:
    """Hold a time as `pending`. Call within locked(host).

    Raises Overlap when another active booking of the host holds any of it, KeyTaken when
    another one has the key.
    """
    id = uuid.uuid4().hex
    try:
        with database.atomic():
            return Booking.create(
                id=id,
                host=host,
                google_event_id=event_id(id),
                status="pending",
                unannounced="booked",
                **values,
            )
    except peewee.IntegrityError as error:
        if "booking_overlap" in str(error):
            raise Overlap from None
        if "idempotency_key" in str(error):
            raise KeyTaken from None
        raise


def take(booking: Booking, now: int, until: int) -> Booking | None:
    """Lease an unsettled booking for a talk with Google; None if somebody else has it."""
    query = Booking.update(settle_after=until, attempts=Booking.attempts + 1).where(
        Booking.id == booking.id,
        (Booking.status == "pending") | (Booking.meet_pending),
        Booking.settle_after <= now,
    )
    return booking_by_id(booking.id) if _changed(query) else None


def let_go(booking: Booking, until: int) -> None:
    """End a lease: the next talk with Google about it may begin at `until`."""
    Booking.update(settle_after=until).where(Booking.id == booking.id).execute()


def confirm(booking: Booking, event: dict[str, Any], now: int) -> bool:
    """The event stands in Google: keep its `etag`, `meet_link` and `meet_pending`."""
    query = Booking.update(status="confirmed", failure=None, updated_at=now, **event).where(
        Booking.id == booking.id, Booking.status.in_(ACTIVE)
    )
    return _changed(query)


def cancel(booking: Booking, now: int) -> bool:
    """The event is gone from Google: the time is free again."""
    query = Booking.update(status="cancelled", meet_pending=False, updated_at=now).where(
        Booking.id == booking.id, Booking.status.in_(ACTIVE)
    )
    return _changed(query)


def fail(booking: Booking, failure: str, now: int) -> bool:
    """Google holds no event and will get none: free the time, and the key for another try.

    Only while nobody else has taken the booking since (`attempts`): another may have inserted.
    """
    query = Booking.update(
        status="failed", failure=failure, idempotency_key=None, updated_at=now
    ).where(
        Booking.id == booking.id,
        Booking.status == "pending",
        Booking.attempts == booking.attempts,
    )
    return _changed(query)


def announce(booking: Booking, act: str) -> bool:
    """True for the one answer that may tell a site of a guest's act (see ACTS) that is done."""
    if act not in ACTS or booking.unannounced != act:
        return False
    query = Booking.update(unannounced=None).where(
        Booking.id == booking.id, Booking.unannounced == act, Booking.status == ACTS[act]
    )
    return _changed(query)


def booking_by_id(id: str) -> Booking | None:
    return Booking.select(Booking, Host).join(Host).where(Booking.id == id).get_or_none()


def booking_by_key(host: Host, key: str) -> Booking | None:
    return Booking.get_or_none(Booking.host == host, Booking.idempotency_key == key)


def active_bookings(host: Host, start: int, end: int) -> list[Booking]:
    """Active bookings of a host that touch the instants from start to end."""
    return list(
        Booking.select()
        .where(
            Booking.host == host,
            Booking.status.in_(ACTIVE),
            Booking.start_at < end,
            Booking.end_at > start,
        )
        .order_by(Booking.start_at)
    )


def active_of_guest(email: str, now: int) -> int:
    """How many bookings that are still to come a guest's e-mail address holds."""
    return (
        Booking.select()
        .where(
            peewee.fn.LOWER(Booking.guest_email) == email.lower(),
            Booking.status.in_(ACTIVE),
            Booking.end_at > now,
        )
        .count()
    )


def made_since(host: Host, since: int) -> int:
    return Booking.select().where(Booking.host == host, Booking.created_at > since).count()


def unsettled(now: int, limit: int = 500) -> Sequence[Booking]:
    """Bookings whose outcome or Meet link is open and that nobody is talking to Google about."""
    return list(
        Booking.select(Booking, Host)
        .join(Host)
        .where(
            (Booking.status == "pending") | (Booking.meet_pending),
            Booking.settle_after <= now,
        )
        .order_by(Booking.settle_after)
        .limit(limit)
    )


def bookings(host: Host, start: int | None, end: int | None) -> list[Booking]:
    """All bookings of a host, in any state, that start from `start` on and before `end`."""
    query = Booking.select().where(Booking.host == host).order_by(Booking.start_at)
    if start is not None:
        query = query.where(Booking.start_at >= start)
    if end is not None:
        query = query.where(Booking.start_at < end)
    return list(query)


def ping() -> None:
    """Ask the database for a row, which SQLite has to read its file for.

    Raises peewee.PeeweeException when it does not answer.
    """
    Host.select(Host.id).limit(1).scalar()
