"""MLflow's scoring protocol: its clients and those of platforms built on it work unchanged."""
