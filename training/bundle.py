"""The folder a model is shipped in: text and JSON only, hashed, checked before it is read.

Serving imports this module, so it and what it imports stay light: numpy, pyarrow, lightgbm.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.catalog import Feature
from features.errors import DamagedBundleError, KenshinError
from features.settings import Bands, Settings
from training import horizons, withholding
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
from training.explanation import explain
from training.frames import Categories
from training.model_bundle import ModelBundle as ModelBundle
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

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

GOLDEN_TOLERANCE = 1e-9

ALONE = 32
"""So many golden rows are also answered a few at a time."""


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
