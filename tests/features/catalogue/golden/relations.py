"""I06–I12 and I17–I20: what they answered, asked, read and came to."""

from features.catalogue.support import CATEGORIES
from tests.features.catalogue.golden.case import Case, ago, message, survey, ticket

SURVEYS = (
    Case(
        "the latest answer counts, and how old it is",
        {
            "nps_latest": 4.0,
            "nps_change": -5.0,
            "days_since_nps": 10,
            "nps_mean_365d": 6.5,
            "days_since_survey": 10,
            "survey_answers_365d": 2,
            "survey_change": -5 / 9,
        },
        surveys=[survey(10, "nps", 4), survey(200, "nps", 9)],
    ),
    Case(
        "an answer at the cut-off or recorded from then on is not known",
        {"nps_latest": 9.0, "nps_change": None, "days_since_nps": 365, "nps_mean_365d": 9.0},
        surveys=[
            survey(0, "nps", 0),
            survey(1, "nps", 1, recorded_at=ago(0)),
            survey(365, "nps", 9),
        ],
    ),
    Case(
        "an answer older than a year is remembered but is not of this year",
        {"nps_latest": 9.0, "days_since_nps": 366, "nps_mean_365d": None, "survey_answers_365d": 0},
        surveys=[survey(366, "nps", 9)],
    ),
    Case(
        "of two answers at the same instant the lower is the latest",
        {"nps_latest": 3.0, "nps_change": -5.0, "nps_mean_365d": 5.5},
        surveys=[survey(5, "nps", 8), survey(5, "nps", 3)],
    ),
    Case(
        "satisfaction is kept apart from NPS",
        {
            "csat_latest": 5.0,
            "csat_change": 1.5,
            "days_since_csat": 30,
            "csat_mean_365d": 4.25,
            "nps_latest": None,
            "days_since_nps": None,
            "nps_mean_365d": None,
            "days_since_survey": 30,
            "survey_change": 1.5 / 3.5,
        },
        surveys=[survey(30, "CSAT", 5), survey(60, "csat", 3.5)],
    ),
    Case(
        "a survey of any other kind and scale is compared with its own last answer",
        {"survey_answers_365d": 3, "survey_change": 0.5, "csat_latest": None, "nps_latest": 2.0},
        surveys=[survey(4, "ease", 90), survey(50, "ease", 60), survey(20, "nps", 2)],
    ),
    Case(
        "who never answered is missing, not zero",
        {
            "nps_latest": None,
            "nps_change": None,
            "csat_latest": None,
            "csat_change": None,
            "csat_mean_365d": None,
            "days_since_csat": None,
            "days_since_survey": None,
            "survey_change": None,
            "survey_answers_365d": 0,
        },
    ),
    Case(
        "an answer without a rating is none",
        {"nps_latest": 6.0, "survey_answers_365d": 1},
        surveys=[survey(5, "nps", None), survey(9, "nps", 6)],
    ),
)

