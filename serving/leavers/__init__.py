"""What leavers had not done, as it is told: over HTTP and as CSV."""
