"""The past a scorecard is learned from and judged by: an earlier and a later part."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from features.arrow import pa
from features.catalog import Words
from features.errors import KenshinError
from features.progress import Progress
from features.settings import Settings
from training import frames
from training import split as splitting
from training.scorecard.judgement import Past

if TYPE_CHECKING:
    from features.snapshots import Snapshot

HALVES = 2


@dataclass(frozen=True)
class History:
    """Rows with known outcomes.

    Attributes
    ----------
    earlier, later : Past
        What may be learned from, and what it is judged by; the label windows of the first end
        before the second begins.
    design : Words
        How they came about, in a sentence.
    """

    earlier: Past
    later: Past
    design: Words


def history(settings: Settings, progress: Progress) -> History:
    """Return the past of the company the settings name, parted as for a model.

    Raises
    ------
    KenshinError
        Where there is none: nobody's outcome is known, or it is shorter than two label windows.
    """
    from training.material import material  # the tables' engine, which serving never needs

    rows = material(settings, progress)
    return parted(rows.snapshot, rows.labels, settings)


def parted(snapshot: "Snapshot", labels: "pa.Table | None", settings: Settings) -> History:
    """Return past snapshots and their outcomes in two parts, by the dates of a model's split.

    Rows without dates are parted by account.

    Parameters
    ----------
    labels : pa.Table or None
        ``account_id``, ``as_of``, ``churned``; None where the snapshot carries ``churned``.

    Raises
    ------
    KenshinError
        As in `history`.
    """
    features = snapshot.features
    frame = frames.frame(snapshot.table, features[:1], labels)
    past = Past(snapshot.table, features, frame.churned)
    known = ~np.isnan(frame.churned)
    if not known.any():
        raise KenshinError(
            "accounts whose outcome is known",
            f"none of {len(known)} rows",
            "Check [churn] in kenshin.toml, or bring a longer history.",
        )
    if len(np.unique(frame.as_of[known & ~np.isnat(frame.as_of)])) < 2:
        return _halves(past.where(known), settings.training.seed)
    parts = splitting.split(frame, settings)
    earlier = known & np.isin(frame.as_of, parts.development)
    later = known & np.isin(frame.as_of, parts.test)
    return History(past.where(earlier), past.where(later), _out_of_time(parts.test))


def _out_of_time(dates: npt.NDArray[np.datetime64]) -> Words:
    first, last = (str(date)[:10] for date in (dates[0], dates[-1]))
    at = Words(
        first if first == last else f"{first}〜{last}",
        f"at {first}" if first == last else f"from {first} to {last}",
    )
    return Words(
        f"それより前の行で学習し、{at.ja}の行で検証。結果が確定した後に始まる行だけを使う。",
        f"Learned before and judged {at.en}, on rows whose label windows began after those of the "
        "earlier ones had ended.",
    )


def _halves(past: Past, seed: int) -> History:
    from training import model

    half = model.account_folds(past.account_ids, past.churned, HALVES, seed)
    return History(
        past.where(half == 0),
        past.where(half == 1),
        Words(
            "時間順の検証ではない。日付のない表のため、会社の半分で学習し、残りの半分で検証。",
            "Not out of time: the table has no dates, so one half of the accounts is judged by "
            "what was learned from the other.",
        ),
    )
