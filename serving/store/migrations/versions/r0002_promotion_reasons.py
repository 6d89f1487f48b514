"""Promotions say what was done (trained, promoted, forced, rolled back, found) and why."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; rows of before came from training and gave no reason.

    The triggers of 0001 refuse to change rows, so the old ones take the default.
    """
    op.add_column(
        "promotions",
        sa.Column("action", sa.String(16), nullable=False, server_default="trained"),
    )
    op.add_column("promotions", sa.Column("why", sa.Text, nullable=True))
