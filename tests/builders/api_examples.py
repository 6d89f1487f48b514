"""Writes serving/docs/examples.json: one real answer of each operation, cut to what shows its form.

Run it when an answer changes its form: ``python -m tests.builders.api_examples``.
"""

import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from features.clock import utc_now
from serving.app import create_app
from serving.docs.examples import FILE
from serving.drift import kept
from serving.store.scores import latest_run
from tests.builders import drift
from tests.builders.served import Client, Served, served
from tests.builders.small_catalogue import FEATURES

WHOLE = ("drivers", "reasons")
"""Lists that are not cut: their points add up."""

OPEN = ("evaluation", "manifest", "answer_check", "judged", "rows", "values", "typical")
"""Objects of which a few members show enough, where they have many."""

ACCOUNT = "A00012"
PREDICTED: dict[str, Any] = {"accounts": [{"account_id": ACCOUNT}]}
ROWS = {"inputs": [{feature.name: None for feature in FEATURES} | {"active_users_28d": 12}]}
ASKED: dict[str, tuple[str, str, object]] = {
    "createPredictions": ("POST", "/v1/predictions", PREDICTED),
    "listAccounts": ("GET", "/v1/accounts?limit=2", None),
    "getAccount": ("GET", f"/v1/accounts/{ACCOUNT}", None),
    "getAccountHistory": ("GET", f"/v1/accounts/{ACCOUNT}/history?limit=2", None),
    "explainAccount": ("GET", f"/v1/accounts/{ACCOUNT}/explanation?lang=en", None),
    "createFeedback": (
        "POST",
        f"/v1/accounts/{ACCOUNT}/feedback",
        {"verdict": "partly", "note": "They moved to a shared login in October."},
    ),
    "setOverride": (
        "POST",
        f"/v1/accounts/{ACCOUNT}/override",
        {"band": "{band}", "reason": "Their new owner signs in March.", "until": "{until}"},
    ),
    "withdrawOverride": ("DELETE", f"/v1/accounts/{ACCOUNT}/override", None),
    "getScore": ("GET", "/v1/scores/{score_id}", None),
    "getModel": ("GET", "/v1/model", None),
    "getForecast": ("GET", "/v1/forecast", None),
    "getAnswerCheck": ("GET", "/v1/answer-check", None),
    "getLeavers": ("GET", "/v1/leavers", None),
    "getDrift": ("GET", "/v1/drift", None),
    "invoke": ("POST", "/invocations", ROWS),
    "ping": ("GET", "/ping", None),
    "health": ("GET", "/health", None),
    "isAlive": ("GET", "/livez", None),
    "isReady": ("GET", "/readyz", None),
    "explainProblem": ("GET", "/problems/unknown-account", None),
    "exportSubject": ("GET", f"/v1/subjects/{ACCOUNT}", None),
    "eraseSubject": ("DELETE", f"/v1/subjects/{ACCOUNT}", None),
}


def answers(made: Served) -> dict[str, object]:
    """Return one answer of each operation, cut."""
    client = Client(create_app(made.settings, engine=made.engine))
    record = client.get(f"/v1/accounts/{ACCOUNT}").json()["score"]
    places = {
        "{band}": "yellow" if record["band"] == "red" else "red",
        "{until}": (utc_now().date() + timedelta(days=90)).isoformat(),
    }
    found = {}
    for name, (method, address, asked) in ASKED.items():
        where = address.format(score_id=record["score_id"])
        body = asked
        if isinstance(asked, dict):
            body = {key: places.get(str(value), value) for key, value in asked.items()}
        answer = client.post(where, body) if body else client.request(method, where)
        assert answer.status_code in (200, 201), (name, answer.text)
        found[name] = cut(answer.json())
    return found


def cut(value: Any, name: str = "") -> Any:  # noqa: ANN401
    """Return ``value`` with long lists and open objects cut short."""
    if isinstance(value, list):
        return [cut(one) for one in (value if name in WHOLE else value[:2])]
    if isinstance(value, dict):
        few = dict(list(value.items())[:3]) if name in OPEN else value
        return {key: cut(one, key) for key, one in few.items()}
    return value


def judged(made: Served) -> None:
    """Keep a drift verdict on the latest run."""
    before, now = drift.world(1, 900), drift.world(2, 900)
    now["count"] = now["count"] * 1_000
    run = latest_run(made.engine, "issued")
    assert run is not None
    about = {"as_of": f"{run['as_of'].isoformat()}Z", "snapshot_id": run["snapshot_id"]}
    verdict = drift.judged(before, now).as_json()
    kept.keep(made.settings, about | {"model_version": "v1"} | verdict, utc_now())


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        made = served(Path(folder))
        judged(made)
        text = json.dumps(answers(made), ensure_ascii=False, indent=1)
        made.engine.dispose()
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
