"""What is stored; every lock, conflict and change of status is a named function here.

Instants are whole seconds since 1970 UTC, in columns named `_at` (and in the code everywhere).
"""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import peewee
from playhouse.db_url import parse as parse_url
from playhouse.migrations import Runner

MIGRATIONS = Path(__file__).parent / "migrations"
ACTIVE = ("pending", "confirmed")
#: What a guest can do with a booking, and its status once it is done.
ACTS = {"booked": "confirmed", "rescheduled": "confirmed", "cancelled": "cancelled"}
LEFTOVER_SECONDS = 60  # a write that nobody waits for any more has arrived by then, or never will
LEASE_SECONDS = 60  # the longest that one talk with Google about a booking may take
LATEST_SECONDS = 600  # the longest that any lease or pause of a booking is begun for
CLOCKS_APART_SECONDS = 300  # at most, of any two machines
WEEK = 7 * 86400
_MARK_BITS = 24  # of chance in a lease: two that begin in the same second are two
_MIGRATION_LOCK = 0x6D656574  # any number, the same on every machine

database = peewee.DatabaseProxy()


class Overlap(Exception):
    """The database refused a booking: its time is held by another one of the same host."""


class KeyTaken(Exception):
    """The database refused a booking: another one of the host has its idempotency key."""


#: The database did not answer, or not in time: what was asked of it is not written.
NoAnswer = (peewee.OperationalError, peewee.InterfaceError)


class CommitLost(peewee.OperationalError):
    """No answer to a COMMIT: nobody knows yet whether it is written."""


def is_away(error: Exception) -> bool:
    """Whether it is the database that does not work, and not our question that is wrong: SQLite
    has one exception for both (https://sqlite.org/rescode.html)."""
    code = getattr(error.__cause__ or error.__context__, "sqlite_errorcode", None)
    return isinstance(error, NoAnswer) and code != sqlite3.SQLITE_ERROR


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
    calendar_gone = peewee.TextField(null=True)
    unknown_zone = peewee.TextField(null=True)
    server_problem = peewee.CharField(120, null=True)
    calendar_without_meet = peewee.TextField(null=True)
    asked_at = peewee.BigIntegerField(null=True)
    created_at = peewee.BigIntegerField()


class BusyTimes(Table):
    """What freebusy said of all busy calendars of a host between start_at and end_at.

    `refreshing_until` leases it to whoever asks anew: an instant, and below it a random mark.
    """

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
    before that instant. A pending booking waits for its event, or for the `change` of one that
    stands: `cancel`, or `move` to the new_ times, which are held besides the old ones.
    `holds`: it takes the host's time; `conflict`: the host moved it onto another booking.
    `leftover`: it is over, but an event of it may stand in Google and has to go.
    `trouble`: what (`book`, `cancel`, `move`) was given up after a day without an answer.
    `unannounced` is the guest's last act, until the page that it led to has told the site around.
    """

    host_id: int

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
    change = peewee.CharField(6, null=True)
    new_start_at = peewee.BigIntegerField(null=True)
    new_end_at = peewee.BigIntegerField(null=True)
    pending_since = peewee.BigIntegerField(null=True)
    cancelled_by = peewee.CharField(5, null=True)
    cancel_reason = peewee.TextField(null=True)
    sequence = peewee.IntegerField(default=0)
    guest_response = peewee.CharField(20, null=True)
    holds = peewee.BooleanField(default=True)
    conflict = peewee.BooleanField(default=False)
    leftover = peewee.BooleanField(default=False)
    trouble = peewee.CharField(6, null=True)
    no_show = peewee.BooleanField(default=False)

    def times(self) -> list[tuple[int, int]]:
        """The one time that it holds, or old and new while it is not known to be moved."""
        old = (self.start_at, self.end_at)
        if self.new_start_at is None or self.new_end_at is None:
            return [old]
        return [old, (self.new_start_at, self.new_end_at)]


class PastSettings(Table):
    """A host's settings document as it was, for forms that were opened before it changed."""

    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    revision = peewee.IntegerField()
    settings = peewee.TextField()

    class Meta:
        primary_key = peewee.CompositeKey("host", "revision")


