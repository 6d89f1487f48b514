"""Which definition of health took effect when, by whom, why; and what replays measured of them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

APPEND_ONLY = ("amendments", "measured")


def upgrade() -> None:
    """Make the tables; the database itself refuses to change their rows."""
    op.create_table(
        "amendments",
        sa.Column("amendment_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("settings_version", sa.String(12)),
        sa.Column("scorecard_version", sa.String(12)),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("changed", sa.JSON, nullable=False),
        sa.Column("effect", sa.JSON),
    )
    op.create_table(
        "measured",
        sa.Column("measured_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("effect", sa.JSON, nullable=False),
    )
    op.create_index("measured_of_version", "measured", ["kind", "version"])
    for table in APPEND_ONLY:
        _refuse(table)


def _refuse(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION kenshin_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
