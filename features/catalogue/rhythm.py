"""I01 and I02: how often it is used, at which intervals, and for how long."""

from features.catalogue.declaration import Declaration, declare, span
from features.catalogue.volume import TOO_YOUNG, active_days, uses
from features.measures import Change, Constant, DaysSince, Measured, Minus, Over, Share, Times

_LAST = Measured("last_day", "day", how="max", empty=None)
_GAP = Share(
    Minus(
        Measured("days", "last_day", 365, how="max", empty=None),
        Measured("days", "first_day", 365, how="min", empty=None),
    ),
    Minus(active_days(365), Constant(1)),
)
_LOGGED_IN = ("events", "events.event=login")
_TIMED = ("events", "events.duration_s")
_HOUR_MS = 60 * 60 * 1000


def _logins(days: int, skip: int = 0) -> Measured:
    return Measured("days", "n:login", days, skip)


def _spent(days: int, skip: int = 0) -> Measured:
    return Measured("days", "duration_ms", days, skip)


RHYTHM = (
    declare(
        "days_since_last_event",
        DaysSince(_LAST),
        group="usage",
        indicator="I01",
        unit="days",
        good="down",
        needs=("events",),
        label=("最後の利用からの日数", "Days since last use"),
        worse=("しばらく利用されていない", "Not used for a while"),
        better=("最近も利用されている", "Used recently"),
        missing=("一度も利用されていない", "Never used"),
        missing_means="Missing where there was no activity at all.",
    ),
    declare(
        "mean_gap_days_365d",
        _GAP,
        group="usage",
        indicator="I01",
        unit="days",
        good="down",
        window_days=365,
        needs=("events",),
        label=("利用の間隔（直近1年）", "Usual gap between active days, last year"),
        worse=("利用の間隔が長い", "Long gaps between uses"),
        better=("短い間隔で利用されている", "Used at short intervals"),
        missing=("利用の間隔がまだわからない", "Too few active days to know the usual gap"),
        missing_means="Missing with fewer than two active days in the window.",
    ),
    declare(
        "silence_vs_usual_gap",
        Share(DaysSince(_LAST), _GAP),
        group="usage",
        indicator="I01",
        unit="rating",
        good="down",
        window_days=365,
        needs=("events",),
        label=("いつもの間隔に対する空白の長さ", "Silence against the usual gap (times)"),
        worse=("いつもの間隔より長く利用がない", "Silent for longer than usual"),
        better=("いつもどおりの間隔で利用されている", "Used at the usual intervals"),
        missing=("いつもの間隔がまだわからない", "Too few active days to know the usual gap"),
        missing_means="Missing with fewer than two active days in the window.",
    ),
    declare(
        "unevenness_90d",
        Share(Measured("days", "squares", 90), Times(uses(90), uses(90))),
        group="usage",
        indicator="I03",
        unit="share",
        good="none",
        window_days=90,
        needs=("events",),
        label=("利用の集中度（直近90日）", "Concentration of use on single days, last 90 days"),
        worse=("利用が一部の日に偏っている", "Use is concentrated on single days"),
        better=("利用がならされている", "Use is spread evenly"),
        missing=("直近90日の利用なし", "No use in the last 90 days"),
        missing_means="Missing without any use in the window.",
    ),
)
"""Recency, the usual interval, and silence against it."""


def _logins_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"logins_per_week_{days}d",
        Over(_logins(days), days / 7),
        group="usage",
        indicator="I01",
        unit="per_week",
        good="up",
        window_days=days,
        needs=_LOGGED_IN,
        label=(f"ログイン頻度（{ja}）", f"Logins a week, {en}"),
        worse=("ログインが少ない", "People rarely log in"),
        better=("よくログインされている", "People log in often"),
    )


LOGINS = (
    *(_logins_in(days) for days in (28, 90)),
    declare(
        "logins_28d_vs_prev_28d",
        Change(_logins(28), _logins(28, 28), 56),
        group="usage",
        indicator="I01",
        unit="change",
        good="up",
        window_days=56,
        needs=_LOGGED_IN,
        label=("ログインの4週変化", "Change in logins over 4 weeks"),
        worse=("ログインがこの4週で減った", "Logins have fallen in 4 weeks"),
        better=("ログインがこの4週で増えた", "Logins have grown in 4 weeks"),
        missing=("ログインの比較ができない", "No earlier logins to compare with"),
        missing_means=TOO_YOUNG,
    ),
)
"""How often people log in."""


def _hours_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"hours_per_week_{days}d",
        Over(_spent(days), _HOUR_MS * days / 7),
        group="usage",
        indicator="I02",
        unit="hours",
        good="up",
        window_days=days,
        needs=_TIMED,
        label=(f"週あたりの利用時間（{ja}）", f"Hours a week, {en}"),
        worse=("利用時間が短い", "Little time is spent in it"),
        better=("長い時間利用されている", "Much time is spent in it"),
    )


TIME = (
    *(_hours_in(days) for days in (28, 90)),
    declare(
        "hours_per_active_day_28d",
        Share(Over(_spent(28), _HOUR_MS), active_days(28)),
        group="usage",
        indicator="I02",
        unit="hours",
        good="up",
        window_days=28,
        needs=_TIMED,
        label=("1日あたりの滞在時間（直近4週）", "Hours per active day, last 4 weeks"),
        worse=("滞在時間が短い", "Visits are short"),
        better=("滞在時間が長い", "Visits are long"),
        missing=("直近4週の利用なし", "No use in the last 4 weeks"),
        missing_means="Missing without an active day in the window.",
    ),
    declare(
        "hours_28d_vs_prev_28d",
        Change(_spent(28), _spent(28, 28), 56),
        group="usage",
        indicator="I02",
        unit="change",
        good="up",
        window_days=56,
        needs=_TIMED,
        label=("利用時間の4週変化", "Change in hours over 4 weeks"),
        worse=("利用時間がこの4週で減った", "Time spent has fallen in 4 weeks"),
        better=("利用時間がこの4週で増えた", "Time spent has grown in 4 weeks"),
        missing=("利用時間の比較ができない", "No earlier hours to compare with"),
        missing_means=TOO_YOUNG,
    ),
)
"""How much time is spent."""
