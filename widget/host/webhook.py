"""Blueprint: the host's webhook, set and tried on the settings page."""

from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from widget.booking import webhooks
from widget.core import clock
from widget.core.document import SettingsError, parse_document
from widget.host import forms, webhook_view
from widget.host.page import address, secret_of_form
from widget.host.views import whole
from widget.web import service
from widget.web.audience import Audience, Room

blueprint = Room("webhook", __name__, Audience.HOST)


@blueprint.post("/settings/webhook")
def save() -> ResponseReturnValue:
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
    if request.form.get("revision") != webhook_view.revision(host):
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
def end() -> ResponseReturnValue:
    webhooks.put(service.google(), current_user.host, None, clock.now())
    return redirect(address("webhook", "webhook"), 303)


@blueprint.post("/settings/webhook/test")
def test() -> ResponseReturnValue:
    """The next round sends it: nobody waits here for somebody else's server."""
    if webhooks.of(current_user.host):
        webhooks.put_test(current_user.host, clock.now())
    return redirect(address("webhook"), 303)


@blueprint.post("/settings/webhook/<int:id>/again")
def again(id: int) -> ResponseReturnValue:
    if not webhooks.send_again(current_user.host, id, clock.now()):
        abort(404)
    return redirect(address("webhook"), 303)
