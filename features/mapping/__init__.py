"""Proposing a settings file from the files a company has."""

from features.mapping.propose import Proposal, proposal, propose

__all__ = ["Proposal", "proposal", "propose"]
