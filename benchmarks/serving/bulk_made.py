"""What the bulk benchmark needs made or compared, each call in a process of its own."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.features import machine
from benchmarks.serving import bulk_material as material


def facts() -> dict[str, Any]:
    """Return the machine and the versions of what is compared."""
    from importlib import metadata

    names = ("lightgbm", "numba", "llvmlite", "numpy")
    versions = {name: metadata.version(name) for name in names}
    locked = Path("requirements/shap.txt").read_text(encoding="utf-8").splitlines()
    peer = next(line.split("==")[1].split()[0] for line in locked if line.startswith("shap=="))
    return machine.facts() | {"versions": versions | {"shap": peer}}


def models() -> list[str]:
    """Return the names of the models."""
    return list(material.MODELS)


def model(name: str, file: str) -> None:
    """Fit a model."""
    material.write_model(name, Path(file))


def bundle(file: str, folder: str) -> None:
    """Ship it."""
    material.write_bundle(Path(file), Path(folder))


def rows(count: str, file: str) -> None:
    """Write rows that no model saw."""
    np.save(file, material.rows(int(count), seed=3))


def snapshot(count: str, file: str) -> None:
    """Write a company's snapshot."""
    material.write_snapshot(int(count), Path(file))


def compared(folder: str, *ways: str) -> tuple[float, float]:
    """Return the largest difference of any share, and in what share of rows the top 5 agree.

    Places whose sizes differ by less than 1e-12 count as the same.
    """
    found = [np.load(Path(folder) / f"{way}.npy") for way in ways]
    worst = max(float(np.abs(found[0] - other).max()) for other in found[1:])
    agree = np.ones(len(found[0]), dtype=bool)
    for other in found[1:]:
        for shares, wanted in ((found[0], other), (other, found[0])):
            size = np.abs(wanted[:, :-1])
            fifth = np.sort(size, axis=1)[:, -5]
            top = np.argsort(-np.abs(shares[:, :-1]), axis=1)[:, :5]
            chosen = np.take_along_axis(size, top, axis=1)
            agree &= (chosen >= fifth[:, None] - 1e-12).all(axis=1)
    return worst, float(agree.mean())


def same(folder: str, *ways: str) -> bool:
    """Return whether several ways gave the same bits."""
    first, *others = (np.load(Path(folder) / f"{way}.npy") for way in ways)
    return all(np.array_equal(first, other) for other in others)


DOES: dict[str, Callable[..., Any]] = {
    does.__name__: does for does in (facts, models, model, bundle, rows, snapshot, compared, same)
}

if __name__ == "__main__":
    print(json.dumps(DOES[sys.argv[1]](*sys.argv[2:])))
