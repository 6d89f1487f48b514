"""A scorecard on its way to serving: its bundle, its run in MLflow, its place as champion."""

import json
import platform
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import NotReadyError
from features.settings import Settings
from training import bundle as shipping
from training import registry
from training.carded import Carded
from training.frames import Frame
from training.reference import reference
from training.scorecard.reading import Told
from training.scorecard_bundle import ScorecardBundle, ScorecardParts, chances, write_scorecard
from training.seal import SCORECARD
from training.shipment import GOLDEN, git_commit

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

REFERENCE_DATES = 6
"""The latest dates that later snapshots are compared with."""


@dataclass(frozen=True)
class Served:
    """A scorecard that serves from now on."""

    bundle: shipping.Bundle
    run_id: str


def ship(
    settings: Settings,
    fitted: Carded,
    latest: Frame,
    document: Json,
    origin: registry.Lineage,
    now: datetime,
) -> Served:
    """Write and record a scorecard and make it champion.

    Parameters
    ----------
    latest : Frame
        Rows of the latest dates, with or without a known outcome: what it will be used on.
    document : dict
        Of `card_evaluation.document`.

    Raises
    ------
    NotReadyError
        Where it gives no score to any of those rows.
    """
    with registry.run(settings, f"scorecard {now:%Y-%m-%d %H:%M}") as run:
        version = run.register(settings.mlflow.model)
        parts = _parts(settings, fitted, latest, document, version, run.run_id, now)
        folder = write_scorecard(parts, shipping.bundles(settings) / version)
        _record(run, settings, fitted, document, origin)
        run.folder(folder, "bundle")
        run.alias(settings.mlflow.model, "champion", version)
        shipping.crown(settings, version, now)
        shipping.write_verdict(settings, "usable", "", now)
        return Served(shipping.load_bundle(folder), run.run_id)


def is_scorecard(settings: Settings, version: str | None) -> bool:
    """Whether ``version`` is a scorecard's bundle, read from its manifest alone."""
    if version is None:
        return False
    manifest = shipping.bundles(settings) / version / "manifest.json"
    if not manifest.exists():
        return False
    kind: str | None = json.loads(manifest.read_text(encoding="utf-8")).get("kind")
    return kind == ScorecardBundle.kind


def _parts(
    settings: Settings,
    fitted: Carded,
    latest: Frame,
    document: Json,
    version: str,
    run_id: str,
    now: datetime,
) -> ScorecardParts:
    read = fitted.reading
    dates = np.unique(latest.as_of)[-REFERENCE_DATES:]
    recent = latest.where(np.isin(latest.as_of, dates))
    matrix = read.of_frame(recent)
    told = read.tell(matrix)
    there = ~np.isnan(told.score)
    if not there.any():
        raise NotReadyError(
            "at least one account that the scorecard gives a score to",
            f"none of {len(recent):,} rows: {next(why for why in told.withheld if why)}",
            "Look at the indicators with `kenshin scorecard check`, or bring their tables.",
        )
    return ScorecardParts(
        reading=read,
        scale=fitted.scale,
        bands=settings.bands,
        reference=_reference(fitted, recent.where(there), matrix[there], told, there, settings),
        evaluation=document,
        golden_matrix=_golden(matrix, told),
        about={
            "version": version,
            "run_id": run_id,
            "created_at": now.isoformat(),
            "settings_version": settings.version,
            "stage": fitted.stage,
            "scorecard_version": read.scorecard.version,
            "seed": settings.training.seed,
            "periods": {part: document[part] for part in ("train", "test")},
            "git_commit": git_commit(),
            "libraries": {"python": platform.python_version(), "numpy": np.__version__},
        },
    )


def _reference(
    fitted: Carded,
    rows: Frame,
    matrix: Floats,
    told: Told,
    there: npt.NDArray[np.bool_],
    settings: Settings,
) -> Json:
    """Return the drift profile; of the scores themselves where there is no probability."""
    width, score = len(fitted.reading.inputs), told.score[there]
    scale, red = fitted.scale, settings.bands.red
    watched = chances(scale, score) if scale is not None else 1.0 - score / 100.0
    profile = reference(
        matrix[:, :width],
        fitted.reading.inputs,
        fitted.reading.categories,
        watched,
        told.points[there][:, :width],
        as_of=rows.as_of,
        red_from=1.0 - red / 100.0 if scale is None else scale.probability(red),
    )
    profile["probability"]["of"] = "score" if scale is None else "probability"
    return profile


def _golden(matrix: Floats, told: Told) -> Floats:
    """Return up to `GOLDEN` rows, evenly spread from the best score to what has none."""
    order = np.argsort(-told.score, kind="stable")
    places = np.linspace(0, len(order) - 1, min(GOLDEN, len(order))).astype(np.int64)
    return np.ascontiguousarray(matrix[order[np.unique(places)]])


def _record(
    run: registry.Run, settings: Settings, fitted: Carded, document: Json, origin: registry.Lineage
) -> None:
    told = document["scorecard"]
    run.params(
        {
            "kind": ScorecardBundle.kind,
            "horizon_days": settings.churn.horizon_days,
            "lead_days": settings.churn.lead_days,
            "settings_version": settings.version,
            "git_commit": git_commit(),
            **{name: told[name] for name in ("version", "given_version", "stage", "leavers")},
        }
    )
    run.inputs([origin])
    figures: dict[str, float | None] = {}
    for name, metric in document["metrics"].items():
        figures |= {
            name: metric["value"],
            f"{name}_low": metric["low"],
            f"{name}_high": metric["high"],
        }
    run.metrics(figures)
    content = fitted.reading.scorecard.model_dump(mode="json", exclude_none=True)
    run.text(json.dumps(content, ensure_ascii=False, indent=1), f"card/{SCORECARD}")
    run.text(_page(settings, document), "model_card.md")


def _page(settings: Settings, document: Json) -> str:
    told = document["scorecard"]
    return "\n\n".join(
        [
            f"# Scorecard of {settings.company.name}",
            told["why"],
            told["why_ja"],
            document["design"],
            f"Version {told['version']}, as given {told['given_version']}.",
        ]
    )
