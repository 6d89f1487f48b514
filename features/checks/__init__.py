"""What can be wrong with a company's tables, and the report that says so."""

from features.checks.violations import CheckReport, Severity, Violation

__all__ = ["CheckReport", "Severity", "Violation"]
