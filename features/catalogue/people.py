"""I04 and I05: how many use it, of those who could, and who comes back."""

from features.catalogue.declaration import Declaration, declare, span
from features.catalogue.volume import TOO_YOUNG, users, uses
from features.measures import Change, Held, Measured, Share

_NEEDS = ("events", "events.user_id")
_BEFORE = Measured("earlier_users", "users", 28, 28)
_KEPT = Measured("earlier_users", "kept", 28, 28)


def users_in(days: int) -> Declaration:
    """Return the declaration of the users active in the window."""
    ja, en = span(days)
    return declare(
        f"active_users_{days}d",
        users(days),
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


PEOPLE = (
    declare(
        "seats_in_use_28d",
        Share(users(28), Held("seats")),
        group="usage",
        indicator="I04",
        unit="share",
        good="up",
        window_days=28,
        needs=(*_NEEDS, "subscriptions.seats"),
        label=("有効ライセンス率", "Seats in use"),
        worse=("使われていないライセンスが多い", "Many paid seats are asleep"),
        better=("ライセンスがよく使われている", "Most paid seats are in use"),
        missing=("ライセンス数が不明", "Number of seats unknown"),
        missing_means="Missing where the contract names no seats.",
    ),
    declare(
        "users_kept_28d",
        Share(_KEPT, _BEFORE),
        group="usage",
        indicator="I05",
        unit="share",
        good="up",
        window_days=56,
        needs=_NEEDS,
        label=("利用者の継続率（4週）", "Users kept over 4 weeks"),
        worse=("使い続けていない人が多い", "Many users have not come back"),
        better=("利用者が使い続けている", "Users keep coming back"),
        missing=("前の4週の利用者なし", "No users in the 4 weeks before"),
        missing_means="Missing where nobody was active in the 28 days before the last 28.",
    ),
    declare(
        "active_users_28d_vs_prev_28d",
        Change(users(28), _BEFORE, 56),
        group="usage",
        indicator="I04",
        unit="change",
        good="up",
        window_days=56,
        needs=_NEEDS,
        label=("利用人数の4週変化", "Change in active users over 4 weeks"),
        worse=("利用している人がこの4週で減った", "Fewer people use it than 4 weeks ago"),
        better=("利用している人がこの4週で増えた", "More people use it than 4 weeks ago"),
        missing=("利用人数の比較ができない", "No earlier users to compare with"),
        missing_means=TOO_YOUNG,
    ),
    declare(
        "events_per_user_28d",
        Share(uses(28), users(28)),
        group="usage",
        indicator="I03",
        unit="count",
        good="up",
        window_days=28,
        needs=_NEEDS,
        label=("1人あたりの利用回数（直近4週）", "Uses per active user, last 4 weeks"),
        worse=("1人あたりの利用が少ない", "Each user uses it little"),
        better=("1人あたりの利用が多い", "Each user uses it a lot"),
        missing=("直近4週の利用者なし", "No users in the last 4 weeks"),
        missing_means="Missing without an active user in the window.",
    ),
)
"""How many of the seats are used, and by whom again."""
