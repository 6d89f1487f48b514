"""Changing the model in service by hand: promoting, rolling back, and mending what was cut short.

``champion.json`` in the workspace is what servers read, so it is the truth. A change goes through
the registry first (the part most likely to be away), then the row of the log and ``champion.json``
in one transaction. Cut short anywhere, the truth is still whole; what lags behind it, the alias or
the log, is brought after by `mended` at the next change.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from features.catalog import Feature
from features.errors import KenshinError, NotFoundError, NotReadyError
from features.progress import Progress
from features.settings import Settings
from serving.store.promotions import Change, Promotion, before, history, latest, recording
from training import bundle as shipping
from training import contest, gate, registry
from training.bundle import Bundle
from training.checks import ESSENTIAL, Check, beats_champion, latency, of_json, signature

Json = dict[str, Any]

_NOT_BY_HAND = "It serves by `kenshin train` where no model may, or again by `kenshin rollback`."


class RefusedError(KenshinError):
    """The gate refuses a challenger."""

    status = 409
    slug = "refused"
    title = "The release gate refuses this model"


@dataclass(frozen=True)
class Installed:
    """A change that was made.

    Attributes
    ----------
    registered : bool
        Whether the registry knows the version, so that its alias followed.
    mended : Promotion or None
        What an interrupted command had left undone.
    """

    change: Change
    registered: bool
    mended: Promotion | None


def promote(
    settings: Settings,
    engine: sa.Engine,
    version: str,
    now: datetime,
    by: str,
    progress: Progress,
    force: bool = False,
    why: str = "",
) -> Installed:
    """Make ``version`` the champion if the gate lets it pass, or if somebody insists and says why.

    Raises
    ------
    RefusedError
        Where a check stands against it, or it is a scorecard; the champion stays.
    NotFoundError
        Where there is no such bundle.
    RegistryError
        Where the registry cannot be reached; nothing has changed.
    """
    if force and not why.strip():
        raise KenshinError(
            "a reason beside --force", "none", 'Say it: --why "…". It is kept in the log.'
        )
    serving = contest.in_service(settings)
    if version == serving:
        raise KenshinError(
            f"a version other than {version}", "it serves already", "See `kenshin models`."
        )
    challenger = loaded(settings, version)
    if challenger.kind == "scorecard":
        raise RefusedError("a model", f"{version} is a scorecard", _NOT_BY_HAND)
    decision = _decided(settings, challenger, serving, progress)
    forced = decision.verdict != "promote"
    against = set(decision.refused_by) & ESSENTIAL
    if forced and (not force or against):
        insists = (
            f"Nobody may pass over {', '.join(sorted(against))}."
            if against
            else 'To insist: --force --why "…".'
        )
        raise RefusedError(f"{version} to pass the release gate", _against_it(decision), insists)
    said = f"{why.strip()} (against {', '.join(decision.refused_by)})" if forced else why.strip()
    change = Change(
        at=now,
        by=by,
        action="forced" if forced else "promoted",
        from_version=serving,
        to_version=version,
        why=said or decision.why.en,
        evidence=_evidence(decision, challenger),
    )
    return _install(settings, engine, change)


def rollback(
    settings: Settings, engine: sa.Engine, now: datetime, by: str, why: str = ""
) -> Installed:
    """Put the version before back in service, once it has loaded and answered its golden rows.

    Raises
    ------
    NotReadyError
        Where nothing serves, or nothing served before.
    DamagedBundleError, NotFoundError
        Where the version before cannot be used; the champion stays.
    RegistryError
        Where the registry cannot be reached; nothing has changed.
    """
    serving = contest.in_service(settings)
    if serving is None:
        raise NotReadyError("a model in service", "none", "Run `kenshin train`.")
    mend(settings, engine, now, by)
    earlier = before(history(engine))
    if earlier is None:
        raise NotReadyError(
            f"a version that served before {serving}",
            "none in the log of promotions",
            "See `kenshin models`; `kenshin promote VERSION` puts a model of them in service.",
        )
    bundle = loaded(settings, earlier)
    golden = json.loads((bundle.folder / "golden.json").read_text(encoding="utf-8"))
    change = Change(
        at=now,
        by=by,
        action="rolled back",
        from_version=serving,
        to_version=earlier,
        why=why.strip(),
        evidence={
            "run_id": bundle.manifest.get("run_id"),
            "golden_rows": len(golden.get("rows", [])),
            "checks": bundle.evaluation.get("checks", []),
        },
    )
    return _install(settings, engine, change)


def mend(settings: Settings, engine: sa.Engine, now: datetime, by: str) -> Promotion | None:
    """Write the row that an interrupted command owes the log, and return it.

    What serves without a row was put there by a command that ended before it could tell.
    """
    serving = contest.in_service(settings)
    last = latest(engine)
    if serving is None or (last is not None and last.to_version == serving):
        return None
    since = _since(settings)
    change = Change(
        at=since or now,
        by=by,
        action="found",
        from_version=None if last is None else last.to_version,
        to_version=serving,
        why="Found in service without a row in this log: the command that put it there did not "
        "end, or ended before there was a log.",
        evidence={},
    )
    with recording(engine, change):
        pass
    return latest(engine)


def loaded(settings: Settings, version: str) -> Bundle:
    """Return the bundle of ``version``, every byte checked and its golden rows answered again.

    Raises
    ------
    NotFoundError
        Where there is none in the workspace.
    DamagedBundleError
        Where it is not what was shipped.
    """
    folder = shipping.folder_of(settings, version)
    if not (folder / "manifest.json").exists():
        there = sorted(path.parent.name for path in folder.parent.glob("*/manifest.json"))
        raise NotFoundError(
            f"a bundle {version} in {folder.parent}",
            f"only {', '.join(there)}" if there else "none at all",
            "See `kenshin models`.",
        )
    return shipping.load_bundle(folder, version=version)


def present_features(settings: Settings, progress: Progress) -> tuple[Feature, ...]:
    """Return the features that the company's tables give today."""
    from features.catalogue import declarations
    from features.flat import load_flat
    from features.sources import load_tables

    progress("reading tables", 0, 1)
    if settings.flat is not None:
        return load_flat(settings).features
    declared = declarations(settings, load_tables(settings).tables)
    return tuple(one.feature for one in declared)


