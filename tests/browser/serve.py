"""The product and the stand-in Google in a process of their own, at NOW and ticking on.

    python -m tests.browser.serve FOLDER NOW TEMPLATES

Prints one line of JSON when both answer: the addresses, and the product's environment.
TEMPLATES is where they are kept compiled.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import time_machine
from cryptography.fernet import Fernet
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from demo.google import StandIn
from tests.world import keep_compiled
from widget import config


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # what a page waits for goes out at once

    def log(self, *_args: object) -> None:
        pass


def main(folder: str, now: str, templates: str) -> None:
    keep_compiled(Path(templates))
    with time_machine.travel(now, tick=True), StandIn() as google:
        waiting = make_server("127.0.0.1", 0, None, threaded=True, request_handler=Quiet)
        environ = {
            **google.environ,
            "DATABASE_URL": f"sqlite:///{folder}/meetslot.db",
            "PUBLIC_URL": f"http://localhost:{waiting.server_port}",
            "SECRET_KEY": "a secret of the tests, long enough for all",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "BOOKING_RATE_LIMIT": "",
            "READ_RATE_LIMIT": "",
            "BUSY_TTL": "0",
            "LOG_LEVEL": "warning",
        }
        waiting.app = create_app(config.load(environ))
        threading.Thread(target=waiting.serve_forever, daemon=True).start()
        print(json.dumps({"google": google.url, "environ": environ}), flush=True)
        sys.stdin.read()  # until whoever started this lets go


if __name__ == "__main__":
    main(*sys.argv[1:])
