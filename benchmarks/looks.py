"""How each peer looks in the picture, and where its label goes."""

from statistics import fmean

from benchmarks.peers import (
    C_LOOP,
    FASTAPI,
    NODE_WS,
    OURS,
    PICOWS,
    PLAIN,
    SOCKETIO,
    STEP_ASYNC,
    STOCK,
    STOCK_SYNC,
    WEBSOCKETS,
)

INK = "#333a40"
#: Each peer's colour and marker: ours in shades of one colour.
LOOKS = {
    OURS: ("#b3261e", "o"),
    PLAIN: ("#cc5f57", "o"),
    STEP_ASYNC: ("#cf7a71", "o"),
    STOCK: ("#7d858c", "s"),
    STOCK_SYNC: ("#8c9399", "D"),
    FASTAPI: ("#00796b", "^"),
    WEBSOCKETS: ("#9a6a12", "v"),
    PICOWS: ("#2a62a8", "s"),
    NODE_WS: ("#4b8424", "D"),
    SOCKETIO: ("#7a4fa3", "P"),
    C_LOOP: (INK, "x"),
}


def spread(heights: list[float], distance: float) -> list[float]:
    """``heights`` moved as little as keeps them ``distance`` apart, up or down, in their own order."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    blocks: list[list[float]] = []  # labels that touch; each less what those below it need
    for rank, index in enumerate(order):
        blocks.append([heights[index] - rank * distance])
        while len(blocks) > 1 and fmean(blocks[-2]) > fmean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    fitted = [fmean(block) for block in blocks for _ in block]
    placed = {index: fitted[rank] + rank * distance for rank, index in enumerate(order)}
    return [placed[index] for index in range(len(heights))]
