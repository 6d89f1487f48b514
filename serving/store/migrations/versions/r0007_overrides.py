"""What people hold against a score: a band, a reason and the last day it holds."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "overrides",
        sa.Column("override_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("account_id", sa.String(255), nullable=False),
        sa.Column("score_id", sa.String(32), sa.ForeignKey("scores.score_id"), nullable=False),
        sa.Column("band", sa.String(8), nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("ended_by", sa.String(128)),
    )
    op.create_index("overrides_of_account", "overrides", ["account_id", "until"])
    op.create_index("overrides_by_end", "overrides", ["until"])
