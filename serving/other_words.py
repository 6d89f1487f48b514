"""The names and words that files of scores use for what they mean."""

USUAL: dict[str, tuple[str, ...]] = {
    "account_id": ("account_id", "accountid", "account", "account_external_id", "customer_id",
                   "customerid", "company_id", "id", "顧客id", "会社id", "アカウントid",
                   "顧客コード"),
    "as_of": ("as_of", "asof", "date", "scored_at", "score_date", "snapshot_date", "timestamp",
              "日付", "基準日", "採点日"),
    "score": ("health_score", "healthscore", "health", "score", "スコア", "ヘルススコア",
              "健康スコア"),
    "band": ("band", "status", "color", "colour", "rag", "health_status", "状態", "区分", "色"),
    "probability": ("churn_probability", "probability", "churn_risk", "解約確率"),
}  # fmt: skip
"""Our name → names that files use, in small letters, blanks as underscores."""

BAND_WORDS: dict[str, str] = {
    word: band
    for band, words in {
        "red": "red r 赤 赤色 要対応 危険 poor bad critical at_risk high_risk act_now unhealthy",
        "yellow": "yellow amber y orange 黄 黄色 黄信号 注意 average medium medium_risk neutral "
        "watch warning fair",
        "green": "green g 緑 緑色 青 青信号 良好 健全 good healthy great excellent strong low_risk",
        "no_data": "no_data n/a na none unknown grey gray 灰 データなし 不明 - –",
    }.items()
    for word in words.split()
}


def plain(text: str) -> str:
    """Return a word in small letters, with underscores for blanks and hyphens."""
    return text.strip().lower().replace(" ", "_").replace("-", "_") if text.strip() != "-" else "-"


def iso(text: str) -> str:
    """Return ``2026/1/5``, ``2026.1.5`` and ``2026年1月5日`` as ISO 8601."""
    for mark, iso in (("年", "-"), ("月", "-"), ("日", ""), ("/", "-"), (".", "-")):
        if mark != "." or text.count(".") == 2:
            text = text.replace(mark, iso)
    day, _, time = text.strip().partition(" ")
    parts = day.split("-")
    if len(parts) == 3 and all(part.isdigit() for part in parts) and len(parts[0]) == 4:
        day = f"{parts[0]}-{parts[1]:0>2}-{parts[2]:0>2}"
    return f"{day}T{time}" if time else day
