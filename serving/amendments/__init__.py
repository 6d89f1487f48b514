"""Every change of what health means: version, who, why, and what a replay measured of it."""
