"""What a feature is, in one line, said from its measure."""

from functools import singledispatch

from features.catalog import Language
from features.catalogue.declaration import Declaration
from features.catalogue.phrases import HELD, phrase
from features.comparisons import AgainstPeers, ByChance, Mean
from features.contracts import MONEY_UNIT
from features.measures import (
    Change,
    Constant,
    DaysSince,
    Held,
    Known,
    Measure,
    Measured,
    Minus,
    Over,
    Share,
    Times,
    ZeroIfMissing,
)
from features.usage import QUANTITY_UNIT

HOUR_MS = 60 * 60 * 1000
ATTRIBUTE = "attribute:"


def definition(declared: Declaration, language: Language) -> str:
    """Return one sentence: what is counted, over which days, and how it is put together.

    Windows are written ``[as_of - 28 d, as_of)``: with their first instant, without their last.
    """
    said = _said(declared.measure, language == "ja")
    return f"{said[:1].upper()}{said[1:]}{'。' if language == 'ja' else '.'}"


def interval(days: int | None, skip: int = 0) -> str:
    """Return a window as an interval of instants; empty for all that is known.

    Examples
    --------
    >>> interval(28), interval(28, 28), interval(None)
    ('[as_of - 28 d, as_of)', '[as_of - 56 d, as_of - 28 d)', '')
    """
    if days is None:
        return ""
    return f"[as_of - {skip + days} d, as_of{f' - {skip} d' if skip else ''})"


@singledispatch
def _said(measure: Measure, ja: bool) -> str:
    raise NotImplementedError(type(measure).__name__)


@_said.register
def _(measure: Measured, ja: bool) -> str:
    words, days = phrase(measure), interval(measure.days, measure.skip)
    text = words.ja if ja else words.en
    if not days:
        return text
    return f"{text} {days}" if ja else f"{text} in {days}"


@_said.register
def _(measure: Held, ja: bool) -> str:
    if measure.name.startswith(ATTRIBUTE):
        return f"accounts.{measure.name.removeprefix(ATTRIBUTE)}"
    words = HELD[measure.name]
    return words.ja if ja else words.en


@_said.register
def _(measure: Constant, ja: bool) -> str:
    return str(measure.number)


@_said.register
def _(measure: Over, ja: bool) -> str:
    columns = {leaf.column for leaf in measure.measure.leaves()}
    text, divisor = _said(measure.measure, ja), measure.divisor
    if any(column.endswith("_ms") for column in columns):
        divisor /= HOUR_MS
        text += "（時間）" if ja else ", in hours"
    elif divisor in (QUANTITY_UNIT, MONEY_UNIT):
        divisor = 1
    return text if divisor == 1 else f"({text}) ÷ {divisor:g}"


@_said.register
def _(measure: Share, ja: bool) -> str:
    text = f"({_said(measure.part, ja)}) ÷ ({_said(measure.whole, ja)})"
    if measure.most is None:
        return text
    return f"{text}（上限{measure.most:g}）" if ja else f"{text}, at most {measure.most:g}"


@_said.register
def _(measure: Times, ja: bool) -> str:
    return f"({_said(measure.one, ja)}) × ({_said(measure.other, ja)})"


@_said.register
def _(measure: Minus, ja: bool) -> str:
    return f"({_said(measure.one, ja)}) - ({_said(measure.other, ja)})"


@_said.register
def _(measure: Change, ja: bool) -> str:
    now, before = _said(measure.now, ja), _said(measure.before, ja)
    return f"({before}) から ({now}) への変化率" if ja else f"change from ({before}) to ({now})"


@_said.register
def _(measure: DaysSince, ja: bool) -> str:
    day = _said(measure.day, ja)
    return f"{day}からas_ofまでの日数" if ja else f"days from {day} to as_of"


@_said.register
def _(measure: Known, ja: bool) -> str:
    day = _said(measure.measure, ja)
    yes, no = (1, 0) if measure.known else (0, 1)
    return f"{day}があれば{yes}、なければ{no}" if ja else f"{yes} where there is {day}, else {no}"


@_said.register
def _(measure: ZeroIfMissing, ja: bool) -> str:
    value = _said(measure.measure, ja)
    return f"{value}（なければ0）" if ja else f"{value}, or 0 where there is none"


@_said.register
def _(measure: Mean, ja: bool) -> str:
    first, more = _said(measure.parts[0], ja), len(measure.parts) - 1
    if ja:
        return f"{first} とその前の同じ長さの{more}期間の平均"
    before = "window" if more == 1 else f"{more} windows"
    return f"mean of {first} and the {before} of that length before"


@_said.register
def _(measure: ByChance, ja: bool) -> str:
    now, several = _said(measure.now, ja), len(measure.before) > 1
    before = _said(Mean(measure.before) if several else measure.before[0], ja)
    if ja:
        of_these = "（現在の契約期間に収まる期間のみ）" if several else ""
        return f"(({now}) - e) ÷ √(e + 1)、eは{before}{of_these}"
    of_these = ", of those that lie wholly in the present spell" if several else ""
    return f"(({now}) - e) ÷ √(e + 1), where e is the {before}{of_these}"


@_said.register
def _(measure: AgainstPeers, ja: bool) -> str:
    value = _said(measure.measure, ja)
    if ja:
        return f"({value}) ÷ (as_ofに契約中の同じプランの会社でのその下側中央値)"
    return f"({value}) ÷ (its lower median over the live accounts of the same plan at as_of)"
