"""Finding the latest run and an account in it; a wrong id gets the nearest known ones."""

import difflib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from features.errors import NotReadyError, UnknownAccountError
from serving.store import scores
from serving.store.schema import scores as _scores

Row = sa.RowMapping
ENOUGH = 20
AT_MOST = 500


def latest_run(engine: sa.Engine) -> Row:
    """Return the latest run that was issued.

    Raises
    ------
    NotReadyError
        Where nothing has been scored yet.
    """
    run = scores.latest_run(engine, "issued")
    if run is None:
        raise NotReadyError("scored accounts", "none in the store", "Run `kenshin score`.")
    return run


def score_of(engine: sa.Engine, run: Mapping[str, Any], account_id: str) -> Row:
    """Return the account's score in ``run``.

    Raises
    ------
    UnknownAccountError
        With the date of its last score where it has left, or with the nearest known ids.
    """
    row = scores.score_of(engine, run["run_id"], account_id)
    if row is None:
        raise unknown(engine, run, account_id)
    return row


def unknown(
    engine: sa.Engine, run: Mapping[str, Any], account_id: str, place: str = ""
) -> UnknownAccountError:
    """Return the error for an account that ``run`` does not know.

    Parameters
    ----------
    place : str, optional
        Where in a request the id stood, such as ``accounts.3``. The id itself is not repeated.
    """
    where = f"the account_id of {place}" if place else "that id"
    last = scores.history(engine, account_id, limit=1)
    if last:
        return UnknownAccountError(
            f"an account that was live on {run['as_of']:%Y-%m-%d}",
            f"{where} was last scored on {last[0]['as_of']:%Y-%m-%d}",
            "It is no longer a customer; its past scores are at its /history.",
        )
    close = close_matches(engine, run["run_id"], account_id)
    fix = f"Did you mean {' or '.join(close)}?" if close else "GET /v1/accounts lists them all."
    return UnknownAccountError("an account of the latest scoring run", f"{where} is in no run", fix)


def close_matches(engine: sa.Engine, run_id: str, text: str, n: int = 3) -> list[str]:
    """Return up to ``n`` ids of the run that resemble ``text``, the nearest first.

    Candidates are the accounts that share the longest beginning with ``text`` and those whose name
    holds it, so that the comparison stays short in a company of any size.
    """
    with engine.connect() as connection:
        named = _ids(connection, run_id, _has_name(text), n) if len(text) > 1 else []
        starting: list[str] = []
        for length in _lengths(text):
            same = _scores.c.account_id.istartswith(text[:length], autoescape=True)
            starting = _ids(connection, run_id, same, AT_MOST)
            if len(starting) >= ENOUGH:
                break
    folded = {account.casefold(): account for account in starting}
    close = difflib.get_close_matches(text.casefold(), list(folded), n=n)
    return list(dict.fromkeys([folded[one] for one in close] + named))[:n]


def _lengths(text: str) -> list[int]:
    """Return how much of the beginning to ask for, longest first; few, as each is a query."""
    whole = len(text)
    return sorted({max(whole - cut, 0) for cut in (0, 1, 2, 4, whole // 2, whole)}, reverse=True)


def _has_name(text: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        _scores.c.name.icontains(text, autoescape=True),
        _scores.c.name_en.icontains(text, autoescape=True),
    )


def _ids(
    connection: sa.Connection, run_id: str, condition: sa.ColumnElement[bool], limit: int
) -> list[str]:
    query = sa.select(_scores.c.account_id).where(_scores.c.run_id == run_id, condition)
    return list(connection.execute(query.order_by(_scores.c.account_id).limit(limit)).scalars())
