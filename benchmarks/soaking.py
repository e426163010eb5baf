"""Ten minutes of a crowd whose connections are cut at random: whether memory grows, and what is left in the end.

    python benchmarks/soaking.py [--minutes 10] [--people 60] [--drop 0.02] [--check]

Memory is compared between the third minute and the last one. It also checks that nobody lost anything.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.options import parser  # noqa: E402
from tests.promise.soak import soak  # noqa: E402

#: Seconds after which memory shouldn't grow any more; those whose median is taken; and what it may grow by.
WARM, SPAN, GROWTH = 120, 60, 1.05


def main() -> None:
    command_line = parser(__doc__)
    command_line.add_argument("--minutes", type=float, default=10)
    command_line.add_argument("--people", type=int, default=60)
    command_line.add_argument(
        "--drop", type=float, default=0.02, help="share of the connections that is cut each second"
    )
    command_line.add_argument(
        "--pause", type=float, default=2, help="seconds between two messages of one participant"
    )
    options = command_line.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory, before, after = asyncio.run(
            soak(Path(folder), options.people, options.minutes * 60, options.drop, options.pause)
        )
    warm = min(WARM, len(memory) // 3)
    growth = median(memory[-SPAN:]) / median(memory[warm : warm + SPAN])
    print(
        "MiB each minute:",
        *(f"{median(memory[at : at + 60]):.1f}" for at in range(0, len(memory), 60)),
    )
    print(f"memory after minute {WARM // 60} grew to {growth:.3f}x  at most {GROWTH}")
    print(
        "left when all had gone (before they came):",
        ", ".join(f"{n} {after[n]} ({before[n]})" for n in before),
    )
    if options.check and growth > GROWTH:
        sys.exit(1)


if __name__ == "__main__":
    main()
