"""A hand-made table of what leavers had not done: one line of each kind."""

from typing import Any


def _line(code: str, ja: str, en: str, left: int, stayed: int, result: str, **more: Any) -> Any:  # noqa: ANN401
    leavers, stayers = {"n": 100, "with": left}, {"n": 400, "with": stayed}
    return {
        "code": code,
        "feature": code.partition("=")[0],
        "label_ja": ja,
        "label_en": en,
        "window_days": None,
        "leavers": leavers | {"share": left / 100},
        "stayers": stayers | {"share": stayed / 400},
        "stayers_alike": 0.2,
        "difference": left / 100 - stayed / 400,
        "interval": [left / 100 - stayed / 400 - 0.05, left / 100 - stayed / 400 + 0.05],
        "odds_ratio": 4.2,
        "odds_interval": [3.1, 5.6],
        "leavers_compared": 96,
        "q_value": 0.001,
        "small": result == "too few",
        "result": result,
        "also": [],
    } | more


LEAVERS: dict[str, Any] = {
    "period": ["2025-01-01", "2026-08-01"],
    "leavers": 100,
    "stayers": 400,
    "controlled_for": ["tenure", "plan"],
    "tenure_edges": [3.0, 12.0],
    "too_rare": 2,
    "rows": [
        _line("never_connected=1", "連携が一度もない", "Never connected", 71, 72, "holds"),
        _line("hands_on=0", "=ハンズオン：なし", "=Hands-on: none", 40, 60, "holds",
              window_days=90),
        _line("auto_renew=0", "自動更新ではない", "No automatic renewal", 10, 200, "reversed"),
        _line("nps=missing", "NPS未回答", "No NPS answer", 50, 120, "unproven", q_value=0.4),
        _line("csat=missing", "CSAT未回答", "No CSAT answer", 30, 120, "none", q_value=0.9),
        _line("idle=0", "利用なし", "No use", 6, 0, "too few", q_value=None, odds_ratio=None,
              odds_interval=[None, None], stayers_alike=None),
    ],
}  # fmt: skip
