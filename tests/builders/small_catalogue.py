"""A hand-made catalogue of eighteen features with words, for tests that need no real one."""

from typing import Any, Literal, cast

from features.catalog import Feature, Group, Unit, Words
from tests.builders.leavers import LEAVERS
from training import checks

_Line = tuple[str, str, str, str, str, str, str, str, str, str, str, str, str]

# name, group, unit, good, then pairs ja/en: label, worse, better, missing; last the indicator.
_LINES: tuple[_Line, ...] = (
    ("seats_in_use_28d", "usage", "share", "up", "有効ライセンス率", "Seats in use",
     "使われていないライセンスが多い", "Many paid seats are asleep",
     "ライセンスがよく使われている", "Most paid seats are in use",
     "ライセンス数が不明", "Number of seats unknown", "I04"),
    ("events_28d_vs_prev_28d", "usage", "change", "up", "利用量の4週変化", "4-week usage change",
     "利用量がこの4週で減っている", "Usage has fallen in 4 weeks",
     "利用量がこの4週で増えている", "Usage has grown in 4 weeks",
     "比べる利用履歴がまだない", "No usage history to compare with yet", "I01"),
    ("logins_per_week_28d", "usage", "per_week", "up", "ログイン頻度", "Logins per user",
     "ログインが少ない", "People rarely log in",
     "ログインが多い", "People log in often",
     "ログインの記録がない", "No login records", "I01"),
    ("active_users_28d", "usage", "count", "up", "利用者数", "Active users",
     "利用者が少ない", "Few people use it",
     "利用者が多い", "Many people use it",
     "利用者数の記録がない", "No record of users", "I04"),
    ("hours_used_28d", "usage", "hours", "up", "利用時間", "Time used",
     "利用時間が短い", "Little time is spent in it",
     "利用時間が長い", "Much time is spent in it",
     "利用時間の記録がない", "No record of time used", "I02"),
    ("integrations_90d", "usage", "count", "up", "外部連携の数", "Integrations in use",
     "外部連携が少ない", "Few integrations are in use",
     "外部連携が多い", "Many integrations are in use",
     "外部連携の記録がない", "No record of integrations", "I03"),
    ("nps_latest", "satisfaction", "rating", "up", "NPS回答", "NPS answer",
     "NPSの回答が低い", "The NPS answer was low",
     "NPSの回答が高い", "The NPS answer was high",
     "NPS未回答", "No NPS answer", "I06"),
    ("csat_90d", "satisfaction", "rating", "up", "サポート満足度", "Support satisfaction",
     "サポートの満足度が低い", "Support left them dissatisfied",
     "サポートの満足度が高い", "Support left them satisfied",
     "満足度の回答なし", "No satisfaction answers", "I07"),
    ("tickets_28d", "support", "count", "down", "問い合わせ件数", "Support tickets",
     "問い合わせが多い", "Many support tickets",
     "問い合わせが少ない", "Few support tickets",
     "問い合わせの記録がない", "No ticket records", "I09"),
    ("resolution_hours_90d", "support", "hours", "down", "解決までの時間", "Time to resolution",
     "解決に時間がかかっている", "Tickets take long to resolve",
     "解決が早い", "Tickets are resolved fast",
     "解決した問い合わせなし", "No resolved tickets", "I10"),
    ("days_overdue", "payment", "days", "down", "請求の遅延", "Overdue invoice",
     "請求の支払いが遅れている", "An invoice is overdue",
     "支払いは期日どおり", "Invoices are paid on time",
     "請求の記録がない", "No invoices", "I13"),
    ("days_to_renewal", "contract", "days", "none", "更新日", "Renewal date",
     "", "", "", "", "更新日が不明", "Renewal date unknown", "I13"),
    ("tenure_months", "contract", "months", "none", "契約期間", "Tenure",
     "", "", "", "", "契約開始日が不明", "Start of contract unknown", "I15"),
    ("mrr", "contract", "money", "none", "月額料金", "Monthly revenue",
     "", "", "", "", "月額料金が不明", "Monthly revenue unknown", "I16"),
    ("plan", "contract", "text", "none", "プラン", "Plan",
     "", "", "", "", "プランが不明", "Plan unknown", "I14"),
    ("email_open_rate_90d", "engagement", "share", "up", "メール開封率", "E-mail open rate",
     "メールが読まれていない", "E-mails go unread",
     "メールがよく読まれている", "E-mails are read",
     "メール未送信", "No e-mails sent", "I17"),
    ("setup_done", "onboarding", "share", "up", "初期設定の完了度", "Set-up finished",
     "初期設定が終わっていない", "The set-up is unfinished",
     "初期設定が進んでいる", "The set-up is well advanced",
     "初期設定の記録がない", "No set-up records", "I21"),
    ("industry", "profile", "text", "none", "業種", "Industry",
     "", "", "", "", "業種が不明", "Industry unknown", "profile"),
)  # fmt: skip


def _neutral(words: Words, ja: str, en: str) -> Words:
    return Words(ja or f"{words.ja}を重く見た", en or f"{words.en} weighs in")


def _feature(line: _Line) -> Feature:
    name, group, unit, good, *words, indicator = line
    label = Words(words[0], words[1])
    tail = name.rsplit("_", 1)[-1]
    return Feature(
        name=name,
        group=cast(Group, group),
        indicator=indicator,
        kind="category" if unit == "text" else "number",
        source="events",
        window_days=int(tail[:-1]) if tail[-1] == "d" and tail[:-1].isdigit() else None,
        unit=cast(Unit, unit),
        good=cast(Literal["up", "down", "none"], good),
        actionable=group not in ("contract", "profile"),
        label=label,
        worse=_neutral(label, words[2], words[3]),
        better=_neutral(label, words[4], words[5]),
        missing=Words(words[6], words[7]),
        missing_means="nothing was recorded",
    )


