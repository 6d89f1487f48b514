"""A store of every earlier revision is opened by today's code with its rows as they were."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from serving.store import engine as opening
from serving.store.engine import open_url
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(opening.MIGRATIONS).replace("%", "%%"))
    return config


EARLIER = sorted(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())[
    :-1
]


def _filled(url: str, revision: str) -> dict[str, list[dict[str, Any]]]:
    """Make a store of an earlier revision with rows in it, and return them."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    found = sa.MetaData()
    found.reflect(engine)
    run, row = a_run("r1"), {"run_id": "r1", "kind": "issued", **a_row("s1")}
    promotion = {"at": run["as_of"], "by": "me", "to_version": "v1", "evidence": {}}
    with engine.begin() as connection:
        for name, values in (("runs", run), ("scores", row), ("promotions", promotion)):
            table = found.tables[name]
            known = {key: value for key, value in values.items() if key in table.c}
            connection.execute(sa.insert(table), known)
    rows = _rows(engine, found)
    engine.dispose()
    return rows


def _rows(engine: sa.Engine, tables: sa.MetaData) -> dict[str, list[dict[str, Any]]]:
    with engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for name, table in tables.tables.items()
            if name != "alembic_version"
        }


@pytest.mark.parametrize("revision", EARLIER)
def test_an_earlier_store_is_brought_up_to_date_with_its_rows_intact(
    store_url: str, revision: str
) -> None:
    before = _filled(store_url, revision)
    engine = open_url(store_url)
    then = sa.MetaData()
    then.reflect(engine)
    after = _rows(engine, then)
    for name, rows in before.items():
        assert [{key: row[key] for key in rows[0]} for row in after[name]][: len(rows)] == rows
    save_run(engine, a_run("r2"), [a_row("s2")])
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM scores")).scalar() == 2
    engine.dispose()
