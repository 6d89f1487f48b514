"""Facts about accounts in, point-in-time snapshots out."""
