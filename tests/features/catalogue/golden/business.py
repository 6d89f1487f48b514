"""I13–I16, I21, payment and profile: contract, first steps, invoices, who they are."""

from tests.features.catalogue.golden.case import CONTRACT, Case, ago, event, invoice

CONTRACTS = (
    Case(
        "a contract that has run since two years ago",
        {
            "plan": "Basic",
            "seats": 10,
            "mrr": 100.0,
            "mrr_per_seat": 10.0,
            "tenure_months": 730 / 30.4375,
            "renewals": 0,
            "renewals_365d": 0,
            "plan_changes_365d": 0,
            "past_spells": 0,
            "mrr_change_90d": 0.0,
            "mrr_change_365d": 0.0,
            "seats_change_90d": 0.0,
            "days_to_renewal": None,
            "term_months": None,
            "auto_renew": None,
        },
    ),
    Case(
        "a contract that ends at the cut-off or later is running as far as is known",
        {"plan": "Basic", "tenure_months": 100 / 30.4375},
        subscriptions=[{**CONTRACT, "started_at": ago(100), "ended_at": ago(0)}],
    ),
    Case(
        "a change of plan keeps the spell; the terms are the latest known ones",
        {
            "plan": "Pro",
            "seats": 20,
            "mrr": 300.0,
            "mrr_change_90d": 2.0,
            "mrr_change_365d": 2.0,
            "seats_change_90d": 1.0,
            "plan_changes_365d": 1,
            "renewals": 0,
            "tenure_months": 400 / 30.4375,
            "days_to_renewal": 20,
            "term_months": 12,
            "auto_renew": 1,
        },
        subscriptions=[
            {**CONTRACT, "started_at": ago(400), "ended_at": ago(30)},
            {
                **CONTRACT,
                "started_at": ago(30),
                "plan": "Pro",
                "seats": 20,
                "mrr": 300.0,
                "renews_at": ago(-20),
                "term_months": 12,
                "auto_renew": True,
            },
            {**CONTRACT, "started_at": ago(0), "plan": "Enterprise", "seats": 99, "mrr": 999.0},
            {**CONTRACT, "started_at": ago(5), "plan": "Enterprise", "recorded_at": ago(0)},
        ],
    ),
    Case(
        "each term that follows with the same plan is a renewal",
        {"renewals": 3, "renewals_365d": 2, "plan_changes_365d": 0, "past_spells": 0},
        subscriptions=[
            {**CONTRACT, "started_at": ago(700), "ended_at": ago(600)},
            {**CONTRACT, "started_at": ago(600), "ended_at": ago(365)},
            {**CONTRACT, "started_at": ago(365), "ended_at": ago(130)},
            {**CONTRACT, "started_at": ago(100), "auto_renew": False, "renews_at": ago(1)},
        ],
    ),
    Case(
        "a renewal date that has passed is no date to come",
        {"days_to_renewal": None, "auto_renew": 0},
        subscriptions=[{**CONTRACT, "auto_renew": False, "renews_at": ago(1)}],
    ),
    Case(
        "a return after more than the allowed gap begins anew",
        {
            "past_spells": 1,
            "tenure_months": 50 / 30.4375,
            "renewals": 0,
            "plan_changes_365d": 0,
            "mrr_change_90d": None,
            "mrr_change_365d": 0.0,
            "seats_change_90d": None,
        },
        subscriptions=[
            {**CONTRACT, "started_at": ago(400), "ended_at": ago(91)},
            {**CONTRACT, "started_at": ago(50)},
        ],
    ),
    Case(
        "amounts of contracts side by side add up; the latest names the plan",
        {"mrr": 150.5, "seats": 14, "plan": "Add-on", "mrr_change_90d": 0.505},
        subscriptions=[
            CONTRACT,
            {**CONTRACT, "started_at": ago(10), "plan": "Add-on", "seats": 4, "mrr": 50.5},
        ],
    ),
    Case(
        "of contracts begun at the same instant the larger names the plan",
        {"plan": "Large", "mrr": 110.0},
        subscriptions=[
            {**CONTRACT, "plan": "Small", "mrr": 10.0},
            {**CONTRACT, "plan": "Large", "mrr": 100.0},
        ],
    ),
    Case(
        "unknown terms are missing",
        {"plan": None, "mrr": None, "mrr_change_90d": None, "mrr_change_365d": None},
        subscriptions=[{**CONTRACT, "plan": None, "mrr": None}],
    ),
)

