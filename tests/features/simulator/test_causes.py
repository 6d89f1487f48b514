import numpy as np
import pytest

from features.simulator.causes import CAUSES, Cause, transitions
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


@each_cause
def test_the_state_that_drives_out_is_seen_in_usage(cause: Cause) -> None:
    worst = int(np.argmax(cause.rates))
    assert cause.usage[worst] <= 0.6
