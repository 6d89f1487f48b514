"""``kenshin scorecard``: the rule-based health score, from a first proposal to learned weights."""

from serving.commands.scorecard.register import register

__all__ = ["register"]
