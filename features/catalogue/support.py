"""I09–I12: how many inquiries, what about, and how they ended."""

from features.catalogue.declaration import Declaration, declare, span
from features.measures import Change, DaysSince, Measured, Over, Share
from features.usage import QUANTITY_UNIT

CATEGORIES = {
    "bug": ("不具合", "bugs"),
    "billing": ("請求", "billing"),
    "how_to": ("使い方", "how to use it"),
    "performance": ("性能", "performance"),
    "integration": ("連携", "integrations"),
    "cancellation": ("解約", "cancellation"),
}

"""Reserved values of ``tickets.category``; each that occurs gives a share."""


def _tickets(days: int, skip: int = 0) -> Measured:
    return Measured("tickets", "tickets", days, skip)


def _tickets_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"tickets_{days}d",
        _tickets(days),
        group="support",
        indicator="I09",
        unit="count",
        good="none",
        window_days=days,
        needs=("tickets",),
        label=(f"問い合わせ件数（{ja}）", f"Support tickets, {en}"),
        worse=("問い合わせが多い", "Many support tickets"),
        better=("問い合わせが少ない", "Few support tickets"),
    )


_COUNTS = (
    *(_tickets_in(days) for days in (28, 90, 365)),
    declare(
        "tickets_90d_vs_prev_90d",
        Change(_tickets(90), _tickets(90, 90), tenure_days=180),
        group="support",
        indicator="I09",
        unit="change",
        good="down",
        window_days=180,
        needs=("tickets",),
        label=("問い合わせの90日変化", "Change in support tickets over 90 days"),
        worse=("問い合わせが増えている", "Support tickets are on the rise"),
        better=("問い合わせが減っている", "Support tickets are on the decline"),
        missing=("問い合わせの比較ができない", "No earlier tickets to compare with"),
        missing_means="Missing under 180 days of tenure, or without an earlier ticket.",
    ),
    declare(
        "days_since_ticket",
        DaysSince(Measured("tickets", "day", how="max", empty=None)),
        group="support",
        indicator="I12",
        unit="days",
        good="none",
        needs=("tickets",),
        label=("最後の問い合わせからの日数", "Days since the last ticket"),
        worse=("しばらく問い合わせがない", "No ticket for a while"),
        better=("最近問い合わせがあった", "A ticket came in recently"),
        missing=("問い合わせなし", "No support ticket so far"),
        missing_means="Missing where no ticket was ever opened.",
    ),
)


_RESOLVED = ("tickets", "tickets.resolved_at")


def _resolved_share_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"tickets_resolved_share_{days}d",
        Share(Measured("tickets", "resolved", days), _tickets(days)),
        group="support",
        indicator="I10",
        unit="share",
        good="up",
        window_days=days,
        needs=_RESOLVED,
        label=(f"問い合わせの解決率（{ja}）", f"Share of tickets resolved, {en}"),
        worse=("問い合わせの解決率が低い", "Few tickets get resolved"),
        better=("問い合わせがきちんと解決している", "Tickets get resolved"),
        missing=(f"{ja}の問い合わせなし", f"No ticket in the {en}"),
        missing_means="Missing without a ticket in the window.",
    )


_RESOLUTION = (
    declare(
        "tickets_open",
        Measured("tickets", "open"),
        group="support",
        indicator="I10",
        unit="count",
        good="down",
        needs=_RESOLVED,
        label=("未解決の問い合わせ", "Open tickets"),
        worse=("未解決の問い合わせがたまっている", "Support tickets are piling up"),
        better=("未解決の問い合わせが少ない", "Few open tickets"),
    ),
    declare(
        "oldest_open_ticket_days",
        DaysSince(Measured("tickets", "open_day", how="min", empty=None)),
        group="support",
        indicator="I10",
        unit="days",
        good="down",
        needs=_RESOLVED,
        label=("最も古い未解決の日数", "Age of the oldest open ticket"),
        worse=("長く解決していない問い合わせがある", "A ticket has been open for long"),
        better=("未解決の問い合わせは新しい", "Open tickets are recent"),
        missing=("未解決の問い合わせなし", "No open ticket"),
        missing_means="Missing where no ticket is open.",
    ),
    *(_resolved_share_in(days) for days in (90, 365)),
    declare(
        "resolution_hours_365d",
        Share(
            Over(Measured("tickets", "resolution_ms", 365), 60 * 60 * 1000),
            Measured("tickets", "resolved", 365),
        ),
        group="support",
        indicator="I10",
        unit="hours",
        good="down",
        window_days=365,
        needs=_RESOLVED,
        label=("解決までの時間（直近1年）", "Time to resolution, last year"),
        worse=("解決までに時間がかかっている", "Tickets take long to resolve"),
        better=("問い合わせがすぐ解決している", "Tickets are resolved quickly"),
        missing=("この1年に解決した問い合わせなし", "No ticket resolved in the last year"),
        missing_means="Missing without a resolved ticket in the window.",
    ),
)


