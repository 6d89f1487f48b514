"""Writing TOML so that a person likes to read it."""

import json
import re
from collections.abc import Mapping


def quoted(value: str) -> str:
    """Return ``value`` as a TOML string."""
    return json.dumps(value, ensure_ascii=False)


def listed(values: tuple[str, ...]) -> str:
    """Return ``values`` as a TOML array of strings."""
    return "[" + ", ".join(quoted(value) for value in values) + "]"


def section(name: str, entries: Mapping[str, str]) -> str:
    """Return a section; the values are TOML already."""
    lines = [f"{_key(key)} = {value}" for key, value in entries.items()]
    return f"\n[{name}]\n" + "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)
