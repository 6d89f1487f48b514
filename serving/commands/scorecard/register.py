"""The four steps of a scorecard on the command line."""

import typer

from serving.commands.scorecard.checking import check
from serving.commands.scorecard.learning import learn
from serving.commands.scorecard.proposing import init
from serving.commands.scorecard.scoring import score


def register(app: typer.Typer) -> None:
    """Add ``scorecard init``, ``check``, ``score`` and ``learn`` to ``app``."""
    group = typer.Typer(
        help="The rule-based health score: propose, check, score, learn weights.",
        no_args_is_help=True,
    )
    group.command("init")(init)
    group.command("check")(check)
    group.command("score")(score)
    group.command("learn")(learn)
    app.add_typer(group, name="scorecard")
