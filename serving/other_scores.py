"""Anybody's score, read from a CSV file, whatever its columns, direction and words for bands."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from features.errors import KenshinError
from features.settings import Settings
from serving.other_words import BAND_WORDS, USUAL, iso, plain


class OtherScoresError(KenshinError):
    """A file of scores cannot be used as it is."""

    slug = "other-scores"
    title = "The file of scores cannot be used"


@dataclass(frozen=True)
class Reading:
    """How a file is to be read.

    Attributes
    ----------
    columns : dict of str to str
        ``account_id``, ``as_of``, ``score``, ``band``, ``probability`` → the file's column; what
        is absent is looked for by its usual names.
    words : dict of str to str
        The file's word for a band → red, yellow, green or no_data, beside the usual words.
    higher_is_better : bool or None
        None: as the cut-offs say.
    red_at, green_at : float or None
        Cut-offs on the file's own scale, both edges included.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    higher_is_better: bool | None = None
    red_at: float | None = None
    green_at: float | None = None


def read_scores(path: Path, settings: Settings, reading: Reading) -> pa.Table:
    """Return ``account_id``, ``as_of``, ``band``, ``health_score``, ``churn_probability``.

    A day without a time is that day's beginning in the company's zone. A score on which lower is
    better comes back with its sign turned, so that more is better for whoever compares.

    Raises
    ------
    OtherScoresError
        With file, column, row and value of the first thing that cannot be used.
    """
    return _Read(path, settings, reading).table()


