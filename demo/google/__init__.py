"""A stand-in for Google: OpenID Connect and Calendar v3 in Google's wire format, over HTTP.

with StandIn() as google:
    create_app(config.load({**google.environ, ...}))
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from flask import Flask
from werkzeug import Request

from demo.google import calendar, contract, identity, pages, seed
from demo.google.faults import Fault, Faults, error_body
from demo.google.server import Program, Server
from demo.google.state import Event, Refusal, State

__all__ = ["Fault", "StandIn"]


def make_app(state: State) -> Flask:
    app = Flask(__name__)
    app.extensions["state"] = state
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(identity.blueprint)
    app.register_blueprint(pages.blueprint)
    faults = Faults(_with_calendar(state, app.wsgi_app))
    app.extensions["faults"] = faults
    app.wsgi_app = faults  # type: ignore[method-assign]
    return app


def _with_calendar(state: State, others: Program) -> Program:
    """Calendar v3 without Flask, whose routes and contexts took half of a call."""

    def program(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(contract.BASE):
            return others(environ, start_response)
        status, answer = _answer(state, Request(environ))
        body = b"" if answer is None else json.dumps(answer).encode()
        headers = [
            ("Content-Type", "application/json; charset=UTF-8"),
            ("Content-Length", str(len(body))),
        ]
        start_response(f"{status} {HTTPStatus(status).phrase}", [] if answer is None else headers)
        return [body]

    return program


def _answer(state: State, request: Request) -> tuple[int, dict[str, Any] | None]:
    """Any call of Calendar v3: checked, carried out, its answer checked."""
    raw = str(request.environ.get("RAW_URI") or request.environ["REQUEST_URI"]).partition("?")[0]
    found = contract.find(request.method, urlsplit(raw).path)
    with state.lock:
        if found is None:
            state.deviations.append(f"no such method: {request.method} {request.path}")
            return 404, error_body(404, "notFound")
        method, in_path = found
        query = {name: request.args.getlist(name) for name in request.args}
        body = request.get_json(silent=True) if request.content_length else None
        state.deviations += contract.check_request(method, query, body)
        params = {name: unquote(value) for name, value in in_path.items()} | request.args.to_dict()
        state.calls.append((method.id, params))
        try:
            answer = _carry_out(state, method, params, request, body)
        except Refusal as refusal:
            return refusal.status, error_body(refusal.status, refusal.reason, refusal.message)
        state.deviations += contract.check_answer(method, answer)
    return 204 if answer is None else 200, answer


def _carry_out(
    state: State, method: contract.Method, params: dict[str, str], request: Request, body: Any
) -> dict[str, Any] | None:
    grant = state.bearer(request.headers.get("Authorization", ""))
    if not method.scopes & set(grant.scopes):
        raise Refusal(403, "insufficientPermissions", "Insufficient Permission")
    handler = calendar.HANDLERS.get(method.id)
    if handler is None:
        state.deviations.append(f"{method.id} is not known to the stand-in")
        raise Refusal(404, "notFound")
    given = body if isinstance(body, dict) else {}
    if_match = request.headers.get("If-Match")
    root = request.host_url.rstrip("/")
    return handler(calendar.Call(state, grant, params, given, if_match, root))


class StandIn:
    """Serves on loopback in a thread of this process until the block ends."""

    def __init__(self, port: int = 0) -> None:
        self.state = State()
        self.app = make_app(self.state)
        self.faults: Faults = self.app.extensions["faults"]
        self._server = Server(port, self.app)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environ(self) -> dict[str, str]:
        """What makes the product use this Google."""
        return {
            "GOOGLE_CLIENT_ID": identity.CLIENT_ID,
            "GOOGLE_CLIENT_SECRET": identity.CLIENT_SECRET,
            "GOOGLE_OIDC_METADATA_URL": f"{self.url}/.well-known/openid-configuration",
            "GOOGLE_CALENDAR_ENDPOINT": f"{self.url}/calendar/v3/",
        }

    @property
    def deviations(self) -> list[str]:
        """Every deviation from Google's schema so far, as sentences."""
        return self.state.deviations

    @property
    def calls(self) -> list[str]:
        """The methods called so far."""
        return [method for method, _params in self.state.calls]

    @property
    def invitations(self) -> list[dict[str, Any]]:
        return self.state.invitations

    def fault(self, method: str, **fault: Any) -> None:
        """The next call of `method` goes wrong; see Fault."""
        self.faults.add(Fault(method, **fault))

    def clear_faults(self) -> None:
        self.faults.clear()

    @property
    def connected(self) -> int:
        """How many connections were opened so far, by anybody."""
        return len(self._server.connections)

    def close_connections(self) -> None:
        """As Google does with those that are idle."""
        self._server.close_connections()

    def reset(self) -> None:
        self.faults.clear()
        self.state.reset()

    def events(self, email: str, *, cancelled: bool = False) -> list[Event]:
        """The events in a calendar, by their start."""
        with self.state.lock:
            found = self.state.calendars[email]
            return sorted(
                (
                    event
                    for event in found.events.values()
                    if cancelled or event["status"] != "cancelled"
                ),
                key=lambda event: calendar.span(event, found.zone),
            )

    def add_busy(
        self, email: str, start: str, end: str, summary: str = "Busy", **more: bool
    ) -> Event:
        """An event made in Google itself; RFC 3339 times, or dates for whole days."""
        kind = "date" if len(start) == 10 else "dateTime"
        with self.state.lock:
            found = self.state.calendars[email]
            times: Any = ({kind: start}, {kind: end})
            return pages.add_event(self.state, found, summary, *times, **more)

    def alter(self, email: str, event_id: str, act: str, minutes: int = 60) -> None:
        """By hand: move, delete, free, decline-host, decline-guest or remove-guest."""
        with self.state.lock:
            found = self.state.calendars[email]
            pages.alter(self.state, found, found.events[event_id], act, str(minutes))

    def edit(self, email: str, event_id: str, **fields: Any) -> Event:
        """By hand: replace fields of an event as they are on the wire; None removes one."""
        with self.state.lock:
            found = self.state.calendars[email]
            fresh = {**found.events[event_id], **fields}
            fresh = {name: value for name, value in fresh.items() if value is not None}
            self.state.store(found, fresh)
            calendar.notify(self.state, found)
            return fresh

    def move_to_calendar(self, email: str, event_id: str, target: str) -> None:
        """By hand: put an event into another calendar of the same person."""
        with self.state.lock:
            source, other = self.state.calendars[email], self.state.calendars[target]
            calendar.move_to(self.state, source, other, event_id)
            calendar.notify(self.state, other)

    def make_links(self) -> None:
        """Google gets round to the Meet links that were pending."""
        with self.state.lock:
            for found in self.state.calendars.values():
                for event in list(found.events.values()):
                    if "conferenceData" in event and "hangoutLink" not in event:
                        calendar.make_link(event, self.url)
                        self.state.store(found, event)

    def revoke(self, email: str) -> None:
        """The person takes all access back."""
        with self.state.lock:
            self.state.revoke(email)

    def expire(self) -> None:
        """Every access token is an hour old."""
        with self.state.lock:
            self.state.access.clear()

    def seed(self, email: str, now: float) -> None:
        """A lifelike calendar for nine weeks."""
        with self.state.lock:
            seed.fill(self.state, self.state.calendars[email], now)

    def authorize(self, url: str, email: str | None, scopes: Iterable[str] | None = None) -> str:
        """Through the consent page as a browser goes; where it leads back to.

        `scopes`: the calendar scopes left ticked (all of them if None); email None: Cancel.
        """
        requests.get(url, timeout=10).raise_for_status()
        asked = unquote(url).replace("+", " ").split("scope=")[1].split("&")[0]
        ticked = asked.split() if scopes is None else list(scopes)
        form = {"person": email or "", "scope": ticked}
        answer = requests.post(url, data=form, allow_redirects=False, timeout=10)
        return answer.headers["Location"]
