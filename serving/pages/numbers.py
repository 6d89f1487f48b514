"""Numbers, money and dates as a reader of one language expects them."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date

from features.catalog import Language
from serving.values import money_text

MINUS = "\u2212"


def signed(value: float, digits: int = 0) -> str:
    """Return ``value`` with its sign, a real minus, and ±0 where nothing is left after rounding.

    >>> signed(-8.61, 1), signed(0.2), signed(7)
    ('−8.6', '±0', '+7')
    """
    rounded = round(value, digits)
    if rounded == 0:
        return "±0"
    return f"{rounded:+,.{digits}f}".replace("-", MINUS)


@lru_cache(maxsize=10_000)
def _money(value: float, currency: str, language: Language) -> str:
    """Return money in short; a page repeats the same amounts, and finding the words is slow."""
    return money_text(value, currency, language)


@dataclass(frozen=True)
class Numbers:
    """Formats of one language and currency."""

    language: Language
    currency: str

    @property
    def _locale(self) -> str:
        return "ja_JP" if self.language == "ja" else "en_US"

    def count(self, value: float) -> str:
        """Return a whole number with its separators."""
        return f"{round(value):,}"

    def money(self, value: float | None) -> str:
        """Return an amount in 万/億 or K/M/B; an en dash where there is none."""
        if value is None or math.isnan(value):
            return "–"
        return _money(value, self.currency, self.language)

    def amount(self, value: float) -> str:
        """Return an amount without its currency, where the table says which it is.

        >>> Numbers("ja", "JPY").amount(1.4e7)
        '1400万'
        """
        return re.sub(r"^\D+", "", self.money(value))

    def percent(self, value: float | None, digits: int = 0) -> str:
        """Return a share; what would round to nothing or all is "<1%" or ">99%", never "0%".

        >>> Numbers("en", "JPY").percent(0.004), Numbers("ja", "JPY").percent(0.0004, 1)
        ('<1%', '0.1%未満')
        >>> Numbers("en", "JPY").percent(0.996), Numbers("ja", "JPY").percent(0.9996, 1)
        ('>99%', '99.9%超')
        """
        if value is None or math.isnan(value):
            return "–"
        smallest = 10.0 ** -(digits + 2)
        if 0 < value < smallest / 2:
            text = self.percent(smallest, digits)
            return f"{text}未満" if self.language == "ja" else f"<{text}"
        if 1 - smallest / 2 <= value < 1:
            text = f"{100 * (1 - smallest):,.{digits}f}%"
            return f"{text}超" if self.language == "ja" else f">{text}"
        return f"{100 * value:,.{digits}f}%"

    def day(self, value: date | datetime) -> str:
        """Return a day with its weekday."""
        pattern = "M月d日(E)" if self.language == "ja" else "EEE, MMM d"
        return format_date(value, format=pattern, locale=self._locale)

    def full_date(self, value: date | datetime | str | None) -> str:
        """Return a day with its year, as sentences write it; tables keep ISO 8601.

        Parameters
        ----------
        value : date, datetime or str, optional
            A text begins with an ISO 8601 date; without a value an en dash stands for it.

        >>> Numbers("ja", "JPY").full_date("2026-11-03T09:00:00Z")
        '2026年11月3日'
        >>> Numbers("en", "JPY").full_date(date(2026, 11, 3))
        'Nov 3, 2026'
        """
        if not value:
            return "–"
        day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        pattern = "y年M月d日" if self.language == "ja" else "MMM d, y"
        return format_date(day, format=pattern, locale=self._locale)

    def month(self, value: date | datetime) -> str:
        """Return a month's short name."""
        pattern = "M月" if self.language == "ja" else "MMM"
        return format_date(value, format=pattern, locale=self._locale)
