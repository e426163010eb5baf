"""The closed loop as a picture: deliveries a second against the people in the room, a line a peer."""

import math
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402

from tests.benchmarks.measure import CLOSED  # noqa: E402
from tests.benchmarks.peers import C_LOOP, OURS  # noqa: E402
from tests.benchmarks.results import Figure, Results  # noqa: E402

#: Opaque, so that it reads on a white page and on a dark one.
PAPER, INK, GRID, STRONG = "#fbfbf8", "#333a40", "#dfe1dd", "#b3261e"
PALE = ("#3a6ea5", "#4d8b57", "#8a6d3b", "#7b5ea7", "#2f8f9d", "#a05d7e", "#6b7280", "#5f7f2f")
STYLE = {"svg.fonttype": "none", "font.size": 11, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": GRID}
#: Least distance of two labels, as a part of the picture's height.
APART = 0.052


def draw(results: Results, path: Path) -> None:
    """Write the picture as SVG."""
    lines = {peer: points for peer in results.peers if (points := _points(results, peer))}
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": "fanout"}):
        figure, axes = pyplot.subplots(figsize=(8.6, 5), facecolor=PAPER)
        for index, (peer, points) in enumerate(lines.items()):
            axes.plot(*zip(*points, strict=True), **_look(peer, index))
        _frame(axes, results.sizes(CLOSED))
        _label(axes, lines)
        figure.tight_layout()
        figure.savefig(path, format="svg", metadata={"Date": None})
        pyplot.close(figure)


def spread(heights: list[float], apart: float) -> list[float]:
    """``heights`` moved up as little as keeps them ``apart``, in their own order."""
    placed: dict[int, float] = {}
    last = -math.inf
    for index in sorted(range(len(heights)), key=heights.__getitem__):
        last = placed[index] = max(heights[index], last + apart)
    return [placed[index] for index in range(len(heights))]


def _points(results: Results, peer: str) -> list[tuple[int, float]]:
    found = ((people, results.median(Figure(CLOSED, peer, people, "per_second"))) for people in results.sizes(CLOSED))
    return [(people, value) for people, value in found if value]


def _look(peer: str, index: int) -> dict:
    if peer == OURS:
        return {"color": STRONG, "linewidth": 3, "marker": "o", "markersize": 6, "zorder": 5}
    dashes = {"linestyle": "--"} if peer == C_LOOP else {}
    return {"color": PALE[index % len(PALE)], "linewidth": 1.3, "marker": "o", "markersize": 3, **dashes}


def _frame(axes, sizes: list[int]) -> None:
    axes.set(xscale="log", yscale="log", facecolor=PAPER, xticks=sizes, xlabel="people in the room")
    axes.set_title("Deliveries a second (both scales logarithmic)", loc="left", fontsize=12)
    axes.grid(color=GRID, linewidth=0.7)
    axes.xaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, length=0)


def _label(axes, lines: dict[str, list[tuple[int, float]]]) -> None:
    """Each line's name at its right end, in the line's colour."""
    bottom, top = map(math.log, axes.get_ylim())
    ends = [(math.log(points[-1][1]) - bottom) / (top - bottom) for points in lines.values()]
    for index, (peer, height) in enumerate(zip(lines, spread(ends, APART), strict=True)):
        weight = "bold" if peer == OURS else "normal"
        place = {"xy": (1.01, height), "xycoords": "axes fraction", "va": "center"}
        axes.annotate(peer, **place, color=_look(peer, index)["color"], weight=weight)
