"""make bench: every figure, each with what it was measured against; names choose some.

`server:sqlite` chooses a part of one. At the end all goals, as a table."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from bench import _table

BENCHES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")
)


def main() -> None:
    for named in sys.argv[1:] or BENCHES:
        name, _colon, part = named.partition(":")
        if name not in BENCHES:
            sys.exit(f"there is no bench {name!r}: {', '.join(BENCHES)}")
        print(f"--- {named}", flush=True)
        import_module(f"bench.{name}").main(*filter(None, [part]))
    _table.show()


if __name__ == "__main__":
    main()
