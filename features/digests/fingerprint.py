"""What the stored events depend on, in one name: equal names, and they can be read as they are."""

import json
from hashlib import sha256
from pathlib import Path

import duckdb

from features.digests.digesting import Meaning
from features.settings import Settings, Source

_CODE = (
    "digests",
    "checks/rules.py",
    "checks/upstream/sampling.py",
    "sources/columns.py",
    "sources/typed.py",
    "usage.py",
    "windows.py",
    "tables.py",
)


def meaning_of(settings: Settings) -> Meaning:
    """Return what the sums mean under these settings."""
    from features import spells
    from features.catalogue.existing import everything

    leaves = (leaf for d in everything(settings) for leaf in d.measure.leaves())
    named = {leaf.column[2:] for leaf in leaves if leaf.view == "days" and leaf.column[1:2] == ":"}
    return Meaning(spells.activity_names(settings), tuple(sorted(named)))


def fingerprint(settings: Settings, source: Source, meaning: Meaning) -> str:
    """Return a name of the mapping, the meaning, the code and the engine."""
    said = source.model_dump(mode="json", exclude={"file"})
    zone = settings.company.timezone
    return named([said, zone, meaning.activity, meaning.named, _code(), duckdb.__version__])


def _code() -> str:
    """Return a hash of the code that decides what is stored."""
    root = Path(__file__).parent.parent
    digest = sha256()
    for place in _CODE:
        for file in sorted((root / place).glob("*.py")) or [root / place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def named(said: object) -> str:
    """Return 16 hexadecimal digits for a JSON document."""
    return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]
