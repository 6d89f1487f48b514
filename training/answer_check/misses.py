"""The misses by name, with what came to light after the score and before they left."""

from typing import Any

import pyarrow as pa

from training.answer_check.leavers import Json, Leaver
from training.answer_check.rules import Rules
from training.answer_check.timelines import DAY, Timelines, instant
from training.answer_check.unseen import Happening, unseen

SERIES_WEEKS = range(26, 0, -1)


def misses(
    lines: Timelines,
    left: list[Leaver],
    facts: dict[str, Json],
    happened: dict[str, list[Happening]] | None,
    rules: Rules,
) -> list[Json]:
    """Return those who were green ``weeks_before`` weeks before leaving, largest revenue first.

    ``unseen`` is null where nobody looked (``happened`` None), empty where nothing was found.
    """
    found = [
        _miss(lines, one, facts.get(one.account_id, {}), happened, rules)
        for one in left
        if is_miss(lines, one, rules)
    ]
    return sorted(found, key=lambda miss: (-(miss["arr"] or 0.0), miss["account_id"]))


def is_miss(lines: Timelines, one: Leaver, rules: Rules) -> bool:
    """Return whether the leaver was green when the limit looks."""
    row = one.rows.get(rules.weeks_before)
    return row is not None and str(lines.band[row]) == "green"


def _miss(
    lines: Timelines,
    one: Leaver,
    known: Json,
    happened: dict[str, list[Happening]] | None,
    rules: Rules,
) -> Json:
    row = one.rows[rules.weeks_before]
    earlier = one.rows.get(rules.earlier)
    mrr = known.get("fact_mrr")
    scored_at = int(lines.at[row])
    new: list[Json] | None = None
    if happened is not None:
        new = unseen(happened.get(one.account_id, []), scored_at, one.left_at)
    return {
        "account_id": one.account_id,
        "name": known.get("fact_name"),
        "name_en": known.get("fact_name_en"),
        "plan": known.get("fact_plan"),
        "arr": None if mrr is None else 12 * mrr,
        "left_at": instant(one.left_at).isoformat(),
        "scored_at": instant(scored_at).isoformat(),
        "score_before": number(lines.score[row]),
        "band_before": str(lines.band[row]),
        "score_earlier": None if earlier is None else number(lines.score[earlier]),
        "band_earlier": None if earlier is None else str(lines.band[earlier]),
        "series": _series(lines, one, rules),
        "unseen": new,
    }


def _series(lines: Timelines, one: Leaver, rules: Rules) -> list[float | None]:
    """Return the scores of the last 26 weeks before leaving, those that were in force."""
    stale = rules.stale_days * DAY
    placed = (
        lines.in_force(one.account_id, one.left_at - 7 * week * DAY, stale, one.since)
        for week in SERIES_WEEKS
    )
    return [number(lines.score[row]) for row in placed if row >= 0]


def facts_by_account(facts: pa.Table | None) -> dict[str, Json]:
    """Return what is shown of each account, from its last row."""
    return {} if facts is None else {row["account_id"]: row for row in facts.to_pylist()}


def number(value: Any) -> float | None:  # noqa: ANN401
    """Return a JSON number, None for NaN."""
    return None if value != value else float(value)
