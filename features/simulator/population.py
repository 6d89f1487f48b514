"""The accounts as they are when they join, and how each cause takes hold of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.simulator import names
from features.simulator.causes import CODES
from features.simulator.plan import (
    CONTRACT_HOUR_US,
    DAY_US,
    CompanyPlan,
    Floats,
    Grid,
    Integers,
    Truths,
)

INDUSTRIES = tuple(names.INDUSTRIES)
SIZES = ("1-49", "50-299", "300-999", "1000+")
REGIONS = ("hokkaido_tohoku", "kanto", "chubu", "kansai", "chugoku_shikoku", "kyushu")
PLANS = ("Starter", "Business", "Enterprise")
SEAT_PRICE = (1_800.0, 2_800.0, 4_500.0)
"""List price by plan, JPY per seat and month."""

_INDUSTRY_SHARE = (0.20, 0.15, 0.13, 0.08, 0.08, 0.08, 0.09, 0.07, 0.06, 0.06)
_SIZE_SHARE = (0.46, 0.32, 0.15, 0.07)
_REGION_SHARE = (0.08, 0.45, 0.14, 0.19, 0.06, 0.08)
_PLAN_BY_SIZE = ((0.80, 0.19, 0.01), (0.35, 0.58, 0.07), (0.08, 0.57, 0.35), (0.02, 0.30, 0.68))
_SEATS = (6.0, 24.0, 110.0)
_SEATS_SPREAD = (0.55, 0.65, 0.85)
_ANNUAL_SHARE = (0.35, 0.65, 0.90)

# How readily a cause starts (onset) and how strongly it drives out (effect), by attribute.
_ONSET_BY_INDUSTRY = {
    "onboarding": (0.8, 1.1, 1.0, 0.9, 1.3, 1.1, 1.4, 1.0, 0.9, 1.1),
    "champion": (1.0, 0.8, 1.0, 0.9, 0.9, 0.9, 0.9, 1.6, 1.4, 1.1),
    "decay": (0.9, 0.9, 1.3, 0.8, 1.1, 1.0, 0.9, 1.1, 1.4, 1.1),
    "support": (1.1, 1.3, 0.9, 1.2, 0.8, 1.1, 1.0, 0.9, 0.9, 0.9),
    "price": (0.8, 0.9, 1.4, 0.7, 1.3, 1.2, 1.0, 1.0, 1.1, 1.0),
    "integration": (0.4, 1.0, 1.0, 0.8, 1.5, 1.1, 1.2, 1.1, 1.0, 1.5),
}
_ONSET_BY_SIZE = {
    "onboarding": (1.25, 1.0, 0.8, 0.7),
    "champion": (0.8, 1.0, 1.2, 1.3),
    "decay": (1.2, 1.0, 0.8, 0.7),
    "support": (0.7, 1.0, 1.3, 1.5),
    "price": (1.4, 1.0, 0.7, 0.5),
    "integration": (1.3, 1.0, 0.6, 0.4),
}
_EFFECT_BY_PLAN = {
    "onboarding": (1.1, 1.0, 0.8),
    "champion": (1.3, 1.0, 0.75),
    "decay": (1.1, 1.0, 0.9),
    "support": (1.0, 1.0, 1.1),
    "price": (1.25, 0.95, 0.7),
    "integration": (1.1, 1.0, 0.9),
}


@dataclass(frozen=True)
class Population:
    """Attributes of all accounts, each of shape (accounts,) unless said otherwise.

    ``industry``, ``size``, ``region``, ``plan`` and ``owner`` are indices into their lists;
    ``intensity`` is usage relative to like accounts, ``adoption`` the share of seats in use,
    ``onset`` and ``effect`` (accounts, causes) multiply a cause's own transition and hazard.
    """

    account_id: list[str]
    name: list[str]
    name_en: list[str]
    industry: Integers
    size: Integers
    region: Integers
    owner: Integers
    parent: Integers
    plan: Integers
    seats: Integers
    price: Floats
    annual: Truths
    joined: Integers
    intensity: Floats
    adoption: Floats
    cheer: Floats
    onset: Floats
    effect: Floats

    def __len__(self) -> int:
        """Return the number of accounts."""
        return len(self.account_id)


def draw_population(plan: CompanyPlan, grid: Grid) -> Population:
    """Return all accounts of ``plan``; ``joined`` is the day of the grid they sign on."""
    rng = np.random.default_rng([plan.seed, 0])
    n = plan.accounts
    industry = rng.choice(len(INDUSTRIES), n, p=_INDUSTRY_SHARE)
    size = rng.choice(len(SIZES), n, p=_SIZE_SHARE)
    tier = (rng.random(n)[:, None] > np.cumsum(_PLAN_BY_SIZE, axis=1)[size][:, :2]).sum(axis=1)
    spread = np.array(_SEATS_SPREAD)[tier] * rng.standard_normal(n)
    seats = np.clip(np.rint(np.array(_SEATS)[tier] * np.exp(spread)), 2, 5000).astype(np.int64)
    price = np.rint(np.array(SEAT_PRICE)[tier] * np.exp(rng.normal(-0.06, 0.08, n)) / 10) * 10
    ja, en = names.company_names(industry, rng.permutation(n))
    width = max(5, len(str(n)))
    return Population(
        account_id=[f"A{index + 1:0{width}d}" for index in range(n)],
        name=ja,
        name_en=en,
        industry=industry,
        size=size,
        region=rng.choice(len(REGIONS), n, p=_REGION_SHARE),
        owner=rng.integers(0, len(names.OWNERS), n),
        parent=np.where(rng.random(n) < 0.03, rng.integers(0, n, n), -1),
        plan=tier,
        seats=seats,
        price=price,
        annual=rng.random(n) < np.array(_ANNUAL_SHARE)[tier],
        joined=_joining_days(rng, n, grid),
        intensity=np.exp(rng.normal(0.0, 0.15, n)),
        adoption=rng.beta(30.0, 13.0, n),
        cheer=rng.normal(0.0, 0.7, n),
        onset=_by_cause(_ONSET_BY_INDUSTRY, industry) * _by_cause(_ONSET_BY_SIZE, size),
        effect=_by_cause(_EFFECT_BY_PLAN, tier) * np.exp(rng.normal(0.0, 0.15, n))[:, None],
    )


def _by_cause(table: Mapping[str, tuple[float, ...]], index: Integers) -> Floats:
    """Look ``index`` up for every cause; shape (accounts, causes)."""
    return np.stack([np.array(table[code])[index] for code in CODES], axis=1)


def _joining_days(rng: np.random.Generator, n: int, grid: Grid) -> Integers:
    """Draw the days on which accounts join: a launch, then steady growth to the end."""
    span = grid.days - grid.opening_day - 2
    launch = rng.random(n) < 0.30
    share = np.where(launch, 0.12 * rng.random(n), rng.random(n) ** 0.85)
    days = grid.opening_day + np.floor(share * span).astype(np.int64)
    weekday = (days + grid.first_day + 3) % 7
    return np.asarray(np.maximum(days - np.maximum(weekday - 4, 0), grid.opening_day))


def accounts_table(population: Population, grid: Grid, rng: np.random.Generator) -> pa.Table:
    """Return the canonical ``accounts`` table; an account is created when it first signs."""
    ids = np.array(population.account_id, dtype=object)
    older = (population.parent >= 0) & (population.joined[population.parent] < population.joined)
    parents = [ids[p] if ok else None for p, ok in zip(population.parent, older, strict=True)]
    early = rng.integers(0, 3 * 3600, len(population)) * 1_000_000
    created = grid.at(population.joined) + CONTRACT_HOUR_US - early
    return pa.table(
        {
            "account_id": pa.array(population.account_id, pa.string()),
            "name": pa.array(population.name, pa.string()),
            "name_en": pa.array(population.name_en, pa.string()),
            "created_at": pa.array(np.minimum(created, grid.end_us - DAY_US), pa.timestamp("us")),
            "industry": _words(INDUSTRIES, population.industry),
            "size": _words(SIZES, population.size),
            "region": _words(REGIONS, population.region),
            "owner": _words(names.OWNERS, population.owner),
            "parent_id": pa.array(parents, pa.string()),
        }
    )


def _words(words: tuple[str, ...], index: Integers) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(index))
