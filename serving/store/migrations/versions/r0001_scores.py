"""Runs, scores, promotions and feedback; the first three append-only by the database's own hand."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = ("runs", "scores", "promotions")


def upgrade() -> None:
    """Make the tables and the triggers that refuse to change what was issued."""
    _runs()
    _scores()
    _promotions()
    _feedback()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_on_postgresql()
    else:
        _refuse_on_sqlite()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("settings_version", sa.String(12), nullable=False),
        sa.Column("snapshot_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("accounts", sa.Integer, nullable=False),
        sa.Column("feature_names", sa.JSON, nullable=False),
        sa.Column("baseline_points", sa.Float, nullable=False),
        sa.Column("typical", sa.JSON, nullable=False),
    )
    op.create_index("runs_by_kind_and_date", "runs", ["kind", "as_of"])


def _scores() -> None:
    op.create_table(
        "scores",
        sa.Column("score_id", sa.String(32), primary_key=True),
        sa.Column("run_id", sa.String(32), sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("account_id", sa.String(255), nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("churn_probability", sa.Float),
        sa.Column("churn_probability_low", sa.Float),
        sa.Column("churn_probability_high", sa.Float),
        sa.Column("health_score", sa.Integer),
        sa.Column("health_score_exact", sa.Float),
        sa.Column("band", sa.String(8), nullable=False),
        sa.Column("band_since", sa.DateTime),
        sa.Column("abstain_reason", sa.String(64)),
        sa.Column("points", sa.LargeBinary),
        sa.Column("values", sa.LargeBinary),
        sa.Column("top_reasons", sa.JSON),
        sa.Column("unusual_reason", sa.String(128)),
        sa.Column("name", sa.String(255)),
        sa.Column("name_en", sa.String(255)),
        sa.Column("plan", sa.String(64)),
        sa.Column("industry", sa.String(64)),
        sa.Column("size", sa.String(64)),
        sa.Column("region", sa.String(64)),
        sa.Column("owner", sa.String(128)),
        sa.Column("arr", sa.Float),
        sa.Column("currency", sa.String(3)),
        sa.Column("renewal_date", sa.Date),
        sa.Column("customer_since", sa.DateTime),
        sa.UniqueConstraint("run_id", "account_id"),
    )
    op.create_index("scores_of_account", "scores", ["account_id", "as_of"])
    op.create_index("scores_by_band", "scores", ["run_id", "band"])


def _promotions() -> None:
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("from_version", sa.String(64)),
        sa.Column("to_version", sa.String(64), nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("feedback_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("account_id", sa.String(255), nullable=False),
        sa.Column("score_id", sa.String(32), sa.ForeignKey("scores.score_id"), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("feature", sa.String(128)),
        sa.Column("note", sa.Text),
    )


def _refuse_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _refuse_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION kenshin_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION kenshin_refuse()"
        )
