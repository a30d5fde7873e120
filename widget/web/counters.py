"""Where limits are counted for all worker processes of one machine: a file."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from limits.storage import Storage

_TABLE = (
    "CREATE TABLE IF NOT EXISTS counter (key TEXT PRIMARY KEY, number INTEGER, ends REAL)",
    "CREATE INDEX IF NOT EXISTS counter_ends ON counter (ends)",
)
_COUNT = """
INSERT INTO counter VALUES (:key, :number, :ends) ON CONFLICT (key) DO UPDATE SET
number = CASE WHEN ends <= :now THEN :number ELSE number + :number END,
ends = CASE WHEN ends <= :now THEN :ends ELSE ends END
RETURNING number
"""


class FileStorage(Storage):
    """`file:///path` for the library `limits`: windows that begin with the first hit, as in memory.

    Nothing in it has to outlive the machine, so nothing is waited for to reach the disk.
    """

    STORAGE_SCHEME = ["file"]  # noqa: RUF012  # as its base has it

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_options: Any) -> None:
        super().__init__(uri, wrap_exceptions)
        self._path = uri.removeprefix("file://")
        self._mine = threading.local()
        self._mine.file = self._opened()  # a path that cannot be written ends the start

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return sqlite3.Error, OSError

    @property
    def _file(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._mine, "file", None)
        if found is None:
            Path(self._path).parent.mkdir(parents=True, exist_ok=True)  # it may be cleared away
            found = self._mine.file = self._opened()
        return found

    def _opened(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._path, 10, isolation_level=None)
        with suppress(sqlite3.OperationalError):  # another process is switching it at this moment
            file.execute("PRAGMA journal_mode = wal")
        for statement in ("PRAGMA synchronous = off", *_TABLE):
            file.execute(statement)
        return file

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        given = {"key": key, "number": amount, "now": now, "ends": now + expiry}
        ((number,),) = self._file.execute(_COUNT, given).fetchall()
        if number == amount:  # a window begins: time to sweep up what has ended
            self._file.execute("DELETE FROM counter WHERE ends <= ?", (now,))
        return int(number)

    def get(self, key: str) -> int:
        return int(self._row(key)[0])

    def get_expiry(self, key: str) -> float:
        return float(self._row(key)[1])

    def _row(self, key: str) -> tuple[int, float]:
        now = time.time()
        query = "SELECT number, ends FROM counter WHERE key = ? AND ends > ?"
        found: tuple[int, float] | None = self._file.execute(query, (key, now)).fetchone()
        return found or (0, now)

    def check(self) -> bool:
        return bool(self._file.execute("SELECT 1").fetchone())

    def reset(self) -> int:
        return self._file.execute("DELETE FROM counter").rowcount

    def clear(self, key: str) -> None:
        self._file.execute("DELETE FROM counter WHERE key = ?", (key,))
