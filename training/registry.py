"""MLflow: what was tried, with what, how good it was, and which version serves.

The registry is a record, not a dependency of serving: its database holds absolute paths, so the
relocatable bundle in the workspace is what is loaded.
"""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from features.errors import KenshinError
from features.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient

Json = dict[str, Any]


@dataclass(frozen=True)
class Lineage:
    """One input of a training: the rows of a part, named by their content."""

    name: str
    digest: str
    context: str
    source: str
    profile: Json


@dataclass(frozen=True)
class Run:
    """An open MLflow run."""

    client: "MlflowClient"
    run_id: str

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, cut at MLflow's 6,000 characters."""
        for name, value in values.items():
            self.client.log_param(self.run_id, name, str(value)[:6000])

    def metrics(self, values: Mapping[str, float | None]) -> None:
        """Log the figures that exist, in one batch."""
        from mlflow.entities import Metric

        known = [Metric(name, value, 0, 0) for name, value in values.items() if value is not None]
        for start in range(0, len(known), 900):
            self.client.log_batch(self.run_id, metrics=known[start : start + 900])

    def inputs(self, lineage: Sequence[Lineage]) -> None:
        """Log what the run was fitted and judged on."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        given = [
            DatasetInput(
                Dataset(
                    name=part.name,
                    digest=part.digest,
                    source_type="kenshin snapshot",
                    source=json.dumps({"uri": part.source}),
                    profile=json.dumps(part.profile),
                ),
                [InputTag("mlflow.data.context", part.context)],
            )
            for part in lineage
        ]
        self.client.log_inputs(self.run_id, datasets=given)

    def figures(self, drawn: Mapping[str, "Figure"]) -> None:
        """Log the pictures as PNG files."""
        for name, figure in drawn.items():
            self.client.log_figure(self.run_id, figure, f"figures/{name}.png")

    def text(self, content: str, path: str) -> None:
        """Log a text file."""
        self.client.log_text(self.run_id, content, path)

    def folder(self, folder: Path, path: str) -> None:
        """Log a folder."""
        self.client.log_artifacts(self.run_id, str(folder), path)

    def register(self, model: str) -> str:
        """Register this run's bundle as the next version of ``model`` and return "v1", "v2", …."""
        from mlflow.exceptions import MlflowException

        try:
            self.client.get_registered_model(model)
        except MlflowException:
            self.client.create_registered_model(model)
        source = f"{self.client.get_run(self.run_id).info.artifact_uri}/bundle"
        made = self.client.create_model_version(model, source, run_id=self.run_id)
        return f"v{int(made.version)}"

    def alias(self, model: str, alias: str, version: str) -> None:
        """Let ``alias`` point to ``version``; MLflow moves it in one step."""
        self.client.set_registered_model_alias(model, alias, version.removeprefix("v"))


class RegistryError(KenshinError):
    """The registry cannot be asked or changed."""

    status = 503
    slug = "registry"
    title = "The registry cannot be reached"


@dataclass(frozen=True)
class Version:
    """A registered version and the names that point to it."""

    version: str
    aliases: tuple[str, ...]
    run_id: str


def safe_name(name: str, index: int) -> str:
    """Return a metric name MLflow takes: what it does not know becomes the index."""
    kept = re.sub(r"[^A-Za-z0-9_\-. /]", "", name)
    return kept if kept == name else f"{kept.rstrip('/')}/{index}"


@contextmanager
def run(settings: Settings, name: str) -> Iterator[Run]:
    """Open a run; it ends FINISHED, or FAILED where the block raises."""
    made = client(settings)
    experiment = made.get_experiment_by_name(settings.mlflow.experiment)
    location = None if settings.mlflow.tracking_uri else artifacts(settings).as_uri()
    number = (
        experiment.experiment_id
        if experiment
        else made.create_experiment(settings.mlflow.experiment, artifact_location=location)
    )
    opened = made.create_run(number, run_name=name).info.run_id
    try:
        yield Run(made, opened)
    except BaseException:
        made.set_terminated(opened, status="FAILED")
        raise
    made.set_terminated(opened)


