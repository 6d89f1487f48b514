"""The verdict that the command kept is the one that the API answers."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.settings import load_settings
from serving.app import create_app
from serving.cli import app
from serving.drift import kept
from tests.builders.drift import AS_OF, world
from tests.builders.served import Client
from tests.builders.watched import scored, watched


@pytest.fixture
def config(tmp_path: Path) -> Path:
    now = world(2, 900)
    now["count"] = now["count"] * 1_000
    return watched(tmp_path, now)


def client_of(config: Path) -> Client:
    return Client(create_app(load_settings(config)))


def test_before_the_command_ran_it_is_404_with_what_to_run(config: Path) -> None:
    refused = client_of(config).get("/v1/drift")
    assert refused.status_code == 404
    assert refused.json()["type"] == "/problems/not-found"
    assert "kenshin drift" in refused.json()["fix"]


def test_it_answers_what_the_command_printed(config: Path) -> None:
    printed = CliRunner().invoke(
        app, ["drift", "--json", "--config", str(config)], catch_exceptions=False
    )
    client = client_of(config)
    answer = client.get("/v1/drift")
    assert answer.status_code == 200
    found = answer.json()
    assert found.pop("of_latest_scores") is True
    assert found.pop("made_at").endswith("Z")
    assert found == json.loads(printed.stdout)
    assert (found["word"], found["action"]) == ("broken", "fix_the_feed")
    again = client.get("/v1/drift", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_scores_that_were_issued_since_are_told(config: Path) -> None:
    CliRunner().invoke(app, ["drift", "--config", str(config)], catch_exceptions=False)
    scored(load_settings(config), world(3, 60), AS_OF.replace(day=8), "v1")
    assert client_of(config).get("/v1/drift").json()["of_latest_scores"] is False


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"snapshot_id": 1, "model_version": 2}'])
def test_a_file_of_another_form_is_404_too(config: Path, text: str) -> None:
    kept.path(load_settings(config)).write_text(text, encoding="utf-8")
    refused = client_of(config).get("/v1/drift")
    assert refused.status_code == 404
    assert "does not read" in refused.json()["found"]


def test_the_route_needs_no_evidently() -> None:
    assert "serving.drift.routes" in sys.modules
    source = Path(sys.modules["serving.drift.routes"].__file__ or "").read_text(encoding="utf-8")
    assert "evidently" not in source
