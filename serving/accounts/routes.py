"""Routes of accounts. All of them tell what the latest issued run says."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BeforeValidator

from features.catalog import Language
from features.clock import utc_now
from serving.accounts import answers, filters, listing, lookup
from serving.accounts.cursor import read as read_cursor
from serving.accounts.filters import NO_NUL, QuestionOf
from serving.accounts.schemas import Account, AccountPage, Explanation, History
from serving.dependencies import ChampionOf, EngineOf, KnownQuery, SettingsOf, usable_model
from serving.etag import TAGGED, unchanged
from serving.overrides import kept as overrides
from serving.overrides.override import shown
from serving.problems import documented
from serving.store import scores


def _digits(given: str | int) -> str | int:
    """Refuse what Python would read as a number but nobody means as one: 1_0, +5, 1.0."""
    if isinstance(given, str) and not re.fullmatch(r"[0-9]{1,9}", given):
        raise ValueError("write plain digits")
    return given


AccountId = Annotated[str, Path(min_length=1, max_length=255, pattern=NO_NUL, examples=["A00012"])]
Whole = Annotated[int, BeforeValidator(_digits)]

_REFUSED = documented(400, 404, 409, 422, 503)

routes = APIRouter(prefix="/v1/accounts", tags=["accounts"], dependencies=[Depends(usable_model)])


@routes.get(
    "",
    operation_id="listAccounts",
    summary="The scored accounts, those that need attention first",
    responses={**TAGGED, **documented(400, 409, 422, 503)},
    dependencies=[
        Depends(KnownQuery(*filters.ONCE, "limit", "cursor", repeatable=filters.REPEATABLE))
    ],
    response_model=AccountPage,
)
def list_accounts(
    request: Request,
    response: Response,
    engine: EngineOf,
    question: QuestionOf,
    limit: Annotated[Whole, Query(ge=1, le=500)] = 100,
    cursor: Annotated[
        str | None,
        Query(max_length=2000, pattern=NO_NUL, description="`next_cursor` of the page before."),
    ] = None,
) -> Response | AccountPage:
    """List accounts; all pages of one cursor show the same scoring run."""
    after = read_cursor(cursor, question.fingerprint) if cursor is not None else None
    run = lookup.run_of(engine, after)
    with engine.connect() as connection:
        before = listing.week_before(connection, run)
        compared = before["run_id"] if before else "none"
        held = overrides.mark(connection, now := utc_now())
        same = unchanged(request, response, run["run_id"], compared, held)
        if same is not None:
            return same
        page = listing.page(connection, run, before, question, limit, after)
        ids = [row["account_id"] for row in page.rows]
        held_of = overrides.in_force_of(connection, ids, now)
    return AccountPage(
        run_id=run["run_id"],
        as_of=run["as_of"],
        model_version=run["model_version"],
        compared_with=before["as_of"] if before else None,
        total=page.total,
        accounts=[answers.line(row, held_of.get(row["account_id"])) for row in page.rows],
        next_cursor=page.end.text() if page.end else None,
    )


# An id may hold slashes, so the longer addresses are matched first.
@routes.get(
    "/{account_id:path}/explanation",
    operation_id="explainAccount",
    summary="The reasons of an account's score, in sentences that add up",
    responses={**TAGGED, **_REFUSED},
    dependencies=[Depends(KnownQuery("lang"))],
    response_model=Explanation,
)
def explain_account(
    request: Request,
    response: Response,
    account_id: AccountId,
    engine: EngineOf,
    champion: ChampionOf,
    settings: SettingsOf,
    lang: Annotated[Language | None, Query(description="Default: the company's.")] = None,
) -> Response | Explanation:
    """Explain the latest issued score; baseline and points add up to it exactly."""
    run = lookup.latest_run(engine)
    row = lookup.score_of(engine, run, account_id)
    language = lang or settings.company.language
    same = unchanged(request, response, row["score_id"], language)
    if same is not None:
        return same
    bundle = champion.bundle_of(run["model_version"])
    record = answers.issued_record(engine, row, run, bundle, settings)
    return answers.explanation(record, {one.name: one for one in bundle.features}, language)


@routes.get(
    "/{account_id:path}/history",
    operation_id="getAccountHistory",
    summary="An account's scores as they were given",
    responses={**TAGGED, **_REFUSED},
    dependencies=[Depends(KnownQuery("limit"))],
    response_model=History,
)
def account_history(
    request: Request,
    response: Response,
    account_id: AccountId,
    engine: EngineOf,
    limit: Annotated[Whole, Query(ge=1, le=500, description="The latest so many.")] = 52,
) -> Response | History:
    """Return past scores, oldest first, also of an account that has left."""
    rows = scores.history(engine, account_id, limit)
    if not rows:
        raise lookup.unknown(engine, lookup.latest_run(engine), account_id)
    same = unchanged(request, response, rows[-1]["score_id"], rows[0]["score_id"], str(len(rows)))
    if same is not None:
        return same
    return History(account_external_id=account_id, scores=[answers.moment(row) for row in rows])


@routes.get(
    "/{account_id:path}",
    operation_id="getAccount",
    summary="One account with the canonical record of its score",
    responses={**TAGGED, **_REFUSED},
    dependencies=[Depends(KnownQuery())],
    response_model=Account,
)
def get_account(
    request: Request,
    response: Response,
    account_id: AccountId,
    engine: EngineOf,
    champion: ChampionOf,
    settings: SettingsOf,
) -> Response | Account:
    """Return the account and its latest issued score."""
    run = lookup.latest_run(engine)
    row = lookup.score_of(engine, run, account_id)
    with engine.connect() as connection:
        held = overrides.in_force(connection, account_id, utc_now())
    mark = "none" if held is None else str(held["override_id"])
    same = unchanged(request, response, row["score_id"], mark)
    if same is not None:
        return same
    bundle = champion.bundle_of(run["model_version"])
    record = answers.issued_record(engine, row, run, bundle, settings)
    said = None if held is None else shown(held)
    return Account(**answers.facts(row), score=record, override=said)
