"""Addresses of the settings page, which keep the view as it is."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request

#: What an address says about the view: which editor, month, tab and page of bookings are open.
KEPT = ("event", "month", "embed", "of", "show", "q", "page")
VIEW_LENGTH = 100  # characters of any of them


def address(anchor: str, saved: str = "", **changes: str | int | None) -> str:
    """The page at a section, with the view as it is but for `changes` (None: not any more)."""
    kept = {name: request.args[name][:VIEW_LENGTH] for name in KEPT if request.args.get(name)}
    wanted = {**kept, **({"saved": saved} if saved else {}), **changes}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return "/settings" + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


def action(path: str) -> str:
    """A form's address, which keeps the view."""
    return address("").replace("/settings", f"/settings/{path}", 1)
