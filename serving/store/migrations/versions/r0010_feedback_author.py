"""Who gave feedback; what was said before does not tell."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("feedback", sa.Column("by", sa.String(128)))
