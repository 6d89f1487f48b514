"""Rule-based health scores: cards as plain text, points that add up, from the first day on."""

from training.scorecard.card import Card, Indicator, Scorecard
from training.scorecard.likelihood import margin, probability
from training.scorecard.loading import load, parse, require_features
from training.scorecard.scoring import ADJUSTMENTS, Scored, score
from training.scorecard.segments import coverage
from training.scorecard.starter import (
    KINDS,
    default_kind,
    narrowed,
    of_company,
    starter,
    starter_text,
)

__all__ = [
    "ADJUSTMENTS",
    "KINDS",
    "Card",
    "Indicator",
    "Scorecard",
    "Scored",
    "coverage",
    "default_kind",
    "load",
    "margin",
    "narrowed",
    "of_company",
    "parse",
    "probability",
    "require_features",
    "score",
    "starter",
    "starter_text",
]
