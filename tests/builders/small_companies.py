"""Small companies written by hand, each with what must be told of it.

All companies with the same settings are built at once, side by side: their accounts get a number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from features import labels
from features.settings import Churn, Settings
from features.snapshots import build
from tests.builders.tables import make_tables

END = datetime(2025, 6, 1)
Row = dict[str, Any]
Where = tuple[str, str]
"""An account and a cut-off, as a date."""
SUBSCRIPTIONS = Settings()
CHURNS = Settings(churn=Churn(source="churns"))
INACTIVITY = Settings(churn=Churn(source="inactivity"))
YOUNG = Settings(churn=Churn(minimum_tenure_days=30))


@dataclass(frozen=True)
class Case:
    """One small company.

    Attributes
    ----------
    rule : str
        What it shows, as a sentence.
    rows : sequence of (table, row)
    told : dict
        Account and cut-off → the values expected; None where the account is not live.
    churned : dict
        Account and cut-off → the label expected; None is unknown.
    left : dict or None
        Account → the days on which it departed, where that is part of the rule.
    """

    rule: str
    rows: Sequence[tuple[str, Row]]
    told: Mapping[Where, Mapping[str, Any] | None] = field(default_factory=dict)
    churned: Mapping[Where, bool | None] = field(default_factory=dict)
    left: dict[str, list[str]] | None = None
    settings: Settings = SUBSCRIPTIONS


def at(text: str) -> datetime:
    """Return an instant."""
    return datetime.fromisoformat(text)


def contract(account: str, start: str, end: str | None = None, **more: Any) -> tuple[str, Row]:  # noqa: ANN401
    """Return a row of ``subscriptions``."""
    row = {"account_id": account, "started_at": at(start), "ended_at": at(end) if end else None}
    return "subscriptions", row | _times(more)


def used(account: str, when: str, user: str = "u1", **more: Any) -> tuple[str, Row]:  # noqa: ANN401
    """Return a row of ``events``."""
    row = {"account_id": account, "occurred_at": at(when), "event": "login", "user_id": user}
    return "events", row | _times(more)


def row(table: str, account: str, **values: Any) -> tuple[str, Row]:  # noqa: ANN401
    """Return a row of any table; what ends in ``_at`` is an instant."""
    return table, {"account_id": account} | _times(values)


def merged(old: str, new: str, when: str, until: str | None = None, **more: Any) -> tuple[str, Row]:  # noqa: ANN401
    """Return a row of ``identities``."""
    given = {"merged_into": new, "merged_at": when, "unmerged_at": until}
    return row("identities", old, **given, **more)


def _times(values: Row) -> Row:
    return {
        name: at(value) if name.endswith("_at") and isinstance(value, str) else value
        for name, value in values.items()
    }


def wrong(cases: Sequence[Case]) -> tuple[list[str], int]:
    """Return what is told otherwise than expected, and how many values were compared."""
    faults: list[str] = []
    compared = 0
    for settings in {id(case.settings): case.settings for case in cases}.values():
        mine = [case for case in cases if case.settings is settings]
        some, count = _wrong(mine, settings)
        faults += some
        compared += count
    return faults, compared


def _wrong(cases: Sequence[Case], settings: Settings) -> tuple[list[str], int]:
    tables = make_tables(END, **_rows(cases))
    told, churned, left = _told(tables, settings, cases)
    faults, compared = [], 0
    for number, case in enumerate(cases):
        for (account, day), values in case.told.items():
            found = told.get((f"{number}|{account}", at(day)))
            if values is None or found is None:
                compared += 1
                if (values is None) != (found is None):
                    faults.append(f"{case.rule}: {account} live on {day}: {found is not None}")
                continue
            for name, value in values.items():
                compared += 1
                if found[name] != value:
                    faults.append(
                        f"{case.rule}: {account} {day} {name} = {found[name]}, not {value}"
                    )
        for (account, day), value in case.churned.items():
            compared += 1
            label = churned.get((f"{number}|{account}", at(day)), "no row")
            if label is not value:
                faults.append(f"{case.rule}: {account} churned after {day}: {label}, not {value}")
        if case.left is not None:
            compared += 1
            ends = {a.split("|")[1]: d for a, d in left.items() if a.startswith(f"{number}|")}
            if ends != case.left:
                faults.append(f"{case.rule}: left {ends}, not {case.left}")
    return faults, compared


def _rows(cases: Iterable[Case]) -> dict[str, Any]:
    """Return the rows of all cases by table, with an account for every one they name."""
    found: dict[str, Any] = {"accounts": []}
    for number, case in enumerate(cases):
        ids: dict[str, Row] = {}
        for table, given in case.rows:
            marked = {**given, "account_id": f"{number}|{given['account_id']}"}
            for name in ("merged_into", "subscription_id", "plan"):
                if marked.get(name):
                    marked[name] = f"{number}|{marked[name]}"
            found.setdefault(table, []).append(marked)
            ids.setdefault(marked["account_id"], {"account_id": marked["account_id"]})
        listed = {row["account_id"] for row in found["accounts"]}
        found["accounts"] += [new for name, new in ids.items() if name not in listed]
    return found


def _told(tables: Any, settings: Settings, cases: Sequence[Case]) -> tuple[Any, Any, Any]:  # noqa: ANN401
    days = {day for case in cases for _, day in [*case.told, *case.churned]}
    cuts = sorted(at(day) for day in days)
    names = {name for case in cases for values in case.told.values() for name in values or ()}
    facts = {name for name in names if name.startswith("fact_")}
    snapshot = build(tables, settings, cuts, only=names - facts)
    told = {(r["account_id"], r["as_of"]): _plain(r) for r in snapshot.table.to_pylist()}
    rows = labels.labels(tables, settings, cuts).to_pylist()
    churned = {(r["account_id"], r["as_of"]): r["churned"] for r in rows}
    left: dict[str, list[str]] = {}
    for r in labels.departures(tables, settings).to_pylist():
        left.setdefault(r["account_id"], []).append(r["left_at"].date().isoformat())
    return told, churned, left


def _plain(found: Row) -> Row:
    texts = {n: v.split("|")[1] for n, v in found.items() if isinstance(v, str) and "|" in v}
    return {**found, **texts}
