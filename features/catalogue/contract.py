"""I13–I16: plan, seats, money, age and renewals of the contract."""

from features.catalogue.declaration import Declaration, declare
from features.contracts import MONEY_UNIT
from features.measures import Change, Held, Measured, Over, Share

_AGE = (
    declare(
        "tenure_months",
        Over(Held("tenure_days"), 30.4375),
        group="contract",
        indicator="I15",
        unit="months",
        good="none",
        needs=("accounts",),
        actionable=False,
        calendar=True,
        label=("契約期間", "Tenure"),
        worse=("契約して間もない", "Still a young contract"),
        better=("長く契約している", "A long-standing contract"),
        missing_means="Never missing: every live account has a spell that began.",
    ),
    declare(
        "past_spells",
        Held("past_spells"),
        group="contract",
        indicator="I13",
        unit="count",
        good="none",
        needs=("subscriptions",),
        actionable=False,
        label=("過去の解約回数", "Earlier departures"),
        worse=("以前に解約したことがある", "Has left before"),
        better=("解約したことがない", "Has never left before"),
    ),
)


_TERMS = (
    declare(
        "plan",
        Held("plan"),
        group="contract",
        indicator="I14",
        unit="text",
        good="none",
        kind="category",
        needs=("subscriptions", "subscriptions.plan"),
        actionable=False,
        label=("プラン", "Plan"),
        worse=("このプランはマイナスに働いている", "The plan counts against it"),
        better=("このプランはプラスに働いている", "The plan counts in its favour"),
        missing=("プラン不明", "Plan unknown"),
        missing_means="Missing where no running contract names a plan.",
    ),
    declare(
        "days_to_renewal",
        Held("days_to_renewal"),
        group="contract",
        indicator="I13",
        unit="days",
        good="none",
        needs=("subscriptions", "subscriptions.renews_at"),
        actionable=False,
        calendar=True,
        label=("更新日までの日数", "Days to renewal"),
        worse=("更新日が近い", "The renewal date is near"),
        better=("更新日まで間がある", "The renewal date is far off"),
        missing=("更新日不明", "Renewal date unknown"),
        missing_means="Missing where no renewal date is known, or the known one has passed.",
    ),
    declare(
        "term_months",
        Held("term_months"),
        group="contract",
        indicator="I15",
        unit="months",
        good="none",
        needs=("subscriptions", "subscriptions.term_months"),
        label=("契約単位の月数", "Length of the contract term"),
        worse=("契約単位が短い", "The contract term is short"),
        better=("契約単位が長い", "The contract term is long"),
        missing=("契約単位不明", "Contract term unknown"),
        missing_means="Missing where the running contract names no term.",
    ),
    declare(
        "auto_renew",
        Held("auto_renew"),
        group="contract",
        indicator="I13",
        unit="truth",
        good="up",
        needs=("subscriptions", "subscriptions.auto_renew"),
        label=("自動更新", "Automatic renewal"),
        worse=("自動更新になっていない", "The contract does not renew by itself"),
        better=("自動更新になっている", "The contract renews by itself"),
        missing=("自動更新の設定不明", "Automatic renewal unknown"),
        missing_means="Missing where the running contract does not say. 1 is yes, 0 is no.",
    ),
)


_MRR = Over(Held("mrr_cents"), MONEY_UNIT)


def _mrr_change(days: int, ja: str, en: str) -> Declaration:
    return declare(
        f"mrr_change_{days}d",
        Change(
            Held("mrr_cents"),
            Measured("contracts", f"mrr_cents_{days}d_ago", empty=None),
        ),
        group="contract",
        indicator="I16",
        unit="change",
        good="up",
        window_days=days,
        needs=("subscriptions", "subscriptions.mrr"),
        label=(f"月額利用料の{ja}変化", f"Change of recurring revenue over {en}"),
        worse=("契約金額が減った", "The contract has shrunk"),
        better=("契約金額が増えた", "The contract has grown"),
        missing=("以前の契約金額なし", "No earlier contract value"),
        missing_means=f"Missing where nothing was paid {days} days before.",
    )