def _decided(
    settings: Settings, challenger: Bundle, serving: str | None, progress: Progress
) -> gate.Decision:
    """Return the gate's decision on the evidence of the training, brought up to date.

    What may be passed over is what the settings pass over today, not on the day of the training.
    """
    said = challenger.evaluation
    kept = {one["code"]: replace(of_json(one), ignored="") for one in said.get("checks", [])}
    churn = settings.churn
    fresh = [
        signature(
            challenger.features,
            present_features(settings, progress),
            (said.get("horizon_days", churn.horizon_days), said.get("lead_days", churn.lead_days)),
            (churn.horizon_days, churn.lead_days),
        ),
        _latency(challenger, settings),
    ]
    if (said.get("gate") or {}).get("champion") != serving or "T13" not in kept:
        fresh.append(_against(settings, challenger, progress))
    kept |= {check.code: check for check in fresh}
    checks = tuple(sorted(kept.values(), key=lambda check: int(check.code[1:])))
    return gate.decide(gate.Evidence(checks, serving, settings.gate.ignore))


def _latency(challenger: Bundle, settings: Settings) -> Check:
    golden = json.loads((challenger.folder / "golden.json").read_text(encoding="utf-8"))
    rows = np.array(golden["rows"], dtype=np.float64).reshape(-1, len(challenger.features))
    return latency(challenger.explain, rows, settings.gate.latency_ms)


def _against(settings: Settings, challenger: Bundle, progress: Progress) -> Check:
    """Return the contest with another champion than the one of the training, on rows built anew."""
    rival = contest.champion(settings)
    held = contest.between(settings, challenger, rival, progress)
    return beats_champion(held, settings.gate.against_champion)


def _install(settings: Settings, engine: sa.Engine, change: Change) -> Installed:
    """Make ``change``: registry, then log and ``champion.json`` together."""
    mended = mend(settings, engine, change.at, change.by)
    registered = registry.point(settings, change.to_version)
    crown = shipping.bundles(settings) / "champion.json"
    worn = crown.read_bytes() if crown.exists() else None
    try:
        with recording(engine, change):
            shipping.crown(settings, change.to_version, change.at)
    except BaseException:
        _put_back(crown, worn)
        if change.from_version is not None:
            registry.point(settings, change.from_version)
        raise
    shipping.write_verdict(settings, "usable", "", change.at)
    return Installed(change, registered, mended)


def _put_back(crown: Path, worn: bytes | None) -> None:
    """Let ``crown`` hold the bytes it had, in one replacement."""
    if worn is None:
        crown.unlink(missing_ok=True)
        return
    spare = crown.with_name(".champion.json.back")
    spare.write_bytes(worn)
    spare.replace(crown)


def _against_it(decision: gate.Decision) -> str:
    stand = [check for check in decision.checks if check.code in decision.refused_by]
    return " ".join(f"{check.code} failed: {check.sentence}" for check in stand).rstrip(".")


def _evidence(decision: gate.Decision, challenger: Bundle) -> Json:
    return {
        "run_id": challenger.manifest.get("run_id"),
        "gate": decision.json(),
        "checks": [check.json() for check in decision.checks],
        "metrics": challenger.evaluation.get("metrics", {}),
    }


def _since(settings: Settings) -> datetime | None:
    path = shipping.bundles(settings) / "champion.json"
    said = json.loads(path.read_text(encoding="utf-8")).get("since")
    return None if said is None else datetime.fromisoformat(said)
