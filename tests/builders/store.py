"""A made-up company with a store full of scores: weekly runs, leavers, missing values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from features.catalog import Feature
from features.settings import Bands, Company, Flat, Settings
from serving import scoring
from serving.store import scores
from serving.store.engine import open_store
from tests.builders.small_catalogue import (
    CATEGORIES,
    EVALUATION,
    FEATURES,
    HEALTHY,
    INDUSTRIES,
    PLANS,
)
from training.frames import encode, encode_row
from training.scale import Scale, logit

Floats = npt.NDArray[np.float64]

AS_OF = datetime(2026, 11, 20)
"""``as_of`` of the last run."""


@dataclass(frozen=True)
class PaperExplanation:
    """The same attributes as `training.explanation.Explanation`."""

    probability: Floats
    score: Floats
    baseline: float
    points: Floats
    clip: Floats


@dataclass(frozen=True)
class PaperBundle:
    """A linear model with the attributes and methods of `training.bundle.Bundle`."""

    kind = "model"
    bends: bool = False

    version: str = "v14"
    folder: Path = Path("bundles/v14")
    features: tuple[Feature, ...] = FEATURES
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CATEGORIES)
    scale: Scale = field(default_factory=lambda: Scale(p80=0.02, p50=0.17))
    bands: Bands = field(default_factory=Bands)
    evaluation: dict[str, Any] = field(default_factory=lambda: EVALUATION)
    manifest: dict[str, Any] = field(
        default_factory=lambda: {"version": "v14", "created_at": "2026-11-01T00:00:00"}
    )
    reference: dict[str, Any] = field(default_factory=dict)
    base_rate: float = 0.014

    def encode(self, table: pa.Table) -> Floats:
        return encode(table, self.features, dict(self.categories))

    def encode_row(self, values: Mapping[str, object]) -> Floats:
        return encode_row(values, self.features, dict(self.categories))

    def predict(self, matrix: Floats) -> Floats:
        return self.explain(matrix).probability

    def score(self, matrix: Floats) -> tuple[Floats, Floats]:
        explained = self.explain(matrix)
        return explained.probability, explained.score

    def withheld(self, matrix: Floats) -> list[str | None]:
        return [None] * len(matrix)

    def cuts(self, matrix: Floats) -> list[Bands]:
        return [self.bands] * len(matrix)

    def cuts_of(self, values: Mapping[str, float]) -> Bands:
        del values
        return self.bands

    horizon_days = (30, 90, 180)
    renewal_share = None
    youngest_days = None
    sources = frozenset({"events"})

    def chances(self, matrix: Floats, headline: Floats) -> Floats:
        del matrix
        powers = np.array([0.4, 1.0, 1.6])
        found = np.asarray(1 - (1 - headline[:, None]) ** powers, dtype=np.float64)
        found[:, 1] = headline
        return found

    scorecard_version = None

    def beside(self, table: pa.Table) -> Floats:
        return np.full(table.num_rows, np.nan)

    def explain(self, matrix: Floats) -> PaperExplanation:
        pull = np.zeros_like(matrix)
        for i, feature in enumerate(self.features):
            column = matrix[:, i]
            if feature.name in HEALTHY:
                mean, spread, weight = HEALTHY[feature.name]
                pull[:, i] = weight * np.clip((column - mean) / spread, -6, 6)
                pull[:, i][np.isnan(column)] = 0.12
            else:
                pull[:, i] = np.where(np.isnan(column), 0.05, 0.1 * (column % 3 - 1))
        points = -self.scale.points_per_logit * pull
        log_odds = float(logit(self.base_rate)) + pull.sum(axis=1)
        raw = self.scale.raw(log_odds)
        shown = np.clip(raw, 0, 100)
        probability = 1 / (1 + np.exp(-log_odds))
        baseline = float(self.scale.raw(logit(self.base_rate)))
        return PaperExplanation(probability, shown, baseline, points, shown - raw)

    def range_record(
        self, probability: npt.ArrayLike
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats, Floats]:
        place = np.minimum(self.scale.score(probability) // 10, 9).astype(int)
        ranges = [self.evaluation["ranges"][i] for i in place]
        return (
            np.array([r["rows"] for r in ranges]),
            np.array([r["churns"] for r in ranges]),
            np.array([r["interval"][0] for r in ranges]),
            np.array([r["interval"][1] for r in ranges]),
        )


@dataclass(frozen=True)
class Populated:
    """A store and what it was filled with."""

    settings: Settings
    engine: sa.Engine
    bundle: PaperBundle
    as_of: datetime
    left_at: dict[str, datetime]
    """Accounts that left, with the instant."""


def settings_in(folder: Path, flat: Flat | None = None) -> Settings:
    """Return settings of a Japanese company whose workspace lies in ``folder``."""
    company = Company(name="Kenshin Demo", timezone="Asia/Tokyo", currency="JPY", language="ja")
    return Settings(root=folder, company=company, flat=flat)


def built_store(folder: Path, accounts: int = 240, weeks: int = 52) -> Populated:
    """Return a filled store in ``folder``; see `populate`."""
    settings = settings_in(folder)
    engine = open_store(settings)
    return populate(settings, engine, accounts=accounts, weeks=weeks)


def populate(
    settings: Settings,
    engine: sa.Engine,
    *,
    accounts: int = 240,
    weeks: int = 52,
    issued: int = 26,
    as_of: datetime = AS_OF,
    seed: int = 7,
    bundle: PaperBundle | None = None,
) -> Populated:
    """Fill ``engine`` with ``weeks`` weekly runs up to ``as_of``, the last ``issued`` as issued.

    The other ones are replays. About one account in eight declines and leaves on the way, a few
    more are declining now, a few came late, one in sixty has no usage data at all.
    """
    bundle = bundle or PaperBundle()
    company = _Company(np.random.default_rng(seed), accounts, weeks, as_of)
    before: dict[str, tuple[str, datetime]] = {}
    for week in range(weeks):
        at = as_of - timedelta(weeks=weeks - 1 - week)
        table = company.snapshot(week, at)
        kind: scores.Kind = "issued" if week >= weeks - issued else "replay"
        snapshot_id = f"{week:04d}{seed:04d}{accounts:08d}"
        run, rows = scoring.score(
            settings, cast(Any, bundle), table, snapshot_id, kind, at + timedelta(hours=6), before
        )
        scores.save_run(engine, run, rows)
        before = {row["account_id"]: (row["band"], row["band_since"]) for row in rows}
    return Populated(settings, engine, bundle, as_of, company.left_at)


class _Company:
    """Accounts with a state that drifts from week to week."""

    def __init__(
        self, random: np.random.Generator, accounts: int, weeks: int, as_of: datetime
    ) -> None:
        self.n, self.weeks, self.as_of = accounts, weeks, as_of
        self.ids = [f"A{i + 1:05d}" for i in range(accounts)]
        self.names, self.names_en = _names(random, accounts)
        self.plans = random.choice(PLANS, accounts, p=[0.4, 0.15, 0.45])
        self.industries = random.choice(INDUSTRIES, accounts)
        self.sizes = random.choice(["1–50", "51–300", "301+"], accounts, p=[0.5, 0.35, 0.15])
        self.regions = random.choice(["関東", "関西", "中部", "九州"], accounts)
        self.owners = random.choice(["林 あかり", "佐藤 健", "鈴木 美咲", "高橋 直樹"], accounts)
        factor = np.array([{"Starter": 0.2, "Business": 1.0, "Enterprise": 4.0}[p]
                           for p in self.plans])  # fmt: skip
        self.mrr = np.round(80_000 * factor * np.exp(random.normal(0, 0.4, accounts)), -2)
        self.tenure = random.integers(2, 70, accounts).astype(float)
        self.renews_in = random.integers(10, 365, accounts).astype(float)
        self.first_week = np.where(random.random(accounts) < 0.15,
                                   random.integers(1, max(2, weeks - 4), accounts), 0)  # fmt: skip
        declines = random.random(accounts) < 0.3
        self.decline_from = np.where(declines, random.integers(-5, weeks + 10, accounts), 10_000)
        leaves = declines & (random.random(accounts) < 0.6)
        self.last_week = np.where(
            leaves, self.decline_from + random.integers(8, 22, accounts), 10_000
        )
        self.last_week = np.maximum(self.last_week, self.first_week + 4)
        self.depth = random.uniform(0.5, 1.9, accounts)
        self.no_usage = random.random(accounts) < 1 / 60
        self.no_nps = random.random(accounts) < 0.35
        self.state = {name: _walk(random, accounts, weeks) for name in HEALTHY}
        self.level = {name: random.normal(0, 0.7, accounts) for name in HEALTHY}
        self.left_at = {
            self.ids[i]: as_of - timedelta(weeks=int(weeks - 1 - self.last_week[i]))
            for i in range(accounts)
            if self.last_week[i] < weeks
        }

    def snapshot(self, week: int, at: datetime) -> pa.Table:
        live = np.flatnonzero((self.first_week <= week) & (week < self.last_week))
        ago = float(self.weeks - 1 - week)
        trouble = np.clip((week - self.decline_from) / 8.0, 0, 1) * self.depth
        columns: dict[str, Any] = {
            "account_id": [self.ids[i] for i in live],
            "as_of": pa.array([at] * len(live), pa.timestamp("us")),
        }
        renewal = (self.renews_in + 7 * ago) % 365
        facts: dict[str, Any] = {
            "name": self.names, "name_en": self.names_en, "plan": self.plans,
            "industry": self.industries, "size": self.sizes, "region": self.regions,
            "owner": self.owners, "mrr": self.mrr,
        }  # fmt: skip
        for name, values in facts.items():
            columns[f"fact_{name}"] = [values[i] for i in live]
        columns["fact_currency"] = ["JPY"] * len(live)
        days = pa.timestamp("us")
        columns["fact_renews_at"] = pa.array(
            [at + timedelta(float(renewal[i])) for i in live], days
        )
        started = [self.as_of - timedelta(30.44 * float(self.tenure[i])) for i in live]
        columns["fact_started_at"] = pa.array(started, days)
        columns["fact_seats"] = [float(10 + i % 90) for i in live]
        for feature in FEATURES:
            columns[feature.name] = self._values(feature, week, ago, trouble, renewal)[live]
        for name in ("plan", "industry"):
            columns[name] = columns[f"fact_{name}"]
        return pa.table(columns)

    def _values(
        self, feature: Feature, week: int, ago: float, trouble: Floats, renewal: Floats
    ) -> Floats:
        if feature.name not in HEALTHY:
            return np.zeros(self.n)
        mean, spread, weight = HEALTHY[feature.name]
        if feature.name == "days_to_renewal":
            return np.floor(renewal)
        if feature.name == "tenure_months":
            return np.floor(np.maximum(self.tenure - ago / 4.35, 1))
        if feature.name == "mrr":
            return self.mrr
        worse = np.sign(weight) * trouble * (1.3 if feature.group == "usage" else 0.6)
        value = mean + spread * (self.level[feature.name] + self.state[feature.name][week] + worse)
        if feature.unit == "share":
            value = np.clip(value, 0, 1)
        elif feature.unit == "change":
            value = np.clip(value, -0.95, 3)
        elif feature.unit in ("count", "days"):
            value = np.floor(np.maximum(value, 0))
        elif feature.name == "nps_latest":
            value = np.round(np.clip(value, 0, 10))
        else:
            value = np.round(np.maximum(value, 0.1), 2)
        unknown = (self.no_usage & (feature.group == "usage")) | (
            self.no_nps & (feature.group == "satisfaction")
        )
        return np.where(unknown, np.nan, value)


def _walk(random: np.random.Generator, accounts: int, weeks: int) -> Floats:
    steps = random.normal(0, 0.25, (weeks, accounts))
    walk = np.empty_like(steps)
    walk[0] = steps[0]
    for week in range(1, weeks):
        walk[week] = 0.9 * walk[week - 1] + steps[week]
    return walk


_KANJI = (
    ("御影", "Mikage"), ("西日本暁", "West Akatsuki"), ("群青", "Gunjo"), ("榛名山", "Harunayama"),
    ("青嶺", "Aomine"), ("月影", "Tsukikage"), ("白河", "Shirakawa"), ("若葉", "Wakaba"),
    ("千歳", "Chitose"), ("桐生", "Kiryu"), ("東雲", "Shinonome"), ("八雲", "Yakumo"),
    ("翠", "Midori"), ("三笠", "Mikasa"), ("雲仙", "Unzen"), ("高砂", "Takasago"),
)  # fmt: skip
_TRADES = (
    ("システムズ", "Systems"), ("製作所", "Works"), ("商店", "Trading"), ("学院", "Academy"),
    ("メディカル", "Medical"), ("人材", "Staffing"), ("フーズ", "Foods"), ("証券", "Securities"),
    ("ロジスティクス", "Logistics"), ("ホールディングス", "Holdings"),
)  # fmt: skip
_ORDINALS = (
    ("", ""),
    ("第一", "Daiichi "),
    ("新", "New "),
    ("東京", "Tokyo "),
    ("関西", "Kansai "),
)


def _names(random: np.random.Generator, accounts: int) -> tuple[list[str], list[str]]:
    """Return Japanese names and their English counterparts, all different up to 800."""
    every = [(o, k, t) for o in _ORDINALS for k in _KANJI for t in _TRADES]
    chosen = [every[i % len(every)] for i in random.permutation(max(accounts, len(every)))]
    ja = [f"株式会社{o[0]}{k[0]}{t[0]}" for o, k, t in chosen[:accounts]]
    en = [f"{o[1]}{k[1]} {t[1]}" for o, k, t in chosen[:accounts]]
    return ja, en