_RATING = (
    declare(
        "ticket_csat_365d",
        Share(
            Over(Measured("tickets", "csat", 365), QUANTITY_UNIT),
            Measured("tickets", "rated", 365),
        ),
        group="support",
        indicator="I11",
        unit="rating",
        good="up",
        window_days=365,
        needs=("tickets", "tickets.csat", "tickets.resolved_at"),
        label=("サポート満足度（直近1年）", "Support satisfaction, last year"),
        worse=("サポートへの満足度が低い", "Support is rated low"),
        better=("サポートへの満足度が高い", "Support is rated well"),
        missing=("サポート満足度未回答", "No rating of support"),
        missing_means=(
            "Missing without a rated ticket in the window; a rating is known once its ticket is "
            "resolved."
        ),
    ),
)


def _share_about(value: str, ja: str, en: str) -> Declaration:
    return declare(
        f"ticket_share_{value}_365d",
        Share(Measured("tickets", f"category:{value}", 365), _tickets(365)),
        group="support",
        indicator="I12",
        unit="share",
        good="none" if value == "how_to" else "down",
        window_days=365,
        needs=("tickets", "tickets.category", f"tickets.category={value}"),
        label=(f"{ja}に関する問い合わせの割合", f"Share of tickets about {en}"),
        worse=(f"{ja}に関する問い合わせが多い", f"Many tickets are about {en}"),
        better=(f"{ja}に関する問い合わせが少ない", f"Few tickets are about {en}"),
        missing=("この1年の問い合わせなし", "No ticket in the last year"),
        missing_means="Missing without a ticket in the window.",
    )


def _about(value: str, ja: str, en: str) -> Declaration:
    return declare(
        f"tickets_{value}_90d",
        Measured("tickets", f"category:{value}", 90),
        group="support",
        indicator="I12",
        unit="count",
        good="down",
        window_days=90,
        needs=("tickets", "tickets.category", f"tickets.category={value}"),
        label=(f"{ja}に関する問い合わせ（直近90日）", f"Tickets about {en}, last 90 days"),
        worse=(f"最近{ja}に関する問い合わせが多い", f"Many recent tickets are about {en}"),
        better=(f"最近{ja}に関する問い合わせが少ない", f"Few recent tickets are about {en}"),
    )


_CONTENT = (
    declare(
        "urgent_tickets_90d",
        Measured("tickets", "urgent", 90),
        group="support",
        indicator="I12",
        unit="count",
        good="down",
        window_days=90,
        needs=("tickets", "tickets.priority"),
        label=("緊急の問い合わせ（直近90日）", "Urgent tickets, last 90 days"),
        worse=("緊急の問い合わせが多い", "Many urgent tickets"),
        better=("緊急の問い合わせが少ない", "Few urgent tickets"),
    ),
    declare(
        "ticket_categories_365d",
        Measured("tickets", "category", 365, how="distinct"),
        group="support",
        indicator="I12",
        unit="count",
        good="none",
        window_days=365,
        needs=("tickets", "tickets.category"),
        label=("問い合わせの種類の数（直近1年）", "Kinds of tickets, last year"),
        worse=("さまざまな問い合わせがある", "Tickets are about many things"),
        better=("問い合わせの種類が限られている", "Tickets are about few things"),
    ),
    *(_share_about(value, ja, en) for value, (ja, en) in CATEGORIES.items()),
    *(_about(value, *CATEGORIES[value]) for value in ("billing", "cancellation")),
)


SUPPORT: tuple[Declaration, ...] = (*_COUNTS, *_RESOLUTION, *_RATING, *_CONTENT)
"""The declarations over ``tickets``."""
