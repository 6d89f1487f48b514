"""One account asks for its data, then to be forgotten; nothing of it is left or comes back."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from features import erased
from features.errors import KenshinError, NotReadyError, UnknownAccountError
from features.snapshots import files as snapshot_files
from features.sources import load_tables
from serving import audit
from serving.app import create_app
from serving.cli import app
from serving.kept_answers import Kept
from serving.reproduction import reproduce
from serving.store import scores
from serving.store.engine import writing
from serving.store.schema import feedback
from serving.subjects.erasure import Erasure, erase
from serving.subjects.held import export
from tests.builders.forgotten import NAME, NAME_EN, NOTE, Held, traces
from tests.builders.served import Client
from tests.builders.stores import STORES
from training.bundle import champion

RUNNER = CliRunner()
NOW = datetime(2026, 11, 21)
on_both_stores = pytest.mark.parametrize("company", STORES, indirect=True)


def gone(company: Held, why: str = "asked on 2026-11-21") -> Erasure:
    return erase(company.settings, company.engine, company.account_id, why, NOW, "hana")


def marks(company: Held) -> list[str]:
    return [company.account_id, NAME, NAME_EN, NOTE]


@on_both_stores
def test_the_document_holds_everything_and_reads_well(company: Held) -> None:
    told = export(company.settings, company.engine, company.account_id, NOW, "hana")
    assert set(told["names"]) >= {NAME, NAME_EN}
    days = {row["as_of"] for row in scores.history(company.engine, company.account_id)}
    assert {datetime.fromisoformat(score["as_of"]) for score in told["scores"]} == days
    assert {score["kind"] for score in told["scores"]} == {"issued", "replay"}
    latest = told["scores"][-1]
    assert set(latest["values"]) == set(latest["points"])
    if latest["health_score_exact"] not in (0, 100):
        total = latest["baseline_points"] + sum(latest["points"].values())
        assert total == pytest.approx(latest["health_score_exact"])
    sentences = [driver["sentence_ja"] for driver in latest["record"]["drivers"]]
    assert sentences
    assert all(sentences)
    assert [said["note"] for said in told["feedback"]] == [NOTE]
    assert [(held["reason"], held["band"]) for held in told["overrides"]] == [(NOTE, "red")]
    assert NAME in {held["row"]["fact_name"] for held in told["snapshots"]}
    # upstream.json keeps fingerprints of some ids; whether of this one, the simulator decides.
    mentioned = {one["file"].split("/")[1] for one in told["mentions"]} - {"upstream.json"}
    assert mentioned == {"answer-check.json", "misses", "acceptances.jsonl"}
    assert company.others[0] not in json.dumps(told)
    json.dumps(told, allow_nan=False)
    with company.engine.connect() as connection:
        (entry,) = [e for e in audit.entries(connection) if e.action == "subject exported"]
    assert entry.subject == erased.ready(company.settings).of(company.account_id)


@on_both_stores
def test_its_name_leaves_what_people_said_of_other_accounts(company: Held) -> None:
    with writing(company.engine) as connection:
        known = sa.select(feedback.c.feedback_id).where(feedback.c.note == "ours")
        number = connection.execute(known).scalar_one()
        said = {"note": f"moved here from {NAME_EN}, see {company.account_id}"}
        connection.execute(sa.update(feedback).where(feedback.c.feedback_id == number).values(said))
    done = gone(company)
    assert done.left_in == []
    assert traces(company.settings, marks(company)) == set()
    with company.engine.connect() as connection:
        notes = connection.execute(sa.select(feedback.c.feedback_id, feedback.c.note)).all()
    assert [tuple(row) for row in notes] == [(number, "moved here from (erased), see (erased)")]


@on_both_stores
def test_of_erasures_at_the_same_time_none_is_lost_and_exports_wait(company: Held) -> None:
    settings, asking = company.settings, [company.account_id, *company.others[:2]]
    together = threading.Barrier(len(asking) + 1)

    def one(account: str) -> Erasure:
        together.wait()
        return erase(settings, company.engine, account, "asked", NOW, "hana")

    def other(account: str) -> dict[str, Any]:
        together.wait()
        return export(settings, company.engine, account, NOW, "hana")

    with ThreadPoolExecutor(len(asking) + 1) as pool:
        exported = pool.submit(other, company.others[2])
        done = list(pool.map(one, asking))
    assert exported.result()["account_id"] == company.others[2]
    assert erased.read(settings).among(asking) == set(asking)
    assert {receipt.subject_hash for receipt in done} == erased.read(settings).subjects
    assert traces(settings, asking) == set()


@on_both_stores
def test_nothing_is_left_of_an_erased_account_in_any_byte(company: Held) -> None:
    settings = company.settings
    assert len(traces(settings, marks(company))) > 5
    done = gone(company)
    assert (done.left_in, done.wiped) == ([], True)
    assert traces(settings, marks(company)) == set()
    assert done.rows["scores"] > 3
    assert (done.rows["feedback"], done.rows["idempotency"], done.rows["promotions"]) == (1, 1, 1)
    assert done.rows["overrides"] == 1
    with company.engine.connect() as connection:
        assert audit.verify(connection) is None
        newest = audit.entries(connection)[0]
        assert connection.execute(sa.text("SELECT subject_hash FROM erased")).scalars().all() == [
            done.subject_hash
        ]
    assert (newest.action, newest.subject, newest.details["why"]) == (
        "subject erased",
        done.subject_hash,
        "asked on 2026-11-21",
    )


def test_everybody_else_is_as_before(company: Held) -> None:
    before = _others(company)
    snapshot = snapshot_files.current(company.settings, datetime(2026, 11, 13))
    gone(company)
    assert _others(company) == before
    run = scores.latest_run(company.engine)
    assert run is not None
    row = scores.score_of(company.engine, run["run_id"], company.others[0])
    assert row is not None
    now = snapshot_files.current(company.settings, datetime(2026, 11, 13))
    assert snapshot is not None
    assert now is not None
    assert (now.rows, now.snapshot_id == snapshot.snapshot_id) == (snapshot.rows - 1, False)
    kept = Kept(company.settings).shown(champion(company.settings))
    assert kept is not None
    assert [miss["account_id"] for miss in kept["misses"]] == [company.others[0]]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), company.engine.begin() as opened:
        opened.execute(sa.text("DELETE FROM scores"))


def test_a_score_of_another_comes_out_again_from_the_snapshot_that_took_the_place(
    company: Held,
) -> None:
    row = scores.history(company.engine, company.others[0])[-2]
    before = reproduce(company.settings, company.engine, row["score_id"])
    gone(company)
    assert reproduce(company.settings, company.engine, row["score_id"]) == before


def test_it_does_not_come_back_while_the_source_still_holds_it(company: Held) -> None:
    gone(company)
    loaded = load_tables(company.settings)
    assert loaded.report.left_out == 1
    ids = loaded.tables["accounts"].account_id.to_pyarrow().to_pylist()
    assert company.account_id not in ids
    assert set(company.others) <= set(ids)
    assert traces(company.settings, marks(company)) == set()


@pytest.mark.scale
def test_the_next_commands_leave_it_out_and_say_how_many(company: Held) -> None:
    gone(company)
    config = str(company.settings.root / "kenshin.toml")
    done = RUNNER.invoke(app, ["score", "--config", config], catch_exceptions=False)
    assert "1 erased account left out, which the source still holds" in done.stderr
    built = RUNNER.invoke(app, ["snapshot", "--config", config], catch_exceptions=False)
    assert "1 erased account left out" in built.stderr
    assert traces(company.settings, marks(company)) == set()


def test_without_the_key_nothing_is_read_rather_than_bringing_it_back(company: Held) -> None:
    gone(company)
    key = erased.key_file(company.settings)
    assert key.stat().st_mode & 0o077 == 0
    key.write_text("another key of some length", encoding="ascii")
    with pytest.raises(NotReadyError, match="erased accounts; found another key"):
        load_tables(company.settings)
    key.unlink()
    with pytest.raises(NotReadyError, match="found none"):
        load_tables(company.settings)


def test_the_key_may_come_from_the_environment(
    company: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(erased.KEY_VARIABLE, "a secret of the company's own")
    gone(company)
    assert not erased.key_file(company.settings).exists()
    assert load_tables(company.settings).report.left_out == 1


def test_asked_again_it_mends_what_was_cut_short(
    company: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("serving.subjects.rows.remove", _power_cut)
        with pytest.raises(OSError, match="power"):
            gone(company)
    assert load_tables(company.settings).report.left_out == 1
    assert gone(company).rows["scores"] > 0
    assert traces(company.settings, marks(company)) == set()
    assert gone(company).rows["scores"] == 0


@pytest.mark.parametrize("why", ["", "  ", f"{NAME_EN} asked", NAME])
def test_a_reason_is_needed_that_does_not_name_the_subject(company: Held, why: str) -> None:
    with pytest.raises(KenshinError, match="a reason"):
        gone(company, why)
    assert scores.history(company.engine, company.account_id)


def test_of_an_unknown_account_nothing_is_handed_out_or_noted(company: Held) -> None:
    for act in (
        lambda: export(company.settings, company.engine, "nobody", NOW, "hana"),
        lambda: erase(company.settings, company.engine, "nobody", "why", NOW, "hana"),
    ):
        with pytest.raises(UnknownAccountError):
            act()
    assert not erased.erased_file(company.settings).exists()


def test_the_command_asks_before_it_erases(company: Held, tmp_path: Path) -> None:
    config = ["--config", str(company.settings.root / "kenshin.toml")]
    out = tmp_path / "data.json"
    done = RUNNER.invoke(
        app,
        ["subject", "export", company.account_id, "--out", str(out), "--sources", *config],
        catch_exceptions=False,
    )
    assert "1 feedback" in done.stdout
    assert json.loads(out.read_text())["sources"]["subscriptions"][0]["account_id"]
    assert out.stat().st_mode & 0o077 == 0
    told = ["subject", "export", company.account_id, "--out", str(out), "--json", *config]
    done = RUNNER.invoke(app, told, catch_exceptions=False)
    assert json.loads(done.stdout).items() >= {"written": str(out), "feedback": 1}.items()
    asked = ["subject", "erase", company.account_id, "--why", "asked", *config]
    refused = RUNNER.invoke(app, asked, input="n\n")
    assert refused.exit_code == 1
    assert NAME in refused.stderr
    assert scores.history(company.engine, company.account_id)
    done = RUNNER.invoke(app, [*asked, "--yes", "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["left_in"] == []
    assert scores.history(company.engine, company.account_id) == []


def test_a_request_does_not_wait_while_somebody_else_is_erased(company: Held) -> None:
    client = Client(create_app(company.settings, engine=company.engine))
    address = f"/v1/subjects/{company.account_id}"
    with erased.changing(company.settings):
        answers = [client.get(address), client.request("DELETE", f"{address}?why=request")]
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
        assert answer.json()["fix"] == "Ask again in a minute."
    assert client.get(address).status_code == 200


@on_both_stores
def test_over_the_api_it_is_handed_out_and_erased(company: Held) -> None:
    client = Client(create_app(company.settings, engine=company.engine))
    address = f"/v1/subjects/{company.account_id}"
    told = client.get(address)
    assert (told.status_code, told.json()["account_id"]) == (200, company.account_id)
    refused = client.request("DELETE", f"{address}?why=because+of+{NAME_EN}")
    assert refused.status_code == 422
    assert NAME_EN not in refused.text
    done = client.request("DELETE", f"{address}?why=retention")
    assert (done.status_code, done.json()["left_in"]) == (200, [])
    assert client.get(f"/v1/accounts/{company.account_id}").status_code == 404
    assert client.get("/v1/subjects/nobody").status_code == 404
    assert NAME not in client.get("/").text


def _power_cut(*_: object) -> None:
    raise OSError("power")


def _others(company: Held) -> list[tuple[Any, ...]]:
    rows = []
    with company.engine.connect() as connection:
        for table in ("runs", "scores", "feedback", "idempotency"):
            where = "" if table in ("runs", "idempotency") else " WHERE account_id <> :account"
            asked = sa.text(f"SELECT * FROM {table}{where}")
            given = {} if not where else {"account": company.account_id}
            rows += [tuple(row) for row in connection.execute(asked, given)]
    return [row for row in rows if f'"{company.account_id}"' not in str(row)]
