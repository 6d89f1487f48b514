"""Overrides in words: beside the score, in the list, and in the log of an account."""

from typing import Any

from serving.access.caller import LOCAL
from serving.overrides.override import BANDS
from serving.pages.override import Overrides
from serving.pages.reader import Reader
from serving.store.scores import StoredRow

Context = dict[str, Any]


def mark(held: StoredRow, reader: Reader) -> str:
    """Return what the list says under the model's band."""
    return reader.say(
        "A person holds: %(band)s, until %(day)s",
        band=reader.band(held["band"]),
        day=reader.numbers.full_date(held["until"]),
    )


def context(overrides: Overrides, model_band: str, reader: Reader) -> Context:
    """Return what the account page writes of overrides."""
    held = overrides.held
    return {
        "override": None if held is None else _held(held, overrides, reader),
        "overrides_before": [_before(row, overrides, reader) for row in overrides.before],
        "override_bands": [(band, reader.band(band)) for band in BANDS if band != model_band],
        "override_days": (overrides.today.isoformat(), overrides.last.isoformat()),
    }


def _held(held: StoredRow, overrides: Overrides, reader: Reader) -> Context:
    said = reader.say(
        "%(by)s, from %(start)s until %(end)s",
        by=_who(held, overrides, reader),
        start=reader.numbers.full_date(held["at"]),
        end=reader.numbers.full_date(held["until"]),
    )
    return {"band": held["band"], "reason": held["reason"], "said": said}


def _before(row: StoredRow, overrides: Overrides, reader: Reader) -> Context:
    """Return one that is no more: run out by itself, or ended before its day."""
    by, start = _who(row, overrides, reader), reader.numbers.full_date(row["at"])
    if row["ended_at"] is None:
        end = reader.numbers.full_date(row["until"])
        said = reader.say("%(by)s, from %(start)s, ended on %(end)s", by=by, start=start, end=end)
    else:
        end = reader.numbers.full_date(row["ended_at"])
        said = reader.say(
            "%(by)s, from %(start)s, taken back on %(end)s", by=by, start=start, end=end
        )
    return {"band": row["band"], "reason": row["reason"], "said": said}


def _who(row: StoredRow, overrides: Overrides, reader: Reader) -> str:
    """Return who said it: what their key is called."""
    return who(overrides.names.get(row["by"], str(row["by"])), reader)


def who(by: str | None, reader: Reader) -> str:
    """Return who said something; nothing where that was not kept."""
    return reader.say("Somebody without a key") if by == LOCAL.name else by or ""
