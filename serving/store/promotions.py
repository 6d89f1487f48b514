"""Which model served from when, by whom and why: appended at every change, never changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import sqlalchemy as sa

from serving import audit
from serving.store.engine import writing
from serving.store.schema import promotions as _promotions

Action = Literal["trained", "promoted", "forced", "rolled back", "found"]
"""``trained``: a training's own challenger passed the gate. ``promoted``: somebody asked and it
passed. ``forced``: it did not, and somebody said why. ``found``: it was in service without a row,
because a command was interrupted."""


@dataclass(frozen=True)
class Promotion:
    """One change of the model in service.

    Attributes
    ----------
    at : datetime
        UTC.
    by : str
        The user of the machine who ran the command.
    from_version : str or None
        None where nothing served before.
    evidence : dict
        The gate's decision and the checks it stands on.
    why : str
        What the person said, or the gate's sentence.
    """

    promotion_id: int
    at: datetime
    by: str
    action: Action
    from_version: str | None
    to_version: str
    why: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A change that is about to be made; see `Promotion` for the attributes."""

    at: datetime
    by: str
    action: Action
    from_version: str | None
    to_version: str
    why: str
    evidence: Mapping[str, Any]


def record_promotion(engine: sa.Engine, change: Change) -> None:
    """Append ``change``."""
    with recording(engine, change):
        pass


@contextmanager
def recording(engine: sa.Engine, change: Change) -> Iterator[None]:
    """Append ``change`` if the block ends well; the row and the block's work stand or fall as one.

    The row is written before the block and kept after it, so a store that refuses it stops the
    block from ever running.
    """
    row = {**vars(change), "evidence": dict(change.evidence)}
    with writing(engine) as connection:
        connection.execute(sa.insert(_promotions), row)
        audit.record(
            connection,
            at=change.at,
            actor=change.by,
            action=f"model {change.action}",
            subject=change.to_version,
            details={"in place of": change.from_version},
        )
        yield


def history(engine: sa.Engine) -> list[Promotion]:
    """Return every change of the model in service, newest first."""
    with engine.connect() as connection:
        asked = sa.select(_promotions).order_by(_promotions.c.promotion_id.desc())
        return [_promotion(row) for row in connection.execute(asked).mappings()]


def latest(engine: sa.Engine) -> Promotion | None:
    """Return the last change, without reading the others; None where there was none."""
    with engine.connect() as connection:
        asked = sa.select(_promotions).order_by(_promotions.c.promotion_id.desc()).limit(1)
        row = connection.execute(asked).mappings().first()
        return None if row is None else _promotion(row)


def before(changes: Sequence[Promotion]) -> str | None:
    """Return the version a rollback leads to, or None; ``changes`` are newest first.

    Promotions pile up and a rollback takes the top one off, so that rolling back twice goes two
    versions back instead of to and fro.
    """
    pile: list[str] = []
    for change in reversed(changes):
        if not pile and change.from_version is not None:
            pile.append(change.from_version)
        if change.action == "rolled back":
            while pile and pile[-1] != change.to_version:
                pile.pop()
        if not pile or pile[-1] != change.to_version:
            pile.append(change.to_version)
    return pile[-2] if len(pile) > 1 else None


def _promotion(row: sa.RowMapping) -> Promotion:
    return Promotion(
        promotion_id=row["promotion_id"],
        at=row["at"],
        by=row["by"],
        action=cast(Action, row["action"]),
        from_version=row["from_version"],
        to_version=row["to_version"],
        why=row["why"] or "",
        evidence=row["evidence"],
    )
