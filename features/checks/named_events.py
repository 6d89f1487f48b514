"""Whether the events that ``[features]`` name occur at all."""

import difflib
from collections.abc import Iterator

import duckdb

from features.checks.violations import Violation
from features.product_feature import ANY
from features.settings import Settings


def unseen_events(
    con: duckdb.DuckDBPyConnection, settings: Settings, events: str = "main.events"
) -> list[Violation]:
    """Return a warning (K504) for each event of ``[features]`` that no row has.

    Parameters
    ----------
    con : DuckDBPyConnection
        Holds the clean events.
    events : str
        The relation with a column ``event`` in which every event that occurs is at least once.
    """
    wanted = _wanted(settings)
    plain = [name for name in wanted if ANY not in name]
    seen = _among(con, plain, events)
    if len(seen) == len(wanted):
        return []
    everything = sorted(_names(con, events))
    return [
        _warning(name, sections, everything)
        for name, sections in wanted.items()
        if name not in seen and not _fitting(name, everything)
    ]


def _wanted(settings: Settings) -> dict[str, list[str]]:
    """Return every event named, with the sections that name it."""
    found: dict[str, list[str]] = {}
    for section, feature in settings.features.items():
        for name in dict.fromkeys((*feature.events, *feature.per_events)):
            found.setdefault(name, []).append(section)
    return found


def _among(con: duckdb.DuckDBPyConnection, names: list[str], events: str) -> set[str]:
    if not names:
        return set()
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
    query = f"SELECT DISTINCT event FROM {events} WHERE event IN ({quoted})"
    return {str(name) for (name,) in con.execute(query).fetchall()}


def _names(con: duckdb.DuckDBPyConnection, events: str) -> Iterator[str]:
    query = f"SELECT DISTINCT event FROM {events} WHERE event IS NOT NULL"
    return (str(name) for (name,) in con.execute(query).fetchall())


def _fitting(pattern: str, names: list[str]) -> bool:
    if ANY not in pattern:
        return False
    head, tail = pattern.split(ANY)
    least = len(head) + len(tail)
    return any(n.startswith(head) and n.endswith(tail) and len(n) >= least for n in names)


def _warning(name: str, sections: list[str], names: list[str]) -> Violation:
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    used = ", ".join(f"[features.{section}]" for section in sections)
    return Violation(
        code="K504",
        title="event never seen",
        severity="warning",
        table="events",
        column="event",
        rows=0,
        example_row=None,
        example_value=name,
        sentence=f"No row of events has the event '{name}'{hint}, which {used} names.",
        fix="Mend the name in kenshin.toml, or leave it where the event is still to come.",
    )
