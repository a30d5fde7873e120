"""make bench: every figure, each with what it was measured against; names choose some."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

BENCHES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")
)


def main() -> None:
    for name in sys.argv[1:] or BENCHES:
        if name not in BENCHES:
            sys.exit(f"there is no bench {name!r}: {', '.join(BENCHES)}")
        print(f"--- {name}", flush=True)
        import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
