"""Backing up while somebody writes, losing everything, restoring, serving on."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from features.errors import NotFoundError
from features.settings import Settings, load_settings
from serving.app import create_app
from serving.backup import BackupError, DamagedBackupError, back_up, verified
from serving.champion import Champion
from serving.restoring import restore
from serving.store.engine import open_url
from tests.builders.killing import processes, write_runs
from tests.builders.served import Client, served
from tests.builders.server import KENSHIN, running

NOW = datetime(2026, 11, 22, 3, 0)


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """Return the folder of a served company with 6 accounts."""
    folder = tmp_path / "company"
    folder.mkdir()
    served(folder, accounts=6, weeks=2).engine.dispose()
    (folder / ".kenshin" / "erasure.key").write_text("secret")
    (folder / ".kenshin" / "erasure.key").chmod(0o600)
    (folder / ".kenshin" / "cache").mkdir()
    (folder / ".kenshin" / "cache" / "rows.parquet").write_bytes(b"made again from the tables")
    return folder


def test_what_was_acknowledged_before_the_backup_is_there_after_everything_was_lost(
    company: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{company / '.kenshin' / 'store.db'}"
    ours, theirs = processes().Pipe(duplex=False)
    writer = processes().Process(target=write_runs, args=(url, "busy", theirs))
    writer.start()
    theirs.close()
    assert ours.recv() == "open"
    acknowledged = {ours.recv() for _ in range(2)}
    settings = load_settings(company / "kenshin.toml")
    made = back_up(settings, company / "kenshin.toml", tmp_path / "copy", NOW)
    writer.kill()
    writer.join(30)
    assert made.champion == "v1"
    assert made.scores is not None
    shutil.rmtree(company)
    elsewhere = tmp_path / "elsewhere"
    assert restore(tmp_path / "copy", elsewhere, NOW) is None
    with closing(sqlite3.connect(elsewhere / ".kenshin" / "store.db")) as store:
        runs = dict(store.execute("SELECT run_id, count(*) FROM scores GROUP BY run_id").fetchall())
        (every,) = store.execute("SELECT count(*) FROM scores").fetchone()
    assert every == made.scores
    assert acknowledged <= set(runs)
    assert {n for run, n in runs.items() if run.startswith("busy")} == {6_000}  # none is half there


def test_a_restored_company_is_served_from_where_it_is(company: Path, tmp_path: Path) -> None:
    settings, file = load_settings(company / "kenshin.toml"), company / "kenshin.toml"
    before = _asked_inside(settings)
    back_up(settings, file, tmp_path / "copy", NOW)
    shutil.rmtree(company)
    elsewhere = tmp_path / "else where"
    restore(tmp_path / "copy", elsewhere, NOW)
    with running(elsewhere) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        assert client.get("/readyz").status_code == 200
        after = [client.post("/v1/predictions", json=ASKED), client.get("/v1/accounts")]
        assert _told(after) == before
    key = elsewhere / ".kenshin" / "erasure.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
    assert not (elsewhere / ".kenshin" / "cache").exists()


ASKED = {"accounts": [{"features": {"mrr": 100_000}}]}


def _asked_inside(settings: Settings) -> object:
    engine = open_url(settings.store_url)
    client = Client(create_app(settings, engine=engine, champion=Champion(settings)))
    answers = [client.post("/v1/predictions", ASKED), client.get("/v1/accounts")]
    engine.dispose()
    return _told(answers)


def _told(answers: list[httpx.Response]) -> object:
    scored, listed = (answer.json() for answer in answers)
    return scored["predictions"][0]["health_score"], listed["accounts"]


def test_nothing_is_overwritten_unless_somebody_insists(company: Path, tmp_path: Path) -> None:
    settings, file = load_settings(company / "kenshin.toml"), company / "kenshin.toml"
    copy = tmp_path / "copy"
    back_up(settings, file, copy, NOW)
    with pytest.raises(BackupError, match="not there yet"):
        back_up(settings, file, copy, NOW)
    assert back_up(settings, file, copy, NOW, force=True).champion == "v1"
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    with pytest.raises(BackupError, match="nothing else"):
        back_up(settings, file, foreign, NOW, force=True)
    assert (foreign / "thesis.txt").exists()


def test_a_restore_moves_aside_what_is_in_the_way_and_deletes_nothing(
    company: Path, tmp_path: Path
) -> None:
    settings, file = load_settings(company / "kenshin.toml"), company / "kenshin.toml"
    back_up(settings, file, tmp_path / "copy", NOW)
    (company / ".kenshin" / "since.txt").write_text("written after the backup")
    with pytest.raises(BackupError, match="nothing where the backup goes"):
        restore(tmp_path / "copy", company, NOW)
    assert (company / ".kenshin" / "since.txt").exists()
    aside = restore(tmp_path / "copy", company, NOW, force=True)
    assert aside == company / "before-restore-20261122T030000"
    assert (aside / ".kenshin" / "since.txt").read_text() == "written after the backup"
    assert not (company / ".kenshin" / "since.txt").exists()
    open_url(f"sqlite:///{company / '.kenshin' / 'store.db'}").dispose()


@pytest.mark.parametrize(
    "name", ["store.db", "workspace/bundles/v1/booster.txt", "kenshin.toml", "backup.json"]
)
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    company: Path, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / "copy"
    back_up(load_settings(company / "kenshin.toml"), company / "kenshin.toml", copy, NOW)
    damaged = bytearray((copy / name).read_bytes())
    damaged[len(damaged) // 2] ^= 0x20
    (copy / name).write_bytes(bytes(damaged))
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(DamagedBackupError):
        restore(copy, elsewhere, NOW)
    assert not elsewhere.exists()


def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="a backup in"):
        verified(tmp_path)


def test_a_backup_cannot_reach_out_of_its_folder(company: Path, tmp_path: Path) -> None:
    copy, file = tmp_path / "copy", company / "kenshin.toml"
    back_up(load_settings(file), file, copy, NOW)
    listed = (copy / "backup.json").read_text()
    for name in ("../company/kenshin.toml", str(file)):
        changed = json.loads(listed)
        changed["files"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
        (copy / "backup.json").write_text(json.dumps(changed))
        with pytest.raises(DamagedBackupError, match=r"unreadable backup\.json"):
            verified(copy)


@pytest.mark.parametrize("name", ["workspace/snapshots/planted.parquet", "mlruns/planted.txt"])
def test_a_file_that_was_put_into_a_backup_is_not_restored(
    company: Path, tmp_path: Path, name: str
) -> None:
    copy, file = tmp_path / "copy", company / "kenshin.toml"
    back_up(load_settings(file), file, copy, NOW)
    (copy / "where it came from.txt").write_text("a note beside the parts harms nobody")
    assert verified(copy).champion == "v1"
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("planted")
    with pytest.raises(DamagedBackupError, match="planted"):
        restore(copy, tmp_path / "elsewhere", NOW)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("section", "part"),
    [
        ('[store]\nurl = "sqlite:///{live}/store.db"\n', "store.db"),
        ('workspace_folder = "../live"\n', "workspace"),
        ('[mlflow]\nfolder = "{live}/runs"\n', "mlruns"),
    ],
)
def test_settings_that_lead_elsewhere_do_not_let_a_restore_write_there(
    company: Path, tmp_path: Path, section: str, part: str
) -> None:
    live, file, copy = tmp_path / "live", company / "kenshin.toml", tmp_path / "copy"
    live.mkdir()
    (live / "store.db").write_bytes(b"in service")
    (company / "mlruns").mkdir(exist_ok=True)
    (company / "mlruns" / "note.txt").write_text("a run")
    back_up(load_settings(file), file, copy, NOW)
    listed = json.loads((copy / "backup.json").read_text())
    text, said = (copy / "kenshin.toml").read_text(), section.format(live=live)
    text = f"{text}\n{said}" if said.startswith("[") else f"{said}{text}"
    (copy / "kenshin.toml").write_text(text)
    listed["files"]["kenshin.toml"] = hashlib.sha256(text.encode()).hexdigest()
    (copy / "backup.json").write_text(json.dumps(listed))
    with pytest.raises(BackupError, match=f"a place of {part} outside it") as refused:
        restore(copy, tmp_path / "into", NOW, force=True)
    assert "KENSHIN_" in refused.value.fix
    assert (live / "store.db").read_bytes() == b"in service"
    assert [path.name for path in live.iterdir()] == ["store.db"]
    assert not (tmp_path / "into").exists()


def test_a_store_that_the_environment_puts_below_the_folder_is_restored_there(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, file, into = tmp_path / "live.db", company / "kenshin.toml", tmp_path / "into"
    shutil.move(company / ".kenshin" / "store.db", live)
    file.write_text(file.read_text() + f'\n[store]\nurl = "sqlite:///{live}"\n')
    back_up(load_settings(file), file, tmp_path / "copy", NOW)
    with pytest.raises(BackupError, match="outside it"):
        restore(tmp_path / "copy", into, NOW)
    monkeypatch.setenv("KENSHIN_STORE__URL", f"sqlite:///{into}/store.db")
    assert restore(tmp_path / "copy", into, NOW) is None
    assert (into / "store.db").read_bytes()[:6] == b"SQLite"


def test_a_store_in_postgresql_is_left_to_its_own_tools(
    company: Path, tmp_path: Path, postgres_url: str
) -> None:
    said = subprocess.run(
        [KENSHIN, "backup", tmp_path / "copy", "--json"],
        cwd=company,
        env=os.environ | {"KENSHIN_STORE__URL": postgres_url},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(said.stdout)
    assert (told["scores"], told["champion"]) == (None, "v1")
    assert not (tmp_path / "copy" / "store.db").exists()
    named = str(sa.make_url(postgres_url).database)
    assert named not in (tmp_path / "copy" / "backup.json").read_text()
