"""What a change has to pass: `.ci/run` is green when all is that it calls, and else red."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

STAND_INS = ("apt-get", "sudo", "make")  # nothing is installed, and nothing is tested again


def run(folder: Path, fails: str = "nothing") -> int:
    """The exit code of `.ci/run` where `make` fails for one of its targets."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", folder / ".ci/run")
    (folder / "bin").mkdir()
    for name in STAND_INS:
        program = folder / "bin" / name
        failing = f'case "$*" in *{fails}) exit 3;; esac' if name == "make" else ""
        program.write_text(f"#!/bin/sh\n{failing}\n")
        program.chmod(0o755)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    command = ["bash", str(folder / ".ci/run")]
    return subprocess.run(command, env={**os.environ, "PATH": path}, check=False).returncode


def test_it_is_green_when_all_is(tmp_path: Path) -> None:
    assert run(tmp_path) == 0


@pytest.mark.parametrize("fails", ["dev", "test", "check"])
def test_it_is_red_when_anything_is(tmp_path: Path, fails: str) -> None:
    assert run(tmp_path, fails) != 0
