"""Two windows with the settings page at once: nothing that one of them saved is lost."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element
from tests.people import event_of, exported, form, save, save_event, show

pytestmark = on_sqlite


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


def test_different_fields_of_one_section_are_merged_silently(app: Flask, ana: Browser) -> None:
    old = show(ana, "?event=intro")
    save(ana, "hours", {"mon-start": "08:00"})
    save(ana, "hours", {"tue-start": "07:00"}, shown=old)
    save_event(ana, {"title": "Title of one"})
    save_event(ana, {"description": "Description of the other"}, shown=old)
    save(ana, "theme", {"accent": "#112233"})
    save(ana, "theme", {"mode": "dark"}, shown=old)
    document = exported(app)
    assert document["weekly_hours"]["mon"] == [["08:00", "17:00"]]
    assert document["weekly_hours"]["tue"] == [["07:00", "17:00"]]
    event = document["event_types"][0]
    assert (event["title"], event["description"]) == ("Title of one", "Description of the other")
    assert document["theme"] == {"accent": "112233", "mode": "dark"}


def test_the_later_save_of_the_same_field_is_told_both_values(app: Flask, ana: Browser) -> None:
    old = show(ana)
    save(ana, "profile", {"display_name": "Theirs", "time_zone": "UTC"})
    answer = save(ana, "profile", {"display_name": "Mine"}, shown=old)
    told = conflict(answer)
    assert "here: Mine" in told
    assert "stored: Theirs" in told
    assert "Time zone" not in told
    shown = page.read(answer.text)
    assert "Theirs" in shown.one(id="profile-display_name-conflict").text
    kept = form(shown, "profile").fields()
    assert (kept["display_name"], kept["time_zone"]) == ("Mine", "UTC")
    assert exported(app)["display_name"] == "Theirs"
    assert save(ana, "profile", shown=shown).status_code == 200
    document = exported(app)
    assert (document["display_name"], document["time_zone"]) == ("Mine", "UTC")


def test_the_same_change_in_both_windows_is_no_conflict(app: Flask, ana: Browser) -> None:
    old = show(ana)
    save(ana, "profile", {"display_name": "Both"})
    assert save(ana, "profile", {"display_name": "Both"}, shown=old).status_code == 200


def test_hours_and_dates_conflict_by_day(app: Flask, ana: Browser) -> None:
    old = show(ana)
    save(ana, "hours", {"mon-start": "08:00"})
    told = conflict(save(ana, "hours", {"mon-start": "07:00"}, shown=old))
    assert "Monday: here: 07:00–17:00; stored: 08:00–17:00" in told.replace(" :", ":")
    save(ana, "dates", {"from": "2026-12-24", "kind": "closed"})
    rows = {"kind": "hours", "dates-start": ["10:00"], "dates-end": ["11:00"]}
    told = conflict(
        save(ana, "dates", {"from": "2026-12-23", "to": "2026-12-24", **rows}, shown=old)
    )
    assert "here: 10:00–11:00" in told
    assert "2026-12-23" not in told
    assert exported(app)["date_overrides"] == {"2026-12-24": []}


def test_an_event_type_that_another_window_deleted_is_not_lost(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    old = show(ana, "?event=intro")
    change("ana", event={"slug": "other"})
    answer = save_event(ana, {"title": "Typed for long"}, shown=old)
    assert "Typed for long" in conflict(answer)
    assert [event["slug"] for event in exported(app)["event_types"]] == ["other"]
    again = save_event(ana, shown=page.read(answer.text))
    assert again.status_code == 200
    assert event_of(app, "intro")["title"] == "Typed for long"


def test_an_import_counts_as_another_window(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    old = show(ana)
    change("ana", display_name="Imported")
    assert "stored: Imported" in conflict(
        save(ana, "profile", {"display_name": "Typed"}, shown=old)
    )


def test_a_merge_that_would_be_no_good_document_is_refused_at_its_field(
    app: Flask, ana: Browser
) -> None:
    old = show(ana, "?event=intro")
    save_event(ana, {"location": "in_person", "location_detail": "Pier 4"})
    save_event(ana, {"location_detail": "Pier 4"})
    answer = save_event(ana, {"location_detail": "Elsewhere"}, shown=old)
    assert "Pier 4" in conflict(answer)
    mixed = save_event(ana, {"location_detail": ""}, shown=page.read(answer.text))
    assert mixed.status_code == 422
    assert "where to meet" in page.read(mixed.text).one(id="event-location_detail-fault").text


def test_a_very_old_window_loses_nothing_either(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    old = show(ana)
    for number in range(60):
        change("ana", display_name=f"Name {number}")
    answer = save(ana, "profile", {"display_name": "Typed"}, shown=old)
    assert "stored: Name 59" in conflict(answer)
    form(old, "hours").one("input", name="revision").attrs["value"] = "999999"
    assert save(ana, "hours", {"mon-start": "08:00"}, shown=old).status_code == 409


def test_a_save_that_changes_nothing_makes_no_new_revision(app: Flask, ana: Browser) -> None:
    def revision() -> str:
        return form(show(ana), "profile").fields()["revision"]

    before = revision()
    for section in ("profile", "hours", "calendars", "theme", "sites", "webhook"):
        assert save(ana, section).status_code == 200
    assert revision() == before


def test_a_conflict_is_told_at_its_field_in_every_section(app: Flask, ana: Browser) -> None:
    old = show(ana)
    save(ana, "theme", {"accent": "#112233"})
    answer = save(ana, "theme", {"accent": "#445566"}, shown=old)
    assert "Colour" in conflict(answer)
    assert "112233" in page.read(answer.text).one(id="theme-accent-conflict").text
    hook = {"url": "https://one.example/hook", "events": "booking.confirmed"}
    save(ana, "webhook", hook)
    answer = save(ana, "webhook", {**hook, "url": "https://two.example/hook"}, shown=old)
    assert "Address" in conflict(answer)
    assert "one.example" in page.read(answer.text).one(id="webhook-url-conflict").text
    save(ana, "dates", {"from": "2026-12-24", "kind": "closed"})
    rows = {"kind": "hours", "dates-start": ["10:00"], "dates-end": ["11:00"]}
    answer = save(ana, "dates", {"from": "2026-12-24", **rows}, shown=old)
    assert "2026-12-24: here" in conflict(answer)
    assert page.read(answer.text).one(id="dates-hours-conflict")


def test_questions_in_conflict_are_told_apart(app: Flask, ana: Browser) -> None:
    old = show(ana, "?event=intro")
    asked = {"q0-label": "Which boat?", "q0-id": "boat"}
    save_event(ana, {**asked, "q0-kind": "text"})
    answer = save_event(ana, {**asked, "q0-kind": "choice", "q0-choices": "Sloop\nYawl"}, shown=old)
    told = conflict(answer)
    assert "Which boat? (choice, optional, Sloop, Yawl)" in told
    assert "Which boat? (text, optional)" in told
    assert "take over" not in told
