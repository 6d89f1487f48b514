"""The audit log's end, kept beside it: a tail cut off shows, and writers queue up on one row."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table with its one row; nothing was recorded before this revision."""
    op.create_table(
        "audit_head",
        sa.Column("only", sa.Integer, sa.CheckConstraint('"only" = 1'), primary_key=True),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.execute(f"INSERT INTO audit_head (\"only\", entries, sha256) VALUES (1, 0, '{'0' * 64}')")
