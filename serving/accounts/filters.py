"""Which accounts are asked for: the same filters for the list and for both exports."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import StringConstraints

from serving.accounts.listing import Question
from serving.accounts.schemas import Band, Order

NO_NUL = r"^[^\x00]*$"
ONCE = ("q", "order")
REPEATABLE = ("band", "plan", "industry", "owner")
"""Names of the parameters, for `serving.dependencies.KnownQuery`."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NO_NUL)]


async def _question(
    band: Annotated[list[Band], Query(default_factory=list, description="Repeatable.")],
    plan: Annotated[list[Text], Query(default_factory=list, description="Repeatable.")],
    industry: Annotated[list[Text], Query(default_factory=list, description="Repeatable.")],
    owner: Annotated[list[Text], Query(default_factory=list, description="Repeatable.")],
    q: Annotated[
        str, Query(max_length=200, pattern=NO_NUL, description="Part of an id or a name.")
    ] = "",
    order: Annotated[
        Order,
        Query(
            description="Lowest `health_score`, largest `expected_loss` (probability × arr), "
            "largest `arr` or largest fall (`change`) first; accounts without one come last."
        ),
    ] = "health_score",
) -> Question:
    return Question(tuple(band), tuple(plan), tuple(industry), tuple(owner), q, order)


QuestionOf = Annotated[Question, Depends(_question)]
