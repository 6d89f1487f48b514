"""What is different between two scorecards, said so that a person can say yes or no."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.scorecard.card import Card, Scorecard


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes
    ----------
    card : str
        Code of the card; empty for the file as a whole.
    indicator : str
        Code of the indicator; empty for the card as a whole.
    key : str
        What changed. ``weight`` is compared as points of 100, whatever the weights sum to;
        ``order`` is the order of the cards.
    before, after : object
        None where there is nothing on that side.
    """

    card: str
    indicator: str
    key: str
    before: object
    after: object

    def json(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """Return it as a line for people."""
        place = " ".join(part for part in (self.card, self.indicator, self.key) if part)
        if self.key == "weight" and isinstance(self.before, float | int):
            after = self.after if isinstance(self.after, float | int) else 0.0
            step = float(after) - float(self.before)
            return f"{place}: {_said(self.before)} → {_said(after)} of 100 ({step:+.3g})"
        return f"{place}: {_said(self.before)} → {_said(self.after)}"


def diff(old: Scorecard, new: Scorecard) -> tuple[Change, ...]:
    """Return every difference between two scorecards, in the order of the old file.

    Titles and texts count; comments and layout do not. Two scorecards of one version have none.
    """
    changes = _keys("", "", _plain(old, {"card"}), _plain(new, {"card"}))
    before, after = [c.code for c in old.card], [c.code for c in new.card]
    if before != after:
        changes.append(Change("", "", "order", before, after))
    olds, news = ({c.code: c for c in s.card} for s in (old, new))
    for code in dict.fromkeys([*before, *after]):
        changes += _of_card(code, olds.get(code), news.get(code))
    return tuple(changes)


def _of_card(code: str, old: Card | None, new: Card | None) -> list[Change]:
    if old is None or new is None:
        present = new if old is None else old
        assert present is not None, "one of them has the code"
        said = ", ".join(i.name for i in present.indicator)
        return [
            Change(code, "", "card", None if old is None else said, said if old is None else None)
        ]
    changes = _keys(code, "", _plain(old, {"indicator"}), _plain(new, {"indicator"}))
    olds, news = _indicators(old), _indicators(new)
    for name in dict.fromkeys([*olds, *news]):
        changes += _keys(code, name, olds.get(name, {}), news.get(name, {}))
    return changes


def _indicators(card: Card) -> dict[str, dict[str, Any]]:
    """Return every indicator's keys, its weight as points of 100."""
    found = {}
    for indicator in card.indicator:
        said = indicator.model_dump(mode="json", exclude_none=True, exclude={"weight", "code"})
        if indicator.is_weighted:
            said = {"weight": round(card.shares_of_100[indicator.name], 9)} | said
        found[indicator.name] = said
    return found


def _plain(model: Scorecard | Card, without: set[str]) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_none=True, exclude=without)


def _keys(
    card: str, indicator: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[Change]:
    return [
        Change(card, indicator, key, old.get(key), new.get(key))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]


def _said(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_said(v)}" for key, v in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_said(v) for v in value) + "]"
    return str(value)
