"""A dictionary that forgets what was not asked for the longest, so that it holds so many bytes."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Values by key, of at most so many bytes together as their keepers say. Thread-safe.

    One that is larger than a quarter of the room is not kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self.bytes = most_bytes, 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Keep it in the place of what had this key before."""
        with self._lock:
            self.bytes -= self._kept.pop(key, (None, 0))[1]
            if size_bytes > self._most_bytes // 4:
                return
            self._kept[key] = value, size_bytes
            self.bytes += size_bytes
            while self.bytes > self._most_bytes:
                _key, (_value, freed) = self._kept.popitem(last=False)
                self.bytes -= freed

    def __len__(self) -> int:
        return len(self._kept)
