"""Codes that tables often hold (industries, regions) as people say them.

Any other text is a company's own word and stays as it was written.
"""

from features.catalog import Language, Words

INDUSTRIES = {
    "software": Words("SaaS・情報通信", "Software"),
    "saas": Words("SaaS・情報通信", "Software"),
    "it": Words("情報サービス", "IT services"),
    "manufacturing": Words("製造", "Manufacturing"),
    "finance": Words("金融", "Finance"),
    "retail": Words("小売", "Retail"),
    "healthcare": Words("医療", "Healthcare"),
    "education": Words("教育", "Education"),
    "logistics": Words("物流", "Logistics"),
    "construction": Words("建設", "Construction"),
    "real_estate": Words("不動産", "Real estate"),
    "staffing": Words("人材", "Staffing"),
    "advertising": Words("広告", "Advertising"),
    "media": Words("メディア", "Media"),
    "hospitality": Words("宿泊・飲食", "Hospitality"),
    "food": Words("食品", "Food"),
    "energy": Words("エネルギー", "Energy"),
    "professional_services": Words("専門サービス", "Professional services"),
    "public": Words("公共", "Public sector"),
}

REGIONS = {
    "hokkaido": Words("北海道", "Hokkaido"),
    "tohoku": Words("東北", "Tohoku"),
    "hokkaido_tohoku": Words("北海道・東北", "Hokkaido and Tohoku"),
    "kanto": Words("関東", "Kanto"),
    "chubu": Words("中部", "Chubu"),
    "kansai": Words("関西", "Kansai"),
    "chugoku": Words("中国", "Chugoku"),
    "shikoku": Words("四国", "Shikoku"),
    "chugoku_shikoku": Words("中国・四国", "Chugoku and Shikoku"),
    "kyushu": Words("九州", "Kyushu"),
    "kyushu_okinawa": Words("九州・沖縄", "Kyushu and Okinawa"),
}

_COLUMNS = {"industry": INDUSTRIES, "region": REGIONS}


def value(column: str, text: str, language: Language) -> str:
    """Return what a column's value is called.

    >>> value("industry", "real_estate", "ja"), value("region", "Hesse", "ja")
    ('不動産', 'Hesse')
    """
    known = _COLUMNS.get(column, {}).get(text.lower())
    return text if known is None else known.of(language)
