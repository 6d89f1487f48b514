"""What people say about an explanation. Append-only; never fed to training."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

import sqlalchemy as sa

from features.errors import KenshinError, NotFoundError
from serving.store.schema import api_keys, feedback, runs, scores
from serving.store.scores import require_score

Verdict = Literal["agree", "partly", "disagree"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
LONGEST_NOTE: Final = 500


@dataclass(frozen=True)
class Said:
    """One piece of feedback.

    Attributes
    ----------
    at : datetime
        Naive UTC.
    feature : str or None
        The reason it is about; None where it is about the score as a whole.
    by : str or None
        Id of the key of who said it, ``local`` without a key; as `latest` returns it what the key
        is called. None where it was not kept yet.
    """

    at: datetime
    verdict: str
    feature: str | None
    note: str | None
    by: str | None = None


@dataclass(frozen=True)
class About:
    """What a score is about: whose it is, and the features that its model reads."""

    account_id: str
    features: tuple[str, ...]


def about(engine: sa.Engine, score_id: str) -> About:
    """Return what the score of that id is about.

    Raises
    ------
    NotFoundError
        Where no such score is stored.
    """
    query = (
        sa.select(scores.c.account_id, runs.c.feature_names)
        .join(runs, runs.c.run_id == scores.c.run_id)
        .where(scores.c.score_id == score_id)
    )
    with engine.connect() as connection:
        found = connection.execute(query).first()
    if found is None:
        raise NotFoundError(
            "a stored score", "none of that id", "Take the score_id of the account's record."
        )
    return About(found.account_id, tuple(found.feature_names))


def keep(connection: sa.Connection, account_id: str, score_id: str, said: Said) -> int:
    """Keep one piece of feedback on a score of ``account_id`` and return its number.

    Parameters
    ----------
    connection : sa.Connection
        Inside `serving.store.engine.writing`.

    Raises
    ------
    KenshinError
        Where the verdict is none of `VERDICTS`.
    NotFoundError
        Where the score is gone: its account was erased since it was read.
    """
    if said.verdict not in VERDICTS:
        raise KenshinError(f"one of {', '.join(VERDICTS)}", "another verdict", "Choose one.")
    require_score(connection, score_id)
    row = {
        "at": said.at,
        "account_id": account_id,
        "score_id": score_id,
        "verdict": said.verdict,
        "feature": said.feature,
        "note": said.note,
        "by": said.by,
    }
    kept = sa.insert(feedback).values(**row).returning(feedback.c.feedback_id)
    return int(connection.execute(kept).scalar_one())


def latest(engine: sa.Engine, account_id: str, limit: int = 3) -> list[Said]:
    """Return the newest feedback on an account, newest first."""
    columns = (feedback.c.at, feedback.c.verdict, feedback.c.feature, feedback.c.note)
    by = sa.func.coalesce(api_keys.c.name, feedback.c.by)
    query = (
        sa.select(*columns, by)
        .select_from(feedback.outerjoin(api_keys, api_keys.c.key_id == feedback.c.by))
        .where(feedback.c.account_id == account_id)
        .order_by(feedback.c.feedback_id.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return [Said(*row) for row in connection.execute(query)]