class OldHandle(Table):
    """A handle that a host gave up: its addresses lead to the new ones."""

    handle = peewee.CharField(63, primary_key=True)
    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")


class OldSlug(Table):
    """A slug that an event type had before; `event` is the one that it has now."""

    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    slug = peewee.CharField(63)
    event = peewee.CharField(63)

    class Meta:
        primary_key = peewee.CompositeKey("host", "slug")


class CalendarList(Table):
    """What Google said last of the calendars that a host can choose from."""

    host = peewee.ForeignKeyField(Host, primary_key=True, on_delete="CASCADE")
    entries = JSONText(default=list)
    asked_at = peewee.BigIntegerField(default=0)
    problem = peewee.CharField(80, null=True)


class SignInFault(Table):
    """Why Google did not take this server's requests when somebody last signed in: one row."""

    id = peewee.IntegerField(primary_key=True)
    problem = peewee.CharField(120)
    noted_at = peewee.BigIntegerField()


class Sighting(Table):
    """When a host's widget was last loaded inside a site; nothing about who looked."""

    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    origin = peewee.CharField(300)
    event = peewee.CharField(63)
    seen_at = peewee.BigIntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("host", "origin", "event")


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
        # full: a claim has to outlive a power cut, or Google has an event that we know nothing of
        pragmas = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": "full"}
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


@contextmanager
def _write() -> Iterator[None]:
    """A transaction that takes SQLite's one write lock at its start, not half-way.

    Raises CommitLost, or another NoAnswer when certainly nothing is written.
    """
    asked = False
    try:
        with database.atomic("IMMEDIATE") if _sqlite() else database.atomic():
            yield
            asked = True
    except NoAnswer as error:
        if asked:
            raise CommitLost(str(error)) from error
        raise


@contextmanager
def locked(host: Host) -> Iterator[Host]:
    """A transaction that alone may claim time of this host; gives the host as it is now."""
    with _write():
        query = Host.select().where(Host.id == host.id)
        yield query.get() if _sqlite() else query.for_update().get()


def _changed(query: peewee.Update) -> bool:
    """Whether the one conditional UPDATE found its row as it expected it."""
    return bool(query.execute() == 1)


def over(until: Any, now: int, latest: int) -> Any:
    """Whether a lease or a pause that lasts until an instant is over.

    None is begun that lasts beyond `latest`: then the clock has been set back since.
    """
    return (until <= now) | (until > latest + CLOCKS_APART_SECONDS)


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
    """Whether a host has it, or had it."""
    return host_by_handle(handle) is not None or host_by_old_handle(handle) is not None


def add_host(
    subject: str, email: str, handle: str, settings: str, now: int, unknown_zone: str | None = None
) -> Host:
    """A new host. Raises peewee.IntegrityError when handle or subject is there already."""
    with _write():
        return Host.create(
            subject=subject,
            email=email,
            handle=handle,
            settings=settings,
            created_at=now,
            unknown_zone=unknown_zone,
        )


def save_settings(
    host: Host,
    handle: str,
    settings: str,
    revision: int,
    renamed: Mapping[str, str],
) -> bool:
    """Replace the settings document (JSON); False if `revision` is no longer the stored one.

    `renamed`: slugs of event types before and after, whose bookings go along.

    Raises peewee.IntegrityError when another host has the handle, or had it.
    """
    with locked(host) as before:
        if revision != before.revision:
            return False
        Host.update(settings=settings, handle=handle, revision=Host.revision + 1).where(
            Host.id == host.id
        ).execute()
        _keep_past(before)
        if handle != before.handle:
            _rename(before, handle)
        for old, new in renamed.items():
            _rename_event(before, old, new)
        forget_busy(host)
    return True


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
        "calendar_gone": None,
    }
    with _write():
        Host.update(values).where(Host.id == host.id).execute()
        Booking.update(settle_after=0).where(Booking.host == host, UNSETTLED).execute()
        SignInFault.delete().execute()
        forget_busy(host)


