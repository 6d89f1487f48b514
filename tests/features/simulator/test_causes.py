from fnmatch import fnmatchcase

import numpy as np
import pytest

from features.catalogue import everything
from features.settings import Settings
from features.simulator.causes import CAUSES, Cause, named_by, transitions
from features.simulator.lives import own_probability
from features.simulator.plan import CompanyPlan, grid_of
from features.simulator.population import draw_population

each_cause = pytest.mark.parametrize("cause", CAUSES, ids=lambda c: c.code)


@each_cause
def test_every_state_says_what_it_does(cause: Cause) -> None:
    assert len(cause.rates) == len(cause.usage) == len(cause.users) == len(cause.states)
    assert cause.rates[cause.rest] == 0


@each_cause
def test_transition_probabilities_hold_for_every_account(cause: Cause) -> None:
    population = draw_population(CompanyPlan(accounts=5000), grid_of(CompanyPlan()))
    own = own_probability(cause, population.onset[:, CAUSES.index(cause)])
    row, to = cause.own
    matrix = transitions(cause)
    assert matrix.min() >= 0
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0)
    assert matrix[row, to] == 0
    assert matrix[row, row] - own.max() > 0


@each_cause
def test_an_action_lowers_the_hazard_and_speeds_recovery(cause: Cause) -> None:
    matrix, cared = transitions(cause), cause.cared_for
    entered = [s for s in range(len(cause.states)) if s != cared and matrix[s, cared] > 0]
    assert entered
    worst = max(entered, key=lambda s: cause.rates[s])
    assert cause.rates[cared] < cause.rates[worst]
    assert all(matrix[cared, cause.rest] > matrix[s, cause.rest] for s in entered)


def test_usage_falls_far_where_the_habit_fades_and_little_where_it_is_something_else() -> None:
    left = {cause.code: cause.usage[int(np.argmax(cause.rates))] for cause in CAUSES}
    assert left.pop("decay") <= 0.2
    assert min(left.values()) >= 0.5


def test_no_feature_is_a_sign_of_two_causes() -> None:
    for feature in everything(Settings()):
        signs = [s for cause in CAUSES for s in cause.signs if fnmatchcase(feature.feature.name, s)]
        assert len(signs) <= 1, feature.feature.name


def test_a_sign_names_its_cause_and_a_fact_of_the_contract_names_none() -> None:
    assert named_by("tickets_28d") == "support"
    assert named_by("tickets_billing_90d") == "price"
    assert named_by("administration_work_28d") == "champion"
    for fact in ("days_to_renewal", "tenure_months", "plan", "seats", "mrr"):
        assert named_by(fact) is None
