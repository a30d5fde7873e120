"""Blueprint: what is done at once, by buttons of their own: with bookings, the picture, one-off
links, API tokens, the webhook, the account."""

import io
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Response, abort, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

import models
from models import Booking
from widget.booking import act as booking_act
from widget.booking import deletion, export, one_off, rows, tokens, webhooks
from widget.booking.errors import NotBooked
from widget.booking.guest_input import Invalid
from widget.core import characters, clock
from widget.core.document import SettingsError, load_document, parse_document
from widget.guest import params
from widget.host import bookings, forms, links, moving, picture, webhook
from widget.host.page import address, page, secret_of_form
from widget.host.store import store
from widget.host.views import whole
from widget.web import service
from widget.web.audience import Audience, Room

blueprint = Room("acts", __name__, Audience.HOST)

GOOGLE_PERMISSIONS = "https://myaccount.google.com/permissions"
REASON_LENGTH = 500  # characters, as of what is written to a guest


# --- bookings -------------------------------------------------------------------------------------


@blueprint.route("/settings/bookings/<id>/move", methods=["GET", "POST"])
def move(id: str) -> ResponseReturnValue:
    """The steps of the picker, then the move. Google tells the guest."""
    booking, given, post = _own(id), request.values, request.method == "POST"
    try:
        if post and not (given.get("step") or given.get("next")):
            return redirect(address("bookings", done=_move(booking)), 303)
        return moving.step(booking, given)
    except NotBooked as error:
        with suppress(NotBooked):
            if post:
                return moving.step(rows.as_it_is(booking), given, error)
        return _not_done(booking, error)


@blueprint.get("/settings/bookings/<id>/<act>")
def back_to_booking(id: str, act: str) -> ResponseReturnValue:
    """A change's own address, reloaded, is the page with the booking again."""
    if not rows.BOOKING_ID.fullmatch(id):
        abort(404)
    return redirect(address(f"booking-{id}", booking=id, act=act), 303)


@blueprint.post("/settings/bookings/<id>/<act>")
def change(id: str, act: str) -> ResponseReturnValue:
    """Cancel, or mark as no-show and back. Google tells the guest of the first."""
    booking = _own(id) if act in ("cancel", "no-show", "came") else abort(404)
    try:
        done = _cancel(booking) if act == "cancel" else _mark(booking, act)
    except NotBooked as error:
        return _not_done(booking, error)
    return redirect(address("bookings", done=done), 303)


def _own(id: str) -> Booking:
    """The booking of the host who is signed in; answers 404 when there is none."""
    return rows.booking_of(current_user.host.id, id) or abort(404)


def _not_done(booking: Booking, error: NotBooked) -> ResponseReturnValue:
    """The page, with why; what was typed is kept."""
    host = models.host_by_id(booking.host_id) or abort(404)
    status = 503 if error.code.startswith("calendar") else 409
    said, typed = bookings.refused(error), request.form.get("reason", "")
    return whole(host, status, bookings={"said": said, "code": error.code, "typed": typed})


def _text(name: str) -> str:
    """What was typed to the guest."""
    return characters.without_controls(request.form.get(name, ""))[:REASON_LENGTH].strip()


def _cancel(booking: Booking) -> str:
    reason = _text("reason")
    after = booking_act.cancel(service.google(), booking, reason, booking_act.HOST, clock.now())
    return "cancelled" if after.status == "cancelled" else "pending"


def _move(booking: Booking) -> str:
    start = params.start(request.form)
    mover = replace(booking_act.HOST, message=_text("message"))
    after = booking_act.reschedule(service.google(), booking, start, mover, clock.now())
    return "moved" if after.status == "confirmed" else "pending"


def _mark(booking: Booking, act: str) -> str:
    """Note that the guest did not come, or did after all, to a booking that has begun."""
    now = clock.now()
    begun = Booking.status == "confirmed", Booking.start_at <= now
    marked = models.note(booking, *begun, no_show=act == "no-show", updated_at=now)
    return act if marked else ""


