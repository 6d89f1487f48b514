"""Scores, reasons and pages for people and tools."""
