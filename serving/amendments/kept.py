"""Changes of definition in the store: appended when one takes effect, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from serving import audit
from serving.amendments.definition import Json, differences, in_force
from serving.store.engine import writing
from serving.store.schema import amendments as _table
from serving.store.schema import measured as _measured

if TYPE_CHECKING:
    from training.bundle import Bundle


@dataclass(frozen=True)
class Amendment:
    """One change of definition that took effect.

    Attributes
    ----------
    at : datetime
        UTC.
    by : str
        The user of the machine who ran the command.
    why : str
        What they said; empty where they said nothing.
    changed : list of dict
        ``what``, ``before``, ``after``; empty for the first definition.
    effect : dict or None
        See `serving.amendments.effect`; None where no replay was run before.
    """

    amendment_id: int
    at: datetime
    by: str
    why: str
    model_version: str
    settings_version: str | None
    scorecard_version: str | None
    changed: list[Json]
    effect: Json | None


def note(engine: sa.Engine, bundle: "Bundle", at: datetime, by: str, why: str) -> bool:
    """Append the definition of ``bundle``, which serves, where it is another than the last one.

    Returns
    -------
    bool
        Whether anything was appended.
    """
    definition = in_force(bundle)
    with writing(engine) as connection:
        _queue_up(connection)  # or two at once would both be the first to say it
        last = _last(connection)
        changed = [] if last is None else differences(last, definition)
        if last is not None and not changed:
            return False
        row = {
            "at": at,
            "by": by,
            "why": why.strip(),
            "model_version": bundle.version,
            "settings_version": definition["settings_version"],
            "scorecard_version": definition["scorecard_version"],
            "definition": definition,
            "changed": changed,
            "effect": _effect(connection, definition, last, bundle.version),
        }
        connection.execute(sa.insert(_table), row)
        audit.record(
            connection,
            at=at,
            actor=by,
            action="definition changed",
            subject=bundle.version,
            details={"changed": [one["what"] for one in changed][:50], "why given": bool(why)},
        )
    return True


def keep_effect(
    engine: sa.Engine, kind: str, version: str, effect: Mapping[str, Any], at: datetime, by: str
) -> None:
    """Keep what a replay measured of a scorecard, settings or a model, for when it takes effect."""
    row = {"at": at, "by": by, "kind": kind, "version": version, "effect": dict(effect)}
    with writing(engine) as connection:
        connection.execute(sa.insert(_measured), row)


def history(engine: sa.Engine) -> list[Amendment]:
    """Return every change of definition, newest first."""
    columns = [_table.c[name] for name in Amendment.__dataclass_fields__]
    asked = sa.select(*columns).order_by(_table.c.amendment_id.desc())
    with engine.connect() as connection:
        return [Amendment(**row) for row in connection.execute(asked).mappings()]


def _queue_up(connection: sa.Connection) -> None:
    """Wait for whoever is writing here; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE amendments IN SHARE ROW EXCLUSIVE MODE")


def _last(connection: sa.Connection) -> Json | None:
    newest = sa.select(_table.c.definition).order_by(_table.c.amendment_id.desc()).limit(1)
    found: Json | None = connection.execute(newest).scalar()
    return found


def _effect(
    connection: sa.Connection, definition: Json, last: Json | None, model_version: str
) -> Json | None:
    """Return the latest replay of what is new: of the card, the settings or the model itself."""
    new = [("model", model_version)]
    for kind in ("settings", "scorecard"):
        version = definition[f"{kind}_version"]
        if version is not None and (last is None or version != last[f"{kind}_version"]):
            new.append((kind, version))
    wanted = sa.or_(
        *(sa.and_(_measured.c.kind == kind, _measured.c.version == v) for kind, v in new)
    )
    asked = sa.select(_measured.c.effect).where(wanted).order_by(_measured.c.measured_id.desc())
    found: Json | None = connection.execute(asked.limit(1)).scalar()
    return found
