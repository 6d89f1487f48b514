"""The tables of the score store. Score rows are append-only: what was issued stays as issued."""

import sqlalchemy as sa

metadata = sa.MetaData()


def _words(usual: int) -> sa.String:
    """Return the type of a company's own words, which may be longer than usual on both databases.

    SQLite does not hold a text to its declared length; PostgreSQL would refuse the whole run.
    """
    return sa.String(usual).with_variant(sa.Text(), "postgresql")


runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),  # issued | replay
    sa.Column("as_of", sa.DateTime, nullable=False),  # UTC
    sa.Column("model_version", sa.String(64), nullable=False),
    sa.Column("settings_version", sa.String(12), nullable=False),
    sa.Column("snapshot_id", sa.String(64), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),  # UTC
    sa.Column("accounts", sa.Integer, nullable=False),
    sa.Column("feature_names", sa.JSON, nullable=False),  # order of points and values below
    sa.Column("baseline_points", sa.Float, nullable=False),
    sa.Column("typical", sa.JSON, nullable=False),  # plan ("" = all) → feature → median or mode
    sa.Column("scorecard_version", sa.String(12)),  # of the card behind scorecard_score
    sa.Column("expected_loss", sa.JSON),  # serving.curve.expected_loss; null without a curve
    sa.Column("stale_feeds", sa.JSON),  # table → days since its last row, where too many
    sa.Index("runs_by_kind_and_date", "kind", "as_of"),
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("score_id", sa.String(32), primary_key=True),
    sa.Column("run_id", sa.ForeignKey("runs.run_id"), nullable=False),
    sa.Column("account_id", sa.String(255), nullable=False),
    sa.Column("as_of", sa.DateTime, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("churn_probability", sa.Float),  # null where withheld, or not learned yet
    sa.Column("churn_probability_low", sa.Float),
    sa.Column("churn_probability_high", sa.Float),
    sa.Column("horizons", sa.JSON),  # [[days, churn probability], …]; null without a curve
    sa.Column("health_score", sa.Integer),  # as shown, always inside its band
    sa.Column("health_score_exact", sa.Float),
    sa.Column("scorecard_score", sa.Float),  # unrounded; what the rules alone say
    sa.Column("band", sa.String(8), nullable=False),  # red | yellow | green | no_data
    sa.Column("band_since", sa.DateTime),
    sa.Column("abstain_reason", sa.String(64)),
    sa.Column(
        "points", sa.LargeBinary
    ),  # zlib of float64 little-endian, one per feature of the run
    sa.Column("values", sa.LargeBinary),  # float64 as the model saw them (codes for categories)
    sa.Column("top_reasons", sa.JSON),  # feature names, most points lost first, at most 3
    sa.Column("unusual_reason", _words(128)),  # most unusual within its band
    sa.Column("name", _words(255)),
    sa.Column("name_en", _words(255)),
    sa.Column("plan", _words(64)),
    sa.Column("industry", _words(64)),
    sa.Column("size", _words(64)),
    sa.Column("region", _words(64)),
    sa.Column("owner", _words(128)),
    sa.Column("arr", sa.Float),  # 12 × mrr at as_of
    sa.Column("currency", _words(3)),
    sa.Column("renewal_date", sa.Date),
    sa.Column("customer_since", sa.DateTime),  # start of the spell
    sa.UniqueConstraint("run_id", "account_id"),
    sa.Index("scores_of_account", "account_id", "as_of"),
    sa.Index("scores_by_band", "run_id", "band"),
)

promotions = sa.Table(
    "promotions",
    metadata,
    sa.Column("promotion_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("by", sa.String(128), nullable=False),
    sa.Column("from_version", sa.String(64)),
    sa.Column("to_version", sa.String(64), nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column(
        "action", sa.String(16), nullable=False, server_default="trained"
    ),  # trained | promoted | forced | rolled back | found
    sa.Column("why", sa.Text),
)

amendments = sa.Table(
    "amendments",
    metadata,
    sa.Column("amendment_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime, nullable=False),  # UTC
    sa.Column("by", sa.String(128), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("model_version", sa.String(64), nullable=False),  # that brought it into service
    sa.Column("settings_version", sa.String(12)),
    sa.Column("scorecard_version", sa.String(12)),
    sa.Column("definition", sa.JSON, nullable=False),  # serving.amendments.definition
    sa.Column("changed", sa.JSON, nullable=False),  # [{what, before, after}]; [] for the first
    sa.Column("effect", sa.JSON),  # what a replay measured before; null where none was run
)

measured = sa.Table(
    "measured",
    metadata,
    sa.Column("measured_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime, nullable=False),  # UTC
    sa.Column("by", sa.String(128), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # scorecard | settings | model
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("effect", sa.JSON, nullable=False),  # counts and intervals, no account
    sa.Index("measured_of_version", "kind", "version"),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("feedback_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("account_id", sa.String(255), nullable=False),
    sa.Column("score_id", sa.ForeignKey("scores.score_id"), nullable=False),
    sa.Column("verdict", sa.String(8), nullable=False),  # agree | partly | disagree
    sa.Column("feature", _words(128)),
    sa.Column("note", sa.Text),
    sa.Column("by", sa.String(128)),  # key_id, or local; null where it was not kept yet
)

overrides = sa.Table(
    "overrides",
    metadata,
    sa.Column("override_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime, nullable=False),  # UTC
    sa.Column("by", sa.String(128), nullable=False),  # key_id, or local
    sa.Column("account_id", sa.String(255), nullable=False),
    sa.Column("score_id", sa.ForeignKey("scores.score_id"), nullable=False),  # held against it
    sa.Column("band", sa.String(8), nullable=False),  # red | yellow | green
    sa.Column("until", sa.Date, nullable=False),  # the last day it holds, UTC
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("ended_at", sa.DateTime),  # withdrawn, or another put in its place
    sa.Column("ended_by", sa.String(128)),
    sa.Index("overrides_of_account", "account_id", "until"),
    sa.Index("overrides_by_end", "until"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", sa.String(16), primary_key=True),
    sa.Column("secret_sha256", sa.String(64), nullable=False),  # hex; the secret itself is nowhere
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),  # of read, predict, feedback, admin
    sa.Column("created_at", sa.DateTime, nullable=False),  # UTC
    sa.Column("created_by", sa.String(128), nullable=False),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("revoked_at", sa.DateTime),
    sa.Column("last_used_at", sa.DateTime),  # to the minute
    sa.Column("replaces", sa.String(16)),  # key_id that this one was rotated from
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("key_id", sa.ForeignKey("api_keys.key_id"), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("entry_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),  # key_id or the machine's user
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),  # sha256 of the entry before
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("only", sa.Integer, primary_key=True),  # 1: there is one row
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),  # of the last entry
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("caller", sa.String(64), primary_key=True),
    sa.Column("given_key", sa.String(255), primary_key=True),  # its hash
    sa.Column("request_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("status", sa.Integer),  # written with its effect, in one transaction
    sa.Column("headers", sa.JSON),
    sa.Column("body", sa.LargeBinary),
    sa.Index("idempotency_by_age", "created_at"),
)

erased = sa.Table(
    "erased",
    metadata,
    sa.Column("subject_hash", sa.String(64), primary_key=True),  # keyed, never the id itself
    sa.Column("at", sa.DateTime, nullable=False),
)
