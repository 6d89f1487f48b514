"""I01–I05: how often, how long, how many, how widely, and whether they come back."""

from collections.abc import Iterator

from features.catalogue.declaration import Declaration, declare, span
from features.measures import (
    Change,
    Constant,
    DaysSince,
    Held,
    Measured,
    Minus,
    Over,
    Share,
    Times,
)
from features.settings import Settings
from features.usage import QUANTITY_UNIT

TOO_YOUNG = "Missing while the account is younger than both periods, or the earlier one was 0."
NEVER = "Missing where there was no activity at all."


def usage(settings: Settings) -> Iterator[Declaration]:
    """Return the declarations over ``events``."""
    for days in settings.snapshots.windows_days:
        yield from _per_window(days)
    yield from _trends()
    yield from _rhythm()
    yield from _logins()
    yield from _time()
    yield from _people()
    yield from _quantity(settings.snapshots.windows_days)


def _events(days: int, skip: int = 0) -> Measured:
    return Measured("days", "events", days, skip)


def _active_days(days: int, skip: int = 0) -> Measured:
    return Measured("days", "active", days, skip)


def _users(days: int) -> Measured:
    return Measured("users", "users", days)


def _per_window(days: int) -> Iterator[Declaration]:
    ja, en = span(days)
    yield declare(
        f"events_{days}d",
        _events(days),
        group="usage",
        indicator="I03",
        unit="count",
        good="up",
        window_days=days,
        needs=("events",),
        label=(f"利用回数（{ja}）", f"Uses, {en}"),
        worse=("利用回数が少ない", "The product is used little"),
        better=("よく利用されている", "The product is used a lot"),
    )
    yield declare(
        f"active_days_{days}d",
        _active_days(days),
        group="usage",
        indicator="I01",
        unit="days",
        good="up",
        window_days=days,
        needs=("events",),
        label=(f"利用した日数（{ja}）", f"Active days, {en}"),
        worse=("利用する日が少ない", "Used on few days"),
        better=("日常的に利用されている", "Used on most days"),
    )
    yield declare(
        f"distinct_events_{days}d",
        Measured("names", "names", days),
        group="usage",
        indicator="I03",
        unit="count",
        good="up",
        window_days=days,
        needs=("events",),
        label=(f"使われた機能の数（{ja}）", f"Features in use, {en}"),
        worse=("使われている機能が少ない", "Only a few features are in use"),
        better=("多くの機能が使われている", "Many features are in use"),
    )
    yield declare(
        f"active_users_{days}d",
        _users(days),
        group="usage",
        indicator="I04",
        unit="count",
        good="up",
        window_days=days,
        needs=("events", "events.user_id"),
        label=(f"利用人数（{ja}）", f"Active users, {en}"),
        worse=("利用している人が少ない", "Few people use it"),
        better=("多くの人が利用している", "Many people use it"),
    )


def _trends() -> Iterator[Declaration]:
    for days, when in ((28, ("この4週", "4 weeks")), (90, ("この90日", "90 days"))):
        yield declare(
            f"events_{days}d_vs_prev_{days}d",
            Change(_events(days), _events(days, days), tenure_days=2 * days),
            group="usage",
            indicator="I03",
            unit="change",
            good="up",
            window_days=2 * days,
            needs=("events",),
            label=(f"利用量の{when[0].removeprefix('この')}変化", f"Usage change over {when[1]}"),
            worse=(f"利用量が{when[0]}で急に減った", f"Usage has fallen sharply in {when[1]}"),
            better=(f"利用量が{when[0]}で増えた", f"Usage has grown in {when[1]}"),
            missing=("利用量の比較ができない", "No earlier usage to compare with"),
            missing_means=TOO_YOUNG,
        )
    yield declare(
        "active_days_28d_vs_prev_28d",
        Change(_active_days(28), _active_days(28, 28), tenure_days=56),
        group="usage",
        indicator="I01",
        unit="change",
        good="up",
        window_days=56,
        needs=("events",),
        label=("利用日数の4週変化", "Change in active days over 4 weeks"),
        worse=("利用する日がこの4週で減った", "Used on fewer days than 4 weeks ago"),
        better=("利用する日がこの4週で増えた", "Used on more days than 4 weeks ago"),
        missing=("利用日数の比較ができない", "No earlier active days to compare with"),
        missing_means=TOO_YOUNG,
    )


