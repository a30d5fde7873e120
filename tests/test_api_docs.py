"""docs/api.md: all of its examples run, in their order, against a server of our own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import ROOT, Browser, command, on_sqlite
from tests.people import ANA, WEEK, bookings, reconcile
from tests.receiver import SECRET, Receiver, receiver, tell
from widget import config
from widget.api.openapi import CALLS

PAGE = (ROOT / "docs" / "api.md").read_text()
LANGUAGES = {"bash": "bash", "python": sys.executable, "js": "node"}


def examples(language: str) -> str:
    """All blocks of a language, as one program."""
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture
def host(environ: dict[str, str], google: StandIn) -> Flask:
    app = create_app(config.load(environ))
    Browser(app.test_client(), google).sign_in(ANA)
    return app


@pytest.fixture
def crm(host: Flask) -> Iterator[Receiver]:
    """Ana's own program. She is free on one day, which no time passes while the examples run."""
    day = datetime.now(UTC).date() + timedelta(days=3)
    hours = {each: [] for each in WEEK}
    with receiver() as found:
        tell(host, found, weekly_hours=hours, date_overrides={str(day): [["09:00", "17:00"]]})
        yield found


@pytest.fixture
def url(host: Flask, environ: dict[str, str]) -> Iterator[str]:
    """Where a server answers, which says so in its links."""
    served: list[Flask] = []
    server = make_server("127.0.0.1", 0, lambda *asked: served[0](*asked), threaded=True)
    found = f"http://127.0.0.1:{server.server_port}"
    served.append(create_app(config.load({**environ, "PUBLIC_URL": found})))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def run(language: str, program: str, folder: Path, **more: str) -> str:
    name = "example.mjs" if language == "js" else "example"
    (folder / name).write_text(program)
    done = subprocess.run(
        [LANGUAGES[language], name],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@on_sqlite
@pytest.mark.parametrize("language", ["bash", "python", pytest.param("js", marks=pytest.mark.node)])
def test_the_examples_book_move_cancel_and_verify_what_is_told(
    language: str, host: Flask, url: str, crm: Receiver, tmp_path: Path
) -> None:  # fmt: skip
    token = command(host, "tokens", "create", "ana").strip()
    models.database.close()
    program = examples(language).replace("https://book.example.com", url)
    assert program.count("msk_your_token") == 1
    program = program.replace("msk_your_token", token)
    said = run(language, program, tmp_path)
    assert "maria@example.com" in said
    made = {each["guest_email"]: each["status"] for each in bookings(host)}
    assert made == {"maria@example.com": "cancelled", "rui@example.com": "confirmed"}
    reconcile(host)
    marias = [each for each in crm.got if each.json["data"]["guest"]["email"].startswith("maria")]
    types = [each.json["type"] for each in marias]
    assert types == ["booking.confirmed", "booking.rescheduled", "booking.cancelled"]
    assert marias[2].json["data"]["cancelReason"] == "I am ill"
    got = marias[0]
    for tampered in (False, True):
        body = got.body.replace(b"Maria", b"Mario") if tampered else got.body
        check = CHECK[language]
        headers = {name.title(): text for name, text in got.headers.items()}  # as some servers do
        (tmp_path / "delivery.json").write_text(
            json.dumps({"headers": headers, "body": body.decode(), "secret": SECRET})
        )
        environment = {
            "DELIVERY": got.headers["webhook-id"],
            "TIMESTAMP": got.headers["webhook-timestamp"],
            "SIGNATURE": got.headers["webhook-signature"],
            "BODY": body.decode(),
            "SECRET": SECRET,
        }
        verifying = examples(language).partition(VERIFY[language])
        said = run(language, verifying[1] + verifying[2] + check, tmp_path, **environment)
        assert said.strip() == ("false" if tampered else "true")


#: Where the part about webhooks begins, and what asks it about a delivery.
VERIFY = {"bash": "verify() {", "python": "import base64", "js": "import { createHmac"}
CHECK = {
    "bash": "\nif verify; then echo true; else echo false; fi\n",
    "python": """
import json
it = json.load(open("delivery.json"))
print(str(verify(it["secret"], it["headers"], it["body"].encode())).lower())
""",
    "js": """
import { readFileSync } from "node:fs";
const it = JSON.parse(readFileSync("delivery.json"));
console.log(verify(it.secret, it.headers, it.body));
""",
}


@pytest.mark.parametrize("called", [each["path"] for each in CALLS.values()], ids=list(CALLS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_call_has_an_example_in_each_language(called: str, language: str) -> None:
    path = re.sub(r"\{[^}]*\}$", "", called.replace("{host}", "ana").replace("{event}", "intro"))
    program = re.sub(r"[$]?[{][^{}]*[}]|[$]\w+", "", examples(language))
    assert path.replace("{id}", "") in program, called
