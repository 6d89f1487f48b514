"""One rule applied to one challenger: what was looked for, what was found, what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from features.catalog import Language, Words

Json = dict[str, Any]
Result = Literal["passed", "failed", "not applicable"]
Severity = Literal["signal", "release", "warning"]

DOCS = "docs/checks.md"
ESSENTIAL = frozenset({"T1", "T2", "T3", "T10", "T19"})
"""Checks nobody may pass over: without signal there is no score, and a bundle that answers
otherwise than it was judged, or reads other columns than there are, is broken."""


@dataclass(frozen=True)
class Check:
    """One rule applied to one challenger.

    Attributes
    ----------
    code : str
        Stable; ``docs`` is where it is explained.
    severity : {"signal", "release", "warning"}
        A failed ``signal`` check means that no score may be given, ``release`` that this model
        does not become champion, ``warning`` that somebody should look.
    result : {"passed", "failed", "not applicable"}
        ``not applicable`` where there is nothing to hold the rule against; never a pass.
    ignored : str
        Why a failure is passed over, as the settings say; empty otherwise.
    """

    code: str
    words: Words
    severity: Severity
    result: Result
    found: Words
    ignored: str = ""

    @property
    def sentence(self) -> str:
        """What was found, in English."""
        return self.found.en

    @property
    def docs(self) -> str:
        """Where the rule, its limit and what to do are written."""
        return f"{DOCS}#{self.code.lower()}"

    @property
    def stands(self) -> bool:
        """Whether the check failed and is not passed over."""
        return self.result == "failed" and not self.ignored

    def json(self) -> Json:
        """Return plain JSON values; the words in both languages."""
        return {
            "code": self.code,
            "title": self.words.en,
            "title_ja": self.words.ja,
            "severity": self.severity,
            "result": self.result,
            "sentence": self.found.en,
            "sentence_ja": self.found.ja,
            "ignored": self.ignored,
            "docs": self.docs,
        }


def of_json(given: Json) -> Check:
    """Return a check as `Check.json` wrote it."""
    return Check(
        code=given["code"],
        words=Words(given["title_ja"], given["title"]),
        severity=given["severity"],
        result=given["result"],
        found=Words(given["sentence_ja"], given["sentence"]),
        ignored=given.get("ignored", ""),
    )


def passed_over(checks: Sequence[Check], reasons: Mapping[str, str]) -> tuple[Check, ...]:
    """Return the checks, those that failed and may be passed over with the reason given."""
    return tuple(
        replace(check, ignored=reasons[check.code])
        if check.result == "failed" and check.code in reasons and check.code not in ESSENTIAL
        else check
        for check in checks
    )


def failed(checks: Sequence[Check], severity: str) -> list[Check]:
    """Return the checks of a severity that failed and are not passed over."""
    return [c for c in checks if c.stands and c.severity == severity]


def figure(metric: Json, language: Language = "en") -> str:
    """Return a metric with its interval, in words."""
    if metric["value"] is None:
        return "不明" if language == "ja" else "unknown"
    value, span = f"{metric['value']:.4f}", f"{metric['low']:.4f}–{metric['high']:.4f}"
    return f"{value}（90%区間 {span}）" if language == "ja" else f"{value} (90 % interval {span})"


NO_AUC = Words("検証期間の解約が一方に偏り、AUCがない。", "No AUC: only one outcome in the test.")

ONE_OUTCOME = Words(
    "解約か継続の一方しかなく、比べられない。", "All left or none did: there is nothing to compare."
)
