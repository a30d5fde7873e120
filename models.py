"""What is stored: tables, connection, migrations, locks, and the rows of hosts.

Instants are whole seconds since 1970 UTC, in columns named `_at`, `_after`, `_since` or `until`.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from connections import database as open_database  # first: it says what peewee is to import

# isort: split
import peewee
from playhouse.migrations import Runner

MIGRATIONS = Path(__file__).parent / "migrations"
ACTIVE = ("pending", "confirmed")
CLOCKS_APART_SECONDS = 300  # at most, of any two machines
_MIGRATION_LOCK = 0x6D656574  # any number, the same on every machine

database = peewee.DatabaseProxy()
T = TypeVar("T", bound=peewee.Model)


#: The database did not answer, or not in time: what was asked of it is not written.
NoAnswer = (peewee.OperationalError, peewee.InterfaceError)


class Erased(LookupError):
    """The host or the booking was deleted meanwhile."""


class CommitLost(peewee.OperationalError):
    """No answer to a COMMIT: nobody knows yet whether it is written."""


def is_erased(error: Exception) -> bool:
    """Whether what a new row belongs to was deleted meanwhile."""
    return isinstance(error, peewee.IntegrityError) and "foreign key" in str(error).lower()


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


def _written(field: peewee.Field, ctx: Any) -> Any:
    """A column's name, in one piece: peewee puts each together anew from its parts, which took
    most of a query's time."""
    if ctx.scope == peewee.SCOPE_VALUES:
        return ctx.literal(f'"{field.column_name}"')
    return ctx.literal(f'"{ctx.alias_manager[field.model._meta.table]}"."{field.column_name}"')


peewee.Field.__sql__ = _written  # type: ignore[method-assign]


class Table(peewee.Model):
    class Meta:
        database = database
        legacy_table_names = False


class Host(Table):
    """Who is booked. Tokens are encrypted by widget/google/auth.py before they come here."""

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
    calendar_refused = peewee.TextField(null=True)  # which, and Google's words for why
    unknown_zone = peewee.TextField(null=True)
    server_problem = peewee.CharField(120, null=True)
    calendar_without_meet = peewee.TextField(null=True)
    asked_at = peewee.BigIntegerField(null=True)
    created_at = peewee.BigIntegerField()
    epoch = peewee.IntegerField(default=0)


class BusyTimes(Table):
    """What freebusy said of all busy calendars of a host between start_at and end_at."""

    host = peewee.ForeignKeyField(Host, primary_key=True, on_delete="CASCADE")
    intervals = JSONText(default=list)
    start_at = peewee.BigIntegerField(default=0)
    end_at = peewee.BigIntegerField(default=0)
    fetched_at = peewee.BigIntegerField(default=0)


class Booking(Table):
    """A claim on a host's time, and after Google's answer the record of its event.

    `promise` is what the guest was promised: title, duration, location, location_detail.
    `settle_after` leases a booking to whoever talks to Google about it: nobody else may
    before that instant. A pending booking waits for its event, or for the `change` of one that
    stands: `cancel`, or `move` to the new_ times, which are held besides the old ones.
    `holds`: it takes the host's time; `conflict`: the host moved it onto another booking.
    `leftover`: it is over, but an event of it may stand in Google and has to go.
    `trouble`: what (`book`, `cancel`, `move`) was given up after a day without an answer.
    `link`: the code of the one-off link that it was made by. `message`: what the host wrote to the
    guest when moving it.
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
    link = peewee.CharField(22, null=True)
    message = peewee.TextField(null=True)
    moved_from_at = peewee.BigIntegerField(null=True)

    def times(self) -> list[tuple[int, int]]:
        """The one time that it holds, or old and new while it is not known to be moved."""
        old = (self.start_at, self.end_at)
        if self.new_start_at is None or self.new_end_at is None:
            return [old]
        return [old, (self.new_start_at, self.new_end_at)]


class Mailing(Table):
    """Google was asked to mail somebody about a booking: for limits, see widget/booking/mail.py."""

    booking = peewee.ForeignKeyField(Booking, on_delete="CASCADE")
    mailbox = peewee.CharField(254)
    sent_at = peewee.BigIntegerField()

    class Meta:
        primary_key = False


class Refusal(Table):
    """How many bookings of a host were refused on a day (UTC), by reason."""

    host = peewee.ForeignKeyField(Host, on_delete="CASCADE")
    day_at = peewee.BigIntegerField()
    why = peewee.CharField(30)
    number = peewee.IntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("host", "day_at", "why")


#: Something about a booking is open at Google.
UNSETTLED = (Booking.status == "pending") | Booking.meet_pending | Booking.leftover


class Lease(Table):
    """What one worker does alone until an instant; `token` tells its holder from others."""

    name = peewee.CharField(60, primary_key=True)
    token = peewee.CharField(32)
    until = peewee.BigIntegerField()


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


class SignInFault(Table):
    """Why Google did not take this server's requests when somebody last signed in: one row."""

    id = peewee.IntegerField(primary_key=True)
    problem = peewee.CharField(120)
    noted_at = peewee.BigIntegerField()


