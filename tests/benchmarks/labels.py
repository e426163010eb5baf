"""Where labels beside a picture go, so that none is on another."""

from statistics import fmean


def spread(heights: list[float], apart: float) -> list[float]:
    """``heights`` moved as little as keeps them ``apart``, up or down, in their own order."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    blocks: list[list[float]] = []  # labels that touch; each less what those below it need
    for rank, index in enumerate(order):
        blocks.append([heights[index] - rank * apart])
        while len(blocks) > 1 and fmean(blocks[-2]) > fmean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    fitted = [fmean(block) for block in blocks for _ in block]
    placed = {index: fitted[rank] + rank * apart for rank, index in enumerate(order)}
    return [placed[index] for index in range(len(heights))]
