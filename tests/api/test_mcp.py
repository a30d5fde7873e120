"""Agents: the official client of the Model Context Protocol over real HTTP, and bad messages."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from demo.google import StandIn
from tests.conftest import Browser, on_sqlite
from tests.people import ANA, NINE, TEN, bookings, save
from widget.booking.guest_input import Details

if TYPE_CHECKING:
    from mcp import Client

pytestmark = pytest.mark.usefixtures("ana")
NOW = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": NOW,
    "io.modelcontextprotocol/clientCapabilities": {},
}
MODES = (NOW, "auto", "legacy")
MARIA = {"host": "ana", "event": "intro", "name": "Maria", "email": "maria@example.com"}


class Quiet(WSGIRequestHandler):
    def log(self, *_args: object) -> None:
        pass


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/mcp"
    server.shutdown()
    server.server_close()


def agent(address: str, act: Callable[[Client], Any], mode: str = "auto") -> Any:
    """What an agent comes back with."""
    from mcp import Client  # 0.7 s of CPU, for each process that collects tests

    async def session() -> Any:
        async with Client(address, mode=mode) as client:
            return await act(client)

    return anyio.run(session)


def call(address: str, tool: str, **given: Any) -> dict[str, Any]:
    """A tool's structured answer, which its text repeats."""

    async def act(client: Client) -> Any:
        return await client.call_tool(tool, given)

    result = agent(address, act)
    assert json.loads(result.content[0].text) == result.structured_content
    found: dict[str, Any] = {**result.structured_content, "isError": bool(result.is_error)}
    return found


# --- a client that we did not write --------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("mode", MODES)
def test_the_tools_are_listed_in_every_revision(address: str, mode: str) -> None:
    async def act(client: Client) -> Any:
        return await client.list_tools()

    found = {tool.name: tool for tool in agent(address, act, mode).tools}
    assert list(found) == [
        "list_event_types",
        "get_available_slots",
        "create_booking",
        "get_booking",
        "reschedule_booking",
        "cancel_booking",
    ]
    assert set(found["get_available_slots"].input_schema["required"]) == {
        "host", "event", "from", "to"
    }  # fmt: skip
    booking = set(found["create_booking"].input_schema["properties"])
    assert booking == {*Details.model_fields, "host", "event", "idempotency_key"}


def test_an_agent_books_moves_and_cancels(app: Flask, address: str, google: StandIn) -> None:
    [event] = call(address, "list_event_types", host="ana")["event_types"]
    assert event["slug"] == "intro"
    # Tokyo's evening, a part of the day
    free = call(
        address, "get_available_slots", host="ana", event="intro", tz="Asia/Tokyo",
        **{"from": "2026-12-01T18:00:00+09:00", "to": "2026-12-01T20:00:00+09:00"},
    )  # fmt: skip
    assert free["tz"] == "Asia/Tokyo"
    assert [each["start"][11:16] for each in free["slots"]] == ["09:00", "09:30", "10:00", "10:30"]
    made = call(address, "create_booking", **MARIA, start=NINE, idempotency_key="k1")
    again = call(address, "create_booking", **MARIA, start=NINE, idempotency_key="k1")
    assert made == again
    assert "/meet/" in made["meetLink"]
    token = made["booking"]["manageUrl"].rpartition("/")[2]
    moved = call(address, "reschedule_booking", token=token, start=TEN)
    assert moved["booking"]["start"] == TEN
    assert call(address, "get_booking", token=token)["booking"] == moved["booking"]
    over = call(address, "cancel_booking", token=token, reason="Ill")
    assert (over["success"], over["booking"]["status"]) == (False, "cancelled")
    [stored] = bookings(app)
    assert stored["status"] == "cancelled"
    assert google.events(ANA) == []


@on_sqlite
def test_a_time_that_is_gone_comes_with_the_nearest_free_ones(address: str) -> None:
    call(address, "create_booking", **MARIA, start=NINE)
    found = call(address, "create_booking", **{**MARIA, "email": "b@example.com"}, start=NINE)
    assert (found["isError"], found["code"]) == (True, "slot_taken")
    assert found["slots"][0]["start"] == "2026-12-01T09:30:00Z"


