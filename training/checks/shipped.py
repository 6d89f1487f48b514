"""Whether what ships is what was judged, reads what there is, and is fast enough."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from features.catalog import Feature, Words
from training.checks.check import Check

Floats = npt.NDArray[np.float64]
Timer = Callable[[], float]

TIMED_ROWS = 20
TIMED_TWICE = 3
"""The rows are answered so many times and the fastest round counts: the others met a busy machine.
"""
SHOWN = 4
READS = Words("今のデータの項目を読む", "It reads what the present tables give")


def golden_rows(rows: int, worst: float, tolerance: float) -> Check:
    """T10: the shipped text answers as the model that was judged; of no row it is not shown."""
    return Check(
        "T10",
        Words("配布物が検証したモデルと同じ答えを返す", "The bundle answers as the model judged"),
        "release",
        "passed" if rows and worst <= tolerance else "failed",
        Words(
            f"{rows:,}行の確率の差は最大{worst:.1e}。",
            f"{rows:,} golden rows differ by at most {worst:.1e} in probability.",
        ),
    )


def signature(
    reads: Sequence[Feature],
    there: Sequence[Feature],
    predicts: tuple[int, int],
    wanted: tuple[int, int],
) -> Check:
    """T19: the model reads what the present tables give, and predicts what the settings ask for.

    Columns are read by name, so another order is none of the model's business; one that is absent,
    of another kind, or measured otherwise is. Columns the model does not know are left aside.

    Parameters
    ----------
    reads, there : sequence of Feature
        Of the bundle's schema, and of the present snapshot.
    predicts, wanted : (int, int)
        Horizon and lead in days, of the bundle and of the settings.
    """
    now = {feature.name: feature for feature in there}
    gone = [feature.name for feature in reads if feature.name not in now]
    other = [f.name for f in reads if f.name in now and _meaning(f) != _meaning(now[f.name])]
    faults_ja, faults_en = [], []
    if gone:
        faults_ja.append(f"今はない項目 {len(gone)}個: {', '.join(gone[:SHOWN])}")
        faults_en.append(f"{len(gone)} features are no longer there: {', '.join(gone[:SHOWN])}")
    if other:
        faults_ja.append(f"意味の変わった項目 {len(other)}個: {', '.join(other[:SHOWN])}")
        faults_en.append(f"{len(other)} features mean something else: {', '.join(other[:SHOWN])}")
    if predicts != wanted:
        faults_ja.append(f"予測期間は{predicts[0]}日（設定は{wanted[0]}日）、先行{predicts[1]}日")
        faults_en.append(
            f"it predicts {predicts[0]} days with a lead of {predicts[1]}, the settings say "
            f"{wanted[0]} with {wanted[1]}"
        )
    if faults_en:
        found = Words("。".join(faults_ja) + "。", "; ".join(faults_en).capitalize() + ".")
        return Check("T19", READS, "release", "failed", found)
    found = Words(
        f"{len(reads):,}項目すべてが同じ意味で今もある。",
        f"All {len(reads):,} features are there and mean the same.",
    )
    return Check("T19", READS, "release", "passed", found)


def signature_at_training() -> Check:
    """T19 of a training: the tables it reads are the present ones, so nothing can differ yet."""
    found = Words(
        "学習に使った表が今のデータなので、まだ比べる相手がない。kenshin promoteで確かめる。",
        "The tables trained on are the present ones: nothing can differ yet. "
        "`kenshin promote` looks again.",
    )
    return Check("T19", READS, "release", "not applicable", found)


def latency(
    answer: Callable[[Floats], object],
    rows: Floats,
    limit_ms: float,
    timer: Timer = time.thread_time,
) -> Check:
    """T20: a single row is answered, with its reasons, within the limit.

    A pass names the limit only, not what was measured: equal inputs give equal bytes.

    Parameters
    ----------
    answer : callable
        Takes one row (1, f).
    timer : callable
        Seconds; by default processor time of this thread, which a busy machine does not stretch.
    """
    title = Words("十分に速い", "Fast enough")
    if not len(rows):
        none = Words("測る行がない。", "There is no row to measure with.")
        return Check("T20", title, "release", "not applicable", none)
    measured = min(_milliseconds(answer, rows[:TIMED_ROWS], timer) for _ in range(TIMED_TWICE))
    if measured <= limit_ms:
        found = Words(
            f"1社の確率と理由は上限{limit_ms:g}ミリ秒以内。",
            f"One account with its reasons takes no more than the {limit_ms:g} ms allowed.",
        )
        return Check("T20", title, "release", "passed", found)
    found = Words(
        f"1社の確率と理由に{measured:,.1f}ミリ秒。上限は{limit_ms:g}ミリ秒。",
        f"One account with its reasons takes {measured:,.1f} ms; {limit_ms:g} ms are allowed.",
    )
    return Check("T20", title, "release", "failed", found)


def _milliseconds(answer: Callable[[Floats], object], rows: Floats, timer: Timer) -> float:
    began = timer()
    for row in rows:
        answer(row[np.newaxis])
    return 1000 * (timer() - began) / len(rows)


def _meaning(feature: Feature) -> tuple[object, ...]:
    """Return what a model relies on: words on a screen may change, the measure may not."""
    return feature.kind, feature.source, feature.window_days, feature.unit
