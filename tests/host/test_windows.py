"""Two windows with the settings page at once: nothing that one of them saved is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

import models
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element
from tests.people import event_of, exported, form, save, save_event, show

pytestmark = on_sqlite
FAMILY = "ana-private@group.calendar.example"


def conflict(answer: object) -> str:
    assert answer.status_code == 409  # type: ignore[attr-defined]
    shown: Element = page.read(answer.text)  # type: ignore[attr-defined]
    return shown.one(role="alert", data_error="conflict").text


def test_different_sections_are_merged_silently(app: Flask, ana: Browser) -> None:
    old = show(ana, "?event=intro")
    save(ana, "profile", {"display_name": "From one window"})
    save(ana, "hours", {"mon-start": "08:00"}, shown=old)
    save_event(ana, {"title": "From another"}, shown=old)
    answer = save(ana, "theme", {"mode": "dark"}, shown=old)
    assert answer.status_code == 200
    document = exported(app)
    assert document["display_name"] == "From one window"
    assert document["weekly_hours"]["mon"] == [["08:00", "17:00"]]
    assert document["event_types"][0]["title"] == "From another"
    assert document["theme"]["mode"] == "dark"


#: What one window saves in a section, and what another one then types.
TYPED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "profile": ({"display_name": "Theirs"}, {"time_zone": "UTC"}),
    "hours": ({"mon-start": "08:00"}, {"tue-start": "07:00"}),
    "dates": (
        {"from": "2026-12-24", "kind": "closed"},
        {"from": "2026-12-28", "to": "2026-12-29", "kind": "closed"},
    ),
    "calendars": ({"busy_calendars": ["primary", FAMILY]}, {"target_calendar": FAMILY}),
    "theme": ({"accent": "#112233"}, {"mode": "dark"}),
    "sites": (
        {"allowed_sites": "https://a.example"},
        {"allowed_sites": "https://b.example"},
    ),
    "events/intro": (
        {"title": "Theirs"},
        {"duration": "45 min", "q0-label": "Why?", "q0-kind": "text"},
    ),
}


@pytest.mark.parametrize("section", TYPED)
def test_a_section_that_changed_meanwhile_says_so_and_keeps_what_was_typed(
    app: Flask, ana: Browser, section: str
) -> None:
    theirs, mine = TYPED[section]
    old = show(ana, "?event=intro")
    assert save(ana, section, theirs, query="?event=intro").status_code == 200
    before = exported(app)
    answer = save(ana, section, mine, shown=old)
    assert "Another window changed" in conflict(answer)
    assert exported(app) == before
    shown = page.read(answer.text)
    kept = form(shown, section).sent()
    for name, value in mine.items():
        assert kept.getlist(name)[:1] == [value]
    assert save(ana, section, shown=shown).status_code == 200
    assert exported(app) != before
    again = form(show(ana, "?event=intro"), section).sent() if section != "dates" else mine
    for name, value in mine.items():
        assert again[name] == value


def test_what_the_other_window_saved_meanwhile_is_one_link_away(ana: Browser) -> None:
    old = show(ana, "?event=intro")
    save_event(ana, {"title": "Theirs"})
    answer = save_event(ana, {"title": "Mine"}, shown=old)
    link = page.read(answer.text).one(role="alert", data_error="conflict").one("a")
    stored = show(ana, link["href"].removeprefix("/settings").partition("#")[0])
    assert form(stored, "events/intro").fields()["title"] == "Theirs"


def test_a_fault_in_an_old_window_is_told_first_and_the_conflict_then(ana: Browser) -> None:
    old = show(ana)
    save(ana, "profile", {"display_name": "Theirs"})
    answer = save(ana, "profile", {"display_name": ""}, shown=old)
    assert answer.status_code == 422
    mended = save(ana, "profile", {"display_name": "Mine"}, shown=page.read(answer.text))
    assert "Another window changed" in conflict(mended)


def test_the_same_change_in_both_windows_is_no_conflict(app: Flask, ana: Browser) -> None:
    old = show(ana)
    save(ana, "profile", {"display_name": "Both"})
    assert save(ana, "profile", {"display_name": "Both"}, shown=old).status_code == 200


def test_an_event_type_that_another_window_deleted_is_not_lost(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    old = show(ana, "?event=intro")
    change("ana", event={"slug": "other"})
    answer = save_event(ana, {"title": "Typed for long"}, shown=old)
    assert "Another window changed" in conflict(answer)
    kept = form(page.read(answer.text), "events/intro").fields()
    assert kept["title"] == "Typed for long"
    assert [event["slug"] for event in exported(app)["event_types"]] == ["other"]
    again = save_event(ana, shown=page.read(answer.text))
    assert again.status_code == 200
    assert event_of(app, "intro")["title"] == "Typed for long"


def test_an_import_counts_as_another_window(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    old = show(ana)
    change("ana", display_name="Imported")
    assert conflict(save(ana, "profile", {"display_name": "Typed"}, shown=old))


def test_a_second_press_of_a_button_that_renames_is_no_conflict(app: Flask, ana: Browser) -> None:
    old = show(ana, "?event=intro")
    for _press in range(2):
        answer = save_event(ana, {"slug": "talk", "title": "Talk"}, shown=old)
        assert answer.status_code == 200
        assert answer.request.args["event"] == "talk"
    assert [each["slug"] for each in exported(app)["event_types"]] == ["talk"]


def test_a_very_old_window_loses_nothing_either(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    old = show(ana)
    for number in range(60):
        change("ana", display_name=f"Name {number}")
    answer = save(ana, "profile", {"display_name": "Typed"}, shown=old)
    assert conflict(answer)
    assert save(ana, "hours", {"mon-start": "08:00"}, shown=old).status_code == 200
    form(old, "hours").one("input", name="revision").attrs["value"] = "999999"
    assert save(ana, "hours", {"mon-start": "07:00"}, shown=old).status_code == 409


def test_a_save_that_changes_nothing_makes_no_new_revision(app: Flask, ana: Browser) -> None:
    def revision() -> int:
        with models.database.connection_context():
            host = models.host_by_handle("ana")
            assert host
            return int(host.revision)

    before = revision()
    for section in ("profile", "hours", "calendars", "theme", "sites"):
        assert save(ana, section).status_code == 200
    assert revision() == before
