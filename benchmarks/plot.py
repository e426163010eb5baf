"""The closed loop as a picture: deliveries a second against the people in the room, a line a peer."""

import math
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator  # noqa: E402

from benchmarks.looks import INK, LOOKS, spread  # noqa: E402
from benchmarks.measure import CLOSED  # noqa: E402
from benchmarks.peers import C_LOOP, OURS  # noqa: E402
from benchmarks.results import Figure, Results  # noqa: E402

#: Opaque, so that it reads on a white page and on a dark one.
PAPER, GRID = "#fbfbf8", "#dfe1dd"
STYLE = {
    "svg.fonttype": "none",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRID,
}
#: Inches, which are 72 points each: as wide as GitHub shows a README.
SIZE = (8.6, 5.6)
#: Least distance of two labels, as a part of the axes' height.
APART = 0.055


def draw(results: Results, path: Path) -> None:
    """Write the picture as SVG."""
    lines = {peer: points for peer in results.peers if (points := _points(results, peer))}
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": "fanout"}):
        figure, axes = pyplot.subplots(figsize=SIZE, facecolor=PAPER)
        for peer, points in lines.items():
            axes.plot(*zip(*points, strict=True), **_look(peer))
        _frame(axes, results.sizes(CLOSED))
        _label(axes, lines)
        figure.tight_layout()
        figure.savefig(path, format="svg", metadata={"Date": None})
        pyplot.close(figure)


def _points(results: Results, peer: str) -> list[tuple[int, float]]:
    found = (
        (people, results.median(Figure(CLOSED, peer, people, "per_second")))
        for people in results.sizes(CLOSED)
    )
    return [(people, value) for people, value in found if value]


def _look(peer: str) -> dict:
    color, marker = LOOKS[peer]
    look = {"color": color, "marker": marker, "linewidth": 1.3, "markersize": 5}
    if peer == OURS:
        return look | {"linewidth": 3, "markersize": 7, "zorder": 5}
    return look | {"linestyle": "--" if peer == C_LOOP else "-"}


def _frame(axes, sizes: list[int]) -> None:
    axes.set(xscale="log", yscale="log", facecolor=PAPER, xticks=sizes, xlabel="people in the room")
    axes.set_title("Deliveries a second (both scales logarithmic)", loc="left", fontsize=12)
    axes.grid(color=GRID, linewidth=0.7)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, length=0)


def _label(axes, lines: dict[str, list[tuple[int, float]]]) -> None:
    """Each line's name beside its right end, in the line's colour."""
    bottom, top = map(math.log, axes.get_ylim())
    heights = [(math.log(points[-1][1]) - bottom) / (top - bottom) for points in lines.values()]
    for (peer, points), height in zip(lines.items(), spread(heights, APART), strict=True):
        color, weight = LOOKS[peer][0], "bold" if peer == OURS else "normal"
        place = {
            "xy": points[-1],
            "xytext": (1.05, height),
            "textcoords": axes.transAxes,
            "va": "center",
        }
        link = {"arrowstyle": "-", "color": color, "linewidth": 0.6, "relpos": (0, 0.5)}
        axes.annotate(peer, **place, color=color, weight=weight, arrowprops=link)
