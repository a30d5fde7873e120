"""How the models reach the two databases: one writer a process on SQLite, a bounded number of
connections on PostgreSQL."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

# peewee imports psycopg wherever it is installed, which takes 12 MiB and a seventh of a start, for
# nothing on SQLite; it does not find a module that is None (Python's reference, "The module cache")
sys.modules.setdefault("psycopg", None)  # type: ignore[arg-type]
import peewee  # noqa: E402
from playhouse.db_url import parse as parse_url  # noqa: E402
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase  # noqa: E402

if sys.modules["psycopg"] is None:
    del sys.modules["psycopg"]

PATIENT_SECONDS, IMPATIENT_SECONDS = 10, 0.2  # waited for SQLite's one write lock
WRITES = ("UPDATE", "INSERT", "DELETE")


def database(url: str, connections: int) -> peewee.Database:
    """The database at `url`; on PostgreSQL of at most so many connections from this process."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        # full (2): a claim has to outlive a power cut, or Google has an event that we know nothing
        # of; and 400 KiB of the file for each thread, where SQLite would keep 2 MiB: the row of a
        # host with 10,000 busy intervals (250 KiB) is passed over for each page
        pragmas = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "cache_size": -400}
        return SqliteDatabase(str(path), pragmas=pragmas, timeout=PATIENT_SECONDS)
    return PostgresqlDatabase(
        **parse_url(url),
        autoconnect=True,
        max_connections=connections,
        timeout=PATIENT_SECONDS,
    )


def _ask(database: Any, sql: str, values: tuple[Any, ...] | None) -> Any:
    """The cursor of a query."""
    with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
        return database.connection().execute(sql, values)


class Psycopg(peewee.Psycopg3Adapter):  # type: ignore[misc]
    """peewee's own, which imports psycopg when a database of PostgreSQL's is opened."""

    def __init__(self) -> None:
        super().__init__()
        import psycopg  # here, for the reason above

        self._psycopg, is_in = psycopg, psycopg.pq.TransactionStatus
        self.txn_idle, self.txn_inerror, self.txn_unknown = is_in.IDLE, is_in.INERROR, is_in.UNKNOWN

    def check_driver(self) -> None:
        """It is there."""

    def connect(self, db: peewee.Database, **params: Any) -> Any:
        return self._psycopg.connect(dbname=db.database, **params)


class PostgresqlDatabase(PooledPostgresqlDatabase):  # type: ignore[misc]
    """Its connections are lent to a thread until it closes the database or waits for Google."""

    psycopg2_adapter = psycopg3_adapter = Psycopg  # whichever peewee thinks is installed

    def __init__(self, *args: Any, **more: Any) -> None:
        self._mine = threading.local()
        super().__init__(*args, **more)

    def connect(self, reuse_if_open: bool = False) -> bool:
        try:
            return bool(super().connect(reuse_if_open))
        except MaxConnectionsExceeded as error:
            raise peewee.OperationalError(str(error)) from error

    def _is_closed(self, conn: Any) -> bool:
        """As its base asks the server, which is a round trip, but for who asks again if need be."""
        unasked = getattr(self._mine, "unasked", False)
        return bool(conn.closed) if unasked else bool(super()._is_closed(conn))

    @contextmanager
    def writing(self, *, lasting: bool = True, patient: bool = True) -> Iterator[None]:
        """Who is not `patient` waits as others; what is not `lasting` is not waited for until it
        is on the disk: https://www.postgresql.org/docs/current/wal-async-commit.html"""
        self._mine.begin = "BEGIN" if lasting else "BEGIN; SET LOCAL synchronous_commit = off"
        try:
            yield
        finally:
            self._mine.begin = "BEGIN"

    def begin(self) -> None:
        self.ask(getattr(self._mine, "begin", "BEGIN"))

    def ask(self, sql: str, values: tuple[Any, ...] | None = None) -> Any:
        """The cursor of a query. On a connection that the server has closed meanwhile it is asked
        once more; but not within a transaction."""
        if self.is_closed():
            self._mine.unasked = True
            try:
                return _ask(self, sql, values)
            except (peewee.OperationalError, peewee.InterfaceError):
                self.close()
            finally:
                self._mine.unasked = False
        return _ask(self, sql, values)


# Both are named as peewee's: migrations tell them apart by that.
class SqliteDatabase(peewee.SqliteDatabase):
    """SQLite has one writer: the threads of this process wait in turn, and not by sleeping until
    they happen to find it free."""

    ask = _ask

    def __init__(self, *args: Any, **more: Any) -> None:
        self._turn = threading.RLock()
        self._mine = threading.local()
        super().__init__(*args, **more)

    @contextmanager
    def writing(self, *, lasting: bool = True, patient: bool = True) -> Iterator[None]:
        """This thread's turn. Raises peewee.OperationalError when it takes too long to come, which
        is soon for who is not `patient`.

        What is not `lasting`, or for who is not, is not waited for until it is on the disk, half of
        what a commit takes: https://sqlite.org/pragma.html#pragma_synchronous
        """
        patience_seconds = PATIENT_SECONDS if patient else IMPATIENT_SECONDS
        if not self._turn.acquire(timeout=patience_seconds):
            raise peewee.OperationalError("database is locked")
        self._mine.patience_seconds = patience_seconds
        try:
            with nullcontext() if lasting and patient else self._relaxed():
                yield
        finally:
            self._turn.release()

    def begin(self, lock_type: str | None = "IMMEDIATE") -> None:
        """Take the write lock at the start, not half-way, and look each millisecond whether another
        process is done. SQLite itself would wait longer each time, up to 100 ms, while others come
        first: some waited for seconds."""
        until = time.monotonic() + getattr(self._mine, "patience_seconds", PATIENT_SECONDS)
        self.execute_sql("PRAGMA busy_timeout = 1")
        try:
            while True:
                try:
                    return super().begin(lock_type)  # type: ignore[no-untyped-call]
                except peewee.OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > until:
                        raise
        finally:
            self.execute_sql(f"PRAGMA busy_timeout = {PATIENT_SECONDS * 1000}")

    @contextmanager
    def _relaxed(self) -> Iterator[None]:
        self.execute_sql("PRAGMA synchronous = normal")
        try:
            yield
        finally:
            self.execute_sql("PRAGMA synchronous = full")

    def close_idle(self) -> None:
        """A thread's connection is its own, and none is idle."""

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        writes = sql.startswith(WRITES) and not self.in_transaction()
        with self.writing() if writes else nullcontext():
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
