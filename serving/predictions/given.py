"""Accounts by nothing but features of a model: answered as JSON without a record in between.

Byte for byte what `serving.predictions.written` makes of `serving.predictions.answers`. Whatever is
the same for all accounts is written once; nothing is known here of an account but its values, so
most of a record is null.
"""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from features.settings import Settings
from serving import drivers, words
from serving.drivers import encode
from serving.instant import rfc3339
from serving.lexicon import Lexicon, Value, lexicon
from serving.plays import LEAST_LOSS, Play, plays_of
from serving.predictions.reading import Reader
from serving.predictions.runs import RECENT_SECONDS
from serving.scoring import typical_of
from serving.statements import abstention, days_behind, score_id
from serving.store.scores import StoredRow
from training.alone import Alone
from training.bundle import Bundle
from training.scale import band, shown

Floats = npt.NDArray[np.float64]

_RECORD: Final = (
    b'{"score_id":"%b","kind":"computed","account_external_id":null,"as_of":%b,'
    b'"health_score":%b,"band":"%b","band_since":null,"churn_probability":%b,'
    b'"churn_probability_low":%b,"churn_probability_high":%b,"horizon_days":%b,"horizons":%b,'
    b'"renewal":null,"scorecard_score":null,"scorecard_version":%b,"baseline_points":%b,'
    b'"drivers":%b,"change":null,%b,"revenue_at_risk":null,"currency":null,"renewal_date":null,'
    b'"data_freshness":{"as_of":%b,"scored_at":%b,"values_known":%d,"values_total":%d,'
    b'"missing":%b},%b,"model_version":%b,"feature_snapshot_id":null,"explanation_url":null}'
)
_Actions = dict[tuple[int | None, str], bytes]
_NOTHING_USUAL: Final[dict[str, Value]] = {}
_NO_NUMBERS: Final = (b"null", b"no_data", b"null", b"null", b"null")


class Given:
    """Answers about features of one model under one version of the settings.

    Attributes
    ----------
    read : callable
        See `Reader.read`.
    """

    def __init__(self, words_of: Lexicon, settings: Settings, settings_version: str) -> None:
        self.settings, self.settings_version = settings, settings_version
        self.read = Reader(words_of).read
        self._teller = words_of.teller
        self._records = Records(words_of, settings, settings_version)

    def answered(
        self, rows: Floats, run: StoredRow | None, now: datetime, most: int | None
    ) -> tuple[list[bytes], list[str]]:
        """Return the record of each row as JSON, and the bands; see `Records.written`."""
        found = [
            self._records.written(row, said, run, now, most)
            for row, said in zip(rows, self._teller.tell(rows), strict=True)
        ]
        return [record for record, _ in found], [named for _, named in found]


def given_of(bundle: Bundle, settings: Settings, settings_version: str) -> Given | None:
    """Return what answers about features of ``bundle``; None where it is no model."""
    if bundle.kind != "model":
        return None
    words_of = lexicon(bundle)
    found: Given | None = words_of.kept.get(Given)
    if found is None or found.settings is not settings:
        found = words_of.kept[Given] = Given(words_of, settings, settings_version)
    return found


