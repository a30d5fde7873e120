"""Whom a blueprint answers: that alone decides on session, CSRF, headers and framing."""

from __future__ import annotations

from enum import Enum
from typing import Any

from flask import Blueprint, current_app, request
from flask.sansio.blueprints import Blueprint as AnyBlueprint


class Audience(Enum):
    """`guest` and `program` know no session and may be framed; `host` has a session, CSRF
    tokens and is never framed; `operator` has none of it and is never framed."""

    GUEST = "guest"
    HOST = "host"
    PROGRAM = "program"
    OPERATOR = "operator"

    @property
    def framed(self) -> bool:
        return self in (Audience.GUEST, Audience.PROGRAM)


class Room(Blueprint):
    """A blueprint that says whom it answers."""

    def __init__(self, name: str, module: str, audience: Audience, **options: Any) -> None:
        super().__init__(name, module, **options)
        self.audience = audience


def current() -> Audience:
    """Whom this request's route answers; an operator where no route was found.

    Raises TypeError for a blueprint that is no Room: it has to say whom it answers.
    """
    if request.blueprint is None:
        return Audience.OPERATOR
    return of(current_app.blueprints[request.blueprint])


def of(blueprint: AnyBlueprint) -> Audience:
    """Whom a blueprint answers. Raises TypeError for one that does not say it."""
    if not isinstance(blueprint, Room):
        raise TypeError(f"blueprint {blueprint.name} has to be a Room with an audience")
    return blueprint.audience
