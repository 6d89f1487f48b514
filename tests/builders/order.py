"""In what order files of tests run and which of them stay in one process.

Two processes share the files, each taking the next one (`pytest -n 2 --dist loadfile`): what a
module or a session builds is then built once, and the longest files, begun first, leave nobody
waiting at the end.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[2]

LONGEST = (
    "tests/serving/batch/test_agreement.py",
    "tests/features/engines/test_train_and_score.py",
    "tests/features/engines/test_cells.py",
    "tests/serving/batch/test_spark.py",
    "tests/serving/faults/test_swaps.py",
    "tests/serving/faults/test_stops.py",
    "tests/serving/faults/test_kills.py",
    "tests/serving/test_offline.py",
    "tests/test_examples.py",
    "tests/test_end_to_end.py",
    "tests/test_container.py",
    "tests/test_demo.py",
    "tests/test_readme.py",
    "tests/serving/api/test_fuzzed.py",
    "tests/test_operations.py",
    "tests/serving/subjects/test_subjects.py",
    "tests/serving/test_canaries_trained.py",
    "tests/serving/test_payloads.py",
    "tests/serving/commands/test_refusals.py",
    "tests/serving/commands/test_scores.py",
    "tests/serving/pages/test_browser.py",
    "tests/notebooks/test_notebooks.py",
    "tests/features/digests/test_digests.py",
    "tests/features/checks/upstream/test_deliveries.py",
    "tests/features/checks/upstream/test_sabotage.py",
    "tests/serving/commands/test_deliveries.py",
    "tests/serving/test_first_day.py",
    "tests/serving/test_canaries.py",
    "tests/serving/replays/test_replay.py",
    "tests/test_contributing.py",
    "tests/training/test_sabotage.py",
    "tests/training/test_train.py",
    "tests/features/sources/test_reading.py",
    "tests/features/truth/test_order.py",
    "tests/features/sources/test_examples.py",
    "tests/features/catalogue/test_statement.py",
    "tests/benchmarks/features/test_ways.py",
    "tests/serving/commands/test_scorecard.py",
    "tests/features/truth/test_catalogue.py",
)
"""Files of ten and more seconds, in `make test` or `make test-scale`; the others as they come.

A file of a folder in `TOGETHER` takes the whole folder with it.
"""

TOGETHER = (
    "tests/benchmarks/features",
    "tests/features/checks/upstream",
    "tests/serving/api",
    "tests/serving/batch",
    "tests/serving/integration",
    "tests/serving/pages",
    "tests/serving/subjects",
)
"""Folders whose files share what takes seconds to make: one process goes through all of them."""

_PLACES = {file: place for place, file in enumerate(LONGEST)}


def longest_first(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first; those of one file keep their order."""
    items.sort(key=lambda item: _PLACES.get(item.nodeid.partition("::")[0], len(LONGEST)))


class WholeFiles(LoadFileScheduling):  # type: ignore[misc]
    """Gives a process whole files, and one of them all that ask for a Spark session.

    A Java machine takes longer to start and to stop than most of what is asked of it. The folders
    of `TOGETHER` stay whole as well.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        if file in on_spark():
            return "spark"
        folder = file.rpartition("/")[0]
        return folder if folder in TOGETHER else file


@cache
def on_spark() -> frozenset[str]:
    """Return the files, as tests are named by them, that ask for the Spark session."""
    return frozenset(_asking(ROOT.joinpath("tests").rglob("test_*.py")))


def _asking(files: Iterable[Path]) -> Iterable[str]:
    for file in files:
        if "spark_session" in file.read_text(encoding="utf-8"):
            yield file.relative_to(ROOT).as_posix()


def scheduler(config: pytest.Config, log: Producer) -> WholeFiles | None:
    """Return how ``--dist loadfile`` is done here; other ways are xdist's own."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # by number of tests, which says nothing of their length
    return WholeFiles(config, log)