_SIZE = (
    declare(
        "mrr",
        _MRR,
        group="contract",
        indicator="I16",
        unit="money",
        good="none",
        needs=("subscriptions", "subscriptions.mrr"),
        actionable=False,
        label=("月額利用料（MRR）", "Monthly recurring revenue"),
        worse=("契約金額が小さい", "A small contract"),
        better=("契約金額が大きい", "A large contract"),
        missing=("契約金額不明", "Contract value unknown"),
        missing_means="Missing where no running contract names an amount.",
    ),
    *(
        _mrr_change(days, ja, en)
        for days, ja, en in ((90, "90日", "90 days"), (365, "1年", "a year"))
    ),
    declare(
        "seats",
        Held("seats"),
        group="contract",
        indicator="I14",
        unit="count",
        good="none",
        needs=("subscriptions", "subscriptions.seats"),
        label=("ライセンス数", "Seats"),
        worse=("ライセンス数が少ない", "Few seats"),
        better=("ライセンス数が多い", "Many seats"),
        missing=("ライセンス数不明", "Number of seats unknown"),
        missing_means="Missing where no running contract names seats.",
    ),
    declare(
        "seats_change_90d",
        Change(Held("seats"), Measured("contracts", "seats_90d_ago", empty=None)),
        group="contract",
        indicator="I14",
        unit="change",
        good="up",
        window_days=90,
        needs=("subscriptions", "subscriptions.seats"),
        label=("ライセンス数の90日変化", "Change in seats over 90 days"),
        worse=("ライセンスが減らされた", "Seats have been given back"),
        better=("ライセンスが追加された", "Seats have been added"),
        missing=("以前のライセンス数なし", "No earlier number of seats"),
        missing_means="Missing where there was no contract 90 days before.",
    ),
    declare(
        "mrr_per_seat",
        Share(_MRR, Held("seats")),
        group="contract",
        indicator="I16",
        unit="money",
        good="none",
        needs=("subscriptions", "subscriptions.mrr", "subscriptions.seats"),
        label=("1ライセンスの月額", "Monthly price per seat"),
        worse=("1ライセンスの月額が高い", "A high price per seat"),
        better=("1ライセンスの月額が低い", "A low price per seat"),
        missing=("1ライセンスの月額不明", "Price per seat unknown"),
        missing_means="Missing where amount or seats are unknown.",
    ),
)


_RENEWALS = (
    declare(
        "renewals",
        Measured("contracts", "renewal"),
        group="contract",
        indicator="I13",
        unit="count",
        good="up",
        needs=("subscriptions",),
        actionable=False,
        calendar=True,
        label=("これまでの更新回数", "Renewals so far"),
        worse=("更新の実績が少ない", "Few renewals so far"),
        better=("何度も更新されている", "Renewed many times"),
    ),
    declare(
        "renewals_365d",
        Measured("contracts", "renewal", 365),
        group="contract",
        indicator="I13",
        unit="count",
        good="up",
        window_days=365,
        needs=("subscriptions",),
        actionable=False,
        calendar=True,
        label=("更新回数（直近1年）", "Renewals in the last year"),
        worse=("この1年の更新が少ない", "Few renewals in the last year"),
        better=("この1年で何度も更新された", "Renewed often in the last year"),
    ),
    declare(
        "plan_changes_365d",
        Measured("contracts", "plan_change", 365),
        group="contract",
        indicator="I14",
        unit="count",
        good="none",
        window_days=365,
        needs=("subscriptions", "subscriptions.plan"),
        actionable=False,
        label=("プラン変更（直近1年）", "Plan changes in the last year"),
        worse=("プランが変更された", "The plan was changed"),
        better=("プランの変更なし", "The plan was not changed"),
    ),
)


CONTRACT: tuple[Declaration, ...] = (*_AGE, *_TERMS, *_SIZE, *_RENEWALS)
"""The declarations over ``subscriptions`` and the age of the spell."""
