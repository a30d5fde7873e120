"""What a worker of the server does, threads and all, without a supervisor that starts another."""

from __future__ import annotations

import importlib
import os
import pkgutil
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer

import widget
from app import create_app

for room in pkgutil.walk_packages(widget.__path__, "widget."):
    importlib.import_module(room.name)  # create_app does it else, in every process anew


class _Server(BaseWSGIServer):
    multithread = True
    request_queue_size = 128
    pool: ThreadPoolExecutor

    def process_request(self, *request: Any) -> None:
        self.pool.submit(self._answer, *request)

    def _answer(self, request: Any, address: Any) -> None:
        try:
            self.finish_request(request, address)
        finally:
            self.shutdown_request(request)


def serve(environ: dict[str, str], folder: Path, log: Path, tell: Connection) -> None:
    """Serve in `folder` with this environment alone until somebody ends the process; `tell` the
    port as soon as it answers."""
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    server = _Server("127.0.0.1", 0, create_app())
    server.pool = ThreadPoolExecutor(8)
    tell.send(server.server_port)
    tell.close()
    server.serve_forever()
