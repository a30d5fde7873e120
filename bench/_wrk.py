"""Load by wrk, which costs little itself: https://github.com/wg/wrk, in Debian as `wrk`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SECONDS, ROUNDS = 4, 3
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
#: A script that asks for another address each time, and waits `pause_ms` (about) before it.
SCRIPT = """
local addresses = {}
for line in io.lines("%(addresses)s") do addresses[#addresses + 1] = line end
local turn, guest = 0, 0
function setup(thread) turn = turn + 1; thread:set("first", turn * 7919) end
function request()
  guest = guest + 1
  local address = addresses[(first + guest) %% #addresses + 1]
  return wrk.format(nil, (string.gsub(address, "GUEST", "Guest+" .. first .. "+" .. guest)))
end
"""
PAUSES = """
function init() math.randomseed(first) end
function delay() return math.floor(-math.log(1 - math.random()) * %(pause_ms)f + 0.5) end
"""


@dataclass(frozen=True)
class Load:
    """What wrk saw: how many answers, how many a second, how long they took (milliseconds)."""

    answers: int
    rate: float
    middle_ms: float
    slow_ms: float


def check() -> None:
    """Raises SystemExit where there is no wrk."""
    if shutil.which("wrk") is None:
        sys.exit("this bench needs wrk; to add it: sudo apt-get install wrk")


def load(
    url: str,
    addresses: list[str] | None = None,
    *,
    headers: dict[str, str] | None = None,
    connections: int = 16,
    seconds: int = SECONDS,
    pause_ms: float = 0,
) -> Load:
    """Ask for one address, or for `addresses` in turn, GUEST in them being another each time.

    Raises SystemExit when any answer was another than 200 or 304.
    """
    args = ["-t2", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for name, value in {"Accept-Encoding": "gzip, br", **(headers or {})}.items():
        args += ["-H", f"{name}: {value}"]
    with tempfile.TemporaryDirectory() as folder:
        script = ""
        if addresses:
            (Path(folder) / "addresses").write_text("\n".join(addresses))
            script = SCRIPT % {"addresses": f"{folder}/addresses"}
        if pause_ms:
            script += PAUSES % {"pause_ms": pause_ms}
        if script:
            (Path(folder) / "script.lua").write_text(script)
            args += ["-s", f"{folder}/script.lua"]
        said = subprocess.run(["wrk", *args, url], check=True, text=True, capture_output=True)
    return _read(said.stdout)


def _read(said: str) -> Load:
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"some answers went wrong:\n{said}")
    answers = re.search(r"(\d+) requests in ", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    percentiles = dict(re.findall(r"^\s+(50|99)%\s+(\S+)\s*$", said, re.MULTILINE))
    assert answers is not None, said
    assert rate is not None, said
    middle, slow = (_milliseconds(percentiles[each]) for each in ("50", "99"))
    return Load(int(answers[1]), float(rate[1]), middle, slow)


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]
