"""Reading a scorecard, and saying what is wrong with it: file, card, indicator, key, value."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from features.catalog import Feature
from features.errors import SettingsError
from features.section import did_you_mean
from features.settings import Bands
from training.scorecard.card import Card, ChurnRule, CutOffs, Indicator, Scorecard, When
from training.scorecard.rules import Bonus, Decay, Line, Step, Veto, Words
from training.scorecard.segments import require_apart

_INSIDE: dict[str, type[BaseModel]] = {
    "card": Card,
    "indicator": Indicator,
    "when": When,
    "steps": Step,
    "line": Line,
    "bounded": Line,
    "decay": Decay,
    "bonus": Bonus,
    "veto": Veto,
    "cut_offs": CutOffs,
    "bands": Bands,
    "title": Words,
    "success": Words,
    "reason": Words,
    "churn": ChurnRule,
}


def load(path: Path) -> Scorecard:
    """Return the scorecard written in the TOML file ``path``.

    Raises
    ------
    SettingsError
        Where the file is absent, is no TOML in UTF-8, has an unknown key or a value outside its
        range; with the card, the indicator, the key and the value. Where hand-overs overlap.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(
            "a scorecard in UTF-8", f"{path} in another encoding", "Save it as UTF-8."
        ) from None
    except OSError as error:
        raise SettingsError(
            "a scorecard",
            f"{path}: {error.strerror}",
            "Run `kenshin scorecard init` to write one, or name another file.",
        ) from None
    return parse(text, path.name)


def parse(text: str, name: str = "scorecard.toml") -> Scorecard:
    """Return the scorecard written as TOML in ``text``; ``name`` is what errors call it.

    Raises
    ------
    SettingsError
        As in `load`.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("a TOML file", f"{name}: {error}", "Mend that line.") from None
    try:
        made = Scorecard.model_validate(given)
    except ValidationError as error:
        raise _explained(name, dict(error.errors(include_url=False)[0]), given) from None
    require_apart(made)
    return made


def require_features(scorecard: Scorecard, features: Sequence[Feature]) -> None:
    """Refuse a scorecard that reads what this company does not have.

    Raises
    ------
    SettingsError
        Where an indicator's feature does not exist, or is a text.
    """
    kinds = {feature.name: feature.kind for feature in features}
    for card in scorecard.card:
        for indicator in card.indicator:
            place = f"card '{card.code}', indicator '{indicator.name}', feature = "
            if indicator.feature not in kinds:
                raise SettingsError(
                    "features that this company has",
                    f"{place}'{indicator.feature}'{_near(indicator.feature, list(kinds))}",
                    "`kenshin features` lists them; mend the name or remove the indicator.",
                )
            if kinds[indicator.feature] == "category":
                raise SettingsError(
                    "numbers as indicators",
                    f"{place}'{indicator.feature}', which is a text",
                    "Make cards with `when` for its values instead.",
                )


def _near(name: str, known: list[str]) -> str:
    hint = did_you_mean(name, known)
    return hint if hint.startswith(" (did") else ""


def _explained(name: str, error: dict[str, Any], given: Mapping[str, Any]) -> SettingsError:
    """Turn pydantic's first complaint into our sentence."""
    loc = [part for part in error["loc"] if part != "function-after"]
    if error["type"] == "extra_forbidden":
        model = next((_INSIDE[p] for p in reversed(loc[:-1]) if p in _INSIDE), Scorecard)
        hint = did_you_mean(str(loc[-1]), list(model.model_fields))
        return SettingsError(
            f"only known keys in {name}", f"{_place(loc, given)}{hint}", "Mend or remove the key."
        )
    found = error.get("input")
    shown = "" if isinstance(found, dict | list) or found is None else f" = {found!r}"
    why = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "model_type":
        fields = next((_INSIDE[p] for p in reversed(loc) if p in _INSIDE), Scorecard).model_fields
        why = f"write it as a table with {', '.join(fields)}: {{ key = value, … }}"
    why = f"{why[:1].upper()}{why[1:]}."
    return SettingsError(f"a valid scorecard in {name}", f"{_place(loc, given)}{shown}", why)


def _place(loc: Sequence[Any], given: Mapping[str, Any]) -> str:
    """Return where ``loc`` is, in the names that the file itself gives."""
    said, keys, here = [], [], given
    for part in loc:
        here = _within(here, part)
        if not isinstance(part, int):
            keys.append(str(part))
        elif keys and keys[-1] in ("card", "indicator"):
            called = here if isinstance(here, dict) else {}
            code = called.get("code") or called.get("feature") or f"number {part + 1}"
            said.append(f"{keys.pop()} '{code}'")
        elif keys:
            keys[-1] += f" {part + 1}"
    return ", ".join([*said, *([".".join(keys)] if keys else [])]) or "the file"


def _within(here: Any, part: Any) -> Any:  # noqa: ANN401 (whatever TOML holds)
    try:
        return here[part]
    except (KeyError, IndexError, TypeError):
        return {}
