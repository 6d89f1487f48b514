"""Whether invoices are paid, and in time."""

from features.catalogue.declaration import Declaration, declare
from features.contracts import MONEY_UNIT
from features.measures import DaysSince, Measured, Over, Share, ZeroIfMissing

_DUE = ("invoices", "invoices.due_at", "invoices.paid_at")

PAYMENT: tuple[Declaration, ...] = (
    declare(
        "overdue_days",
        ZeroIfMissing(DaysSince(Measured("invoices", "overdue_day", how="min", empty=None))),
        group="payment",
        indicator="payment",
        unit="days",
        good="down",
        needs=_DUE,
        label=("請求の遅延", "Longest overdue invoice"),
        worse=("請求の支払いが遅れている", "An invoice is overdue"),
        better=("請求は期日どおり支払われている", "Invoices are paid on time"),
        missing_means="Never missing: 0 where nothing is overdue.",
    ),
    declare(
        "overdue_amount",
        Over(Measured("invoices", "overdue_cents"), MONEY_UNIT),
        group="payment",
        indicator="payment",
        unit="money",
        good="down",
        needs=_DUE,
        label=("期日を過ぎた未払い額", "Amount overdue"),
        worse=("期日を過ぎた未払いがある", "Money is overdue"),
        better=("期日を過ぎた未払いがない", "No money is overdue"),
    ),
    declare(
        "unpaid_amount",
        Over(Measured("invoices", "unpaid_cents"), MONEY_UNIT),
        group="payment",
        indicator="payment",
        unit="money",
        good="down",
        needs=("invoices", "invoices.paid_at"),
        label=("未払い額", "Amount unpaid"),
        worse=("未払いの請求が多い", "Much is unpaid"),
        better=("未払いの請求が少ない", "Little is unpaid"),
    ),
    declare(
        "late_share_365d",
        Share(Measured("invoices", "late", 365), Measured("invoices", "due", 365)),
        group="payment",
        indicator="payment",
        unit="share",
        good="down",
        window_days=365,
        needs=_DUE,
        label=("支払い遅れの割合（直近1年）", "Share of invoices paid late, last year"),
        worse=("支払いがよく遅れる", "Invoices are often paid late"),
        better=("支払いはほぼ期日どおり", "Invoices are mostly paid on time"),
        missing=("この1年に期日の来た請求なし", "No invoice fell due in the last year"),
        missing_means="Missing where no invoice of the window has fallen due.",
    ),
    declare(
        "payment_delay_days_365d",
        Share(Measured("invoices", "delay", 365), Measured("invoices", "settled", 365)),
        group="payment",
        indicator="payment",
        unit="days",
        good="down",
        window_days=365,
        needs=_DUE,
        label=("支払いまでの日数（期日比、直近1年）", "Days from due date to payment, last year"),
        worse=("支払いが期日より遅い", "Payments come after the due date"),
        better=("支払いが期日より早い", "Payments come before the due date"),
        missing=("この1年に支払われた請求なし", "No invoice paid in the last year"),
        missing_means="Missing where no invoice of the window is due and paid.",
    ),
)
"""The declarations over ``invoices``."""
