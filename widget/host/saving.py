"""Saving a settings document: by page and by import alike."""

from __future__ import annotations

import peewee

import models
from widget.core.document import (
    Fault,
    Settings,
    SettingsError,
    document_json,
    load_document,
    renamed_slugs,
    unknown_zone,
)


def save(host: models.Host, document: Settings, *, zone_chosen: bool = True) -> bool:
    """Save a document over that of the host; False when that was changed since `host` was read.

    Bookings follow an event type that has another slug by now. Unless its zone was chosen by the
    host, one that nobody knows is asked for until it is.

    Raises SettingsError when another host has the handle.
    """
    text, asked = document_json(document), None if zone_chosen else zone_asked(host)
    if text != host.settings:
        renamed = renamed_slugs(load_document(host.settings), document)
        try:
            if not models.save_settings(host, document.handle, text, host.revision, renamed):
                return False
        except peewee.IntegrityError:
            raise SettingsError([Fault("handle", "is taken: choose another")]) from None
    if asked != host.unknown_zone:
        models.note(host, unknown_zone=asked)
    return True


def zone_asked(host: models.Host) -> str | None:
    """What the host's time zone is called that stands for none, so that the host is asked for it:
    Google's word (maybe an empty one), or what is stored. None: it is known."""
    return host.unknown_zone if host.unknown_zone is not None else unknown_zone(host.settings)
