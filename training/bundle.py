"""The folder a model is shipped in: text and JSON only, hashed, checked before it is read.

Serving imports this module, so it and what it imports stay light: numpy, pyarrow, lightgbm.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.arrow import pa
from features.catalog import Feature
from features.errors import DamagedBundleError, KenshinError
from features.settings import Bands, Settings
from training import horizons, scorecard, withholding
from training.calibration import Calibration
from training.crowned import UNREADABLE as UNREADABLE
from training.crowned import before_champion as before_champion
from training.crowned import bundles as bundles
from training.crowned import champion_version as champion_version
from training.crowned import check_signal as check_signal
from training.crowned import crown as crown
from training.crowned import crowned_version as crowned_version
from training.crowned import folder_of as folder_of
from training.crowned import read_verdict as read_verdict
from training.crowned import readable_before as readable_before
from training.crowned import readable_version as readable_version
from training.crowned import write_verdict as write_verdict
from training.explanation import Explanation, explain, scored
from training.frames import Categories
from training.horizons import Curve
from training.packed import values_of
from training.scale import Scale
from training.scorecard import Scorecard
from training.scorer import Bundle as Bundle
from training.scorer import Kind as Kind
from training.scorer import feature_of
from training.seal import HORIZONS, SCORECARD, WITHHOLD, unlike, write_json, write_manifest
from training.seal import Opened as Opened
from training.seal import opened as opened
from training.shares import FEW_ROWS, Shares
from training.tree_shap.small import SmallTrees
from training.withholding import Withholding

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

GOLDEN_TOLERANCE = 1e-9

ALONE = 32
"""So many golden rows are also answered a few at a time."""


@dataclass(frozen=True)
class ModelBundle(Bundle):
    """A boosted model with its calibration."""

    kind = "model"

    scale: Scale
    calibration: Calibration
    shares: Shares
    curve: Curve | None = None
    """Chances by other horizons; None where the bundle has none."""
    withholding: Withholding | None = None
    """When it gives no score; None where the bundle has no such rules."""
    card: Scorecard | None = None
    """The scorecard it was judged beside; None where the company has none."""

    @property
    def booster(self) -> lgb.Booster:
        """The trees."""
        return self.shares.booster

    @property
    def bends(self) -> bool:
        """Whether the calibration is no line, so that it takes a row in every explanation."""
        return self.calibration.bend != 0

    def withheld(self, matrix: Floats) -> list[str | None]:
        """Return for each row why this model gives no score, or None."""
        if self.withholding is None:
            return super().withheld(matrix)
        return self.withholding.reasons(self.features, matrix)

    @property
    def horizon_days(self) -> tuple[int, ...]:
        """Horizons of `chances`, ascending; none where the bundle has no curve."""
        return () if self.curve is None else self.curve.days

    def chances(self, matrix: Floats, headline: Floats) -> Floats:
        """Return P(leaves within each of `horizon_days`), (n, k), beside the headline's (n,)."""
        if self.curve is None:
            return super().chances(matrix, headline)
        return self.curve.probability(matrix, headline)

    @property
    def renewal_share(self) -> float | None:
        """Share of ends at the renewal date, where a step of the curve belongs there."""
        return None if self.curve is None else self.curve.renewals.step_share

    @property
    def youngest_days(self) -> int | None:
        """Age in days below which no score is given; None without such a rule."""
        return None if self.withholding is None else self.withholding.youngest_days

    @cached_property
    def tables(self) -> SmallTrees | None:
        """Its trees and then those of its curve in tables; None where some are larger."""
        return horizons.tables_beside(self.booster, self.curve)

    @cached_property
    def sources(self) -> frozenset[str]:
        """Tables that a score rests on: those of the features its trees split on."""
        splits = self.booster.feature_importance("split")
        return frozenset(f.source for f, used in zip(self.features, splits, strict=True) if used)

    @cached_property
    def scorecard_version(self) -> str | None:
        """Which scorecard `beside` asks; None where there is none."""
        return None if self.card is None else self.card.version

    def beside(self, table: "pa.Table") -> Floats:
        """Return what the scorecard says of a snapshot's rows (n,); NaN where it says nothing."""
        if self.card is None:
            return super().beside(table)
        return scorecard.score(self.card, table, self.features).health_score

    def predict(self, matrix: Floats) -> Floats:
        """Return P(churn within the headline horizon) of encoded rows (n, f), in (0, 1)."""
        return self.calibration.probability(self.shares.margin(matrix))

    def score(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return probabilities (n,) and unrounded health scores (n,), without reasons."""
        return scored(self.shares, self.calibration, self.scale, matrix)

    def explain(self, matrix: Floats) -> Explanation:
        """Return probabilities, scores and exact points of encoded rows (n, f)."""
        return explain(self.shares, self.calibration, self.scale, matrix)

    def prepare(self) -> bool:
        """Have reasons come from the compiled walk; return whether they do."""
        return self.shares.prepare()


@dataclass(frozen=True)
class Parts:
    """What `write_bundle` writes."""

    booster_text: str
    features: tuple[Feature, ...]
    categories: Categories
    calibration: Calibration
    scale: Scale
    bands: Bands
    reference: Json
    evaluation: Json
    golden_matrix: Floats
    about: Json
    """Goes into the manifest: cut-offs, seeds, library versions, git commit, run id."""
    further: Mapping[str, Json] = field(default_factory=dict)
    """File → content of the optional files that this bundle has."""


def write_bundle(parts: Parts, folder: Path) -> Path:
    """Write a bundle to ``folder``, which appears whole or not at all, and return it.

    Golden rows are answered by the written booster text; they are replayed at every loading.
    """
    return staged(folder, lambda staging: _write_files(parts, staging), parts.about)


def staged(folder: Path, write: Callable[[Path], None], about: Json) -> Path:
    """Have ``write`` fill a folder, seal it, load it once, and let it appear at ``folder``."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    try:
        write(staging)
        write_manifest(staging, about)
        load_bundle(staging)
        staging.chmod(0o755)
        staging.replace(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def load_bundle(folder: Path, *, version: str | None = None) -> Bundle:
    """Return the bundle in ``folder`` after checking every byte and replaying the golden rows.

    Parameters
    ----------
    version : str, optional
        The only version it may be; default: any.

    Raises
    ------
    DamagedBundleError
        Where a file is absent, extra bytes or other bytes are found, or a golden row answers
        differently. Hashes are checked before LightGBM reads anything: it aborts the process on
        many a damaged text.
    """
    return parsed(opened(folder, version=version))


def parsed(given: Opened) -> Bundle:
    """Return the bundle of checked bytes; nothing is read from its folder again.

    Raises
    ------
    DamagedBundleError
        Where the bytes belong together but make no model, or a golden row answers differently.
    """
    try:
        return _parsed(given.folder, given.contents)
    except DamagedBundleError:
        raise
    except (
        KenshinError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError,
        lgb.basic.LightGBMError,
    ) as error:  # fmt: skip
        raise unlike(given.folder, "parts that belong together", type(error).__name__) from error


def _parsed(folder: Path, contents: Mapping[str, bytes]) -> Bundle:
    """Return the bundle of checked bytes; nothing is read from ``folder`` again."""
    loaded = values_of(contents)
    if loaded["manifest.json"].get("kind") == "scorecard":
        from training.scorecard_bundle import read_scorecard

        return read_scorecard(folder, loaded)
    schema, scale = loaded["schema.json"], loaded["scale.json"]
    golden = _matrix(loaded["golden.json"]["rows"], len(schema["features"]))
    bundle = ModelBundle(
        folder=folder,
        version=str(loaded["manifest.json"].get("version", folder.name)),
        features=tuple(feature_of(given) for given in schema["features"]),
        categories={name: tuple(known) for name, known in schema["categories"].items()},
        calibration=Calibration(**loaded["calibration.json"]),
        scale=Scale(scale["p80"], scale["p50"]),
        bands=Bands(**scale["bands"]),
        profile=loaded["reference.json"],
        evaluation=loaded["evaluation.json"],
        manifest=loaded["manifest.json"],
        shares=Shares(lgb.Booster(model_str=contents["booster.txt"].decode()), golden),
        curve=horizons.read(loaded[HORIZONS]) if HORIZONS in loaded else None,
        withholding=withholding.read(loaded[WITHHOLD]) if WITHHOLD in loaded else None,
        card=Scorecard.model_validate(loaded[SCORECARD]) if SCORECARD in loaded else None,
    )
    bundle.shares.adopt(bundle.tables)  # so that no request waits for them
    replay(bundle, loaded["golden.json"])
    return bundle


def replay(bundle: Bundle, golden: Json) -> None:
    """Answer the golden rows again, all together and some by themselves, as single requests are.

    Raises
    ------
    DamagedBundleError
        Where a probability or a point differs by more than `GOLDEN_TOLERANCE`.
    """
    rows = _matrix(golden["rows"], len(bundle.features))
    _compare(bundle, golden, rows, slice(None))
    for start in range(0, min(len(rows), ALONE), FEW_ROWS):
        _compare(bundle, golden, rows, slice(start, start + FEW_ROWS))


def _compare(bundle: Bundle, golden: Json, rows: Floats, which: slice) -> None:
    explanation = bundle.explain(rows[which])
    for name, found in (("probability", explanation.probability), ("points", explanation.points)):
        wanted = np.array(golden[name][which], dtype=np.float64).reshape(found.shape)
        worst = float(np.abs(found - wanted).max(initial=0.0))
        if not worst <= GOLDEN_TOLERANCE:
            raise DamagedBundleError(
                f"the golden rows of {bundle.folder.name} to give the same {name}",
                f"a difference of {worst:.3g}",
                "This LightGBM computes otherwise than the one that trained; train again.",
            )


def champion(settings: Settings) -> Bundle:
    """Return the bundle that serves.

    Raises
    ------
    NoSignalError
        Where the last training found no usable signal.
    NotReadyError
        Where nothing has been trained yet.
    """
    check_signal(settings)
    version = crowned_version(settings)
    return load_bundle(folder_of(settings, version), version=version)


def _write_files(parts: Parts, folder: Path) -> None:
    shares = Shares(lgb.Booster(model_str=parts.booster_text))
    golden = explain(shares, parts.calibration, parts.scale, parts.golden_matrix)
    (folder / "booster.txt").write_text(parts.booster_text, encoding="utf-8")
    schema = {
        "features": [asdict(feature) for feature in parts.features],
        "categories": {name: list(known) for name, known in parts.categories.items()},
        "missing": "NaN; a category value unseen in training counts as missing",
    }
    scale = {"p80": parts.scale.p80, "p50": parts.scale.p50, "bands": parts.bands.model_dump()}
    write_json(folder / "calibration.json", asdict(parts.calibration))
    write_json(folder / "schema.json", schema)
    write_json(folder / "scale.json", scale)
    write_json(folder / "reference.json", parts.reference)
    write_json(folder / "evaluation.json", parts.evaluation)
    rows = [[None if np.isnan(v) else v for v in row] for row in parts.golden_matrix.tolist()]
    answers = {"probability": golden.probability.tolist(), "points": golden.points.tolist()}
    write_json(folder / "golden.json", {"rows": rows, **answers})
    for name, content in parts.further.items():
        write_json(folder / name, content)


def _matrix(rows: list[list[float | None]], width: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)
