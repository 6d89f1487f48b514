"""Scorecards and tables by hand and at random."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from features.catalog import Feature
from tests.builders.frames import feature
from training.scorecard import Scorecard

FEATURES: tuple[Feature, ...] = (
    feature("logins", good="up"),
    feature("breadth", good="up"),
    feature("silence", good="down"),
    feature("tickets", good="down"),
    feature("overdue", good="down"),
    feature("tone"),
)
AS_OF = datetime(2026, 7, 1)


def words(text: str) -> dict[str, str]:
    return {"ja": f"{text}（日本語）", "en": text}


def indicator(name: str, **said: object) -> dict[str, object]:
    kinds = {"steps", "line", "bounded", "decay", "bonus", "veto"}
    rule = {} if kinds & set(said) else {"bounded": {"none_at": 0, "all_at": 10}}
    weight = {} if {"bonus", "veto", "weight"} & set(said) else {"weight": 10}
    return {"feature": name, **weight, **rule, **said}


def card(
    *indicators: dict[str, object], code: str = "everybody", **said: object
) -> dict[str, object]:
    return {
        "code": code,
        "title": words(code),
        "success": words("uses it"),
        "indicator": list(indicators),
        **said,
    }


def scorecard(*cards: dict[str, object]) -> Scorecard:
    return Scorecard.model_validate({"title": words("Test"), "card": list(cards)})


def one(*indicators: dict[str, object], withhold_above_missing: float = 0.5) -> Scorecard:
    return scorecard(card(*indicators, withhold_above_missing=withhold_above_missing))


def table(
    tenure_days: Sequence[float] | float = 400.0, **columns: Sequence[float | None]
) -> pa.Table:
    """Return a snapshot whose unnamed features are all 5."""
    rows = max([len(c) for c in columns.values()] + [np.size(tenure_days)])
    tenure = np.broadcast_to(np.asarray(tenure_days, dtype=np.float64), rows)
    return pa.table(
        {
            "account_id": [f"A{i}" for i in range(rows)],
            "as_of": pa.array([AS_OF] * rows, pa.timestamp("us")),
            "fact_started_at": pa.array(
                [AS_OF - timedelta(days=float(d)) for d in tenure], pa.timestamp("us")
            ),
            "fact_plan": ["Free"] * rows,
            "fact_size": pa.array([None] * rows, pa.string()),
            "fact_seats": pa.array([5.0] * rows, pa.float64()),
            **{f.name: pa.array(columns.get(f.name, [5.0] * rows), pa.float64()) for f in FEATURES},
        }
    )


numbers = st.integers(-20, 40).map(lambda n: n / 2)
values = st.one_of(st.none(), numbers, st.sampled_from([0.0, 1.0, 5.0, 10.0, 1e9, -1e9]))


@st.composite
def _steps(draw: st.DrawFn) -> dict[str, object]:
    ends = sorted(draw(st.sets(numbers, min_size=1, max_size=4)))
    share = st.integers(0, 10).map(lambda n: n / 10)
    steps = [{draw(st.sampled_from(["below", "up_to"])): e, "share": draw(share)} for e in ends]
    return {"steps": [*steps, {"share": draw(share)}]}


@st.composite
def _line(draw: st.DrawFn, kind: str) -> dict[str, object]:
    low, high = draw(st.lists(numbers, min_size=2, max_size=2, unique=True))
    return {kind: {"none_at": low, "all_at": high}}


weighted_rules: st.SearchStrategy[Any] = st.one_of(
    _steps(),
    _line("line"),
    _line("bounded"),
    st.integers(1, 60).map(lambda n: {"decay": {"full_until": n / 4, "half_life": n / 2}}),
)


@st.composite
def indicators(draw: st.DrawFn, names: Sequence[str]) -> list[dict[str, object]]:
    """Return an indicator per name: the first with a weight, the last two may be bonus and veto."""
    found = []
    for place, name in enumerate(names):
        missing = {"missing": draw(st.sampled_from(["ignore", "zero", "withhold"]))}
        if place == len(names) - 2 and place and draw(st.booleans()):
            end = draw(st.sampled_from(["below", "up_to", "above", "at_least"]))
            rule: Any = {"bonus": {end: draw(numbers), "points": draw(st.integers(1, 300)) / 3}}
            found.append(indicator(name, **rule, missing="ignore"))
        elif place == len(names) - 1 and place and draw(st.booleans()):
            end = draw(st.sampled_from(["below", "up_to", "above", "at_least"]))
            veto = {end: draw(numbers), "at_most": draw(st.integers(0, 290)) / 3}
            found.append(indicator(name, veto={**veto, "reason": words("no")}, missing="ignore"))
        else:
            weight = draw(st.integers(1, 60)) / 7
            neutral = draw(st.integers(0, 10)) / 10
            rule = draw(weighted_rules)
            found.append(indicator(name, weight=weight, neutral=neutral, **rule, **missing))
    return found


@st.composite
def scorecards(draw: st.DrawFn) -> Scorecard:
    """Return one card, or a new customers' card that hands over to it."""
    names = [f.name for f in FEATURES]
    most = draw(st.integers(1, len(names)))
    withheld = draw(st.sampled_from([0.3, 0.5, 1.0]))
    last = card(*draw(indicators(names[:most])), withhold_above_missing=withheld)
    if draw(st.booleans()):
        return scorecard(last)
    first = [{**i, "code": f"new_{i['feature']}"} for i in draw(indicators(names[-most:]))]
    when = {"tenure_below_days": draw(st.integers(30, 400))}
    span = draw(st.one_of(st.none(), st.integers(1, 200)))
    over = {} if span is None else {"hand_over_days": span}
    return scorecard(card(*first, code="new", when=when, **over), last)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 12))
    tenure = draw(st.lists(st.integers(0, 500), min_size=rows, max_size=rows))
    columns = {f.name: draw(st.lists(values, min_size=rows, max_size=rows)) for f in FEATURES}
    return table(tenure, **columns)
