import numpy as np

from features.simulator.names import INDUSTRIES, company_names


def test_no_name_is_given_twice_even_when_all_combinations_are_used_up() -> None:
    n = 20_000
    japanese, english = company_names(
        np.zeros(n, np.int64), np.random.default_rng(2).permutation(n)
    )
    assert len(set(japanese)) == len(set(english)) == n


def test_names_say_the_trade_in_both_languages() -> None:
    logistics = list(INDUSTRIES).index("logistics")
    japanese, english = company_names(np.full(3, logistics), np.arange(3))
    assert all(any(word in name for word in ("物流", "運輸", "倉庫")) for name in japanese)
    assert all(
        any(word in name for word in ("Logistics", "Transport", "Warehouse")) for name in english
    )
    assert all("株式会社" in name for name in japanese)
