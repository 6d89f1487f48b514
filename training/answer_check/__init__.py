"""The answer check (答え合わせ): were leavers red before they left, and what became of the reds."""

from training.answer_check.beside import beside
from training.answer_check.report import BANDS, answer_check
from training.answer_check.rules import WEEKS, Rules
from training.answer_check.timelines import Timelines, timelines

__all__ = ["BANDS", "WEEKS", "Rules", "Timelines", "answer_check", "beside", "timelines"]
