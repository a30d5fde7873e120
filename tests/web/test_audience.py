"""A blueprint says whom it answers, and gets session, CSRF and framing by that alone."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask, session

from app import create_app
from tests.conftest import on_sqlite
from widget import config
from widget.web.audience import Audience, Room

pytestmark = on_sqlite


@pytest.fixture
def app(environ: dict[str, str]) -> Flask:
    """One of our own, to add to."""
    return create_app(config.load(environ))


def added(app: Flask, blueprint: Blueprint) -> Flask:
    blueprint.add_url_rule("/new", "new", _new, methods=["GET", "POST"])
    app.register_blueprint(blueprint)
    return app


def _new() -> str:
    session["seen"] = True
    return "new"


@pytest.mark.parametrize("audience", list(Audience))
def test_a_new_blueprint_is_protected_by_its_audience(app: Flask, audience: Audience) -> None:
    client = added(app, Room("new", __name__, audience)).test_client()
    answer = client.get("/new")
    host = audience is Audience.HOST
    policy = answer.headers["Content-Security-Policy"]
    assert ("frame-ancestors 'none'" in policy) is not audience.framed
    assert ("Set-Cookie" in answer.headers) is host
    posted = client.post("/new")
    assert posted.status_code == (400 if host else 200)


def test_a_blueprint_without_an_audience_cannot_be_served(app: Flask) -> None:
    app.testing = True  # what is raised comes through
    client = added(app, Blueprint("new", __name__)).test_client()
    with pytest.raises(TypeError, match="audience"):
        client.get("/new")


def test_a_hosts_get_changes_nothing(app: Flask) -> None:
    """No secret of a form comes with it. Two pages tell the two apart, a preview is not kept."""
    both = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/settings") and {"GET", "POST"} <= set(rule.methods or ())
    }
    tell_apart = {"/settings/bookings/<id>/move", "/settings/account/delete"}
    assert both == {*tell_apart, "/settings/preview/<slug>"}
