"""Find out whether a cost grows along a straight line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Points = Sequence[tuple[float, float]]
#: A share of a value; a line that misses a point by more is bent there.
BENT = 0.25


def fit(points: Points) -> tuple[float, float]:
    """Return the start and the slope of the line with the least squares of relative errors.

    Sizes and costs range over several powers of ten, so absolute errors would only show the last.
    """
    weights = [1 / value**2 for _, value in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    square = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    pairs = zip(weights, points, strict=True)
    slope = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in pairs) / square
    return mean_y - slope * mean_x, slope


def misses(points: Points) -> dict[float, float]:
    """Return the share by which each point is above its line; negative if it is below."""
    start, slope = fit(points)
    return {x: y / (start + slope * x) - 1 for x, y in points}


def describe_bends(name: str, costs: Mapping[str, float]) -> list[str]:
    """Return a sentence for each point of a series that is not on its line.

    Args:
        name: The name of the series.
        costs: Size -> cost.
    """
    if len(costs) < 3:
        return []
    found = misses([(float(size), cost) for size, cost in costs.items()])
    return [
        f"{name} is not straight: at {size:,.0f} it is {abs(miss):.0%} "
        f"{'above' if miss > 0 else 'below'} the line"
        for size, miss in found.items()
        if abs(miss) > BENT
    ]
