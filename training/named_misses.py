"""The missed leavers by name, kept beside the bundles and not in them.

A bundle is sealed and goes to the registry, where nothing can be taken out again; so who was missed
lies in ``<workspace>/misses/<version>.json``, from which one account can be erased.
"""

import json
from pathlib import Path
from typing import Any

from features import erased
from features.settings import Settings
from training.seal import write_json

Json = dict[str, Any]


def sealed(evaluation: Json) -> Json:
    """Return an evaluation as it goes into a bundle: the answer check without the misses."""
    checked = evaluation.get("answer_check")
    if checked is None:
        return evaluation
    nameless = {key: value for key, value in checked.items() if key != "misses"}
    return {**evaluation, "answer_check": nameless}


def keep(settings: Settings, version: str, evaluation: Json) -> None:
    """Write who was missed by ``version``, but who is erased; nothing where nobody looked."""
    checked = evaluation.get("answer_check")
    if checked is None or "misses" not in checked:
        return
    path = file_of(settings, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    with erased.changing(settings):
        misses = erased.read(settings).out_of(checked["misses"])
        write_json(path, {"misses": misses})


def told(settings: Settings, version: str, checked: Json | None) -> Json | None:
    """Return a bundle's answer check with its misses; None where they are nowhere to be had."""
    if checked is None or "misses" in checked:
        return checked
    try:
        said = json.loads(file_of(settings, version).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return {**checked, "misses": said["misses"]}


def file_of(settings: Settings, version: str) -> Path:
    """Return where the misses of ``version`` are."""
    return settings.workspace / "misses" / f"{version}.json"
