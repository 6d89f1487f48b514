"""Starter cards: what works on the first day for a kind of business, shipped as TOML."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import get_args

from features.catalog import Feature
from features.errors import NotReadyError, SettingsError
from features.scorecard_settings import Kind
from features.section import did_you_mean
from features.settings import Settings
from training.scorecard.card import Scorecard
from training.scorecard.loading import load, parse, require_features

KINDS: tuple[str, ...] = get_args(Kind)


def starter(kind: str, features: Sequence[Feature] | None = None) -> Scorecard:
    """Return the starter scorecard of a kind of business: ``saas``, ``retail``, ``subscription``.

    Parameters
    ----------
    features : sequence of Feature, optional
        Keep only what this company has; by default all of it.

    Raises
    ------
    SettingsError
        Where there is no such kind; a flat table has none, for its columns are its own.
    NotReadyError
        Where too few of its indicators exist to make a score.
    """
    text = starter_text(kind)
    whole = parse(text, f"starter {kind}")
    return whole if features is None else narrowed(whole, features)


@cache
def starter_text(kind: str) -> str:
    """Return the TOML of a starter, with its comments; errors as in `starter`."""
    if kind == "flat":
        raise SettingsError(
            f"a kind of business with a starter card ({', '.join(KINDS)})",
            "'flat': the columns of a flat table are its own, so no card can be ready for them",
            "Write scorecard.toml with your columns as features; docs/scorecard.md shows how.",
        )
    if kind not in KINDS:
        raise SettingsError(
            f"a kind of business with a starter card ({', '.join(KINDS)})",
            f"'{kind}'{did_you_mean(kind, KINDS)}",
            "Mend the kind.",
        )
    return (files("training.scorecard") / "starters" / f"{kind}.toml").read_text(encoding="utf-8")


def narrowed(scorecard: Scorecard, features: Sequence[Feature]) -> Scorecard:
    """Return the scorecard with only the indicators this company has, and the cards they make.

    Raises
    ------
    NotReadyError
        Where the card for everybody would have no indicator left.
    """
    known = {feature.name for feature in features if feature.kind == "number"}
    cards = []
    for card in scorecard.card:
        kept = tuple(i for i in card.indicator if i.feature in known)
        if any(i.weight > 0 for i in kept):
            cards.append(card.model_copy(update={"indicator": kept}))
    if not cards or cards[-1].when is not None:
        raise NotReadyError(
            f"at least one indicator of the card '{scorecard.card[-1].code}'",
            "none of its features among those of this company",
            "Write scorecard.toml with features of `kenshin features`.",
        )
    return scorecard.model_copy(update={"card": tuple(cards)})


def default_kind(settings: Settings) -> str:
    """Return the kind of starter the settings name, or the one their churn rule suggests."""
    if settings.scorecard.kind is not None:
        return settings.scorecard.kind
    return "retail" if settings.churn.source == "inactivity" else "saas"


def of_company(settings: Settings, features: Sequence[Feature]) -> Scorecard:
    """Return the company's scorecard: its file, else ``scorecard.toml``, else the starter card.

    Raises
    ------
    SettingsError
        Where the file cannot be used, or reads features that do not exist; for a flat table
        without a file.
    NotReadyError
        Where the starter card has no indicator here.
    """
    named = settings.scorecard.file
    path = settings.root / (named or "scorecard.toml")
    if named is None and not path.exists():
        return starter("flat" if settings.flat is not None else default_kind(settings), features)
    scorecard = load(path)
    require_features(scorecard, features)
    return scorecard