def _rhythm() -> Iterator[Declaration]:
    last = Measured("last_day", "day", how="max", empty=None)
    first = Measured("days", "first_day", 365, how="min", empty=None)
    latest = Measured("days", "last_day", 365, how="max", empty=None)
    gap = Share(Minus(latest, first), Minus(_active_days(365), Constant(1)))
    yield declare(
        "days_since_last_event",
        DaysSince(last),
        group="usage",
        indicator="I01",
        unit="days",
        good="down",
        needs=("events",),
        label=("最後の利用からの日数", "Days since last use"),
        worse=("しばらく利用されていない", "Not used for a while"),
        better=("最近も利用されている", "Used recently"),
        missing=("一度も利用されていない", "Never used"),
        missing_means=NEVER,
    )
    yield declare(
        "mean_gap_days_365d",
        gap,
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
    )
    yield declare(
        "silence_vs_usual_gap",
        Share(DaysSince(last), gap),
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
    )
    yield declare(
        "unevenness_90d",
        Share(Measured("days", "squares", 90), Times(_events(90), _events(90))),
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
    )


def _logins() -> Iterator[Declaration]:
    needs = ("events", "events.event=login")

    def per_week(days: int) -> Over:
        return Over(Measured("days", "n:login", days), days / 7)

    for days in (28, 90):
        ja, en = span(days)
        yield declare(
            f"logins_per_week_{days}d",
            per_week(days),
            group="usage",
            indicator="I01",
            unit="per_week",
            good="up",
            window_days=days,
            needs=needs,
            label=(f"ログイン頻度（{ja}）", f"Logins a week, {en}"),
            worse=("ログインが少ない", "People rarely log in"),
            better=("よくログインされている", "People log in often"),
        )
    yield declare(
        "logins_28d_vs_prev_28d",
        Change(Measured("days", "n:login", 28), Measured("days", "n:login", 28, 28), 56),
        group="usage",
        indicator="I01",
        unit="change",
        good="up",
        window_days=56,
        needs=needs,
        label=("ログインの4週変化", "Change in logins over 4 weeks"),
        worse=("ログインがこの4週で減った", "Logins have fallen in 4 weeks"),
        better=("ログインがこの4週で増えた", "Logins have grown in 4 weeks"),
        missing=("ログインの比較ができない", "No earlier logins to compare with"),
        missing_means=TOO_YOUNG,
    )


def _time() -> Iterator[Declaration]:
    needs = ("events", "events.duration_s")
    hour = 60 * 60 * 1000
    for days in (28, 90):
        ja, en = span(days)
        yield declare(
            f"hours_per_week_{days}d",
            Over(Measured("days", "duration_ms", days), hour * days / 7),
            group="usage",
            indicator="I02",
            unit="hours",
            good="up",
            window_days=days,
            needs=needs,
            label=(f"週あたりの利用時間（{ja}）", f"Hours a week, {en}"),
            worse=("利用時間が短い", "Little time is spent in it"),
            better=("長い時間利用されている", "Much time is spent in it"),
        )
    yield declare(
        "hours_per_active_day_28d",
        Share(Over(Measured("days", "duration_ms", 28), hour), _active_days(28)),
        group="usage",
        indicator="I02",
        unit="hours",
        good="up",
        window_days=28,
        needs=needs,
        label=("1日あたりの滞在時間（直近4週）", "Hours per active day, last 4 weeks"),
        worse=("滞在時間が短い", "Visits are short"),
        better=("滞在時間が長い", "Visits are long"),
        missing=("直近4週の利用なし", "No use in the last 4 weeks"),
        missing_means="Missing without an active day in the window.",
    )
    yield declare(
        "hours_28d_vs_prev_28d",
        Change(Measured("days", "duration_ms", 28), Measured("days", "duration_ms", 28, 28), 56),
        group="usage",
        indicator="I02",
        unit="change",
        good="up",
        window_days=56,
        needs=needs,
        label=("利用時間の4週変化", "Change in hours over 4 weeks"),
        worse=("利用時間がこの4週で減った", "Time spent has fallen in 4 weeks"),
        better=("利用時間がこの4週で増えた", "Time spent has grown in 4 weeks"),
        missing=("利用時間の比較ができない", "No earlier hours to compare with"),
        missing_means=TOO_YOUNG,
    )


