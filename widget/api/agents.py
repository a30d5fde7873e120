"""Blueprint: what agents read before they act: llms.txt, and an event type as Markdown."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from widget.api.tools import TOOLS
from widget.booking import guest_input
from widget.booking.errors import NotBooked
from widget.booking.target import Look
from widget.core import clock
from widget.core.clock import to_rfc3339
from widget.web import messages, service
from widget.web.audience import Audience, Room

blueprint = Room("agents", __name__, Audience.PROGRAM)

TIMES = 10  # shown of the next two weeks

ABOUT = """\
# Meetslot

> Books meetings in a host's Google Calendar, with a Google Meet link. A host's booking page is \
{url}/book/HOST, one of an event type {url}/book/HOST/EVENT.

## How to book
- [Model Context Protocol]({url}/mcp): streamable HTTP, no sign-in. Tools: {tools}.
- [The HTTP API]({url}/api): JSON, no key; as [OpenAPI]({url}/api/openapi.json).
- {url}/book/HOST/EVENT.md: an event type and its next free times as Markdown.

## Rules
- Ask the guest before you book, move or cancel, and for the e-mail address: the invitation goes \
there. Never invent one.
- Times in answers are UTC. Say them in the guest's own time zone, and name the zone.
- Send the same Idempotency-Key again when you are not sure that a booking was made.
"""

EVENT = """\
# {title}

With {host}, {minutes} minutes. {description}

## Next free times (UTC)
{times}

## Book it
1. `GET {url}/api/v1/{handle}/{slug}/slots?from={first}&to={last}` lists all free times.
2. `POST {url}/api/v1/{handle}/{slug}/bookings` with `Content-Type: application/json`, an \
`Idempotency-Key` of your own, and

```json
{{"start": "{example}", "name": "…", "email": "…", "tz": "{tz}"{answers}}}
```

The page for people is {url}/book/{handle}/{slug}. More: {url}/llms.txt
"""


@blueprint.get("/llms.txt")
def about() -> ResponseReturnValue:
    said = ABOUT.format(url=service.config().public_url, tools=", ".join(TOOLS))
    return Response(said, mimetype="text/plain")


@blueprint.get("/book/<handle>/<slug>.md")
def event_type(handle: str, slug: str) -> ResponseReturnValue:
    """An event type, its next free times and the two calls that book."""
    return Response(_described(service.look(handle, slug)), mimetype="text/markdown")


def _described(target: Look) -> str:
    now, event, document = clock.now(), target.event, target.document
    try:
        free = service.offer(target).free(now, now + 14 * clock.DAY)[:TIMES]
        times = "\n".join(f"- {to_rfc3339(each)}" for each in free)
    except NotBooked as error:
        free, times = [], messages.refusal(error)
    asked = "".join(f', "{each.id}": "…"' for each in guest_input.questions(event))
    return EVENT.format(
        title=_line(event.title),
        host=_line(document.display_name),
        minutes=event.duration,
        description=_line(event.description),
        times=times or "None in the next two weeks.",
        url=service.config().public_url,
        handle=document.handle,
        slug=event.slug,
        first=to_rfc3339(now),
        last=to_rfc3339(now + 14 * clock.DAY),
        example=to_rfc3339(free[0]) if free else "2026-12-01T09:00:00Z",
        tz=document.time_zone,
        answers=f', "answers": {{{asked[2:]}}}' if asked else "",
    )


def _line(text: str) -> str:
    """A host's words in one line: they begin no heading, list or code."""
    return " ".join(text.replace("`", "'").split())
