"""A company's own features, declared in the settings."""

from tests.features.catalogue.golden.case import CONTRACT, Case, ago, event

SECOND = 1 / 86_400
PEER = {**CONTRACT, "plan": "Peers"}
"""A plan of its own, so that these accounts are each other's peers and nobody else's."""

CASES = (
    Case(
        "any event of a list or a pattern counts in the window, each row once",
        {
            "documents_28d": 4,
            "amounts_28d": 7.5,
            "outcome_28d": 1 / 3,
            "breadth_28d": 2,
            "breadth_of_all_28d": 6,
            "reports_28d": 2,
        },
        events=[
            event(0, "report"),
            event(1, "report"),
            event(28, "report"),
            event(28 + SECOND, "report"),
            event(10, "rep"),
            event(40, "rep"),
            event(3, "share", quantity=1.5),
            event(3, "shape", quantity=4.0),
            event(4, "call", quantity=2.0),
            event(5, "called", quantity=50.0),
            event(29, "connect"),
            event(2, "invite", recorded_at=ago(0)),
        ],
    ),
    Case(
        "an account that did none of it has nothing to relate, to share or to compare",
        {
            "documents_28d": 0,
            "amounts_28d": 0.0,
            "outcome_28d": None,
            "never_any": 1,
            "days_to_any": None,
            "breadth_28d": 0,
            "breadth_of_all_28d": 0,
            "authors_28d": 0,
            "author_seats_28d": 0.0,
            "document_days_28d": 0,
            "days_since_document": None,
            "top_author_28d": None,
            "top_user_28d": None,
            "reports_now_28d_vs_prev_28d": None,
            "reports_long_28d_vs_prev_84d": None,
            "reports_chance_28d_vs_prev_28d": 0.0,
            "all_chance_28d_vs_prev_84d": 0.0,
            "authors_now_28d_vs_prev_28d": None,
            "sharing_now_28d_vs_prev_56d": None,
            "days_now_28d_vs_prev_28d": None,
            "breadth_now_28d_vs_prev_28d": None,
        },
    ),
    Case(
        "users are those who did it, the busiest has a share of what users are known for",
        {
            "authors_28d": 2,
            "author_seats_28d": 0.1,
            "document_days_28d": 4,
            "days_since_document": 1,
            "top_author_28d": 1.0,
            "top_user_28d": 0.5,
        },
        events=[
            event(1, "report", user_id="one"),
            event(9, "report", user_id="one"),
            event(28, "share", user_id="two"),
            event(28 + SECOND, "report", user_id="too early"),
            event(5, "report"),
            event(2, "connect", user_id="no author"),
            event(2, "report", user_id="not known yet", recorded_at=ago(0)),
        ],
    ),
    Case(
        "without seats their share is missing",
        {"author_seats_28d": None, "authors_28d": 1},
        subscriptions=[{**CONTRACT, "seats": None}],
        events=[event(1, "report", user_id="one")],
    ),
    Case(
        "a day with several of the events counts once, however late they came",
        {"document_days_28d": 1, "documents_28d": 3, "days_since_document": 5},
        events=[
            event(5, "report"),
            event(5, "share", recorded_at=ago(3)),
            event(5, "report", recorded_at=ago(2)),
        ],
    ),
    Case(
        "the first of several events in the present spell is the first use",
        {"never_any": 0, "days_to_any": 3, "days_since_document": 400},
        subscriptions=[
            {**CONTRACT, "started_at": ago(500), "ended_at": ago(200)},
            {**CONTRACT, "started_at": ago(100)},
        ],
        events=[
            event(150, "connect"),
            event(97, "invite"),
            event(90, "connect"),
            event(400, "shout"),
        ],
    ),
    Case(
        "the window is held against the mean of those before, each edge where it belongs",
        {
            "reports_now_28d_vs_prev_28d": 0.5,
            "authors_now_28d_vs_prev_28d": 1.0,
            "days_now_28d_vs_prev_28d": 1.0,
            "breadth_now_28d_vs_prev_28d": 1.0,
            "reports_long_28d_vs_prev_84d": 2.0,
            "reports_chance_28d_vs_prev_28d": 1 / 3**0.5,
            "all_chance_28d_vs_prev_84d": (4 - 4 / 3) / (4 / 3 + 1) ** 0.5,
            "sharing_now_28d_vs_prev_56d": -1 / 3,
        },
        events=[
            event(1, "report", user_id="a"),
            event(2, "report", user_id="b"),
            event(28, "report", user_id="b"),
            event(3, "share", user_id="a"),
            event(28 + SECOND, "report", user_id="a"),
            event(56, "report", user_id="a"),
            event(56 + SECOND, "report", user_id="a"),
            event(60, "share", user_id="a"),
            event(112 + SECOND, "report", user_id="a"),
        ],
    ),
    Case(
        "an account younger than the windows has no past of its own",
        {
            "reports_now_28d_vs_prev_28d": None,
            "reports_long_28d_vs_prev_84d": None,
            "reports_chance_28d_vs_prev_28d": None,
            "all_chance_28d_vs_prev_84d": None,
        },
        subscriptions=[{**CONTRACT, "started_at": ago(55)}],
        events=[event(d, "report") for d in (1, 30)],
    ),
    Case(
        "in units of chance a younger account is held against the windows it has lived through",
        {
            "reports_chance_28d_vs_prev_28d": -1 / 3**0.5,
            "all_chance_28d_vs_prev_84d": -0.5 / 2.5**0.5,
            "reports_long_28d_vs_prev_84d": None,
        },
        subscriptions=[{**CONTRACT, "started_at": ago(84)}],
        events=[event(d, "report") for d in (1, 30, 40, 70, 100)],
    ),
    Case(
        "a window that it has lived through but for a moment is none",
        {"all_chance_28d_vs_prev_84d": -1 / 3**0.5},
        subscriptions=[{**CONTRACT, "started_at": ago(84 - SECOND)}],
        events=[event(d, "report") for d in (1, 30, 40, 70)],
    ),
    Case(
        "what was never done before is told in units of chance as well",
        {"reports_chance_28d_vs_prev_28d": 5.0, "reports_now_28d_vs_prev_28d": None},
        events=[event(d, "report") for d in (1, 2, 3, 4, 5)],
    ),
    Case(
        "what was done in an earlier spell is no past of the present one",
        {"all_chance_28d_vs_prev_84d": 0.5 / 1.5**0.5},
        subscriptions=[
            {**CONTRACT, "started_at": ago(500), "ended_at": ago(300)},
            {**CONTRACT, "started_at": ago(90)},
        ],
        events=[event(d, "report") for d in (1, 70, 95, 310)],
    ),
    Case(
        "one of three peers, with half of their median",
        {
            "reports_peers_90d_vs_peers": 0.5,
            "since_peers_vs_peers": 1.0,
            "top_peers_90d_vs_peers": 1 / 0.75,
        },
        subscriptions=[PEER],
        events=[event(3, user_id="one"), event(90, user_id="one"), event(90 + SECOND)],
    ),
    Case(
        "one of three peers, the median itself",
        {
            "reports_peers_90d_vs_peers": 1.0,
            "since_peers_vs_peers": 10 / 3,
            "top_peers_90d_vs_peers": 0.5 / 0.75,
        },
        subscriptions=[PEER],
        events=[event(day, user_id=user) for day in (10, 11) for user in ("one", "two")],
    ),
    Case(
        "one of three peers, with twice their median",
        {
            "reports_peers_90d_vs_peers": 2.0,
            "since_peers_vs_peers": 2 / 3,
            "top_peers_90d_vs_peers": 1.0,
        },
        subscriptions=[PEER],
        events=[event(2, user_id="one")] * 6 + [event(2, user_id="two")] * 2,
    ),
    Case(
        "an account alone on its plan has no peers",
        {
            "reports_peers_90d_vs_peers": None,
            "since_peers_vs_peers": None,
            "top_peers_90d_vs_peers": None,
        },
        subscriptions=[{**CONTRACT, "plan": "Alone"}],
        events=[event(1, user_id="one")],
    ),
)
