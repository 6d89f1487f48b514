"""The four steps of a scorecard on the command line."""

import typer

from serving.commands.scorecard import checking, learning, proposing, scoring


def register(app: typer.Typer) -> None:
    """Add ``scorecard init``, ``check``, ``score`` and ``learn`` to ``app``."""
    group = typer.Typer(
        help="The rule-based health score: propose, check, score, learn weights.",
        no_args_is_help=True,
    )
    group.command("init")(proposing.init)
    group.command("check")(checking.check)
    group.command("score")(scoring.score)
    group.command("learn")(learning.learn)
    app.add_typer(group, name="scorecard")
