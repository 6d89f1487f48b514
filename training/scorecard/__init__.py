"""Rule-based health scores: cards as plain text, points that add up, from the first day on."""

from training.scorecard.card import Card, Indicator, Scorecard
from training.scorecard.diff import Change, diff
from training.scorecard.history import History, history
from training.scorecard.judgement import Past, gain, judged, level
from training.scorecard.learning import PRIOR_STRENGTH, learn
from training.scorecard.likelihood import margin, probability
from training.scorecard.loading import load, parse, require_features
from training.scorecard.proposal import proposal
from training.scorecard.remarks import Remark, remarks
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
from training.scorecard.words import sentence, withheld_sentence
from training.scorecard.writing import to_toml, with_weights

__all__ = [
    "ADJUSTMENTS",
    "KINDS",
    "PRIOR_STRENGTH",
    "Card",
    "Change",
    "History",
    "Indicator",
    "Past",
    "Remark",
    "Scorecard",
    "Scored",
    "coverage",
    "default_kind",
    "diff",
    "gain",
    "history",
    "judged",
    "learn",
    "level",
    "load",
    "margin",
    "narrowed",
    "of_company",
    "parse",
    "probability",
    "proposal",
    "remarks",
    "require_features",
    "score",
    "sentence",
    "starter",
    "starter_text",
    "to_toml",
    "with_weights",
    "withheld_sentence",
]
