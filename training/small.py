"""Few leavers, or none: when a scorecard serves, when a model takes over, and when neither may.

The rule is written down in docs/decisions (a scorecard before a model). In short: below the floor
of ``[scorecard].minimum_churns`` the scorecard serves as given; from there on it learns, held to
what was given; from ``[training].minimum_churns`` on a model is tried, and takes over where it
beats the scorecard on later periods. What has enough churns and tells nothing is not shown.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from features.settings import Settings
from training import card_evaluation, carded, metrics
from training.carded import Carded
from training.checks import Contest, NoContest
from training.frames import Frame
from training.judging import Judged
from training.scorecard import Scorecard
from training.scorecard_bundle import chances
from training.seal import SCORECARD

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]


def too_few(rows: Frame, settings: Settings) -> bool:
    """Whether so few accounts left (or stayed) that no model is tried."""
    counts = [
        len(np.unique(rows.account_ids[rows.churned == outcome].astype(str)))
        for outcome in (0.0, 1.0)
    ]
    return min(counts) < settings.training.minimum_churns


def against(
    scorecard: Scorecard | None, judged: Judged, settings: Settings, known: Frame
) -> Contest | NoContest:
    """Return a model and the scorecard on the rows the model is judged on.

    The scorecard has learned from the same development period as the model. In the model's place it
    would serve with what all ``known`` rows taught it. Where it could not, because it has enough
    leavers and tells nothing, a model that is not surely better is not held back by it: nobody
    would have a score then.

    Parameters
    ----------
    known : Frame
        All rows with an outcome, those the model is judged on among them.
    """
    if scorecard is None:
        return NoContest(
            Words(
                "このデータに使えるスコアカードがない。", "There is no scorecard for these tables."
            )
        )
    fitted = carded.fit(scorecard, judged.development, settings)
    test = judged.test
    if test is judged.development:
        score, chance = fitted.score, fitted.chance
    else:
        score = fitted.reading.tell(fitted.reading.of_frame(test)).score
        chance = chances(fitted.scale, score)
    there = ~np.isnan(score)
    if not there.any():
        return NoContest(
            Words("スコアカードが点数を付けた行がない。", "The scorecard gives a score to no row.")
        )
    rows, said = test.where(there), judged.probability[there]
    held = _held(fitted, rows, said, (score[there], chance[there]), settings)
    low = held.gain["low"]
    if low is not None and low <= 0 and not _could_serve(scorecard, known, settings):
        return NoContest(
            Words(
                "スコアカード自体が解約を見分けられず、モデルの代わりにならない。",
                "The scorecard does not tell who leaves, so it could not serve in its place.",
            )
        )
    return held


def _could_serve(scorecard: Scorecard, known: Frame, settings: Settings) -> bool:
    return says_something(carded.fit(scorecard, known, settings), known, settings)


def _held(
    fitted: Carded, rows: Frame, said: Floats, card: tuple[Floats, Floats], settings: Settings
) -> Contest:
    """Return a model's probabilities (n,) beside the scores and chances (n,) of the card."""
    dated = rows.as_of[~np.isnat(rows.as_of)].astype("datetime64[D]")
    score, chance = card
    given, ids, seed = (rows.churned, said), rows.account_ids, settings.training.seed
    return Contest(
        rival=f"scorecard {fitted.reading.scorecard.version}",
        log_loss_gain=metrics.log_loss_gain(*given, chance, ids, seed) if fitted.scale else None,
        auc_gain=metrics.auc_gain(*given, -score, ids, seed),
        rows=len(rows),
        churns=int(rows.churned.sum()),
        first=str(dated.min()) if len(dated) else None,
        last=str(dated.max()) if len(dated) else None,
    )


def says_something(fitted: Carded, rows: Frame, settings: Settings) -> bool:
    """Whether the history lets a scorecard be shown.

    Few churns cannot refute it: it is shown unless it is worse than chance by the whole interval.
    As many as a model needs can: then it has to be better than chance, and than a constant.
    """
    if fitted.scale is None:
        return True
    figures = card_evaluation.measured(fitted, rows, settings.training.seed)
    auc, gain = figures["auc"], figures["log_loss_gain"]
    if min(fitted.leavers, fitted.stayers) < settings.training.minimum_churns:
        return auc["high"] is None or auc["high"] >= 0.5
    return bool(auc["low"] is not None and auc["low"] > 0.5 and gain["low"] > 0)


