"""Real server processes over HTTP, for tests that race them or kill them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

#: What a worker of the server does, threads and all, without a supervisor that starts another.
PROGRAM = """
from concurrent.futures import ThreadPoolExecutor
from werkzeug.serving import BaseWSGIServer
from app import create_app

class Server(BaseWSGIServer):
    multithread = True
    request_queue_size = 128
    pool = ThreadPoolExecutor(8)

    def process_request(self, *request):
        self.pool.submit(self.answer, *request)

    def answer(self, request, address):
        try:
            self.finish_request(request, address)
        finally:
            self.shutdown_request(request)

server = Server("127.0.0.1", 0, create_app())
print(server.server_port, flush=True)
server.serve_forever()
"""


class Server:
    """One process of the product; `url` is where it answers."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._log = (folder / f"server-{id(self)}.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env={**kept, "PYTHONPATH": str(ROOT), **environ},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout
        port = self.process.stdout.readline().strip()
        assert port, Path(self._log.name).read_text()
        self.url = f"http://127.0.0.1:{port}"

    def kill(self) -> None:
        """As the power goes: kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        self._log.close()


@contextlib.contextmanager
def servers(number: int, environ: dict[str, str], folder: Path) -> Iterator[list[Server]]:
    found: list[Server] = []
    try:
        for _ in range(number):
            found.append(Server(environ, folder))
        yield found
    finally:
        for each in found:
            if each.process.poll() is None:
                each.kill()
