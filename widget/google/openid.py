"""Who signs in: OpenID Connect's code flow, and what an ID token has to say to be believed."""

import base64
import hashlib
import hmac
import math
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import models
from models import SignInFault
from widget.google.auth import Client, Malformed, Tokens, read_object
from widget.google.client import MALFORMED, SIGN_IN_SCOPE
from widget.google.errors import ADVICE

SIGNED_WITH = ["RS256"]  # Google's; nothing else is believed, whatever the token's head says
CLOCK_SECONDS = 120  # that our clock may be off
OLDEST_SECONDS = 600  # an ID token that comes with a code has just been issued
GOOGLE = "https://accounts.google.com"
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


class NotBelieved(Exception):
    """The ID token is refused; the message goes on from "The ID token is refused: "."""


@dataclass(frozen=True)
class Person:
    """Who has signed in; `subject` stays, the verified `email` may change."""

    subject: str
    email: str
    name: str


@dataclass(frozen=True)
class SignIn:
    """A sign-in that has begun: what its answer has to fit."""

    state: str = field(default_factory=partial(secrets.token_urlsafe, 16))
    nonce: str = field(default_factory=partial(secrets.token_urlsafe, 16))
    verifier: str = field(default_factory=partial(secrets.token_urlsafe, 32))
    onward: str = ""  # where the host wanted to go


def redirect_uri(client: Client) -> str:
    return f"{client.config.public_url}/auth/google/callback"


def authorization_url(client: Client, begun: SignIn, hint: str) -> str:
    """Where Google asks for consent: code flow with PKCE. Raises Unavailable."""
    # imported here and below, since only a host who signs in needs it
    from authlib.integrations.requests_client import OAuth2Session

    session = OAuth2Session(
        client.config.google_client_id,
        scope=SIGN_IN_SCOPE,
        redirect_uri=redirect_uri(client),
        code_challenge_method="S256",
    )
    url, _state = session.create_authorization_url(
        client.endpoints["authorization_endpoint"],
        state=begun.state,
        code_verifier=begun.verifier,
        nonce=begun.nonce,
        access_type="offline",
        prompt="consent",  # only a fresh consent brings a refresh token
        **({"login_hint": hint} if hint else {}),
    )
    return str(url)


def person(client: Client, tokens: Tokens, nonce: str, now: int) -> Person:
    """Who the ID token is about (OpenID Connect Core 1.0, 3.1.3.7).

    Raises NotBelieved, or Unavailable when Google's keys cannot be read.
    """
    if tokens.id_token is None:
        raise NotBelieved("it is missing")
    claims = _signed(client, tokens.id_token)
    _check_issuer(claims, client.endpoints["issuer"])
    _check_audience(claims, client.config.google_client_id)
    _check_times(claims, now)
    if not _same(claims.get("nonce"), nonce):
        raise NotBelieved("its nonce is not the one of this sign-in")
    if "at_hash" in claims and not _same(claims["at_hash"], _half_hash(tokens.access)):
        raise NotBelieved("its at_hash does not fit the access token")
    subject = _text(claims, "sub", lambda text: len(text) <= 255 and text.isascii())
    email = _text(claims, "email", lambda text: len(text) <= 320 and _EMAIL.fullmatch(text))
    if claims.get("email_verified") is not True:
        raise NotBelieved("Google has not verified the e-mail address")
    name = claims.get("name")
    return Person(subject, email, name if isinstance(name, str) and name else email)


def _signed(client: Client, token: str) -> dict[str, Any]:
    """What a token says that Google has signed. Raises NotBelieved or Unavailable."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    method = "oauth.jwks"
    found = read_object(method, client.fetch(method, client.endpoints["jwks_uri"]))
    try:
        keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
    except (JoseError, *MALFORMED):
        raise Malformed(method, 200, "no set of keys") from None
    try:
        claims = jwt.decode(token, keys, algorithms=SIGNED_WITH).claims
    except (JoseError, *MALFORMED) as error:
        raise NotBelieved(f"its signature is not Google's ({type(error).__name__})") from None
    if not isinstance(claims, dict):
        raise NotBelieved("it has no claims")
    return claims


def _check_issuer(claims: dict[str, Any], issuer: str) -> None:
    """Exactly the one of the discovery document; Google writes its own without https, too."""
    known = {issuer, "accounts.google.com"} if issuer == GOOGLE else {issuer}
    if not isinstance(claims.get("iss"), str) or claims["iss"] not in known:
        raise NotBelieved("its iss is another issuer")


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    """For this client alone: no other audience is trusted."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) and audience else [audience]
    if any(each != client_id for each in audiences):
        raise NotBelieved("its aud is not this client alone")
    if "azp" in claims and claims["azp"] != client_id:
        raise NotBelieved("its azp is another client")


def _check_times(claims: dict[str, Any], now: int) -> None:
    """`exp` and `iat` are needed, `nbf` counts where it is given (RFC 7519, 4.1.5)."""
    times: dict[str, Any] = {"nbf": now, **claims}
    for name in ("exp", "iat", "nbf"):
        at = times.get(name)
        if isinstance(at, bool) or not isinstance(at, int | float) or not abs(at) < math.inf:
            raise NotBelieved(f"its {name} is no time")
    for name, seconds in (("exp", CLOCK_SECONDS), ("iat", OLDEST_SECONDS)):
        if now - times[name] >= seconds:
            raise NotBelieved(_clock(name, times[name], now, "old"))
    for name in ("iat", "nbf"):
        if times[name] > now + CLOCK_SECONDS:
            raise NotBelieved(_clock(name, times[name], now, "early"))


def _clock(name: str, at: float, now: int, how: str) -> str:
    minutes = min(abs(now - at), 1e9) // 60
    return (
        f"it is too {how}, by {minutes:.0f} minutes ({name}). If this goes on, the clock of this"
        " server is wrong: whoever runs it has to set it"
    )


def _same(claim: Any, wanted: str) -> bool:
    given = claim.encode(errors="replace") if isinstance(claim, str) else b""
    return hmac.compare_digest(given, wanted.encode())


def _half_hash(access_token: str) -> str:
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def _text(claims: dict[str, Any], name: str, good: Callable[[str], object]) -> str:
    text = claims.get(name)
    if not isinstance(text, str) or not text or not text.isprintable() or not good(text):
        raise NotBelieved(f"its {name} is missing or malformed")
    return text


def advice(client: Client, reason: str) -> str:
    """What whoever runs this server has to do at Google (errors.NotSetUp)."""
    alike = "invalid_client" if reason.endswith(("_client", "_scope")) else "accessNotConfigured"
    return str(ADVICE.get(reason, ADVICE[alike])).format(redirect_uri=redirect_uri(client))


def note_fault(problem: str, now: int) -> None:
    """Keep for `flask doctor` why nobody can sign in, until somebody does."""
    models.put(SignInFault.id, 1, problem=problem[:120], noted_at=now)


def last_fault() -> SignInFault | None:
    return SignInFault.get_or_none()
