"""An answer of each operation, as the documentation shows it."""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("examples.json")
"""Operation → a real answer, cut short."""


def show_examples(document: dict[str, Any]) -> None:
    """Add to each operation of an OpenAPI ``document`` an example of its answer."""
    known = json.loads(FILE.read_text(encoding="utf-8"))
    for operations in document["paths"].values():
        for operation in operations.values():
            example = known.get(operation["operationId"])
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get("application/json")
                if status < "300" and content is not None and example is not None:
                    content["example"] = example
