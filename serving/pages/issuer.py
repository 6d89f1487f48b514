"""Which model a run is shown with: the one that issued it, or a stand-in that explains nothing."""

from dataclasses import dataclass
from typing import Protocol

from features.errors import NotFoundError
from serving.pages.timeline import Run
from training.bundle import Bundle


class Champion(Protocol):
    """Where the model comes from; `serving.champion.Champion` in the application."""

    @property
    def current(self) -> Bundle:
        """The bundle that serves."""

    def bundle_of(self, version: str) -> Bundle:
        """Return the bundle that issued a score."""


@dataclass(frozen=True)
class Issuer:
    """The model behind a run's scores.

    Attributes
    ----------
    bundle : Bundle
        The one that issued the run; where that is gone, the serving one, for bands and names.
    explains : bool
        Whether ``bundle`` issued the run. Stored categories are codes that only their own model
        can read, and another one may weigh other signals: so a stand-in gives no reasons.
    """

    bundle: Bundle
    explains: bool


def issuer(champion: Champion, run: Run) -> Issuer:
    """Return the model that issued ``run``, or the serving one as its stand-in."""
    try:
        return Issuer(champion.bundle_of(run.model_version), explains=True)
    except NotFoundError:
        return Issuer(champion.current, explains=False)
