"""The pictures of a training run. Imports matplotlib, so only training imports this module."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

BLUE, RED, AMBER, GREEN, GREY = "#3572b0", "#b3321f", "#e3a52d", "#2b8a7e", "#6b7280"
COLOURS = {"red": RED, "yellow": AMBER, "green": GREEN, "no_data": GREY}
TOP = 12
DEPENDENCE = 4


def figures(
    churned: Floats,
    probability: Floats,
    score: Floats,
    points: Floats,
    matrix: Floats,
    names: Sequence[str],
    evaluation: Json,
) -> dict[str, "Figure"]:
    """Return every picture by file name (without ending), drawn from the test rows (n,)."""
    drawn = {
        "reliability": reliability(evaluation["reliability"]),
        "precision_recall": precision_recall(churned, probability),
        "gain": gain(churned, probability),
        "score_by_outcome": score_by_outcome(churned, score),
        "beeswarm": beeswarm(points, matrix, names),
        "dependence": dependence(points, matrix, names),
    }
    if evaluation.get("answer_check") and evaluation["answer_check"]["left"]:
        drawn["answer_check"] = answer_check(evaluation["answer_check"])
    return drawn


def reliability(groups: Sequence[Json]) -> "Figure":
    """Draw said against came, on log axes, with 90 % intervals; empty groups stand at the edge."""
    figure, axes = _canvas("Predicted and observed churn", "predicted", "observed")
    floor = max(min(g["predicted"] for g in groups) / 2, 1e-4)
    for group in groups:
        low, high = (max(edge, floor) for edge in group["interval"])
        axes.plot([group["predicted"]] * 2, [low, high], color=BLUE, alpha=0.5)
        filled = BLUE if group["churns"] else "white"
        came = max(group["observed"], floor)
        axes.plot(group["predicted"], came, "o", color=BLUE, markerfacecolor=filled)
    axes.plot([floor, 1], [floor, 1], "--", color=GREY, linewidth=1)
    axes.set(xscale="log", yscale="log", xlim=(floor, 1), ylim=(floor, 1))
    return figure


def precision_recall(churned: Floats, probability: Floats) -> "Figure":
    """Draw precision against recall, from the riskiest account down."""
    figure, axes = _canvas("Precision and recall", "recall", "precision")
    found = np.cumsum(churned[np.argsort(-probability, kind="stable")])
    seen = np.arange(1, len(churned) + 1)
    axes.plot(found / max(found[-1], 1), found / seen, color=BLUE)
    axes.axhline(float(churned.mean()), linestyle="--", color=GREY, linewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    return figure


def gain(churned: Floats, probability: Floats) -> "Figure":
    """Draw the share of leavers found by contacting the riskiest share of accounts."""
    figure, axes = _canvas("Gain", "share of accounts, riskiest first", "share of leavers found")
    found = np.cumsum(churned[np.argsort(-probability, kind="stable")])
    share = np.arange(1, len(churned) + 1) / len(churned)
    axes.plot(share, found / max(found[-1], 1), color=BLUE)
    axes.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    return figure


def score_by_outcome(churned: Floats, score: Floats) -> "Figure":
    """Draw how health scores of leavers and stayers are spread, each to one."""
    figure, axes = _canvas("Health score by outcome", "health score", "share")
    edges = np.linspace(0, 100, 21)
    for name, colour, inside in (("stayed", GREEN, churned == 0), ("left", RED, churned == 1)):
        counts, _ = np.histogram(score[inside], bins=edges)
        share = counts / max(counts.sum(), 1)
        axes.stairs(share, edges, color=colour, fill=True, alpha=0.45, label=name)
    axes.legend(frameon=False)
    return figure


def beeswarm(points: Floats, matrix: Floats, names: Sequence[str]) -> "Figure":
    """Draw every account's points for the features that move scores most; red is a high value."""
    figure, axes = _canvas("What moves scores", "points of health score", "")
    top = _top(points, TOP)[::-1]
    rng = np.random.default_rng(0)
    sample = np.sort(rng.permutation(len(points))[:2000])
    for row, feature in enumerate(top):
        axes.scatter(
            points[sample, feature],
            row + rng.uniform(-0.3, 0.3, len(sample)),
            c=_rank(matrix[sample, feature]),
            cmap="coolwarm",
            s=4,
            vmin=0,
            vmax=1,
            plotnonfinite=True,
        )
    axes.set_yticks(range(len(top)), [names[feature] for feature in top], fontsize=8)
    axes.axvline(0, color=GREY, linewidth=1)
    return figure


def dependence(points: Floats, matrix: Floats, names: Sequence[str]) -> "Figure":
    """Draw points against value for the features that move scores most."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), layout="constrained")
    grid = figure.subplots(2, DEPENDENCE // 2).ravel()
    for axes, feature in zip(grid, _top(points, DEPENDENCE), strict=False):
        axes.scatter(matrix[:, feature], points[:, feature], s=4, color=BLUE, alpha=0.4)
        axes.axhline(0, color=GREY, linewidth=1)
        axes.set_xlabel(names[feature])
        axes.set_ylabel("points")
    return figure


def answer_check(check: Json) -> "Figure":
    """Draw the bands of those who left, week by week before leaving."""
    figure, axes = _canvas("Were leavers red before they left?", "weeks before leaving", "share")
    weeks = [week for week in check["weeks"] if week["scored"]]
    bottom = np.zeros(len(weeks))
    for band, colour in COLOURS.items():
        share = np.array([week[band] / week["scored"] for week in weeks])
        labels = [str(week["weeks"]) for week in weeks]
        axes.bar(labels, share, bottom=bottom, color=colour, label=band)
        bottom += share
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _canvas(title: str, across: str, up: str) -> tuple["Figure", "Axes"]:
    # Figure without pyplot: no global state, no display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.25)
    return figure, axes


def _top(points: Floats, count: int) -> list[int]:
    mean = np.abs(points).mean(axis=0)
    return [int(i) for i in np.argsort(-mean, kind="stable")[:count] if mean[i] > 0]


def _rank(values: Floats) -> Floats:
    """Return each value's place among the others, in [0, 1]; NaN stays NaN."""
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)
    scaled = order / max(int(np.count_nonzero(~np.isnan(values))) - 1, 1)
    return np.where(np.isnan(values), np.nan, scaled)
