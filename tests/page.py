"""An HTML page as a test sees it: elements by tag and attributes, forms as a browser sends them."""

from __future__ import annotations

import re
from functools import cached_property
from html import unescape

from werkzeug.datastructures import MultiDict

VOID = {"input", "meta", "link", "br", "img", "hr"}
RAW = ("script", "style")
#: A tag (does it end an element, its name, its attributes), a comment or a doctype.
TAG = re.compile(
    r"""<(?:(/?)([a-zA-Z][^\s/>]*)((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>|!--.*?-->|![^>]*>)""",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"""([^\s=/"'>]+)(?:="([^"]*)"|='([^']*)'|=([^\s"'>]+))?""")


class Element:
    """One element; `order` are all of the page as they stand in it, this one and those within
    from `first` until `last`."""

    def __init__(self, tag: str, written: str, order: list[Element]) -> None:
        self.tag, self.written, self.order = tag, written, order
        self.parts: list[Element | str] = []
        self.first = len(order)
        self.last = self.first + 1
        order.append(self)

    def __repr__(self) -> str:
        return f"<{self.tag}{self.written}>"

    @cached_property
    def attrs(self) -> dict[str, str]:
        found = ATTRIBUTE.findall(self.written)
        return {name.lower(): unescape(a or b or c) for name, a, b, c in found}

    def __getitem__(self, name: str) -> str:
        return self.attrs[name]

    def has(self, name: str) -> bool:
        """Whether it has this attribute; most need not be taken apart for that."""
        return name in self.written.lower() and name in self.attrs

    @property
    def text(self) -> str:
        """What people read of it: no style sheet, nothing of data for search engines."""
        if self.tag in RAW:
            return ""
        joined = "".join(part if isinstance(part, str) else part.text for part in self.parts)
        return " ".join(joined.split())

    @property
    def raw(self) -> str:
        return "".join(part if isinstance(part, str) else part.raw for part in self.parts)

    def walk(self) -> list[Element]:
        """This element and all within, as they stand in the page."""
        return self.order[self.first : self.last]

    def all(self, tag: str = "", **attrs: str | bool) -> list[Element]:
        """Elements with these attributes (`_` for `-`); True: whatever the value."""
        found = [each for each in self.walk() if not tag or each.tag == tag]
        for written, value in attrs.items():
            name = written.strip("_").replace("_", "-")
            found = [
                each
                for each in found
                if each.has(name) and (value is True or value == each.attrs[name])
            ]
        return found

    def one(self, tag: str = "", **attrs: str | bool) -> Element:
        found = self.all(tag, **attrs)
        assert len(found) == 1, (tag, attrs, len(found))
        return found[0]

    def sent(self) -> MultiDict[str, str]:
        """The same with every field that has a name more than once, such as rows of a list."""
        found: MultiDict[str, str] = MultiDict()
        for each in self.walk():
            if each.has("name") and each.tag != "button":
                found.update(each.fields())
        return found

    def fields(self) -> dict[str, str]:
        """What a browser would send of this form with nothing changed and no button pressed."""
        found: dict[str, str] = {}
        for each in self.walk():
            if not each.has("name") or each.tag == "button":
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


def read(html: str) -> Element:
    """The page's elements, in half the time of html.parser, which reads any page at all."""
    order: list[Element] = []
    stack, at, end = [Element("", "", order)], 0, 0
    for tag in TAG.finditer(html):
        start, after = tag.span()
        if start < at:
            continue  # within a script or a style sheet
        if end < start:
            data = html[end:start]
            stack[-1].parts.append(unescape(data) if start != at and "&" in data else data)
        at = end = after
        closes, name, rest = tag.groups()
        if closes:
            _close(stack, name, len(order))
        elif name:
            element = Element(name, rest, order)
            stack[-1].parts.append(element)
            if name not in VOID and rest[-1:] != "/":
                stack.append(element)
            if name in RAW:  # no data of it is escaped
                at = html.index(f"</{name}", at)
    stack[-1].parts.append(unescape(html[end:]))
    for left_open in stack:
        left_open.last = len(order)
    return stack[0]


def _close(stack: list[Element], name: str, last: int) -> None:
    for depth in range(len(stack) - 1, 0, -1):
        if stack[depth].tag == name:
            for closed in stack[depth:]:
                closed.last = last
            del stack[depth:]
            return


def starts(page: Element) -> list[str]:
    """The free slots that a picker shows."""
    return [button["value"] for button in page.all("button", name="start")]
