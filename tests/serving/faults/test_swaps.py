"""Models that change under load: no request fails, and each is answered by the model it names."""

import json
import random
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from features.settings import Settings
from serving.store.scores import numbers, rows_of, runs
from tests.builders.damaged import DAMAGES, copied
from tests.builders.load import Answered, Load
from tests.builders.served import WHEN, Served, served, shipped, stored_values
from tests.builders.server import Server, running
from training import bundle as shipping
from training.bundle import Bundle

GOOD = ("v1", "v2", "v3", "v4")
UNREADABLE = {
    "a champion.json that is no JSON": "{",
    "a champion.json that leads elsewhere": '{"version": "../../v2"}',
    "a champion.json that names nobody": '{"since": "2026-11-01"}',
}
LONGEST_SWAP = 5.0
"""Seconds, on a machine that does nothing else; `make test` runs two tests at once."""


def crown(settings: Settings, version: str) -> None:
    shipping.crown(settings, version, WHEN)


def crown_damaged(settings: Settings, number: int) -> str:
    """Make a champion of something that must not serve; return what is wrong with it."""
    kinds = [*DAMAGES, *UNREADABLE]
    kind = kinds[number % len(kinds)]
    bundles = shipping.bundles(settings)
    if kind in UNREADABLE:
        (bundles / "champion.json").write_text(UNREADABLE[kind], encoding="utf-8")
        return kind
    folder = copied(bundles / "v2", bundles / f"c{number}")
    DAMAGES[kind](folder)
    (bundles / "champion.json").write_text(
        json.dumps({"version": folder.name, "before": ["v1"]}), encoding="utf-8"
    )
    return kind


def requests(made: Served) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return bodies of single predictions, by features and by id, and the rows they are about."""
    rows = rows_of(made.engine, runs(made.engine)[-1]["run_id"])[:12]
    bodies: list[dict[str, Any]] = [
        {"features": stored_values(made.bundle, row["values"])}
        if i % 3
        else {"account_id": row["account_id"]}
        for i, row in enumerate(rows)
    ]
    matrix = np.vstack([numbers(row["values"]) for row in rows])
    return [{"accounts": [body]} for body in bodies], matrix


def told(answer: Answered) -> tuple[str, float]:
    return answer.said["model_version"], answer.said["predictions"][0]["churn_probability"]


def ready(server: Server, client: httpx.Client) -> dict[str, Any]:
    state: dict[str, Any] = client.get(f"{server.url}/readyz").json()
    assert state["ready"], state
    return state


def await_refusal(server: Server, client: httpx.Client, before: dict[str, Any]) -> dict[str, Any]:
    """Return the first state in which another candidate is refused than ``before``."""
    until = time.monotonic() + 60
    while (state := ready(server, client))["refused"] in (None, before["refused"]):
        assert time.monotonic() < until, "nothing is refused"
        time.sleep(0.01)
    return state


def await_service(server: Server, client: httpx.Client, version: str) -> float:
    """Return after how many seconds ``version`` serves."""
    began = time.monotonic()
    while ready(server, client)["model_version"] != version:
        assert time.monotonic() < began + 60, f"{version} does not serve"
        time.sleep(0.01)
    return time.monotonic() - began


def campaign(folder: Path, swaps: int, damaged: int, requests_wanted: int, patience: float) -> None:
    made = served(folder, accounts=14, weeks=2)
    bundles: dict[str, Bundle] = {"v1": made.bundle}
    bundles |= {version: shipped(made.settings, version, int(version[1:])) for version in GOOD[1:]}
    bodies, matrix = requests(made)
    made.engine.dispose()
    expected = {version: bundle.predict(matrix) for version, bundle in bundles.items()}
    dice = random.Random(7)
    plan = [True] * damaged + [False] * (swaps - damaged)
    dice.shuffle(plan)
    serving, slowest, refused = "v1", 0.0, 0
    environment = {"KENSHIN_SERVING__REFRESH_SECONDS": "0.1"}
    with running(folder, environment=environment) as server, httpx.Client(timeout=30) as client:
        with Load(server.url, bodies) as load:
            for is_damaged in plan:
                if is_damaged:
                    before = ready(server, client)
                    kind = crown_damaged(made.settings, refused)
                    state = await_refusal(server, client, before)
                    assert state["model_version"] == serving, kind
                    refused += 1
                else:
                    serving = GOOD[(GOOD.index(serving) + 1) % len(GOOD)]
                    crown(made.settings, serving)
                    slowest = max(slowest, await_service(server, client, serving))
            while len(load.answers) < requests_wanted:
                time.sleep(0.05)
        log = server.log.read_text()
    wrong = [
        one
        for one in load.answers
        if one.status == 200 and abs(told(one)[1] - expected[told(one)[0]][one.asked]) > 1e-12
    ]
    failed = [one for one in load.answers if one.status != 200]
    print(
        f"{swaps} swaps, {refused} of them refused: {len(load.answers)} requests, {len(failed)} "
        f"failed, {len(wrong)} of another model than named, slowest swap {slowest:.2f} s"
    )
    assert failed == []
    assert wrong == []
    assert load.refused == 0
    assert slowest <= patience
    assert {told(one)[0] for one in load.answers} == set(GOOD)
    assert log.count("refused, model") >= refused
    assert "Traceback" not in log


def test_models_change_under_load_and_no_request_notices(tmp_path: Path) -> None:
    campaign(tmp_path, swaps=6, damaged=2, requests_wanted=500, patience=4 * LONGEST_SWAP)


@pytest.mark.scale
@pytest.mark.timeout(900)
def test_100_changes_under_load_30_of_them_damaged(tmp_path: Path) -> None:
    campaign(tmp_path, swaps=100, damaged=30, requests_wanted=30_000, patience=LONGEST_SWAP)
