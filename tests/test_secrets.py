"""Secrets: strong ones, new ones, and old ones that go."""

from __future__ import annotations

import base64

import pytest
import time_machine
from cryptography.fernet import Fernet

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA, ask, book, look, status_of
from widget import config

GOOD = base64.urlsafe_b64encode(bytes(range(32))).decode()


@on_sqlite
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "secret"),
        ("SECRET_KEY", "short but nice"),
        ("SECRET_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("SECRET_KEY", "change-me-change-me-change-me"),
        ("SECRET_KEY", "YourSuperSecretKeyHere123"),
        ("SECRET_KEY", "0123456789" * 4),
        ("TOKEN_KEYS", base64.urlsafe_b64encode(bytes(32)).decode()),
        ("TOKEN_KEYS", base64.urlsafe_b64encode(b"secret" * 5 + b"!!").decode()),
        ("TOKEN_KEYS", f"{GOOD},{'A' * 43}="),
    ],
)
def test_a_secret_that_can_be_guessed_stops_the_start(
    environ: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(config.ConfigError) as refused:
        config.load({**environ, name: value})
    assert str(refused.value).startswith(f"{name} is malformed")
    assert "make one with" in str(refused.value)
    assert value == "secret" or value not in str(refused.value)


def test_keys_are_rotated_and_the_old_one_can_go(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> None:
    old, new = environ["TOKEN_KEYS"], Fernet.generate_key().decode()
    app = create_app(config.load(environ))
    for each in (ANA, "ben@sailing.example"):
        Browser(app.test_client(), google).sign_in(each)
    both = create_app(config.load({**environ, "TOKEN_KEYS": f"{new},{old}"}))
    said = command(both, "keys", "rotate")
    assert "2 of 2 host(s) done" in said
    assert "encrypted 4 token(s) anew" in said
    assert "can go" in said
    assert "encrypted 0 token(s) anew" in command(both, "keys", "rotate")
    alone = create_app(config.load({**environ, "TOKEN_KEYS": new}))
    assert ask(alone.test_client()).status_code == 201
    models.database.close()


def test_a_token_that_no_key_opens_is_told_and_the_others_are_rotated(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> None:
    new = Fernet.generate_key().decode()
    Browser(create_app(config.load(environ)).test_client(), google).sign_in(ANA)
    strange = create_app(config.load({**environ, "TOKEN_KEYS": new}))
    Browser(strange.test_client(), google).sign_in("ben@sailing.example")
    result = strange.test_cli_runner().invoke(args=["keys", "rotate"])
    assert result.exit_code == 1
    assert "no key of TOKEN_KEYS opens the tokens of ana:" in result.output
    models.database.close()


def test_a_link_signed_by_an_older_secret_leads_on(
    environ: dict[str, str], clock: time_machine.Traveller, google: StandIn
) -> None:
    first = {**environ, "SECRET_KEY": "the first one of three good ones"}
    app = create_app(config.load(first))
    Browser(app.test_client(), google).sign_in(ANA)
    own = book(app.test_client())
    second = {**environ, "SECRET_KEY": "the second one of three good ones"}
    assert create_app(config.load(second)).test_client().get(own).status_code == 404
    second["SECRET_KEY_FALLBACKS"] = f"older still, {first['SECRET_KEY']}"
    kept = create_app(config.load(second)).test_client()
    assert status_of(look(kept, own)) == "confirmed"
    models.database.close()
