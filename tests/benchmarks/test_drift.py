"""The benchmark of drift: what it moves, and what it takes out of the reference."""

import numpy as np

from benchmarks import drift
from serving.drift.observed import Observed


def observed() -> Observed:
    rng = np.random.default_rng(1)
    numbers = {f"f{i}": rng.normal(size=200) for i in range(20)}
    numbers["constant"] = np.ones(200)
    return Observed(tuple(f"a{i}" for i in range(200)), numbers, {}, (), {})


def test_a_tenth_of_the_features_that_vary_is_moved_and_the_others_are_not() -> None:
    before = observed()
    names, after = drift._moved(before, np.random.default_rng(2))
    assert len(names) == 2
    assert "constant" not in names
    for name, values in before.numbers.items():
        step = after.numbers[name].mean() - values.mean()
        expected = drift.MOVED_BY * values.std() if name in names else 0.0
        assert np.isclose(step, expected)


def test_the_plain_limit_knows_nothing_of_single_dates_and_leaves_the_reference_alone() -> None:
    reference = {
        "rows": 3,
        "features": {"f": {"kind": "number", "wobble": {"stability_index": 0.4}}},
        "probability": {"wobble": {"mean": 0.1}},
    }
    plain = drift._plain(reference)
    assert plain["features"]["f"] == {"kind": "number", "wobble": {}}
    assert plain["probability"]["wobble"] == {}
    assert reference["features"]["f"]["wobble"] == {"stability_index": 0.4}  # type: ignore[index]
