"""The form by which people say on a page what they think of an explanation."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from features.errors import KenshinError
from serving import feedback
from serving.access.origin import ForeignFormError, own_page
from serving.store.engine import writing


def check_origin(headers: Mapping[str, str]) -> None:
    """Let only a form of our own pages pass.

    Raises
    ------
    ForeignFormError
        Where the browser says that another site sent it, or says nothing at all.
    """
    own = own_page(headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host"))
    if own is not True:
        raise ForeignFormError(
            "a form sent from these pages",
            "another site's, or a browser that does not say",
            "Open the account's page here and send the form again.",
        )


def record(engine: sa.Engine, form: Mapping[str, str], now: datetime, by: str) -> str:
    """Keep one piece of feedback of ``by`` and return the account it is about.

    Raises
    ------
    NotFoundError
        Where no such score is stored.
    KenshinError
        Where the verdict or the signal is none of those offered.
    """
    score_id, verdict = form.get("score_id", ""), form.get("verdict", "")
    found = feedback.about(engine, score_id)
    signal = form.get("signal", "")
    if verdict not in feedback.VERDICTS or (signal and signal not in found.features):
        raise KenshinError(
            "one of the answers offered", "another one", "Go back and choose an answer."
        )
    note = form.get("note", "").encode("utf-8", "replace").decode().replace("\0", "").strip()
    note = note[: feedback.LONGEST_NOTE]
    said = feedback.Said(now, verdict, signal or None, note or None, by)
    with writing(engine) as connection:
        feedback.keep(connection, found.account_id, score_id, said)
    return found.account_id
