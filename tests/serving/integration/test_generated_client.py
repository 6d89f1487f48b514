"""A client that a generator writes from docs/openapi.json calls every operation there is."""

import importlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.clock import utc_now
from serving.store.scores import latest_run, rows_of
from tests.serving.integration.conftest import Integrated

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "openapi.json"
CONFIG = ROOT / "docs" / "openapi-python-client.yaml"
NAME = "kenshin_generated_client"
ACCOUNT, LEAVING = "A00001", "A00003"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package as the generator wrote it; nothing of the document may be left out."""
    folder = tmp_path_factory.mktemp("generated")
    program = Path(sys.executable).with_name("openapi-python-client")
    asked = ["generate", "--path", str(DOCUMENT), "--config", str(CONFIG), "--meta", "none"]
    where = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [program, *asked, "--output-path", folder / NAME],
        capture_output=True,
        text=True,
        env=where,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "WARNING" not in said, said
    assert "Unable" not in said, said
    sys.path.insert(0, str(folder))
    yield folder / NAME
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def operations(written: Path) -> dict[str, ModuleType]:
    """Every generated operation by its name in the document."""
    found = {}
    for path in sorted((written / "api").glob("*/*.py")):
        if path.stem != "__init__":
            found[path.stem] = importlib.import_module(f"{NAME}.api.{path.parent.name}.{path.stem}")
    return found


@pytest.fixture(scope="module")
def client(written: Path, integrated: Integrated) -> Iterator[Any]:
    made = importlib.import_module(NAME).AuthenticatedClient(integrated.url, integrated.admin_key)
    with made:
        yield made


def models() -> ModuleType:
    return importlib.import_module(f"{NAME}.models")


def rows(integrated: Integrated) -> dict[str, Any]:
    """Return the features of one account as a column → values document."""
    bundle = integrated.company.bundle
    known = {"category": [None], "number": [3.5]}
    return {feature.name: known[feature.kind] for feature in bundle.features}


Checked = Callable[[Any], bool]
Asked = Callable[[Integrated], dict[str, Any]]


def nothing(_: Integrated) -> dict[str, Any]:
    return {}


def of_account(_: Integrated) -> dict[str, Any]:
    return {"account_id": ACCOUNT}


def of_another(_: Integrated) -> dict[str, Any]:
    return {"account_id": LEAVING}


def prediction(_: Integrated) -> dict[str, Any]:
    asked = [{"account_id": ACCOUNT}, {"features": {"active_users_28d": 5, "plan": "Business"}}]
    return {"body": models().PredictionRequest.from_dict({"accounts": asked})}


def feedback(_: Integrated) -> dict[str, Any]:
    given = {"verdict": "disagree", "feature": "nps_latest", "note": "合併の話がある"}
    return {"account_id": ACCOUNT, "body": models().Feedback.from_dict(given),
            "idempotency_key": "0f8fad5b-d9cb-469f-a165-70867728950e"}  # fmt: skip


def held(integrated: Integrated) -> dict[str, Any]:
    run = latest_run(integrated.company.engine, "issued")
    assert run is not None
    rows = rows_of(integrated.company.engine, run["run_id"])
    account = next(row["account_id"] for row in rows if row["band"] != "yellow")
    until = (utc_now().date() + timedelta(days=30)).isoformat()
    given = {"band": "yellow", "reason": "合併の話がある", "until": until}
    return {"account_id": account, "body": models().OverrideRequest.from_dict(given)}


def invocation(integrated: Integrated) -> dict[str, Any]:
    given = {"inputs": rows(integrated)}
    return {"body": models().InvokeJsonInvocationRequest.from_dict(given)}


def score(integrated: Integrated) -> dict[str, Any]:
    with integrated.company.engine.connect() as connection:
        found = connection.exec_driver_sql("select min(score_id) from scores").scalar_one()
    return {"score_id": found}


def table(answer: Any) -> Any:  # noqa: ANN401
    return pq.read_table(io.BytesIO(answer.payload.read()))


CALLS: dict[str, tuple[Asked, str, Checked]] = {
    # operation: what it is asked with, the class of its answer, what must hold of it
    "create_predictions": (
        prediction, "Predictions",
        lambda a: a.predictions[0].account_external_id == ACCOUNT
        and a.predictions[1].kind == "computed"
        and all(
            p.baseline_points + sum(d.points for d in p.drivers) == p.health_score
            for p in a.predictions
        ),
    ),
    "list_accounts": (nothing, "AccountPage", lambda a: a.total == len(a.accounts) > 10),
    "export_accounts_csv": (
        nothing, "File", lambda a: a.payload.read().startswith(b"\xef\xbb\xbfaccount_external_id")
    ),
    "export_accounts_parquet": (nothing, "File", lambda a: table(a).num_rows > 10),
    "get_account": (of_account, "Account", lambda a: a.score.account_external_id == ACCOUNT),
    "get_account_history": (of_account, "History", lambda a: a.scores[-1].kind == "issued"),
    "explain_account": (
        of_account, "Explanation",
        lambda a: a.baseline_points + sum(r.points for r in a.reasons) == a.health_score,
    ),
    "create_feedback": (feedback, "StoredFeedback", lambda a: a.note == "合併の話がある"),
    "set_override": (held, "StoredOverride", lambda a: a.until > utc_now().date()),
    "withdraw_override": (of_account, "Withdrawal", lambda a: a.withdrawn in (True, False)),
    "get_score": (score, "Record", lambda a: len(a.score_id) == 32),
    "get_model": (nothing, "Model", lambda a: a.version == "v1" and len(a.features) == 18),
    "get_forecast": (nothing, "Forecast", lambda a: a is not None),
    "get_answer_check": (nothing, "AnswerCheck", lambda a: a.live.version == "v1"),
    "get_leavers": (nothing, "Leavers", lambda a: len(a.rows) > 0),
    "get_drift": (
        nothing, "Drift",
        lambda a: a.word == "broken" and a.findings[0].code == "unit_jump" and a.of_latest_scores,
    ),
    "invoke": (invocation, "Invocation", lambda a: 0 < a.predictions[0] < 1),
    "ping": (nothing, "Healthy", lambda a: a.model_version == "v1"),
    "health": (nothing, "Healthy", lambda a: a.model_version == "v1"),
    "get_version": (nothing, "str", lambda a: a[0].isdigit()),
    "is_alive": (nothing, "Alive", lambda a: a.status == "alive"),
    "is_ready": (nothing, "Readiness", lambda a: a.ready is True),
    "get_metrics": (nothing, "str", lambda a: "# TYPE" in a),
    "export_subject": (of_another, "SubjectData", lambda a: a.account_id == LEAVING),
    "erase_subject": (of_another, "ErasureReceipt", lambda a: a.left_in == []),
    "explain_problem": (
        lambda _: {"slug": "unknown-account"}, "ProblemPage", lambda a: a.status == 404
    ),
}  # fmt: skip


def test_no_operation_is_left_out(operations: dict[str, ModuleType]) -> None:
    assert set(CALLS) == set(operations), "add the new operation to CALLS, or call it no more"


@pytest.mark.parametrize("name", CALLS)
def test_the_generated_client_calls_it_and_reads_the_answer(
    name: str,
    operations: dict[str, ModuleType],
    client: Any,  # noqa: ANN401
    integrated: Integrated,
) -> None:
    asked, kind, holds = CALLS[name]
    answer = operations[name].sync_detailed(client=client, **asked(integrated))
    created = name in ("create_feedback", "set_override")
    expected = HTTPStatus.CREATED if created else HTTPStatus.OK
    assert answer.status_code == expected, answer.content
    assert type(answer.parsed).__name__ == kind
    assert holds(answer.parsed)


def test_a_refusal_is_a_parsed_problem(
    operations: dict[str, ModuleType],
    client: Any,  # noqa: ANN401
) -> None:
    answer = operations["get_account"].sync_detailed(client=client, account_id="A0001")
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert type(answer.parsed).__name__ == "Problem"
    assert answer.parsed.type_ == "/problems/unknown-account"


def test_without_a_key_the_client_is_refused(
    operations: dict[str, ModuleType], integrated: Integrated
) -> None:
    with importlib.import_module(NAME).Client(integrated.url) as stranger:
        answer = operations["get_model"].sync_detailed(client=stranger)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.parsed.type_ == "/problems/no-valid-key"
