"""Re-activated accounts: spells, not accounts."""

from tests.builders.small_companies import CHURNS, INACTIVITY, Case, contract, row, used

FIRST = contract("a", "2024-01-01", "2024-03-01", mrr=10.0)
SECOND = contract("a", "2024-05-01", "2024-10-01", mrr=20.0)
TWICE = [FIRST, SECOND]

CASES = [
    Case(
        "between two spells the account is not live",
        TWICE,
        {("a", "2024-02-01"): {}, ("a", "2024-04-15"): None, ("a", "2024-07-01"): {}},
    ),
    Case(
        "the second spell knows that there was a first, and nothing of how it ended",
        TWICE,
        {
            ("a", "2024-02-01"): {"past_spells": 0.0, "mrr": 10.0},
            ("a", "2024-07-01"): {"past_spells": 1.0, "mrr": 20.0},
        },
    ),
    Case(
        "both ends are departures",
        TWICE,
        {},
        {("a", "2024-02-01"): True, ("a", "2024-05-02"): False, ("a", "2024-08-01"): True},
        {"a": ["2024-03-01", "2024-10-01"]},
    ),
    Case(
        "tenure counts from the return",
        TWICE,
        {("a", "2024-05-31"): {"fact_started_at": FIRST[1]["started_at"].replace(month=5)}},
    ),
    Case(
        "what was done in the first spell is not done in the second",
        [*TWICE, used("a", "2024-01-05", event="setup_completed")],
        {("a", "2024-02-01"): {"setup_done": 1.0}, ("a", "2024-07-01"): {"setup_done": 0.0}},
    ),
    Case(
        "use in the first spell is declared history of the second",
        [*TWICE, used("a", "2024-02-10"), used("a", "2024-05-10")],
        {("a", "2024-07-01"): {"events_365d": 2.0, "events_28d": 0.0}},
    ),
    Case(
        "a return within the allowed gap is no return and no departure",
        [contract("a", "2024-01-01", "2024-03-01"), contract("a", "2024-03-31")],
        {("a", "2024-04-15"): {"past_spells": 0.0}},
        {("a", "2024-02-01"): False},
        {},
    ),
    Case(
        "a return a day after the allowed gap is one",
        [contract("a", "2024-01-01", "2024-03-01"), contract("a", "2024-04-01")],
        {("a", "2024-04-15"): {"past_spells": 1.0}},
        {("a", "2024-02-01"): True},
        {"a": ["2024-03-01"]},
    ),
    Case(
        "three spells are two past ones",
        [*TWICE, contract("a", "2024-12-01")],
        {("a", "2025-01-01"): {"past_spells": 2.0}},
    ),
    Case(
        "a return recorded late is unknown until then",
        [FIRST, contract("a", "2024-05-01", recorded_at="2024-07-10")],
        {("a", "2024-07-01"): None, ("a", "2024-08-01"): {"past_spells": 1.0}},
    ),
    Case(
        "by the churns table too a return begins a second spell",
        [
            contract("a", "2024-01-01"),
            contract("a", "2024-05-01"),
            row("churns", "a", churned_at="2024-03-01"),
        ],
        {("a", "2024-04-15"): None, ("a", "2024-07-01"): {"past_spells": 1.0}},
        {("a", "2024-02-01"): True, ("a", "2024-07-01"): False},
        settings=CHURNS,
    ),
    Case(
        "a churn recorded late ends nothing before it was known",
        [
            contract("a", "2024-01-01"),
            row("churns", "a", churned_at="2024-03-01", recorded_at="2024-04-20"),
        ],
        {("a", "2024-04-15"): {}, ("a", "2024-07-01"): None},
        {("a", "2024-02-01"): True, ("a", "2024-04-15"): None},
        settings=CHURNS,
    ),
    Case(
        "by inactivity silence is departure and an event a return",
        [used("a", "2024-01-10"), used("a", "2024-02-10"), used("a", "2024-08-10")],
        {("a", "2024-02-15"): {}, ("a", "2024-07-01"): None, ("a", "2024-08-15"): {}},
        {("a", "2024-02-15"): True, ("a", "2024-08-15"): True},
        settings=INACTIVITY,
    ),
]
