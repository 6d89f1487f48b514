"""The surroundings fail, the service says so, goes on with what it has, and recovers by itself."""

import os
import resource
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import psycopg
import pytest

from serving.store.engine import open_url
from tests.builders.load import Load
from tests.builders.postgres import cluster, database
from tests.builders.served import served
from tests.builders.server import running
from tests.serving.faults.conftest import Asked
from training import bundle as shipping


def is_store_problem(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 503
        and answer.headers["content-type"] == "application/problem+json"
        and answer.json()["type"] == "/problems/store-unavailable"
        and int(answer.headers["retry-after"]) >= 1
    )


def notes(url: str) -> list[str]:
    """Return what feedback is stored; the store is whole."""
    engine = open_url(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        found = connection.exec_driver_sql("SELECT note FROM feedback").scalars().all()
    engine.dispose()
    return [str(note) for note in found]


@contextmanager
def predictions_go_on(asked: Asked) -> Iterator[None]:
    """Ask for predictions by features all the while; every single one is answered, and soon."""
    with Load(asked.server.url, [asked.by_features], connections=2) as load:
        yield
    answered = [one for one in load.answers if one.status == 200]
    assert len(answered) >= 20
    assert len(answered) == len(load.answers), [o for o in load.answers if o.status != 200][:3]
    assert max(one.seconds for one in load.answers) < 10


def store_files(asked: Asked) -> list[Path]:
    return sorted(asked.made.settings.workspace.glob("store.db*"))


def test_a_store_that_is_taken_away_is_said_to_be_gone_and_used_again_once_it_is_back(
    asked: Asked,
) -> None:
    assert asked.write("before").status_code == 201
    away = asked.made.settings.workspace / "away"
    away.mkdir()
    with predictions_go_on(asked):
        for path in store_files(asked):
            path.rename(away / path.name)
        asked.wait_until(lambda: not asked.ready()["ready"])
        assert asked.ready()["checks"][1]["sentence"] == "The store takes no writes; see the log."
        assert is_store_problem(asked.read())
        assert is_store_problem(asked.write("into the void"))
        page = asked.client.get("/", headers={"Accept": "text/html", "Accept-Language": "en"})
        assert (page.status_code, page.headers["retry-after"]) == (503, "1")
        assert "locked, full, read-only or away" in page.text
        assert asked.client.get("/livez").status_code == 200
        assert store_files(asked) == []  # No empty store was made in its place.
        for path in away.iterdir():
            path.rename(asked.made.settings.workspace / path.name)
        asked.wait_until(lambda: asked.ready()["ready"])
        assert asked.read().status_code == 200
        assert asked.write("after").status_code == 201
    away.rmdir()
    found = notes(asked.made.settings.store_url)
    assert {"before", "after"} <= set(found)
    assert "into the void" not in found


def test_a_store_that_is_replaced_by_a_backup_is_noticed_at_once(
    asked: Asked, tmp_path: Path
) -> None:
    store, copy = asked.made.settings.workspace / "store.db", tmp_path / "backup.db"
    with sqlite3.connect(store) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    assert asked.write("after the backup").status_code == 201
    copy.replace(store)
    for left in store_files(asked)[1:]:
        left.unlink()
    assert asked.write("into the backup").status_code == 201
    found = notes(asked.made.settings.store_url)
    assert "into the backup" in found
    assert "after the backup" not in found


def test_another_writer_that_holds_the_lock_stops_writes_only_and_not_for_ever(
    asked: Asked,
) -> None:
    other = sqlite3.connect(asked.made.settings.workspace / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answers: list[httpx.Response] = []
    slowest = 0.0

    def write(number: int) -> None:
        said = {"verdict": "agree", "note": f"waits {number}"}
        address = f"{asked.server.url}/v1/accounts/{asked.account_id}/feedback"
        answers.append(httpx.post(address, json=said, timeout=60))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(18)]
    with predictions_go_on(asked):
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            began = time.monotonic()
            assert asked.client.get("/livez").status_code == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)
        assert asked.read().status_code == 200
        assert asked.ready()["ready"]
        other.execute("ROLLBACK")
        assert asked.write("after the lock").status_code == 201
    other.close()
    assert len(answers) == 18
    assert all(is_store_problem(answer) for answer in answers)
    assert slowest < 2
    assert not [note for note in notes(asked.made.settings.store_url) if note.startswith("waits")]


def test_a_full_disk_stops_writes_only_and_what_was_acknowledged_stays(asked: Asked) -> None:
    """The process may write no file longer than the log of the store is now, plus a little."""
    wal = asked.made.settings.workspace / "store.db-wal"
    pid, unlimited = asked.server.process.pid, resource.RLIM_INFINITY
    assert asked.write("room").status_code == 201
    taken, refused = ["room"], 0
    with predictions_go_on(asked):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (wal.stat().st_size + 60_000, unlimited))
        for number in range(40):
            answer = asked.write(f"{number} {'x' * 400}")
            if answer.status_code == 201:
                taken.append(f"{number} {'x' * 400}")
            else:
                assert is_store_problem(answer)
                refused += 1
        assert refused
        assert asked.read().status_code == 200
        assert asked.client.get("/livez").status_code == 200
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
        assert asked.write("room again").status_code == 201
        assert asked.ready()["ready"]
    assert {*taken, "room again"} <= set(notes(asked.made.settings.store_url))


