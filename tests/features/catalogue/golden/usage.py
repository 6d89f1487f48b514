"""I01–I05 and the product's own features."""

from tests.features.catalogue.golden.case import CONTRACT, Case, ago, event

SECOND = 1 / 86_400

CASES = (
    Case(
        "an event at the cut-off is not counted and one a microsecond before it is",
        {"events_7d": 1, "days_since_last_event": 1, "active_days_7d": 1},
        events=[event(0), {"occurred_at": ago(0, microseconds=-1), "event": "use"}],
    ),
    Case(
        "an event exactly at the start of a window is counted and one before it is not",
        {"events_7d": 1, "events_28d": 3, "active_days_7d": 1, "active_days_28d": 3},
        events=[event(7), event(7 + SECOND), event(28)],
    ),
    Case(
        "windows of a quarter and a year begin at their first instant",
        {
            "events_90d": 1,
            "events_365d": 3,
            "active_days_90d": 1,
            "active_days_365d": 3,
            "distinct_events_90d": 1,
            "distinct_events_365d": 2,
        },
        events=[event(90, "a"), event(90 + SECOND, "b"), event(365, "b"), event(365 + SECOND, "c")],
    ),
    Case(
        "equal events at the same instant are each an event and together one active day",
        {"events_7d": 3, "active_days_7d": 1, "distinct_events_7d": 1, "active_users_7d": 1},
        events=[event(2, "use", user_id="u")] * 3,
    ),
    Case(
        "an account without any event has used nothing, on no day, by nobody",
        {
            "events_7d": 0,
            "events_365d": 0,
            "active_days_28d": 0,
            "active_users_28d": 0,
            "distinct_events_28d": 0,
            "seats_in_use_28d": 0.0,
            "logins_per_week_28d": 0.0,
            "hours_per_week_28d": 0.0,
            "quantity_28d": 0.0,
            "days_since_last_event": None,
            "mean_gap_days_365d": None,
            "silence_vs_usual_gap": None,
            "unevenness_90d": None,
            "users_kept_28d": None,
            "events_28d_vs_prev_28d": None,
            "hours_per_active_day_28d": None,
            "events_per_user_28d": None,
        },
    ),
    Case(
        "an event recorded at or after the cut-off is not known yet",
        {"events_7d": 1, "days_since_last_event": 5, "active_users_7d": 1, "distinct_events_7d": 1},
        events=[
            event(1, "late", user_id="x", recorded_at=ago(0)),
            event(2, "later", user_id="y", recorded_at=ago(-3)),
            event(5, "use", user_id="z", recorded_at=ago(0, microseconds=-1)),
        ],
    ),
    Case(
        "a day of which a part came late counts once, with all that is known of it",
        {"events_7d": 3, "active_days_7d": 1, "unevenness_90d": 1.0},
        events=[event(5), event(5, recorded_at=ago(3)), event(5, recorded_at=ago(2))],
    ),
    Case(
        "growth compares the last 28 days with the 28 before, each edge where it belongs",
        {
            "events_28d_vs_prev_28d": 1.0,
            "active_days_28d_vs_prev_28d": 1.0,
            "events_28d": 4,
            "active_days_28d": 4,
        },
        events=[event(d) for d in (1, 2, 3, 28, 28 + SECOND, 56, 56 + SECOND)],
    ),
    Case(
        "quarters are compared likewise",
        {"events_90d_vs_prev_90d": -0.5},
        events=[event(d) for d in (90, 90 + SECOND, 180, 180 + SECOND)],
    ),
    Case(
        "an account younger than both periods has nothing to compare",
        {
            "events_28d_vs_prev_28d": None,
            "active_days_28d_vs_prev_28d": None,
            "logins_28d_vs_prev_28d": None,
            "hours_28d_vs_prev_28d": None,
            "quantity_28d_vs_prev_28d": None,
            "active_users_28d_vs_prev_28d": None,
            "events_90d_vs_prev_90d": None,
            "events_28d": 1,
        },
        subscriptions=[{**CONTRACT, "started_at": ago(55)}],
        events=[event(1, "login", user_id="u"), event(30, "login", user_id="u")],
    ),
    Case(
        "distinct names count once however often they are seen",
        {"distinct_events_7d": 1, "distinct_events_28d": 3},
        events=[event(1, "a"), event(2, "a"), event(20, "a"), event(9, "b"), event(27, "c")],
    ),
    Case(
        "a user counts once per window, by the last day seen",
        {
            "active_users_7d": 1,
            "active_users_28d": 2,
            "active_users_90d": 3,
            "active_users_365d": 4,
            "seats_in_use_28d": 0.2,
            "events_per_user_28d": 2.0,
        },
        events=[
            event(1, user_id="a"),
            event(9, user_id="a"),
            event(28, user_id="b"),
            event(28 + SECOND, user_id="c"),
            event(91, user_id="d"),
            event(5),
        ],
    ),
    Case(
        "seats add up over contracts that run side by side",
        {"seats_in_use_28d": 0.05, "seats": 20},
        subscriptions=[CONTRACT, CONTRACT],
        events=[event(1, user_id="a")],
    ),
    Case(
        "without seats the share of seats is missing",
        {"seats_in_use_28d": None, "seats": None, "mrr_per_seat": None},
        subscriptions=[{**CONTRACT, "seats": None}],
        events=[event(1, user_id="a")],
    ),
    Case(
        "of four users of the weeks before, one is still active",
        {"users_kept_28d": 0.25, "active_users_28d_vs_prev_28d": -0.5},
        events=[
            event(3, user_id="kept"),
            event(30, user_id="kept"),
            event(56, user_id="left"),
            event(28 + SECOND, user_id="left too"),
            event(40, user_id="came back too late to know"),
            event(2, user_id="came back too late to know", recorded_at=ago(0)),
            event(56 + SECOND, user_id="long gone"),
            event(5, user_id="new"),
        ],
    ),
    Case(
        "logins a week are logins over the weeks of the window",
        {
            "logins_per_week_28d": 1.0,
            "logins_per_week_90d": 5 / (90 / 7),
            "logins_28d_vs_prev_28d": 3.0,
        },
        events=[event(d, "login") for d in (1, 2, 3, 28, 28 + SECOND)] + [event(1, "use")],
    ),
    Case(
        "hours are exact to the millisecond, a missing duration is no time",
        {
            "hours_per_week_28d": 0.5,
            "hours_per_week_90d": 3.0 / (90 / 7),
            "hours_per_active_day_28d": 1.0,
            "hours_28d_vs_prev_28d": 1.0,
        },
        events=[
            event(1, duration_s=3600.5),
            event(1, duration_s=1799.5),
            event(28, duration_s=1800.0),
            event(28, duration_s=None),
            event(30, duration_s=3600.0),
        ],
    ),
    Case(
        "quantities add up by window, negative ones as well",
        {
            "quantity_7d": 2.5,
            "quantity_28d": 1.5,
            "quantity_90d": 4.5,
            "quantity_365d": 5.0,
            "quantity_28d_vs_prev_28d": -0.5,
        },
        events=[
            event(1, quantity=2.5),
            event(10, quantity=-1.0),
            event(29, quantity=3.0),
            event(100, quantity=0.5),
            event(3, quantity=None),
        ],
    ),
    Case(
        "the usual gap is the span of active days over the steps between them",
        {
            "mean_gap_days_365d": 10.0,
            "silence_vs_usual_gap": 3.0,
            "days_since_last_event": 30,
        },
        events=[event(50), event(37), event(30), event(30)],
    ),
    Case(
        "one active day makes no gap",
        {"mean_gap_days_365d": None, "silence_vs_usual_gap": None, "days_since_last_event": 4},
        events=[event(4), event(4)],
    ),
    Case(
        "the last use is found however long ago",
        {"days_since_last_event": 700, "events_365d": 0},
        events=[event(700)],
    ),
    Case(
        "concentration is the chance that two uses fall on the same day",
        {"unevenness_90d": (9 + 1) / 16},
        events=[event(3), event(3), event(3), event(90)],
    ),
    Case(
        "named events are counted, related, added up and timed",
        {
            "reports_28d": 2,
            "sharing_28d": 0.5,
            "calls_28d": 7.25,
            "never_connected": 0,
            "days_to_connect": 3,
        },
        subscriptions=[{**CONTRACT, "started_at": ago(100)}],
        events=[
            event(1, "report"),
            event(28, "report"),
            event(28 + SECOND, "report"),
            event(0, "report"),
            event(3, "share"),
            event(4, "call", quantity=7.25),
            event(97, "connect"),
            event(2, "connect"),
        ],
    ),
    Case(
        "named events that were never seen",
        {
            "reports_28d": 0,
            "sharing_28d": None,
            "calls_28d": 0.0,
            "never_connected": 1,
            "days_to_connect": None,
        },
    ),
    Case(
        "what was connected before leaving does not count after the return",
        {"never_connected": 1, "days_to_connect": None, "past_spells": 1, "setup_done": 0},
        subscriptions=[
            {**CONTRACT, "started_at": ago(300), "ended_at": ago(200)},
            {**CONTRACT, "started_at": ago(100)},
        ],
        events=[event(250, "connect"), event(250, "setup_completed")],
    ),
)