class _Read:
    """One reading of one file."""

    def __init__(self, path: Path, settings: Settings, reading: Reading) -> None:
        self.path, self.settings, self.reading = path, settings, reading
        self.zone = ZoneInfo(settings.company.timezone)
        self.rows = csv.DictReader(io.StringIO(_text(path)), restval="")
        self.named = self._named()
        self.words = BAND_WORDS | {plain(w): b for w, b in reading.words.items()}

    def table(self) -> pa.Table:
        seen: dict[tuple[str, datetime], int] = {}
        found = []
        for row, given in self._given():
            one = self._row(row, given)
            key = (given["account_id"], self._instant(row, given["as_of"]))
            if key in seen:
                raise self._wrong(
                    "as_of", row, f"{one['account_id']} at {given['as_of']}",
                    "one score for each account and date",
                    f"Row {seen[key]} has it already; leave one of them.",
                )  # fmt: skip
            seen[key] = row
            found.append(one)
        if not found:
            raise OtherScoresError(
                f"scores in {self.path.name}", "no rows below the heading", "Export it again."
            )
        kinds = [("account_id", pa.string()), ("as_of", pa.timestamp("us")), ("band", pa.string()),
                 ("health_score", pa.float64()), ("churn_probability", pa.float64())]  # fmt: skip
        return pa.Table.from_pylist(found, schema=pa.schema(kinds))

    def _given(self) -> Iterator[tuple[int, dict[str, str]]]:
        for row, line in enumerate(self.rows, 2):  # as a spreadsheet counts: the heading is row 1
            given = {name: (line[column] or "").strip() for name, column in self.named.items()}
            if any(given.values()):
                yield row, given

    def _row(self, row: int, given: Mapping[str, str]) -> dict[str, object]:
        if not given["account_id"]:
            raise self._wrong("account_id", row, "", "an account id", "Fill it in or drop the row.")
        score = self._number("score", row, given.get("score", ""))
        p = self._number("probability", row, given.get("probability", ""))
        if p is not None and not 0 <= p <= 1:
            raise self._wrong("probability", row, given["probability"], "a number from 0 to 1",
                              "Divide per cents by 100.")  # fmt: skip
        turned = -1.0 if self._lower_is_better() else 1.0
        return {
            "account_id": given["account_id"],
            "as_of": self._instant(row, given["as_of"]),
            "band": self._band(row, given, score),
            "health_score": None if score is None else turned * score,
            "churn_probability": p,
        }

    def _named(self) -> dict[str, str]:
        """Return our name → column, for those the file has."""
        heads = [head for head in self.rows.fieldnames or [] if head]
        named: dict[str, str] = {}
        for name, usual in USUAL.items():
            asked = self.reading.columns.get(name)
            if asked is not None and asked not in heads:
                raise self._no_column(name, heads, f"no column '{asked}'")
            found = asked or next(
                (head for word in usual for head in heads if plain(head) == word), None
            )
            if found is not None:
                named[name] = found
        for name in ("account_id", "as_of"):
            if name not in named:
                raise self._no_column(name, heads, "none that is usual for it")
        if "score" not in named and "band" not in named:
            raise self._no_column("score", heads, "neither a score nor a band")
        self._check_cut_offs(named)
        return named

    def _no_column(self, name: str, heads: list[str], found: str) -> OtherScoresError:
        return OtherScoresError(
            f"a column for {name} in {self.path.name}",
            f"{found} (columns: {', '.join(heads) or 'none'})",
            f"Name it: --columns {name}=THEIR_COLUMN.",
        )

    def _check_cut_offs(self, named: Mapping[str, str]) -> None:
        red, green = self.reading.red_at, self.reading.green_at
        if (red is None) != (green is None):
            raise OtherScoresError(
                "both cut-offs", "one of --red-at and --green-at", "Give the other one too."
            )
        if red is not None and green is not None:
            if red == green:
                raise OtherScoresError(
                    "two different cut-offs", f"--red-at {red:g} --green-at {green:g}",
                    "Leave room for yellow between them.",
                )  # fmt: skip
            if self.reading.higher_is_better not in (None, green > red):
                raise OtherScoresError(
                    "cut-offs in the direction that was said",
                    f"--red-at {red:g} --green-at {green:g}",
                    "Swap them, or say the other of --higher-is-better and --lower-is-better.",
                )
        elif "band" not in named and self.reading.higher_is_better is not True:
            raise OtherScoresError(
                f"where '{named['score']}' is red and where green",
                "no band column, no cut-offs" + (
                    ", and lower is better" if self.reading.higher_is_better is False else ""
                ),
                "Give --red-at and --green-at on the file's own scale; or --higher-is-better for a "
                f"score from 0 to 100 with our cut-offs ({self.settings.bands.red:g} and "
                f"{self.settings.bands.green:g}).",
            )  # fmt: skip

    def _lower_is_better(self) -> bool:
        red, green = self.reading.red_at, self.reading.green_at
        if red is not None and green is not None:
            return green < red
        return self.reading.higher_is_better is False

    def _band(self, row: int, given: Mapping[str, str], score: float | None) -> str:
        if "band" in self.named and self.reading.red_at is None:
            word = plain(given["band"])
            if not word:
                return "no_data"
            if word not in self.words:
                raise self._wrong(
                    "band", row, given["band"], "a band (red, yellow, green, 赤, 要対応, Poor, …)",
                    f"Say what it means: --bands '{given['band']}=red'.",
                )  # fmt: skip
            return self.words[word]
        if score is None:
            return "no_data"
        return self._of_score(row, given, score)

    def _of_score(self, row: int, given: Mapping[str, str], score: float) -> str:
        bands = self.settings.bands
        red, green = self.reading.red_at, self.reading.green_at
        if red is None or green is None:
            red, green = bands.red, bands.green
            if not 0 <= score <= 100:
                raise self._wrong(
                    "score", row, given["score"], "a score from 0 to 100",
                    "Give --red-at and --green-at on the file's own scale.",
                )  # fmt: skip
        sign = 1.0 if green > red else -1.0
        if sign * score >= sign * green:
            return "green"
        return "red" if sign * score <= sign * red else "yellow"

    def _number(self, name: str, row: int, text: str) -> float | None:
        if not text or plain(text) in ("n/a", "na", "none", "null", "-", "–"):
            return None
        try:
            value = float(text.replace(",", ""))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self._wrong(name, row, text, "a number", "Mend the cell or leave it empty.")
        return value

    def _instant(self, row: int, text: str) -> datetime:
        try:
            day = datetime.fromisoformat(iso(text))
        except ValueError:
            raise self._wrong(
                "as_of", row, text, "a date like 2026-11-20", "Export dates as year-month-day."
            ) from None
        if day.tzinfo is None:
            day = day.replace(tzinfo=self.zone)
        return day.astimezone(UTC).replace(tzinfo=None)

    def _wrong(self, name: str, row: int, text: str, wanted: str, fix: str) -> OtherScoresError:
        return OtherScoresError(
            f"{wanted} in column '{self.named[name]}' of {self.path.name}",
            f"'{text}' in row {row}",
            fix,
        )


def _text(path: Path) -> str:
    """Return the file's text: UTF-8, else Shift-JIS as Excel writes it in Japan.

    Raises
    ------
    OtherScoresError
        Where there is no such file, or it is neither.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OtherScoresError(
            "a CSV file that can be read", f"{path}: {error.strerror}", "Name another file."
        ) from None
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise OtherScoresError(
        "a CSV file in UTF-8 or Shift-JIS", f"{path} in another encoding", "Save it as UTF-8."
    )
