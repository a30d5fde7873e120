"""A sign-in that cannot be: what Google's ID token has to say, and set-up faults by their names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from app import create_app
from demo.google import StandIn, identity, server
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA
from widget import config

pytestmark = on_sqlite
Claims = dict[str, Any]
CLIENT = identity.CLIENT_ID
ANOTHER = RSAKey.generate_key(2048, {"kid": "stand-in"})


def answer_of(app: Flask, google: StandIn, email: str = ANA) -> Any:
    return Browser(app.test_client(), google).sign_in(email, follow=False)


def signed(claims: Claims, key: Any = identity.KEY, **head: str) -> str:
    return jwt.encode({"alg": "RS256", "kid": "stand-in", **head}, claims, key)


def plain(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def reissue(google: StandIn, edit: Callable[[Claims], str | None]) -> None:
    """The ID token as `edit` makes it of the right claims; None: there is none."""

    def edited(answer: dict[str, Any]) -> dict[str, Any]:
        if "id_token" in answer:
            claims = jwt.decode(answer["id_token"], identity.KEY).claims
            answer["id_token"] = edit(dict(claims))
        return {name: value for name, value in answer.items() if value is not None}

    google.state.edit_tokens = edited


def with_claims(**changes: Any) -> Callable[[Claims], str]:
    """The same token with other claims, well signed; ... takes a claim away."""

    def edit(claims: Claims) -> str:
        changed = {**claims, **changes}
        return signed({name: value for name, value in changed.items() if value is not ...})

    return edit


def minutes(claim: str, number: float) -> Callable[[Claims], str]:
    return lambda claims: with_claims(**{claim: claims[claim] + number * 60})(claims)


def alg_none(claims: Claims) -> str:
    return f"{plain({'alg': 'none'})}.{plain(claims)}."


def by_the_client_secret(claims: Claims) -> str:
    key = OctKey.import_key(identity.CLIENT_SECRET)
    return jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])


def by_the_public_key(claims: Claims) -> str:
    """The classic: Google's public key taken for a shared secret."""
    text = f"{plain({'alg': 'HS256', 'kid': 'stand-in'})}.{plain(claims)}"
    digest = hmac.digest(identity.KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def another_algorithm(claims: Claims) -> str:
    key = RSAKey.import_key(identity.KEY.as_pem(private=True))
    head = {"alg": "RS512", "kid": "stand-in"}
    return jwt.encode(head, claims, key, algorithms=["RS512"])


def a_list(_claims: Claims) -> str:
    text = b'[{"iss": "me"}]'
    return jws.serialize_compact({"alg": "RS256", "kid": "stand-in"}, text, identity.KEY)


def half_a_character(name: str) -> Callable[[Claims], str]:
    """A lone surrogate, which JSON can escape and no encoding can write."""

    def edit(claims: Claims) -> str:
        text = json.dumps({**claims, name: "\ud800"}).encode()
        return jws.serialize_compact({"alg": "RS256", "kid": "stand-in"}, text, identity.KEY)

    return edit


#: OpenID Connect Core 1.0, 3.1.3.7 and the claims of section 2, line by line.
REFUSED: dict[str, tuple[Callable[[Claims], str | None], str]] = {
    "no token": (lambda _claims: None, "missing"),
    "no JWT": (lambda _claims: "x.y.z", "signature"),
    "too deep": (lambda _claims: f"{plain({'alg': 'RS256'})}.{'W1tb' * 50_000}.AA", "signature"),
    "another key": (lambda claims: signed(claims, ANOTHER), "signature"),
    "a key that is not known": (lambda claims: signed(claims, kid="other"), "signature"),
    "alg none": (alg_none, "signature"),
    "HS256 by the client secret": (by_the_client_secret, "signature"),
    "HS256 by the public key": (by_the_public_key, "signature"),
    "RS512": (another_algorithm, "signature"),
    "changed": (lambda claims: signed(claims).replace(".", ".e30.", 1)[:-300], "signature"),
    "claims that are a list": (a_list, "signature"),
    "another issuer": (with_claims(iss="https://accounts.google.com"), "iss"),
    "no issuer": (with_claims(iss=...), "iss"),
    "an issuer that is a list": (with_claims(iss=["x"]), "iss"),
    "another audience": (with_claims(aud="other.apps.example"), "aud"),
    "no audience": (with_claims(aud=...), "aud"),
    "an empty audience": (with_claims(aud=[]), "aud"),
    "one audience more": (with_claims(aud=[CLIENT, "other.apps.example"]), "aud"),
    "one more and no azp": (with_claims(aud=[CLIENT, "other.apps.example"], azp=...), "aud"),
    "an audience that is a number": (with_claims(aud=7), "aud"),
    "another azp": (with_claims(azp="other.apps.example"), "azp"),
    "an azp that is null": (with_claims(azp=None), "azp"),
    "expired": (minutes("exp", -63), "clock"),
    "no exp": (with_claims(exp=...), "exp"),
    "an exp that is a text": (with_claims(exp="tomorrow"), "exp"),
    "no iat": (with_claims(iat=...), "iat"),
    "an iat that is true": (with_claims(iat=True), "iat"),
    "issued in the future": (minutes("iat", 5), "clock"),
    "issued long ago": (minutes("iat", -30), "clock"),
    "issued never": (with_claims(iat=1e300), "clock"),
    "issued at no number": (with_claims(iat=float("nan")), "iat"),
    "ending at no number": (with_claims(exp=float("nan")), "exp"),
    "ending never": (with_claims(exp=float("inf")), "exp"),
    "an end long ago": (with_claims(exp=0), "(exp)"),
    "not before a text": (with_claims(nbf="tomorrow"), "nbf"),
    "not before null": (with_claims(nbf=None), "nbf"),
    "not yet": (lambda claims: with_claims(nbf=claims["iat"] + 900)(claims), "clock"),
    "another nonce": (with_claims(nonce="other"), "nonce"),
    "no nonce": (with_claims(nonce=...), "nonce"),
    "a nonce that is a list": (with_claims(nonce=["x"]), "nonce"),
    "another at_hash": (with_claims(at_hash="x" * 22), "at_hash"),
    "an at_hash that is null": (with_claims(at_hash=None), "at_hash"),
    **{f"half a {name}": (half_a_character(name), name) for name in ("nonce", "at_hash", "sub")},
    "no sub": (with_claims(sub=...), "sub"),
    "an empty sub": (with_claims(sub=""), "sub"),
    "a sub that is a number": (with_claims(sub=7), "sub"),
    "a sub that is too long": (with_claims(sub="1" * 256), "sub"),
    "a sub of no characters": (with_claims(sub="1\x002"), "sub"),
    "no e-mail": (with_claims(email=...), "email"),
    "an e-mail that is a list": (with_claims(email=[ANA]), "email"),
    "an e-mail that is none": (with_claims(email="ana"), "email"),
    "an e-mail that is too long": (with_claims(email="a" * 320 + "@x.example"), "email"),
    "two e-mails": (with_claims(email=f"{ANA}\nben@x.example"), "email"),
    "an e-mail of no characters": (with_claims(email="a\x00@x.example"), "email"),
    "not verified": (with_claims(email_verified=False), "verified"),
    "verified unknown": (with_claims(email_verified=...), "verified"),
    "verified as a text": (with_claims(email_verified="true"), "verified"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_id_token_that_is_not_as_it_has_to_be_is_refused_and_told_why(
    app: Flask, google: StandIn, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    edit, word = REFUSED[kind]
    reissue(google, edit)
    answer = answer_of(app, google)
    assert answer.status_code == 400, answer.text
    said = page.read(answer.text).one(role="alert")
    assert said["data-error"] == "invalid_request"
    assert word in said.text
    assert "does not answer" not in said.text
    (warned,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert word in warned.getMessage()
    assert ANA not in caplog.text
    assert command(app, "hosts", "list") == ""


def test_only_googles_own_algorithm_counts_whatever_keys_it_shows(
    app: Flask, google: StandIn
) -> None:
    key = ECKey.generate_key("P-256", {"kid": "stand-in"})
    keys = {"keys": [key.as_dict(private=False)]}
    google.fault("oauth.jwks", body=json.dumps(keys))
    reissue(google, lambda claims: jwt.encode({"alg": "ES256", "kid": "stand-in"}, claims, key))
    assert answer_of(app, google).status_code == 400


def some_later(claims: Claims) -> str:
    return with_claims(iat=claims["iat"] + 60, name=["x"])(claims)


ACCEPTED: dict[str, Callable[[Claims], str]] = {
    "as it is": with_claims(),
    "one audience in a list": with_claims(aud=[CLIENT]),
    "no azp": with_claims(azp=...),
    "no at_hash": with_claims(at_hash=...),
    "no name": with_claims(name=...),
    "a minute of clocks apart": some_later,
    "further claims": with_claims(hd="sailing.example", amr=7),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_an_id_token_that_is_good_in_another_way_is_taken(
    app: Flask, google: StandIn, kind: str
) -> None:
    reissue(google, ACCEPTED[kind])
    assert answer_of(app, google).status_code == 303


def test_the_token_hash_is_of_the_access_token(app: Flask, google: StandIn) -> None:
    """The stand-in's own at_hash is not what the product is held to."""
    half = hashlib.sha256(b"another access token").digest()[:16]
    digest = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    google.state.edit_tokens = lambda answer: {**answer, "access_token": "another access token"}
    assert answer_of(app, google).status_code == 400

    def edited(answer: dict[str, Any]) -> dict[str, Any]:
        claims = dict(jwt.decode(answer["id_token"], identity.KEY).claims)
        token = signed({**claims, "at_hash": digest})
        return {**answer, "access_token": "another access token", "id_token": token}

    google.state.edit_tokens = edited
    assert answer_of(app, google).status_code == 503, "it is the calendar that refuses it now"


# --- the token endpoint's answer ----------------------------------------------------------------

MALFORMED = {
    "access_token": [..., None, "", 7, ["x"]],
    "refresh_token": [7, ["x"], {"a": 1}],
    "expires_in": [None, "soon", True, 0, -1, float("nan"), [1]],
    "scope": [7, ["openid"], {}],
    "id_token": [None, 7, ["x"], {}],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in MALFORMED for value in MALFORMED[name]]
)
def test_a_malformed_token_answer_is_named_and_never_an_outage(
    app: Flask, google: StandIn, caplog: pytest.LogCaptureFixture, name: str, value: Any
) -> None:
    def edited(answer: dict[str, Any]) -> dict[str, Any]:
        changed = {**answer, name: value}
        return {key: each for key, each in changed.items() if each is not ...}

    google.state.edit_tokens = edited
    answer = answer_of(app, google)
    assert answer.status_code == 400, answer.text
    said = page.read(answer.text).one(role="alert").text
    assert name in said
    assert any(name in each.getMessage() for each in caplog.records)
    assert command(app, "hosts", "list") == ""


def test_access_that_does_not_last_makes_no_host(app: Flask, google: StandIn) -> None:
    google.state.edit_tokens = lambda answer: {**answer, "refresh_token": None}
    answer = answer_of(app, google)
    assert answer.status_code == 400
    assert "no lasting access" in page.read(answer.text).one(role="alert").text
    assert command(app, "hosts", "list") == ""


def test_a_token_for_longer_than_the_world_lasts_is_taken(app: Flask, google: StandIn) -> None:
    google.state.edit_tokens = lambda answer: {**answer, "expires_in": 10**30}
    assert answer_of(app, google).status_code == 303


@pytest.mark.parametrize("body", ["[" * 100_000, "<html>", ""])
@pytest.mark.parametrize("method", ["oauth.token", "oauth.jwks", "oauth.metadata"])
def test_what_is_no_json_counts_as_no_answer(
    app: Flask, google: StandIn, method: str, body: str
) -> None:
    google.fault(method, body=body, times=None)
    client = app.test_client()
    to_google = client.get("/login")
    if method == "oauth.metadata":
        assert to_google.status_code == 503
        return
    back = urlsplit(google.authorize(to_google.headers["Location"], ANA))
    assert client.get(f"{back.path}?{back.query}").status_code == 503


@pytest.mark.parametrize("body", ["[]", "null", '{"keys": 7}', '{"keys": [7]}', '{"keys": [{}]}'])
def test_keys_of_another_shape_are_named(app: Flask, google: StandIn, body: str) -> None:
    google.fault("oauth.jwks", body=body)
    answer = answer_of(app, google)
    assert answer.status_code in (400, 503)
    assert "does not answer" not in page.read(answer.text).one(role="alert").text


@pytest.mark.parametrize(
    "field", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"]
)
@pytest.mark.parametrize("value", [None, 7, ""])
def test_a_discovery_document_without_what_is_needed_is_named(
    app: Flask, google: StandIn, field: str, value: Any
) -> None:
    document = {**app.extensions["meetslot"].endpoints, field: value}
    del app.extensions["meetslot"].endpoints
    google.fault("oauth.metadata", body=json.dumps(document))
    answer = app.test_client().get("/login")
    assert answer.status_code == 503
    assert field in page.read(answer.text).one(role="alert").text


@pytest.mark.parametrize(
    "value", ["http://[::1", "http://x.example:99999/", "javascript:x", "http://a..b/", "//x/"]
)
@pytest.mark.parametrize("field", ["authorization_endpoint", "token_endpoint"])
def test_an_address_of_googles_that_is_none_is_named(
    app: Flask, google: StandIn, field: str, value: str
) -> None:
    document = {**app.extensions["meetslot"].endpoints, field: value}
    del app.extensions["meetslot"].endpoints
    google.fault("oauth.metadata", body=json.dumps(document), times=None)
    answer = app.test_client().get("/login")
    assert answer.status_code == 503
    assert field in page.read(answer.text).one(role="alert").text
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert field in result.stdout


@pytest.mark.parametrize("method", ["oauth.metadata", "oauth.jwks"])
def test_an_address_of_googles_that_leads_nowhere_is_no_outage(
    app: Flask, google: StandIn, method: str
) -> None:
    google.fault(method, status=404, reason="notFound", times=None)
    client = app.test_client()
    answer = client.get("/login")
    if method == "oauth.jwks":
        answer = finish(client, google, answer.headers["Location"])
    assert answer.status_code == 503
    said = page.read(answer.text).one(role="alert").text
    assert method in said
    assert "404 notFound" in said


# --- set-up -------------------------------------------------------------------------------------

NOT_SET_UP = [
    ("calendar.calendarList.list", 403, "accessNotConfigured", "Calendar API must be enabled"),
    ("calendar.calendarList.list", 403, "SERVICE_DISABLED", "Calendar API must be enabled"),
    ("oauth.token", 401, "invalid_client", "GOOGLE_CLIENT_SECRET"),
    ("oauth.token", 401, "deleted_client", "GOOGLE_CLIENT_SECRET"),
    ("oauth.token", 400, "unauthorized_client", "GOOGLE_CLIENT_SECRET"),
    ("oauth.token", 400, "redirect_uri_mismatch", "http://localhost/auth/google/callback"),
]


@pytest.mark.parametrize(("method", "status", "reason", "word"), NOT_SET_UP)
def test_a_fault_of_the_set_up_is_named_at_sign_in_by_doctor_and_in_the_log(
    app: Flask,
    google: StandIn,
    caplog: pytest.LogCaptureFixture,
    method: str,
    status: int,
    reason: str,
    word: str,
) -> None:
    google.fault(method, status=status, reason=reason)
    answer = answer_of(app, google)
    assert answer.status_code == 503
    said = page.read(answer.text).one(role="alert").text
    assert f"{status} {reason}" in said
    assert word in said
    assert "try again in a minute" not in said
    assert any(f"{status} {reason}" in each.getMessage() for each in caplog.records)
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert reason in result.stdout
    assert word in result.stdout
    assert answer_of(app, google).status_code == 303
    assert app.test_cli_runner().invoke(args=["doctor"]).exit_code == 0


def test_doctor_finds_a_client_secret_that_is_wrong_without_anybody_signing_in(
    environ: dict[str, str], clock: time_machine.Traveller
) -> None:
    app = create_app(config.load({**environ, "GOOGLE_CLIENT_SECRET": "wrong"}))
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("FAIL")]
    assert "invalid_client" in line
    assert "GOOGLE_CLIENT_SECRET" in line


@pytest.mark.parametrize(("minutes", "word"), [(3, "ahead of"), (-3, "behind")])
def test_doctor_finds_a_clock_that_is_off_by_minutes(
    app: Flask, minutes: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in's server keeps its own time: the Date header that Google's answers have."""

    def date() -> str:
        return formatdate(time.time() - minutes * 60, usegmt=True)

    monkeypatch.setattr(server, "date", date)
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert f"clock: 180 s {word} Google's" in result.stdout


@pytest.mark.parametrize(
    ("reason", "status", "word"),
    [
        ("insufficientPermissions", 503, "insufficientPermissions"),
        ("notACalendarUser", 503, "notACalendarUser"),
        ("forbidden", 503, "forbidden"),
        ("aReasonOfTomorrow", 503, "aReasonOfTomorrow"),
    ],
)
def test_calendars_that_google_does_not_show_are_no_outage(
    app: Flask, google: StandIn, reason: str, status: int, word: str
) -> None:
    google.fault("calendar.calendarList.list", status=403, reason=reason)
    answer = answer_of(app, google)
    assert answer.status_code == status
    said = page.read(answer.text).one(role="alert").text
    assert word in said
    assert "try again in a minute" not in said


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        ("access_denied", 400, "did not allow"),
        ("server_error", 503, "try again"),
        ("temporarily_unavailable", 503, "try again"),
        ("unauthorized_client", 503, "GOOGLE_CLIENT_SECRET"),
        ("invalid_scope", 400, "invalid_scope"),
        ("<script>alert(1)</script>", 400, "no code"),
        ("", 400, "no code"),
    ],
)
def test_what_google_says_instead_of_a_code_is_passed_on(
    app: Flask, google: StandIn, error: str, status: int, word: str
) -> None:
    client = app.test_client()
    to_google = client.get("/login").headers["Location"]
    state = to_google.split("state=")[1].split("&")[0]
    answer = client.get("/auth/google/callback", query_string={"state": state, "error": error})
    assert answer.status_code == status
    assert word in page.read(answer.text).one(role="alert").text
    assert "<script>alert" not in answer.text


# --- unfinished, repeated -----------------------------------------------------------------------


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("session", domain="localhost")
    assert found
    return found.value


def begin(client: FlaskClient, next: str = "") -> str:
    query = {"next": next} if next else {}
    return str(client.get("/login", query_string=query).headers["Location"])


def finish(client: FlaskClient, google: StandIn, to_google: str, email: str | None = ANA) -> Any:
    back = urlsplit(google.authorize(to_google, email))
    return client.get(f"{back.path}?{back.query}")


def test_unfinished_sign_ins_lock_nobody_out(app: Flask, google: StandIn) -> None:
    client = app.test_client()
    longest = "/settings?event=" + "x" * 200
    begun = [begin(client, longest) for _time in range(30)]
    assert len(cookie(client)) < 4096 - 200
    assert finish(client, google, begun[0]).status_code == 400
    assert finish(client, google, begun[-3]).status_code == 303


def test_a_refused_consent_leaves_nothing_behind(app: Flask, google: StandIn) -> None:
    client = app.test_client()
    before = len(cookie(client)) if client.get_cookie("session", domain="localhost") else 0
    for _time in range(30):
        assert finish(client, google, begin(client), None).status_code == 400
    assert len(cookie(client)) < before + 200
    assert finish(client, google, begin(client)).status_code == 303


def test_no_address_is_kept_in_the_cookie(app: Flask) -> None:
    client = app.test_client()
    begin(client)
    with client.session_transaction() as session:
        assert "http" not in json.dumps(dict(session))


def test_a_code_is_taken_once(app: Flask, google: StandIn) -> None:
    client = app.test_client()
    back = urlsplit(google.authorize(begin(client), ANA))
    other = app.test_client()
    assert other.get(f"{back.path}?{back.query}").status_code == 400
    assert client.get(f"{back.path}?{back.query}").status_code == 303
    again = client.get(f"{back.path}?{back.query}")
    assert (again.status_code, again.headers["Location"]) == (303, "/settings")
    assert client.get("/settings").status_code == 200


def test_another_tab_of_somebody_who_is_signed_in_leads_to_the_settings(
    app: Flask, google: StandIn
) -> None:
    client = app.test_client()
    one, other = begin(client), begin(client)
    assert finish(client, google, one).status_code == 303
    answer = finish(client, google, other)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")


def test_saying_no_while_signed_in_changes_nothing(
    app: Flask, google: StandIn, ana: Browser
) -> None:
    answer = finish(ana.client, google, begin(ana.client), None)
    assert answer.status_code == 400
    assert "You are not signed in" not in answer.text
    assert ana.client.get("/settings").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "/settings?event=intro&month=2026-12",
        "/settings?q=J%C3%BCrgen",
        "/settings/bookings.csv?tab=past",
        "/settings/account/delete",
    ],
)
def test_the_settings_come_back_to_what_was_opened(
    app: Flask, google: StandIn, wanted: str
) -> None:
    client = app.test_client()
    to_login = client.get(wanted).headers["Location"]
    to_google = client.get(to_login).headers["Location"]
    answer = finish(client, google, to_google)
    assert (answer.status_code, answer.headers["Location"]) == (303, wanted)
    assert client.get(wanted).status_code == 200


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example/settings", "//evil.example/settings", "/\\evil.example",
        "/settings@x", "/settings\\..", "/settings/../..//evil.example", "javascript:alert(1)",
        "/settings.evil",
        "/settings?x\r\nSet-Cookie: a=b", "/settings/disconnect", "/settings?" + "x" * 5000, " ",
    ],
)  # fmt: skip
def test_nothing_else_is_come_back_to(app: Flask, google: StandIn, next: str) -> None:
    client = app.test_client()
    answer = finish(client, google, begin(client, next))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")


def test_an_answer_of_googles_that_leads_elsewhere_is_not_followed(
    app: Flask, google: StandIn
) -> None:
    """The token, or our client's secret, would go along."""
    there = f"{google.url}/userinfo"
    client, before = app.test_client(), google.faults.taken
    to_google = begin(client)
    google.fault("oauth.userinfo", status=500, times=None)
    google.fault("oauth.token", status=307, location=there)
    assert finish(client, google, to_google).status_code == 503
    google.fault("calendar.calendarList.list", status=302, location=there)
    assert answer_of(app, google).status_code == 503
    assert google.faults.taken == before + 2, "nobody has asked where it leads"
    assert command(app, "hosts", "list") == ""
