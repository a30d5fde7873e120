"""Parts of pages, made once for all who ask for the same.

In a template `{% kept KEY %} … {% endkept %}` is rendered once for every KEY and language; whoever
comes next gets the same HTML. So KEY (any hashable value, a tuple of all or one view model) has to
hold everything else that the part is made of, and nothing that a guest typed. None, or a name that
the page does not have: it is rendered each time.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Context
from markupsafe import Markup

from widget.text import language
from widget.web import service

PART_BYTES, CHARACTER_BYTES = 500, 2  # of one beside its HTML; and of that, with a dash in it
T = TypeVar("T")


def kept(place: Hashable, key: Hashable, make: Callable[[], T], size_bytes: int = 0) -> T:
    """What `make` gives, or gave before for the same key at this place in this language; kept as
    so many bytes, or as long as its text is."""
    if not key:
        return make()
    parts, whole = service.kept().parts, (place, language.tag(), key)
    found: T | None = parts.get(whole)
    if found is None:
        found = make()
        parts.put(whole, found, PART_BYTES + (size_bytes or CHARACTER_BYTES * len(str(found))))
    return found


class Kept(Extension):
    """The tag `kept` for templates: fragment caching, as Jinja's documentation of extensions has
    it. The place of a part is its line, and the page that it is a part of."""

    tags = {"kept"}  # noqa: RUF012  # as its base has it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        key = parser.parse_expression()
        body = parser.parse_statements(("name:endkept",), drop_needle=True)
        place = nodes.Const(f"{parser.name}:{line}")
        call = self.call_method("_part", [nodes.ContextReference(), place, key])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _part(self, page: Context, place: str, key: Any, caller: Callable[[], str]) -> Markup:
        return kept((page.name, place), key, lambda: Markup(caller()))  # noqa: S704