@on_sqlite
@pytest.mark.parametrize(
    ("start", "code"), [(TEN, "slot_taken"), ("2026-12-01T09:50:00Z", "slot_unavailable")]
)
def test_a_move_that_cannot_be_comes_with_the_nearest_free_times(
    address: str, start: str, code: str
) -> None:
    made = call(address, "create_booking", **MARIA, start=NINE)
    call(address, "create_booking", **{**MARIA, "email": "b@example.com"}, start=TEN)
    token = made["booking"]["manageUrl"].rpartition("/")[2]
    found = call(address, "reschedule_booking", token=token, start=start)
    assert (found["isError"], found["code"]) == (True, code)
    assert "was not moved" in found["detail"]
    assert found["slots"][:2] == [
        {"start": NINE, "end": "2026-12-01T09:30:00Z"},
        {"start": "2026-12-01T09:30:00Z", "end": TEN},
    ]
    assert call(address, "get_booking", token=token) == {**made, "isError": False}


@on_sqlite
@pytest.mark.parametrize("event", [{"active": False}, {"blocked": True}])
def test_a_move_of_what_is_not_offered_has_no_times_instead(
    address: str, change: Callable[..., None], event: dict[str, bool]
) -> None:
    made = call(address, "create_booking", **MARIA, start=NINE)
    if "blocked" in event:
        change("ana", blocked=["example.com"])
    else:
        change("ana", event=event)
    token = made["booking"]["manageUrl"].rpartition("/")[2]
    found = call(address, "reschedule_booking", token=token, start=TEN)
    assert (found["isError"], found["code"]) == (True, "slot_unavailable")
    assert "slots" not in found


@on_sqlite
def test_what_cannot_be_changed_any_more_says_so(address: str) -> None:
    made = call(address, "create_booking", **MARIA, start=NINE)
    token = made["booking"]["manageUrl"].rpartition("/")[2]
    call(address, "cancel_booking", token=token)
    found = call(address, "reschedule_booking", token=token, start=TEN)
    assert (found["isError"], found["code"]) == (True, "not_active")


