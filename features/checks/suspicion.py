"""Why a column is thought to know the future."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suspicion:
    """Why a column is thought to know the future.

    Attributes
    ----------
    code, title : str
    rows : int
        How many rows show it.
    example : str
        A value of the column.
    phrase : str
        Completes "accounts.status knows the future: it …".
    """

    code: str
    title: str
    rows: int
    example: str
    phrase: str
