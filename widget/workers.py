"""The process that `flask serve` becomes: it starts the workers, replaces those that die, and ends
them when it is told to.

It imports nothing of the application, of which each worker has enough.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections import deque
from typing import Any

from granian.constants import Interfaces
from granian.server.mp import MPServer

ENDS = {signal.SIGTERM, signal.SIGINT}
DEATHS, WITHIN_SECONDS = 10, 30  # of workers, after which a new one would be of no use either


class Server(MPServer):
    """granian's, which would end when a worker dies twice within seconds, and would miss a death
    or a signal that comes while it sees to another."""

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        deaths: deque[float] = deque(maxlen=DEATHS)
        while not self.interrupt_signal:
            if self.interrupt_children:
                deaths.append(time.monotonic())
                if len(deaths) == DEATHS and deaths[-1] - deaths[0] < WITHIN_SECONDS:
                    _tell("workers die again and again: the server ends")
                    return  # with 1, since there is one that nobody has replaced
                dead = self.interrupt_children.pop()
                _tell(f"worker {dead + 1} died: another one starts")
                self._respawn_workers([dead], spawn_target, target_loader)
            elif self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]
            else:
                self.main_loop_interrupt.wait(1)  # second at most, until a SIGHUP is seen
                self.main_loop_interrupt.clear()


def _tell(message: str) -> None:
    """A line of JSON, as all are."""
    print(json.dumps({"level": "error", "message": message}), file=sys.stderr, flush=True)


def run(folder: str, given: dict[str, Any]) -> None:
    """Serve until a signal as `given` says, in granian's words; `folder` is what the workers count
    in, and goes with them."""
    os.register_at_fork(after_in_child=_heed_signals)
    try:
        own: dict[str, Any] = {"factory": True, "interface": Interfaces.WSGI, "websockets": False}
        server = Server("app:worker", **own, **given)
        _heed_signals()
        server.serve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _heed_signals() -> None:
    """Let a thread wait for the signals that end this process, and hand them to its handler.

    Python runs a handler in the main thread, and not before that thread wakes up: a signal that
    comes just before it falls asleep would be lost. A process that has no handler yet has nothing
    to bring to an end.
    """
    for each in ENDS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # every thread that is started inherits this
    threading.Thread(target=_hand_on, daemon=True).start()


def _hand_on() -> None:
    number = signal.sigwait(ENDS)
    handler = signal.getsignal(number)
    if not callable(handler):
        os._exit(128 + number)
    handler(number, None)


if __name__ == "__main__":
    run(sys.argv[1], json.loads(sys.argv[2]))
