"""The state machine of a booking: the table, the data and the code say the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

import models
from tests.booking.test_rounds import claim
from widget.booking import rows, settling, states
from widget.booking.states import RULES, STATES

pytestmark = pytest.mark.usefixtures("ana")

ACTS: dict[str, Callable[[models.Booking], models.Booking | None]] = {
    "confirm": lambda booking: states.confirm(booking, {"etag": "2"}, 7),
    "fail": lambda booking: states.fail(booking, "no", 7),
    "begin_move": lambda booking: states.begin_move(booking, 500, 600, "guest", 7, 9),
    "finish_move": lambda booking: states.finish_move(booking, {"etag": "2"}, 7),
    "begin_cancel": lambda booking: states.begin_cancel(booking, "guest", "", 7, 9),
    "cancel": lambda booking: states.cancel(booking, 7),
    "undo": lambda booking: states.undo(booking, 7),
    "follow": lambda booking: states.follow(booking, {"etag": "2", "start_at": 110}, 7),
    "expire": lambda booking: states.expire(booking, 7),
}
#: How a booking that is claimed comes into each state, by the acts alone.
WAYS: dict[str, tuple[str, ...]] = {
    "claimed": (),
    "confirmed": ("confirm",),
    "moving": ("confirm", "begin_move"),
    "cancelling": ("begin_cancel",),
    "cancelled": ("cancel",),
    "failed": ("fail",),
}


def in_state(name: str) -> models.Booking:
    booking = claim(100, 200)
    for act in WAYS[name]:
        done = ACTS[act](booking)
        assert done
        booking = done
    assert states.state(booking) == name
    return booking


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("act", ACTS)
def test_each_act_leads_where_the_rules_say_and_else_nowhere(
    app: Flask, act: str, before: str
) -> None:
    rules = [rule for rule in RULES if rule.act == act and before in rule.before]
    with app.app_context():
        booking = in_state(before)
        stored = rows.as_it_is(booking).__data__
        done = ACTS[act](booking)
        now = rows.as_it_is(booking)
        if rules:
            (rule,) = rules
            assert done
            assert done == now
            assert states.state(now) == states.state(done) == rule.after
        else:
            assert done is None
            assert now.__data__ == stored


def test_a_claim_begins_claimed(app: Flask) -> None:
    with app.app_context():
        assert states.state(claim(100, 200)) == "claimed"
    assert [rule.after for rule in RULES if not rule.before] == ["claimed"]


def test_all_acts_are_tried_and_every_state_can_be_reached() -> None:
    assert {rule.act for rule in RULES} == {"claim", *ACTS}
    assert {rule.after for rule in RULES} == set(STATES)


def table(title: str) -> list[list[str]]:
    """A table of the module's docstring, cell by cell."""
    text = (states.__doc__ or "").partition(f"    {title} ")[2].partition("\n\n")[0]
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()[1:]]


def test_the_table_in_the_docstring_is_the_data() -> None:
    written = [
        (act, tuple(before.split(", ")) if before != "-" else (), after, tuple(who.split(", ")))
        for act, before, after, who in table("act")
    ]
    assert written == list(RULES)
    columns = {
        name: (status, None if change == "-" else change)
        for name, status, change, *_meaning in table("state")
    }
    assert columns == STATES


# --- one at a time ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "act"),
    [("claimed", "fail"), ("moving", "undo"), ("moving", "finish_move"), ("cancelling", "undo"),
     ("claimed", "expire"), ("moving", "expire"), ("cancelling", "expire")],
)  # fmt: skip
def test_whoever_has_lost_a_booking_to_somebody_else_changes_nothing_any_more(
    app: Flask, before: str, act: str
) -> None:
    """The other one may have written something to Google by now."""
    with app.app_context():
        mine = in_state(before)
        assert settling.take(mine, 100, 160)
        stored = rows.as_it_is(mine).__data__
        assert ACTS[act](mine) is None
        settling.let_go(mine, 10**6)
        assert rows.as_it_is(mine).__data__ == stored


@pytest.mark.parametrize("begin", ["begin_cancel", "begin_move"])
def test_beginning_a_change_takes_the_booking_from_whoever_had_it(app: Flask, begin: str) -> None:
    """A guest cancels while the move is on its way: what became of the move undoes nothing."""
    with app.app_context():
        before = in_state("moving" if begin == "begin_cancel" else "confirmed")
        begun = ACTS[begin](before)
        assert begun
        assert states.undo(before, 8) is None
        settling.let_go(before, 10**6)
        assert rows.as_it_is(before).settle_after == 9
        assert states.undo(begun, 8)


@pytest.mark.parametrize("act", ["confirm", "follow"])
def test_an_event_that_was_seen_again_meanwhile_is_not_taken_in(app: Flask, act: str) -> None:
    with app.app_context():
        read = in_state("claimed" if act == "confirm" else "confirmed")
        models.Booking.update(etag="newer").execute()
        assert ACTS[act](read) is None
        assert rows.as_it_is(read).etag == "newer"


@pytest.mark.parametrize("act", ["finish_move", "follow"])
def test_where_the_host_put_two_events_at_one_time_both_stand_and_one_is_marked(
    app: Flask, act: str
) -> None:
    values: dict[str, Any] = {"start_at": 300, "end_at": 400, "etag": "2"}
    with app.app_context():
        other = claim(300, 400, status="confirmed")
        booking = in_state("moving" if act == "finish_move" else "confirmed")
        done = getattr(states, act)(booking, values, 7)
        assert done.conflict
        assert states.state(done) == "confirmed"
        states.end_conflicts(booking.host, 8)
        assert rows.as_it_is(booking).conflict
        assert states.cancel(other, 9)
        states.end_conflicts(booking.host, 10)
        assert not rows.as_it_is(booking).conflict


@pytest.mark.parametrize("who", ["guest", "host", "google", "time"])
@pytest.mark.parametrize("act", ["begin_move", "begin_cancel", "cancel"])
def test_nobody_else_may_do_it(app: Flask, act: str, who: Any) -> None:
    by: dict[str, Callable[[models.Booking], models.Booking | None]] = {
        "begin_move": lambda booking: states.begin_move(booking, 500, 600, who, 7, 9),
        "begin_cancel": lambda booking: states.begin_cancel(booking, who, "", 7, 9),
        "cancel": lambda booking: states.cancel(booking, 7, None if who == "google" else who),
    }
    with app.app_context():
        booking = in_state("confirmed")
        if any(rule.act == act and who in rule.who for rule in RULES):
            assert by[act](booking)
        else:
            with pytest.raises(ValueError, match=who):
                by[act](booking)
            assert states.state(rows.as_it_is(booking)) == "confirmed"


def test_who_may_begin_a_change_is_who_can_ask_for_it() -> None:
    people = {rule.who for rule in RULES if rule.act.startswith("begin_")}
    assert people == {("guest", "host")}
    assert {rule.who for rule in RULES if rule.act == "expire"} == {("time",)}
