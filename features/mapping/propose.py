"""From what lies in a folder to a proposed ``kenshin.toml``."""

from dataclasses import dataclass
from pathlib import Path

from features.errors import NotFoundError
from features.mapping.files import Column, Found, look
from features.mapping.flat import flat_section, id_and_label
from features.mapping.matching import Match, matched
from features.mapping.writing import quoted, section
from features.tables import TABLES


@dataclass(frozen=True)
class Proposal:
    """A proposed settings file and what it rests on.

    Attributes
    ----------
    text : str
        The file.
    guessed, unknown : tuple of str
        A sentence for each guess that was made, and for each question left open.
    """

    text: str
    guessed: tuple[str, ...]
    unknown: tuple[str, ...]


def propose(folder: Path) -> str:
    """Return the text of a ``kenshin.toml``, to lie in ``folder``, for the files in it."""
    return proposal(folder, folder).text


def proposal(folder: Path, root: Path) -> Proposal:
    """Return a proposed settings file for the data files in ``folder``.

    Parameters
    ----------
    root : Path
        Where the settings file will lie; its paths start there.

    Raises
    ------
    NotFoundError
        Where there is no such folder, or no CSV or Parquet file in it.
    """
    if not folder.is_dir():
        raise NotFoundError("a folder with data files", f"none at {folder}", "Check the path.")
    sources, unread = look(folder, root)
    if not sources:
        rest = f" ({'; '.join(unread)})" if unread else ""
        raise NotFoundError(
            "CSV or Parquet files",
            f"none that can be read in {folder}{rest}",
            "Export accounts, and subscriptions or events, one file each.",
        )
    matches = matched(sources)
    if "subscriptions" not in matches and "events" not in matches:
        for found in sources:
            named = id_and_label(found)
            if named is not None:
                return _flat(folder, found, named, sources, unread)
    return _tables(folder, matches, sources, unread)


def _flat(
    folder: Path,
    found: Found,
    named: tuple[Column, Column],
    sources: list[Found],
    unread: list[str],
) -> Proposal:
    text, guessed, unknown = flat_section(found, *named)
    unused = [f"{other.file} is not used." for other in sources if other is not found]
    churn = section("churn", {"success": quoted("")})
    return Proposal(
        _head(folder) + text + churn, tuple(guessed), (*unknown, *unused, _SUCCESS, *unread)
    )


_SUCCESS = "churn.success is empty: write down what a successful customer does."


def _head(folder: Path) -> str:
    name = quoted(folder.resolve().name)
    return "# Proposed by `kenshin init`: read it, mend it, then run `kenshin check`.\n" + section(
        "company", {"name": name, "timezone": quoted("UTC"), "currency": quoted("USD")}
    )


def _tables(
    folder: Path, matches: dict[str, Match], sources: list[Found], unread: list[str]
) -> Proposal:
    guessed, unknown = [], list(unread)
    text = _head(folder)
    for table in TABLES:
        if table in matches:
            text += _table_section(matches[table])
            guessed.append(_guess(matches[table]))
            unknown += [
                f"{table}: no column of {matches[table].found.file} looks like {column}."
                for column in matches[table].missing
            ]
    if "accounts" not in matches:
        text += _derived_accounts(matches)
        if matches:
            guessed.append("accounts: made from the account ids of the other tables.")
    used = {id(match.found) for match in matches.values()}
    unknown += [
        f"{found.file}: no table recognised (columns {', '.join(list(found.columns)[:6])})."
        for found in sources
        if id(found) not in used
    ]
    source = _churn_source(matches)
    if source is None:
        unknown.append("No source of churn: neither subscriptions, churns nor events were found.")
    else:
        guessed.append(f"churn: by {source}.")
    text += section(
        "churn",
        {
            "success": quoted(""),
            "source": quoted(source or "subscriptions"),
            "horizon_days": "90",
        },
    )
    unknown += [_SUCCESS, "company.timezone and company.currency are defaults."]
    return Proposal(text, tuple(guessed), tuple(unknown))


def _churn_source(matches: dict[str, Match]) -> str | None:
    complete = [table for table, match in matches.items() if not match.missing]
    for table, source in (
        ("subscriptions", "subscriptions"),
        ("churns", "churns"),
        ("events", "inactivity"),
    ):
        if table in complete:
            return source
    return None


def _table_section(match: Match) -> str:
    table = f"tables.{match.table}"
    if match.link is None:
        text = section(table, match.found.origin)
    else:
        text = section(table, {"sql": _joined(match, *match.link)})
    renamed = {
        canonical: quoted(source)
        for canonical, source in match.columns.items()
        if canonical != source
    }
    if renamed:
        text += section(f"{table}.columns", renamed)
    if match.missing:
        lines = "".join(f'# {column} = "…"\n' for column in match.missing)
        text += ("" if renamed else f"\n# [{table}.columns]\n") + lines
    return text


def _joined(match: Match, other: Found, key: str) -> str:
    shared = match.found.columns[key].name
    theirs = other.columns[key].name
    account = other.columns["account_id"].name
    return (
        f'"""\nSELECT o."{account}" AS account_id, t.*\n'
        f"FROM '{match.found.file}' t\n"
        f'LEFT JOIN \'{other.file}\' o ON o."{theirs}" = t."{shared}"\n"""'
    )


def _derived_accounts(matches: dict[str, Match]) -> str:
    selects = [
        f"SELECT \"{match.columns['account_id']}\" AS account_id FROM '{match.found.file}'"
        for match in matches.values()
        if match.link is None
    ]
    if not selects:
        return '\n# [tables.accounts]\n# file = "…"\n'
    return section("tables.accounts", {"sql": '"""\n' + "\nUNION\n".join(selects) + '\n"""'})


def _guess(match: Match) -> str:
    renamed = [f"{c} ← {s}" for c, s in match.columns.items() if c != s]
    rest = f" ({', '.join(renamed)})" if renamed else ""
    linked = f", its account found through {match.link[0].file}" if match.link else ""
    return f"{match.table}: {match.found.file}{linked}{rest}."
