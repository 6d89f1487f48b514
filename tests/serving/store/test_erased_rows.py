"""Taking one subject's rows out of the store: all or nothing, and nothing else."""

import multiprocessing as mp
import os
import random
import signal
import time
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import sqlalchemy as sa

from serving import audit
from serving.store.engine import open_url, writing
from serving.store.promotions import Change, record_promotion
from serving.store.schema import feedback, scores
from serving.store.scores import save_run
from serving.subjects.rows import Entry, named, remove
from serving.subjects.subject import Subject
from serving.subjects.wiping import wipe
from tests.builders.killing import processes
from tests.builders.runs import AS_OF, a_row, a_run

RUNS, ACCOUNTS, KILLS = 8, 400, 10
ENTRY = Entry(datetime(2026, 11, 21), "hana", "f" * 64, {"why": "asked"})


def filled(engine: sa.Engine, runs: int = RUNS, accounts: int = ACCOUNTS) -> None:
    for number in range(runs):
        at = AS_OF + timedelta(days=number)
        rows = (
            a_row(f"s{number}-{i}", f"account-{i}", at, name=f"Company {i} of many")
            for i in range(accounts)
        )
        save_run(engine, a_run(f"run{number}", at), rows)
    record_promotion(engine, Change(AS_OF, "me", "trained", None, "v1", "", {}))
    said = {"at": AS_OF, "verdict": "agree", "note": "noted", "feature": None}
    with writing(engine) as connection:
        for i in range(accounts):
            one = {**said, "account_id": f"account-{i}", "score_id": f"s0-{i}"}
            connection.execute(sa.insert(feedback), one)


def counted(engine: sa.Engine) -> dict[str, int]:
    asked = {
        "mine": "SELECT count(*) FROM scores WHERE account_id = 'account-3'",
        "said": "SELECT count(*) FROM feedback WHERE account_id = 'account-3'",
        "others": "SELECT count(*) FROM scores WHERE account_id <> 'account-3'",
        "hashes": "SELECT count(*) FROM erased",
        "entries": "SELECT count(*) FROM audit",
    }
    with engine.connect() as connection:
        return {
            name: int(connection.execute(sa.text(query)).scalar_one())
            for name, query in asked.items()
        }


def refuses_change(engine: sa.Engine) -> bool:
    """Return whether the tables that are only added to still refuse to lose a row."""
    return all(_refuses(engine, table) for table in ("scores", "promotions", "runs"))


def _refuses(engine: sa.Engine, table: str) -> bool:
    with engine.connect().execution_options(writes=True) as connection:
        try:
            connection.execute(sa.text(f"DELETE FROM {table}"))
        except sa.exc.DBAPIError as error:
            return "append-only" in str(error)
    return False


def test_the_rows_of_one_go_and_those_of_all_others_stay(engine: sa.Engine) -> None:
    filled(engine, accounts=20)
    before = counted(engine)
    subject = named(engine, "account-3")
    assert subject.names == {"Company 3 of many"}
    removed = remove(engine, subject, ENTRY)
    assert (removed.scores, removed.feedback) == (RUNS, 1)
    assert counted(engine) == {
        "mine": 0,
        "said": 0,
        "others": before["others"],
        "hashes": 1,
        "entries": before["entries"] + 1,
    }
    assert wipe(engine)
    assert refuses_change(engine)
    assert remove(engine, subject, ENTRY).scores == 0


def test_a_store_that_somebody_reads_is_wiped_later(engine: sa.Engine) -> None:
    filled(engine, runs=1, accounts=5)
    with engine.connect() as reader:
        reader.execute(sa.text("SELECT count(*) FROM scores")).scalar()
        if engine.dialect.name == "postgresql":
            reader.rollback()
        remove(engine, named(engine, "account-3"), ENTRY)
        patience = 0.2
        assert wipe(engine, patience) is (engine.dialect.name == "postgresql")
    assert wipe(engine)


def erase_over_and_over(url: str, name: str, told: Connection) -> None:
    """Erase account 3 and say so."""
    engine = open_url(url)
    told.send("open")
    remove(engine, Subject("account-3", frozenset({name})), ENTRY)
    told.send("erased")
    engine.dispose()


def test_killed_at_any_instant_everything_is_there_or_nothing(store_url: str) -> None:
    engine = open_url(store_url)
    filled(engine)
    before, outcomes, chance = counted(engine), [], random.Random(5)
    for attempt in range(KILLS):
        ended = _killed(chance.uniform(0, 0.04) if attempt else 0.0, store_url)
        now = counted(engine)
        assert now["others"] == before["others"]
        assert (now["mine"], now["said"], now["hashes"]) in ((RUNS, 1, 0), (0, 0, 1))
        assert not (ended and now["mine"])
        assert refuses_change(engine)
        outcomes.append(now["mine"])
        if not now["mine"]:
            _put_back(engine)
    remove(engine, named(engine, "account-3"), ENTRY)
    with engine.connect() as connection:
        assert audit.verify(connection) is None
    engine.dispose()
    assert RUNS in outcomes


def _killed(seconds: float, url: str) -> bool:
    """Let a process erase, kill it, and return whether it said that it had."""
    ours, theirs = mp.Pipe(duplex=False)
    eraser = processes().Process(target=erase_over_and_over, args=(url, "x", theirs))
    eraser.start()
    theirs.close()
    assert ours.recv() == "open"
    time.sleep(seconds)
    assert eraser.pid is not None
    with suppress(ProcessLookupError):  # it was done before
        os.kill(eraser.pid, signal.SIGKILL)
    eraser.join(30)
    try:
        return bool(ours.recv() == "erased")
    except EOFError:
        return False
    finally:
        ours.close()
        eraser.close()


def _put_back(engine: sa.Engine) -> None:
    """Write the account's rows again; the hash and the audit entries stay, the hash's row not."""
    rows: list[dict[str, Any]] = [
        {
            **a_row(f"s{n}-3", "account-3", AS_OF + timedelta(days=n), name="Company 3 of many"),
            "run_id": f"run{n}",
            "kind": "issued",
        }
        for n in range(RUNS)
    ]
    with writing(engine) as connection:
        connection.execute(sa.text("DELETE FROM erased"))
        connection.execute(sa.insert(scores), rows)
        said = {"at": AS_OF, "verdict": "agree", "note": "noted", "feature": None}
        one = {**said, "account_id": "account-3", "score_id": "s0-3"}
        connection.execute(sa.insert(feedback), one)
