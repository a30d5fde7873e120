"""A settings document, stored: with what it takes along of a handle or slug that is another now."""

import peewee

import models
from models import Booking, Host, OldHandle, OldSlug
from widget.booking.one_off import OneOffLink
from widget.core.document import Fault, Settings, SettingsError, document_json, unknown_zone
from widget.core.fields import NOT_NEW


def store(
    host: models.Host,
    document: Settings,
    renamed: dict[str, str] | None = None,
    *,
    zone_chosen: bool = False,
) -> None:
    """Save a document, but for its webhook, over that of a host who is locked.

    `renamed`: slugs before and after, whose bookings go along. Unless its zone was chosen by the
    host, one that nobody knows is asked for until it is.

    Raises SettingsError when another host has the handle, or no host may take it any more.
    """
    if document.handle in NOT_NEW and document.handle != host.handle:
        raise SettingsError([Fault("handle", "is reserved: choose another")])
    document = document.model_copy(update={"webhook": None})  # see widget/booking/webhooks.py
    text, asked = document_json(document), None if zone_chosen else zone_asked(host)
    if text != host.settings:
        try:
            with models.write():
                handle, revision = document.handle, Host.revision + 1
                models.note(host, settings=text, handle=handle, revision=revision)
                if handle != host.handle:
                    _rename(host, handle)
                for old, new in (renamed or {}).items():
                    _rename_event(host, old, new)
                models.forget_busy(host)
        except peewee.IntegrityError:
            raise SettingsError([Fault("handle", "is taken: choose another")]) from None
    if asked != host.unknown_zone:
        models.note(host, unknown_zone=asked)


def zone_asked(host: models.Host) -> str | None:
    """The name of the host's time zone if nobody knows it, so that the host is asked: Google's
    word (maybe empty), or what is stored. None if it is known."""
    return host.unknown_zone if host.unknown_zone is not None else unknown_zone(host.settings)


def holder(handle: str) -> Host | None:
    """The host who has a handle, or had it."""
    return models.host_by_handle(handle) or models.host_by_old_handle(handle)


def _rename(before: Host, handle: str) -> None:
    """Keep the old handle for the host. After the update: on PostgreSQL only then is seen what
    another host gave up at the same time. Raises peewee.IntegrityError when another host had it."""
    other = models.host_by_old_handle(handle)
    if other is not None and other.id != before.id:
        raise peewee.IntegrityError("old handle of another host")
    OldHandle.delete().where(OldHandle.handle == handle).execute()
    OldHandle.insert(handle=before.handle, host=before).on_conflict_ignore().execute()


def _rename_event(host: Host, before: str, after: str) -> None:
    """Bookings follow their event type, or limits forget them and nobody can move them; and so do
    one-off links, and the slugs that it had before, whose links lead to it."""
    Booking.update(event=after).where(Booking.host == host, Booking.event == before).execute()
    OneOffLink.update(event=after).where(
        OneOffLink.host == host, OneOffLink.event == before
    ).execute()
    OldSlug.update(event=after).where(OldSlug.host == host, OldSlug.event == before).execute()
    OldSlug.delete().where(OldSlug.host == host, OldSlug.slug.in_((before, after))).execute()
    OldSlug.create(host=host, slug=before, event=after)
