"""A company with a year of weekly scores behind the real pages."""

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from features.errors import KenshinError, NotFoundError
from features.settings import Settings
from serving.pages.routes import mount_static, pages
from tests.builders.served import Client
from tests.builders.small_catalogue import EVALUATION
from tests.builders.store import PaperBundle, Populated, built_store
from training.bundle import Bundle

ANSWER_CHECK: dict[str, Any] = {
    "basis": "out of time",
    "period": ["2025-11-20T00:00:00", "2026-11-20T00:00:00"],
    "left": 50,
    "weeks": [
        {"weeks": weeks, "red": red, "yellow": yellow, "green": 48 - red - yellow, "no_data": 2,
         "scored": 50}
        for weeks, red, yellow in ((26, 7, 26), (13, 14, 26), (4, 23, 21), (1, 26, 18))
    ],
    "outcomes": [
        {"band": "red", "accounts": 25, "left": 9, "share": 0.36, "interval": [0.22, 0.53]},
        {"band": "yellow", "accounts": 160, "left": 8, "share": 0.05, "interval": [0.03, 0.08]},
        {"band": "green", "accounts": 380, "left": 2, "share": 0.005, "interval": [0.001, 0.02]},
        {"band": "no_data", "accounts": 3, "left": 0, "share": 0.0, "interval": [0.0, 0.5]},
    ],
    "misses": [
        {"account_id": "A00001", "name": "株式会社見逃し", "name_en": "Missed Works",
         "plan": "Business", "arr": 2.4e6, "left_at": "2026-05-01T00:00:00", "score_13w": 91.2,
         "band_13w": "green", "score_4w": 88.6, "band_4w": "green",
         "series": [90.0, None, 88.0, 86.5]},
        {"account_id": "gone", "name": None, "name_en": None, "plan": None, "arr": None,
         "left_at": "2026-06-01T00:00:00", "score_13w": None, "band_13w": None, "score_4w": 80.4,
         "band_4w": "green", "series": [80.4]},
    ],
    "red_4w_share": 23 / 50,
    "green_4w_share": 4 / 50,
}  # fmt: skip
"""An answer check of four leavers among the missed, one of whom the store does not know."""


@dataclass
class PaperChampion:
    """A champion that serves what it is given, a bundle or a refusal."""

    serving: PaperBundle | KenshinError

    @property
    def current(self) -> Bundle:
        if isinstance(self.serving, KenshinError):
            raise self.serving
        return cast(Bundle, self.serving)

    def bundle_of(self, version: str) -> Bundle:
        if isinstance(self.serving, PaperBundle) and self.serving.version == version:
            return cast(Bundle, self.serving)
        raise NotFoundError(f"bundle {version}", "none", "Train again.")


def application(
    settings: Settings, engine: sa.Engine, serving: PaperBundle | KenshinError
) -> FastAPI:
    """Return an application that has the pages and nothing else."""
    app = FastAPI()
    app.include_router(pages(settings, engine, PaperChampion(serving)))
    mount_static(app)
    return app


def checked(bundle: PaperBundle, answer_check: dict[str, Any] | None = None) -> PaperBundle:
    """Return ``bundle`` with an answer check in its evaluation."""
    check = ANSWER_CHECK if answer_check is None else answer_check
    return replace(bundle, evaluation={**EVALUATION, "answer_check": check})


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Populated:
    """Return 120 accounts with 53 weekly runs."""
    return built_store(tmp_path_factory.mktemp("pages"), accounts=120, weeks=53)


@pytest.fixture(scope="session")
def app(company: Populated) -> FastAPI:
    return application(company.settings, company.engine, checked(company.bundle))


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Client:
    return Client(app)
