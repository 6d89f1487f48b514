"""Stored scores by account id: looked up by their ids, told once each, sent as they were told.

Only what the model in service issued under the settings of this process is answered here. All
else, and every refusal, is left to `serving.predictions.answers`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from features.settings import Settings
from serving import records
from serving.plays import plays_of
from serving.predictions.glance import Glance, glances, latest_of_one
from serving.predictions.kept_records import KeptRecords, Sources, Told
from serving.predictions.runs import KnownRuns
from serving.predictions.stored import portions, scores_of
from serving.predictions.written import alone
from serving.store.peek import Peek
from serving.store.scores import StoredRow
from training.bundle import Bundle


class Answer(NamedTuple):
    """The JSON of one record per account asked for, and their bands."""

    records: list[bytes]
    bands: list[str]


class Issued:
    """Answers about accounts whose stored score is what the model in service says.

    Parameters
    ----------
    engine : sa.Engine
    runs : KnownRuns
    settings : Settings
    settings_version : str
    """

    def __init__(
        self, engine: sa.Engine, runs: KnownRuns, settings: Settings, settings_version: str
    ) -> None:
        self._engine, self._runs = engine, runs
        self._settings, self._settings_version = settings, settings_version
        self._kept = KeptRecords()
        self._peek = Peek(engine, latest_of_one())

    def at_once(
        self, account_ids: Sequence[str], bundle: Bundle, most: int | None
    ) -> Answer | None:
        """Return the answer where it takes no more than a look at each id; else None."""
        found, of = Answer([], []), self._sources(bundle)
        for account in account_ids:
            rows = self._peek.ask(account=account)
            if not rows:
                return None
            run_id, *seen = rows[0]
            glance = Glance(*seen)
            run = self._runs.kept(run_id)
            if run is None or not self._is_of(run, bundle):
                return None
            record = self._kept.get(of, _key(glance, most))
            if record is None:
                return None
            found.records.append(record)
            found.bands.append(glance.band)
        return found

    def answered(
        self, account_ids: Sequence[str], bundle: Bundle, most: int | None
    ) -> Answer | None:
        """Return the answer; None where one of the accounts has to be answered otherwise."""
        with self._engine.connect() as connection:
            run = self._runs.latest(connection)
            if run is None or not self._is_of(run, bundle):
                return None
            seen: dict[str, Glance] = {}
            for some in portions(sorted(set(account_ids))):
                seen |= glances(connection, run, some)
            if not seen.keys() >= set(account_ids):
                return None
            told = self._told(connection, list(seen.values()), run, bundle, most)
        if not told.keys() >= set(account_ids):
            return None
        return Answer(
            [told[account] for account in account_ids],
            [seen[account].band for account in account_ids],
        )

    def _sources(self, bundle: Bundle) -> Sources:
        return Sources(bundle, plays_of(self._settings))

    def _is_of(self, run: StoredRow, bundle: Bundle) -> bool:
        return bool(
            run["model_version"] == bundle.version
            and run["settings_version"] == self._settings_version
        )

    def _told(
        self,
        connection: sa.Connection,
        seen: Sequence[Glance],
        run: StoredRow,
        bundle: Bundle,
        most: int | None,
    ) -> dict[str, bytes]:
        """Return account → its record; those that nobody has asked for lately are told anew."""
        told, new, of = {}, [], self._sources(bundle)
        for one in seen:
            record = self._kept.get(of, _key(one, most))
            if record is None:
                new.append(one)
            else:
                told[one.account_id] = record
        for some in portions(new):
            keys = {one.account_id: _key(one, most) for one in some}
            for account, row, before in scores_of(connection, some, self._runs):
                document = records.document(
                    row, run, bundle, self._settings, before, most=most, as_json=True
                )
                told[account] = alone(document)
                if (before is None) == (keys[account].before_id is None):
                    self._kept.put(of, keys[account], told[account])
        return told


def _key(seen: Glance, most: int | None) -> Told:
    return Told(seen.score_id, seen.before_id, most)
