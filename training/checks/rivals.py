"""Whether the challenger is better than what it would replace, on rows neither learned from."""

from dataclasses import dataclass
from typing import Any, Literal

from features.catalog import Words
from training.checks.check import Check, figure

Json = dict[str, Any]
Rule = Literal["better", "not worse"]


@dataclass(frozen=True)
class Contest:
    """A challenger beside a rival on the same rows.

    Attributes
    ----------
    rival : str
        The champion's version, or the scorecard's.
    log_loss_gain : dict or None
        How much lower the challenger's log loss is, with its 90 % interval; None where the rival
        gives no probability.
    auc_gain : dict
        How much higher its AUC is.
    rows, churns : int
    first, last : str or None
        Dates of the rows; None without time.
    """

    rival: str
    log_loss_gain: Json | None
    auc_gain: Json
    rows: int
    churns: int
    first: str | None
    last: str | None

    @property
    def gain(self) -> Json:
        """The gain that decides: in log loss where both give probabilities, else in AUC."""
        return self.auc_gain if self.log_loss_gain is None else self.log_loss_gain

    def json(self) -> Json:
        """Return plain JSON values."""
        return dict(vars(self))


@dataclass(frozen=True)
class NoContest:
    """Why challenger and rival cannot be held against each other."""

    why: Words


def beats_champion(held: Contest | NoContest, rule: Rule = "better") -> Check:
    """T13: better than the model in service, by the interval, on rows that neither has seen."""
    title = Words("今のモデルより良い", "Better than the model in service")
    return _judged("T13", title, held, rule)


def beats_scorecard(held: Contest | NoContest) -> Check:
    """T14: better than the scorecard, by the interval.

    In log loss where the scorecard has learned what its points are worth; in AUC where it is a
    prior, which gives no probability.
    """
    title = Words("スコアカードより良い", "Better than the scorecard")
    return _judged("T14", title, held, "better")


def _judged(code: str, title: Words, held: Contest | NoContest, rule: Rule) -> Check:
    if isinstance(held, NoContest):
        return Check(code, title, "release", "not applicable", held.why)
    gain = held.gain
    if gain["value"] is None or gain["low"] is None:
        none = Words("比べる期間の結果が一方に偏る。", "The period has only one outcome.")
        return Check(code, title, "release", "not applicable", none)
    passed = gain["low"] > 0 or (rule == "not worse" and gain["value"] >= 0 and gain["high"] >= 0)
    measure = Words("AUC", "AUC") if held.log_loss_gain is None else Words("対数損失", "log loss")
    where, end = _where(held), _conclusion(gain, passed)
    found = Words(
        f"{held.rival}に対する{measure.ja}の改善は{figure(gain, 'ja')}。"
        f"{where.ja}、解約{held.churns:,}件。{end.ja}",
        f"Gain over {held.rival} in {measure.en}: {figure(gain)}, on {where.en}, "
        f"{held.churns:,} left. {end.en}",
    )
    return Check(code, title, "release", "passed" if passed else "failed", found)


def _where(held: Contest) -> Words:
    """Return what the rows are: later than both, or of a table without time, judged in folds."""
    if held.first is None:
        return Words(
            f"日付のない表の{held.rows:,}行（各社をその会社を見ていない学習で採点）",
            f"{held.rows:,} rows without dates, each scored by fits that did not see its account",
        )
    period = f"（{held.first} – {held.last}）", f" ({held.first} – {held.last})"
    return Words(
        f"双方の学習より後の{held.rows:,}行{period[0]}",
        f"{held.rows:,} rows later than both were trained{period[1]}",
    )


def _conclusion(gain: Json, passed: bool) -> Words:
    if gain["low"] > 0:
        return Words("より良い。", "It is better.")
    if gain["high"] < 0:
        return Words("より悪い。", "It is worse.")
    if passed:
        return Words(
            "偶然と区別できないが、悪くはない。",
            "It cannot be told from luck, and is not worse.",
        )
    return Words("偶然と区別できない。", "It cannot be told from luck.")
