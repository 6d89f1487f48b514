"""One score as one line of scalars, for CRM systems, warehouses and spreadsheets.

The canonical record with its lists folded: three reasons in words instead of all with points.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from features.catalog import Language
from features.settings import Settings
from serving import records
from serving.accounts import listing
from serving.accounts.previous import previous_scores
from serving.store.scores import StoredRow
from training.bundle import Bundle

AT_ONCE: Final = 500
"""Accounts of one portion."""

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
        ("action", pa.string()),
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

_OF_RECORD = ("score_id", "account_external_id", "as_of", "health_score", "band", "band_since",
              "churn_probability", "churn_probability_low", "churn_probability_high",
              "horizon_days", "revenue_at_risk", "currency", "renewal_date",
              "recommended_action", "reason_code", "abstain_reason", "scorecard_version",
              "model_version", "feature_snapshot_id", "explanation_url")  # fmt: skip
_OF_ROW = ("name", "name_en", "plan", "industry", "size", "region", "owner", "arr", "change")

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
        for start in range(0, len(account_ids), AT_ONCE):
            some = account_ids[start : start + AT_ONCE]
            with self.engine.connect() as connection:
                rows = listing.whole_rows(connection, self.run, self.before, some)
                previous = previous_scores(connection, self.run, some)
            yield [self._line(row, previous.get(row["account_id"])) for row in rows]

    def _line(self, row: StoredRow, previous: tuple[StoredRow, StoredRow] | None) -> Flat:
        record = records.document(row, self.run, self.bundle, self.settings, previous)
        costing = [d for d in record["drivers"] if d["points"] < 0 and d["group"] is not None]
        told = [driver[f"sentence_{self.language}"] for driver in costing[: len(DRIVERS)]]
        return {
            **{name: row[name] for name in _OF_ROW},
            **{name: record[name] for name in _OF_RECORD},
            **dict(zip_longest(DRIVERS, told)),
            "action": record[f"recommended_action_{self.language}"],
        }
