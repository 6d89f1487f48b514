"""A challenger beside what it would replace, on later rows that neither was trained on."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalog import Words
from features.errors import KenshinError
from features.progress import Progress
from features.settings import Settings
from training import bundle as shipping
from training import metrics
from training.bundle import Bundle
from training.checks import Contest, NoContest
from training.frames import Frame, frame
from training.material import material

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Json = dict[str, Any]

FEWEST = 10
"""With fewer leavers or stayers in the later rows there is no contest."""


def in_service(settings: Settings) -> str | None:
    """Return the version that serves, without loading it; None where none does.

    A company whose last training found no usable signal is served by none.
    """
    verdict = shipping.read_verdict(settings)
    if verdict is not None and verdict["verdict"] == "no usable signal":
        return None
    return shipping.champion_version(settings)


def champion(settings: Settings) -> Bundle | NoContest:
    """Return the bundle in service, or why there is none to be held against."""
    version = in_service(settings)
    if version is None:
        return NoContest(Words("今使われているモデルはない。", "No model is in service yet."))
    try:
        return shipping.load_bundle(shipping.folder_of(settings, version), version=version)
    except (KenshinError, OSError) as error:
        return NoContest(
            Words(
                f"使われている{version}を読めない: {error}",
                f"{version}, which is in service, cannot be read: {error}",
            )
        )


def against_champion(
    rival: Bundle | NoContest, test: Frame, probability: Floats, settings: Settings
) -> Contest | NoContest:
    """Return challenger and champion on the rows of ``test`` later than the champion's training.

    A row counts only where the last label the champion learned from was settled by its date, and
    where the champion gives it a score.

    Parameters
    ----------
    probability : ndarray of shape (n,)
        The challenger's, of the rows of ``test``.
    """
    if isinstance(rival, NoContest):
        return rival
    differs = _predicts_otherwise(rival, settings)
    if differs is not None:
        return differs
    later = _later(rival, test)
    if isinstance(later, NoContest):
        return later
    rows = test.where(later)
    few = _too_few(rival, rows.churned)
    if few is not None:
        return few
    try:
        said, score = rival.score(rival.encode(table(rows)))
    except KenshinError as error:
        return NoContest(
            Words(
                f"{rival.version}は今のデータでは計算できない: {error}",
                f"{rival.version} cannot be computed from the present tables: {error}",
            )
        )
    there = np.isfinite(score)
    few = _too_few(rival, rows.churned[there])
    if few is not None:
        return few
    told = (probability[later][there], said[there], score[there])
    return _contest(rival.version, rows.where(there), *told, settings)


def between(
    settings: Settings, challenger: Bundle, rival: Bundle | NoContest, progress: Progress
) -> Contest | NoContest:
    """Return two shipped bundles on rows built anew, from the challenger's test period on."""
    if isinstance(rival, NoContest):
        return rival
    start = (challenger.evaluation.get("test") or {}).get("from")
    if not start:
        return NoContest(
            Words(
                "日付のない表なので、学習より後の行が分からない。",
                "The table has no dates, so no row is known to be later than the training.",
            )
        )
    given = material(settings, progress)
    rows = frame(given.snapshot.table, given.snapshot.features, given.labels, known=True)
    test = rows.where(rows.as_of >= np.datetime64(start, "us"))
    probability = challenger.predict(challenger.encode(table(test)))
    return against_champion(rival, test, probability, settings)


def table(rows: Frame) -> pa.Table:
    """Return a frame as the snapshot table it came from: categories as texts, NaN as null."""
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        "account_id": pa.array(rows.account_ids.astype(str), pa.string()),
        "as_of": pa.array(rows.as_of, pa.timestamp("us"), mask=np.isnat(rows.as_of)),
    }
    columns |= {name: rows.facts.column(name) for name in rows.facts.column_names}
    for position, feature in enumerate(rows.features):
        values = rows.matrix[:, position]
        missing = np.isnan(values)
        if feature.kind == "category":
            known = np.array([*rows.categories[feature.name], ""], dtype=object)
            texts = known[np.where(missing, -1, values).astype(np.int64)]
            columns[feature.name] = pa.array(texts, pa.string(), mask=missing)
        else:
            columns[feature.name] = pa.array(values, pa.float64(), mask=missing)
    return pa.table(columns)


def _predicts_otherwise(rival: Bundle, settings: Settings) -> NoContest | None:
    asked = (settings.churn.horizon_days, settings.churn.lead_days)
    given = tuple(rival.evaluation.get(f"{n}_days", a) for n, a in zip(_SPAN, asked, strict=True))
    if given == asked:
        return None
    return NoContest(
        Words(
            f"{rival.version}は{given[0]}日先（先行{given[1]}日）を予測し、"
            f"今回は{asked[0]}日先（先行{asked[1]}日）。",
            f"{rival.version} predicts {given[0]} days with a lead of {given[1]}, this one "
            f"{asked[0]} with {asked[1]}.",
        )
    )


def _later(rival: Bundle, test: Frame) -> Truths | NoContest:
    """Return which rows (n,) are later than all that the rival learned from."""
    if not (rival.evaluation.get("train") or {}).get("rows"):
        return np.ones(len(test), bool)  # rules as somebody wrote them have learned from nothing
    learned = [(rival.evaluation.get(part) or {}).get("to") for part in ("train", "calibration")]
    ends = [np.datetime64(day, "us") for day in learned if day]
    if np.isnat(test.as_of).all():
        return NoContest(
            Words(
                "日付のない表なので、学習より後の行が分からない。",
                "The table has no dates, so no row is known to be later than the training.",
            )
        )
    if not ends:
        return NoContest(
            Words(
                f"{rival.version}がいつまでのデータで学習したか分からない。",
                f"{rival.version} does not say up to when it was trained.",
            )
        )
    window = sum(int(rival.evaluation.get(f"{name}_days", 0)) for name in _SPAN)
    return np.asarray(test.as_of >= max(ends) + np.timedelta64(window, "D"), dtype=np.bool_)


def _too_few(rival: Bundle, churned: Floats) -> NoContest | None:
    """Return that the rows to compare on, with outcomes (n,), hold too few of one outcome."""
    left = int(churned.sum())
    if min(left, len(churned) - left) >= FEWEST:
        return None
    return NoContest(
        Words(
            f"{rival.version}の学習より後で、それが点数を付ける行の解約は{left:,}件。"
            f"{FEWEST}件は必要。",
            f"Periods later than {rival.version}'s training have {left:,} leavers among "
            f"{len(churned):,} rows that it scores; {FEWEST} of each outcome are needed.",
        )
    )


_SPAN = ("horizon", "lead")


def _contest(
    rival: str, rows: Frame, probability: Floats, said: Floats, score: Floats, settings: Settings
) -> Contest:
    seed, accounts, churned = settings.training.seed, rows.account_ids, rows.churned
    gain = None
    if np.isfinite(said).all():
        gain = metrics.log_loss_gain(churned, probability, said, accounts, seed)
    dated = rows.as_of[~np.isnat(rows.as_of)]
    return Contest(
        rival=rival,
        log_loss_gain=gain,
        auc_gain=metrics.auc_gain(churned, probability, -score, accounts, seed),
        rows=len(rows),
        churns=int(churned.sum()),
        first=str(dated.min().astype("datetime64[D]")) if len(dated) else None,
        last=str(dated.max().astype("datetime64[D]")) if len(dated) else None,
    )
