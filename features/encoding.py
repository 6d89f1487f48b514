"""What a text file is written in: a look before it is read, and UTF-8 made of what is not."""

import codecs
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from features.errors import TableError

_LOOKED_AT = 1 << 20
_COMPRESSED = (".gz", ".zst")
_JAPANESE = ("cp932", "euc_jp")
_BINARY_SHARE = 0.01
_WORD = re.compile("[\u3041-\u30ff\u4e00-\u9fff]{2,}")


class EncodingError(TableError):
    """A file is not in UTF-8; ``encoding`` is what it seems to be in, where that can be told."""

    def __init__(self, expected: str, found: str, fix: str, encoding: str | None = None) -> None:
        super().__init__(expected, found, fix)
        self.encoding = encoding


def _known(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
        found.incrementaldecoder().decode(b"")
    except (LookupError, AttributeError, TypeError):
        raise ValueError(f"unknown encoding '{encoding}' (cp932 is Shift-JIS)") from None
    if not isinstance(found.incrementaldecoder().decode(b""), str):
        raise ValueError(f"'{encoding}' is no encoding of text")
    return found.name


Encoding = Annotated[str, AfterValidator(_known)]
"""A name that Python knows, such as ``cp932`` (Shift-JIS as Windows writes it)."""


def in_utf8(path: Path, encoding: str | None, cache: Path) -> Path:
    """Return a file with the text of ``path`` in UTF-8: itself, or a copy under ``cache``.

    Bytes that are no text in ``encoding`` stay as they are, so that their lines are kept out and
    counted like any other line that cannot be read.

    Raises
    ------
    EncodingError
        Where no encoding is named and the file is plainly in another one, or is no text.
    """
    if encoding is None or encoding == "utf-8":
        if not path.name.lower().endswith(_COMPRESSED):
            _look(path)
        return path
    state = path.stat()
    identity = f"{path.resolve()}|{state.st_mtime_ns}|{state.st_size}|{encoding}"
    folder = cache / "decoded" / hashlib.sha256(identity.encode()).hexdigest()[:16]
    target = folder / path.name
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    with (
        path.open(encoding=encoding, errors="surrogateescape", newline="") as given,
        partial.open("w", encoding="utf-8", errors="surrogateescape", newline="") as plain,
    ):
        shutil.copyfileobj(given, plain, _LOOKED_AT)
    partial.replace(target)
    return target


def _look(path: Path) -> None:
    with path.open("rb") as file:
        sample = file.read(_LOOKED_AT)
    if not sample:
        raise EncodingError("a file with a header", f"{path} is empty (0 bytes)", "Export it anew.")
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _other(path, "utf-16")
    if sample.count(0) > _BINARY_SHARE * len(sample):
        raise EncodingError(
            "a CSV or Parquet file",
            f"{path} holds bytes that are no text",
            "Export the table as CSV or Parquet, and name a Parquet file *.parquet.",
        )
    if _decoded(sample, "utf-8") is None:
        japanese = {name: _japanese(_decoded(sample, name)) for name in _JAPANESE}
        likely = max(japanese, key=lambda name: japanese[name])
        if japanese[likely] >= 2:
            raise _other(path, likely)
        if _decoded(sample.split(b"\n", 1)[0], "utf-8") is None:
            raise EncodingError(
                "a file in UTF-8",
                f"{path} with a header in another encoding",
                'Name it where the file is named: encoding = "cp932" (Shift-JIS) or "latin-1".',
            )


def _other(path: Path, encoding: str) -> EncodingError:
    called = {"cp932": "Shift-JIS", "euc_jp": "EUC-JP", "utf-16": "UTF-16"}[encoding]
    return EncodingError(
        "a file in UTF-8",
        f"{path} in {called}",
        f'Add encoding = "{encoding}" below its `file`.',
        encoding,
    )


def _decoded(sample: bytes, encoding: str) -> str | None:
    """Return the text, or None where it is in another encoding; a cut last character is none."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return None


def _japanese(text: str | None) -> int:
    """Return how many characters stand in Japanese words, less the half-width ones.

    Letters with accents in a Latin encoding look like a Chinese character each, never like two in a
    row; EUC-JP read as Shift-JIS is full of half-width letters.
    """
    if text is None:
        return -1
    full = sum(map(len, _WORD.findall(text)))
    return full - 2 * sum("\uff61" <= c <= "\uff9f" for c in text)