# --- the database ---------------------------------------------------------------------------


def connect(url: str, connections: int = 4) -> None:
    """Point the models at `url`, with at most so many connections of this process to PostgreSQL,
    and bring its tables up to date. Raises peewee.PeeweeException."""
    before = database.obj
    database.initialize(open_database(url, connections))
    if before:
        before.close_idle()  # the server has only so many for all
    with database.connection_context():
        _migrate()


def _migrate() -> None:
    runner = Runner(database.obj, str(MIGRATIONS))
    names = {migration.name for migration in runner.migrations()}
    if names <= set(runner.applied()):
        return
    with write():
        if not _sqlite():
            database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        runner.up()


def _sqlite() -> bool:
    return isinstance(database.obj, peewee.SqliteDatabase)


def read(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query with ? for each value: building it by peewee costs ten times as much."""
    cursor = database.obj.ask(sql if _sqlite() else sql.replace("?", "%s"), values)
    with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
        return list(cursor.fetchall())


@cache
def _columns(table: type[peewee.Model]) -> str:
    name = table._meta.table_name  # SQLite reads a quoted name that it does not know as a text
    return ", ".join(f'"{name}"."{field.column_name}"' for field in table._meta.sorted_fields)


def find(table: type[T], where: str, *values: Any) -> T | None:
    """A row of a table, as peewee would give it, by a condition with ? for each value."""
    name = table._meta.table_name
    return _first(table, f'SELECT {_columns(table)} FROM "{name}" WHERE {where}', *values)  # noqa: S608


def _first(table: type[T], sql: str, *values: Any) -> T | None:
    for row in read(sql, *values):
        pairs: Any = zip(table._meta.sorted_fields, row, strict=True)
        found = {field.name: field.python_value(value) for field, value in pairs}
        return table(__no_default__=True, **found)
    return None


def add(row: T) -> T:
    """Insert a new row."""
    given = [(row._meta.fields[name], value) for name, value in row.__data__.items()]
    names = ", ".join(f'"{field.column_name}"' for field, _value in given)
    marks = ", ".join(["?" if _sqlite() else "%s"] * len(given))
    sql = f'INSERT INTO "{row._meta.table_name}" ({names}) VALUES ({marks})'  # noqa: S608
    database.execute_sql(sql, [field.db_value(value) for field, value in given])
    return row


def change(row: T, values: dict[str, Any], where: str, *more: Any) -> T | None:
    """Update columns of a row on a condition with ? for each of `more`, within `write`: the row
    as it is then, or None when it is not as the condition has it. A peewee.SQL is computed."""
    sets = ", ".join(f'"{name}" = {getattr(value, "sql", "?")}' for name, value in values.items())
    own = {name: value for name, value in values.items() if not isinstance(value, peewee.SQL)}
    given = [row._meta.fields[name].db_value(value) for name, value in own.items()]
    sql = f'UPDATE "{row._meta.table_name}" SET {sets} WHERE id = ? AND {where}'  # noqa: S608
    returned = f"{sql} RETURNING {_columns(type(row))}"
    return _first(type(row), returned, *given, row.__data__["id"], *more)


@contextmanager
def write(*, lasting: bool = True, patient: bool = True) -> Iterator[None]:
    """A transaction that takes SQLite's one write lock at its start, not half-way. What is not
    `lasting` may be undone as a whole when the machine loses its power, but by nothing else; who
    is not `patient` can do without it, and does soon when somebody else is writing to SQLite.

    Raises CommitLost, or another NoAnswer when certainly nothing is written.
    """
    asked = False
    try:
        with database.obj.writing(lasting=lasting, patient=patient), database.atomic():
            yield
            asked = True
    except NoAnswer as error:
        if asked:
            raise CommitLost(str(error)) from error
        raise


def rest() -> None:
    """Let other threads have this one's connection to PostgreSQL while it waits for Google."""
    if not _sqlite() and not database.in_transaction():
        database.close()


@contextmanager
def locked(host: Host) -> Iterator[Host]:
    """A transaction that alone may claim time of this host; gives the host as it is now.

    Raises Erased.
    """
    with write():
        found = find(Host, "id = ?" if _sqlite() else "id = ? FOR UPDATE", host.id)
        if found is None:
            raise Erased
        yield found


def changed(query: peewee.Update | peewee.Delete) -> bool:
    """Whether the one conditional UPDATE or DELETE found its row as it expected it."""
    return bool(query.execute() == 1)


def ping() -> None:
    """Have the database read a row. Raises peewee.PeeweeException when it does not answer."""
    Host.select(Host.id).limit(1).scalar()


def over(until: Any, now: int, latest: int) -> Any:
    """Whether a lease or a pause that lasts until an instant is over.

    None is begun that lasts beyond `latest`: then the clock has been set back since.
    """
    return (until <= now) | (until > latest + CLOCKS_APART_SECONDS)


# --- hosts ----------------------------------------------------------------------------------


def host_by_handle(handle: str) -> Host | None:
    return find(Host, "handle = ?", handle)


def host_by_old_handle(handle: str) -> Host | None:
    return Host.select().join(OldHandle).where(OldHandle.handle == handle).get_or_none()


def host_by_id(id: int) -> Host | None:
    return find(Host, "id = ?", id)


def hosts() -> list[Host]:
    return list(Host.select().order_by(Host.handle))


def save_sign_in(host: Host, email: str, tokens: dict[str, Any]) -> None:
    """A fresh consent: new tokens, and the host counts as connected again.

    `tokens` holds refresh_token, access_token, token_expires_at, scopes.
    """
    over = "disconnected_at disconnected_reason calendar_problem calendar_gone calendar_refused"
    with write():
        note(host, **tokens, email=email, **dict.fromkeys(over.split()))
        Booking.update(settle_after=0).where(Booking.host == host, UNSETTLED).execute()
        SignInFault.delete().execute()
        forget_busy(host)


def note(row: Table, *where: Any, **values: Any) -> bool:
    """Keep something about a row, by column, if it still is as `where` has it; whether it is."""
    mine = type(row)._meta.primary_key == row.get_id()  # type: ignore[no-untyped-call]
    return changed(type(row).update(values).where(mine, *where))


def put(key: peewee.Field, of: Any, **values: Any) -> None:
    """Keep the one row of its table that has this key, made when it is not there yet."""
    row = key.model.insert({key.name: of, **values})
    row.on_conflict(conflict_target=[key], update=values).execute()


def calendar_refusal(host: Host, calendar: str) -> str | None:
    """Google's words for why it takes no events into a calendar, until it has taken one again."""
    kept = host.calendar_refused or ""
    return kept.removeprefix(f"{calendar} ") if kept.startswith(f"{calendar} ") else None


def forget_busy(host: Host) -> None:
    """Something said that the busy times changed: the next look asks Google, and what somebody
    is being told by Google right now is not kept."""
    Lease.delete().where(Lease.name == busy_lease(host)).execute()
    BusyTimes.update(fetched_at=0).where(BusyTimes.host == host).execute()


def busy_lease(host: Host) -> str:
    """The lease of whoever asks Google for a host's busy times."""
    return f"busy:{host.id}"
