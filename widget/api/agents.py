"""Blueprint: what agents read before they act: llms.txt, and an event type as Markdown."""

from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue

from widget.api.tools import TOOLS
from widget.booking import guest_input
from widget.booking.errors import NotBooked
from widget.core import clock
from widget.core.clock import to_rfc3339
from widget.web import answers, messages, service
from widget.web.audience import Audience, Room

blueprint = Room("agents", __name__, Audience.PROGRAM)

TIMES = 10  # shown of the next two weeks


@blueprint.get("/llms.txt")
def about() -> ResponseReturnValue:
    return _text("llms.txt", "text/plain", tools=TOOLS)


@blueprint.get("/book/<handle>/<slug>.md")
def event_type(handle: str, slug: str) -> ResponseReturnValue:
    """An event type, its next free times and the two calls that book."""
    target = service.look(handle, slug)
    now = clock.now()
    until, trouble = now + 14 * clock.DAY, ""
    try:
        free = service.offer(target).free(now, until)[:TIMES]
    except NotBooked as error:
        free, trouble = [], messages.refusal(error)
    return _text(
        "event_type.md",
        "text/markdown",
        document=target.document,
        event=target.event,
        first=to_rfc3339(now),
        last=to_rfc3339(until),
        free=[*map(to_rfc3339, free)],
        trouble=trouble,
        asked=guest_input.questions(target.event),
        line=_line,
    )


def _text(template: str, mimetype: str, **context: Any) -> Response:
    said = answers.html(f"api/{template}", url=service.config().public_url, **context)
    return Response(f"{said}\n", mimetype=mimetype)


def _line(text: str) -> str:
    """A host's words in one line: they begin no heading, list or code."""
    return " ".join(text.replace("`", "'").split())