def place(settings: Settings) -> str:
    """Return where the registry is, without the user and the password of its address."""
    return _without_credentials(settings, settings.mlflow.tracking_uri or str(database(settings)))


def _without_credentials(settings: Settings, text: str) -> str:
    """Return ``text``, which may hold the registry's address, without its user and password."""
    credentials, at, _ = urlsplit(settings.mlflow.tracking_uri or "").netloc.rpartition("@")
    return text.replace(f"{credentials}{at}", "") if at else text


def versions(settings: Settings) -> list[Version]:
    """Return every registered version, newest first; an untouched registry has none.

    Raises
    ------
    RegistryError
        Where it cannot be reached.
    """
    if not settings.mlflow.tracking_uri and not database(settings).exists():
        return []
    with _reached(settings):
        made = client(settings)
        # search_model_versions leaves aliases empty; the registered model knows them.
        names = {m.name: m.aliases for m in made.search_registered_models()}
        found = made.search_model_versions(f"name = '{settings.mlflow.model}'")
    pointing: dict[int, list[str]] = {}
    for alias, number in names.get(settings.mlflow.model, {}).items():
        pointing.setdefault(int(number), []).append(alias)
    ordered = sorted(found, key=lambda version: -int(version.version))
    return [
        Version(
            f"v{int(v.version)}", tuple(sorted(pointing.get(int(v.version), ()))), v.run_id or ""
        )
        for v in ordered
    ]


def point(settings: Settings, version: str) -> bool:
    """Let the alias ``champion`` point to ``version``; a challenger of that name is none any more.

    Returns
    -------
    bool
        False where the registry, reached, does not know that version: then nothing is changed.

    Raises
    ------
    RegistryError
        Where it cannot be reached or refuses.
    """
    from mlflow.exceptions import MlflowException

    name, number = settings.mlflow.model, version.removeprefix("v")
    with _reached(settings):
        made = client(settings)
        try:
            made.get_model_version(name, number)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False
        made.set_registered_model_alias(name, "champion", number)
        if str(made.get_registered_model(name).aliases.get("challenger")) == number:
            made.delete_registered_model_alias(name, "challenger")
    return True


def champion(settings: Settings) -> str | None:
    """Return the version that the alias ``champion`` points to, or None.

    Raises
    ------
    RegistryError
        Where the registry cannot be reached.
    """
    pointing = [v.version for v in versions(settings) if "champion" in v.aliases]
    return pointing[0] if pointing else None


@contextmanager
def _reached(settings: Settings) -> Iterator[None]:
    """Turn what MLflow, its database or its server raise into one refusal, soon."""
    import requests
    import sqlalchemy as sa
    from mlflow.exceptions import MlflowException

    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    try:
        yield
    except (MlflowException, sa.exc.SQLAlchemyError, requests.RequestException, OSError) as error:
        said = _without_credentials(settings, str(error).strip().split("\n", 1)[0])[:200]
        raise RegistryError(
            "a registry that answers",
            f"{type(error).__name__} at {place(settings)}: {said}",
            "The model in service has not changed. Bring the registry back and run it again.",
        ) from None


def client(settings: Settings) -> "MlflowClient":
    """Return a client of the company's store: the URI is always said, never MLflow's default."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    uri = settings.mlflow.tracking_uri
    if uri is None:
        artifacts(settings).mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{database(settings)}"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def database(settings: Settings) -> Path:
    """Return where the local tracking database lies."""
    return (settings.root / settings.mlflow.folder / "mlflow.db").resolve()


def artifacts(settings: Settings) -> Path:
    """Return where local artifacts lie."""
    return (settings.root / settings.mlflow.folder / "artifacts").resolve()
