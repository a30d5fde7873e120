"""Who may show a booking page in a frame, and what a site that may not sees there instead.

The browser holds every page to the host's allowed sites by `frame-ancestors`, and shows nothing
where it refuses. So a frame of a site that is certainly not allowed gets an answer that holds
nothing of the booking page, is free to be framed, and says in words what to do. Whatever a
request claims, the page itself never comes without its `frame-ancestors`: a lie gains nothing.
"""

from flask import abort, g, request

from widget.core import addresses, clock
from widget.core.document import Settings
from widget.guest import params, sightings
from widget.text.language import gettext as _
from widget.web import answers, service


def embedder() -> str | None:
    """The origin of the site that this request's frame stands on; None when nothing tells.

    The browser's own Referer counts before what embed.js wrote into the address (`embedder`),
    since a site may keep its name to itself (Referrer-Policy). A browser too old to say what it
    asks for (Sec-Fetch-Dest) is in a frame if the script says so.
    """
    hint, silent = request.args.get("embedder", ""), "Sec-Fetch-Dest" not in request.headers
    if not answers.frame() and not (silent and hint):
        return None
    origins = [addresses.origin_of(text) for text in (request.headers.get("Referer", ""), hint)]
    return next((each for each in origins if each and each != service.config().public_url), None)


def enter(host_id: int, document: Settings, slug: str = "") -> None:
    """Note which site the host's page is framed by, allowed or not, and let only allowed ones
    frame it. Aborts with a page that says so to another one."""
    site = embedder()
    known = slug in ("", *(event.slug for event in document.event_types))
    if request.method == "GET" and site and known:
        sightings.memory().note(host_id, site, slug, clock.now())
    if not document.allowed_sites:
        return
    if site and answers.frame() and site not in document.allowed_sites:
        heading = _("The booking page cannot be shown here")
        context = {**answers.page(heading), "alert": {"code": "site_not_allowed"}, "site": site}
        context["url"] = params.same()
        abort(answers.answer("guest/refused.html", 403, **context))  # nothing of host or guest
    g.frame_ancestors = " ".join(("'self'", *document.allowed_sites))
