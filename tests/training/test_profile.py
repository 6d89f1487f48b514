import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.profile import LEVELS, number_profile

VALUES = st.lists(
    st.one_of(st.sampled_from([0.0, 1.0, 2.5]), st.floats(-1e9, 1e9)), min_size=1, max_size=300
)


@given(VALUES)
def test_grid_median_and_mode_are_those_of_numpy(given_values: list[float]) -> None:
    values = np.array(given_values)
    profile = number_profile(values)
    grid = np.unique(np.quantile(values, LEVELS, method="inverted_cdf"))
    assert profile["grid"] == grid.tolist()
    assert profile["median"] == np.median(values)
    counts = np.unique(values, return_counts=True)[1]
    assert profile["mode_share"] == counts.max() / len(values)
    assert profile["frozen"] == (len(counts) == 1)
