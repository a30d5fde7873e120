"""make bench: every figure, each with what it was measured against; names choose some.

`server:sqlite` chooses a part of one. At the end all goals, as a table, whether they are met or
not; it ends with 1 when a part could not be measured, which keeps none of the others back."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bench import _table

BENCHES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")
)


def main() -> None:
    failed = [named for named in _wanted() if not _ran(named)]
    _table.show()
    if failed:
        sys.exit(f"could not be measured: {', '.join(failed)}")


def _wanted() -> Iterator[str]:
    """What was named, or all; each with its parts one by one."""
    for named in sys.argv[1:] or BENCHES:
        name, _colon, part = named.partition(":")
        if name not in BENCHES:
            sys.exit(f"there is no bench {name!r}: {', '.join(BENCHES)}")
        parts = [] if part else getattr(import_module(f"bench.{name}"), "PARTS", [])
        yield from [f"{name}:{each}" for each in parts] or [named]


def _ran(named: str) -> bool:
    """Whether a bench came to its end; if not, why is printed."""
    name, _colon, part = named.partition(":")
    print(f"--- {named}", flush=True)
    try:
        import_module(f"bench.{name}").main(*filter(None, [part]))
    except (Exception, SystemExit):
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    main()
