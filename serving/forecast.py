"""Expected revenue lost by month over HTTP: the twin of the portfolio's figure."""

from datetime import date, timedelta

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from serving import curve
from serving.accounts import lookup
from serving.dependencies import EngineOf, KnownQuery, usable_model
from serving.etag import TAGGED, unchanged
from serving.instant import Instant
from serving.problems import documented
from serving.store.scores import StoredRow


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Month(_Part):
    """A twelfth of a year ahead of ``as_of``."""

    month: int = Field(ge=1, le=12)
    begins: date
    expected_loss: float = Field(description="Σ monthly revenue × P(leaves in that month).")


class CurrencyLoss(_Part):
    """The accounts that pay in one currency."""

    currency: str
    accounts: int = Field(description="With a score and a revenue; they are in the sums.")
    monthly_revenue: float
    unknown_accounts: int = Field(description="With a revenue but without a score.")
    unknown_monthly_revenue: float
    months: list[Month] = Field(description="As far ahead as the horizons reach.")


class Forecast(_Part):
    """What the book is expected to lose, by the latest issued run."""

    run_id: str
    as_of: Instant
    model_version: str
    currencies: list[CurrencyLoss] = Field(
        description="Empty where the model has no horizons or no revenue is known."
    )


routes = APIRouter(prefix="/v1/forecast", tags=["model"], dependencies=[Depends(usable_model)])


@routes.get(
    "",
    operation_id="getForecast",
    summary="Expected revenue lost by month for the whole book",
    responses={**TAGGED, **documented(400, 409, 422, 503)},
    dependencies=[Depends(KnownQuery())],
    response_model=Forecast,
)
def get_forecast(request: Request, response: Response, engine: EngineOf) -> Response | Forecast:
    """Return, for each currency, what is expected to leave in each month ahead."""
    run = lookup.latest_run(engine)
    same = unchanged(request, response, run["run_id"])
    return same if same is not None else _forecast(run)


def _forecast(run: StoredRow) -> Forecast:
    return Forecast(
        run_id=run["run_id"],
        as_of=run["as_of"],
        model_version=run["model_version"],
        currencies=[
            CurrencyLoss(
                currency=currency,
                accounts=loss["accounts"],
                monthly_revenue=loss["mrr"],
                unknown_accounts=loss["unknown_accounts"],
                unknown_monthly_revenue=loss["unknown_mrr"],
                months=[
                    Month(month=place + 1, begins=_begins(run, place), expected_loss=amount)
                    for place, amount in enumerate(loss["months"])
                ],
            )
            for currency, loss in (run["expected_loss"] or {}).items()
        ],
    )


def _begins(run: StoredRow, place: int) -> date:
    begins: date = (run["as_of"] + timedelta(days=place * curve.MONTH_DAYS)).date()
    return begins
