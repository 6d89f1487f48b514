"""Which model served from when: appended at every promotion, never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.store.engine import writing
from serving.store.schema import promotions as _promotions


def record_promotion(
    engine: sa.Engine,
    *,
    at: datetime,
    by: str,
    from_version: str | None,
    to_version: str,
    evidence: Mapping[str, Any],
) -> None:
    """Append that ``to_version`` serves since ``at`` (UTC) in place of ``from_version``."""
    row = {
        "at": at,
        "by": by,
        "from_version": from_version,
        "to_version": to_version,
        "evidence": dict(evidence),
    }
    with writing(engine) as connection:
        connection.execute(sa.insert(_promotions), row)


def promotions(engine: sa.Engine) -> list[sa.RowMapping]:
    """Return all promotions, oldest first."""
    with engine.connect() as connection:
        asked = sa.select(_promotions).order_by(_promotions.c.promotion_id)
        return list(connection.execute(asked).mappings())
