"""A query that Kenshin wrote and an engine refuses."""


class QueryError(RuntimeError):
    """Our own fault, whatever the tables hold: no `KenshinError`, so commands end with 1."""