TICKETS = (
    Case(
        "tickets count in the window in which they were opened",
        {
            "tickets_28d": 1,
            "tickets_90d": 3,
            "tickets_365d": 4,
            "tickets_90d_vs_prev_90d": 2.0,
            "days_since_ticket": 28,
        },
        tickets=[ticket(0), ticket(28), ticket(29), ticket(90), ticket(180)],
    ),
    Case(
        "a ticket resolved at the cut-off or later is still open",
        {
            "tickets_open": 2,
            "oldest_open_ticket_days": 5,
            "tickets_resolved_share_90d": 1 / 3,
            "tickets_resolved_share_365d": 1 / 3,
            "resolution_hours_365d": 12.0,
            "ticket_csat_365d": 4.0,
        },
        tickets=[
            ticket(5, 0, csat=1.0),
            ticket(4, -2, csat=1.0),
            ticket(3, 2.5, csat=4.0),
        ],
    ),
    Case(
        "a ticket recorded from the cut-off on is not known",
        {"tickets_28d": 0, "tickets_open": 0, "days_since_ticket": None},
        tickets=[ticket(5, recorded_at=ago(0))],
    ),
    Case(
        "no ticket at all",
        {
            "tickets_28d": 0,
            "tickets_365d": 0,
            "tickets_90d_vs_prev_90d": None,
            "tickets_open": 0,
            "oldest_open_ticket_days": None,
            "tickets_resolved_share_90d": None,
            "tickets_resolved_share_365d": None,
            "resolution_hours_365d": None,
            "ticket_csat_365d": None,
            "urgent_tickets_90d": 0,
            "ticket_categories_365d": 0,
            **{f"ticket_share_{value}_365d": None for value in CATEGORIES},
            "tickets_billing_90d": 0,
            "tickets_cancellation_90d": 0,
            "days_since_ticket": None,
        },
    ),
    Case(
        "tickets about money and about leaving count for ninety days",
        {"tickets_billing_90d": 2, "tickets_cancellation_90d": 1},
        tickets=[
            ticket(1, category="billing"),
            ticket(90, category="billing"),
            ticket(91, category="billing"),
            ticket(4, category="cancellation"),
            ticket(0, category="cancellation"),
        ],
    ),
    Case(
        "support is rated on average over resolved tickets of the year",
        {"ticket_csat_365d": 3.5, "resolution_hours_365d": 24.0},
        tickets=[
            ticket(10, 9, csat=5.0),
            ticket(365, 364, csat=2.0),
            ticket(366, 365, csat=1.0),
            ticket(20, 19),
        ],
    ),
    Case(
        "priority and category say what it is about",
        {
            "urgent_tickets_90d": 2,
            "ticket_categories_365d": 5,
            "ticket_share_bug_365d": 0.375,
            "ticket_share_billing_365d": 0.125,
            "ticket_share_how_to_365d": 0.125,
            "ticket_share_performance_365d": 0.0,
            "ticket_share_integration_365d": 0.125,
            "ticket_share_cancellation_365d": 0.125,
        },
        tickets=[
            ticket(1, priority="High", category="bug"),
            ticket(90, priority="critical", category="Bug"),
            ticket(91, priority="urgent", category="bug"),
            ticket(2, priority="low", category="billing"),
            ticket(3, priority=None, category="how_to"),
            ticket(4, category="integration"),
            ticket(4, category="cancellation"),
            ticket(5, category=None),
            ticket(0, category="performance"),
        ],
    ),
    Case(
        "another account is slow",
        {"ticket_share_performance_365d": 1.0, "ticket_share_bug_365d": 0.0},
        tickets=[ticket(1, category="performance")],
    ),
)

MESSAGES = (
    Case(
        "rates divide what was done by what was sent in the same window",
        {
            "email_open_rate_28d": 0.5,
            "email_open_rate_90d": 2 / 3,
            "email_click_rate_90d": 1 / 3,
            "email_opens_90d_vs_prev_90d": 1.0,
        },
        messages=[
            message(1, "email_sent"),
            message(28, "email_sent"),
            message(29, "email_sent"),
            message(1, "email_open"),
            message(90, "email_open"),
            message(91, "email_open"),
            message(5, "email_click"),
            message(0, "email_click"),
        ],
    ),
    Case(
        "more opens than e-mails are a rate of one",
        {"email_open_rate_28d": 1.0, "email_click_rate_90d": 0.0},
        messages=[message(3, "email_sent"), message(2, "email_open"), message(1, "email_open")],
    ),
    Case(
        "nothing sent, no rate; nothing heard, no age",
        {
            "email_open_rate_28d": None,
            "email_open_rate_90d": None,
            "email_click_rate_90d": None,
            "email_opens_90d_vs_prev_90d": None,
            "event_attendance_rate_365d": None,
            "events_attended_90d": 0,
            "community_posts_90d": 0,
            "meetings_90d": 0,
            "days_since_meeting": None,
            "inbound_messages_90d": 0,
            "days_since_inbound": None,
        },
    ),
    Case(
        "events attended against events invited to",
        {"event_attendance_rate_365d": 0.5, "events_attended_90d": 1},
        messages=[
            message(30, "event_invited"),
            message(365, "event_invited"),
            message(366, "event_invited"),
            message(20, "event_attended"),
        ],
    ),
    Case(
        "posts and meetings of the quarter, and the last meeting whenever it was",
        {"community_posts_90d": 2, "meetings_90d": 0, "days_since_meeting": 91},
        messages=[
            message(1, "community_post"),
            message(90, "community_post"),
            message(91, "meeting"),
            message(200, "meeting"),
            message(0, "meeting"),
        ],
    ),
    Case(
        "silence is counted from the last message that came from the customer",
        {"inbound_messages_90d": 1, "days_since_inbound": 40, "meetings_90d": 1},
        messages=[
            message(3, "email_sent", direction="outbound"),
            message(40, "call", direction="In"),
            message(100, "call", direction="inbound"),
            message(2, "call", direction="inbound", recorded_at=ago(0)),
            message(1, "meeting", direction=None),
        ],
    ),
)

CASES = (*SURVEYS, *TICKETS, *MESSAGES)
