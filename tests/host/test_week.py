"""Hours over midnight, as the settings page shows them and as the document keeps them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from widget.core.document import WEEKDAYS
from widget.host.week import joined, split

WEEKS = st.lists(
    st.lists(st.integers(0, 1440), max_size=6, unique=True).map(sorted), min_size=7, max_size=7
)


@given(WEEKS)
@example([[1380, 1440], [0, 1380], [0, 1440], [], [], [], [0, 60, 1200, 1440]])
def test_a_week_that_is_shown_and_sent_again_is_the_same(cuts: list[list[int]]) -> None:
    def clock(at: int) -> str:
        return f"{at // 60:02}:{at % 60:02}"

    week = {
        day: [[clock(low), clock(high)] for low, high in zip(at[::2], at[1::2], strict=False)]
        for day, at in zip(WEEKDAYS, cuts, strict=True)
    }
    shown = {day: [[row.start, row.end] for row in rows] for day, rows in joined(week).items()}
    assert split(shown) == week
