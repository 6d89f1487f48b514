"""What the scorecard says of the same accounts, beside the score that was issued."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; runs from before have none."""
    op.add_column("runs", sa.Column("scorecard_version", sa.String(12)))
    op.add_column("scores", sa.Column("scorecard_score", sa.Float))