def as_anybody() -> list[str]:
    """Return what to put before a command so that file modes hold for it, root's or not."""
    if os.geteuid() != 0:
        return []
    without = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    if shutil.which("setpriv") is None or subprocess.run([*without, "true"]).returncode:
        pytest.skip("root ignores file modes, and that right cannot be taken away here")
    return without


@pytest.mark.scale
def test_a_store_that_may_only_be_read_is_read_and_written_again_once_it_may_be(
    tmp_path: Path,
) -> None:
    made = served(tmp_path, accounts=12, weeks=2)
    with running(tmp_path, through=as_anybody()) as server:
        asked = Asked(made, server)
        assert asked.write("before").status_code == 201
        with predictions_go_on(asked):
            for path in store_files(asked):
                path.chmod(0o444)
            asked.wait_until(lambda: not asked.ready()["ready"])
            assert asked.ready()["checks"][1]["sentence"] == (
                "The store takes no writes; see the log."
            )
            assert asked.read().status_code == 200
            assert is_store_problem(asked.write("into the void"))
            assert asked.client.get("/livez").status_code == 200
            for path in store_files(asked):
                path.chmod(0o644)
            asked.wait_until(lambda: asked.ready()["ready"])
            assert asked.write("after").status_code == 201
        asked.client.close()
    assert {"before", "after"} <= set(notes(made.settings.store_url))
    assert "into the void" not in notes(made.settings.store_url)


@pytest.mark.scale
def test_a_full_file_system_stops_writes_only(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "t", disk]).returncode:
        pytest.skip("no file system can be mounted here; the limit of the process stands for it")
    try:
        made = served(tmp_path, accounts=12, weeks=2)
        made.engine.dispose()
        shutil.copy(made.settings.workspace / "store.db", disk / "store.db")
        url = f"sqlite:///{disk / 'store.db'}"
        with running(tmp_path, environment={"KENSHIN_STORE__URL": url}) as server:
            asked = Asked(made, server)
            assert asked.write("room").status_code == 201
            with predictions_go_on(asked):
                filler = ["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=4k", "status=none"]
                assert subprocess.run(filler, stderr=subprocess.DEVNULL).returncode == 1
                answers = [asked.write(f"{n} {'x' * 400}") for n in range(18)]
                assert any(is_store_problem(answer) for answer in answers)
                assert {answer.status_code for answer in answers} <= {201, 503}
                (disk / "filler").unlink()
                assert asked.write("room again").status_code == 201
            asked.client.close()
        kept = [f"{n} {'x' * 400}" for n, answer in enumerate(answers) if answer.status_code == 201]
        assert {*kept, "room", "room again"} <= set(notes(url))
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_with_bundles_and_registry_gone_the_loaded_model_goes_on_and_readiness_says_why(
    asked: Asked,
) -> None:
    bundles = shipping.bundles(asked.made.settings)
    registry = asked.made.settings.root / "mlruns"
    registry.mkdir()
    with predictions_go_on(asked):
        registry.rmdir()
        bundles.rename(bundles.with_name("away"))
        asked.wait_until(lambda: asked.ready()["refused"] is not None)
        assert asked.ready()["ready"]
        assert asked.client.get("/readyz").status_code == 200
        assert asked.read().status_code == 200
        bundles.with_name("away").rename(bundles)
        asked.wait_until(lambda: asked.ready()["refused"] is None)


@pytest.mark.scale
@pytest.mark.postgres
def test_postgresql_may_be_locked_killed_stopped_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster() as postgresql, database(postgresql.url) as url:
        monkeypatch.setenv("KENSHIN_STORE__URL", url)
        made = served(tmp_path, accounts=12, weeks=2)
        with running(tmp_path) as server:
            asked = Asked(made, server)
            assert asked.write("before").status_code == 201
            with predictions_go_on(asked):
                with psycopg.connect(url) as other:
                    other.execute("LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE")
                    assert is_store_problem(asked.write("waits"))
                    assert asked.ready()["ready"]
                ends: list[Callable[[], None]] = [postgresql.kill, partial(postgresql.stop, "fast")]
                for number, end in enumerate(ends):
                    end()
                    asked.wait_until(lambda: not asked.ready()["ready"])
                    assert is_store_problem(asked.read())
                    assert is_store_problem(asked.write("into the void"))
                    assert asked.client.get("/livez").status_code == 200
                    postgresql.start()
                    asked.wait_until(lambda: asked.ready()["ready"])
                    assert asked.read().status_code == 200
                    assert asked.write(f"after {number}").status_code == 201
            asked.client.close()
        assert sorted(notes(url)) == ["after 0", "after 1", "before"]
