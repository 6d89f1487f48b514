"""What leavers had not done over HTTP: the numbers of the page, as JSON."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.errors import NotReadyError
from serving.dependencies import ChampionOf, KnownQuery
from serving.etag import TAGGED, unchanged
from serving.problems import documented
from training.bundle import Bundle

Share = Annotated[float, Field(ge=0, le=1)]


class Side(BaseModel):
    """How many of one side had not done it."""

    n: int = Field(description="Accounts it can be said of.")
    with_: int = Field(alias="with", description="Of these, accounts that had not done it.")
    share: Share


class Undone(BaseModel):
    """One thing, and how many leavers and stayers had not done it."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(description="The feature and the value that is meant: `sessions=0`.")
    feature: str
    label_ja: str
    label_en: str
    window_days: int | None = Field(description="So many days before; null for all that is known.")
    leavers: Side
    stayers: Side
    stayers_alike: Share | None = Field(
        description="The stayers' share, were they of the leavers' tenures and plans."
    )
    difference: float = Field(description="Share of leavers less share of stayers.")
    interval: tuple[float, float] = Field(description="Of the difference; Newcombe's 90 %.")
    odds_ratio: float | None = Field(
        description="Of leaving, with against without, at equal tenure and plan "
        "(Mantel and Haenszel); null where it is 0 or infinite."
    )
    odds_interval: tuple[float | None, float | None] = Field(description="90 %.")
    leavers_compared: int = Field(description="Leavers with stayers of their tenure and plan.")
    q_value: float | None = Field(
        description="Benjamini and Hochberg's over the table; null where there are too few."
    )
    small: bool
    result: Literal["holds", "reversed", "unproven", "none", "too few"]
    also: list[str] = Field(description="Codes that are true of the very same accounts.")


class Leavers(BaseModel):
    """The table. An association between accounts, never proof of a cause."""

    model_config = ConfigDict(extra="forbid")

    model_version: str = Field(description="The training whose accounts were compared.")
    horizon_days: int
    period: tuple[str | None, str | None] = Field(description="First and last date compared.")
    leavers: int
    stayers: int
    controlled_for: list[Literal["tenure", "plan"]]
    tenure_edges: list[float] = Field(description="Months at which a class of tenure begins.")
    too_rare: int = Field(description="Facts that nearly all or nearly none share.")
    rows: list[Undone]


routes = APIRouter(prefix="/v1/leavers", tags=["model"], dependencies=[Depends(KnownQuery())])


@routes.get(
    "",
    operation_id="getLeavers",
    summary="What those who left had not done, beside those who stayed",
    responses={**TAGGED, **documented(400, 409, 422, 503)},
    response_model=Leavers,
)
def get_leavers(request: Request, response: Response, champion: ChampionOf) -> Response | Leavers:
    """Return the table that belongs to the model in service, what holds first."""
    bundle = champion.current
    document = table_of(bundle)
    same = unchanged(request, response, bundle.version)
    horizon = bundle.evaluation["horizon_days"]
    told = {"model_version": bundle.version, "horizon_days": horizon, **document}
    return same if same is not None else Leavers.model_validate(told)


def table_of(bundle: Bundle) -> dict[str, Any]:
    """Return the table that was made when ``bundle`` was trained.

    Raises
    ------
    NotReadyError
        Where the bundle is older than the table.
    """
    document: dict[str, Any] | None = bundle.evaluation.get("leavers")
    if document is None:
        raise NotReadyError(
            "a model that was trained together with the table of what leavers had not done",
            f"model {bundle.version} without it",
            "Run `kenshin leavers` for the table alone, or `kenshin train`.",
        )
    return document
