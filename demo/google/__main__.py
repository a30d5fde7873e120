"""The stand-in alone: python -m demo.google --port 9009"""

from __future__ import annotations

import argparse
import signal
import time

from demo.google import StandIn

parser = argparse.ArgumentParser(prog="python -m demo.google")
parser.add_argument("--port", type=int, default=9009)
parser.add_argument("--seed", nargs="*", default=[], metavar="EMAIL")
parser.add_argument(
    "--crowd", type=int, default=0, help="so many more people, host0@crowd.example and on"
)
arguments = parser.parse_args()

with StandIn(arguments.port) as google:
    google.state.add_crowd(arguments.crowd)
    for email in arguments.seed:
        google.seed(email, time.time())
    for name, value in google.environ.items():
        print(f"{name}={value}", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
