"""A server as an integrator meets it: it asks for a key, and has scores and a drift verdict."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from features.clock import utc_now
from serving.access import keys
from serving.drift import kept
from serving.store.scores import latest_run
from tests.builders import drift
from tests.builders.served import Served, served
from tests.builders.server import running

SCOPES = ("read", "predict", "feedback")


@dataclass(frozen=True)
class Integrated:
    """A running server and the company behind it.

    Attributes
    ----------
    key : str
        What docs/api.md makes: it may read, predict and say what people think.
    admin_key : str
        May hand out and erase one account's data besides.
    """

    url: str
    key: str
    admin_key: str
    company: Served


@pytest.fixture(scope="session")
def integrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Integrated]:
    made = served(Path(tmp_path_factory.mktemp("integrated")))
    _judge_drift(made)
    given = [
        keys.create(made.engine, "my-tool", scopes, now=utc_now(), by="tests").token.text
        for scopes in (SCOPES, (*SCOPES, "admin"))
    ]
    with running(made.settings.root) as server:
        yield Integrated(server.url, given[0], given[1], made)
    made.engine.dispose()


def _judge_drift(made: Served) -> None:
    """Keep a verdict of the drift code proper, with a finding and a shift, on the latest run."""
    before, now = drift.world(1, 900), drift.world(2, 900)
    now["count"] = now["count"] * 1_000
    now["normal_0"] = now["normal_0"] + 20
    run = latest_run(made.engine, "issued")
    assert run is not None
    about = {
        "as_of": f"{run['as_of'].isoformat()}Z",
        "snapshot_id": run["snapshot_id"],
        "model_version": run["model_version"],
    }
    kept.keep(made.settings, about | drift.judged(before, now).as_json(), utc_now())
