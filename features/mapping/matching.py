"""Which source is which table: by the file's name, its columns' names, and what they hold."""

from dataclasses import dataclass

from features.mapping.files import Column, Found
from features.mapping.synonyms import ACCOUNT_ID, COLUMN_WORDS, TABLE_WORDS, plain
from features.tables import TABLES

_NAME_HIT = 5
_WEAK_IDS = ("user_id", "id")
"""These may name an account, but rather not where the account can be found another way."""


@dataclass(frozen=True)
class Match:
    """A source taken for a table: canonical column → name there; ``link`` joins another source."""

    table: str
    found: Found
    columns: dict[str, str]
    link: tuple[Found, str] | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Needed columns for which nothing was found."""
        contract = TABLES[self.table].columns
        return tuple(
            c for c, column in contract.items() if column.required and c not in self.columns
        )


def matched(sources: list[Found]) -> dict[str, Match]:
    """Return the best source of each table; each source serves one table, the best first."""
    scored = []
    for found in sources:
        for table in TABLES:
            columns, link = _columns(table, found), None
            if plain(columns.get("account_id", "id")) in _WEAK_IDS:
                link = _link(found, sources)
            if link is not None:
                columns = {**_columns(table, found, linked=True), "account_id": "account_id"}
            match = Match(table, found, columns, link)
            score = _score(match)
            if score > 0:
                scored.append((score, match))
    scored.sort(key=lambda pair: -pair[0])
    matches: dict[str, Match] = {}
    used: set[int] = set()
    for _, match in scored:
        if match.table not in matches and id(match.found) not in used:
            matches[match.table] = match
            used.add(id(match.found))
    return matches


def _score(match: Match) -> float:
    """Return how well a source fits a table; 0 where it does not.

    Without a telling name a source must have every column the table needs, and for events and
    the like also be what it says: an account once per row is accounts, and nothing else.
    """
    contract = TABLES[match.table]
    named = any(
        word.startswith(beginning) or beginning in word
        for beginning in TABLE_WORDS[match.table]
        for word in match.found.stem.split("_")
    )
    if "account_id" not in match.columns or (match.missing and not named):
        return 0.0
    ids = match.found.columns.get(plain(match.columns["account_id"]))
    unique = ids is not None and ids.distinct == match.found.rows > 1
    if match.table == "accounts" and not unique:
        return 0.0
    if not named and (match.table == "accounts") != unique:
        return 0.0
    share = len(match.columns) / len(contract.columns)
    position = _position(match) if named else 0.0
    return _NAME_HIT * named + 2 * share + position - 2 * len(match.missing)


def _position(match: Match) -> float:
    """Return more where the table's word stands later: churn_events are churns, not events.

    The first word says what is special about it, unless it is the name of the whole export.
    """
    words = match.found.stem.split("_")
    rare = {"churns": 3.0, "tickets": 1.5, "learning": 1.0, "surveys": 1.0}
    return rare.get(match.table, 0.0) + 0.1 * len(words)


def _columns(table: str, found: Found, *, linked: bool = False) -> dict[str, str]:
    """Return canonical column → source column, by name, then by synonym, then by content.

    ``linked`` says that the account is found through another source.
    """
    columns: dict[str, str] = {}
    taken: set[str] = set()
    for canonical, contract in TABLES[table].columns.items():
        if canonical == "account_id" and linked:
            continue
        words = COLUMN_WORDS[table].get(canonical, ())
        if canonical == "account_id":
            words = (*words, *ACCOUNT_ID)
        for word in (canonical, *words):
            column = found.columns.get(word)
            if column is None or word in taken or not _fits(contract.kind, column):
                continue
            columns[canonical] = column.name
            taken.add(word)
            break
    time = TABLES[table].time
    if time and TABLES[table].columns[time].required and time not in columns:
        times = [c for key, c in found.columns.items() if c.time and key not in taken]
        if len(times) == 1:
            columns[time] = times[0].name
    return columns


def _fits(kind: str, column: Column) -> bool:
    if column.filled == 0:
        return True
    if kind == "time":
        return column.time or not column.number
    if kind in ("number", "integer"):
        return column.number
    return True


def _link(found: Found, sources: list[Found]) -> tuple[Found, str] | None:
    """Return the source, and the id shared with it, that knows the account of these rows."""
    for key in found.columns:
        if not key.endswith("_id"):
            continue
        for other in sources:
            ids = other.columns.get(key)
            knows = other is not found and ids is not None and "account_id" in other.columns
            if knows and ids is not None and ids.distinct == other.rows:
                return other, key
    return None
