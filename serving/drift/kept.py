"""The last drift verdict, kept where the API reads it.

Reaching it reads snapshot and tables, which a serving process does not; so the command keeps what
it found and the process shows that.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from features.settings import Settings
from serving.instant import rfc3339
from training.seal import write_json


def keep(settings: Settings, document: Mapping[str, Any], now: datetime) -> None:
    """Keep a verdict as ``kenshin drift --json`` prints it, reached ``now`` (naive UTC)."""
    settings.workspace.mkdir(parents=True, exist_ok=True)
    write_json(path(settings), {"made_at": rfc3339(now), **document})


def path(settings: Settings) -> Path:
    """Return where the last verdict lies."""
    return settings.workspace / "drift.json"