def _people() -> Iterator[Declaration]:
    needs = ("events", "events.user_id")
    before = Measured("earlier_users", "users", 28, 28)
    kept = Measured("earlier_users", "kept", 28, 28)
    yield declare(
        "seats_in_use_28d",
        Share(_users(28), Held("seats")),
        group="usage",
        indicator="I04",
        unit="share",
        good="up",
        window_days=28,
        needs=(*needs, "subscriptions.seats"),
        label=("有効ライセンス率", "Seats in use"),
        worse=("使われていないライセンスが多い", "Many paid seats are asleep"),
        better=("ライセンスがよく使われている", "Most paid seats are in use"),
        missing=("ライセンス数が不明", "Number of seats unknown"),
        missing_means="Missing where the contract names no seats.",
    )
    yield declare(
        "users_kept_28d",
        Share(kept, before),
        group="usage",
        indicator="I05",
        unit="share",
        good="up",
        window_days=56,
        needs=needs,
        label=("利用者の継続率（4週）", "Users kept over 4 weeks"),
        worse=("使い続けていない人が多い", "Many users have not come back"),
        better=("利用者が使い続けている", "Users keep coming back"),
        missing=("前の4週の利用者なし", "No users in the 4 weeks before"),
        missing_means="Missing where nobody was active in the 28 days before the last 28.",
    )
    yield declare(
        "active_users_28d_vs_prev_28d",
        Change(_users(28), before, 56),
        group="usage",
        indicator="I04",
        unit="change",
        good="up",
        window_days=56,
        needs=needs,
        label=("利用人数の4週変化", "Change in active users over 4 weeks"),
        worse=("利用している人がこの4週で減った", "Fewer people use it than 4 weeks ago"),
        better=("利用している人がこの4週で増えた", "More people use it than 4 weeks ago"),
        missing=("利用人数の比較ができない", "No earlier users to compare with"),
        missing_means=TOO_YOUNG,
    )
    yield declare(
        "events_per_user_28d",
        Share(_events(28), _users(28)),
        group="usage",
        indicator="I03",
        unit="count",
        good="up",
        window_days=28,
        needs=needs,
        label=("1人あたりの利用回数（直近4週）", "Uses per active user, last 4 weeks"),
        worse=("1人あたりの利用が少ない", "Each user uses it little"),
        better=("1人あたりの利用が多い", "Each user uses it a lot"),
        missing=("直近4週の利用者なし", "No users in the last 4 weeks"),
        missing_means="Missing without an active user in the window.",
    )


def _quantity(windows_days: tuple[int, ...]) -> Iterator[Declaration]:
    needs = ("events", "events.quantity")

    def total(days: int, skip: int = 0) -> Over:
        return Over(Measured("days", "quantity", days, skip), QUANTITY_UNIT)

    for days in windows_days:
        ja, en = span(days)
        yield declare(
            f"quantity_{days}d",
            total(days),
            group="usage",
            indicator="I03",
            unit="count",
            good="up",
            window_days=days,
            needs=needs,
            label=(f"数量（{ja}）", f"Quantity, {en}"),
            worse=("数量が少ない", "The quantity is small"),
            better=("数量が多い", "The quantity is large"),
        )
    yield declare(
        "quantity_28d_vs_prev_28d",
        Change(total(28), total(28, 28), 56),
        group="usage",
        indicator="I03",
        unit="change",
        good="up",
        window_days=56,
        needs=needs,
        label=("数量の4週変化", "Change in quantity over 4 weeks"),
        worse=("数量がこの4週で急に減った", "Quantity has fallen sharply in 4 weeks"),
        better=("数量がこの4週で増えた", "Quantity has grown in 4 weeks"),
        missing=("数量の比較ができない", "No earlier quantity to compare with"),
        missing_means=TOO_YOUNG,
    )