@on_sqlite
@pytest.mark.parametrize(
    ("tool", "given", "code"),
    [
        ("list_event_types", {"host": "nobody"}, "not_found"),
        ("list_event_types", {}, "invalid_request"),
        ("list_event_types", {"host": 7}, "invalid_request"),
        ("list_event_types", {"host": "ana", "more": 1}, "invalid_request"),
        ("get_available_slots", {"host": "ana", "event": "no", "from": NINE, "to": TEN},
         "not_found"),
        ("get_available_slots", {"host": "ana", "event": "intro", "from": "9", "to": TEN},
         "invalid_request"),
        ("create_booking", {**MARIA, "start": "2026-12-05T09:00:00Z"}, "slot_unavailable"),
        ("create_booking", {**MARIA, "start": NINE, "email": "x"}, "invalid_request"),
        ("create_booking", {**MARIA, "start": NINE, "idempotency_key": ""}, "invalid_request"),
        ("get_booking", {"token": "forged~token"}, "not_found"),
        ("get_booking", {"token": ""}, "not_found"),
        ("cancel_booking", {"token": "x" * 5000}, "not_found"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_a_tools_error_with_the_apis_code(
    address: str, tool: str, given: dict[str, Any], code: str
) -> None:
    found = call(address, tool, **given)
    assert (found["isError"], found["code"]) == (True, code)


@on_sqlite
@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
def test_a_key_that_cannot_be_read_is_named_as_the_argument(address: str, key: str) -> None:
    found = call(address, "create_booking", **MARIA, start=NINE, idempotency_key=key)
    assert list(found["errors"]) == ["idempotency_key"]


@on_sqlite
def test_a_reason_that_is_too_long_cancels_nothing(address: str) -> None:
    made = call(address, "create_booking", **MARIA, start=NINE)
    token = made["booking"]["manageUrl"].rpartition("/")[2]
    found = call(address, "cancel_booking", token=token, reason="x" * 1001)
    assert (found["isError"], list(found["errors"])) == (True, ["reason"])
    assert call(address, "get_booking", token=token)["booking"]["status"] == "confirmed"


@on_sqlite
def test_who_has_another_name_now_is_found(address: str, ana: Browser) -> None:
    save(ana, "profile", {"handle": "anna"})
    found = call(address, "list_event_types", host="ana")
    assert (found["isError"], found.get("handle")) == (False, "anna")


@on_sqlite
def test_null_is_nothing_given(address: str, change: Callable[..., None]) -> None:
    asked = {"id": "boat", "label": "Boat", "kind": "text", "required": False}
    change("ana", event={"questions": [asked]})
    nothing = dict.fromkeys(
        ("notes", "tz", "duration", "answers", "guests", "once", "idempotency_key")
    )
    made = call(address, "create_booking", **MARIA, start=NINE, **nothing)
    assert not made["isError"], made
    call(address, "create_booking", **MARIA, start=TEN, answers={"boat": None})
    token = made["booking"]["manageUrl"].rpartition("/")[2]
    over = call(address, "cancel_booking", token=token, reason=None)
    assert (over["isError"], over["booking"]["status"]) == (False, "cancelled")


@on_sqlite
def test_an_agent_is_limited_like_everybody(app: Flask, address: str) -> None:
    for number in range(10):
        hour = f"{9 + number // 2:02}:{'00' if number % 2 == 0 else '30'}"
        start = f"2026-12-0{1 + number // 6}T{hour}:00Z"
        call(address, "create_booking", **MARIA, start=start)
    found = call(address, "create_booking", **MARIA, start="2026-12-03T09:00:00Z")
    assert (found["isError"], found["code"]) == (True, "rate_limited")
    assert len(bookings(app)) <= 10


# --- messages that no client sends ---------------------------------------------------------------


def post(guest: FlaskClient, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return guest.post("/mcp", data=data, content_type="application/json", headers=headers)


def message(method: str = "ping", **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": META, **params}}


@on_sqlite
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", -32700),
        ("{", -32700),
        ("[" * 100_000, -32700),
        ("null", -32600),
        ([message()], -32600),
        ({"id": 1, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1}, -32600),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": [], "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}, -32602),
        (message("tools/call", name="no_such_tool"), -32602),
        (message("tools/call", name=7), -32602),
        (message("resources/list"), -32601),
    ],
)
def test_a_bad_message_is_a_json_rpc_error(guest: FlaskClient, body: Any, code: int) -> None:
    answer = post(guest, body)
    assert answer.status_code in (400, 404)
    found = answer.get_json()
    assert found["jsonrpc"] == "2.0"
    assert found["error"]["code"] == code
    assert "id" in found


@on_sqlite
def test_an_unknown_revision_is_told_what_there_is(guest: FlaskClient) -> None:
    meta = {**META, "io.modelcontextprotocol/protocolVersion": "2031-01-01"}
    answer = post(guest, message(_meta=meta))
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == -32022
    assert NOW in answer.get_json()["error"]["data"]["supported"]


@on_sqlite
@pytest.mark.parametrize(
    "headers", [{"MCP-Protocol-Version": "2025-11-25"}, {"Mcp-Method": "tools/list"}]
)
def test_headers_have_to_agree_with_the_body(guest: FlaskClient, headers: dict[str, str]) -> None:
    answer = post(guest, message(), **headers)
    assert answer.get_json()["error"]["code"] == -32020


@on_sqlite
def test_a_notification_is_taken_and_nothing_is_streamed(guest: FlaskClient) -> None:
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert post(guest, body).status_code == 202
    assert guest.get("/mcp").status_code == 405
    assert guest.delete("/mcp").status_code == 405


@on_sqlite
def test_a_megabyte_is_refused(guest: FlaskClient) -> None:
    assert post(guest, '"' + "x" * 10_000_000 + '"').status_code == 413