class Records:
    """Writes the records of one model under one version of the settings.

    Parameters
    ----------
    words_of : Lexicon
    settings : Settings
    settings_version : str
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        words_of: Lexicon,
        settings: Settings,
        settings_version: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        bundle = words_of.bundle
        self.words_of, self.settings, self.settings_version = words_of, settings, settings_version
        self._horizon_days = encode(bundle.evaluation["horizon_days"])
        self._days = [encode({"days": days})[:-1] for days in bundle.horizon_days]
        self._version = encode(bundle.version)
        self._card = encode(bundle.scorecard_version)
        self._actionable = np.array(words_of.actionable, dtype=np.int64)
        self._actions: tuple[tuple[Play, ...], _Actions] = (), {}
        self._clock, self._looked_at = clock, -math.inf
        self._abstained: dict[str | None, bytes] = {}

    def written(
        self,
        row: Floats,
        said: Alone,
        run: StoredRow | None,
        now: datetime,
        most: int | None,
    ) -> tuple[bytes, str]:
        """Return the record of one account as JSON, and its band.

        Parameters
        ----------
        row : ndarray of shape (f,)
            The encoded values.
        said : Alone
            What the model says of them.
        run : mapping or None
            The latest issued run, for usual values.
        most : int or None
            So many drivers are named at most.
        """
        words_of, cells = self.words_of, row.tolist()
        why = abstention(words_of.features, cells) or said.withheld
        instant = encode(rfc3339(now))
        missing = [words_of.names[i] for i in np.isnan(row).nonzero()[0].tolist()]
        named, baseline, reasons, horizons = "no_data", b"null", b"[]", b"[]"
        numbers: tuple[bytes, ...] = _NO_NUMBERS
        if why is None:
            named, whole = band(said.score, said.cuts), shown(said.score, said.cuts)
            parts = drivers.Parts(whole, said.score, said.baseline, said.points)
            usual = _NOTHING_USUAL if run is None else typical_of(run, None)
            points, reasons = drivers.written(parts, cells, usual, words_of, most)
            baseline, horizons = b"%d" % points, self._horizons(said.chances)
            chances = (said.probability, said.low, said.high)
            numbers = (b"%d" % whole, named.encode(), *map(encode, chances))
        record = _RECORD % (
            self._id(row), instant, *numbers, self._horizon_days, horizons, self._card, baseline,
            reasons, self._action(named, said.points, row), instant, instant,
            len(cells) - len(missing), len(cells), encode(missing),
            self._abstained.get(why) or self._why(why), self._version,
        )  # fmt: skip
        return record, named

    def _id(self, row: Floats) -> bytes:
        found = score_id(
            snapshot(row), self.words_of.bundle.version, self.settings_version, "", "issued"
        )
        return found.encode()

    def _horizons(self, chances: Sequence[float]) -> bytes:
        told = [
            b'%b,"churn_probability":%b}' % (days, encode(chance))
            for days, chance in zip(self._days, chances, strict=True)
        ]
        return b"[%b]" % b",".join(told)

    def _action(self, named: str, points: Floats, row: Floats) -> bytes:
        """Return the action and its reason: what costs most of what is known and can be changed."""
        if self._clock() - self._looked_at >= RECENT_SECONDS:
            self._look_at_plays()
        plays, actions = self._actions
        cause = self._cause(points, row) if named in ("red", "yellow") else None
        found = actions.get((cause, named))
        if found is None:
            found = actions[cause, named] = self._act(plays, cause, named)
        return found

    def _look_at_plays(self) -> None:
        """Take the plays as they are; to ask for their file takes longer than most of a record."""
        plays, self._looked_at = plays_of(self.settings), self._clock()
        if plays is not self._actions[0]:
            self._actions = plays, {}

    def _cause(self, points: Floats, row: Floats) -> int | None:
        open_to_action = self._actionable
        if not len(open_to_action):
            return None
        worth = points.take(open_to_action)
        costliest = int(worth.argmin())
        if np.isnan(row[open_to_action[costliest]]):
            worth[np.isnan(row.take(open_to_action))] = 0.0
            costliest = int(worth.argmin())
        return int(open_to_action[costliest]) if worth[costliest] <= -LEAST_LOSS else None

    def _act(self, plays: tuple[Play, ...], cause: int | None, named: str) -> bytes:
        feature = None if cause is None else self.words_of.features[cause]
        group = None if feature is None else feature.group
        play = next(play for play in plays if play.answers(group, named))
        told = {
            "recommended_action": play.code,
            "recommended_action_en": play.title["en"],
            "recommended_action_ja": play.title["ja"],
            "reason_code": None if feature is None else feature.name,
        }
        return encode(told)[1:-1]

    def _why(self, why: str | None) -> bytes:
        sentences: list[str | None] = [None, None]
        if why is not None:
            days = days_behind(why, {}, self.words_of.bundle)
            sentences = [words.abstain_sentence(why, language, days) for language in ("en", "ja")]
        told = {
            "abstain_reason": why,
            "abstain_sentence_en": sentences[0],
            "abstain_sentence_ja": sentences[1],
        }
        made = self._abstained[why] = encode(told)[1:-1]
        return made


def snapshot(values: Floats) -> str:
    """Return what stands for the snapshot in the id of a score of given values (f,)."""
    return "given-" + hashlib.sha256(values.astype("<f8").tobytes()).hexdigest()[:16]
