"""The last answer check of the whole history, kept where the pages and the API read it.

Making it reads the company's tables, which a serving process does not; so the command keeps what
it found and the process shows that.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from features import erased
from features.settings import Settings
from training import named_misses
from training.bundle import Bundle
from training.seal import write_json

Json = dict[str, Any]
STORE, TRAINING = "store", "training"


def keep(settings: Settings, check: Mapping[str, Any], now: datetime) -> None:
    """Keep an answer check over the store, made ``now`` (naive UTC); who is erased is left out."""
    with erased.changing(settings):
        told = erased.read(settings).out_of(check)
        write_json(_path(settings), {**told, "made_at": now.isoformat(), "source": STORE})


class Kept:
    """Reads the kept answer check again whenever its file changes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = _path(settings)
        self._read: tuple[int, Json | None] = (0, None)
        self._reading = threading.Lock()

    def shown(self, bundle: Bundle) -> Json | None:
        """Return the kept answer check, else that of the model's training; None without either.

        What training knew of another score beside the model's is told of the kept one as well.
        """
        trained: Json | None = bundle.evaluation.get("answer_check")
        if trained is not None and "rules" not in trained:
            trained = None  # made by a version that counted otherwise
        kept = self._kept()
        if kept is None:
            trained = named_misses.told(self._settings, bundle.version, trained)
            return None if trained is None else {**trained, "made_at": None, "source": TRAINING}
        if trained is not None and "beside" in trained:
            kept = {"beside": trained["beside"], **kept}
        return kept

    def _kept(self) -> Json | None:
        with self._reading:
            try:
                changed = self._path.stat().st_mtime_ns
            except FileNotFoundError:
                return None
            if changed != self._read[0]:
                self._read = (changed, json.loads(self._path.read_text(encoding="utf-8")))
            return self._read[1]


def _path(settings: Settings) -> Path:
    return settings.workspace / "answer-check.json"