def why(fitted: Carded, rows: Frame, settings: Settings, refused: Words | None = None) -> Words:
    """Return why the scorecard serves, with the counts and how wide the range still is.

    Parameters
    ----------
    refused : Words, optional
        Why a model that was tried does not serve.
    """
    counts = _counts(fitted, settings)
    said = [Words("スコアカードで採点しています。", "The scorecard serves."), counts]
    if fitted.scale is not None:
        said.append(_told_apart(fitted, rows, settings))
    if refused is not None:
        said.append(
            Words(
                f"モデルは使いません: {refused.ja}",
                f"The model that was tried does not: {refused.en}",
            )
        )
    return Words("".join(one.ja for one in said), " ".join(one.en for one in said))


def nothing_to_tell(fitted: Carded, rows: Frame, settings: Settings) -> Words:
    """Return why the scorecard may not be shown either."""
    figures = card_evaluation.measured(fitted, rows, settings.training.seed)
    auc, gain = _interval(figures["auc"]), figures["log_loss_gain"]
    loss = f"{gain['value']:.4f} ({gain['low']:.4f} – {gain['high']:.4f})"
    return Words(
        f"スコアカードでも見分けられない: AUCは{auc}、一定の確率に対する対数損失の改善は{loss}、"
        f"解約した会社は{fitted.leavers:,}社。",
        f"The scorecard does not tell them apart either: AUC {auc}, log loss lower than a "
        f"constant's by {loss}, with {fitted.leavers:,} accounts that left.",
    )


def files(scorecard: Scorecard | None) -> dict[str, Json]:
    """Return what a model's bundle holds of the scorecard it is told beside."""
    if scorecard is None:
        return {}
    return {SCORECARD: scorecard.model_dump(mode="json", exclude_none=True)}


def _counts(fitted: Carded, settings: Settings) -> Words:
    learns, model = settings.scorecard.minimum_churns, settings.training.minimum_churns
    left, stayed = fitted.leavers, fitted.stayers
    short = Words("継続", "that stayed") if stayed < left else Words("解約", "on")
    if fitted.scale is None:
        far = _so_far(left, stayed)
        return Words(
            f"初期設定のままで、まだ学習していません。{far.ja}{short.ja}{learns:,}社から学習し、"
            f"{model:,}社からモデルを試します。",
            f"It is a prior, not yet learned. {far.en}; it learns from {learns:,} {short.en}, and "
            f"a model is tried from {model:,} {short.en}.",
        )
    what = (
        Words("配点と点数の意味", "Its weights, and what points are worth, are")
        if fitted.weights_learned
        else Words("点数の意味", "What its points are worth is")
    )
    later = (
        Words(
            f"{'継続' if stayed < left else ''}{model:,}社からモデルを試します。",
            f" A model is tried from {model:,} {short.en}.",
        )
        if min(left, stayed) < model
        else Words("", "")
    )
    return Words(
        f"{what.ja}を解約{left:,}社から学習しました。{later.ja}",
        f"{what.en} learned from {left:,} accounts that left.{later.en}",
    )


def _so_far(left: int, stayed: int) -> Words:
    """Return how many have left; where fewer stayed than left, how few those are."""
    if not left:
        return Words("これまで解約した会社はありません。", "No account has left so far")
    ja = f"これまでの解約は{left:,}社です。"
    en = "1 account has left so far" if left == 1 else f"{left:,} accounts have left so far"
    if stayed >= left:
        return Words(ja, en)
    if not stayed:
        return Words(f"{ja}継続した会社はありません。", f"{en} and none has stayed")
    return Words(f"{ja}継続は{stayed:,}社です。", f"{en} and only {stayed:,} stayed")


def _told_apart(fitted: Carded, rows: Frame, settings: Settings) -> Words:
    auc = card_evaluation.measured(fitted, rows, settings.training.seed)["auc"]
    there = ~np.isnan(fitted.score)
    given = rows.where(there)
    limit = card_evaluation.red_up_to(fitted, given, settings)
    red = card_evaluation.reds(given, fitted.score[there], limit)
    low, high = (round(100 * end) for end in red["interval"])
    ja, en = f"AUC {_interval(auc, '～')}。", f"AUC {_interval(auc)}."
    wide = high - low >= WIDE
    if not red["rows"]:
        return Words(ja, en)
    still_ja, still_en = ("まだ幅があります", "the range is still wide") if wide else ("", "")
    tail_ja = f"。{still_ja}" if still_ja else ""
    return Words(
        f"{ja}要対応だった{red['rows']:,}件のうち解約は{red['churns']:,}件（{low}～{high}%）{tail_ja}。",
        f"{en} Of {red['rows']:,} times an account was red, {red['churns']:,} left ({low}–{high} %)"
        f"{': ' + still_en if still_en else ''}.",
    )


WIDE = 15
"""Percentage points from which a range is called wide."""


def _interval(metric: Json, dash: str = "–") -> str:
    if metric["value"] is None:
        return "–"
    return f"{metric['value']:.2f} ({metric['low']:.2f}{dash}{metric['high']:.2f})"
