"""The chance of leaving by other horizons, what that costs by month, and feeds that had stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; scores from before have none."""
    op.add_column("runs", sa.Column("expected_loss", sa.JSON))
    op.add_column("runs", sa.Column("stale_feeds", sa.JSON))
    op.add_column("scores", sa.Column("horizons", sa.JSON))
