"""Ties and edges: the instant of the cut-off, the first instant of a window, equal instants."""

from tests.builders.small_companies import YOUNG, Case, contract, row, used

DAY = "2024-07-01"
RUNNING = contract("a", "2024-01-01")


def _seen(rule: str, when: str, count: float, **more: str) -> Case:
    """Return a company with one event and how many lie in the 28 days before the first of July."""
    return Case(rule, [RUNNING, used("a", when, **more)], {("a", DAY): {"events_28d": count}})


CASES = [
    _seen("an event at the cut-off is not in the window", "2024-07-01", 0.0),
    _seen("an event a microsecond before it is", "2024-06-30T23:59:59.999999", 1.0),
    _seen("an event at the window's first instant is in it", "2024-06-03", 1.0),
    _seen("an event a microsecond before that is not", "2024-06-02T23:59:59.999999", 0.0),
    _seen("an event recorded at the cut-off is unknown", "2024-06-10", 0.0, recorded_at=DAY),
    _seen(
        "an event recorded a microsecond before it is known",
        "2024-06-10",
        1.0,
        recorded_at="2024-06-30T23:59:59.999999",
    ),
    _seen(
        "an event recorded before it happened counts when it happened",
        "2024-07-01",
        0.0,
        recorded_at="2024-06-01",
    ),
    Case(
        "a contract that starts at the cut-off does not run yet",
        [contract("a", DAY)],
        {("a", DAY): None, ("a", "2024-07-02"): {}},
    ),
    Case(
        "a contract that started a microsecond before runs",
        [contract("a", "2024-06-30T23:59:59.999999")],
        {("a", DAY): {}},
    ),
    Case(
        "a contract that ends at the cut-off runs still, and its end is in the label window",
        [contract("a", "2024-01-01", DAY)],
        {("a", DAY): {}, ("a", "2024-07-02"): None},
        {("a", DAY): True},
    ),
    Case(
        "a contract that ended a microsecond before is over",
        [contract("a", "2024-01-01", "2024-06-30T23:59:59.999999")],
        {("a", DAY): None},
    ),
    Case(
        "of two answers at one instant the lower counts as the latest",
        [
            RUNNING,
            row("surveys", "a", responded_at="2024-06-20T10:00", kind="nps", rating=9.0),
            row("surveys", "a", responded_at="2024-06-20T10:00", kind="nps", rating=3.0),
        ],
        {("a", DAY): {"nps_latest": 3.0}},
    ),
    Case(
        "an answer at the cut-off is not known",
        [
            RUNNING,
            row("surveys", "a", responded_at="2024-06-20T10:00", kind="nps", rating=9.0),
            row("surveys", "a", responded_at=DAY, kind="nps", rating=3.0),
        ],
        {("a", DAY): {"nps_latest": 9.0}},
    ),
    Case(
        "of two contracts begun at one instant the larger gives the plan, and both the money",
        [
            contract("a", "2024-01-01", plan="Basic", mrr=100.0, seats=3),
            contract("a", "2024-01-01", plan="Pro", mrr=200.0, seats=4),
        ],
        {("a", DAY): {"plan": "Pro", "mrr": 300.0, "seats": 7.0}},
    ),
    Case(
        "a ticket resolved at the cut-off is still open",
        [RUNNING, row("tickets", "a", opened_at="2024-06-20", resolved_at=DAY)],
        {("a", DAY): {"tickets_open": 1.0, "tickets_28d": 1.0}},
    ),
    Case(
        "a ticket resolved a microsecond before is not",
        [
            RUNNING,
            row("tickets", "a", opened_at="2024-06-20", resolved_at="2024-06-30T23:59:59.999999"),
        ],
        {("a", DAY): {"tickets_open": 0.0, "tickets_28d": 1.0}},
    ),
    Case(
        "an invoice paid at the cut-off is still unpaid",
        [RUNNING, row("invoices", "a", issued_at="2024-06-01", amount=80.0, paid_at=DAY)],
        {("a", DAY): {"unpaid_amount": 80.0}},
    ),
    Case(
        "an invoice due at the cut-off is not overdue",
        [
            RUNNING,
            row("invoices", "a", issued_at="2024-06-01", amount=80.0, due_at=DAY),
            row("invoices", "a", issued_at="2024-06-01", amount=5.0, due_at="2024-06-30"),
        ],
        {("a", DAY): {"overdue_amount": 5.0, "overdue_days": 1.0}},
    ),
    Case(
        "a leap day is a day of the window",
        [
            RUNNING,
            used("a", "2024-02-29T23:59:59"),
            used("a", "2024-02-02"),
            used("a", "2024-02-01T23:00"),
        ],
        {("a", "2024-03-01"): {"events_28d": 2.0}},
    ),
    Case(
        "a window of 365 days is 365 days in a leap year as well",
        [contract("a", "2023-01-01"), used("a", "2023-07-02"), used("a", "2023-07-01T23:59:59")],
        {("a", DAY): {"events_365d": 1.0}},
    ),
    Case(
        "the last instant of a month is before the first cut-off of the next",
        [RUNNING, used("a", "2024-04-30T23:59:59.999999"), used("a", "2024-05-01")],
        {("a", "2024-05-01"): {"events_7d": 1.0}},
    ),
    Case(
        "an event recorded late counts from then on and never before",
        [RUNNING, used("a", "2024-06-20", recorded_at="2024-07-20")],
        {("a", DAY): {"events_90d": 0.0}, ("a", "2024-08-01"): {"events_90d": 1.0}},
    ),
    Case(
        "a contract recorded late is not live before",
        [contract("a", "2024-01-01", recorded_at="2024-07-20")],
        {("a", DAY): None, ("a", "2024-08-01"): {}},
    ),
    Case(
        "an account younger than the least tenure is not told of",
        [contract("a", "2024-06-02"), contract("b", "2024-06-01")],
        {("a", DAY): None, ("b", DAY): {}},
        settings=YOUNG,
    ),
    Case(
        "a label whose window and gap end with the data is known; a day later it is not",
        [contract("a", "2024-01-01")],
        {},
        {("a", "2025-02-01"): False, ("a", "2025-02-02"): None},
    ),
    Case(
        "of an immature cohort those already seen to leave are unknown as well",
        [contract("a", "2024-01-01", "2025-02-10"), contract("b", "2024-01-01")],
        {},
        {("a", "2025-02-02"): None, ("b", "2025-02-02"): None},
    ),
    Case(
        "the label window holds its first instant and not its end",
        [
            contract("a", "2024-01-01", "2024-09-29"),
            contract("b", "2024-01-01", "2024-09-28T23:59:59"),
        ],
        {},
        {("a", DAY): False, ("b", DAY): True},
    ),
]
