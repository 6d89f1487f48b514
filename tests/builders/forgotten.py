"""A small company with one account of whom everything that can be held is held."""

import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from features import snapshots
from features.settings import Settings
from serving import kept_answers
from serving.runs import score_tables
from serving.store import scores
from serving.store.engine import open_store, writing
from serving.store.promotions import Change, record_promotion
from serving.store.schema import feedback, idempotency, overrides
from serving.store.schema import scores as score_rows
from tests.builders.modelled import END, company
from training import named_misses

NAME, NAME_EN = "株式会社消えるべき会社", "Vanishing Canary Company"
NOTE = "they said zq-canary-note to us"


@dataclass(frozen=True)
class Held:
    """A company and the account that will ask."""

    settings: Settings
    engine: sa.Engine
    account_id: str
    others: tuple[str, ...]


def held(folder: Path) -> Held:
    """Return a scored company with snapshots, feedback, kept answers, misses and a copied cache."""
    made = company(folder, accounts=40)
    settings, tables = made.settings, made.tables
    engine = open_store(settings)
    stored = score_tables(settings, engine, made.bundle, tables, END, END, 3)
    with engine.connect() as connection:
        latest = sa.select(score_rows.c.account_id).where(score_rows.c.run_id == stored[-1].run_id)
        live = sorted(connection.execute(latest).scalars())
    account, others = live[0], tuple(live[1:])
    _renamed(settings, account)
    engine.dispose()
    return _with_words(settings, account, others)


def _renamed(settings: Settings, account: str) -> None:
    """Give the account names that nothing else has, in the source itself."""
    file = settings.root / "accounts.parquet"
    table = pq.read_table(file)
    rows = table.to_pylist()
    for row in rows:
        if row["account_id"] == account:
            row |= {"name": NAME, "name_en": NAME_EN}
    pq.write_table(pa.Table.from_pylist(rows, table.schema), file)


def _with_words(settings: Settings, account: str, others: tuple[str, ...]) -> Held:
    from features.sources import load_tables
    from training.bundle import champion

    engine = open_store(settings)
    tables = load_tables(settings).tables
    bundle = champion(settings)
    date = datetime(2026, 11, 13)
    snapshots.write(snapshots.build(tables, settings, [date]), settings)
    score_tables(settings, engine, bundle, tables, END, date, 0)
    row = scores.history(engine, account)[-1]
    other = scores.history(engine, others[0])[-1]
    said = {"at": END, "verdict": "agree", "feature": None}
    with writing(engine) as connection:
        for one, note in ((row, NOTE), (other, "ours")):
            connection.execute(
                sa.insert(feedback),
                {
                    **said,
                    "account_id": one["account_id"],
                    "score_id": one["score_id"],
                    "note": note,
                },
            )
        for one, reason in ((row, NOTE), (other, "ours")):
            held = {"at": END, "by": "local", "band": "red", "until": END.date(), "reason": reason}
            about = {name: one[name] for name in ("account_id", "score_id")}
            connection.execute(sa.insert(overrides), {**held, **about})
        for key, who in (("k1", account), ("k2", others[0])):
            connection.execute(
                sa.insert(idempotency),
                {
                    "caller": "local",
                    "given_key": key,
                    "request_sha256": "0" * 64,
                    "created_at": END,
                    "status": 200,
                    "headers": {},
                    "body": json.dumps({"account_external_id": who}).encode(),
                },
            )
    why = f"after the call with {NAME_EN} ({account})"
    record_promotion(engine, Change(END, "hana", "forced", None, "v1", why, {}))
    misses = {"misses": [_miss(account, NAME), _miss(others[0], "残る会社")]}
    kept_answers.keep(settings, {"rules": {}, **misses}, END)
    named_misses.keep(settings, "v1", {"answer_check": misses})
    _copies(settings, account)
    return Held(settings, engine, account, others)


def _miss(account: str, name: str) -> dict[str, Any]:
    return {"account_id": account, "name": name, "series": [1.0, None], "unseen": None}


def _copies(settings: Settings, account: str) -> None:
    """Write what readings leave behind: rows kept out, a copy of a source, what was accepted."""
    quarantine = settings.workspace / "quarantine"
    quarantine.mkdir(exist_ok=True)
    rows = [
        {"row": 5, "violation": "K201", "account_id": account, "line": None},
        {"row": 6, "violation": "K106", "account_id": None, "line": f'x,"{account}",y'},
        {"row": 7, "violation": "K106", "account_id": "zz9", "line": "other"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), quarantine / "tickets.parquet")
    copy = settings.workspace / "cache" / "tickets.csv"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(f"account_id,text\n{account},{NOTE}\n", encoding="utf-8")
    line = {"by": "hana", "accepted": [{"sentence": f"3 rows, for example {account} of May."}]}
    file = settings.workspace / "acceptances.jsonl"
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")


def traces(settings: Settings, marks: Iterable[str]) -> set[str]:
    """Return the files that hold one of ``marks``, however packed: as text or inside a table.

    Every blob of the store is unpacked as well, every Parquet file is read.
    """
    wanted = [mark.encode() for mark in marks]
    wanted += [mark.encode("utf-16-le") for mark in marks]
    wanted += [json.dumps(mark)[1:-1].encode() for mark in marks]
    found = set()
    for root in (settings.workspace, settings.root / settings.mlflow.folder):
        for file in root.rglob("*"):
            if file.is_file() and any(m in blob for blob in _unpacked(file) for m in wanted):
                found.add(str(file.relative_to(settings.root)))
    return found


def _unpacked(file: Path) -> Iterable[bytes]:
    raw = file.read_bytes()
    yield raw
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    if raw[:1] == b"\x78":
        try:
            yield zlib.decompress(raw)
        except zlib.error:
            return
    if raw[:4] == b"PAR1":
        table = pq.read_table(file, partitioning=None)
        for column in table.columns:
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                yield "\n".join(str(value) for value in column.to_pylist()).encode()