FIRST_STEPS = (
    Case(
        "the set-up and how long it took, from the first time it was completed",
        {"setup_done": 1, "days_to_setup": 12},
        subscriptions=[{**CONTRACT, "started_at": ago(100)}],
        events=[event(88, "setup_completed"), event(10, "setup_completed")],
    ),
    Case(
        "a set-up completed at the cut-off, or not yet recorded, is not completed",
        {"setup_done": 0, "days_to_setup": None},
        events=[event(0, "setup_completed"), event(3, "setup_completed", recorded_at=ago(-1))],
    ),
    Case(
        "courses count once, however often they were taken",
        {
            "courses_started": 2,
            "courses_completed": 1,
            "course_completion_share": 0.5,
            "days_since_learning": 3,
            "hands_on_attended": 2,
        },
        learning=[
            {"occurred_at": ago(9), "course": "first steps", "completed": False},
            {"occurred_at": ago(5), "course": "hands_on", "completed": True},
            {"occurred_at": ago(3), "course": "hands_on", "completed": True},
            {"occurred_at": ago(0), "course": "reports", "completed": True},
            {"occurred_at": ago(2), "course": "api", "completed": True, "recorded_at": ago(0)},
        ],
    ),
    Case(
        "nothing learned",
        {
            "courses_started": 0,
            "courses_completed": 0,
            "course_completion_share": None,
            "days_since_learning": None,
            "hands_on_attended": 0,
        },
    ),
)

INVOICES = (
    Case(
        "what is due, unpaid and late",
        {
            "overdue_days": 40,
            "overdue_amount": 30.1,
            "unpaid_amount": 100.3,
            "late_share_365d": 0.75,
            "payment_delay_days_365d": 2.5,
        },
        invoices=[
            invoice(60, 10.1, due=40),
            invoice(50, 20.0, due=10, paid=0),
            invoice(20, 70.2, due=0),
            invoice(100, 5.0, due=80, paid=70),
            invoice(90, 5.0, due=60, paid=65),
            invoice(0, 999.0, due=5),
            invoice(30, 999.0, due=10, recorded_at=ago(0)),
        ],
    ),
    Case(
        "an invoice paid on its day is in time",
        {
            "overdue_days": 0,
            "overdue_amount": 0.0,
            "unpaid_amount": 0.0,
            "late_share_365d": 0.0,
            "payment_delay_days_365d": 0.0,
        },
        invoices=[invoice(60, 10.0, due=30, paid=30), invoice(366, 10.0, due=340, paid=300)],
    ),
    Case(
        "no invoice",
        {
            "overdue_days": 0,
            "overdue_amount": 0.0,
            "unpaid_amount": 0.0,
            "late_share_365d": None,
            "payment_delay_days_365d": None,
        },
    ),
)

PROFILE = (
    Case(
        "attributes of the account, numbers, truths and texts",
        {"industry": "retail", "size": "small", "region": None, "employees": 12.0, "partner": 1.0},
        account={"industry": "retail", "size": "small", "employees": 12, "partner": True},
    ),
    Case(
        "an account entered from the cut-off on is not known yet",
        {"industry": None, "employees": None},
        account={"industry": "retail", "employees": 3, "created_at": ago(0)},
    ),
    Case(
        "and one entered just before is",
        {"industry": "public", "size": "large", "region": "north"},
        account={
            "industry": "public",
            "size": "large",
            "region": "north",
            "created_at": ago(0, microseconds=-1),
        },
    ),
    Case(
        "another region, so that there is a choice",
        {"region": "south"},
        account={"region": "south"},
    ),
)

CASES = (*CONTRACTS, *FIRST_STEPS, *INVOICES, *PROFILE)
