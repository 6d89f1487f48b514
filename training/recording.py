"""What a training leaves in MLflow."""

from typing import Any

from features.settings import Settings
from features.snapshots import Snapshot, content_id
from training import evaluation, figures, model, model_card, registry
from training.explanation import Explanation
from training.judging import Judged
from training.shipment import git_commit

Json = dict[str, Any]


def record(
    run: registry.Run,
    settings: Settings,
    judged: Judged,
    document: Json,
    told: Explanation,
    origin: registry.Lineage,
) -> None:
    """Log parameters, lineage, figures, pictures and the model card."""
    run.params(_parameters(settings, judged) | _choice(document))
    run.inputs(_lineage(origin, judged))
    run.metrics(_figures(document))
    labels = [feature.label.en for feature in judged.test.features]
    drawn = figures.figures(
        judged.test.churned,
        judged.probability,
        told.score,
        told.points,
        judged.test.matrix,
        labels,
        document,
    )
    run.figures(drawn)
    card = model_card.model_card(settings.company.name, settings.churn.success, document)
    run.text(card, "model_card.md")


def _parameters(settings: Settings, judged: Judged) -> Json:
    calibration = judged.calibration
    return {
        **model.PARAMETERS,
        **judged.recipe.parameters,
        "repeats": judged.recipe.repeats,
        "recipe": judged.recipe.origin,
        **{f"tuning_{name}": value for name, value in (judged.recipe.tuning or {}).items()},
        "seed": settings.training.seed,
        "folds": settings.training.folds,
        "rounds": ",".join(map(str, judged.bag.rounds)),
        "features": len(judged.development.features),
        "horizon_days": settings.churn.horizon_days,
        "lead_days": settings.churn.lead_days,
        "settings_version": settings.version,
        "calibration": calibration.method,
        "calibration_slope": calibration.slope,
        "calibration_intercept": calibration.intercept,
        "calibration_bend": calibration.bend,
        "git_commit": git_commit(),
    }


def _choice(document: Json) -> Json:
    """Return which accounts were fitted on, as parameters; none where all were."""
    choice = document.get("choice") or {}
    return {f"choice_{name}": value for name, value in choice.items() if name != "sentence"}


def origin(settings: Settings, snapshot: Snapshot) -> registry.Lineage:
    """Return the name by content, the place and the size of all that a training was given."""
    source = str((settings.workspace / "snapshots").resolve())
    rows = {"rows": snapshot.table.num_rows}
    return registry.Lineage("snapshots", content_id(snapshot.table), "all", source, rows)


def _lineage(origin: registry.Lineage, judged: Judged) -> list[registry.Lineage]:
    parts = {"training": judged.development, "testing": judged.test}
    named = [
        registry.Lineage(context, part.digest(), context, origin.source, evaluation.period(part))
        for context, part in parts.items()
    ]
    return [origin, *named]


def _figures(document: Json) -> dict[str, float | None]:
    """Return every figure under the name it has in MLflow."""
    found: dict[str, float | None] = {"held_out_auc": document["held_out_auc"]}
    for name, metric in document["metrics"].items():
        found |= {
            name: metric["value"],
            f"{name}_low": metric["low"],
            f"{name}_high": metric["high"],
        }
    for line in document["baselines"]:
        key = line["name"].replace(" ", "_")
        found |= {f"baseline/{key}/{figure}": line[figure] for figure in ("auc", "log_loss")}
    for index, part in enumerate(document["segments"]):
        key = registry.safe_name(f"segment/{part['segment']}/{part['value']}", index)
        found |= {f"{key}/{figure}": part[figure] for figure in ("rows", "auc", "log_loss")}
    for part in ("train", "test"):
        found |= {f"{part}/{count}": document[part][count] for count in ("rows", "churns")}
    return found | _of_horizons(document) | _of_withheld(document)


def _of_horizons(document: Json) -> dict[str, float | None]:
    judged = document.get("horizons") or {"horizons": [], "integrated_brier": {}}
    brier = judged["integrated_brier"]
    found = {f"horizons/integrated_brier/{name}": value for name, value in brier.items()}
    for line in judged["horizons"]:
        key = f"horizons/{line['days']}"
        found |= {f"{key}/{name}": line[name]["value"] for name in ("auc", "log_loss", "ece")}
        found |= {f"{key}/{name}": line[name] for name in ("expected", "observed")}
    return found


def _of_withheld(document: Json) -> dict[str, float | None]:
    withheld = document.get("withheld") or {"share": None, "by_reason": {}}
    reasons = {f"withheld/{why}": count for why, count in withheld["by_reason"].items()}
    return {"withheld/share": withheld["share"], **reasons}