@blueprint.get("/settings/bookings.csv")
def download() -> ResponseReturnValue:
    """What the section shows, all pages of it, with the columns of `flask bookings list`."""
    host = current_user.host
    found = bookings.asked_for(host, load_document(host.settings), clock.now())
    response = Response(export.as_csv(found), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=bookings.csv"
    return response


# --- the picture, one-off links -------------------------------------------------------------------


@blueprint.post("/settings/picture")
def upload_picture() -> ResponseReturnValue:
    """Put the picture in the place of the one before, or take that away."""
    made, sent = None, request.files.get("picture")
    if "remove" not in request.form:
        try:
            made = picture.read(sent.stream if sent else io.BytesIO())
        except picture.NoPicture as error:
            return whole(current_user.host, 422, picture={"fault": str(error)})
    with models.locked(current_user.host) as host:
        store(host, load_document(host.settings).model_copy(update={"picture": made}))
    return redirect(address("profile", "picture"), 303)


@blueprint.post("/settings/links")
def make_link() -> ResponseReturnValue:
    host = current_user.host
    wish = links.wish(request.form, load_document(host.settings))
    try:
        made = one_off.make(host, wish, clock.now(), secret_of_form())
    except Invalid as error:
        return whole(host, 422, links=error.errors)
    return redirect(address("links", "links", made=made.code), 303)


@blueprint.post("/settings/links/<code>/revoke")
def revoke_link(code: str) -> ResponseReturnValue:
    one_off.revoke(current_user.host, code, clock.now())  # a second press finds it revoked
    return redirect(address("links", "links"), 303)


# --- API tokens of the host's own programs --------------------------------------------------------


@blueprint.post("/settings/tokens")
def make_token() -> ResponseReturnValue:
    """Show the new token on the page that answers: it is stored as a hash, so only this once."""
    host, name = current_user.host, characters.line(request.form.get("name", "")).strip()
    fault = f"Say in 1 to {tokens.NAME_LENGTH} characters what it is for."
    if name and len(name) <= tokens.NAME_LENGTH and not characters.has_controls(name):
        try:
            text = tokens.make(host, name, clock.now(), secret_of_form())
            return whole(host, token={"made": text, "for": name})
        except tokens.TooManyTokens:
            fault = f"There can be {tokens.TOKENS} tokens. End one that is not used any more."
    return whole(host, 422, token={"fault": fault, "name": name})


@blueprint.post("/settings/tokens/<id>/end")
def end_token(id: str) -> ResponseReturnValue:
    tokens.end(current_user.host, id)  # a second press finds it ended
    return redirect(address("programs", "programs"), 303)


# --- the webhook ----------------------------------------------------------------------------------


@blueprint.post("/settings/webhook")
def save_webhook() -> ResponseReturnValue:
    """Keep where events are sent. The secret of a new webhook is shown on the page that answers,
    and only there."""
    host, google = current_user.host, service.google()
    sent: dict[str, Any] = {
        "url": forms.READ["address"](request.form, "url", None) or "",
        "chosen": request.form.getlist("events"),
    }
    stored = webhooks.whole(google, host)
    fresh = webhooks.new_secret(secret_of_form())
    if stored.webhook and stored.webhook.secret == fresh:  # pressed twice
        return whole(host, webhook={"made": fresh})
    if request.form.get("revision") != webhook.revision(host):
        return whole(host, 409, webhook={**sent, "conflict": True})
    secret = stored.webhook.secret if stored.webhook else fresh
    wanted = {"url": sent["url"], "secret": secret, "events": sent["chosen"]}
    try:
        hook = parse_document({**stored.model_dump(), "webhook": wanted}).webhook
        assert hook
        webhooks.check(google.config, hook.url)
    except SettingsError as error:
        said = {fault.path.removeprefix("webhook."): fault.message for fault in error.faults}
        faults = {name.partition("[")[0]: message for name, message in said.items()}
        return whole(host, 422, webhook={**sent, "faults": faults})
    webhooks.put(google, host, hook, clock.now())
    if stored.webhook is None:
        return whole(host, webhook={"made": secret})
    return redirect(address("webhook", "webhook"), 303)


@blueprint.post("/settings/webhook/secret")
def new_secret() -> ResponseReturnValue:
    """Make another secret and show it; the one before counts for another day."""
    host, google = current_user.host, service.google()
    hook = webhooks.whole(google, host).webhook
    if hook is None:
        return redirect(address("webhook"), 303)
    secret = webhooks.new_secret(secret_of_form())
    webhooks.put(google, host, hook.model_copy(update={"secret": secret}), clock.now())
    return whole(host, webhook={"made": secret})


@blueprint.post("/settings/webhook/end")
def end_webhook() -> ResponseReturnValue:
    webhooks.put(service.google(), current_user.host, None, clock.now())
    return redirect(address("webhook", "webhook"), 303)


@blueprint.post("/settings/webhook/test")
def test_webhook() -> ResponseReturnValue:
    """The next round sends it: nobody waits here for somebody else's server."""
    if webhooks.of(current_user.host):
        webhooks.put_test(current_user.host, clock.now())
    return redirect(address("webhook"), 303)


@blueprint.post("/settings/webhook/<int:id>/again")
def send_again(id: int) -> ResponseReturnValue:
    if not webhooks.send_again(current_user.host, id, clock.now()):
        abort(404)
    return redirect(address("webhook"), 303)


# --- the account ----------------------------------------------------------------------------------


@blueprint.post("/settings/disconnect")
def disconnect() -> ResponseReturnValue:
    """Revoke our access at Google. Guests see that nothing can be booked; nothing else is lost."""
    if deletion.disconnect(service.google(), current_user.host, clock.now()):
        return redirect("/settings?saved=connection#connection", 303)
    return page(
        "host/problem.html",
        200,
        heading="Disconnected here, but Google did not answer",
        message="We have thrown our keys away and cannot reach your calendar any more. To take the"
        f" permission back at Google too, open {GOOGLE_PERMISSIONS}.",
    )


@blueprint.route("/settings/account/delete", methods=["GET", "POST"])
def leave() -> ResponseReturnValue:
    """What would be removed, and the form that does it."""
    host, typed, now = current_user.host, request.form.get("handle", ""), clock.now()
    sent = request.method == "POST"  # a GET can have a body too, and no secret is asked of it
    if sent and typed.strip().lower() == host.handle:
        done = deletion.host(service.google(), host, now)
        logout_user()
        session.clear()
        gone = {"done": done, "handle": host.handle, "permissions": GOOGLE_PERMISSIONS}
        return page("host/deleted.html", **gone)
    fault = f"Type {host.handle} to delete the account." if sent else ""
    made = Booking.select().where(Booking.host == host)
    ahead = made.where(Booking.status.in_(models.ACTIVE), Booking.end_at > now)
    return page(
        "host/delete.html",
        422 if fault else 200,
        host=host,
        bookings=made.count(),
        upcoming=ahead.count(),
        fault=fault,
        typed=typed,
    )
