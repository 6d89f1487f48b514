"""A scorecard as TOML: from its parts, or an existing text with other weights."""

import json
from typing import Any

from training.scorecard.card import Card, Indicator, Scorecard


def to_toml(scorecard: Scorecard) -> str:
    """Return the scorecard as TOML that reads back as the same; without any comments."""
    said = scorecard.model_dump(mode="json", exclude_none=True, exclude={"card"})
    lines = [f"{key} = {inline(value)}" for key, value in said.items()]
    for card in scorecard.card:
        lines += ["", "[[card]]", *_card(card)]
    return "\n".join(lines) + "\n"


def with_weights(text: str, scorecard: Scorecard) -> str:
    """Return the TOML ``text`` with the weights of ``scorecard``; comments and layout stay.

    Raises
    ------
    ValueError
        Where the text has other cards or indicators than the scorecard.
    """
    import tomlkit

    document = tomlkit.parse(text)
    written = [(card, i) for card in document["card"] for i in card["indicator"]]
    wanted = [(card, i) for card in scorecard.card for i in card.indicator]
    if len(written) != len(wanted):
        raise ValueError("the text is of another scorecard")
    for (_, there), (_, indicator) in zip(written, wanted, strict=True):
        if there["feature"] != indicator.feature:
            raise ValueError(f"the text is of another scorecard: '{there['feature']}'")
        if indicator.is_weighted and float(there["weight"]) != indicator.weight:
            there["weight"] = _number(indicator.weight)
    return tomlkit.dumps(document)


def quoted(value: str) -> str:
    """Return ``value`` as a TOML string."""
    return json.dumps(value, ensure_ascii=False)


def _card(card: Card) -> list[str]:
    said = card.model_dump(mode="json", exclude_none=True, exclude={"indicator"})
    if said["withhold_above_missing"] == Card.model_fields["withhold_above_missing"].default:
        del said["withhold_above_missing"]
    lines = [f"{key} = {inline(value)}" for key, value in said.items()]
    for indicator in card.indicator:
        lines += ["", "[[card.indicator]]", *_indicator(indicator)]
    return lines


def _indicator(indicator: Indicator) -> list[str]:
    said = indicator.model_dump(mode="json", exclude_none=True)
    for key in ("missing", "neutral") + (() if indicator.is_weighted else ("weight",)):
        if said.get(key) == Indicator.model_fields[key].default:
            del said[key]
    return [f"{key} = {inline(value)}" for key, value in said.items()]


def inline(value: Any) -> str:  # noqa: ANN401 (whatever JSON holds)
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(v) for v in value) + "]"
    return quoted(value) if isinstance(value, str) else str(_number(value))


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value
