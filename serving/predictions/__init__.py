"""Predictions on request: for a known account, for given features, or for what would be."""
