"""The table at the end of `make bench`: every goal, and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    what: str
    command: str
    measured: str
    goal: str
    met: bool


_rows: list[Row] = []


def add(what: str, command: str, measured: str, goal: str, met: bool) -> None:
    """Keep a row for the table, and print it now."""
    _rows.append(Row(what, command, measured, goal, met))
    print(f"{what}: {measured} (goal {goal}{'' if met else ', NOT met'})", flush=True)


def show() -> None:
    """Print all rows as a table that can be pasted into docs/performance.md."""
    if _rows:
        print("\n| what | command | measured | goal | met |\n| --- | --- | --- | --- | --- |")
    for row in _rows:
        met = "yes" if row.met else "**no**"
        print(f"| {row.what} | `{row.command}` | {row.measured} | {row.goal} | {met} |")
