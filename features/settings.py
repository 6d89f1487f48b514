"""One company's settings: read once at the edge, frozen, passed down."""

import hashlib
import json
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from features.errors import SettingsError
from features.flat_settings import Flat as Flat
from features.gate_settings import GateSettings
from features.product_feature import ProductFeature
from features.scorecard_settings import ScorecardSettings
from features.section import Section as _Section
from features.section import did_you_mean as _did_you_mean
from features.serving_settings import ServingSettings
from features.source_settings import Data as Data
from features.source_settings import Source as Source
from features.source_settings import Spark as Spark
from features.tables import TABLES
from features.withhold_settings import WithholdSettings

__all__ = ["ProductFeature", "Settings", "load_settings"]

Probability = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[int, Field(ge=1, le=3660)]


class Rate(_Section):
    """What one unit of another currency is worth."""

    currency: Annotated[str, Field(min_length=3, max_length=3)]
    rate: Annotated[float, Field(gt=0)]
    """In units of ``[company].currency``."""
    valid_from: date | None = None
    """First day, in UTC, on which it holds, until a later one does; default: always."""


class Company(_Section):
    """Who the scores are for."""

    name: str = "Kenshin"
    timezone: str = "UTC"
    """Zone in which times without an offset are read."""
    currency: str = "USD"
    """ISO 4217 code of ``mrr`` and ``amount`` where the tables carry none."""
    language: Literal["ja", "en"] = "en"
    rates: tuple[Rate, ...] = ()
    """Rates at which ``mrr`` and ``amount`` of other currencies are converted; without any, rows in
    another currency than most have no money that counts."""


class Churn(_Section):
    """What leaving means, written down."""

    success: str = ""
    """What a successful customer does, in the company's own words."""
    source: Literal["subscriptions", "churns", "inactivity"] = "subscriptions"
    horizon_days: Days = 90
    lead_days: Annotated[int, Field(ge=0, le=365)] = 0
    allowed_gap_days: Annotated[int, Field(ge=0, le=365)] = 30
    """A gap of up to so many days does not end a spell."""
    minimum_tenure_days: Annotated[int, Field(ge=0)] = 0
    """Accounts younger than this at ``as_of`` are not live yet for scoring and training."""
    active_within_days: Days = 90
    """Only for ``inactivity``: live means an event in ``[as_of − active_within_days, as_of)``."""
    activity_events: tuple[str, ...] = ()
    """Only for ``inactivity``: event names that count as activity; empty means all."""


class Snapshots(_Section):
    """At which instants statements are made."""

    every: Annotated[str, Field(pattern=r"^(day|week|month|\d+d)$")] = "month"
    start: datetime | None = None
    """First ``as_of`` used for training; default: when a third of the shortest window has data."""
    windows_days: tuple[int, ...] = (7, 28, 90, 365)


class Training(_Section):
    """How models are fitted and judged."""

    train: tuple[datetime, datetime] | None = None
    """First and last ``as_of`` of the development period (training, then calibration)."""
    test: tuple[datetime, ...] = ()
    """``as_of`` dates judged on; default: the latest with a known label."""
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    seed: int = 20261122
    minimum_churns: Annotated[int, Field(ge=1)] = 50
    """Below so many churned accounts in training no model is released."""
    most_rows: Annotated[int, Field(ge=1_000)] = 2_000_000
    """About so many rows (accounts × dates) are fitted and judged on; of a larger company whole
    accounts are chosen by a hash of their id, leavers and stayers alike (docs/scale.md)."""
    threads: int = 2


class Scale(_Section):
    """The two anchors of the health score; unset, they are proposed once and then kept."""

    p80: Probability | None = None
    p50: Probability | None = None


class Bands(_Section):
    """Band cut-offs on the unrounded score: green at or above, red at or below."""

    green: Annotated[float, Field(gt=0, le=100)] = 80.0
    red: Annotated[float, Field(ge=0, lt=100)] = 50.0

    @model_validator(mode="after")
    def _ordered(self) -> "Bands":
        if self.red >= self.green:
            raise ValueError(f"red ({self.red}) must lie below green ({self.green})")
        return self


