"""One score as one line of scalars, for CRM systems, warehouses and spreadsheets.

The canonical record with its lists folded: three reasons in words instead of all with points.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from features.catalog import Language
from features.settings import Settings
from serving import records, words
from serving.accounts import listing
from serving.plays import plays_of
from serving.predictions.stored import before_of, portions
from serving.scoring import typical_of
from serving.store.scores import StoredRow, numbers
from training.bundle import Bundle

DRIVERS: Final = ("top_driver_1", "top_driver_2", "top_driver_3")

_INSTANT = pa.timestamp("us", tz="UTC")
SCHEMA: Final = pa.schema(
    [
        ("account_external_id", pa.string()),
        ("name", pa.string()),
        ("name_en", pa.string()),
        ("plan", pa.string()),
        ("industry", pa.string()),
        ("size", pa.string()),
        ("region", pa.string()),
        ("owner", pa.string()),
        ("arr", pa.float64()),
        ("currency", pa.string()),
        ("renewal_date", pa.date32()),
        ("as_of", _INSTANT),
        ("health_score", pa.int64()),
        ("band", pa.string()),
        ("band_since", _INSTANT),
        ("change", pa.int64()),
        ("churn_probability", pa.float64()),
        ("churn_probability_low", pa.float64()),
        ("churn_probability_high", pa.float64()),
        ("horizon_days", pa.int64()),
        ("revenue_at_risk", pa.float64()),
        *((driver, pa.string()) for driver in DRIVERS),
        ("recommended_action", pa.string()),
        ("recommended_action_code", pa.string()),
        ("reason_code", pa.string()),
        ("abstain_reason", pa.string()),
        ("scorecard_version", pa.string()),
        ("model_version", pa.string()),
        ("feature_snapshot_id", pa.string()),
        ("score_id", pa.string()),
        ("explanation_url", pa.string()),
    ]
)
"""Columns of both exports, in this order; instants are UTC."""

_AS_STORED = ("name", "name_en", "plan", "industry", "size", "region", "owner", "arr", "currency",
              "renewal_date", "as_of", "health_score", "band", "band_since", "change",
              "churn_probability", "churn_probability_low", "churn_probability_high",
              "revenue_at_risk", "abstain_reason", "score_id")  # fmt: skip

Flat = dict[str, Any]
"""Column of `SCHEMA` → value; instants are naive UTC."""


@dataclass(frozen=True)
class Export:
    """What is exported: the accounts of one run, told by the model that scored them.

    Attributes
    ----------
    before : mapping or None
        The run that ``change`` compares with.
    bundle : Bundle
        Of the run's ``model_version``.
    """

    engine: sa.Engine
    run: StoredRow
    before: StoredRow | None
    bundle: Bundle
    settings: Settings
    language: Language

    def batches(self, account_ids: Sequence[str]) -> Iterator[list[Flat]]:
        """Yield the accounts in portions; no connection is held while a reader is slow."""
        plays = plays_of(self.settings)
        place = {feature.name: i for i, feature in enumerate(self.bundle.features)}
        for some in portions(account_ids):
            with self.engine.connect() as connection:
                rows = listing.whole_rows(connection, self.run, self.before, some)
                previous = before_of(connection, self.run, some)
            chosen = [
                records.recommended(row, self.bundle, plays, previous.get(row["account_id"]))
                for row in rows
            ]
            yield [
                {
                    **{name: row[name] for name in _AS_STORED},
                    **self._of_run(row),
                    **dict(zip(DRIVERS, self._said(row, place), strict=True)),
                    "recommended_action": choice.play.title[self.language],
                    "recommended_action_code": choice.play.code,
                    "reason_code": choice.feature.name if choice.feature else None,
                }
                for row, choice in zip(rows, chosen, strict=True)
            ]

    def _of_run(self, row: StoredRow) -> Flat:
        return {
            "account_external_id": row["account_id"],
            "horizon_days": self.bundle.evaluation["horizon_days"],
            "scorecard_version": self.run["scorecard_version"],
            "model_version": self.run["model_version"],
            "feature_snapshot_id": self.run["snapshot_id"],
            "explanation_url": records.explanation_url(row["account_id"]),
        }

    def _said(self, row: StoredRow, place: dict[str, int]) -> list[str | None]:
        """Return up to three reasons that cost most, as sentences; the rest is None."""
        told: list[str | None] = [None] * len(DRIVERS)
        if row["points"] is None:
            return told
        points, values = numbers(row["points"]), numbers(row["values"])
        usual = typical_of(self.run, row["plan"])
        for rank, name in enumerate((row["top_reasons"] or [])[: len(DRIVERS)]):
            at = place[name]
            feature = self.bundle.features[at]
            value = records.decode(self.bundle, feature, float(values[at]))
            told[rank] = words.sentence(
                feature, value, usual.get(name), float(points[at]), self.language
            )
        return told
