"""Overrides in words: beside the score, in the list, and in the log of an account."""

from typing import Any

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
        day=held["until"].isoformat(),
    )


def context(overrides: Overrides, model_band: str, reader: Reader) -> Context:
    """Return what the account page writes of overrides."""
    held = overrides.held
    return {
        "override": None if held is None else _held(held, reader),
        "overrides_before": [_before(row, reader) for row in overrides.before],
        "override_bands": [(band, reader.band(band)) for band in BANDS if band != model_band],
        "override_days": (overrides.today.isoformat(), overrides.last.isoformat()),
    }


def _held(held: StoredRow, reader: Reader) -> Context:
    return {
        "title": reader.say("A person holds:"),
        "band": held["band"],
        "reason": held["reason"],
        "until": reader.say("until %(day)s", day=held["until"].isoformat()),
        "since": held["at"].strftime("%Y-%m-%d"),
        "by": held["by"],
    }


def _before(row: StoredRow, reader: Reader) -> Context:
    """Return one that is no more: run out by itself, or ended before its day."""
    start = row["at"].strftime("%Y-%m-%d")
    if row["ended_at"] is None:
        end = row["until"].isoformat()
        said = reader.say("Held from %(start)s to %(end)s", start=start, end=end)
    else:
        end = row["ended_at"].strftime("%Y-%m-%d")
        said = reader.say("Held from %(start)s, taken back on %(end)s", start=start, end=end)
    return {"band": row["band"], "reason": row["reason"], "said": said}