class AnswerCheck(_Section):
    """When the scores count as having failed those who left."""

    most_missed: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Limit on the share of leavers that were green ``weeks_before`` weeks before."""
    weeks_before: Annotated[int, Field(ge=1, le=52)] = 8
    contacted_within_days: Days = 30
    """An action so soon after an account turned red counts as having answered the alert."""


class Store(_Section):
    """Where scores are kept."""

    url: str | None = None
    """SQLAlchemy URL; default ``sqlite:///<workspace>/store.db``."""


class MLflow(_Section):
    """Where runs are tracked."""

    folder: str = "mlruns"
    """Relative to the settings file; holds ``mlflow.db`` and ``artifacts/``."""
    tracking_uri: str | None = None
    """A server, for production; overrides ``folder``."""
    experiment: str = "kenshin"
    model: str = "health"


class Settings(BaseSettings):
    """Everything ``kenshin.toml`` may say.

    Order: environment (``KENSHIN_CHURN__HORIZON_DAYS=60``), file, default; options of a command are
    applied by the command itself.
    """

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="KENSHIN_", env_nested_delimiter="__"
    )

    root: Path = Field(default=Path(), exclude=True)
    """Folder of the settings file; relative paths start here."""
    workspace_folder: str = ".kenshin"
    company: Company = Company()
    data: Data = Data()
    spark: Spark = Spark()
    tables: dict[str, Source] = {}
    flat: Flat | None = None
    churn: Churn = Churn()
    snapshots: Snapshots = Snapshots()
    training: Training = Training()
    scale: Scale = Scale()
    bands: Bands = Bands()
    withhold: WithholdSettings = WithholdSettings()
    answer_check: AnswerCheck = AnswerCheck()
    features: dict[str, ProductFeature] = {}
    scorecard: ScorecardSettings = ScorecardSettings()
    gate: GateSettings = GateSettings()
    store: Store = Store()
    serving: ServingSettings = ServingSettings()
    mlflow: MLflow = MLflow()

    @model_validator(mode="after")
    def _known_tables(self) -> "Settings":
        for name in self.tables:
            if name not in TABLES:
                raise ValueError(f"unknown table '{name}'{_did_you_mean(name, list(TABLES))}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, strongest first."""
        return env_settings, init_settings

    @property
    def workspace(self) -> Path:
        """Folder for everything the platform writes for this company, except ``mlruns``."""
        return self.root / self.workspace_folder

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the score store."""
        return self.store.url or f"sqlite:///{(self.workspace / 'store.db').resolve()}"

    @property
    def version(self) -> str:
        """Hash of all that can change a score or its words: 12 hexadecimal digits."""
        parts = self.model_dump(mode="json", include={"churn", "scale", "bands", "features"})
        text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def load_settings(path: Path) -> Settings:
    """Return the settings of ``path``, a TOML file.

    Raises
    ------
    SettingsError
        Where the file is absent, is no TOML, has an unknown key or a value outside its range.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            "a settings file",
            f"nothing at {path}",
            "Run `kenshin init FOLDER` to propose one, or `kenshin demo` to see a company.",
        ) from None
    except OSError as error:
        raise SettingsError(
            "a settings file that can be read", f"{path}: {error.strerror}", "Name another file."
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            "a TOML file in UTF-8", f"{path} in another encoding (line {line})", "Save it as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("a TOML file", f"{path}: {error}", "Mend that line.") from None
    try:
        return Settings(**given, root=path.resolve().parent)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _explain(path, dict(first)) from None


def _explain(path: Path, error: dict[str, Any]) -> SettingsError:
    """Turn pydantic's first complaint into our sentence."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        *parents, key = error["loc"]
        hint = _did_you_mean(str(key), _known_keys(parents))
        return SettingsError(
            f"only known keys in {path.name}", f"'{where}'{hint}", "Mend or remove the key."
        )
    found = error.get("input")
    shown = "" if isinstance(found, dict) or found is None else f" = {found!r}"
    return SettingsError(
        f"a valid value in {path.name}", f"{where or 'file'}{shown}", f"{error['msg']}."
    )


def _known_keys(parents: list[Any]) -> list[str]:
    """Return the keys that the section at ``parents`` may have."""
    if not parents:
        return [name for name in Settings.model_fields if name != "root"]
    inside: dict[str, type[BaseModel]] = {
        "tables": Source,
        "features": ProductFeature,
        "flat": Flat,
    }
    section = str(parents[0])
    model = inside.get(section) or type(Settings.model_fields[section].default)
    return list(model.model_fields)
