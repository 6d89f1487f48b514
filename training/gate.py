"""The release gate: whether a challenger may serve, decided from evidence and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from features.catalog import Words
from features.errors import KenshinError, SettingsError
from features.section import did_you_mean
from training.checks import ESSENTIAL, Check, failed, passed_over

Json = dict[str, Any]
Verdict = Literal["promote", "keep", "no signal"]

STOPPING = ("T6", "T7", "T11", "T12", "T18")
"""Checks whose failure ends a training: what was learned from a leak is not even a challenger."""


class LeakError(KenshinError):
    """Something in the training data knows the future."""

    slug = "leak"
    title = "A column knows the future"


@dataclass(frozen=True)
class Evidence:
    """What a decision stands on.

    Attributes
    ----------
    checks : tuple of Check
    champion : str or None
        The version in service; None where nothing serves.
    ignored : dict of str to str
        Code of a check → why its failure may be passed over; other keys are columns and features,
        which the checks themselves have passed over.
    """

    checks: tuple[Check, ...]
    champion: str | None
    ignored: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What the gate decided.

    Attributes
    ----------
    verdict : {"promote", "keep", "no signal"}
        ``keep``: what serves goes on serving, if anything does; the challenger is kept beside it.
        ``no signal``: there is not even a challenger.
    refused_by : tuple of str
        Codes of the checks that stand against it.
    checks : tuple of Check
        All of them, with what was passed over.
    why : Words
        The decision in a sentence.
    """

    verdict: Verdict
    refused_by: tuple[str, ...]
    checks: tuple[Check, ...]
    champion: str | None
    ignored: Mapping[str, str]
    why: Words

    @property
    def reason(self) -> str:
        """Why there is no usable signal; empty where there is one."""
        return self.reason_words.en

    @property
    def reason_words(self) -> Words:
        """The same in both languages."""
        against = failed(self.checks, "signal")
        return Words(
            "".join(check.found.ja for check in against),
            " ".join(check.found.en for check in against),
        )

    def json(self) -> Json:
        """Return plain JSON values, without the checks themselves."""
        return {
            "verdict": self.verdict,
            "refused_by": list(self.refused_by),
            "champion": self.champion,
            "ignored": dict(self.ignored),
            "sentence": self.why.en,
            "sentence_ja": self.why.ja,
        }


def decide(evidence: Evidence) -> Decision:
    """Return whether a challenger may serve: every signal and release check has to hold.

    Raises
    ------
    SettingsError
        Where the settings pass over a check that there is not, or one that nobody may pass over.
    """
    _require_known(evidence)
    checks = passed_over(evidence.checks, evidence.ignored)
    signal, release = failed(checks, "signal"), failed(checks, "release")
    verdict: Verdict = "no signal" if signal else "keep" if release else "promote"
    against = [*signal, *release]
    refused_by = tuple(check.code for check in against)
    why = _why(verdict, against, evidence.champion)
    return Decision(verdict, refused_by, checks, evidence.champion, evidence.ignored, why)


def require_no_leak(checks: Sequence[Check], ignored: Mapping[str, str]) -> None:
    """Stop where a check found that something knows the future, unless that is passed over.

    Raises
    ------
    LeakError
        With every suspect by name.
    """
    found = [
        check for check in passed_over(checks, ignored) if check.stands and check.code in STOPPING
    ]
    if not found:
        return
    raise LeakError(
        "features that tell only what was known at their date",
        " ".join(
            f"{check.code} {check.words.en.lower()}: {check.sentence}" for check in found
        ).rstrip("."),
        "Leave them out (flat.exclude, or the mapping of their table); where one is honest, say "
        'why: [gate.ignore] "its name" = "…". Nothing was trained, the model in service stays.',
    )


def _require_known(evidence: Evidence) -> None:
    codes = [check.code for check in evidence.checks]
    for name in evidence.ignored:
        if name in ESSENTIAL:
            raise SettingsError(
                "checks under [gate.ignore] that may be passed over",
                name,
                f"Nobody may pass over {', '.join(sorted(ESSENTIAL))}; remove it.",
            )
        if name[:1] == "T" and name[1:].isdigit() and name not in codes:
            raise SettingsError(
                "codes of checks under [gate.ignore]",
                f"'{name}'{did_you_mean(name, codes)}",
                "docs/checks.md lists them.",
            )


def _why(verdict: Verdict, against: Sequence[Check], champion: str | None) -> Words:
    if verdict == "promote":
        place = Words(f"{champion}に代わる", f"it replaces {champion}") if champion else None
        return Words(
            "リリース検査をすべて通過" + (f"し、{place.ja}。" if place else "。"),
            "It passed every release check" + (f"; {place.en}." if place else "."),
        )
    stays = Words(f"{champion}が引き続き使われる。", f"{champion} stays in service.")
    told_ja = " ".join(f"{check.code} {check.words.ja}: {check.found.ja}" for check in against)
    told_en = " ".join(f"{check.code} {check.words.en}: {check.found.en}" for check in against)
    return Words(
        f"満たさない検査: {told_ja}" + (stays.ja if champion else ""),
        f"Refused by {told_en}" + (f" {stays.en}" if champion else ""),
    )
