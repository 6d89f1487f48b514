"""What people say about an explanation. Append-only; never fed to training."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa

from features.errors import KenshinError, NotFoundError
from serving.store.engine import writing
from serving.store.schema import feedback, runs, scores

VERDICTS = ("agree", "partly", "disagree")
LONGEST_NOTE = 500


class ForeignFormError(KenshinError):
    """A form that another site sent."""

    status = 403
    slug = "foreign-form"
    title = "The form came from another site"


@dataclass(frozen=True)
class Said:
    """One piece of feedback."""

    at: datetime
    verdict: str
    feature: str | None
    note: str | None


def check_origin(headers: Mapping[str, str]) -> None:
    """Let only a form of our own pages pass.

    Raises
    ------
    ForeignFormError
        Where the browser says that another site sent it, or says nothing at all.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        own = site == "same-origin"
    else:
        origin = urlsplit(headers.get("origin", ""))
        own = bool(origin.netloc) and origin.netloc == headers.get("host")
    if not own:
        raise ForeignFormError(
            "a form sent from these pages",
            f"origin {headers.get('origin') or 'unknown'}",
            "Open the account's page here and send the form again.",
        )


def record(engine: sa.Engine, form: Mapping[str, str], now: datetime) -> str:
    """Keep one piece of feedback and return the account it is about.

    Raises
    ------
    NotFoundError
        Where no such score is stored.
    KenshinError
        Where the verdict or the signal is none of those offered.
    """
    score_id, verdict = form.get("score_id", ""), form.get("verdict", "")
    query = (
        sa.select(scores.c.account_id, runs.c.feature_names)
        .join(runs, runs.c.run_id == scores.c.run_id)
        .where(scores.c.score_id == score_id)
    )
    with engine.connect() as connection:
        found = connection.execute(query).first()
    if found is None:
        raise NotFoundError("a stored score", "none of that id", "Open the account's page again.")
    signal = form.get("signal", "")
    if verdict not in VERDICTS or (signal and signal not in found.feature_names):
        raise KenshinError(
            "one of the answers offered", "another one", "Go back and choose an answer."
        )
    note = form.get("note", "").encode("utf-8", "replace").decode().replace("\0", "").strip()
    with writing(engine) as connection:
        connection.execute(
            sa.insert(feedback).values(
                at=now,
                account_id=found.account_id,
                score_id=score_id,
                verdict=verdict,
                feature=signal or None,
                note=note[:LONGEST_NOTE] or None,
            )
        )
    return str(found.account_id)


def latest(engine: sa.Engine, account_id: str, limit: int = 3) -> list[Said]:
    """Return the newest feedback on an account, newest first."""
    query = (
        sa.select(feedback.c.at, feedback.c.verdict, feedback.c.feature, feedback.c.note)
        .where(feedback.c.account_id == account_id)
        .order_by(feedback.c.feedback_id.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return [Said(*row) for row in connection.execute(query)]
