"""Snapshots and labels in, a calibrated and explained model bundle out."""
