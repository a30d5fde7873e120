"""make demo, where it cannot start."""

from __future__ import annotations

import errno
import os
import random
import socket
import subprocess

import pytest

from tests import worker
from tests.conftest import ROOT
from tests.server import ended


def demo(port: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "PORT": port}
    return ended(worker.python, ["demo"], clean, ROOT)


def is_free(address: str, port: int) -> bool:
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.bind((address, port))
    except OSError as error:
        return error.errno != errno.EADDRINUSE and port != 0
    return True


def three_free() -> int:
    """The first of three ports in a row that nobody uses, below those that systems give away."""
    while True:
        first = random.randrange(15000, 32000)
        ports = range(first, first + 3)
        if all(is_free(at, port) for port in ports for at in ("0.0.0.0", "::1")):
            return first


@pytest.mark.parametrize("place", range(3), ids=["the website", "the product", "the stand-in"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0"])
def test_a_port_that_is_in_use_is_named_with_the_setting_that_chooses_others(
    address: str, place: int
) -> None:
    if address == "::1" and not is_free(address, 0):
        return  # a machine without it
    first = three_free()
    port = first + place
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family):
        result = demo(str(first))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"port {port} is in use; choose others: PORT=9000 make demo\n"


@pytest.mark.parametrize("port", ["", "http", "0", "65534", "-1"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    result = demo(port)
    assert result.returncode == 1
    assert result.stderr.startswith("PORT has to be a number from 1 to 65533")
    assert "Traceback" not in result.stderr
