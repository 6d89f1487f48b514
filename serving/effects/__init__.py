"""What became of churn and health after a process was changed, beside those it did not concern."""
