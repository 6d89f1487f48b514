"""Small companies written by hand: ties, returns, merges, each with what must be told."""

import pytest

from tests.builders.small_companies import Case, wrong
from tests.features.truth.cases import edges, merges, returns

GROUPS = {"edges": edges.CASES, "returns": returns.CASES, "merges": merges.CASES}


@pytest.mark.parametrize("group", GROUPS)
def test_every_small_company_is_told_as_written(group: str) -> None:
    faults, compared = wrong(GROUPS[group])
    assert faults == []
    assert compared >= len(GROUPS[group])


def test_there_are_sixty_cases_and_every_rule_is_another() -> None:
    cases: list[Case] = [case for group in GROUPS.values() for case in group]
    assert len({case.rule for case in cases}) == len(cases) >= 60


def test_a_wrong_value_is_noticed() -> None:
    case = edges.CASES[0]
    told = {where: {"events_28d": 7.0} for where in case.told}
    faults, _ = wrong([Case("wrong on purpose", case.rows, told)])
    assert faults == ["wrong on purpose: a 2024-07-01 events_28d = 0.0, not 7.0"]
