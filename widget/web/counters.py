"""Where limits are counted for all worker processes of one machine: a file."""

import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

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


class FileCounters:
    """Windows that begin with the first hit, as those of the library `limits`, in a file.

    Nothing in it has to outlive the machine, so nothing is waited for to reach the disk.
    """

    base_exceptions = sqlite3.Error, OSError

    def __init__(self, path: str) -> None:
        self._path = path
        self._mine = threading.local()
        self._mine.file = self._opened()  # a path that cannot be written ends the start

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

    def incr(self, key: str, expiry: int, amount: int) -> int:
        now = time.time()
        given = {"key": key, "number": amount, "now": now, "ends": now + expiry}
        ((number,),) = self._file.execute(_COUNT, given).fetchall()
        if number == amount:  # a window begins: time to sweep up what has ended
            self._file.execute("DELETE FROM counter WHERE ends <= ?", (now,))
        return int(number)

    def get_expiry(self, key: str) -> float:
        now = time.time()
        query = "SELECT ends FROM counter WHERE key = ? AND ends > ?"
        found: tuple[float] | None = self._file.execute(query, (key, now)).fetchone()
        return found[0] if found else now
