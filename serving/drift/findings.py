"""One thing found to be wrong with the data, and the words for it."""

from dataclasses import dataclass
from typing import Literal

from features.catalog import Feature, Words

Severity = Literal["page", "watch"]

SENTENCES: dict[str, Words] = {
    "no_rows": Words(
        "スナップショットに1社も含まれていません。",
        "The snapshot holds no account at all.",
    ),
    "row_count": Words(
        "対象が{now:,.0f}社。前回は{before:,.0f}社でした。",
        "{now:,.0f} accounts, against {before:,.0f} in the run before.",
    ),
    "duplicate_accounts": Words(
        "{rows:,.0f}行が重複しています（例：{example}）。",
        "{rows:,.0f} rows repeat an account (for example {example}).",
    ),
    "missing_column": Words(
        "{label}（列 {column}）がスナップショットにありません。",
        "{label} (column {column}) is not in the snapshot.",
    ),
    "wrong_type": Words(
        "{label}（列 {column}）の型が {now}。{expected} のはずです。",
        "{label} (column {column}) is of type {now}; {expected} is expected.",
    ),
    "missing_values": Words(
        "{label}（列 {column}）の欠損が{before:.1%}から{now:.1%}に増えました。",
        "{label} (column {column}) is missing for {now:.1%} of the accounts, against {before:.1%}.",
    ),
    "new_category": Words(
        "{label}（列 {column}）に学習時になかった値「{example}」があります（{share:.1%}）。",
        "{label} (column {column}) has a value the model has never seen: "
        "“{example}” ({share:.1%}).",
    ),
    "lost_category": Words(
        "{label}（列 {column}）から値「{example}」が消えました（学習時は{before:.1%}）。",
        "{label} (column {column}) no longer has the value “{example}” (it was {before:.1%}).",
    ),
    "unit_jump": Words(
        "{label}（列 {column}）の大きさが{factor}倍になりました"
        "（{before} → {now}）。単位の変更が疑われます。",
        "{label} (column {column}) is {factor} times what it was "
        "({before} → {now}): the unit may have changed.",
    ),
    "frozen": Words(
        "{label}（列 {column}）が全社で同じ値 {value} になっています。",
        "{label} (column {column}) is {value} for every account.",
    ),
    "out_of_range": Words(
        "{label}（列 {column}）の{share:.1%}が、学習時の範囲 {low}–{high} を"
        "大きく外れています（例：{example}）。",
        "{label} (column {column}) lies far outside the reference's range "
        "{low} to {high} for {share:.1%} of the accounts (for example {example}).",
    ),
    "infinite": Words(
        "{label}（列 {column}）に無限大が{rows:,.0f}件あります。",
        "{label} (column {column}) is infinite in {rows:,.0f} rows.",
    ),
    "stale_table": Words(
        "テーブル {column} の最後の行は{days:.0f}日前です。"
        "過去90日の間隔では説明できない途切れです。",
        "The last row of table {column} is {days:.0f} days old, "
        "a silence its past 90 days do not explain.",
    ),
}
"""Code of a finding → its sentence; the blanks are filled from its evidence."""


@dataclass(frozen=True)
class Finding:
    """One fault of the data.

    Attributes
    ----------
    code : str
        A key of ``SENTENCES``; stable, for machines.
    severity : {"page", "watch"}
        ``page`` makes the verdict "broken"; ``watch`` is worth a look.
    feature : str or None
        The feature concerned.
    sentence : Words
    evidence : dict
        The figures of the sentence, unrounded.
    """

    code: str
    severity: Severity
    feature: str | None
    sentence: Words
    evidence: dict[str, str | float]


def finding(
    code: str,
    severity: Severity,
    feature: Feature | None = None,
    **evidence: str | float,
) -> Finding:
    """Return the finding ``code`` with its sentence filled from ``evidence``."""
    shown = {k: printable(v) if isinstance(v, str) else _Figure(v) for k, v in evidence.items()}
    if feature:
        shown["column"] = printable(feature.name)
    words = SENTENCES[code]
    ja = words.ja.format(**shown, label=printable(feature.label.ja) if feature else "")
    en = words.en.format(**shown, label=printable(feature.label.en) if feature else "")
    return Finding(code, severity, feature.name if feature else None, Words(ja, en), evidence)


class _Figure(float):
    """A number that writes itself with `figure` where a sentence asks for no other form."""

    def __format__(self, form: str) -> str:
        return super().__format__(form) if form else figure(self)


def figure(value: float) -> str:
    """Return ``value`` to four digits without powers of ten: 1,234,567 or 0.00123.

    Examples
    --------
    >>> figure(12345.6), figure(0.001), figure(4.0)
    ('12,346', '0.001', '4')
    """
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    return text if "e" not in text else f"{value:.9f}".rstrip("0").rstrip(".")


def printable(text: str) -> str:
    """Return ``text`` fit for one line of a terminal: no control characters, at most 60 long."""
    plain = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return plain if len(plain) <= 60 else plain[:59] + "…"
