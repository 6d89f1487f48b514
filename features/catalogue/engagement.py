"""I17–I20: mail, events, community, meetings, and silence."""

from features.catalogue.declaration import Declaration, declare, span
from features.measures import Change, DaysSince, Measured, Share


def _count(kind: str, days: int, skip: int = 0) -> Measured:
    return Measured("messages", kind, days, skip)


def _last(kind: str) -> DaysSince:
    return DaysSince(Measured("last_messages", kind, how="max", empty=None))


def _needs(*kinds: str) -> tuple[str, ...]:
    return ("messages", *(f"messages.kind={kind}" for kind in kinds))


def _open_rate_in(days: int) -> Declaration:
    ja, en = span(days)
    nothing = (f"{ja}のメール送信なし", f"No e-mail sent in the {en}")
    return declare(
        f"email_open_rate_{days}d",
        Share(_count("email_open", days), _count("email_sent", days), most=1.0),
        group="engagement",
        indicator="I17",
        unit="share",
        good="up",
        window_days=days,
        needs=_needs("email_sent", "email_open"),
        label=(f"メール開封率（{ja}）", f"E-mail open rate, {en}"),
        worse=("メールが読まれていない", "E-mails go unread"),
        better=("メールがよく読まれている", "E-mails are read"),
        missing=nothing,
        missing_means="Missing where no e-mail was sent in the window; at most 1.",
    )


_MAIL = (
    *(_open_rate_in(days) for days in (28, 90)),
    declare(
        "email_click_rate_90d",
        Share(_count("email_click", 90), _count("email_sent", 90), most=1.0),
        group="engagement",
        indicator="I18",
        unit="share",
        good="up",
        window_days=90,
        needs=_needs("email_sent", "email_click"),
        label=("メールクリック率（直近90日）", "E-mail click rate, last 90 days"),
        worse=("メールのリンクが押されていない", "Links in e-mails are not followed"),
        better=("メールのリンクがよく押されている", "Links in e-mails are followed"),
        missing=("直近90日のメール送信なし", "No e-mail sent in the last 90 days"),
        missing_means="Missing where no e-mail was sent in the window; at most 1.",
    ),
    declare(
        "email_opens_90d_vs_prev_90d",
        Change(_count("email_open", 90), _count("email_open", 90, 90), tenure_days=180),
        group="engagement",
        indicator="I17",
        unit="change",
        good="up",
        window_days=180,
        needs=_needs("email_open"),
        label=("メール開封の90日変化", "Change in e-mail opens over 90 days"),
        worse=("メールが読まれなくなってきた", "E-mails are read less than before"),
        better=("メールが以前より読まれている", "E-mails are read more than before"),
        missing=("メール開封の比較ができない", "No earlier e-mail opens to compare with"),
        missing_means="Missing under 180 days of tenure, or without opens in the earlier period.",
    ),
)


_EVENTS = (
    declare(
        "event_attendance_rate_365d",
        Share(_count("event_attended", 365), _count("event_invited", 365), most=1.0),
        group="engagement",
        indicator="I19",
        unit="share",
        good="up",
        window_days=365,
        needs=_needs("event_invited", "event_attended"),
        label=("イベント参加率（直近1年）", "Event attendance rate, last year"),
        worse=("イベントに参加していない", "Invitations to events are not taken up"),
        better=("イベントによく参加している", "Events are attended"),
        missing=("この1年のイベント招待なし", "No event invitation in the last year"),
        missing_means="Missing where there was no invitation in the window; at most 1.",
    ),
    declare(
        "events_attended_90d",
        _count("event_attended", 90),
        group="engagement",
        indicator="I19",
        unit="count",
        good="up",
        window_days=90,
        needs=_needs("event_attended"),
        label=("イベント参加回数（直近90日）", "Events attended, last 90 days"),
        worse=("最近イベントに参加していない", "No event attended lately"),
        better=("最近イベントに参加している", "Events were attended lately"),
    ),
)


_COMMUNITY = (
    declare(
        "community_posts_90d",
        _count("community_post", 90),
        group="engagement",
        indicator="I20",
        unit="count",
        good="up",
        window_days=90,
        needs=_needs("community_post"),
        label=("コミュニティ投稿数（直近90日）", "Community posts, last 90 days"),
        worse=("コミュニティでの活動が少ない", "Little activity in the community"),
        better=("コミュニティで活発に活動している", "Active in the community"),
    ),
)


_MEETINGS = (
    declare(
        "meetings_90d",
        _count("meeting", 90),
        group="engagement",
        indicator="I19",
        unit="count",
        good="up",
        window_days=90,
        needs=_needs("meeting"),
        label=("打ち合わせ回数（直近90日）", "Meetings, last 90 days"),
        worse=("打ち合わせが少ない", "Few meetings"),
        better=("打ち合わせの機会が多い", "Met often"),
    ),
    declare(
        "days_since_meeting",
        _last("meeting"),
        group="engagement",
        indicator="I19",
        unit="days",
        good="down",
        needs=_needs("meeting"),
        label=("最後の打ち合わせからの日数", "Days since the last meeting"),
        worse=("しばらく打ち合わせがない", "No meeting for a long time"),
        better=("最近打ち合わせをした", "Met recently"),
        missing=("打ち合わせの記録なし", "No meeting on record"),
        missing_means="Missing where there was no meeting yet.",
    ),
)


_DIRECTED = ("messages", "messages.direction")
_VOICE = (
    declare(
        "inbound_messages_90d",
        _count("inbound", 90),
        group="engagement",
        indicator="I20",
        unit="count",
        good="up",
        window_days=90,
        needs=_DIRECTED,
        label=("顧客からの反応の数（直近90日）", "Messages from the customer, last 90 days"),
        worse=("顧客からの反応が少ない", "Little is heard from the customer"),
        better=("顧客からの反応が多い", "The customer is in touch"),
    ),
    declare(
        "days_since_inbound",
        _last("inbound"),
        group="engagement",
        indicator="I20",
        unit="days",
        good="down",
        needs=_DIRECTED,
        label=("顧客からの最後の反応からの日数", "Days since the customer was last heard"),
        worse=("顧客からの反応が途絶えている", "The customer has gone silent"),
        better=("最近も顧客からの反応がある", "The customer was heard recently"),
        missing=("顧客からの反応なし", "Nothing heard from the customer so far"),
        missing_means="Missing where there was no message from the customer yet.",
    ),
)


ENGAGEMENT: tuple[Declaration, ...] = (*_MAIL, *_EVENTS, *_COMMUNITY, *_MEETINGS, *_VOICE)
"""The declarations over ``messages``."""
