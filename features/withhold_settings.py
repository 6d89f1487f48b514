"""``[withhold]``: when no score is given, because nothing is known that would carry one."""

from typing import Annotated

from pydantic import Field

from features.section import Section


class WithholdSettings(Section):
    """Learned with the model and kept in its bundle: a change holds from the next training on."""

    youngest_days: Annotated[int, Field(ge=0, le=365)] = 7
    """Accounts younger than so many days get no score: the shortest window is not filled yet."""
    unlike_share: Annotated[float, Field(ge=0, le=0.2)] = 0.005
    """At most this share of ordinary accounts is taken for unlike any seen; 0 is nobody."""
