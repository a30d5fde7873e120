"""What runs in processes that have imported the product already, which takes longest of a start:
a worker of the server, threads and all, without a supervisor that starts another; and `flask`, with
the production server among its commands."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pkgutil
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer

import demo.__main__  # noqa: F401
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


def serve(
    environ: dict[str, str], folder: Path, log: Path, templates: dict[str, Any], tell: Connection
) -> None:
    """Serve in `folder` with this environment alone until somebody ends the process; `tell` the
    port as soon as it answers. `templates`: Flask.jinja_options of the tests."""
    Flask.jinja_options = templates
    _settle(environ, folder, log, log)
    server = _Server("127.0.0.1", 0, create_app())
    server.pool = ThreadPoolExecutor(8)
    tell.send(server.server_port)
    tell.close()
    server.serve_forever()


def flask(
    arguments: list[str], environ: dict[str, str], folder: Path, out: Path, err: Path
) -> None:
    """The program `flask` in `folder` with this environment alone, which adds what it says to `out`
    and `err`. It ends the process."""
    _settle(environ, folder, out, err)
    os.execv = _go_on  # type: ignore[assignment]
    program = str(Path(sys.executable).parent / "flask")
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


def python(
    arguments: list[str], environ: dict[str, str], folder: Path, out: Path, err: Path
) -> None:
    """As `flask` above, for `python -m module ...`."""
    _settle(environ, folder, out, err)
    _go_on(sys.executable, [sys.executable, "-m", *arguments])


def _go_on(_python: str, command: list[str]) -> None:
    """As `python -m module ...`, with all that this process has imported; it forks as usual."""
    _, _, module, *arguments = command
    for name in (module, f"{module}.__main__"):
        sys.modules.pop(name, None)
    multiprocessing.set_start_method("fork", force=True)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")
    sys.exit()


def _settle(environ: dict[str, str], folder: Path, out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    for number, path in enumerate((out, err), 1):
        with path.open("a") as file:
            os.dup2(file.fileno(), number)
