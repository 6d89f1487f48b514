"""Another definition on the same history: what would have been said, beside what was."""
