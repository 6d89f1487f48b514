"""Finding the latest run and an account in it; a wrong id gets the nearest known ones."""

import difflib
import unicodedata

import sqlalchemy as sa

from features.errors import NotReadyError, UnknownAccountError
from serving.accounts.cursor import Cursor
from serving.accounts.spelling import spellings
from serving.problems import Fault, RequestFault
from serving.store import scores
from serving.store.code_points import by_code_point
from serving.store.schema import scores as _scores
from serving.store.scores import StoredRow

ENOUGH = 20
AT_MOST = 500
RESEMBLES = 0.6
WRITTEN_ONLY = ("/feedback", "/override")


def newest_run(engine: sa.Engine) -> StoredRow | None:
    """Return the latest run that was issued; None where nothing has been scored yet."""
    return scores.latest_run(engine, "issued")


def latest_run(engine: sa.Engine) -> StoredRow:
    """Return the latest run that was issued.

    Raises
    ------
    NotReadyError
        Where nothing has been scored yet.
    """
    run = newest_run(engine)
    if run is None:
        raise NotReadyError("scored accounts", "none in the store", "Run `kenshin score`.")
    return run


def run_of(engine: sa.Engine, after: Cursor | None) -> StoredRow:
    """Return the run of a cursor, or the latest issued one without a cursor.

    Raises
    ------
    NotReadyError
        Where nothing has been scored yet.
    RequestFault
        Where the cursor's run is not in the store.
    """
    if after is None:
        return latest_run(engine)
    run = scores.run_by_id(engine, after.run_id)
    if run is None:
        raise RequestFault(
            Fault(field="query.cursor", code="unknown_run", message="is of a run that is gone")
        )
    return run


def score_of(engine: sa.Engine, run: StoredRow, account_id: str) -> StoredRow:
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
    engine: sa.Engine, run: StoredRow, account_id: str, place: str = ""
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
    if not place and account_id.endswith(WRITTEN_ONLY):
        return UnknownAccountError(
            "an account of the latest scoring run",
            "an id that ends in an address that is written to",
            "Use POST to say something; GET /v1/accounts/{account_id} tells what holds.",
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
        written = _ids(connection, run_id, _scores.c.account_id.in_(spellings(text)), n)
        named = _ids(connection, run_id, _has_name(text), n) if len(text) > 1 else []
        starting: list[str] = []
        for length in _lengths(text):
            same = _scores.c.account_id.istartswith(text[:length], autoescape=True)
            starting = _ids(connection, run_id, same, AT_MOST)
            if len(starting) >= ENOUGH:
                break
    nearest = sorted(starting, key=lambda known: _distance(text, known))[:n]
    close = [known for known in nearest if _distance(text, known)[0] <= 1 - RESEMBLES]
    return list(dict.fromkeys(written + close + named))[:n]


def _distance(text: str, known: str) -> tuple[float, str]:
    """Return how unlike two ids are, 0 to 1; between equals the order of ids decides."""
    left, right = _plain(text), _plain(known)
    alike = difflib.SequenceMatcher(a=left, b=right, autojunk=False).ratio()
    return 1 - alike, known


def _plain(text: str) -> str:
    """Return a text as letters of one width, composed, without case."""
    return unicodedata.normalize("NFKC", text).casefold()


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
    order = by_code_point(_scores.c.account_id)
    return list(connection.execute(query.order_by(order).limit(limit)).scalars())
