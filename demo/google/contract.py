"""What the stand-in is held to: the discovery document that google-api-python-client ships."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import googleapiclient

Schema = dict[str, Any]
BASE = "/calendar/v3/"


@cache
def document() -> Schema:
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    found: Schema = json.loads((folder / "calendar.v3.json").read_text())
    return found


@dataclass(frozen=True)
class Method:
    """One method of Calendar v3; `path` matches an address below BASE."""

    id: str
    http: str
    path: re.Pattern[str]
    spec: Schema

    @cached_property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.spec.get("scopes", ()))

    @cached_property
    def parameters(self) -> Schema:
        return {**document()["parameters"], **self.spec.get("parameters", {})}


@cache
def methods() -> tuple[Method, ...]:
    return tuple(_methods(document()))


def _methods(part: Schema) -> Iterator[Method]:
    for spec in part.get("methods", {}).values():
        path = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(spec["path"]))
        yield Method(spec["id"], spec["httpMethod"], re.compile(path), spec)
    for resource in part.get("resources", {}).values():
        yield from _methods(resource)


@lru_cache(2048)
def find(http: str, path: str) -> tuple[Method, Mapping[str, str]] | None:
    """The method at an address, and the parameters in its path (not unquoted)."""
    for method in methods():
        match = method.path.fullmatch(path.removeprefix(BASE))
        if match and method.http == http and path.startswith(BASE):
            return method, match.groupdict()
    return None


def check_request(method: Method, query: Mapping[str, list[str]], body: Any) -> list[str]:
    """What is wrong with a request, as sentences."""
    known, found = method.parameters, list[str]()
    for name, values in query.items():
        if name not in known:
            found.append(f"{method.id}: unknown parameter {name}")
            continue
        for value in values:
            found += _plain(f"{method.id}: parameter {name}", known[name], value)
    for name, spec in known.items():
        if spec.get("required") and spec["location"] == "query" and name not in query:
            found.append(f"{method.id}: parameter {name} is missing")
    wanted = method.spec.get("request")
    if wanted and not isinstance(body, dict):
        found.append(f"{method.id}: a body is missing")
    elif wanted:
        found += _value(f"{method.id}: body", wanted, body)
    return found


def check_answer(method: Method, body: Any) -> list[str]:
    wanted = method.spec.get("response")
    if not wanted:
        return [] if body is None else [f"{method.id}: answered with a body"]
    return _value(f"{method.id}: answer", wanted, body)


def _plain(where: str, spec: Schema, text: str) -> list[str]:
    """A parameter, which is text on the wire."""
    kind = spec.get("type")
    if kind == "integer" and not re.fullmatch(r"-?\d+", text):
        return [f"{where} is no integer"]
    if kind == "boolean" and text not in ("true", "false"):
        return [f"{where} is no boolean"]
    if kind == "string":
        return _string(where, spec, text)
    return []


def _value(where: str, spec: Schema, value: Any) -> list[str]:
    if "$ref" in spec:
        spec = document()["schemas"][spec["$ref"]]
    kind = spec.get("type", "any")
    if kind == "any":
        return []
    python = {
        "object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
        "number": (int, float),
    }[kind]  # fmt: skip
    if not isinstance(value, python) or (kind in ("integer", "number") and value is True):  # type: ignore[arg-type]
        return [f"{where} is no {kind}"]
    if kind == "object":
        return _object(where, spec, value)
    if kind == "array":
        items = enumerate(value)
        return [
            fault for n, each in items for fault in _value(f"{where}[{n}]", spec["items"], each)
        ]
    return _string(where, spec, value) if kind == "string" else []


def _object(where: str, spec: Schema, value: Schema) -> list[str]:
    known, rest = spec.get("properties", {}), spec.get("additionalProperties")
    found = []
    for name, part in value.items():
        if name in known:
            found += _value(f"{where}.{name}", known[name], part)
        elif rest is not None:
            found += _value(f"{where}.{name}", rest, part)
        else:
            found.append(f"{where}.{name} is unknown")
    if {"dateTime", "timeZone"} <= set(known) and "dateTime" in value:
        moment = str(value["dateTime"])
        if not re.search(r"(Z|[+-]\d\d:\d\d)$", moment) and "timeZone" not in value:
            found.append(f"{where}.dateTime has neither offset nor timeZone")
    return found


def _string(where: str, spec: Schema, text: str) -> list[str]:
    if "enum" in spec and text not in spec["enum"]:
        return [f"{where} is none of {spec['enum']}"]
    if "pattern" in spec and not re.fullmatch(spec["pattern"], text):
        return [f"{where} does not match {spec['pattern']}"]
    try:
        if spec.get("format") == "date-time":
            datetime.fromisoformat(text)
        elif spec.get("format") == "date":
            date.fromisoformat(text)
        elif spec.get("format") in ("int64", "uint64"):
            int(text)
    except ValueError:
        return [f"{where} is no {spec['format']}"]
    return []
