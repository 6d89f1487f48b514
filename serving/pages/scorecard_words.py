"""What the pages say about the scorecard: that it serves, why, and what it says beside a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.settings import Bands
from serving.pages.issuer import Issuer
from serving.pages.reader import Reader
from training.bundle import Bundle
from training.scale import band, shown


@dataclass(frozen=True)
class Beside:
    """The scorecard's number for an account that a model scored."""

    score: int
    band: str
    version: str
    apart: int
    """Points by which the model's score is above the scorecard's."""


def flag(model: Issuer, reader: Reader) -> str | None:
    """Return what stands above every score of a scorecard; None where a model serves."""
    return why(model.bundle, reader) if model.bundle.kind == "scorecard" else None


def why(bundle: Bundle, reader: Reader) -> str | None:
    """Return why the scorecard serves, or the model does, as the training said it."""
    told: Mapping[str, Any] = bundle.evaluation.get("scorecard") or {}
    said: str | None = told.get("why_ja" if reader.language == "ja" else "why")
    return said


def beside(row: Mapping[str, Any], version: str | None, bundle: Bundle) -> Beside | None:
    """Return the scorecard's number beside a model's; None where a scorecard serves, or none is."""
    exact: float | None = row.get("scorecard_score")
    if bundle.kind == "scorecard" or exact is None or row["health_score"] is None:
        return None
    bands: Bands = bundle.bands
    whole = shown(exact, bands)
    return Beside(whole, band(exact, bands), version or "", row["health_score"] - whole)
