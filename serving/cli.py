"""The ``kenshin`` command: reads settings, calls one noun's function, prints what it returned.

Only the module of the command that is asked for is imported: with all of them, each would wait a
tenth of a second longer for what the others need. ``app`` is all of them.
"""

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NoReturn

# Set before anything heavy is imported; nothing may report home or fetch anything.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")
os.environ.setdefault("MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK", "true")

import typer

from features.collector import uncollected
from features.errors import KenshinError
from serving.leaving import leave

COMMANDS: tuple[str, ...] = (
    "demo",
    "init",
    "check",
    "features",
    "simulate",
    "snapshot",
    "train",
    "models",
    "promote",
    "rollback",
    "score",
    "explain",
    "reproduce",
    "answer_check",
    "leavers",
    "replay",
    "changes",
    "effect",
    "scorecard",
    "drift",
    "serve",
    "openapi",
    "keys",
    "audit",
    "subject",
    "backup",
    "status",
)
"""Modules of `serving.commands`, in the order in which the help lists them."""


def built(commands: Iterable[str]) -> typer.Typer:
    """Return the command line with those of `COMMANDS`."""
    app = typer.Typer(
        name="kenshin",
        help="Which customers are about to leave, why, and what to do.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_of_many)
    with uncollected():
        for name in commands:
            import_module(f"serving.commands.{name}").register(app)
    return app


def _of_many() -> None:
    # Without a callback, Typer would not ask for the name of a command that is the only one.
    pass


def __getattr__(name: str) -> typer.Typer:
    """Return ``app``, the command line with all commands, built when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    app = globals()["app"] = built(COMMANDS)
    return app


def asked(arguments: Sequence[str]) -> Sequence[str]:
    """Return the commands that the arguments can be for: one by its name, all without it.

    >>> asked(["answer-check", "--json"])
    ['answer_check']
    >>> asked(["--help"]) == asked(["restore"]) == COMMANDS
    True
    """
    module = arguments[0].replace("-", "_") if arguments and "_" not in arguments[0] else ""
    return [module] if module in COMMANDS else COMMANDS


NOT_OURS = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EEXIST,
    errno.ENOTDIR,
    errno.EISDIR,
}
"""What the system says where rights, space or a file in the way of a folder are to blame."""


def main() -> NoReturn:
    """Run the command line as a process of its own."""
    try:
        command_line()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            raise
        leave(ended.code or 0)
    leave(0)


def command_line() -> None:
    """Run the command line; every refusal is one sentence and an exit code."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        built(asked(sys.argv[1:]))()
    except KenshinError as error:
        if debug:
            raise
        sys.stderr.write(f"kenshin: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("kenshin: stopped\n")
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and error.errno in NOT_OURS:
            sys.stderr.write(
                "kenshin: Expected files and folders that can be read and written; found "
                f"{error.filename or 'a disk'}: {error.strerror}. Check rights and free space.\n"
            )
            sys.exit(2)
        sys.stderr.write(
            f"kenshin: our own fault: {type(error).__name__}: {error}. "
            "Run it again with --debug for the whole story, and please report it.\n"
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
