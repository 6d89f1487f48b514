"""One part of a run: rows of a snapshot in, rows of scores out. Streams and workers call this.

Nothing here imports a database, MLflow or Spark.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import KenshinError
from serving.batch.told import REASON, every_point, top_reasons
from serving.statements import run_id, score_id, withheld
from training.scale import band, shown

if TYPE_CHECKING:
    from training.bundle import Bundle

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Reasons = Literal["all", "yellow", "red", "none"]
REASONS: tuple[str, ...] = get_args(Reasons)
_EXPLAINED = {
    "all": {"red", "yellow", "green"},
    "yellow": {"red", "yellow"},
    "red": {"red"},
    "none": set(),
}

SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("as_of", pa.timestamp("us")),
        ("churn_probability", pa.float64()),
        ("churn_probability_low", pa.float64()),
        ("churn_probability_high", pa.float64()),
        ("health_score_exact", pa.float64()),
        ("health_score", pa.int32()),
        ("scorecard_score", pa.float64()),
        ("band", pa.string()),
        ("abstain_reason", pa.string()),
        ("top_reasons", pa.list_(REASON)),
        ("points", pa.list_(pa.float64())),
        ("score_id", pa.string()),
        ("run_id", pa.string()),
        ("kind", pa.string()),
        ("snapshot_id", pa.string()),
        ("model_version", pa.string()),
        ("settings_version", pa.string()),
    ]
)
"""Columns of the scores; what a column means is what it means in the score store.

``top_reasons`` holds the features that cost most points, the costliest first, each with its value
(``category`` for text); null where the row was not explained. ``points`` holds one number per
feature of the run, null unless asked for.
"""


MANY_ROWS = 20_000
"""Rows of one process from which `Bundle.hasten` saves more than the second it takes."""


@dataclass(frozen=True)
class Asked:
    """What is to be scored and said.

    Attributes
    ----------
    as_of : datetime
        The one instant of all rows, naive UTC.
    reasons : {"all", "yellow", "red", "none"}
        Rows whose reasons are told: those of this band or a worse one. Exact reasons take many
        times as long as a probability.
    every_point : bool
        Whether the points of every feature are kept.
    """

    as_of: datetime
    snapshot_id: str
    model_version: str
    settings_version: str
    reasons: Reasons = "all"
    every_point: bool = False

    @property
    def run_id(self) -> str:
        """The id that the store gives to the run of the same inputs."""
        return run_id(self.snapshot_id, self.model_version, self.settings_version, "issued")

    def score_id(self, account: str) -> str:
        """Return the id that the store gives to the score of ``account``."""
        identity = (self.snapshot_id, self.model_version, self.settings_version)
        return score_id(*identity, account, "issued")

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, the run's id included."""
        from serving.instant import rfc3339  # its pydantic stays out of Spark's workers

        return asdict(self) | {"as_of": rfc3339(self.as_of), "run_id": self.run_id}


def score_part(bundle: "Bundle", asked: Asked, table: pa.Table) -> pa.Table:
    """Return the scores of the rows of a snapshot, in their order, as `SCHEMA` says.

    Equal to what `serving.scoring.score` gives for the same rows, whatever part they come in.

    Raises
    ------
    KenshinError
        Where a feature has no column or a value is infinite, a row is of another instant, or has
        no account.
    """
    _require_one_instant(table, asked.as_of)
    matrix = bundle.encode(table)
    told = None if asked.reasons != "all" else bundle.explain(matrix)
    probability, exact = bundle.score(matrix) if told is None else (told.probability, told.score)
    reasons = withheld(bundle, matrix)
    known = np.array([why is None for why in reasons], dtype=bool)
    cuts = bundle.cuts(matrix)
    bands = [
        "no_data" if why else band(s, own)
        for why, s, own in zip(reasons, exact.tolist(), cuts, strict=True)
    ]
    _, _, low, high = bundle.range_record(probability)
    chosen = np.array([name in _EXPLAINED[asked.reasons] for name in bands], dtype=bool)
    points = told.points[chosen] if told is not None else _points(bundle, matrix[chosen])
    accounts = table.column("account_id").cast(pa.string()).to_pylist()
    columns: dict[str, Any] = {
        "account_id": accounts,
        "as_of": [asked.as_of] * len(accounts),
        "churn_probability": _where(known, probability),
        "churn_probability_low": _where(known, low),
        "churn_probability_high": _where(known, high),
        "health_score_exact": _where(known, exact),
        "health_score": [
            shown(s, own) if k else None
            for k, s, own in zip(known, exact.tolist(), cuts, strict=True)
        ],
        "scorecard_score": _where(np.ones_like(known), bundle.beside(table)),
        "band": bands,
        "abstain_reason": reasons,
        "top_reasons": top_reasons(bundle, matrix, points, chosen),
        "points": every_point(points, chosen if asked.every_point else np.zeros_like(chosen)),
        "score_id": [asked.score_id(account) for account in accounts],
        "run_id": [asked.run_id] * len(accounts),
        "kind": ["issued"] * len(accounts),
        "snapshot_id": [asked.snapshot_id] * len(accounts),
        "model_version": [asked.model_version] * len(accounts),
        "settings_version": [asked.settings_version] * len(accounts),
    }
    return pa.table(columns, schema=SCHEMA)


def _points(bundle: "Bundle", rows: Floats) -> Floats:
    return bundle.explain(rows).points if len(rows) else np.empty((0, len(bundle.features)))


def _where(known: Bools, values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), mask=~known | np.isnan(values))


def _require_one_instant(table: pa.Table, as_of: datetime) -> None:
    instants = pc.unique(pc.cast(table.column("as_of"), pa.timestamp("us"))).to_pylist()
    require_instant(instants, as_of)
    nameless = table.column("account_id").null_count
    if nameless:
        raise KenshinError(
            "an account_id in every row of the snapshot",
            f"{nameless} rows without",
            "Build the snapshot again.",
        )


def require_instant(instants: Iterable[datetime | None], as_of: datetime | None = None) -> datetime:
    """Return the one instant of a snapshot.

    Raises
    ------
    KenshinError
        Where there are several, none, or another than ``as_of``.
    """
    found = set(instants)
    one = next(iter(found)) if len(found) == 1 else None
    if as_of is not None and not found:
        return as_of
    if one is None or (as_of is not None and one != as_of):
        days = ", ".join(sorted(f"{i:%Y-%m-%d}" if i else "no date" for i in found)[:3])
        raise KenshinError(
            "one as_of in all rows of the snapshot",
            f"{len(found)} ({days or 'no rows'})",
            "Score one snapshot at a time: name the folder of one day.",
        )
    return one
