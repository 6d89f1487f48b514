"""What ``kenshin train`` says of a training, sentence by sentence."""

from types import SimpleNamespace
from typing import Any, cast

from serving.commands.train import FIGURES, lines
from training.result import TrainResult

PERIOD = {"from": "2026-01-05", "to": "2026-02-02", "rows": 900, "churns": 60, "base_rate": 0.07}
FIGURE = {"value": 0.7, "low": 0.6, "high": 0.8}
EVALUATION: dict[str, Any] = {
    "train": None,
    "calibration": None,
    "test": None,
    "design": "Judged out of time.",
    "choice": None,
    "metrics": dict.fromkeys([*FIGURES, "auc", "log_loss"], FIGURE),
    "baselines": [],
    "recipe": {"origin": "tuned"},
    "horizons": {"period": PERIOD, "horizons": [], "absent": []},
    "withheld": None,
}


def test_the_horizons_judged_before_are_not_said_to_have_the_tuned_recipe() -> None:
    told = lines(cast(TrainResult, SimpleNamespace(evaluation=EVALUATION)))
    said = next(line for line in told if line.startswith("judged from"))
    assert said == (
        "judged from 2026-01-05 to 2026-02-02, fitted before with the recipe proposed for its "
        "rows, one seed"
    )
