"""The folder of a batch: whole under its name, or not there."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.disk import flush
from features.errors import KenshinError, SettingsError
from serving.batch.part import Asked

if TYPE_CHECKING:
    from training.bundle import Bundle

RUN, DONE = "_run.json", "_SUCCESS"
"""Readers of Parquet folders pass over names that begin with an underscore."""


@dataclass(frozen=True)
class Result:
    """A finished batch.

    Attributes
    ----------
    folder : str
        Holds ``part-*.parquet``, ``_run.json`` and, written last, ``_SUCCESS``.
    run : dict
        What was asked, accounts, and accounts by band.
    new : bool
        False where the folder held the same run already.
    """

    folder: str
    run: dict[str, Any]
    new: bool


def staging(out: Path, asked: Asked) -> Path:
    """Return where a run is written until it is whole: the same place for the same request.

    A run that was killed goes on from the parts it had finished.
    """
    return out.parent / staging_name(out.name, asked)


def staging_name(name: str, asked: Asked) -> str:
    """Return the name of the folder in which a batch called ``name`` grows."""
    kind = f"{asked.reasons}{'-points' if asked.every_point else ''}"
    return f".unfinished-{name}-{asked.run_id}-{kind}"


def found(out: Path, asked: Asked) -> Result | None:
    """Return the finished batch at ``out`` where it is the one asked for; None where nothing is.

    Raises
    ------
    SettingsError
        Where ``out`` holds anything else.
    """
    if not out.exists():
        return None
    return same_run(
        str(out), (out / RUN).read_text("utf-8") if (out / DONE).exists() else "", asked
    )


def same_run(folder: str, written: str, asked: Asked) -> Result:
    """Return the batch whose ``_run.json`` is ``written`` where it is the one asked for.

    Raises
    ------
    SettingsError
        Where it is another.
    """
    said = json.loads(written or "{}")
    differ = [name for name, value in asked.document().items() if said.get(name) != value]
    if differ:
        what = f"another run (other {', '.join(differ[:3])})" if said else "something else"
        raise SettingsError(
            "a folder for the scores that is not there yet",
            f"{folder}, which holds {what}",
            "Nothing was touched. Name another folder with --out, or remove that one.",
        )
    return Result(folder, said, new=False)


def document(bundle: "Bundle", asked: Asked, bands: Mapping[str, int]) -> dict[str, Any]:
    """Return what is said about a whole run, as JSON values."""
    nobody = np.full((1, len(bundle.features)), np.nan)
    return asked.document() | {
        "accounts": sum(bands.values()),
        "bands": dict(sorted(bands.items())),
        "feature_names": [feature.name for feature in bundle.features],
        "baseline_points": float(bundle.explain(nobody).baseline),
        "scorecard_version": bundle.scorecard_version,
    }


def finish(unfinished: Path, out: Path, run: dict[str, Any]) -> Result:
    """Make a whole batch visible under its name and return it."""
    for name, content in ((RUN, text(run)), (DONE, "")):
        file = unfinished / name
        file.write_text(content, encoding="utf-8")
        flush(file)
    flush(unfinished)
    try:
        unfinished.rename(out)
    except OSError:
        if out.exists():
            shutil.rmtree(unfinished)
            raise appeared(str(out)) from None
        raise
    flush(out.parent)
    return Result(str(out), run, new=True)


def text(run: dict[str, Any]) -> str:
    """Return what ``_run.json`` holds."""
    return json.dumps(run, ensure_ascii=False, indent=1) + "\n"


def appeared(out: str) -> KenshinError:
    """Return the refusal of a run that another one overtook."""
    return KenshinError(
        "a folder for the scores that is not there yet",
        f"{out}, which appeared meanwhile",
        "Another run wrote there; nothing of it was touched.",
    )
