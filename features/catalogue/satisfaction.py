"""I06–I08: what the customer answered, and how long ago."""

from features.catalogue.declaration import Declaration, declare
from features.measures import Change, DaysSince, Measured, Minus, Over, Share
from features.usage import QUANTITY_UNIT

INDICATORS = {"nps": "I06", "csat": "I07"}
_KINDS = (("nps", "NPS", "NPS"), ("csat", "満足度（CSAT）", "CSAT"))


def _rating(column: str) -> Over:
    return Over(Measured("surveys", column, how="max", empty=None), QUANTITY_UNIT)


def _needs(kind: str) -> tuple[str, ...]:
    return ("surveys", f"surveys.kind={kind}")


def _latest(kind: str, ja: str, en: str) -> Declaration:
    return declare(
        f"{kind}_latest",
        _rating(f"{kind}_newest"),
        group="satisfaction",
        indicator=INDICATORS[kind],
        unit="rating",
        good="up",
        needs=_needs(kind),
        label=(f"最新の{ja}回答", f"Latest {en} answer"),
        worse=(f"最近の{ja}が低い", f"The last {en} answer was low"),
        better=(f"最近の{ja}が高い", f"The last {en} answer was good"),
        missing=(f"{ja}未回答", f"No {en} answer"),
        missing_means=f"Missing where no {en} question was ever answered.",
    )


def _change(kind: str, ja: str, en: str) -> Declaration:
    return declare(
        f"{kind}_change",
        Minus(_rating(f"{kind}_newest"), _rating(f"{kind}_before")),
        group="satisfaction",
        indicator=INDICATORS[kind],
        unit="rating",
        good="up",
        needs=_needs(kind),
        label=(f"{ja}の前回との差", f"{en}, last answer against the one before"),
        worse=(f"{ja}が前回より下がった", f"The {en} answer has fallen"),
        better=(f"{ja}が前回より上がった", f"The {en} answer has risen"),
        missing=(f"{ja}の前回回答なし", f"No earlier {en} answer"),
        missing_means=f"Missing with fewer than two {en} answers.",
    )


def _age(kind: str, ja: str, en: str) -> Declaration:
    return declare(
        f"days_since_{kind}",
        DaysSince(Measured("surveys", f"{kind}_day", how="max", empty=None)),
        group="satisfaction",
        indicator=INDICATORS[kind],
        unit="days",
        good="down",
        needs=_needs(kind),
        label=(f"{ja}回答からの日数", f"Days since the last {en} answer"),
        worse=(f"{ja}の回答が古い", f"The {en} answer is old"),
        better=(f"{ja}の回答が新しい", f"The {en} answer is recent"),
        missing=(f"{ja}未回答", f"No {en} answer"),
        missing_means=f"Missing where no {en} question was ever answered.",
    )


def _mean(kind: str, ja: str, en: str) -> Declaration:
    answers = Measured("surveys", f"{kind}_answers", 365)
    return declare(
        f"{kind}_mean_365d",
        Share(Over(Measured("surveys", kind, 365), QUANTITY_UNIT), answers),
        group="satisfaction",
        indicator=INDICATORS[kind],
        unit="rating",
        good="up",
        window_days=365,
        needs=_needs(kind),
        label=(f"{ja}の平均（直近1年）", f"Mean {en}, last year"),
        worse=(f"{ja}の平均が低い", f"{en} answers are low on average"),
        better=(f"{ja}の平均が高い", f"{en} answers are good on average"),
        missing=(f"この1年は{ja}未回答", f"No {en} answer in the last year"),
        missing_means="Missing without an answer in the window.",
    )


_ANY_KIND = (
    declare(
        "survey_answers_365d",
        Measured("surveys", "answers", 365),
        group="satisfaction",
        indicator="I08",
        unit="count",
        good="up",
        window_days=365,
        needs=("surveys",),
        label=("アンケート回答数（直近1年）", "Survey answers, last year"),
        worse=("アンケートへの回答が少ない", "Surveys are hardly answered"),
        better=("アンケートによく回答している", "Surveys are answered"),
    ),
    declare(
        "days_since_survey",
        DaysSince(Measured("surveys", "day", how="max", empty=None)),
        group="satisfaction",
        indicator="I08",
        unit="days",
        good="down",
        needs=("surveys",),
        label=("最後のアンケート回答からの日数", "Days since the last survey answer"),
        worse=("アンケートの回答が古い", "The last survey answer is old"),
        better=("最近アンケートに回答している", "A survey was answered recently"),
        missing=("アンケート未回答", "No survey answer"),
        missing_means="Missing where no survey was ever answered.",
    ),
    declare(
        "survey_change",
        Change(
            Measured("surveys", "newest", how="max", empty=None),
            Measured("surveys", "before_newest", how="max", empty=None),
        ),
        group="satisfaction",
        indicator="I08",
        unit="change",
        good="up",
        needs=("surveys",),
        label=("アンケート評価の変化", "Change of the survey rating"),
        worse=("アンケートの評価が下がった", "The survey rating has fallen"),
        better=("アンケートの評価が上がった", "The survey rating has risen"),
        missing=("アンケートの比較ができない", "No two survey answers to compare"),
        missing_means=(
            "The latest answer against the one before of the same kind, on whatever scale; "
            "missing with fewer than two answers of that kind, or where the one before was 0."
        ),
    ),
)


SATISFACTION: tuple[Declaration, ...] = (
    *(make(*kind) for kind in _KINDS for make in (_latest, _change, _age, _mean)),
    *_ANY_KIND,
)
"""The declarations over ``surveys``."""
