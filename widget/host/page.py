"""What every page of the host's side shares: its layout, its addresses, its forms."""

import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask.typing import ResponseReturnValue

from widget.booking import links
from widget.web import answers, service

#: What hosts are told, by the code's names for it.
WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
CODES = {400: "invalid_request", 403: "not_allowed", 409: "conflict", 503: "calendar_unavailable"}
#: What an address says about the view: which editor, month, tab and page of bookings are open.
KEPT = ("event", "month", "embed", "of", "show", "q", "page")
VIEW_LENGTH = 100  # characters of any of them


def page(template: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    """A page of the host's side: whole, never kept by caches, never framed."""
    layout = {**answers.page("Meetslot"), "code": CODES.get(status)}
    return answers.html(template, **{**layout, **context}), status


def address(anchor: str, saved: str = "", **changes: str | int | None) -> str:
    """The page at a section, with the view as it is but for `changes` (None: not any more)."""
    kept = {name: request.args[name][:VIEW_LENGTH] for name in KEPT if request.args.get(name)}
    wanted = {**kept, "saved": saved, **changes}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return "/settings" + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


def action(path: str) -> str:
    """A form's address, which keeps the view."""
    return address("").replace("/settings", f"/settings/{path}", 1)


def secret_of_form() -> str:
    """What a sent form makes something new of: the same when it is sent again (made_by)."""
    return links.made_by(service.config(), request.form.get("nonce", ""))
