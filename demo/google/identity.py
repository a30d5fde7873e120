"""OpenID Connect: consent by one of several invented people, tokens, their end."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import RSAKey

from demo.google.state import Grant, Refusal, State

blueprint = Blueprint("identity", __name__)

CLIENT_ID = "demo.apps.stand-in.example"
CLIENT_SECRET = "no-secret-only-a-demo"
KEY = RSAKey.generate_key(2048, {"kid": "stand-in", "use": "sig", "alg": "RS256"})
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
PLAIN_SCOPES = ("openid", "email", "profile")
USES = {
    "calendar.events.owned": "See, create, change and delete events on calendars you own",
    "calendar.freebusy": "View your availability in your calendars",
    "calendar.calendarlist.readonly": "See the list of calendars you're subscribed to",
}


def _state() -> State:
    state: State = current_app.extensions["state"]
    return state


def _root() -> str:
    return request.host_url.rstrip("/")


@blueprint.get("/.well-known/openid-configuration")
def metadata() -> ResponseReturnValue:
    root = _root()
    return {
        "issuer": root,
        "authorization_endpoint": f"{root}/o/oauth2/v2/auth",
        "token_endpoint": f"{root}/token",
        "userinfo_endpoint": f"{root}/userinfo",
        "revocation_endpoint": f"{root}/revoke",
        "jwks_uri": f"{root}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": list(PLAIN_SCOPES),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }


@blueprint.get("/jwks")
def jwks() -> ResponseReturnValue:
    return {"keys": [KEY.as_dict(private=False)]}


# --- consent ------------------------------------------------------------------------------------


@blueprint.get("/o/oauth2/v2/auth")
def consent() -> ResponseReturnValue:
    if fault := _bad_request():
        return render_template("problem.html", problem=fault), 400
    asked = [scope for scope in request.args["scope"].split() if scope not in PLAIN_SCOPES]
    return render_template(
        "consent.html",
        people=_state().people.values(),
        hint=request.args.get("login_hint"),
        scopes=[(scope, USES.get(scope.rpartition("/")[2], scope)) for scope in asked],
    )


def _bad_request() -> str | None:
    args = request.args
    target = urlsplit(args.get("redirect_uri", ""))
    if args.get("client_id") != CLIENT_ID:
        return "invalid_client: the client id is not the demo's"
    if target.hostname not in LOOPBACK:
        return "redirect_uri_mismatch: this stand-in only leads back to this machine"
    if args.get("response_type") != "code" or "openid" not in args.get("scope", "").split():
        return "invalid_request: response_type=code and the scope openid are needed"
    if args.get("code_challenge") and args.get("code_challenge_method") != "S256":
        return "invalid_request: code_challenge_method has to be S256"
    return None


@blueprint.post("/o/oauth2/v2/auth")
def decide() -> ResponseReturnValue:
    if fault := _bad_request():
        return render_template("problem.html", problem=fault), 400
    args, state, email = request.args, _state(), request.form.get("person", "")
    if email not in state.people:
        return _back({"error": "access_denied"})
    code = "4/" + secrets.token_urlsafe(24)
    asked = args["scope"].split()
    granted = [
        scope for scope in asked if scope in PLAIN_SCOPES or scope in request.form.getlist("scope")
    ]
    with state.lock:
        state.codes[code] = {
            "email": email,
            "scopes": tuple(granted),
            "redirect_uri": args["redirect_uri"],
            "challenge": args.get("code_challenge"),
            "nonce": args.get("nonce"),
            "offline": args.get("access_type") == "offline" and "consent" in args.get("prompt", ""),
            "expires": time.time() + 600,
        }
    return _back({"code": code, "scope": " ".join(granted)})


def _back(answer: dict[str, str]) -> ResponseReturnValue:
    target = request.args["redirect_uri"]
    query = urlencode({**answer, "state": request.args.get("state", "")})
    return redirect(f"{target}{'&' if '?' in target else '?'}{query}", 303)


# --- tokens -------------------------------------------------------------------------------------


@blueprint.post("/token")
def token() -> ResponseReturnValue:
    form = request.form
    basic = request.authorization
    client = (form.get("client_id"), form.get("client_secret"))
    if basic and basic.type == "basic":
        client = (basic.username, basic.password)
    if client != (CLIENT_ID, CLIENT_SECRET):
        return {"error": "invalid_client"}, 401
    with _state().lock:
        if form.get("grant_type") == "authorization_code":
            answer = _by_code()
        elif form.get("grant_type") == "refresh_token":
            answer = _by_refresh_token()
        else:
            return {"error": "unsupported_grant_type"}, 400
    edit = _state().edit_tokens
    return jsonify(edit(answer)) if edit and isinstance(answer, dict) else answer


def _by_code() -> ResponseReturnValue:
    state, form = _state(), request.form
    found = state.codes.pop(form.get("code", ""), None)
    if found is None or found["expires"] < time.time():
        return {"error": "invalid_grant", "error_description": "Bad code"}, 400
    if found["redirect_uri"] != form.get("redirect_uri") or not _verified(found["challenge"]):
        return {"error": "invalid_grant", "error_description": "Bad redirect or verifier"}, 400
    grant = Grant(found["email"], found["scopes"])
    state.grants.append(grant)
    answer = _answer(grant)
    answer["id_token"] = _id_token(found, answer["access_token"])
    if found["offline"]:
        grant.refresh_token = "1//" + secrets.token_urlsafe(32)
        answer["refresh_token"] = grant.refresh_token
    return answer


def _verified(challenge: str | None) -> bool:
    if not challenge:
        return True
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _by_refresh_token() -> ResponseReturnValue:
    wanted = request.form.get("refresh_token")
    for grant in _state().grants:
        if grant.alive and wanted and grant.refresh_token == wanted:
            return _answer(grant)
    return {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }, 400


def _answer(grant: Grant) -> dict[str, Any]:
    return {
        "access_token": _state().issue(grant),
        "expires_in": 3599,
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
    }


def _id_token(code: dict[str, Any], access_token: str) -> str:
    person, now = _state().people[code["email"]], int(time.time())
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    claims = {
        "iss": _root(),
        "aud": CLIENT_ID,
        "azp": CLIENT_ID,
        "sub": person.sub,
        "email": person.email,
        "email_verified": True,
        "name": person.name,
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        "iat": now,
        "exp": now + 3600,
        **({"nonce": code["nonce"]} if code["nonce"] else {}),
    }
    return jwt.encode({"alg": "RS256", "kid": "stand-in"}, claims, KEY)


@blueprint.get("/userinfo")
def userinfo() -> ResponseReturnValue:
    try:
        grant = _state().bearer(request.headers.get("Authorization", ""))
    except Refusal:
        return {"error": "invalid_token"}, 401
    person = _state().people[grant.email]
    return {"sub": person.sub, "email": person.email, "email_verified": True, "name": person.name}


@blueprint.post("/revoke")
def revoke() -> ResponseReturnValue:
    with _state().lock:
        if _state().revoke(request.values.get("token", "")):
            return {}
    return {"error": "invalid_token"}, 400
