"""The log of what served: appended, never changed, on both databases."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from serving.store.engine import MIGRATIONS, open_url
from serving.store.promotions import (
    Action,
    Change,
    before,
    history,
    latest,
    record_promotion,
    recording,
)

NOW = datetime(2026, 11, 1)


def change(to: str, source: str | None = None, action: Action = "trained", day: int = 0) -> Change:
    at = NOW + timedelta(days=day)
    return Change(at, "hana", action, source, to, f"because {to}", {"checks": [{"code": "T13"}]})


def test_the_history_is_told_newest_first_with_who_when_what_and_why(engine: sa.Engine) -> None:
    assert (history(engine), latest(engine)) == ([], None)
    record_promotion(engine, change("v1"))
    record_promotion(engine, change("v2", "v1", "forced", day=3))
    newest, oldest = history(engine)
    assert (newest.action, newest.from_version, newest.to_version) == ("forced", "v1", "v2")
    assert (newest.at, newest.by, newest.why) == (datetime(2026, 11, 4), "hana", "because v2")
    assert newest.evidence == {"checks": [{"code": "T13"}]}
    assert (oldest.from_version, oldest.to_version) == (None, "v1")
    assert latest(engine) == newest


def test_a_row_is_kept_only_where_the_work_it_tells_of_was_done(engine: sa.Engine) -> None:
    with pytest.raises(RuntimeError, match="power"), recording(engine, change("v1")):
        raise RuntimeError("power")
    assert history(engine) == []


def test_work_is_not_begun_where_the_row_cannot_be_written(engine: sa.Engine) -> None:
    begun = []
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE promotions RENAME TO gone"))
    with pytest.raises(sa.exc.DBAPIError), recording(engine, change("v1")):
        begun.append(True)
    assert begun == []


@pytest.mark.parametrize(
    ("steps", "version"),
    [
        ([], None),
        ([change("v1")], None),
        ([change("v1"), change("v2", "v1")], "v1"),
        ([change("v2", "v1")], "v1"),
        ([change("v1"), change("v2", "v1"), change("v3", "v2")], "v2"),
        ([change("v1"), change("v2", "v1"), change("v1", "v2", "rolled back")], None),
        (
            [
                change("v1"),
                change("v2", "v1"),
                change("v3", "v2"),
                change("v2", "v3", "rolled back"),
            ],
            "v1",
        ),
        (
            [
                change("v1"),
                change("v2", "v1"),
                change("v1", "v2", "rolled back"),
                change("v3", "v1", "promoted"),
            ],
            "v1",
        ),
    ],
)
def test_a_rollback_leads_to_what_served_before_and_twice_to_what_served_before_that(
    engine: sa.Engine, steps: list[Change], version: str | None
) -> None:
    for step in steps:
        record_promotion(engine, step)
    assert before(history(engine)) == version


def test_promotions_of_before_the_column_are_kept_and_came_from_training(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    old = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with old.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text(
                'INSERT INTO promotions (at, "by", to_version, evidence) '
                "VALUES ('2026-11-01 00:00:00.000000', 'me', 'v1', '{}')"
            )
        )
    old.dispose()
    engine = open_url(url)
    (kept,) = history(engine)
    engine.dispose()
    assert (kept.to_version, kept.action, kept.why) == ("v1", "trained", "")
