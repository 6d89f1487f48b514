"""Merged accounts: b ceases in a on the first of June 2024, unless the case says otherwise."""

from tests.builders.small_companies import (
    CHURNS,
    INACTIVITY,
    Case,
    contract,
    merged,
    row,
    used,
)

BEFORE, AT, AFTER, LATER = "2024-05-01", "2024-06-01", "2024-06-02", "2024-09-01"
A = contract("a", "2024-01-01", mrr=100.0, seats=5, subscription_id="s1", plan="Pro")
B = contract("b", "2023-06-01", mrr=50.0, seats=2, subscription_id="s2", plan="Basic")
MERGE = merged("b", "a", AT)


def ended(account: str, start: str, end: str | None, **more: object) -> tuple[str, dict]:  # type: ignore[type-arg]
    return contract(account, start, end, **more)


CASES = [
    Case(
        "before the merge both are as they were",
        [A, B, MERGE],
        {("a", BEFORE): {"mrr": 100.0, "seats": 5.0}, ("b", BEFORE): {"mrr": 50.0, "seats": 2.0}},
    ),
    Case("at its instant still", [A, B, MERGE], {("a", AT): {"mrr": 100.0}, ("b", AT): {}}),
    Case(
        "after it there is one account with the money and seats of both",
        [A, B, MERGE],
        {("a", AFTER): {"mrr": 150.0, "seats": 7.0}, ("b", AFTER): None},
    ),
    Case(
        "its history is that of both, from the older beginning",
        [A, B, MERGE],
        {("a", AFTER): {"fact_started_at": B[1]["started_at"], "past_spells": 0.0}},
    ),
    Case(
        "users of both are counted once",
        [
            A,
            B,
            MERGE,
            used("a", "2024-05-20", "x"),
            used("b", "2024-05-21", "x"),
            used("b", "2024-05-21", "y"),
        ],
        {
            ("a", AT): {"active_users_28d": 1.0, "events_28d": 1.0},
            ("b", AT): {"active_users_28d": 2.0, "events_28d": 2.0},
            ("a", AFTER): {"active_users_28d": 2.0, "events_28d": 3.0, "active_days_28d": 2.0},
        },
    ),
    Case(
        "a day active in both is one active day",
        [A, B, MERGE, used("a", "2024-05-20"), used("b", "2024-05-20T12:00")],
        {("a", AFTER): {"active_days_28d": 1.0, "events_28d": 2.0}},
    ),
    Case(
        "a subscription that went along counts once, and its history goes on",
        [A, B, MERGE, contract("a", AT, mrr=50.0, seats=2, subscription_id="s2", plan="Basic")],
        {
            ("b", AT): {"mrr": 50.0},
            ("a", AFTER): {"mrr": 150.0, "seats": 7.0, "renewals": 0.0},
        },
    ),
    Case(
        "a subscription that was copied whole counts once",
        [A, B, MERGE, contract("a", "2023-06-01", mrr=50.0, seats=2, subscription_id="s2")],
        {("a", AFTER): {"mrr": 150.0, "seats": 7.0}},
    ),
    Case(
        "the copy counts only once it is known",
        [A, B, MERGE, contract("a", AT, mrr=60.0, subscription_id="s2", recorded_at="2024-07-10")],
        {("a", AFTER): {"mrr": 150.0}, ("a", LATER): {"mrr": 160.0}},
    ),
    Case(
        "a merge recorded late counts from then on",
        [A, B, merged("b", "a", AT, recorded_at="2024-07-10")],
        {
            ("a", AFTER): {"mrr": 100.0},
            ("b", AFTER): {},
            ("a", LATER): {"mrr": 150.0},
            ("b", LATER): None,
        },
    ),
    Case(
        "undone, both are as if it had never been",
        [A, B, merged("b", "a", AT, "2024-08-01"), used("b", "2024-07-20", "y")],
        {
            ("a", "2024-08-01"): {"mrr": 150.0, "events_90d": 1.0},
            ("a", LATER): {"mrr": 100.0, "events_90d": 0.0, "fact_started_at": A[1]["started_at"]},
            ("b", LATER): {"mrr": 50.0, "events_90d": 1.0},
        },
    ),
    Case(
        "merges may follow one another",
        [A, B, contract("c", "2024-02-01", mrr=7.0), MERGE, merged("a", "c", "2024-07-01")],
        {
            ("a", AFTER): {"mrr": 150.0},
            ("c", AFTER): {"mrr": 7.0},
            ("c", LATER): {"mrr": 157.0, "fact_started_at": B[1]["started_at"]},
            ("a", LATER): None,
            ("b", LATER): None,
        },
    ),
    Case(
        "two may be merged into one",
        [A, B, contract("c", "2024-02-01", mrr=7.0), MERGE, merged("c", "a", AT)],
        {("a", AFTER): {"mrr": 157.0}, ("c", AFTER): None},
    ),
    Case(
        "an account may be merged into one that had left",
        [contract("a", "2023-01-01", "2023-09-01"), B, MERGE],
        {("a", BEFORE): None, ("a", AFTER): {"mrr": 50.0, "past_spells": 0.0}},
    ),
    Case(
        "a merge is no departure of the account that ceases",
        [A, contract("b", "2023-06-01", AT), MERGE],
        {("b", AT): {}},
        {("b", BEFORE): False, ("a", BEFORE): False},
        {},
    ),
    Case(
        "the future of the account that ceases is that of the one it is part of",
        [contract("a", "2024-01-01", "2024-07-15"), contract("b", "2023-06-01", AT), MERGE],
        {},
        {("b", BEFORE): True, ("a", BEFORE): True, ("a", AFTER): True},
        {"a": ["2024-07-15"]},
    ),
    Case(
        "an account that had left before the merge had left",
        [A, contract("b", "2023-06-01", "2024-03-01"), MERGE],
        {},
        {("b", "2024-02-01"): True, ("a", "2024-02-01"): False},
        {"b": ["2024-03-01"]},
    ),
    Case(
        "the old row of a subscription that went along keeps nobody",
        [
            contract("a", "2024-01-01", "2024-07-15"),
            B,
            MERGE,
            contract("a", AT, "2024-07-15", subscription_id="s2"),
        ],
        {("a", "2024-08-01"): None},
        {("a", AFTER): True, ("b", BEFORE): True},
        {"a": ["2024-07-15"]},
    ),
    Case(
        "what runs in the old account keeps the merged one",
        [contract("a", "2024-01-01", "2024-07-15"), B, MERGE],
        {("a", LATER): {"mrr": 50.0}},
        {("a", AFTER): False, ("a", BEFORE): False},
        {},
    ),
    Case(
        "merged and undone, each leaves for itself again",
        [A, contract("b", "2023-06-01", "2024-10-01"), merged("b", "a", AT, "2024-08-01")],
        {},
        {("a", AFTER): False, ("b", LATER): True, ("b", BEFORE): False},
        {"b": ["2024-10-01"]},
    ),
    Case(
        "tickets, answers and invoices of the old account are those of the new",
        [
            A,
            B,
            MERGE,
            row("tickets", "b", opened_at="2024-05-20", resolved_at=None),
            row("surveys", "b", responded_at="2024-05-25T08:00", kind="nps", rating=2.0),
            row("surveys", "a", responded_at="2024-05-20T08:00", kind="nps", rating=9.0),
            row("invoices", "b", issued_at="2024-05-01", amount=30.0, paid_at=None),
        ],
        {
            ("a", AT): {"tickets_open": 0.0, "nps_latest": 9.0},
            ("a", AFTER): {"tickets_open": 1.0, "nps_latest": 2.0, "unpaid_amount": 30.0},
        },
    ),
    Case(
        "by the churns table a churn on the day of the merge says that the account ceased",
        [A, B, MERGE, row("churns", "b", churned_at="2024-06-01T17:00")],
        {("a", LATER): {"mrr": 150.0}},
        {("b", BEFORE): False, ("a", BEFORE): False},
        {},
        CHURNS,
    ),
    Case(
        "a churn of the one that goes on ends all of it",
        [A, B, MERGE, row("churns", "a", churned_at="2024-07-15")],
        {("a", LATER): None},
        {("b", BEFORE): True, ("a", AFTER): True},
        {"a": ["2024-07-15"]},
        CHURNS,
    ),
    Case(
        "a churn before the merge ends only the account that left",
        [A, B, MERGE, row("churns", "b", churned_at="2024-03-01")],
        {("a", AFTER): {}, ("b", "2024-03-02"): None},
        {("b", "2024-02-01"): True, ("a", "2024-02-01"): False},
        {"b": ["2024-03-01"]},
        CHURNS,
    ),
    Case(
        "by inactivity the old account lives on in what the new one does",
        [
            used("a", "2024-05-10"),
            used("b", "2024-05-20"),
            MERGE,
            *(used("a", f"2024-{month:02}-10") for month in range(6, 13)),
            used("a", "2025-02-10"),
            used("a", "2025-04-10"),
        ],
        {("b", AT): {}, ("b", AFTER): None, ("a", AFTER): {"events_28d": 2.0}},
        {("b", AT): False, ("a", AFTER): False},
        {},
        INACTIVITY,
    ),
    Case(
        "by inactivity both fall silent together",
        [used("a", "2024-05-10"), used("b", "2024-05-20"), MERGE],
        {},
        {("b", "2024-05-25"): True, ("a", AFTER): True},
        {"a": ["2024-08-08"]},
        INACTIVITY,
    ),
]
