"""make demo, where it cannot start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def demo(port: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "PORT": port}
    return subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("place", range(3), ids=["the website", "the product", "the stand-in"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0"])
def test_a_port_that_is_in_use_is_named_with_the_setting_that_chooses_others(
    address: str, place: int
) -> None:
    try:
        taken = socket.create_server(
            (address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
    except OSError:
        assert address == "::1"  # a machine without it
        return
    with taken:
        port = taken.getsockname()[1]
        result = demo(str(port - place))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"port {port} is in use; choose others: PORT=9000 make demo\n"


@pytest.mark.parametrize("port", ["", "http", "0", "65534", "-1"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    result = demo(port)
    assert result.returncode == 1
    assert result.stderr.startswith("PORT has to be a number from 1 to 65533")
    assert "Traceback" not in result.stderr
