"""Everything that is held of one subject, in one readable document."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import sqlalchemy as sa

from features.errors import KenshinError
from features.settings import Settings
from serving import audit
from serving.records import record
from serving.store import scores
from serving.store.engine import writing
from serving.store.scores import StoredRow, numbers
from serving.subjects import files, rows, snapshots
from serving.subjects.erasure import found

if TYPE_CHECKING:
    from training.bundle import Bundle

Json = dict[str, Any]

ABOUT = {
    "en": "Everything that Kenshin holds of this account. A health score lies between 0 and 100, "
    "100 is good; baseline and points of all features add up to it. churn_probability is the "
    "calibrated chance of leaving within horizon_days of as_of. Times are UTC.",
    "ja": "このアカウントについて Kenshin が保持しているすべてのデータ。ヘルススコアは0〜100で、"
    "100が良好。基準点と全項目の点数を足すとスコアになる。churn_probability は as_of から "
    "horizon_days 日以内に解約する確率（較正済み）。時刻は UTC。",
}


def export(
    settings: Settings,
    engine: sa.Engine,
    account_id: str,
    now: datetime,
    by: str,
    *,
    wait: bool = True,
) -> Json:
    """Return what is held of an account, and tell the audit log that it was handed out.

    The log keeps the keyed hash of the account, as for an erasure. While somebody else is erased,
    whose snapshots are written anew, it waits, or with ``wait`` False refuses.

    Raises
    ------
    UnknownAccountError
        Where nothing is held of it.
    """
    from features import erased

    with erased.changing(settings, wait=wait):
        document = _document(settings, engine, account_id, now)
    counts = {name: len(part) for name, part in document.items() if isinstance(part, list)}
    with writing(engine) as connection:
        audit.record(
            connection,
            at=now,
            actor=by,
            action="subject exported",
            subject=erased.ready(settings).of(account_id),
            details=counts,
        )
    return document


def _document(settings: Settings, engine: sa.Engine, account_id: str, now: datetime) -> Json:
    subject = found(settings, engine, account_id)
    told = _scores(settings, engine, account_id)
    return {
        "account_id": account_id,
        "names": sorted(subject.names),
        "exported_at": now.isoformat(),
        "about": ABOUT,
        "scores": told,
        "feedback": [_plain(row) for row in rows.feedback_of(engine, account_id)],
        "overrides": [_plain(row) for row in rows.overrides_of(engine, account_id)],
        "snapshots": [
            {**held, "row": _plain(held["row"])} for held in snapshots.rows_of(settings, account_id)
        ],
        "mentions": files.mentions(settings, subject),
    }


def source_rows(settings: Settings, account_id: str, now: datetime) -> Json:
    """Return what the company's own tables say of an account: table → rows.

    Kenshin reads these and keeps no more of them than the rest of the document tells.
    """
    if settings.flat is not None:
        from features.flat import load_flat

        flat = load_flat(settings).table
        mine = flat.filter(pc.equal(flat["account_id"], account_id))
        return {"flat": [_plain(row) for row in mine.to_pylist()]}
    from features.sources import load_tables

    tables = load_tables(settings, now=now, digested=False).tables
    told = {}
    for name, table in tables.tables.items():
        mine = table.filter(table.account_id == account_id).to_pyarrow()
        told[name] = [_plain(row) for row in mine.to_pylist()]
    return told


def _scores(settings: Settings, engine: sa.Engine, account_id: str) -> list[Json]:
    """Return each score as issued, with features, points and, while its bundle is there, words."""
    bundles: dict[str, Bundle | None] = {}
    runs: dict[str, StoredRow] = {}
    told, before = [], None
    for row in rows.scores_of(engine, account_id):
        run = runs.setdefault(row["run_id"], _run(engine, row["run_id"]))
        version = run["model_version"]
        if version not in bundles:
            bundles[version] = _bundle(settings, version)
        told.append(_score(settings, row, run, bundles[version], before))
        before = (row, run)
    return told


def _score(
    settings: Settings,
    row: StoredRow,
    run: StoredRow,
    bundle: "Bundle | None",
    before: tuple[StoredRow, StoredRow] | None,
) -> Json:
    names = run["feature_names"]
    stored = {key: value for key, value in row.items() if key not in ("points", "values")}
    points = None if row["points"] is None else numbers(row["points"]).tolist()
    values = None if row["values"] is None else numbers(row["values"]).tolist()
    explained = None
    if bundle is not None:
        explained = record(row, run, bundle, settings, before).model_dump(mode="json")
    return {
        **_plain(stored),
        "model_version": run["model_version"],
        "settings_version": run["settings_version"],
        "snapshot_id": run["snapshot_id"],
        "baseline_points": run["baseline_points"],
        "points": None if points is None else dict(zip(names, points, strict=True)),
        "values": None if values is None else _named(names, values, bundle),
        "record": explained,
    }


def _named(names: list[str], values: list[float], bundle: "Bundle | None") -> Json:
    """Return feature → value as the company knows it: words of categories, null for missing."""
    known = {} if bundle is None else bundle.categories
    found: Json = {}
    for name, value in zip(names, values, strict=True):
        if value != value:
            found[name] = None
        else:
            found[name] = known[name][int(value)] if name in known else value
    return found


def _run(engine: sa.Engine, run_id: str) -> StoredRow:
    run = scores.run_by_id(engine, run_id)
    assert run is not None, "a score's run is held by a foreign key"
    return run


def _bundle(settings: Settings, version: str) -> "Bundle | None":
    from serving.reproduction import stored_bundle

    try:
        return stored_bundle(settings, version)
    except KenshinError:
        return None


def _plain(row: Mapping[Any, Any]) -> Json:
    """Return a row as JSON values: instants as ISO 8601, what is no number as null."""
    return {str(key): _value(value) for key, value in row.items()}


def _value(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value
