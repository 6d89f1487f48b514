"""One score as one line of scalars, for CRM systems, warehouses and spreadsheets.

The canonical record with its lists folded: three reasons in words instead of all with points.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from features.arrow import pa
from features.catalog import Language
from features.settings import Settings
from serving import records, words
from serving.accounts import listing
from serving.accounts.previous import previous_points
from serving.lexicon import lexicon
from serving.plays import Play, plays_of
from serving.scoring import typical_of
from serving.store.scores import StoredRow, numbers
from training.bundle import Bundle

AT_ONCE: Final = 500
"""Accounts of one portion."""

DRIVERS: Final = ("top_driver_1", "top_driver_2", "top_driver_3")

_KINDS: Final = {
    "account_external_id": "string",
    "name": "string",
    "name_en": "string",
    "plan": "string",
    "industry": "string",
    "size": "string",
    "region": "string",
    "owner": "string",
    "arr": "float64",
    "currency": "string",
    "renewal_date": "date32",
    "as_of": "instant",
    "health_score": "int64",
    "band": "string",
    "band_since": "instant",
    "override_band": "string",
    "override_until": "date32",
    "change": "int64",
    "churn_probability": "float64",
    "churn_probability_low": "float64",
    "churn_probability_high": "float64",
    "horizon_days": "int64",
    "revenue_at_risk": "float64",
    **dict.fromkeys(DRIVERS, "string"),
    "recommended_action": "string",
    "action": "string",
    "reason_code": "string",
    "abstain_reason": "string",
    "scorecard_version": "string",
    "model_version": "string",
    "feature_snapshot_id": "string",
    "score_id": "string",
    "explanation_url": "string",
}
COLUMNS: Final = tuple(_KINDS)
"""Columns of both exports, in this order; instants are UTC."""


def schema() -> "pa.Schema":
    """Return the columns with their types."""
    instant = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [(name, instant if kind == "instant" else kind) for name, kind in _KINDS.items()]
    )


_AS_STORED = ("name", "name_en", "plan", "industry", "size", "region", "owner", "arr", "currency",
              "renewal_date", "as_of", "health_score", "band", "band_since", "change",
              "churn_probability", "churn_probability_low", "churn_probability_high",
              "revenue_at_risk", "abstain_reason", "score_id")  # fmt: skip

Flat = dict[str, Any]
"""Column of `COLUMNS` → value; instants are naive UTC."""


@dataclass(frozen=True)
class Export:
    """What is exported: the accounts of one run, told by the model that scored them.

    Attributes
    ----------
    before : mapping or None
        The run that ``change`` compares with.
    bundle : Bundle
        Of the run's ``model_version``.
    held : mapping of str to mapping
        Account → the override in force.
    """

    engine: sa.Engine
    run: StoredRow
    before: StoredRow | None
    bundle: Bundle
    settings: Settings
    language: Language
    held: Mapping[str, StoredRow] = field(default_factory=dict)

    def batches(self, account_ids: Sequence[str]) -> Iterator[list[Flat]]:
        """Yield the accounts in portions; no connection is held while a reader is slow."""
        plays = plays_of(self.settings)
        for start in range(0, len(account_ids), AT_ONCE):
            some = account_ids[start : start + AT_ONCE]
            with self.engine.connect() as connection:
                rows = listing.whole_rows(connection, self.run, self.before, some)
                # What fell lately decides only where something is wrong.
                asked = [row["account_id"] for row in rows if row["band"] in ("red", "yellow")]
                earlier = previous_points(connection, self.run, asked)
            yield [self._line(row, earlier.get(row["account_id"]), plays) for row in rows]

    def _line(self, row: StoredRow, earlier: StoredRow | None, plays: tuple[Play, ...]) -> Flat:
        # Of the score before only the points are asked for; nothing reads its run.
        previous = None if earlier is None else (earlier, self.run)
        choice = records.recommended(row, self.bundle, plays, previous)
        told, held = self._told(row), self.held.get(row["account_id"])
        return {
            **{name: row[name] for name in _AS_STORED},
            **dict(zip_longest(DRIVERS, told)),
            "account_external_id": row["account_id"],
            "override_band": None if held is None else held["band"],
            "override_until": None if held is None else held["until"],
            "horizon_days": self.bundle.evaluation["horizon_days"],
            "recommended_action": choice.play.code,
            "action": choice.play.title[self.language],
            "reason_code": choice.feature.name if choice.feature else None,
            "scorecard_version": self.run["scorecard_version"],
            "model_version": self.run["model_version"],
            "feature_snapshot_id": self.run["snapshot_id"],
            "explanation_url": f"/v1/accounts/{quote(row['account_id'], safe='')}/explanation",
        }

    def _told(self, row: StoredRow) -> list[str]:
        """Return up to three reasons that cost points, the costliest first, as sentences."""
        if row["points"] is None:
            return []
        points, words_of = numbers(row["points"]), lexicon(self.bundle)
        costing = [words_of.place[name] for name in row["top_reasons"] or []]
        if any(points[at] > -1 for at in costing):
            return self._rounded(row)
        known = words_of.decoded(numbers(row["values"]).tolist())
        usual = typical_of(self.run, row["plan"])
        return [
            words.sentence(
                words_of.features[at],
                known[at],
                usual.get(words_of.names[at]),
                float(points[at]),
                self.language,
            )
            for at in costing
        ]

    def _rounded(self, row: StoredRow) -> list[str]:
        """Return the same where whole points decide: what rounds to none is not told."""
        _, drivers = records.explained(row, self.run, self.bundle)
        costing = [one for one in drivers if one.points < 0 and one.group is not None]
        return [getattr(one, f"sentence_{self.language}") for one in costing[: len(DRIVERS)]]