def note_sign_in_fault(problem: str, now: int) -> None:
    """Keep for `flask doctor` why nobody can sign in, until somebody does."""
    with _write():
        SignInFault.delete().execute()
        SignInFault.insert(id=1, problem=problem[:120], noted_at=now).execute()


def sign_in_fault() -> SignInFault | None:
    return SignInFault.get_or_none()


def save_access_token(host: Host) -> None:
    """Keep the host's access token, unless a newer consent replaced what it was made from."""
    Host.update(access_token=host.access_token, token_expires_at=host.token_expires_at).where(
        Host.id == host.id, Host.refresh_token == host.refresh_token
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


def note_calendar_gone(host: Host, calendar: str | None) -> None:
    """Keep that the calendar bookings go to is not there (any more), or that it is (None)."""
    Host.update(calendar_gone=calendar).where(Host.id == host.id).execute()


def note_server_problem(host: Host, problem: str | None) -> None:
    """Keep why Google does not take this server's requests for the host, or that it does."""
    Host.update(server_problem=problem).where(Host.id == host.id).execute()


def note_without_meet(host: Host, calendar: str | None) -> None:
    """Keep which calendar makes no Meet links; None: they are made."""
    Host.update(calendar_without_meet=calendar).where(Host.id == host.id).execute()


def note_unknown_zone(host: Host, name: str | None) -> None:
    """Keep what the host's time zone is called that stands for none; None: it is chosen."""
    Host.update(unknown_zone=name).where(Host.id == host.id).execute()


# --- busy times -----------------------------------------------------------------------------


def busy_times(host: Host) -> BusyTimes:
    """The host's row, made on first use."""
    BusyTimes.insert(host=host).on_conflict_ignore().execute()
    return BusyTimes.get(BusyTimes.host == host)


def begin_busy_refresh(host: Host, now: int, until: int) -> int | None:
    """For the one worker that may ask Google for this host's busy times until `until`: the mark
    of its lease, unlike that of any other one. None for the others."""
    mark = until << _MARK_BITS | secrets.randbits(_MARK_BITS)
    query = BusyTimes.update(refreshing_until=mark).where(
        BusyTimes.host == host,
        (BusyTimes.refreshing_until <= now << _MARK_BITS)
        | (BusyTimes.refreshing_until > until + CLOCKS_APART_SECONDS << _MARK_BITS),
    )
    return mark if _changed(query) else None


def end_busy_refresh(host: Host, mark: int, fetched: dict[str, Any] | None) -> None:
    """Store what was fetched (intervals, start_at, end_at, fetched_at), or only let go.

    Nothing is stored when forget_busy came in between: it was asked for too early.
    """
    values = {"refreshing_until": 0, **(fetched or {})}
    BusyTimes.update(values).where(
        BusyTimes.host == host, BusyTimes.refreshing_until == mark
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


UNSETTLED = (Booking.status == "pending") | Booking.meet_pending | Booking.leftover


def _may_settle(now: int) -> Any:
    return over(Booking.settle_after, now, now + LATEST_SECONDS)


def take(booking: Booking, now: int, until: int) -> Booking | None:
    """Lease an unsettled booking for a talk with Google; None if somebody else has it."""
    query = Booking.update(settle_after=until, attempts=Booking.attempts + 1).where(
        Booking.id == booking.id, UNSETTLED, _may_settle(now)
    )
    return booking_by_id(booking.id) if _changed(query) else None


def let_go(booking: Booking, until: int) -> None:
    """End a lease: the next talk with Google about it may begin at `until`."""
    Booking.update(settle_after=until).where(
        Booking.id == booking.id, Booking.attempts == booking.attempts
    ).execute()


def hurry(booking: Booking, now: int) -> None:
    """Something was heard about an unsettled booking: no need for a long pause any more."""
    Booking.update(settle_after=now).where(
        Booking.id == booking.id, UNSETTLED, Booking.settle_after > now + LEASE_SECONDS
    ).execute()


def hurry_all(now: int) -> int:
    """The same for all of them; how many are left that somebody may be talking to Google about."""
    later = Booking.settle_after > now + LEASE_SECONDS
    Booking.update(settle_after=now).where(UNSETTLED, later).execute()
    return Booking.select().where(UNSETTLED, Booking.settle_after > now).count()


def confirm(booking: Booking, event: dict[str, Any], now: int) -> bool:
    """The event stands in Google: keep its `etag`, `meet_link`, `meet_pending`, and the guest's
    response. False when somebody else has settled it since."""
    query = Booking.update(
        status="confirmed", failure=None, pending_since=None, updated_at=now, **event
    ).where(
        Booking.id == booking.id,
        Booking.status.in_(ACTIVE),
        Booking.change.is_null(),
        _same_event(booking),
    )
    return _changed(query)


def cancel(
    booking: Booking, now: int, by: str | None = None, reason: str = "", *, leftover: bool = False
) -> bool:
    """The time is free again: the event is gone from Google, or is a `leftover` that has to go.

    `by` (guest or host) and `reason` are those of the cancellation under way when not given.
    """
    values: dict[str, Any] = {"cancelled_by": by, "cancel_reason": reason} if by else {}
    query = Booking.update(
        **_OVER,
        **values,
        status="cancelled",
        leftover=leftover,
        sequence=Booking.sequence + 1,
        settle_after=now + LEFTOVER_SECONDS,
        updated_at=now,
    ).where(Booking.id == booking.id, Booking.status.in_(ACTIVE))
    return _changed(query)


_OVER = {
    "meet_pending": False,
    "change": None,
    "new_start_at": None,
    "new_end_at": None,
    "pending_since": None,
    "conflict": False,
}


def fail(booking: Booking, failure: str, now: int, *, leftover: bool = False) -> bool:
    """Google holds no event and will get none: free the time, and the key for another try.

    `leftover`: it is looked for once more, since an earlier try may still arrive.

    Only while nobody else has taken the booking since (`attempts`): another may have inserted.
    """
    query = Booking.update(
        status="failed",
        failure=failure,
        idempotency_key=None,
        leftover=leftover,
        settle_after=now + LEFTOVER_SECONDS,
        updated_at=now,
    ).where(
        Booking.id == booking.id,
        Booking.status == "pending",
        Booking.change.is_null(),
        Booking.attempts == booking.attempts,
    )
    return _changed(query)


def announce(booking: Booking) -> str | None:
    """The guest's last act (of ACTS) once it is done, for the one answer that tells of it."""
    act = booking.unannounced
    if act is None or booking.status != ACTS[act]:
        return None
    query = Booking.update(unannounced=None).where(
        Booking.id == booking.id, Booking.unannounced == act, Booking.status == ACTS[act]
    )
    try:
        return str(act) if _changed(query) else None
    except NoAnswer:  # a later answer tells it, when the database can be written to
        return None


def leave_over(booking: Booking, now: int) -> None:
    """An event was made for a booking that is over by now: it has to go."""
    Booking.update(leftover=True, settle_after=now).where(
        Booking.id == booking.id, Booking.status.in_(("cancelled", "failed"))
    ).execute()


def clear_leftover(booking: Booking) -> None:
    Booking.update(leftover=False).where(Booking.id == booking.id).execute()


def give_up(booking: Booking, now: int) -> None:
    """No answer for so long: nothing is pending for ever, and the host has to know.

    A booking fails, a cancellation holds, a move does not; what Google has of it is put right
    when it answers again.
    """
    what = booking.change or "book"
    endings: dict[str, dict[str, Any]] = {
        "book": {"status": "failed", "idempotency_key": None, "leftover": True},
        "cancel": {"status": "cancelled", "leftover": True, "sequence": Booking.sequence + 1},
        "move": {"status": "confirmed", "conflict": Booking.conflict},  # it stays where it is
    }
    query = Booking.update(
        **{**_OVER, **endings[what]}, trouble=what, failure="no answer for a day", updated_at=now
    )
    query.where(
        Booking.id == booking.id,
        Booking.status == "pending",
        Booking.attempts == booking.attempts,
    ).execute()


# --- changes of a booking that stands ---------------------------------------------------------


def begin_cancel(booking: Booking, by: str, reason: str, now: int, until: int) -> Booking | None:
    """Write down that a booking is to be cancelled, and lease it until `until`.

    None when it is over, or being cancelled already. It may still be pending: whoever is
    talking to Google about it then finds its lease gone.
    """
    query = Booking.update(
        status="pending",
        change="cancel",
        cancelled_by=by,
        cancel_reason=reason,
        pending_since=now,
        unannounced="cancelled" if by == "guest" else None,
        attempts=Booking.attempts + 1,
        settle_after=until,
        updated_at=now,
    ).where(
        Booking.id == booking.id,
        Booking.status.in_(ACTIVE),
        Booking.change.is_null() | (Booking.change == "move"),
    )
    return booking_by_id(booking.id) if _changed(query) else None


def begin_move(
    booking: Booking, start: int, end: int, by: str, now: int, until: int
) -> Booking | None:
    """Hold a new time besides the old one, leased until `until`. Call within locked(host).

    None when the booking is not simply confirmed any more. Raises Overlap when another active
    booking of the host holds any of the new time.
    """
    query = Booking.update(
        status="pending",
        change="move",
        new_start_at=start,
        new_end_at=end,
        pending_since=now,
        unannounced="rescheduled" if by == "guest" else None,
        attempts=Booking.attempts + 1,
        settle_after=until,
        updated_at=now,
    ).where(Booking.id == booking.id, Booking.status == "confirmed", Booking.change.is_null())
    return booking_by_id(booking.id) if _changed_apart(query) else None


def _changed_apart(query: peewee.Update) -> bool:
    """_changed, for times. Raises Overlap, and the transaction around goes on."""
    try:
        with database.atomic():
            return _changed(query)
    except peewee.IntegrityError as error:
        if "booking_overlap" in str(error):
            raise Overlap from None
        raise


def undo_change(booking: Booking, now: int, failure: str | None = None) -> bool:
    """Google certainly did nothing: the booking is confirmed as before. False when somebody else
    has settled or taken it since.

    `failure` says why to a guest who has been told that the change may still come.
    """
    query = Booking.update(
        status="confirmed",
        failure=failure,
        change=None,
        new_start_at=None,
        new_end_at=None,
        pending_since=None,
        cancelled_by=None,
        cancel_reason=None,
        unannounced=None,
        updated_at=now,
    ).where(
        Booking.id == booking.id,
        Booking.status == "pending",
        Booking.change.is_null(False),
        Booking.attempts == booking.attempts,
    )
    return _changed(query)


def finish_move(booking: Booking, event: dict[str, Any], now: int) -> bool:
    """The event is at the new time: so is the booking, and the old time is free."""
    return _changed_or_in_conflict(
        booking,
        {
            "status": "confirmed",
            "change": None,
            "start_at": Booking.new_start_at,
            "end_at": Booking.new_end_at,
            "new_start_at": None,
            "new_end_at": None,
            "pending_since": None,
            "failure": None,
            "holds": True,
            "updated_at": now,
            **event,
        },
        Booking.change == "move",
        Booking.attempts == booking.attempts,
    )


def follow(booking: Booking, event: dict[str, Any], now: int) -> bool:
    """Take over what the host did to the event of a confirmed booking in Google.

    `event` holds start_at, end_at, holds, guest_response, sequence, etag and the like. False
    when the booking's own etag is not the stored one any more: another change came first.
    """
    return _changed_or_in_conflict(booking, {"updated_at": now, **event}, *_as_read(booking))


def _changed_or_in_conflict(booking: Booking, values: dict[str, Any], *where: Any) -> bool:
    """_changed, to where Google has the event by now. When another booking holds that time, both
    stand there, and this one is marked.

    Under the host's lock: two that look out for each other's times would wait for ever.
    """
    this = Booking.id == booking.id
    with locked(booking.host):
        try:
            return _changed_apart(Booking.update(values, conflict=False).where(this, *where))
        except Overlap:
            return _changed(Booking.update(values, conflict=True).where(this, *where))


def change_calendar(booking: Booking, calendar: str) -> None:
    """The host put the event of a booking into another calendar of theirs."""
    Booking.update(calendar=calendar).where(
        Booking.id == booking.id, Booking.calendar == booking.calendar
    ).execute()
    booking.calendar = calendar


def note_event(booking: Booking, event: dict[str, Any]) -> bool:
    """Keep what changed about the event of a confirmed booking without changing the booking.
    False as for follow."""
    query = Booking.update(**event).where(Booking.id == booking.id, *_as_read(booking))
    return _changed(query)


def _as_read(booking: Booking) -> tuple[Any, ...]:
    """A confirmed booking that still has the event that it had when it was read."""
    return (Booking.status == "confirmed", Booking.change.is_null(), _same_event(booking))


def _same_event(booking: Booking) -> Any:
    return Booking.etag.is_null() if booking.etag is None else Booking.etag == booking.etag


def stop_waiting_for_link(booking: Booking) -> None:
    """Google will not make the Meet link any more."""
    Booking.update(meet_pending=False).where(Booking.id == booking.id).execute()


def end_conflicts(host: Host, now: int) -> None:
    """Take back the mark from bookings whose time nobody else holds any more."""
    marked = Booking.select().where(
        Booking.host == host, Booking.conflict, Booking.status == "confirmed"
    )
    for booking in marked:
        with locked(host), suppress(Overlap):
            _changed_apart(
                Booking.update(conflict=False, updated_at=now).where(
                    Booking.id == booking.id, Booking.conflict
                )
            )


def conflicts(host: Host, now: int) -> list[Booking]:
    """Bookings still to come that the host moved onto another one in Google."""
    return list(
        Booking.select()
        .where(Booking.host == host, Booking.conflict, Booking.end_at > now)
        .order_by(Booking.start_at)
    )


def troubles(host: Host, now: int) -> list[Booking]:
    """What was given up after a day without an answer from Google, for a week after its time."""
    return list(
        Booking.select()
        .where(Booking.host == host, Booking.trouble.is_null(False), Booking.end_at > now - WEEK)
        .order_by(Booking.start_at)
    )


# --- looking bookings up ------------------------------------------------------------------------


def booking_by_id(id: str) -> Booking | None:
    return Booking.select(Booking, Host).join(Host).where(Booking.id == id).get_or_none()


def as_it_is(booking: Booking) -> Booking:
    """The row as it is now; as it was when it has been deleted since."""
    return booking_by_id(booking.id) or booking


def release_key(booking: Booking) -> None:
    """The same request may book anew."""
    Booking.update(idempotency_key=None).where(Booking.id == booking.id).execute()


def booking_by_key(host: Host, key: str) -> Booking | None:
    return Booking.get_or_none(Booking.host == host, Booking.idempotency_key == key)


def active_bookings(host: Host, start: int, end: int) -> list[Booking]:
    """Active bookings of a host that hold any instant from start to end."""
    return list(
        Booking.select()
        .where(
            Booking.host == host,
            Booking.status.in_(ACTIVE),
            Booking.holds | Booking.new_start_at.is_null(False),
            ((Booking.start_at < end) & (Booking.end_at > start))
            | ((Booking.new_start_at < end) & (Booking.new_end_at > start)),
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


def booked_calendars(host: Host, now: int) -> set[str]:
    """The calendars that hold events to follow."""
    query = Booking.select(Booking.calendar).where(*_followed(host, now))
    return {booking.calendar for booking in query.distinct()}


def followed(host: Host, calendar: str, now: int) -> list[Booking]:
    """The bookings in one calendar whose events are followed."""
    query = Booking.select(Booking, Host).join(Host)
    return list(query.where(*_followed(host, now), Booking.calendar == calendar))


def _followed(host: Host, now: int) -> tuple[Any, ...]:
    """Active bookings still to come, or over so lately that the host may take them up again."""
    return (Booking.host == host, Booking.status.in_(ACTIVE), Booking.end_at > now - WEEK)


def unsettled(now: int, limit: int = 500) -> Sequence[Booking]:
    """Bookings with something open at Google that nobody is talking to Google about."""
    return list(
        Booking.select(Booking, Host)
        .join(Host)
        .where(UNSETTLED, _may_settle(now))
        .order_by(Booking.settle_after)
        .limit(limit)
    )


def waiting(since: int) -> int:
    """How many bookings have been pending since before then."""
    began = peewee.fn.COALESCE(Booking.pending_since, Booking.created_at)
    return Booking.select().where(Booking.status == "pending", began < since).count()


def bookings(host: Host, start: int | None, end: int | None) -> list[Booking]:
    """All bookings of a host, in any state, that start from `start` on and before `end`."""
    query = Booking.select().where(Booking.host == host).order_by(Booking.start_at)
    if start is not None:
        query = query.where(Booking.start_at >= start)
    if end is not None:
        query = query.where(Booking.start_at < end)
    return list(query)


def zones_of_guests(now: int) -> list[str]:
    """The time zones of guests whose bookings are active and still to come."""
    query = Booking.select(Booking.tz).where(Booking.status.in_(ACTIVE), Booking.end_at > now)
    return sorted(each.tz for each in query.distinct())


def ping() -> None:
    """Ask the database for a row, which SQLite has to read its file for.

    Raises peewee.PeeweeException when it does not answer.
    """
    Host.select(Host.id).limit(1).scalar()


# --- the settings page: earlier documents and handles -------------------------------------------

PAST_REVISIONS = 50  # of a host's document; a form that is older is compared with what is stored


def _keep_past(before: Host) -> None:
    PastSettings.insert(
        host=before, revision=before.revision, settings=before.settings
    ).on_conflict_ignore().execute()
    PastSettings.delete().where(
        PastSettings.host == before, PastSettings.revision <= before.revision - PAST_REVISIONS
    ).execute()


def settings_at(host: Host, revision: int) -> str | None:
    """The document as it was at that revision; None when that is too long ago, or never was."""
    if revision == host.revision:
        return str(host.settings)
    past = PastSettings.get_or_none(PastSettings.host == host, PastSettings.revision == revision)
    return str(past.settings) if past else None


def _rename(before: Host, handle: str) -> None:
    """Keep the old handle for the host. After the update: on PostgreSQL only then is seen what
    another host gave up at the same time."""
    other = host_by_old_handle(handle)
    if other is not None and other.id != before.id:
        raise peewee.IntegrityError("old handle of another host")
    OldHandle.delete().where(OldHandle.handle == handle).execute()
    OldHandle.insert(handle=before.handle, host=before).on_conflict_ignore().execute()


def _rename_event(host: Host, before: str, after: str) -> None:
    """Bookings follow their event type, or limits forget them and nobody can move them; and so do
    the slugs that it had before, whose links lead to it."""
    Booking.update(event=after).where(Booking.host == host, Booking.event == before).execute()
    OldSlug.update(event=after).where(OldSlug.host == host, OldSlug.event == before).execute()
    OldSlug.delete().where(OldSlug.host == host, OldSlug.slug.in_((before, after))).execute()
    OldSlug.create(host=host, slug=before, event=after)


def slug_now(host: Host, slug: str) -> str | None:
    """What an event type is called now that had another slug before."""
    old = OldSlug.get_or_none(OldSlug.host == host, OldSlug.slug == slug)
    return str(old.event) if old else None


def host_by_old_handle(handle: str) -> Host | None:
    return Host.select().join(OldHandle).where(OldHandle.handle == handle).get_or_none()


# --- the settings page: calendars and sites -------------------------------------------------------

SITES_SEEN = 100  # of a host: whoever sends made-up origins fills no more than these
SEEN_EVERY_SECONDS = 30  # a busy site writes no more often


def calendar_list(host: Host) -> CalendarList:
    """The host's row; an unsaved one, never asked, when there is none."""
    found: CalendarList | None = CalendarList.get_or_none(CalendarList.host == host)
    return found or CalendarList(host=host)


def keep_calendar_list(host: Host, entries: list[dict[str, Any]], now: int) -> None:
    with _write():
        CalendarList.delete().where(CalendarList.host == host).execute()
        CalendarList.insert(host=host, entries=entries, asked_at=now).execute()


def note_no_calendar_list(host: Host, problem: str, now: int) -> None:
    """Google did not answer; what it said before is kept."""
    with _write():
        CalendarList.insert(host=host).on_conflict_ignore().execute()
        CalendarList.update(problem=problem[:80], asked_at=now).where(
            CalendarList.host == host
        ).execute()


def note_sighting(host: int, origin: str, event: str, now: int) -> None:
    """The widget was loaded inside a site."""
    seen = (Sighting.host == host, Sighting.origin == origin, Sighting.event == event)
    if Sighting.select().where(*seen, Sighting.seen_at > now - SEEN_EVERY_SECONDS).exists():
        return
    with _write():
        Sighting.delete().where(*seen).execute()
        newest = (
            Sighting.select(Sighting.seen_at)
            .where(Sighting.host == host)
            .order_by(Sighting.seen_at.desc())
            .offset(SITES_SEEN - 1)
            .limit(1)
            .scalar()
        )
        if newest is not None:
            Sighting.delete().where(Sighting.host == host, Sighting.seen_at <= newest).execute()
        Sighting.insert(
            host=host, origin=origin, event=event, seen_at=now
        ).on_conflict_ignore().execute()


def sightings(host: Host, origin: str | None = None) -> list[Sighting]:
    """Where the host's widget was loaded (or on one site), the latest first."""
    query = Sighting.select().where(Sighting.host == host).order_by(Sighting.seen_at.desc())
    return list(query.where(Sighting.origin == origin) if origin is not None else query)


# --- the settings page: bookings ------------------------------------------------------------------


def upcoming_of_event(host: Host, event: str, now: int) -> int:
    return (
        Booking.select()
        .where(
            Booking.host == host,
            Booking.event == event,
            Booking.status.in_(ACTIVE),
            Booking.end_at > now,
        )
        .count()
    )


def mark_no_show(booking: Booking, no_show: bool, now: int) -> bool:
    """Note that the guest did not come, or did after all; False unless it was confirmed and has
    begun."""
    query = Booking.update(no_show=no_show, updated_at=now).where(
        Booking.id == booking.id, Booking.status == "confirmed", Booking.start_at <= now
    )
    return _changed(query)


# --- taking leave -------------------------------------------------------------------------------


def forget_tokens(host: Host, reason: str, now: int) -> None:
    """The host disconnected: nothing is left that could ask Google anything."""
    Host.update(
        refresh_token=None,
        access_token=None,
        token_expires_at=None,
        disconnected_at=now,
        disconnected_reason=reason,
    ).where(Host.id == host.id).execute()


def delete_host(host: Host) -> None:
    """Everything of a host, bookings included: all other tables go along."""
    with _write():
        Host.delete().where(Host.id == host.id).execute()


def bookings_of_guest(email: str) -> list[Booking]:
    """All bookings that a guest made, with any host."""
    return list(
        Booking.select(Booking, Host)
        .join(Host)
        .where(peewee.fn.LOWER(Booking.guest_email) == email.lower())
        .order_by(Booking.start_at)
    )


def delete_booking(booking: Booking) -> None:
    Booking.delete().where(Booking.id == booking.id).execute()


def forget_extra_guest(email: str) -> int:
    """Take an address off the lists of further guests; from how many bookings."""
    wanted, count = email.lower(), 0
    listed = peewee.fn.LOWER(Booking.guests).coerce(False).contains(wanted)
    for booking in Booking.select().where(listed):
        left = [each for each in booking.guests if each.lower() != wanted]
        if len(left) < len(booking.guests):
            Booking.update(guests=left).where(Booking.id == booking.id).execute()
            count += 1
    return count
