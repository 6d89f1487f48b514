"""Human opinion beside the score: a separate input that trains nothing and is judged like it."""
