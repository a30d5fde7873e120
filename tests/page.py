"""An HTML page as a test sees it: elements by tag and attributes, forms as a browser sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict

VOID = {"input", "meta", "link", "br", "img", "hr"}
#: A start tag as our templates write it: all that is not of this kind is html.parser's.
PLAIN = re.compile(r'<(?!script|style)([a-z][a-z0-9-]*)((?: [a-z-]+(?:="[^"]*")?)*)>')
ATTRIBUTE = re.compile(r' ([a-z-]+)(?:="([^"]*)")?')


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    parts: list[Element | str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attrs[name]

    @property
    def text(self) -> str:
        """What people read of it: no style sheet, nothing of data for search engines."""
        if self.tag in ("script", "style"):
            return ""
        joined = "".join(part if isinstance(part, str) else part.text for part in self.parts)
        return " ".join(joined.split())

    @property
    def raw(self) -> str:
        return "".join(part if isinstance(part, str) else part.raw for part in self.parts)

    def walk(self) -> Iterator[Element]:
        yield self
        for part in self.parts:
            if isinstance(part, Element):
                yield from part.walk()

    def all(self, tag: str = "", **attrs: str | bool) -> list[Element]:
        """Elements with these attributes (`_` for `-`); True: whatever the value."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            each
            for each in self.walk()
            if (not tag or each.tag == tag)
            and all(
                name in each.attrs and value in (True, each.attrs[name])
                for name, value in wanted.items()
            )
        ]

    def one(self, tag: str = "", **attrs: str | bool) -> Element:
        found = self.all(tag, **attrs)
        assert len(found) == 1, (tag, attrs, len(found))
        return found[0]

    def sent(self) -> MultiDict[str, str]:
        """The same with every field that has a name more than once, such as rows of a list."""
        found: MultiDict[str, str] = MultiDict()
        for each in self.walk():
            if "name" in each.attrs and each.tag != "button":
                alone = Element("form", {}, [each]).fields()
                found.update(alone)
        return found

    def fields(self) -> dict[str, str]:
        """What a browser would send of this form with nothing changed and no button pressed."""
        found: dict[str, str] = {}
        for each in self.walk():
            if "name" not in each.attrs or each.tag == "button":
                continue
            if each.tag == "textarea":
                found[each["name"]] = each.raw.removeprefix("\n")  # as HTML has it
            elif each.tag == "select":
                options = each.all("option")
                chosen = each.all("option", selected=True) or options[:1]
                found[each["name"]] = chosen[0].attrs.get("value", chosen[0].text)
            elif each.attrs.get("type") not in ("checkbox", "radio") or "checked" in each.attrs:
                found[each["name"]] = each.attrs.get("value", "")
        return found


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack = [Element("", {})]

    def updatepos(self, i: int, j: int) -> int:
        return j  # nobody asks for line numbers

    def parse_starttag(self, i: int) -> int:
        """As html.parser, which takes three times as long."""
        plain = PLAIN.match(self.rawdata, i)
        if not plain:
            return super().parse_starttag(i)
        found = ATTRIBUTE.findall(plain[2])
        self.handle_starttag(plain[1], [(name, unescape(value)) for name, value in found])
        return plain.end()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.stack[-1].parts.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.stack) - 1, 0, -1):
            if self.stack[depth].tag == tag:
                del self.stack[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.stack[-1].parts.append(data)


def read(html: str) -> Element:
    parser = _Parser()
    parser.feed(html)
    return parser.stack[0]


def starts(page: Element) -> list[str]:
    """The free slots that a picker shows."""
    return [button["value"] for button in page.all("button", name="start")]
