"""Is the input still the input? One verdict, in seconds, against the champion's reference."""
