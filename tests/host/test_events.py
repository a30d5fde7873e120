"""The section "Event types": the list, an editor for each, questions of every kind."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import booked, bookings, event_of, exported, faults, form, save_event, show

pytestmark = on_sqlite

FIELDS: dict[str, tuple[str, Any]] = {
    "title": ("First <call> & hello", "First <call> & hello"),
    "slug": ("hello", "hello"),
    "description": ("Two\r\nlines", "Two\nlines"),
    "duration": ("45", 45),
    "slot_interval": ("15", 15),
    "buffer_before": ("5", 5),
    "buffer_after": ("10", 10),
    "minimum_notice": ("0", 0),
    "booking_window_days": ("14", 14),
    "max_per_day": ("3", 3),
    "max_per_week": ("9", 9),
    "extra_guests": ("2", 2),
    "change_deadline": ("0", 0),
    "location": ("in_person", "in_person"),
    "location_detail": ("Pier 4", "Pier 4"),
    "redirect_url": ("https://ana.example/thanks", "https://ana.example/thanks"),
    "invite_title": ("{event} with {guest}", "{event} with {guest}"),
    "invite_text": ("Bring\r\na jacket.", "Bring\na jacket."),
}
MINUTES = [
    *("duration", "slot_interval", "buffer_before", "buffer_after"),
    *("minimum_notice", "change_deadline"),
]


def slugs(app: Flask) -> list[str]:
    return [event["slug"] for event in exported(app)["event_types"]]


def press(host: Browser, name: str, slug: str, query: str = "") -> Any:
    """A button of the list of event types."""
    found = show(host, query).one(id="event-list")
    sent = found.sent()
    sent.add(name, slug)
    return host.client.post(found["action"], data=sent, follow_redirects=True)


def add(host: Browser, title: str, duration: str = "30") -> Any:
    sent = show(host).one(id="add-event").sent()
    sent.update({"add": "1"})
    sent["title"], sent["duration"] = title, duration
    return host.client.post("/settings/event-types", data=sent, follow_redirects=True)


# --- every field ----------------------------------------------------------------------------------


def test_every_field_is_saved_and_seen_in_picker_api_and_export(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    answer = save_event(ana, {name: typed for name, (typed, _stored) in FIELDS.items()})
    assert "Saved." in page.read(answer.text).one(id="events").text
    event = event_of(app, "hello")
    assert {name: event[name] for name in FIELDS} == {
        name: stored for name, (_typed, stored) in FIELDS.items()
    }
    shown = page.read(guest.get("/book/ana/hello?date=2026-12-01").text)
    assert shown.one("h1").text == "First <call> & hello"
    assert "45 min" in shown.one(_class="facts").text
    assert "Pier 4" in shown.one(_class="facts").text
    assert "Two\nlines" in shown.one("p", _class="text quiet").raw
    assert page.starts(shown)[:2] == ["2026-12-01T09:00:00Z", "2026-12-01T09:15:00Z"]
    (told,) = guest.get("/api/v1/ana").get_json()["event_types"]
    assert (told["slug"], told["duration"], told["extra_guests"]) == ("hello", 45, 2)
    assert (told["location"], told["location_detail"]) == ("in_person", "Pier 4")
    assert guest.get("/book/ana/intro").headers["Location"] == "/book/ana/hello"


def test_the_editor_shows_what_is_stored(app: Flask, ana: Browser) -> None:
    save_event(ana, {name: typed for name, (typed, _stored) in FIELDS.items()})
    sent = form(show(ana, "?event=hello"), "events/hello").fields()
    assert {name: sent[name] for name in FIELDS} == {
        name: typed.replace("\r\n", "\n") + (" min" if name in MINUTES else "")
        for name, (typed, _stored) in FIELDS.items()
    }


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("90", 90, "1 h 30 min"),
        ("1h30", 90, "1 h 30 min"),
        ("2 hours", 120, "2 h"),
        ("2 Days", 2880, "2 days"),
        ("1 d 2 h 5 m", 1565, "26 h 5 min"),
        ("1 day", 1440, "1 day"),
        ("0", 0, "0 min"),
    ],
)
def test_lengths_are_typed_and_shown_as_people_say_them(
    app: Flask, ana: Browser, typed: str, stored: int, shown: str
) -> None:
    save_event(ana, {"minimum_notice": typed})
    assert event_of(app)["minimum_notice"] == stored
    assert form(show(ana, "?event=intro"), "events/intro").fields()["minimum_notice"] == shown


def test_fields_that_may_be_empty_are_null(app: Flask, ana: Browser) -> None:
    save_event(ana, {name: typed for name, (typed, _stored) in FIELDS.items()})
    empty = ("max_per_day", "max_per_week", "change_deadline", "redirect_url")
    save_event(ana, dict.fromkeys(empty, ""), slug="hello")
    event = event_of(app, "hello")
    assert [event.get(name) for name in empty] == [None] * 4


def test_starts_are_saved_as_they_stand_whatever_the_length(app: Flask, ana: Browser) -> None:
    save_event(ana, {"slot_interval": "30"})  # as long as the call, and meant so
    save_event(ana, {"duration": "60"})
    assert (event_of(app)["duration"], event_of(app)["slot_interval"]) == (60, 30)
    save_event(ana, {"slot_interval": ""})
    assert (event_of(app)["duration"], event_of(app)["slot_interval"]) == (60, 60)
    assert list(faults(save_event(ana, {"duration": "0", "slot_interval": ""}))) == [
        "event-duration"
    ]


def test_hidden_and_switched_off(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    save_event(ana, {"listed": None})
    assert "nothing to book" in guest.get("/book/ana").text
    assert guest.get("/book/ana/intro").status_code == 200
    assert "hidden" in show(ana).one(id="event-type-intro").text
    save_event(ana, {"active": None})
    assert guest.get("/book/ana/intro").status_code == 404
    assert "switched off" in show(ana).one(id="event-type-intro").text
    save_event(ana, {"active": "on", "listed": "on"})
    assert guest.get("/book/ana").text.count("/book/ana/intro") == 1


# --- the list --------------------------------------------------------------------------------


def test_an_event_type_is_added_with_the_defaults_and_opened(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    answer = add(ana, "Ein Gespräch über Boote", "50")
    assert slugs(app) == ["intro", "ein-gesprach-uber-boote"]
    event = event_of(app, "ein-gesprach-uber-boote")
    assert (event["title"], event["duration"]) == ("Ein Gespräch über Boote", 50)
    assert (event["slot_interval"], event["minimum_notice"]) == (50, 240)
    assert form(page.read(answer.text), "events/ein-gesprach-uber-boote")
    assert guest.get("/book/ana/ein-gesprach-uber-boote").status_code == 200
    add(ana, "Ein Gespräch über Boote")
    add(ana, "電話")
    assert slugs(app)[2:] == ["ein-gesprach-uber-boote-2", "call"]


@pytest.mark.parametrize(
    ("title", "duration", "field", "words"),
    [
        ("", "30", "title", "cannot be empty"),
        ("x" * 201, "30", "title", "at most 200"),
        ("Call", "0", "duration", "between 1 and 1440"),
        ("Call", "10000", "duration", "between 1 and 1440"),
        ("Call", "long", "duration", "whole number"),
    ],
)
def test_a_bad_new_event_type_is_named_and_kept(
    app: Flask, ana: Browser, title: str, duration: str, field: str, words: str
) -> None:
    answer = add(ana, title, duration)
    found = faults(answer)
    assert words in found[f"event-types-{field}"]
    kept = page.read(answer.text).one(id="add-event").fields()
    assert (kept["title"], kept["duration"]) == (title, duration)
    assert slugs(app) == ["intro"]


def test_more_event_types_than_there_may_be_are_refused(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    event = event_of(app)
    change("ana", event_types=[{**event, "slug": f"e{number}"} for number in range(100)])
    answer = add(ana, "One more", "50")
    assert "There are 100, and there can be no more" in faults(answer)["event-types-event_types"]
    kept = page.read(answer.text).one(id="add-event").fields()
    assert (kept["title"], kept["duration"]) == ("One more", "50")
    answer = press(ana, "duplicate", "e7")
    assert "Delete one first" in faults(answer)["event-types-event_types"]
    kept = page.read(answer.text).one(id="add-event").fields()
    assert (kept["title"], kept["duration"]) == ("", "30 min")
    assert len(slugs(app)) == 100


def test_a_copy_stands_after_the_original_and_is_switched_off(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    save_event(ana, {"buffer_after": "7"})
    add(ana, "Last")
    shown = page.read(press(ana, "duplicate", "intro").text)
    assert slugs(app) == ["intro", "intro-2", "last"]
    copied = event_of(app, "intro-2")
    assert copied["title"] == "Intro call (copy)"
    assert (copied["active"], copied["buffer_after"]) == (False, 7)
    assert form(shown, "events/intro-2")
    assert guest.get("/book/ana/intro-2").status_code == 404


def test_event_types_are_ordered(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    for title in ("B", "C"):
        add(ana, title)
    press(ana, "up", "c")
    press(ana, "down", "intro")
    press(ana, "up", "c")
    press(ana, "down", "b")
    assert slugs(app) == ["c", "intro", "b"]
    listed = guest.get("/api/v1/ana").get_json()["event_types"]
    assert [event["slug"] for event in listed] == ["c", "intro", "b"]


def test_deleting_says_first_what_happens_to_its_bookings(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    booked(app)
    asked = show(ana, "?delete=intro").one(id="event-type-intro").one(role="group")
    assert "1 booking that is still to come stays as it is" in asked.text
    assert slugs(app) == ["intro"]
    press(ana, "delete", "intro", "?delete=intro")
    assert slugs(app) == []
    assert guest.get("/book/ana/intro").status_code == 404
    assert "nothing to book" in guest.get("/book/ana").text
    (booking,) = json.loads(command(app, "bookings", "list", "ana", "--format", "json"))
    assert booking["status"] == "confirmed"
    assert "Gita Guest" in show(ana).one(id="bookings-list").text
    assert "nothing to book" in show(ana).one(id="events").text


def test_deleting_what_has_no_bookings_says_so(ana: Browser) -> None:
    assert "no bookings to come" in show(ana, "?delete=intro").one(id="events").text


@pytest.mark.parametrize("name", ["delete", "duplicate", "up", "down"])
def test_what_is_gone_already_is_left_alone(app: Flask, ana: Browser, name: str) -> None:
    assert press(ana, name, "nothing").status_code == 200
    assert slugs(app) == ["intro"]


# --- questions ------------------------------------------------------------------------------------


def question(number: int, **fields: str) -> dict[str, str]:
    return {f"q{number}-{name}": value for name, value in fields.items()}


def test_questions_of_every_kind_are_asked_of_the_guest(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    typed = {
        **question(0, label="A line?", kind="text", id="line"),
        **question(1, label="Several lines?", kind="long_text", id="", required="on"),
        **question(2, label="Which?", kind="choice", id="which", choices="Red\r\n\r\nDark green "),
        **question(3, label="Agreed?", kind="checkbox", id="ok", required="on"),
        **question(4, label="Number?", kind="phone", id="tel"),
    }
    assert save_event(ana, typed).status_code == 200
    assert event_of(app)["questions"] == [
        {"id": "line", "label": "A line?", "kind": "text", "required": False},
        {"id": "several-lines", "label": "Several lines?", "kind": "long_text", "required": True},
        {
            "id": "which", "label": "Which?", "kind": "choice", "required": False,
            "choices": ["Red", "Dark green "],
        },
        {"id": "ok", "label": "Agreed?", "kind": "checkbox", "required": True},
        {"id": "tel", "label": "Number?", "kind": "phone", "required": False},
    ]  # fmt: skip
    asked = page.read(guest.get("/book/ana/intro?start=2026-12-01T10:00:00Z").text)
    assert asked.one("input", name="question-line")
    assert "required" in asked.one("textarea", name="question-several-lines").attrs
    assert len(asked.one("select", name="question-which").all("option")) == 3
    assert asked.one("input", name="question-ok")["type"] == "checkbox"
    assert asked.one("input", name="question-tel")["type"] == "tel"
    (told,) = guest.get("/api/v1/ana").get_json()["event_types"]
    assert [each["id"] for each in told["questions"]] == [
        "line", "several-lines", "which", "ok", "tel",
    ]  # fmt: skip


def labels(answer: Any) -> list[str]:
    shown = page.read(answer.text)
    return [
        shown.one(name=f"q{n}-label")["value"]
        for n in range(len(shown.all("fieldset", _class="question")))
    ]


def test_questions_come_go_and_move_before_anything_is_saved(app: Flask, ana: Browser) -> None:
    two = {**question(0, label="A", kind="text"), **question(1, label="B", kind="text")}

    def pressed(act: str) -> Any:
        answer = save_event(ana, {**two, "title": "Typed"}, press=("do", act))
        assert answer.status_code == 200
        sent = form(page.read(answer.text), "events/intro").fields()
        assert sent["title"] == "Typed"
        return answer

    assert labels(pressed("add-question")) == ["A", "B", ""]
    assert labels(pressed("remove-question-0")) == ["B"]
    assert labels(pressed("up-question-1")) == ["B", "A"]
    assert labels(pressed("down-question-0")) == ["B", "A"]
    assert labels(pressed("up-question-0")) == ["A", "B"]
    assert labels(pressed("remove-question-9")) == ["A", "B"]
    assert event_of(app)["questions"] == []
    assert event_of(app)["title"] == "Intro call"


def test_a_question_can_be_removed_for_good(app: Flask, ana: Browser) -> None:
    save_event(ana, question(0, label="A", kind="text", id="a"))
    edited = save_event(ana, press=("do", "remove-question-0"))
    save_event(ana, shown=page.read(edited.text))
    assert event_of(app)["questions"] == []


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        (question(0, label="", kind="text"), "questions-0-label", "cannot be empty"),
        (question(0, label="x" * 301, kind="text"), "questions-0-label", "at most 300"),
        (question(0, label="A", kind="song"), "questions-0-kind", "must be 'text'"),
        (question(0, label="A", kind="text", id="a b"), "questions-0-id", "1 to 40"),
        (question(0, label="A", kind="choice"), "questions-0-choices", "answers to choose"),
        (
            question(0, label="A", kind="choice", choices="x\r\nx"),
            "questions-0-choices",
            "is the same as one above: line 2 “x”",
        ),
        (
            question(0, label="A", kind="choice", choices="y\r\n\u202ex"),
            "questions-0-choices",
            "marks that turn text around: line 2 “\ufffdx”",
        ),
        (
            {
                **question(0, label="A", kind="text", id="a"),
                **question(1, label="B", kind="text", id="a"),
            },
            "questions-1-id",
            "same as one above",
        ),
    ],
)
def test_a_bad_question_is_named_and_kept(
    app: Flask, ana: Browser, typed: dict[str, str], field: str, words: str
) -> None:
    answer = save_event(ana, {**typed, "title": "Typed"})
    found = faults(answer)
    assert list(found) == [f"event-{field}"]
    assert words in found[f"event-{field}"]
    kept = form(page.read(answer.text), "events/intro").fields()
    assert kept["title"] == "Typed"
    assert {name: kept[name] for name in typed if name.endswith("label")} == {
        name: typed[name] for name in typed if name.endswith("label")
    }
    assert event_of(app)["title"] == "Intro call"


def test_too_many_questions_are_one_fault(ana: Browser) -> None:
    many: dict[str, str] = {}
    for number in range(21):
        many |= question(number, label=f"Question {number}", kind="text")
    assert "between 0 and 20" in faults(save_event(ana, many))["event-questions"]


# --- bad fields -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "cannot be empty"),
        ("title", "Call \u202ellac", "turn text around"),
        ("slug", "", "a-z, 0-9"),
        ("slug", "Intro Call", "a-z, 0-9"),
        ("slug", "second", "same as one above"),
        ("description", "x" * 5001, "at most 5000"),
        ("description", "bell \x07", "control characters"),
        ("duration", "0", "between 1 and 1440"),
        ("duration", "10000", "between 1 and 1440"),
        ("duration", "", "whole number"),
        ("duration", "-30", "whole number"),
        ("duration", "30.5", "whole number"),
        ("duration", "٣٠", "whole number"),
        ("duration", "9" * 400, "whole number"),
        ("slot_interval", "0", "between 1 and 1440"),
        ("buffer_before", "1441", "between 0 and 1440"),
        ("buffer_after", "x", "whole number"),
        ("minimum_notice", "525601", "between 0 and 525600"),
        ("booking_window_days", "731", "between 0 and 730"),
        ("max_per_day", "0", "between 1 and 1000"),
        ("max_per_week", "1001", "between 1 and 1000"),
        ("extra_guests", "21", "between 0 and 20"),
        ("change_deadline", "525601", "between 0 and"),
        ("location", "moon", "must be 'google_meet'"),
        ("location", None, "must be 'google_meet'"),
        ("location_detail", "x" * 501, "at most 500"),
        ("redirect_url", "http://ana.example", "https"),
        ("redirect_url", "javascript:alert(1)", "https"),
    ],
)
def test_a_bad_field_is_named_and_nothing_else_is_lost(
    app: Flask, ana: Browser, field: str, value: str | None, words: str
) -> None:
    add(ana, "Second")
    before = exported(app)
    answer = save_event(ana, {"title": "Typed", "description": "Also typed", field: value})
    found = faults(answer)
    assert list(found) == [f"event-{field}"]
    assert words in found[f"event-{field}"]
    kept = form(page.read(answer.text), "events/intro").fields()
    typed = {"title": "Typed", "description": "Also typed"}
    typed.pop(field, None)
    assert {name: kept[name] for name in typed} == typed
    if value is not None and field != "location":
        assert kept[field] == value
    assert exported(app) == before


def test_a_place_has_to_be_given_for_meeting_in_person(ana: Browser) -> None:
    found = faults(save_event(ana, {"location": "in_person", "location_detail": " "}))
    assert "where to meet" in found["event-location_detail"]


def test_the_first_of_two_with_the_same_address_is_told_too(app: Flask, ana: Browser) -> None:
    add(ana, "Second")
    found = faults(save_event(ana, {"slug": "second"}))
    assert list(found) == ["event-slug"]
    found = faults(save_event(ana, {"slug": "intro"}, slug="second"))
    assert list(found) == ["event-slug"]


def test_all_faults_are_told_at_once(ana: Browser) -> None:
    found = faults(save_event(ana, {"title": "", "duration": "0", "slug": "A B"}))
    assert set(found) == {"event-title", "event-duration", "event-slug"}


def test_an_editor_of_something_that_is_not_there_is_not_opened(ana: Browser) -> None:
    assert not show(ana, "?event=nothing").all("form", _class="editor")
    assert ana.client.get("/settings/events/intro").headers["Location"].startswith("/settings?")


def test_bookings_follow_their_event_type_to_its_new_address(app: Flask, ana: Browser) -> None:
    booking = booked(app)
    save_event(ana, {"slug": "chat"})
    assert "Move" in [link.text for link in show(ana).one(id=f"booking-{booking['id']}").all("a")]
    save_event(ana, {"max_per_day": "1"}, slug="chat")
    body = {"start": "2026-12-01T14:00:00Z", "name": "Gus", "email": "gus@guest.example"}
    answer = app.test_client().post("/api/v1/ana/chat/bookings", json=body)
    assert answer.status_code == 409


def test_another_hosts_bookings_keep_their_event_type(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    booked(app)
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example")
    save_event(ben, {"slug": "chat"})
    assert [each["event"] for each in bookings(app)] == ["intro"]


def test_a_long_event_type_can_be_saved(app: Flask, ana: Browser) -> None:
    questions: dict[str, str] = {}
    for n in range(10):
        choices = "\n".join(f"{each}{'x' * 190}" for each in range(50))
        questions |= {f"q{n}-label": "x" * 300, f"q{n}-kind": "text", f"q{n}-choices": choices * 4}
    assert save_event(ana, questions).status_code == 200
    big = {"x": "x" * 300_000}
    assert app.test_client().post("/settings/profile", data=big).status_code == 413


def test_the_page_after_booking_may_be_typed_without_https(app: Flask, ana: Browser) -> None:
    save_event(ana, {"redirect_url": "faß.example/thanks"})
    assert event_of(app)["redirect_url"] == "https://xn--fa-hia.example/thanks"


def test_what_only_an_import_sets_outlives_saving_by_page(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    texts = {"invite_title": "{event} with {guest}", "invite_text": "Bring\na jacket."}
    change("ana", event=texts, contact="ana@sailing.example")
    save_event(ana, {"title": "Another title", "slug": "another"})
    event = event_of(app, "another")
    assert {name: event[name] for name in texts} == texts
    assert exported(app)["contact"] == "ana@sailing.example"


# --- a double click ------------------------------------------------------------------------------


@pytest.mark.parametrize("pressed", [("add", "1"), ("duplicate", "intro")])
def test_a_second_press_of_a_button_that_creates_makes_no_second_one(
    app: Flask, ana: Browser, pressed: tuple[str, str]
) -> None:
    sent = show(ana).one(id="add-event").sent()
    sent["title"] = "Talk"
    sent.add(*pressed)
    answers = [ana.client.post("/settings/event-types", data=sent) for _press in range(3)]
    assert len(slugs(app)) == 2
    (made,) = set(slugs(app)) - {"intro"}
    for answer in answers:
        assert answer.status_code == 303
        assert f"event={made}" in answer.headers["Location"]
    again = show(ana).one(id="add-event").sent()
    again["title"] = "Talk"
    again.add(*pressed)
    ana.client.post("/settings/event-types", data=again)
    assert len(slugs(app)) == 3  # who means it gets another one


def test_two_presses_at_the_same_moment_make_one(app: Flask, ana: Browser) -> None:
    sent = show(ana).one(id="add-event").sent()
    sent["title"] = "Talk"
    sent.add("add", "1")
    cookie = ana.client.get_cookie("session")
    assert cookie
    start = threading.Barrier(4)

    def press() -> int:
        client = app.test_client()
        client.set_cookie("session", cookie.value)
        start.wait()
        return client.post("/settings/event-types", data=sent).status_code

    with ThreadPoolExecutor(4) as pool:
        found = [each.result() for each in [pool.submit(press) for _ in range(4)]]
    assert found == [303] * 4
    assert len(slugs(app)) == 2


def test_no_attribute_has_a_value_of_python(ana: Browser) -> None:
    text = ana.client.get("/settings?event=intro").text
    assert '="True"' not in text
    assert '="None"' not in text
