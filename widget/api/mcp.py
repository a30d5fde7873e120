"""Blueprint: the Model Context Protocol over streamable HTTP, stateless: one message in, one out.

Revision 2026-07-28, where each request says all about itself, and those before, which begin with
`initialize`: https://modelcontextprotocol.io/specification
"""

from typing import Any

import peewee
from flask import current_app, make_response, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, TooManyRequests, UnsupportedMediaType

import models
from widget.api import tools
from widget.api.calls import FAULTS, told
from widget.api.openapi import VERSION
from widget.booking.target import NotHere
from widget.web import errors as web_errors
from widget.web import limits
from widget.web.audience import Audience, Room

blueprint = Room("mcp", __name__, Audience.PROGRAM, counted=False)

NOW = "2026-07-28"
BEFORE = ("2025-11-25", "2025-06-18", "2025-03-26")
META = "io.modelcontextprotocol/"
SERVER = {"name": "meetslot", "title": "Meetslot", "version": VERSION}
CAPABILITIES = {"tools": {"listChanged": False}}
INSTRUCTIONS = (
    "Books meetings in a host's Google Calendar. Find a time with get_available_slots, agree on it"
    " with the guest, then call create_booking. Never invent an e-mail address."
)
#: JSON-RPC 2.0, section 5.1, and the protocol's own.
PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022


class Fault(Exception):
    """A message that cannot be answered: JSON-RPC's `code`, and data that says more."""

    def __init__(self, code: int, message: str, **data: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@blueprint.post("/mcp")
def answer() -> ResponseReturnValue:
    """The answer to one JSON-RPC request; 202 to a notification, of which none is of use here.

    Each is counted as read; only the call of a tool has words of its own for too many.
    """
    id = None
    try:
        message = _message()
        if message["method"] != "tools/call" or "id" not in message:
            limits.count_reading()
        if "id" not in message:
            return "", 202
        id = message["id"]
        if not isinstance(id, str | int) or isinstance(id, bool):
            id = None
            raise Fault(INVALID_REQUEST, "id has to be a string or a whole number")
        result = _result(message["method"], _params(message))
    except Fault as fault:
        limits.count_reading()
        error = {"code": fault.code, "message": fault.message}
        error |= {"data": fault.data} if fault.data else {}
        body = {"jsonrpc": "2.0", "id": id, "error": error}
        modern = request.headers.get("MCP-Protocol-Version") not in BEFORE
        status = 404 if fault.code == NO_METHOD else 400
        return body, status if modern or id is None else 200
    return make_response({"jsonrpc": "2.0", "id": id, "result": result})


def _message() -> dict[str, Any]:
    """The one JSON-RPC request or notification in the body. Raises Fault."""
    try:
        message = request.get_json()
    except (BadRequest, UnsupportedMediaType, RecursionError):
        raise Fault(PARSE_ERROR, "Send JSON with Content-Type application/json") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Fault(INVALID_REQUEST, "Send one JSON-RPC 2.0 request; batches are not taken")
    if not isinstance(message.get("method"), str):
        raise Fault(INVALID_REQUEST, "A request has a method")
    return message


def _params(message: dict[str, Any]) -> dict[str, Any]:
    """The parameters, when what the headers say agrees with them. Raises Fault."""
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise Fault(INVALID_PARAMS, "params has to be an object")
    meta = params.get("_meta", {})
    version = meta.get(f"{META}protocolVersion") if isinstance(meta, dict) else None
    header = request.headers.get("MCP-Protocol-Version")
    if (version or header or BEFORE[0]) not in (NOW, *BEFORE):
        raise Fault(
            UNSUPPORTED_VERSION,
            "Unsupported protocol version",
            supported=[NOW, *BEFORE],
            requested=str(version or header),
        )
    if version == NOW:
        told = {"MCP-Protocol-Version": version, "Mcp-Method": message["method"]}
        for name, value in told.items():
            if request.headers.get(name, value) != value:
                raise Fault(HEADER_MISMATCH, f"{name} differs from the body")
    return params


def _result(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """What a method answers. Raises Fault."""
    about: dict[str, Any] = {"capabilities": CAPABILITIES, "instructions": INSTRUCTIONS}
    complete = {
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "public",
        "_meta": {f"{META}serverInfo": SERVER},
    }
    if method == "initialize":
        asked = params.get("protocolVersion")
        version = asked if asked in BEFORE else BEFORE[0]
        return {"protocolVersion": version, "serverInfo": SERVER, **about}
    if method == "server/discover":
        return {"supportedVersions": [NOW, *BEFORE], **about, **complete}
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": [tool.document() for tool in tools.TOOLS.values()], **complete}
    if method == "tools/call":
        called = {name: complete[name] for name in ("resultType", "_meta")}
        return {**_called(params), **called}
    raise Fault(NO_METHOD, f"There is no method {method[:60]!r}")


def _called(params: dict[str, Any]) -> dict[str, Any]:
    """What a tool answers, or why not, in words that an agent can act on. Raises Fault."""
    name, given = params.get("name"), params.get("arguments", {})
    if not isinstance(name, str) or name not in tools.TOOLS:
        raise Fault(INVALID_PARAMS, f"There is no tool {str(name)[:60]!r}", tools=list(tools.TOOLS))
    try:
        limits.count_reading()
        answered = tools.run(name, given if given is not None else {})
        return _said(answered.model_dump_json(), answered.model_dump(mode="json"))
    except ValidationError as error:
        faults = {".".join(map(str, each["loc"])): each["msg"] for each in error.errors()}
        response = web_errors.problem(
            422, "invalid_request", "Some arguments are not right.", errors=faults
        )
    except (NotHere, models.Erased):
        said = (
            "There is no such host, event type, one-off link or booking."
            " list_event_types names what there is."
        )
        response = web_errors.problem(404, "not_found", said)
    except FAULTS as error:
        response = told(error, tools.TOOLS[name].words)
    except (TooManyRequests, peewee.PeeweeException) as error:
        response = make_response(current_app.handle_user_exception(error))
    return {**_said(response.get_data(as_text=True), response.get_json()), "isError": True}


def _said(text: str, structured: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "structuredContent": structured}
