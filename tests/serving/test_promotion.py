"""Promoting and rolling back: in order, never half done, and mended where it was cut short."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from features.catalog import Words
from features.errors import DamagedBundleError, KenshinError, NotFoundError, NotReadyError
from features.progress import Progress
from features.settings import Settings
from serving import promotion
from serving.app import create_app
from serving.champion import Champion
from serving.promotion import RefusedError
from serving.store.engine import open_store
from serving.store.promotions import history
from tests.builders.served import Client, damage, shipped
from tests.builders.small_catalogue import EVALUATION, FEATURES
from tests.builders.store import settings_in
from training import bundle as shipping
from training import contest, registry
from training.checks import Check, Contest
from training.registry import RegistryError

NOW = datetime(2026, 11, 22, 9)
GAIN = {"value": 0.02, "low": 0.01, "high": 0.03}
BETTER = Contest("v1", GAIN, GAIN, 900, 60, "2026-06-01", "2026-08-01")
"""What rows built anew would tell; `tests/training/test_contest.py` has them."""
SILENT: Progress = lambda what, done, steps: None  # noqa: E731 (as the commands hand it over)


@dataclass
class Registry:
    """Stands in for MLflow, which is not what these tests are about."""

    champion: str = "v1"
    known: bool = True
    away: bool = False
    asked: list[str] = field(default_factory=list)

    def point(self, settings: Settings, version: str) -> bool:
        self.asked.append(version)
        if self.away:
            raise RegistryError("a registry that answers", "none", "Bring it back.")
        if self.known:
            self.champion = version
        return self.known


@dataclass
class Company:
    settings: Settings
    engine: sa.Engine
    registry: Registry

    @property
    def crown(self) -> bytes:
        return (shipping.bundles(self.settings) / "champion.json").read_bytes()

    def promote(self, version: str, **given: Any) -> promotion.Installed:  # noqa: ANN401
        return promotion.promote(self.settings, self.engine, version, NOW, "hana", SILENT, **given)

    def rollback(self, minutes: int = 1) -> promotion.Installed:
        at = NOW + timedelta(minutes=minutes)
        return promotion.rollback(self.settings, self.engine, at, "hana", "worse in use")


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    settings = settings_in(tmp_path)
    for number in (1, 2, 3):
        shipped(settings, f"v{number}", seed=number)
    shipping.crown(settings, "v1", NOW - timedelta(days=30))
    made = Registry()
    monkeypatch.setattr(registry, "point", made.point)
    monkeypatch.setattr(promotion, "present_features", lambda settings, progress: FEATURES)
    monkeypatch.setattr(contest, "between", lambda *given: BETTER)
    engine = open_store(settings)
    yield Company(settings, engine, made)
    engine.dispose()


def test_a_promotion_moves_crown_alias_and_log_together(company: Company) -> None:
    made = company.promote("v2", why="quarterly")
    assert shipping.champion_version(company.settings) == company.registry.champion == "v2"
    newest, found = history(company.engine)
    assert (newest.action, newest.from_version, newest.to_version) == ("promoted", "v1", "v2")
    assert (newest.by, newest.at, newest.why) == ("hana", NOW, "quarterly")
    assert {"T13", "T19", "T20"} <= {check["code"] for check in newest.evidence["checks"]}
    assert (found.action, found.to_version) == ("found", "v1")
    assert made.mended == found


def test_a_running_server_takes_the_promoted_model_up(company: Company) -> None:
    serving = Champion(company.settings)
    assert serving.current.version == "v1"
    company.promote("v2")
    assert serving.refresh()
    assert serving.current.version == "v2"


def test_the_api_tells_since_when_by_whom_and_why(company: Company) -> None:
    client = Client(create_app(company.settings, engine=company.engine))
    before = client.get("/v1/model")
    assert before.json()["live"] == dict.fromkeys(("since", "by", "action", "in_place_of", "why"))
    company.promote("v2", why="quarterly")
    client = Client(create_app(company.settings, engine=company.engine))
    live = client.get("/v1/model").json()["live"]
    assert live == {
        "since": "2026-11-22T09:00:00Z",
        "by": "hana",
        "action": "promoted",
        "in_place_of": "v1",
        "why": "quarterly",
    }


@pytest.mark.parametrize("insists", [False, True])
def test_a_stale_schema_is_refused_and_nobody_can_insist(
    company: Company, insists: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [replace(FEATURES[0], window_days=999), *FEATURES[2:]]
    monkeypatch.setattr(promotion, "present_features", lambda settings, progress: other)
    crown = company.crown
    with pytest.raises(RefusedError, match="T19 failed") as refused:
        company.promote("v2", force=insists, why="because")
    assert FEATURES[1].name in str(refused.value)
    assert "Nobody may pass over T19" in str(refused.value)
    assert company.crown == crown
    assert history(company.engine) == []


def test_a_slow_challenger_is_refused_until_somebody_insists_and_says_why(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = company.settings.gate.model_copy(update={"latency_ms": 1e-9})
    company.settings = company.settings.model_copy(update={"gate": slow})
    crown = company.crown
    with pytest.raises(RefusedError, match="T20 failed") as refused:
        company.promote("v2")
    assert '--force --why "…"' in str(refused.value)
    with pytest.raises(KenshinError, match="a reason beside --force"):
        company.promote("v2", force=True, why="  ")
    assert company.crown == crown
    company.promote("v2", force=True, why="the old one is wrong about Japan")
    newest = history(company.engine)[0]
    assert newest.action == "forced"
    assert newest.why == "the old one is wrong about Japan (against T20)"


@pytest.mark.parametrize("stands", [True, False], ids=["excepted today", "withdrawn since"])
def test_an_exception_of_the_training_day_counts_only_while_the_settings_still_make_it(
    company: Company, stands: bool
) -> None:
    title, found = Words("区分", "Slices"), Words("外れている。", "One plan collapses.")
    spoiled = Check("T17", title, "release", "failed", found, ignored="the plan ends in April")
    shipped(company.settings, "v4", 4, EVALUATION | {"checks": [spoiled.json()]})
    if stands:
        passing = company.settings.gate.model_copy(update={"ignore": {"T17": "ends in May"}})
        company.settings = company.settings.model_copy(update={"gate": passing})
        kept = {c["code"]: c for c in company.promote("v4").change.evidence["checks"]}
        assert kept["T17"]["ignored"] == "ends in May"
        return
    with pytest.raises(RefusedError, match="T17 failed: One plan collapses"):
        company.promote("v4")
    assert shipping.champion_version(company.settings) == "v1"


def test_what_serves_or_does_not_exist_cannot_be_promoted(company: Company) -> None:
    with pytest.raises(KenshinError, match="it serves already"):
        company.promote("v1")
    with pytest.raises(NotFoundError, match="only v1, v2, v3"):
        company.promote("v9")


@pytest.mark.parametrize("insists", [False, True])
def test_a_scorecard_is_not_promoted_and_the_refusal_says_how_it_serves(
    company: Company, insists: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = SimpleNamespace(kind="scorecard", version="v2")
    monkeypatch.setattr(promotion, "loaded", lambda settings, version: card)
    with pytest.raises(RefusedError, match="v2 is a scorecard") as refused:
        company.promote("v2", force=insists, why="because")
    assert "kenshin rollback" in str(refused.value)
    assert shipping.champion_version(company.settings) == "v1"


def test_a_registry_that_is_away_leaves_everything_as_it_was(company: Company) -> None:
    company.promote("v2")
    crown, changes = company.crown, history(company.engine)
    company.registry.away = True
    with pytest.raises(RegistryError, match="Bring it back"):
        company.promote("v3")
    with pytest.raises(RegistryError, match="Bring it back"):
        company.rollback()
    assert (company.crown, history(company.engine)) == (crown, changes)


def test_a_version_the_registry_does_not_know_serves_all_the_same_and_it_is_said(
    company: Company,
) -> None:
    company.registry.known = False
    assert company.promote("v2").registered is False
    assert shipping.champion_version(company.settings) == "v2"


def refusing_store(company: Company) -> None:
    with company.engine.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TRIGGER full BEFORE INSERT ON promotions "
                "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
            )
        )


def test_a_log_that_refuses_the_row_leaves_crown_and_alias_as_they_were(
    company: Company,
) -> None:
    company.promote("v2")
    crown = company.crown
    refusing_store(company)
    with pytest.raises(sa.exc.DBAPIError, match="disk is full"):
        company.promote("v3")
    assert company.crown == crown
    assert company.registry.champion == "v2"


def test_a_crown_that_cannot_be_written_leaves_no_row_and_no_alias(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.promote("v2")
    crown, changes = company.crown, history(company.engine)

    def full(*given: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(shipping, "crown", full)
    with pytest.raises(OSError, match="no space"):
        company.promote("v3")
    assert (company.crown, history(company.engine)) == (crown, changes)
    assert company.registry.champion == "v2"


@pytest.mark.parametrize("cut", ["after the alias", "after the crown"])
def test_what_a_killed_command_left_undone_is_mended_by_the_next(
    company: Company, cut: str
) -> None:
    company.promote("v2")
    company.registry.champion = "v3"
    if cut == "after the crown":
        shipping.crown(company.settings, "v3", NOW + timedelta(hours=1))
    made = company.promote("v1") if cut == "after the alias" else company.rollback(90)
    told = [(c.action, c.to_version) for c in reversed(history(company.engine))]
    if cut == "after the alias":
        assert (company.registry.champion, made.mended) == ("v1", None)
        assert told == [("found", "v1"), ("promoted", "v2"), ("promoted", "v1")]
    else:
        assert company.registry.champion == "v2"
        expected = [("found", "v1"), ("promoted", "v2"), ("found", "v3"), ("rolled back", "v2")]
        assert told == expected


def test_a_rollback_puts_the_version_before_back_and_twice_the_one_before_that(
    company: Company,
) -> None:
    company.promote("v2")
    company.promote("v3")
    for number, version in enumerate(("v2", "v1"), start=1):
        change = company.rollback(number).change
        assert (change.action, change.to_version, change.why) == (
            "rolled back",
            version,
            "worse in use",
        )
        assert change.evidence["golden_rows"] == 200
        assert shipping.champion_version(company.settings) == company.registry.champion == version
    with pytest.raises(NotReadyError, match="a version that served before v1"):
        company.rollback(3)


def gone(settings: Settings) -> None:
    (shipping.bundles(settings) / "v1" / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [(lambda settings: damage(settings, "v1"), DamagedBundleError), (gone, NotFoundError)],
    ids=["damaged", "gone"],
)
def test_a_rollback_to_what_cannot_serve_is_refused_and_the_champion_stays(
    company: Company, spoil: Callable[[Settings], None], refusal: type[KenshinError]
) -> None:
    company.promote("v2")
    crown = company.crown
    spoil(company.settings)
    with pytest.raises(refusal):
        company.rollback()
    assert company.crown == crown
    assert company.registry.asked == ["v2"]


def test_without_a_model_in_service_there_is_nothing_to_roll_back(company: Company) -> None:
    (shipping.bundles(company.settings) / "champion.json").unlink()
    with pytest.raises(NotReadyError, match="a model in service"):
        company.rollback()


def test_the_first_model_ever_can_be_promoted_by_hand(company: Company) -> None:
    (shipping.bundles(company.settings) / "champion.json").unlink()
    company.promote("v3")
    (only,) = history(company.engine)
    assert (only.from_version, only.to_version) == (None, "v3")
