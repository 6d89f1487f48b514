"""Words of a company may have any length on PostgreSQL too, which held them to one."""

from alembic import op

revision = "0009"
down_revision = "0008"

WORDS = {
    "scores": (
        *("name", "name_en", "plan", "industry", "size", "region", "owner", "currency"),
        "unusual_reason",
    ),
    "feedback": ("feature",),
}


def upgrade() -> None:
    """Lift the length; PostgreSQL changes its catalogue only and writes no row anew."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in WORDS.items():
        lifted = ", ".join(f"ALTER COLUMN {column} TYPE text" for column in columns)
        op.execute(f"ALTER TABLE {table} {lifted}")
