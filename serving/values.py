"""How a value is written: its unit, in Japanese and English."""

import math
from decimal import Decimal

from babel.numbers import format_compact_currency, format_currency

from features.catalog import Feature, Language, Unit
from serving import code_words

MINUS = "\N{MINUS SIGN}"

_BARE = frozenset({"count", "rating", "times", "per_week", "months"})
"""Units of values that are written as the number they are."""

AHEAD = frozenset({"days_to_renewal"})
"""Features whose days are counted from now to a day ahead; all other days are a length of time."""


def value_text(
    feature: Feature, value: float | str | None, language: Language, currency: str = "USD"
) -> str:
    """Return a value in the unit of its feature, or the words for no data.

    Parameters
    ----------
    value : float, str or None
        NaN, None and the empty text are no data.
    currency : str
        ISO 4217 code, for money.
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return "データなし" if language == "ja" else "no data"
    if isinstance(value, str):
        return code_words.value(feature.name, value, language)
    ja = language == "ja"
    match feature.unit:
        case "share":
            return _percent(value, ja)
        case "change":
            return _change(value)
        case "times":
            return f"{number(value)}倍" if ja else _counted(value, "time")
        case "per_week":
            return f"週{number(value)}回" if ja else f"{number(value)} a week"
        case "days":
            return _days(feature, value, ja)
        case "hours":
            return _hours(value, ja)
        case "months":
            return f"{number(value)}か月" if ja else _counted(value, "month")
        case "money":
            return money_text(value, currency, language)
        case "truth" if value in (0, 1):
            return ("はい" if value else "いいえ") if ja else ("yes" if value else "no")
        case _:
            return number(value)


def reads_same(feature: Feature, one: float, other: float) -> bool:
    """Whether two finite values of a feature are the same text on the screen, in English."""
    if one == other:
        return True
    if reads_apart(feature.unit, one, other):
        return False
    if feature.unit == "money":
        # Babel needs 50 µs for an amount; what it would round to tells as much.
        return _money_read(one) == _money_read(other)
    return value_text(feature, one, "en") == value_text(feature, other, "en")


def reads_apart(unit: Unit | None, one: float, other: float) -> bool:
    """Whether two values are so far apart that no rounding can write them alike.

    Shares are rounded to hundredths, money to three digits, bare numbers below a hundred to tenths,
    all else to whole numbers at most.
    """
    apart = abs(one - other)
    size = max(abs(one), abs(other))
    if unit == "money":
        return apart > 0.2 * size and size > 1.0
    if unit in _BARE and size < 100:
        return apart > 0.101
    return apart > (0.0101 if unit in ("share", "change") else 1.01) and size < 1e12


def _money_read(value: float) -> tuple[float, int] | str:
    """Return what `money_text` shows of an amount in English: the number, and thousands left out.

    Three digits are kept; in short form one decimal of them, halves to even.
    """
    if abs(value) >= 1e15 or not math.isfinite(value):
        return number(value)
    rounded = round(float(f"{value:.3g}"), 2)
    size = abs(rounded)
    if size < 1_000:
        return rounded, 0
    left_out = min(len(str(int(size))) - 1, 12) // 3
    digits = len(str(int(size))) - 3 * left_out
    if digits > 1:
        return rounded, left_out
    tenths, hundredths = divmod(int(size) // 10 ** (3 * left_out - 2), 10)
    tenths += hundredths > 5 or (hundredths == 5 and tenths % 2 == 1)
    return math.copysign(tenths * 10.0 ** (3 * left_out - 1), rounded), left_out


def number(value: float) -> str:
    """Return a number with as many digits as help: ``1,240``, ``34.5``, ``0.042``, ``−3``."""
    size, sign = abs(value), MINUS if value < 0 else ""
    if math.isinf(size):
        return f"{sign}∞"
    if size >= 1e15:
        return f"{sign}{size:.1e}"
    if 0 < size < 0.001:
        return f">{MINUS}0.001" if sign else "<0.001"
    if size == int(size) or size >= 100:
        text = f"{size:,.0f}"
    elif size >= 1:
        text = _trimmed(f"{size:.1f}")
    else:
        text = _trimmed(format(Decimal(f"{size:.2g}"), "f"))
    return f"{sign}{text}"


def money_text(value: float, currency: str, language: Language) -> str:
    """Return money in short: ``¥973万``, ``¥9.7M``, ``$1.2K``."""
    if abs(value) >= 1e15 or not math.isfinite(value):
        return f"{currency} {number(value)}"
    rounded = round(float(f"{value:.3g}"), 2)
    if abs(rounded) < (10_000 if language == "ja" else 1_000):
        plain = "¤#,##0" if rounded == int(rounded) else "¤#,##0.00"
        text = format_currency(rounded, currency, plain, language, currency_digits=False)
    else:
        text = format_compact_currency(rounded, currency, locale=language, fraction_digits=1)
    return text.replace("￥", "¥").replace("-", MINUS)


def _percent(share: float, ja: bool) -> str:
    """Return a share in per cent; what is not quite nothing or all is not written as such."""
    if 0 < share < 0.005:
        return "1%未満" if ja else "<1%"
    if 0.995 <= share < 1:
        return "99%超" if ja else ">99%"
    return f"{number(_whole(share * 100))}%"


def _change(change: float) -> str:
    percent = _whole(change * 100)
    return "±0%" if percent == 0 else f"{'+' if percent > 0 else ''}{number(percent)}%"


def _days(feature: Feature, days: float, ja: bool) -> str:
    if feature.name not in AHEAD:
        return f"{number(days)}日" if ja else _counted(days, "day")
    whole = _whole(days)
    if whole == 0:
        return "今日" if ja else "today"
    if whole < 0:
        return f"{number(-whole)}日前" if ja else f"{_counted(-whole, 'day')} ago"
    return f"あと{number(whole)}日" if ja else f"in {_counted(whole, 'day')}"


def _hours(hours: float, ja: bool) -> str:
    minutes = round(hours * 60) if abs(hours) < 1 else 0
    if minutes:
        return f"{number(minutes)}分" if ja else _counted(minutes, "minute")
    if 0 < abs(hours) < 1:
        return "1分未満" if ja else "under a minute"
    return f"{number(hours)}時間" if ja else _counted(hours, "hour")


def _counted(value: float, unit: str) -> str:
    text = number(value)
    return f"{text} {unit}" if text in ("1", f"{MINUS}1") else f"{text} {unit}s"


def _whole(value: float) -> float:
    """Return the nearest whole number; of what is too large to have one, the number itself."""
    return float(round(value)) if abs(value) < 1e15 else value


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
