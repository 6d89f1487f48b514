"""The folder of a scorecard that serves: the same door as a model's, rules instead of trees."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalog import Feature
from features.errors import DamagedBundleError
from features.settings import Bands
from training.bundle import GOLDEN_TOLERANCE, staged
from training.calibration import probability
from training.explanation import Explanation
from training.scale import Scale
from training.scorecard import Scorecard
from training.scorecard.reading import APPLIED, Reading, Told
from training.scorer import Bundle, feature_of
from training.seal import SCORECARD, write_json

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]


@dataclass(frozen=True)
class ScorecardBundle(Bundle):
    """A scorecard in service.

    Its probability is NaN until enough accounts have left to learn what points are worth.
    """

    kind = "scorecard"

    reading: Reading

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features it is given."""
        return self.reading.inputs

    @property
    def scorecard_version(self) -> str | None:
        """Its own version: here the scorecard is what serves."""
        return self.reading.scorecard.version

    def cuts(self, matrix: Floats) -> list[Bands]:
        """Return the cut-offs of each row's own card, the company's where it has none."""
        return self.reading.cuts(matrix, self.bands)

    def cuts_of(self, values: Mapping[str, float]) -> Bands:
        """Return the cut-offs of the card that applied to an account."""
        return self.reading.cuts_of(values.get(APPLIED, np.nan), self.bands)

    def beside(self, table: pa.Table) -> Floats:
        """Return its own unrounded scores (n,)."""
        return self.reading.tell(self.encode(table)).score

    def encode(self, table: pa.Table) -> Floats:
        """Return the columns of a snapshot table as they are read, (n, f)."""
        return self.reading.encode(table)

    def encode_row(self, values: Mapping[str, object]) -> Floats:
        """Return one account's values as (1, f); what is absent or None is missing."""
        return self.reading.encode_row(values)

    def score(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return probabilities (n,), NaN where unknown, and unrounded scores (n,)."""
        told = self.reading.tell(matrix)
        return chances(self.scale, told.score), told.score

    def explain(self, matrix: Floats) -> Explanation:
        """Return probabilities, scores and exact points of encoded rows (n, f)."""
        told = self.reading.tell(matrix)
        chance = chances(self.scale, told.score)
        return Explanation(chance, told.score, told.baseline, told.points, told.clip)

    def withheld(self, matrix: Floats) -> list[str | None]:
        """Return for each row why the scorecard gives no score, or None."""
        return self.reading.tell(matrix).withheld


@dataclass(frozen=True)
class ScorecardParts:
    """What `write_scorecard` writes."""

    reading: Reading
    scale: Scale | None
    bands: Bands
    reference: Json
    evaluation: Json
    golden_matrix: Floats
    about: Json


def chances(scale: Scale | None, score: Floats) -> Floats:
    """Return the probabilities that scores (n,) are worth; NaN without a scale."""
    if scale is None:
        return np.full(len(score), np.nan)
    return probability((scale.offset - score) / scale.points_per_logit)


def write_scorecard(parts: ScorecardParts, folder: Path) -> Path:
    """Write the bundle to ``folder``, which appears whole or not at all, and return it."""
    return staged(
        folder, lambda staging: _write(parts, staging), parts.about | {"kind": "scorecard"}
    )


def read_scorecard(folder: Path, loaded: Mapping[str, Any]) -> ScorecardBundle:
    """Return the bundle of checked and parsed files, its golden rows answered again.

    Raises
    ------
    DamagedBundleError
        Where a golden row answers differently.
    """
    schema, scale = loaded["schema.json"], loaded["scale.json"]
    bundle = ScorecardBundle(
        folder=folder,
        version=str(loaded["manifest.json"].get("version", folder.name)),
        features=tuple(feature_of(given) for given in schema["features"]),
        categories={name: tuple(known) for name, known in schema["categories"].items()},
        scale=None if scale["p80"] is None else Scale(scale["p80"], scale["p50"]),
        bands=Bands(**scale["bands"]),
        profile=loaded["reference.json"],
        evaluation=loaded["evaluation.json"],
        manifest=loaded["manifest.json"],
        reading=Reading(
            Scorecard.model_validate(loaded[SCORECARD]),
            tuple(feature_of(given) for given in schema["features"][: schema["inputs"]]),
            {name: tuple(known) for name, known in schema["categories"].items()},
        ),
    )
    _replay(bundle, loaded["golden.json"])
    return bundle


def _write(parts: ScorecardParts, folder: Path) -> None:
    read, golden = parts.reading, parts.reading.tell(parts.golden_matrix)
    scale = parts.scale
    anchors = {"p80": scale.p80 if scale else None, "p50": scale.p50 if scale else None}
    write_json(folder / SCORECARD, read.scorecard.model_dump(mode="json", exclude_none=True))
    write_json(
        folder / "schema.json",
        {
            "features": [asdict(feature) for feature in read.features],
            "inputs": len(read.inputs),
            "categories": {name: list(known) for name, known in read.categories.items()},
            "missing": "NaN; each indicator of the scorecard has its own rule",
        },
    )
    write_json(folder / "scale.json", anchors | {"bands": parts.bands.model_dump()})
    write_json(folder / "reference.json", parts.reference)
    write_json(folder / "evaluation.json", parts.evaluation)
    write_json(folder / "golden.json", {"rows": _cells(parts.golden_matrix), **_answers(golden)})


def _answers(told: Told) -> Json:
    return {"score": _cells(told.score[:, None]), "points": _cells(told.points)}


def _replay(bundle: ScorecardBundle, golden: Json) -> None:
    matrix = _numbers(golden["rows"], len(bundle.features))
    told = bundle.reading.tell(matrix)
    for name, found in (("score", told.score[:, None]), ("points", told.points)):
        wanted = _numbers(golden[name], found.shape[1])
        same = np.isnan(found) == np.isnan(wanted)
        worst = float(np.nan_to_num(np.abs(found - wanted)).max(initial=0.0))
        if not (same.all() and worst <= GOLDEN_TOLERANCE):
            raise DamagedBundleError(
                f"the golden rows of {bundle.folder.name} to give the same {name}",
                f"a difference of {worst:.3g}",
                "This version computes otherwise than the one that shipped it; train again.",
            )


def _cells(rows: Floats) -> list[list[float | None]]:
    return [[None if np.isnan(v) else v for v in row] for row in rows.tolist()]


def _numbers(rows: list[list[float | None]], width: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)
