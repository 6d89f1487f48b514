import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from features.errors import NotReadyError, SettingsError
from features.settings import Settings, Store
from serving.store.engine import MIGRATIONS, newest_revision, open_store, open_url
from serving.store.schema import metadata
from serving.store.scores import save_run
from tests.builders.killing import open_and_close, processes
from tests.builders.runs import a_row, a_run


def test_the_migrations_make_the_tables_that_the_code_declares(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_opening_again_keeps_what_is_stored(store_url: str) -> None:
    first = open_url(store_url)
    save_run(first, a_run("r1"), [a_row("s1")])
    first.dispose()
    second = open_url(store_url)
    with second.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM scores")).scalar() == 1
    second.dispose()


def test_several_processes_may_open_a_new_store_at_once(store_url: str) -> None:
    openers = [processes().Process(target=open_and_close, args=(store_url,)) for _ in range(6)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0] * 6


@pytest.mark.parametrize("table", ["runs", "scores", "promotions"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_database_itself_refuses_to_change_what_was_issued(
    engine: sa.Engine, table: str, change: str
) -> None:
    save_run(engine, a_run("r1"), [a_row("s1")])
    promote = sa.text(
        'INSERT INTO promotions (promotion_id, at, "by", to_version, evidence) '
        "VALUES (1, '2026-11-01', 'me', 'v1', '{}')"
    )
    with engine.connect() as connection:
        connection.execute(promote)
        connection.commit()
    column = {"runs": "kind", "scores": "band", "promotions": "to_version"}[table]
    with (
        engine.connect() as connection,
        pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only"),
    ):
        connection.execute(sa.text(change.format(table, column)))


def test_replacing_a_row_on_sqlite_is_refused_too(tmp_path: Path) -> None:
    engine = open_url(f"sqlite:///{tmp_path / 'store.db'}")
    save_run(engine, a_run("r1"), [a_row("s1")])
    again = "INSERT OR REPLACE INTO scores SELECT * FROM scores"
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.execute(sa.text(again))
    engine.dispose()


@pytest.mark.postgres
def test_truncating_on_postgresql_is_refused_too(postgres_url: str) -> None:
    engine = open_url(postgres_url)
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.execute(sa.text("TRUNCATE scores CASCADE"))
    engine.dispose()


def test_sqlite_survives_a_power_cut_and_holds_references(tmp_path: Path) -> None:
    engine = open_store(Settings(root=tmp_path))
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }
    assert (tmp_path / ".kenshin" / "store.db").exists()
    engine.dispose()


def test_a_store_written_by_a_newer_version_is_left_alone(store_url: str) -> None:
    engine = open_url(store_url)
    with engine.connect() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    engine.dispose()
    with pytest.raises(NotReadyError, match=r"revision 9999.*update"):
        open_url(store_url)


@pytest.mark.parametrize("url", ["nonsense", "mysql://root@localhost/x", "sqlite://"])
def test_a_url_that_is_no_store_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\[store\]\.url"):
        open_store(Settings(root=tmp_path, store=Store(url=url)))


def test_an_unreachable_server_is_a_sentence_without_the_password() -> None:
    with pytest.raises(NotReadyError, match="reachable") as caught:
        open_url("postgresql://me:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)


def test_the_newest_migration_is_known_without_alembic(tmp_path: Path) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()
    url = f"sqlite:///{tmp_path / 'store.db'}"
    open_url(url).dispose()
    program = (
        f"import sys; from serving.store.engine import open_url; open_url({url!r}).dispose(); "
        "print([name for name in sys.modules if name.startswith('alembic')])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "[]"
