"""What a misspelt name may have meant."""

import difflib

SURELY = 0.7
"""From here on one short name is meant by another: sort is no cursor, bnad is band."""

MOST = 40
"""Known names that are told at most."""


def did_you_mean(name: str, known: tuple[str, ...], resembles: float = 0.6) -> str:
    """Return a sentence that names the nearest of ``known``, or all when few.

    Parameters
    ----------
    resembles : float
        From 0 to 1: how alike two names have to be.
    """
    close = difflib.get_close_matches(name, known, n=3, cutoff=resembles)
    if close:
        return "unknown name; did you mean " + " or ".join(f"'{one}'" for one in close) + "?"
    if not known:
        return "this address takes no parameters"
    return "unknown name; known: " + ", ".join(known[:MOST])
