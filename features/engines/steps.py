"""What a build has DuckDB do, as data: what was written once is done again in another run."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Literal
from uuid import uuid4

from features.recipe import Recipe

Do = Literal["table", "part", "view", "drop", "say", "ask", "fork"]
_NAME = re.compile(r"kenshin_[a-z]+_[0-9a-f]{32}")


def fresh(kind: str) -> str:
    """Return a name for a table that nothing else has."""
    return f"kenshin_{kind}_{uuid4().hex}"


@dataclass(frozen=True)
class Step:
    """One thing that a build has done, in the order of the queue of `keeping`.

    Attributes
    ----------
    do : str
        ``table``: compute ``text`` into the table ``name``. ``part``: the same for every range of
        instants, see `ranges`. ``view``: let ``name`` show the range of the table ``text`` by the
        column ``of``. ``drop``: drop the table ``name``. ``say``: let the variable ``name`` be the
        ``of``, the first or the last cut-off. ``ask``: read ``text``, the answer to ``of``.
        ``fork``: what follows depends on the shape of the answer to ``of``.
    given : tuple of (str, Recipe)
        Tables that are created before, and how.
    """

    do: Do
    name: str = ""
    text: str = ""
    of: str = ""
    given: tuple[tuple[str, Recipe], ...] = ()


def written(steps: Sequence[Step]) -> str:
    """Return the steps as text."""
    return json.dumps([asdict(step) for step in steps], ensure_ascii=False)


def read(text: str, names: dict[str, str]) -> list[Step]:
    """Return the steps of `written` with names that nothing else has.

    Parameters
    ----------
    names : dict of str to str
        The name that each has here; what is new is entered.

    Raises
    ------
    ValueError, KeyError, TypeError
        Where the text is none of `written`.
    """
    return [_step(said) for said in json.loads(renamed(text, names))]


def renamed(text: str, names: dict[str, str]) -> str:
    """Return the text with names that nothing else has; what is new is entered in ``names``."""
    return _NAME.sub(lambda found: _called(found.group(), names), text)


def _called(name: str, names: dict[str, str]) -> str:
    return names.setdefault(name, fresh(name.split("_")[1]))


def _step(said: Any) -> Step:  # noqa: ANN401 - whatever the text holds
    given = tuple((name, Recipe(**recipe)) for name, recipe in dict(said)["given"])
    return Step(**said | {"given": given})


def strangers(steps: Iterable[Step]) -> set[str]:
    """Return the tables and variables that queries name where no step before has made them."""
    there: set[str] = set()
    found: set[str] = set()
    for step in steps:
        there |= {name for name, _ in step.given}
        found |= set(_NAME.findall(step.text)) - there
        if step.do == "drop":
            there.discard(step.name)
        else:
            there.add(step.name)
    return found


class Recording:
    """The steps of one build, parted where what follows depends on what was read.

    Attributes
    ----------
    parts : dict of tuple of int to list of Step
        By the shapes of the answers so far.
    given_whole : bool
        False once rows were given that no recipe makes.
    """

    def __init__(self) -> None:
        self.parts: dict[tuple[int, ...], list[Step]] = {(): []}
        self.given_whole = True
        self._shapes: tuple[int, ...] = ()

    def note(self, step: Step) -> None:
        """Add a step."""
        self.parts[self._shapes].append(step)

    @property
    def whole(self) -> bool:
        """Whether the steps are all there is to it: nothing is read that none of them makes."""
        return self.given_whole and not strangers(chain.from_iterable(self.parts.values()))

    def fork(self, of: str, shape: int) -> None:
        """Note that what follows depends on the shape of the answer to ``of``."""
        self.note(Step("fork", of=of))
        self._shapes += (shape,)
        self.parts[self._shapes] = []
