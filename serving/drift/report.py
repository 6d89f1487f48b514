"""The picture of drift for a person: evidently's page, drawn by a process of its own.

The verdict does not come from here. Evidently takes ten seconds to import and loses the whole page
over one odd column, so it sees at most 10,000 rows, only columns it can draw, and no markup.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from features.catalog import Feature
from features.errors import KenshinError
from serving.drift.findings import printable
from serving.drift.observed import Floats, Observed

PAGE_ROWS = 10_000
MOST_VALUES = 30
"""Values of a category drawn one by one; the rarer ones are drawn together."""
OTHER = "(other)"
TIME_LIMIT = 300

MARKUP = str.maketrans({"<": "‹", ">": "›", "&": "＆"})
"""Look-alikes without meaning in HTML; an escaped text would be unescaped once on its way."""


class ReportError(KenshinError):
    """The page could not be drawn; the verdict stands all the same."""

    exit_code = 1
    status = 500
    slug = "drift-report"
    title = "The drift report could not be drawn"


@dataclass(frozen=True)
class Drawing:
    """What the page will show.

    Attributes
    ----------
    columns : tuple of dict
        ``name``, ``kind`` ("number" or "category"), ``before`` and ``now`` (values, missing is
        None); free of markup.
    left_out : dict of str to str
        Feature → why it cannot be drawn.
    rows_before, rows_now : int
        Rows drawn.
    """

    columns: tuple[dict[str, Any], ...]
    left_out: dict[str, str]
    rows_before: int
    rows_now: int


def drawing(
    observed: Observed,
    probability: Floats,
    features: Sequence[Feature],
    reference: Mapping[str, Any],
    seed: int = 0,
) -> Drawing:
    """Return the columns evidently can draw, as a sample without markup.

    Parameters
    ----------
    probability : ndarray of shape (n_scored,)
        Drawn as the first column, ``churn_probability``.
    reference : mapping
        The champion's profile with its sample.
    """
    rng = np.random.default_rng(seed)
    sample = reference["sample"]
    rows = _chosen(rng, observed.rows)
    drawn: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    scores = probability[_chosen(rng, len(probability))]
    candidates = [("churn_probability", "number", sample["probability"], scores.tolist())]
    for feature in features:
        before = sample["columns"].get(feature.name, [])
        candidates.append((feature.name, feature.kind, before, _values(observed, feature, rows)))
    for name, kind, before, now in candidates:
        before, now = _finite(before), _finite(now)
        reason = _cannot_be_drawn(before, now)
        if reason:
            left_out[name] = reason
        elif kind == "category":
            drawn.append(_column(name, "category", *_few_values(before, now)))
        else:
            drawn.append(_column(name, "number", before, now))
    return Drawing(tuple(drawn), left_out, sample["rows"], len(rows))


def write_report(drawn: Drawing, heading: str, path: Path) -> None:
    """Draw the page into ``path``, which appears whole or not at all.

    Raises
    ------
    ReportError
        Where nothing can be drawn, the process fails or takes longer than five minutes.
    """
    if not drawn.columns:
        raise ReportError(
            "at least one column with values", "none", "The verdict says what is wrong with them."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".drift-", dir=path.parent) as folder:
        request, page = Path(folder) / "request.json", Path(folder) / "page.html"
        content = {"heading": heading, "columns": drawn.columns}
        request.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
        _draw(request, page)
        page.replace(path)


def neutralised(text: str) -> str:
    """Return ``text`` without markup and control characters."""
    return printable(text).translate(MARKUP)


def _draw(request: Path, page: Path) -> None:
    # -P: the working directory must not shadow the packages.
    command = [sys.executable, "-P", "-m", "serving.drift.evidently_page", str(request), str(page)]
    environment = os.environ | {"DO_NOT_TRACK": "true"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired:
        raise ReportError(
            "the page within five minutes", "no page", "Try again when the machine is idle."
        ) from None
    if done.returncode or not page.exists():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ReportError("a page from evidently", last, "Please report this; the verdict stands.")


def _chosen(rng: np.random.Generator, count: int) -> np.ndarray:
    if count <= PAGE_ROWS:
        return np.arange(count)
    return np.sort(rng.choice(count, PAGE_ROWS, replace=False))


def _values(observed: Observed, feature: Feature, rows: np.ndarray) -> list[Any]:
    if feature.name in observed.numbers:
        return list(observed.numbers[feature.name][rows].tolist())
    texts = observed.texts.get(feature.name)
    return [texts[row] for row in rows] if texts is not None else []


def _finite(values: Sequence[Any]) -> list[Any]:
    return [None if isinstance(v, float) and not np.isfinite(v) else v for v in values]


def _cannot_be_drawn(before: Sequence[Any], now: Sequence[Any]) -> str | None:
    for values, when in ((before, "in the reference"), (now, "now")):
        if not any(value is not None for value in values):
            return f"no values {when}"
    return None


def _few_values(before: Sequence[Any], now: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return both columns with their rarer values drawn together."""
    counts = Counter(value for value in (*before, *now) if value is not None)
    kept = {value for value, _ in counts.most_common(MOST_VALUES)}

    def shown(value: str | None) -> str | None:
        return None if value is None else neutralised(value) if value in kept else OTHER

    return [shown(value) for value in before], [shown(value) for value in now]


def _column(
    name: str, kind: Literal["number", "category"], before: list[Any], now: list[Any]
) -> dict[str, Any]:
    return {"name": neutralised(name), "kind": kind, "before": before, "now": now}
