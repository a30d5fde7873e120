"""What a page of a host or of one of the host's event types is made of."""

from typing import Any
from urllib.parse import quote

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from widget.booking import target
from widget.booking.target import Look, NotHere, Target
from widget.core import fields
from widget.core.document import EventType, Settings
from widget.core.hours import OneOff
from widget.guest import embedding, params, picture
from widget.text.language import gettext as _
from widget.web import answers, service
from widget.web import errors as web_errors
from widget.web import theme as web_theme


def look_asked(given: MultiDict[str, str]) -> tuple[str | None, str | None, bool]:
    """The theme and the accent that the site around wants, and whether it hides the details."""
    theme, accent = given.get("theme"), given.get("accent", "")
    own = accent.lower() if fields.ACCENT.fullmatch(accent) else None
    return theme if theme in web_theme.THEMES else None, own, given.get("hide_details") == "1"


def host_page(
    document: Settings, title: str, given: MultiDict[str, str], event: EventType | None = None
) -> dict[str, Any]:
    """What the templates of every page of a host need. The site around may choose its look, else
    an event type may have its own colour."""
    own = (event and event.accent) or document.theme.accent
    theme, accent, hide_details = look_asked(given)
    page = answers.page(title, theme or document.theme.mode, accent or own)
    page["look"]["hide_details"] = hide_details
    page["host"] = {
        **document.model_dump(include={"handle", "display_name", "contact"}),
        "initials": initials(document.display_name),
        "picture": picture.address(document),
    }
    page["description"] = _("Book a time with %(host)s.") % {"host": document.display_name}
    return page


def shared(document: Settings, event: EventType | None, path: str) -> dict[str, Any] | None:
    """What editors, chats and search engines read of the page of a host, or of one event type:
    oEmbed, Open Graph, JSON-LD. None for a page that nobody passes on: of a booking, of a one-off
    link, or in the settings."""
    if not path.startswith("/book/") or isinstance(event, OneOff):
        return None
    public_url, name = service.config().public_url, document.display_name
    url = f"{public_url}/book/{document.handle}" + (f"/{event.slug}" if event else "")
    return {
        "title": f"{event.title} – {name}" if event else name,
        "name": event.title if event else name,
        "url": url,
        "picture": public_url + picture.card_address(document, event),
        "size": (picture.WIDTH, picture.HEIGHT),
        "oembed": f"{public_url}/oembed?format=json&url={quote(url, safe='')}",
    }


def initials(name: str) -> str:
    """The first letters of the first and the last word of a name: AS of Ana Maria Silva."""
    words = ["".join(filter(str.isalnum, word)) for word in name.split()]
    letters = [word[0].upper() for word in words if word]
    return "".join(letters[:1] + letters[1:][-1:])


def event_types(document: Settings) -> list[tuple[EventType, str]]:
    """What a guest can choose from at a host, as links that carry the look and campaign along."""
    query = [each for each in request.args.items(multi=True) if each[0] != "once"]
    return [
        (event, params.address(f"/book/{document.handle}/{event.slug}", query))
        for event in document.event_types
        if event.listed and event.active
    ]


def not_here(error: NotHere) -> ResponseReturnValue:
    """404: no such host; or the host's name, how to reach them, and what can be booked there. What
    a guest has typed meanwhile is shown, and goes along to what is booked instead."""
    document, given, typed = error.document, request.form, _typed()
    if document is None:
        return web_errors.trouble(404, typed=typed)
    heading = _("Nothing here")
    message = _("%(host)s does not offer this any more, or the link is incomplete.")
    said = [message % {"host": document.display_name}]
    page = host_page(document, heading, request.values) | {"typed": typed}
    if typed:
        said += [_("Nothing was booked."), _("What you typed is kept.")]
        kept = params.kept(given, ("tz", *params.DETAIL_FIELDS))
        page["carried"] = [*params.seen(given), *params.utm_fields(given), *kept]
    page["alert"] = {"code": "not_found", "message": " ".join(said)}
    listed = event_types(document)
    return answers.answer(
        "guest/problem.html", 404, **page, heading=heading, event_types=listed, calm=True
    )


def _typed() -> list[tuple[str, str]]:
    """What a guest has typed into the form of this request, each with what was asked."""
    labels = {"name": _("Your name"), "email": _("Your e-mail address")}
    labels["guests"] = _("Other people to invite")
    return [
        (labels.get(name, _("You wrote")), value)
        for name, value in request.form.items(multi=True)
        if (name in params.DETAIL_FIELDS or name.startswith("question-")) and value.strip()
    ][:50]


def find(handle: str, slug: str, once: str) -> Target:
    """The event type at this address, for a page. Only allowed sites may frame it.

    Raises NotHere or Renamed.
    """
    host, document = target.find_host(handle)
    embedding.enter(host.id, document, slug)
    return target.event_of(host, document, slug, once)


def look(handle: str, slug: str, once: str) -> Look:
    """find, for a guest who only looks. Raises NotHere or Renamed."""
    kept, age = service.look_at_host(handle)
    embedding.enter(kept.host_id, kept.document, slug)
    return Look(kept, age, target.event_in(kept.host_id, kept.document, slug, once))
