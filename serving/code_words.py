"""Codes that tables often hold (industries, regions) as people say them.

Any other text is a company's own word and stays as it was written.
"""

import re

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


_NAMED = {
    "ja": re.compile(r"(?P<column>業種|地域)「(?P<text>[^」]+)」"),
    "en": re.compile(r"\b(?P<column>industry|region) (?P<text>[a-z_]+)"),
}
_MEANT = {"業種": "industry", "地域": "region"}
_VERSIONED = re.compile(r"scorecard (?=[0-9a-f]{12})")


def in_sentence(sentence: str, language: Language) -> str:
    """Return a sentence of a check with its codes as people say them.

    >>> in_sentence("最も弱いのは業種「real_estate」。", "ja")
    '最も弱いのは業種「不動産」。'
    >>> in_sentence("the weakest is industry real_estate (640 rows).", "en")
    'the weakest is industry Real estate (640 rows).'
    >>> in_sentence("scorecard fa20f6415f2eに対する改善", "ja")
    'スコアカードfa20f6415f2eに対する改善'
    """

    def called(found: re.Match[str]) -> str:
        column = _MEANT.get(found["column"], found["column"])
        return found[0].replace(found["text"], value(column, found["text"], language))

    said = _NAMED[language].sub(called, sentence)
    return _VERSIONED.sub("スコアカード", said) if language == "ja" else said
