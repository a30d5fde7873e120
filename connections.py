"""How the models reach the two databases: one writer a process on SQLite, a bounded number of
connections on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import peewee
from playhouse.db_url import parse as parse_url
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

PATIENT_SECONDS, IMPATIENT_MS = 10, 200  # waited for SQLite's one write lock
WRITES = ("UPDATE", "INSERT", "DELETE")


def database(url: str, connections: int) -> peewee.Database:
    """The database at `url`; on PostgreSQL of at most so many connections from this process."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        # full: a claim has to outlive a power cut, or Google has an event that we know nothing of
        pragmas = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": "full"}
        return SqliteDatabase(str(path), pragmas=pragmas, timeout=PATIENT_SECONDS)
    return PostgresqlDatabase(
        **parse_url(url.replace("postgres://", "postgresql://", 1)),
        prefer_psycopg3=True,
        autoconnect=True,
        max_connections=connections,
        timeout=PATIENT_SECONDS,
    )


class PostgresqlDatabase(PooledPostgresqlDatabase):  # type: ignore[misc]
    """Its connections are lent to a thread until it closes the database or waits for Google."""

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

    def read(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """The rows of a query. On a connection that the server has closed meanwhile it is asked
        once more; but not within a transaction."""
        if self.is_closed():
            self._mine.unasked = True
            try:
                return self._rows(sql, values)
            except (peewee.OperationalError, peewee.InterfaceError):
                self.close()
            finally:
                self._mine.unasked = False
        return self._rows(sql, values)

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        connection: Any = self.connection()  # type: ignore[no-untyped-call]
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
            found: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
            return found


# Both are named as peewee's: migrations tell them apart by that.
class SqliteDatabase(peewee.SqliteDatabase):
    """SQLite has one writer: the threads of this process wait in turn, and not by sleeping until
    they happen to find it free."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self._turn = threading.RLock()
        self._mine = threading.local()
        super().__init__(*args, **more)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """This thread's turn. Raises peewee.OperationalError when it takes too long to come."""
        if not self._turn.acquire(timeout=getattr(self._mine, "patience", PATIENT_SECONDS)):
            raise peewee.OperationalError("database is locked")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def impatient(self) -> Iterator[None]:
        self.execute_sql(f"PRAGMA busy_timeout = {IMPATIENT_MS}")  # type: ignore[no-untyped-call]
        self._mine.patience = IMPATIENT_MS / 1000
        try:
            yield
        finally:
            self._mine.patience = PATIENT_SECONDS
            self.execute_sql(f"PRAGMA busy_timeout = {PATIENT_SECONDS * 1000}")  # type: ignore[no-untyped-call]

    def read(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        connection: Any = self.connection()  # type: ignore[no-untyped-call]
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
            found: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
            return found

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        with self._turn_for(sql):
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]

    def _turn_for(self, sql: str) -> AbstractContextManager[None]:
        writes = sql.startswith(WRITES) and not self.in_transaction()
        return self.writing() if writes else nullcontext()
