"""Which bundle serves: one small file beside the bundles, replaced as a whole."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from features.catalog import Words
from features.errors import DamagedBundleError, NoSignalError, NotFoundError, NotReadyError
from features.settings import Settings
from training.seal import write_json

Json = dict[str, Any]

KEPT: Final = 4
"""So many versions that served before are named beside the champion."""

UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a champion.json raises that somebody else has written."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def bundles(settings: Settings) -> Path:
    """Return the folder of all bundles of this company."""
    return settings.workspace / "bundles"


def folder_of(settings: Settings, version: str) -> Path:
    """Return where the bundle of ``version`` lies, whether or not it is there.

    Raises
    ------
    DamagedBundleError
        Where ``version`` is no name of a folder, such as a path that leads elsewhere.
    """
    if not _NAME.fullmatch(version):
        raise DamagedBundleError(
            "the name of a version: letters, digits, dots, dashes, underscores",
            f"{version[:64]!r}",
            "`kenshin models` lists the versions.",
        )
    return bundles(settings) / version


def check_signal(settings: Settings) -> None:
    """Refuse where no model may serve.

    Raises
    ------
    NoSignalError
        Where the last training found no usable signal.
    """
    verdict = read_verdict(settings)
    if verdict is not None and verdict["verdict"] == "no usable signal":
        raise NoSignalError(
            "a history that tells who will leave",
            f"no usable signal ({verdict['reason']})",
            "No score is given. Bring more history or other data and run `kenshin train` again.",
            reason=verdict["reason"],
            reason_ja=verdict.get("reason_ja", ""),
        )


def crowned_version(settings: Settings) -> str:
    """Return the version that is to serve, without loading it.

    Raises
    ------
    NotReadyError
        Where nothing has been trained yet.
    """
    version = champion_version(settings)
    if version is None:
        raise NotReadyError(
            "a trained model", f"none in {bundles(settings)}", "Run `kenshin train`."
        )
    return version


def champion_version(settings: Settings) -> str | None:
    """Return the version that serves, without loading it; None where there is none."""
    worn = _crown(settings)
    return None if worn is None else str(worn["version"])


def _crown(settings: Settings) -> Json | None:
    path = bundles(settings) / "champion.json"
    if not path.exists():
        return None
    worn: Json = json.loads(path.read_text(encoding="utf-8"))
    return worn


def before_champion(settings: Settings) -> list[str]:
    """Return the versions that served before the champion, the latest first; at most `KEPT`."""
    worn = _crown(settings)
    return [] if worn is None else [str(version) for version in worn.get("before", [])][:KEPT]


def readable_version(settings: Settings) -> str | None:
    """Return the version that is to serve, or None where that cannot be read."""
    try:
        return champion_version(settings)
    except UNREADABLE:
        return None


def readable_before(settings: Settings) -> list[str]:
    """Return the versions that served before, the latest first; none where that is unknown."""
    try:
        return before_champion(settings)
    except UNREADABLE:
        return []


def crown(settings: Settings, version: str, now: datetime) -> None:
    """Make ``version`` the champion in one replacement of one file.

    The file keeps which versions served before, so that a server that starts with a damaged
    champion finds the last good one.
    """
    if not (folder_of(settings, version) / "manifest.json").exists():
        raise NotFoundError(
            f"a bundle {version}", f"none in {bundles(settings)}", "See `kenshin models`."
        )
    write_json(
        bundles(settings) / "champion.json",
        {"version": version, "since": now.isoformat(), "before": _before(settings, version)},
    )


def _before(settings: Settings, version: str) -> list[str]:
    try:
        serving = champion_version(settings)
        pile = [] if serving is None else [serving, *before_champion(settings)]
    except UNREADABLE:
        return []  # What was there said nothing.
    return [earlier for earlier in dict.fromkeys(pile) if earlier != version][:KEPT]


def read_verdict(settings: Settings) -> Json | None:
    """Return what the last training concluded, or None where there was none."""
    path = bundles(settings) / "verdict.json"
    if not path.exists():
        return None
    verdict: Json = json.loads(path.read_text(encoding="utf-8"))
    return verdict


def write_verdict(settings: Settings, verdict: str, reason: str | Words, now: datetime) -> None:
    """Keep what this training concluded: "usable" or "no usable signal", and why."""
    bundles(settings).mkdir(parents=True, exist_ok=True)
    stated = {"verdict": verdict, "reason": str(reason), "at": now.isoformat()}
    if isinstance(reason, Words):
        stated |= {"reason": reason.en, "reason_ja": reason.ja}
    write_json(bundles(settings) / "verdict.json", stated)
