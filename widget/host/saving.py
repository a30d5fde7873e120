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
)


def save(host: models.Host, document: Settings) -> bool:
    """Save a document over that of the host; False when that was changed since `host` was read.

    Bookings follow an event type that has another slug by now.

    Raises SettingsError when another host has the handle.
    """
    text = document_json(document)
    if text == host.settings:
        return True
    renamed = renamed_slugs(load_document(host.settings), document)
    try:
        return models.save_settings(host, document.handle, text, host.revision, renamed)
    except peewee.IntegrityError:
        raise SettingsError([Fault("handle", "is taken: choose another")]) from None
