"""``kenshin openapi``: the description of the API, for generators of clients."""

import json
from typing import Any

import typer


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(openapi)


def openapi() -> None:
    """Print the OpenAPI 3.1 document of the API; docs/openapi.json is what this prints.

    It is the same for every company and needs neither settings nor a model.
    """
    from serving.lean import import_lightgbm

    import_lightgbm()
    from serving.app import described

    typer.echo(text(described()))


def text(document: dict[str, Any]) -> str:
    """Return the document as it is committed: one line per value, so that a diff can be read."""
    return json.dumps(document, ensure_ascii=False, indent=1)
