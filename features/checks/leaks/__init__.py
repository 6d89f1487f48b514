"""Whether a company's features and columns know the future: tried on its own rows."""

from features.checks.leaks.audit import audit
from features.checks.leaks.report import Leak, LeakReport, columns_only

__all__ = ["Leak", "LeakReport", "audit", "columns_only"]
