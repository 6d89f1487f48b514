"""The condition of the service as metrics: model, latest run, feeds, drift, store, readiness.

Read when a scrape asks. What cannot be read is left out and said by ``kenshin_store_up``; a scrape
never fails because something else does.
"""

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

import sqlalchemy as sa
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from features.clock import utc_now
from features.errors import KenshinError
from features.settings import Settings
from serving.champion import Champion
from serving.drift import kept
from serving.health import readiness
from serving.store import scores as stored
from serving.store.schema import scores
from training.bundle import Bundle

BANDS: Final = ("red", "yellow", "green", "no_data")
CHECKS: Final = ("model", "store", "process")
"""What readiness asks, so that a reason that does not hold is told as 0."""

WORDS: Final = ("ok", "watch", "drifted", "broken")
"""The words of a drift verdict."""


class Condition(Collector):
    """Reads the condition of one application.

    Parameters
    ----------
    stopping : threading.Event
        Set when the process was asked to stop.
    now : callable
        The present instant, naive UTC.
    """

    def __init__(
        self,
        settings: Settings,
        engine: sa.Engine,
        champion: Champion,
        stopping: threading.Event,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings, self._engine, self._champion = settings, engine, champion
        self._stopping, self._now = stopping, now
        self._counts: tuple[str, dict[str, int]] = ("", {})
        self._reading = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Yield everything that can be told now."""
        with self._reading:
            yield InfoMetricFamily(
                "kenshin_build", "This program.", {"version": version("kenshin")}
            )
            yield from self._readiness()
            yield from self._model()
            yield from self._run()
            yield from self._drift()
            yield from self._disk()

    def _readiness(self) -> Iterator[Metric]:
        stopping = self._stopping.is_set()
        found = readiness(self._champion, self._engine, stopping=stopping)
        said = "1 where requests can be answered, as /readyz says."
        yield GaugeMetricFamily("kenshin_ready", said, float(found.ready))
        unready = GaugeMetricFamily(
            "kenshin_unready", "1 for each reason why not (run-book: docs/operations.md).", None,
            ["reason"],
        )  # fmt: skip
        passed = dict.fromkeys(CHECKS, True) | {c.name: c.passed for c in found.checks}
        for name, well in passed.items():
            unready.add_metric([name], float(not well))
        yield unready

    def _model(self) -> Iterator[Metric]:
        refused = CounterMetricFamily(
            "kenshin_model_refused", "Candidates refused while another model stayed in service."
        )
        refused.add_metric([], self._champion.refusals)
        yield refused
        try:
            bundle = self._champion.current
        except KenshinError:
            return
        about = {"version": bundle.version, "kind": bundle.kind}
        yield InfoMetricFamily("kenshin_model", "The model in service.", about)
        made = _made_at(bundle)
        if made is not None:
            yield _gauge("kenshin_model_age_seconds", "Since its training.", self._since(made))

    def _run(self) -> Iterator[Metric]:
        """Yield what the latest issued run says; its counts never change, so they are kept."""
        try:
            run = stored.latest_run(self._engine)
            if run is not None and run["run_id"] != self._counts[0]:
                self._counts = (run["run_id"], self._counted(run["run_id"]))
        except SQLAlchemyError:
            yield _gauge("kenshin_store_up", "1 where the store answers.", 0.0)
            return
        yield _gauge("kenshin_store_up", "1 where the store answers.", 1.0)
        if run is None:
            return
        said = "Since the instant that the latest issued scores are about."
        yield _gauge("kenshin_run_age_seconds", said, self._since(run["as_of"]))
        accounts = GaugeMetricFamily(
            "kenshin_run_accounts", "Accounts of the latest issued run by band.", None, ["band"]
        )
        for band in BANDS:
            accounts.add_metric([band], self._counts[1].get(band, 0))
        yield accounts
        yield from _feeds(run["stale_feeds"] or {})

    def _counted(self, run_id: str) -> dict[str, int]:
        query = sa.select(scores.c.band, sa.func.count()).where(scores.c.run_id == run_id)
        with self._engine.connect() as connection:
            found = connection.execute(query.group_by(scores.c.band))
            return {str(row[0]): int(row[1]) for row in found}

    def _drift(self) -> Iterator[Metric]:
        try:
            verdict = json.loads(kept.path(self._settings).read_text(encoding="utf-8"))
            made = datetime.fromisoformat(verdict["made_at"]).replace(tzinfo=None)
            word = str(verdict["word"])
        except (OSError, ValueError, KeyError, TypeError):
            return  # none was made yet; /v1/drift says what is wrong with an unreadable one
        state = GaugeMetricFamily(
            "kenshin_drift", "1 for the word of the last `kenshin drift`.", None, ["verdict"]
        )
        for known in WORDS:
            state.add_metric([known], float(known == word))
        yield state
        said = "Since the last `kenshin drift`."
        yield _gauge("kenshin_drift_age_seconds", said, self._since(made))

    def _disk(self) -> Iterator[Metric]:
        try:
            free = shutil.disk_usage(self._settings.workspace).free
        except OSError:
            return  # the disk is gone; readiness says so
        yield _gauge("kenshin_disk_free_bytes", "Free on the disk of the workspace.", free)

    def _since(self, then: datetime) -> float:
        return (self._now() - then).total_seconds()


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value)


def _feeds(stale: Mapping[str, float]) -> Iterator[Metric]:
    said = "Tables whose rows had stopped when the latest scores were issued."
    yield _gauge("kenshin_stale_feeds", said, len(stale))
    days = GaugeMetricFamily(
        "kenshin_feed_silent_days", "Days since the last row of a stale feed.", None, ["table"]
    )
    for table, silent in stale.items():
        days.add_metric([table], silent)
    yield days


def _made_at(bundle: Bundle) -> datetime | None:
    manifest: Mapping[str, Any] = bundle.manifest
    told = manifest.get("created_at")
    return None if told is None else datetime.fromisoformat(told)
