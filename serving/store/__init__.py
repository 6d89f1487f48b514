"""The score store."""
