"""What a route needs from the application, and the check of its query."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Request

from features.settings import Settings
from serving.champion import Champion
from serving.problems import Fault, RequestFault, printable
from serving.problems.near import SURELY
from serving.problems.near import did_you_mean as did_you_mean


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _engine(request: Request) -> sa.Engine:
    engine: sa.Engine = request.app.state.engine
    return engine


async def _champion(request: Request) -> Champion:
    champion: Champion = request.app.state.champion
    return champion


SettingsOf = Annotated[Settings, Depends(_settings)]
EngineOf = Annotated[sa.Engine, Depends(_engine)]
ChampionOf = Annotated[Champion, Depends(_champion)]


async def usable_model(champion: ChampionOf) -> None:
    """Refuse the request where no model is in service: then no score is shown either.

    Raises
    ------
    NoSignalError, NotReadyError, DamagedBundleError
        With the reason.
    """
    _ = champion.current


class KnownQuery:
    """A dependency that refuses query parameters a route does not have.

    A misspelt filter that is silently ignored answers with every account.

    Parameters
    ----------
    once : str
        Parameters that may be given once.
    repeatable : sequence of str
        Parameters that may be given several times.
    """

    def __init__(self, *once: str, repeatable: tuple[str, ...] = ()) -> None:
        self.once, self.repeatable = once, repeatable

    async def __call__(self, request: Request) -> None:
        """Check the query of ``request``.

        Raises
        ------
        RequestFault
            For each unknown name, with the nearest known one, and each repeated one.
        """
        known = (*self.once, *self.repeatable)
        names = [name for name, _ in request.query_params.multi_items()]
        faults = [_unknown(name, known) for name in dict.fromkeys(names) if name not in known]
        faults += [
            Fault(field=f"query.{name}", code="repeated", message="may be given only once")
            for name in self.once
            if names.count(name) > 1
        ]
        if faults:
            raise RequestFault(*faults)


def _unknown(name: str, known: tuple[str, ...]) -> Fault:
    return Fault(
        field=f"query.{printable(name)}",
        code="unknown_parameter",
        message=did_you_mean(name, known, SURELY),
    )
