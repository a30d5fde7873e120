"""Whom a blueprint answers: that alone decides on session, CSRF, limits, headers and framing."""

from enum import Enum
from typing import Any

from flask import Blueprint, current_app, request


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
    """A blueprint that says whom it answers. `counted`: every request of a guest or program counts
    for the limits before its route is run."""

    def __init__(
        self, name: str, module: str, audience: Audience, *, counted: bool = True, **options: Any
    ) -> None:
        super().__init__(name, module, **options)
        self.audience = audience
        self.counted = counted and audience.framed


def room() -> Room | None:
    """The blueprint of this request's route; None where no route was found.

    Raises TypeError for a blueprint that is no Room: it has to say whom it answers.
    """
    if request.blueprint is None:
        return None
    found = current_app.blueprints[request.blueprint]
    if not isinstance(found, Room):
        raise TypeError(f"blueprint {found.name} has to be a Room with an audience")
    return found


def current() -> Audience:
    """Whom this request's route answers; an operator where no route was found."""
    found = room()
    return found.audience if found else Audience.OPERATOR
