"""The options that several benchmarks have."""

import argparse


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with the option ``--check``."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure is missed")
    return parser


def parse_rounds(description: str) -> argparse.Namespace:
    """The options of a benchmark that compares servers in rounds, in rooms of several sizes."""
    rounds = parser(description)
    rounds.add_argument("--rounds", type=int, default=5)
    rounds.add_argument("--people", type=numbers, default=[30, 300])
    rounds.add_argument("--seconds", type=float, default=3)
    return rounds.parse_args()


def numbers(text: str) -> list[int]:
    """Whole numbers, separated by commas."""
    return [int(part) for part in text.split(",")]