FEATURES: tuple[Feature, ...] = tuple(_feature(line) for line in _LINES)
"""Eighteen features of seven groups; two of them categories."""

BY_NAME: dict[str, Feature] = {feature.name: feature for feature in FEATURES}

PLANS = ("Business", "Enterprise", "Starter")
INDUSTRIES = ("SaaS・情報通信", "人材", "医療", "小売", "教育", "製造", "金融")

CATEGORIES: dict[str, tuple[str, ...]] = {"plan": PLANS, "industry": INDUSTRIES}
"""Sorted values; the position is the code."""

# How a healthy account looks (mean, spread) and the weight of one spread in log-odds of leaving.
HEALTHY: dict[str, tuple[float, float, float]] = {
    "seats_in_use_28d": (0.78, 0.12, -0.55),
    "events_28d_vs_prev_28d": (0.01, 0.12, -0.40),
    "logins_per_week_28d": (6.3, 1.4, -0.35),
    "active_users_28d": (34.0, 12.0, -0.12),
    "hours_used_28d": (120.0, 40.0, -0.10),
    "integrations_90d": (2.2, 1.0, -0.30),
    "nps_latest": (7.6, 1.6, -0.25),
    "csat_90d": (4.2, 0.4, -0.15),
    "tickets_28d": (3.0, 1.8, 0.15),
    "resolution_hours_90d": (20.0, 8.0, 0.12),
    "days_overdue": (1.0, 2.0, 0.22),
    "days_to_renewal": (170.0, 90.0, -0.10),
    "tenure_months": (30.0, 16.0, -0.30),
    "mrr": (400_000.0, 150_000.0, -0.08),
    "email_open_rate_90d": (0.46, 0.12, -0.20),
    "setup_done": (0.9, 0.1, -0.20),
}

EVALUATION: dict[str, Any] = {
    "leavers": LEAVERS,
    "horizon_days": 90,
    "train": {"from": "2024-12-01T00:00:00", "to": "2025-11-01T00:00:00",
              "rows": 3310, "churns": 121},
    "calibration": {"from": "2026-02-01T00:00:00", "to": "2026-04-01T00:00:00",
                    "rows": 960, "churns": 38},
    "test": {"from": "2026-07-01T00:00:00", "to": "2026-08-01T00:00:00",
             "rows": 1220, "churns": 43, "base_rate": 0.03525},
    "metrics": {
        "auc": {"value": 0.842, "low": 0.787, "high": 0.893},
        "log_loss": {"value": 0.1249, "low": 0.1032, "high": 0.1471},
        "brier": {"value": 0.0304, "low": 0.0241, "high": 0.0369},
        "average_precision": {"value": 0.271, "low": 0.182, "high": 0.382},
        "ece": {"value": 0.0068, "low": 0.0041, "high": 0.0148},
        "recall_worst_tenth": {"value": 0.558, "low": 0.419, "high": 0.698},
        "lift_worst_tenth": {"value": 5.58, "low": 4.19, "high": 6.98},
    },
    "baselines": [
        {"name": "constant", "auc": 0.5, "log_loss": 0.1524, "detail": "3.5 % for everyone"},
        {"name": "logistic regression", "auc": 0.811, "log_loss": 0.1318, "detail": "L2"},
        {"name": "best single indicator", "auc": 0.744, "log_loss": 0.1402,
         "detail": "seats_in_use_28d"},
    ],
    "verdict": "usable",
    "checks": [
        checks.enough_churns(121, 50).json(),
        checks.no_leak({"auc": {"value": 0.87}}).json(),
        checks.no_overfitting(0.99, 0.8).json(),
        checks.level_held(None, False).json(),
    ],
    "reliability": [
        {"low": low, "high": high, "predicted": (low + high) / 2, "observed": seen,
         "rows": 102, "churns": round(102 * seen),
         "interval": [max(0.0, seen - 0.02), min(1.0, seen + 0.03)]}
        for low, high, seen in (
            (0.002, 0.004, 0.0), (0.004, 0.006, 0.01), (0.006, 0.008, 0.0), (0.008, 0.011, 0.01),
            (0.011, 0.014, 0.01), (0.014, 0.018, 0.02), (0.018, 0.023, 0.02), (0.023, 0.03, 0.03),
            (0.03, 0.04, 0.03), (0.04, 0.06, 0.05), (0.06, 0.11, 0.08), (0.11, 0.62, 0.21),
        )
    ],
    "ranges": [
        {"from": low, "to": low + 10, "rows": rows, "churns": churns,
         "predicted": predicted, "observed": churns / rows, "interval": interval}
        for low, rows, churns, predicted, interval in (
            (0, 12, 9, 0.74, [0.52, 0.88]), (10, 18, 9, 0.52, [0.33, 0.67]),
            (20, 31, 11, 0.39, [0.24, 0.50]), (30, 58, 16, 0.27, [0.19, 0.38]),
            (40, 136, 26, 0.206, [0.15, 0.25]), (50, 150, 14, 0.107, [0.06, 0.14]),
            (60, 190, 9, 0.052, [0.03, 0.08]), (70, 260, 6, 0.026, [0.012, 0.045]),
            (80, 240, 3, 0.012, [0.005, 0.03]), (90, 125, 0, 0.005, [0.0, 0.021]),
        )
    ],
    "answer_check": None,
    "importance": [
        {"feature": name, "mean_abs_points": round(abs(weight) * 9.5, 2)}
        for name, (_, _, weight) in sorted(HEALTHY.items(), key=lambda item: -abs(item[1][2]))
    ],
}  # fmt: skip
"""What a model's evaluation.json says, with figures that hang together."""
