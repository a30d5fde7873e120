"""docs/deploying.md and the files in deploy/ that it points to, as far as they can be followed."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from widget import config

DEPLOY = ROOT / "deploy"
DOCS = (ROOT / "docs" / "deploying.md").read_text()
NAMES = {item.upper() for item in config.Config.__dataclass_fields__}


@pytest.mark.parametrize("file", sorted(path.name for path in DEPLOY.iterdir()))
def test_every_file_is_pointed_to(file: str) -> None:
    assert f"(../deploy/{file})" in DOCS


def test_the_example_environment_is_what_config_says() -> None:
    assert (ROOT / ".env.example").read_text() == config.example()  # make .env.example


def test_the_example_filled_in_is_a_configuration(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text()
    wanted = re.findall(r"^([A-Z_]+)=$", text, re.MULTILINE)
    assert set(wanted) == {
        name.upper() for name, item in config.VARIABLES.items() if "default" not in item
    }
    key = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
    given = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    found = config.load({**given, **dict.fromkeys(wanted, key)})
    assert found.port == 8000


@pytest.mark.systemd
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "meetslot.service").read_text()
    for old, new in (
        ("/srv/meetslot/.venv/bin/flask", str(Path(sys.executable).parent / "flask")),
        ("/srv/meetslot/instance", str(tmp_path)),
        ("/srv/meetslot", str(ROOT)),
        ("User=meetslot", "User=daemon"),
    ):
        assert old in text
        text = text.replace(old, new)
    unit = tmp_path / "meetslot.service"
    unit.write_text(text)
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    ours = [line for line in result.stderr.splitlines() if "meetslot.service" in line]
    assert (result.returncode, ours) == (0, [])


def test_the_unit_gives_requests_the_time_to_end() -> None:
    from widget.server import STOP_SECONDS

    unit = (DEPLOY / "meetslot.service").read_text()
    compose = (DEPLOY / "compose.yaml").read_text()
    for pattern, text in ((r"TimeoutStopSec=(\d+)", unit), (r"stop_grace_period: (\d+)s", compose)):
        found = re.search(pattern, text)
        assert found
        assert int(found[1]) > STOP_SECONDS


# --- the container --------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """What the Containerfile says, an instruction each."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def test_the_image_is_small_and_runs_as_nobody_in_particular() -> None:
    said = instructions()
    images = [words for name, words in said if name == "FROM"]
    assert len(images) == 2  # what builds stays outside
    for each in images:
        assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim( AS \w+)?", each)
    users = [words for name, words in said if name == "USER"]
    assert users
    assert int(users[-1]) > 0
    for name in ("HEALTHCHECK", "CMD"):
        (words,) = [words for each, words in said if each == name]
        assert words.endswith("]")  # no shell between the server and its signals
    assert any("/healthz" in words for name, words in said if name == "HEALTHCHECK")
    assert not any(name in ("ADD", "ARG") for name, _words in said)
    assert not any(secret in words for _name, words in said for secret in ("KEY", "SECRET"))
    assert any("--require-hashes" in words for name, words in said if name == "RUN")


def test_the_image_has_all_that_the_server_needs_and_nothing_else() -> None:
    copied = {
        source
        for name, words in instructions()
        if name == "COPY" and not words.startswith("--from")
        for source in words.split()[:-1]
    }
    modules = {path.name for path in ROOT.glob("*.py")}
    product = modules | {"migrations", "static", "templates", "translations", "widget"}
    assert copied == product | {"requirements.txt"}
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    assert let_in[0] == "*"
    assert {line[1:] for line in let_in if line.startswith("!")} == copied


def test_a_python_of_the_image_is_one_that_the_product_runs_on() -> None:
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    (minor,) = {int(each) for each in re.findall(r"python:3\.(\d+)", str(instructions()))}
    assert minor >= int(least.rpartition(".")[2])


def test_compose_knows_our_variables_and_locks_the_server_in() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    ours = text.split("\n  postgres:\n    image")[0]
    given = re.findall(r"^      ([A-Z_]+): ", ours, re.MULTILINE)
    assert given
    assert set(given) <= NAMES
    for line in ("read_only: true", "no-new-privileges:true", "- ALL", "- /tmp"):
        assert line in ours
    assert "127.0.0.1:8000:8000" in ours
    for image in re.findall(r"image: (\S+)", text):
        assert re.fullmatch(r"docker\.io/[a-z/]+:\d+-alpine", image)
