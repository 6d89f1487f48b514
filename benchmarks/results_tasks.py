"""The tasks of the data's README and what each has to reach."""

from dataclasses import dataclass

Figures = tuple[float | None, float | None]

RIVALS = ("LGBM-r", "XGBoost", "CatBoost", "logistic")
"""The best of these, fitted in the same run, is the bar."""

BEHIND_AUC, BEHIND_LOSS = 0.005, 0.002
"""What passes for noise."""


@dataclass(frozen=True)
class Task:
    """One example, one cut-off.

    Attributes
    ----------
    least : (AUC, log loss) or None
        The figures the design asks for; None for a negative control.
    published : (AUC, log loss)
        What others reached on the same cut-offs, where known.
    """

    config: str
    question: str
    least: Figures | None = (None, None)
    published: Figures = (None, None)
    publisher: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """What the tables call it."""
        plain = self.config.removesuffix("/kenshin.toml").removesuffix(".toml")
        return plain.replace("/kenshin-", ", ")


LEVEL = (
    "Seventeen variants (leaves, rate, shares of rows and of features, columns free, left out or "
    "added) were fitted with sight of this test; held-out accounts prefer none of them, so none "
    "was taken for the AUC that it has here. Nor did the latest development dates of these tasks "
    "together, on which nine more were tried without a look at a test (`training/recipe.py`), "
    "prefer one. Of six more sets of features (180 and 56 days, changes, returns, value an order) "
    "those dates preferred one, the pieces of the last 90 days; this test did not, so it was not "
    "kept either."
)
FEW = "So few churns are judged that, by the design, differences below .03 AUC mean nothing."
ACAUSAL = f"Nearly all churn in it is acausal. {FEW}"

TASKS = (
    Task(
        "online_retail/kenshin.toml",
        "UK wholesaler (real): bought in the last 90 days, nothing in the next 60",
        (0.735, 0.592),
        (0.722, 0.626),
        "BG/NBD",
        note=LEVEL,
    ),
    Task(
        "online_retail/kenshin-30.toml",
        "UK wholesaler (real): the same, next 30 days",
        (0.728, 0.600),
        (0.732, 0.632),
        "BG/NBD",
    ),
    Task(
        "crm6/kenshin.toml",
        "CRM vendor (simulated by others): subscribed, not renewed within 60 days",
        (0.755, 0.144),
        note=ACAUSAL,
    ),
    Task(
        "socialnet7/kenshin.toml",
        "Social network (simulated by others): not renewed within 30 days",
        (0.745, 0.073),
        note=FEW,
    ),
    Task(
        "cell2cell/kenshin.toml",
        "US mobile operator (real, flat): churned, 5-fold",
        (0.683, 0.556),
        (0.673, None),
        "best published",
    ),
    Task("ibm_telco/kenshin.toml", "IBM's fictional telecom (flat): churned, 5-fold"),
    Task(
        "ravenstack/kenshin.toml",
        "RavenStack (synthetic): the negative control, nothing is predictable",
        None,
    ),
)


@dataclass(frozen=True)
class Target:
    """One bar that a task's figures have to hold, against what a run found."""

    said: str
    found: float
    bar: float
    at_least: bool

    @property
    def met(self) -> bool:
        """Whether the figure as printed holds the bar as printed."""
        found, bar = round(self.found, 4), round(self.bar, 4)
        return found >= bar if self.at_least else found <= bar


def targets(task: Task, own: Figures, peers: dict[str, Figures]) -> list[Target]:
    """Return every target of one task with what was found.

    Parameters
    ----------
    own : (AUC, log loss)
    peers : dict of str to (AUC, log loss)
        Fitted in the same run.
    """
    auc, loss = (float(figure or 0.0) for figure in own)
    bar_auc = max((float(peers[name][0] or 0.0), name) for name in RIVALS)
    bar_loss = min((float(peers[name][1] or 9.9), name) for name in RIVALS)
    found = [
        Target(f"AUC ≥ {bar_auc[1]} − .005", auc, bar_auc[0] - BEHIND_AUC, True),
        Target(f"log loss ≤ {bar_loss[1]} + .002", loss, bar_loss[0] + BEHIND_LOSS, False),
    ]
    least = task.least or (None, None)
    for pair, said in ((least, "as designed"), (task.published, task.publisher)):
        if pair[0] is not None:
            found.append(Target(f"AUC, {said}", auc, pair[0], True))
        if pair[1] is not None:
            found.append(Target(f"log loss, {said}", loss, pair[1], False))
    return found
