"""A company with a year of weekly scores behind the real pages."""

from dataclasses import dataclass, replace
from typing import Any, cast

import pyarrow as pa
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from features.errors import KenshinError, NotFoundError
from features.settings import Settings
from serving.pages.routes import pages
from serving.pages.static_files import mount_static
from tests.builders.answers import acted, gone, week, weekly
from tests.builders.served import Client
from tests.builders.small_catalogue import EVALUATION
from tests.builders.store import PaperBundle, Populated, built_store
from training.answer_check import answer_check
from training.bundle import Bundle


def an_answer_check() -> dict[str, Any]:
    """Return the answer check of 50 leavers, 4 of them missed: one has a page, one no name."""
    bands = {**_accounts("r", 23), **_accounts("y", 21), "A00001": "g", "gone": "g",
             **_accounts("g", 2), **_accounts("-", 2)}  # fmt: skip
    stayed = {f"stayed{i}": "r" * 27 if i < 16 else "g" * 27 for i in range(400)}
    leavers = {account: band * 27 for account, band in bands.items()}
    facts = {
        "account_id": ["A00001"], "fact_name": ["株式会社見逃し"], "fact_name_en": ["Missed Works"],
        "fact_plan": ["Business"], "fact_mrr": [2e5],
    }  # fmt: skip
    unpaid = {
        "account_id": "A00001", "known_at": week(22), "kind": "overdue", "text": None,
        "before": None, "amount": 9e5,
    }  # fmt: skip
    return answer_check(
        weekly({**leavers, **stayed}, plan="Business", model_version="v14"),
        gone(dict.fromkeys(leavers, week(27))),
        actions=acted({"stayed1": week(1)}),
        facts=pa.table(facts),
        happened=pa.Table.from_pylist([unpaid]),
        until=week(30),
    )


def _accounts(band: str, count: int) -> dict[str, str]:
    return {f"{band}{i}": band for i in range(count)}


ANSWER_CHECK = an_answer_check()
NOBODY_LEFT = answer_check(weekly({"A00001": "ggg"}), gone({}))


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
