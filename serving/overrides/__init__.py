"""What a person holds against a score: a band, why, and until when; never instead of the score."""
