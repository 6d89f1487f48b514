"""Containerfile and compose.yaml: their rules, and their commands run outside a container."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.builders.container import (
    ROOT,
    compose,
    containerfile,
    database,
    free_port,
    healthy,
    instead,
    started,
)
from tests.builders.served import served

PASSWORD = "a-secret-of-the-test"
SECRET = "/run/secrets/database_password"
LAST = containerfile()[-1].stage


def instructions(word: str, stage: int | None = None) -> list[str]:
    found = containerfile()
    return [one.rest for one in found if one.word == word and stage in (None, one.stage)]


def test_the_last_stage_is_small_runs_as_nobody_in_particular_and_builds_nothing() -> None:
    assert instructions("FROM") == ["python:3.11-slim AS build", "python:3.11-slim"]
    assert instructions("USER", LAST) == ["kenshin"]
    assert [one.word for one in containerfile()][-4:] == [
        "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD",
    ]  # fmt: skip
    last = " ".join(instructions("RUN", LAST))
    for builder in ("pip", "gcc", "build-essential", "curl", "git"):
        assert builder not in last
    assert "apt-get install -y --no-install-recommends" in last
    assert "rm -rf /var/lib/apt/lists/*" in last
    assert not instructions("ADD")


def test_every_requirement_comes_with_its_hash_and_as_a_wheel() -> None:
    for line in instructions("RUN", 0):
        if "pip install" in line and "-r" in line:
            assert "--require-hashes --no-deps --only-binary :all:" in line
            locked = (ROOT / line.split("-r ")[1]).read_text(encoding="utf-8")
            entries = locked.count("==")
            assert entries
            assert locked.count("--hash=sha256:") >= entries
    assert "--no-deps --no-index" in instructions("RUN", 0)[-1]


def test_what_is_copied_exists_and_is_let_into_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    for line in instructions("COPY", 0):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists()
            assert f"!{source.rstrip('/')}" in ignored


def test_commands_are_lists_so_that_signals_arrive() -> None:
    for word in ("ENTRYPOINT", "CMD"):
        (given,) = instructions(word)
        assert isinstance(json.loads(given), list)
    (check,) = instructions("HEALTHCHECK")
    assert json.loads(check[check.index("[") :])[0] == "python"


SERVICE_KEYS = {
    "image", "build", "restart", "environment", "entrypoint", "command", "secrets", "configs",
    "volumes", "shm_size", "healthcheck", "depends_on", "tmpfs", "read_only", "cap_drop",
    "security_opt", "ports",
}  # fmt: skip
"""Those of the Compose Specification that are used; another one has to be looked up first."""


def test_every_service_is_checked_restarted_and_waited_for() -> None:
    document = compose()
    assert set(document) == {"name", "services", "configs", "secrets", "volumes"}
    for service in document["services"].values():
        assert set(service) <= SERVICE_KEYS
        assert service["restart"] == "unless-stopped"
        check = service["healthcheck"]
        assert set(check) <= {"test", "interval", "timeout", "retries", "start_period"}
        assert check["test"][0] == "CMD"
        for other, wanted in service.get("depends_on", {}).items():
            assert wanted == {"condition": "service_healthy"}
            assert "healthcheck" in document["services"][other]
        for kind in ("secrets", "configs"):
            named = [
                one if isinstance(one, str) else one["source"] for one in service.get(kind, ())
            ]
            assert set(named) <= set(document[kind])
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in document["volumes"]


def test_no_port_but_our_own_is_open_beyond_this_machine_and_no_secret_is_written_down() -> None:
    services = compose()["services"]
    assert "ports" not in services["database"]
    assert services["mlflow"]["ports"] == ["127.0.0.1:5000:5000"]
    assert services["kenshin"]["ports"] == ["8000:8000"]
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8").lower()
    assert "password:" not in text.replace("database_password:", "")
    assert compose()["secrets"] == {"database_password": {"file": "./secrets/database_password"}}
    for name in ("kenshin", "mlflow"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


def test_the_packages_of_the_last_stage_can_be_installed() -> None:
    (line,) = [line for line in instructions("RUN", LAST) if "apt-get" in line]
    install = line.split(" && ")[1].split()
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get here")
    done = subprocess.run([*install, "--simulate"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_user_of_the_last_stage_can_be_made(tmp_path: Path) -> None:
    (line,) = [line for line in instructions("RUN", LAST) if "useradd" in line]
    if os.geteuid() or shutil.which("useradd") is None:
        pytest.skip("needs root and useradd")
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group", "shadow", "gshadow"):
        (tmp_path / "etc" / name).write_text("")
    subprocess.run([*shlex.split(line), "--prefix", str(tmp_path)], check=True, timeout=60)
    assert (tmp_path / "etc" / "passwd").read_text().startswith("kenshin:x:10001:")


def test_the_folders_of_the_last_stage_belong_to_its_user(tmp_path: Path) -> None:
    (line,) = [line for line in instructions("RUN", LAST) if line.startswith("install -d")]
    if os.geteuid():
        pytest.skip("needs root")
    places = {f"/{name}": str(tmp_path / name) for name in ("company", "artifacts")}
    subprocess.run(instead(shlex.split(line), places), check=True, timeout=60)
    assert {(tmp_path / name).stat().st_uid for name in ("company", "artifacts")} == {10001}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first stage builds, built: the folder that becomes /opt/kenshin."""
    root = tmp_path_factory.mktemp("image")
    source = root / "src"
    places = {"/opt/kenshin": str(root / "kenshin"), "/opt/build": str(root / "build")}
    places["/src/dist"] = str(source / "dist")
    for one in containerfile():
        if one.stage != 0:
            continue
        if one.word == "COPY":
            *given, target = one.rest.split()
            for name in given:
                _copy(ROOT / name, source / target / ("" if name.endswith("/") else name))
        if one.word == "RUN":
            (command,) = instead([one.rest], places)
            with_python = f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}"
            environment = os.environ | {"PATH": with_python, "PIP_NO_COMPILE": "1"}
            environment.pop("PYTHONPATH", None)
            done = subprocess.run(
                command, shell=True, cwd=source, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{command}: {done.stderr}"
    return root / "kenshin"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        left_out = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=left_out)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


