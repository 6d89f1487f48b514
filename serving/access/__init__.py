"""Who may: API keys with scopes, sessions of people on the pages, and the gate in front."""

from serving.access.caller import LOCAL, SCOPES, Caller
from serving.access.callers import Callers
from serving.access.gate import Access

__all__ = ["LOCAL", "SCOPES", "Access", "Caller", "Callers"]