@pytest.mark.scale
@pytest.mark.timeout(1800)
def test_the_image_serves_beside_postgresql_and_an_mlflow_server_as_composed(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = compose()["services"]
    with database(services["database"], PASSWORD) as port, _inside(image, tmp_path, port) as inside:
        _database_is_made(services["database"], port)
        with _mlflow(services["mlflow"], inside, tmp_path) as tracking:
            _tracking_is_guarded(tracking)
            _a_model_can_be_registered(tracking, tmp_path, inside)
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        monkeypatch.setenv("KENSHIN_STORE__URL", f"postgresql://kenshin@127.0.0.1:{port}/kenshin")
        company = tmp_path / "company"
        company.mkdir()
        served(company, accounts=6, weeks=1).engine.dispose()
        monkeypatch.delenv("PGPASSWORD")
        _kenshin(services["kenshin"], inside, company, port)


class Inside:
    """The places of a container, replaced by the test's."""

    def __init__(self, image: Path, folder: Path, port: int) -> None:
        secret = folder / "database_password"
        secret.write_text(PASSWORD)
        self.image = image
        self.places = {SECRET: str(secret), "database:5432": f"127.0.0.1:{port}"}
        (given,) = [one.rest for one in containerfile() if one.word == "ENV" and one.stage == LAST]
        self.environment = {
            "PATH": f"{image / 'bin'}:/usr/bin:/bin",
            "HOME": str(folder),
            "USER": "kenshin",
            "LANG": "C.UTF-8",
        }
        for pair in shlex.split(given):
            name, _, value = pair.partition("=")
            if name != "PATH":
                self.environment[name] = value.replace("/tmp", str(folder))

    def of(self, service: dict[str, Any]) -> dict[str, str]:
        """Return the environment of a service."""
        named = service["environment"]
        values = instead(list(named.values()), self.places)
        return self.environment | dict(zip(named, values, strict=True))


@contextmanager
def _inside(image: Path, folder: Path, port: int) -> Iterator[Inside]:
    yield Inside(image, folder, port)


def _database_is_made(service: dict[str, Any], port: int) -> None:
    kind, program, *options = service["healthcheck"]["test"]
    assert kind == "CMD"
    healthy([program, *options], os.environ | {"PGHOST": "127.0.0.1", "PGPORT": str(port)})
    url = f"postgresql://kenshin@127.0.0.1:{port}"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"{url}/postgres", password="wrong")
    with psycopg.connect(f"{url}/postgres", password=PASSWORD, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {service['environment']['POSTGRES_DB']}")
        connection.execute(compose()["configs"]["databases"]["content"])


@contextmanager
def _mlflow(service: dict[str, Any], inside: Inside, folder: Path) -> Iterator[str]:
    port = free_port()
    places = inside.places | {"5000": str(port), "/artifacts": str(folder / "artifacts")}
    environment = inside.of(service)
    with started(instead(service["entrypoint"], places), environment, folder, "mlflow"):
        healthy(instead(service["healthcheck"]["test"][1:], places), environment)
        yield f"http://127.0.0.1:{port}"


def _tracking_is_guarded(url: str) -> None:
    ask = f"{url}/api/2.0/mlflow/experiments/search?max_results=1"
    assert httpx.get(ask, timeout=30).status_code == 200
    assert httpx.get(ask, headers={"Host": "evil.example"}, timeout=30).status_code == 403
    new = f"{url}/api/2.0/mlflow/experiments/create"
    foreign = {"Origin": "https://evil.example"}
    assert httpx.post(new, json={"name": "x"}, headers=foreign, timeout=30).status_code == 403


REGISTER = """
import sys
from pathlib import Path
from features.settings import MLflow, Settings
from training import registry
settings = Settings(root=Path(sys.argv[1]), mlflow=MLflow(tracking_uri=sys.argv[2]))
with registry.run(settings, "by the test") as run:
    run.text("hello", "note.txt")
    print(run.register("health"))
"""


def _a_model_can_be_registered(url: str, folder: Path, inside: Inside) -> None:
    done = subprocess.run(
        [inside.image / "bin" / "python", "-c", REGISTER, str(folder), url],
        cwd=folder,
        env=inside.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "v1"
    away = {"name": "health", "source": "file:///etc", "run_id": ""}
    refused = httpx.post(f"{url}/api/2.0/mlflow/model-versions/create", json=away, timeout=30)
    assert refused.status_code == 400


def _kenshin(service: dict[str, Any], inside: Inside, company: Path, port: int) -> None:
    at, environment = free_port(), inside.of(service)
    places = inside.places | {"8000": str(at)}
    entry = instead(service["entrypoint"], places)
    serve = [*entry, *instead(service["command"], places)]
    refused = subprocess.run(
        serve, cwd=company, env=environment, capture_output=True, text=True, timeout=120
    )
    assert refused.returncode == 2
    assert "API key" in refused.stderr
    made = subprocess.run(
        [*entry, "keys", "create", "test", "--scope", "read", "--json"],
        cwd=company, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)["key"]
    (check,) = instructions("HEALTHCHECK")
    checks = [json.loads(check[check.index("[") :]), service["healthcheck"]["test"][1:]]
    with started(serve, environment, company, "kenshin"):
        for one in checks:
            healthy(instead(one, places), environment, 60)
        url = f"http://127.0.0.1:{at}"
        assert httpx.get(f"{url}/v1/accounts", timeout=30).status_code == 401
        held = {"Authorization": f"Bearer {key}"}
        answer = httpx.get(f"{url}/v1/accounts", headers=held, timeout=30)
        assert answer.json()["accounts"]
        assert httpx.get(f"{url}/metrics", headers=held, timeout=30).status_code == 200
    (command,) = instructions("CMD")
    assert json.loads(command) == service["command"]
