"""The whole list as a file: CSV for spreadsheets, Parquet for warehouses."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from features.arrow import pa
from features.catalog import Language
from features.clock import utc_now
from serving.accounts import filters, listing, lookup
from serving.accounts.filters import QuestionOf
from serving.accounts.flat import COLUMNS, Export, Flat, schema
from serving.dependencies import ChampionOf, EngineOf, KnownQuery, SettingsOf, usable_model
from serving.etag import TAGGED, unchanged
from serving.instant import rfc3339
from serving.overrides import kept as overrides
from serving.problems import documented
from serving.spreadsheet import Cell, csv_parts


class CsvResponse(StreamingResponse):
    """A CSV in parts."""

    media_type = "text/csv"


class ParquetResponse(StreamingResponse):
    """A Parquet file in parts."""

    media_type = "application/vnd.apache.parquet"


def _file(media_type: str, schema: dict[str, str], what: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of a file."""
    named = {"Content-Disposition": {"description": "A file name with the date of the scores.",
                                     "schema": {"type": "string"}}}  # fmt: skip
    return {
        **TAGGED,
        200: {
            "description": what,
            "content": {media_type: {"schema": schema}},
            "headers": {**TAGGED[200]["headers"], **named},
        },
    }


_BYTES = {"type": "string", "format": "binary"}
_CSV = _file("text/csv", _BYTES, "RFC 4180 in UTF-8 with a byte order mark.")
_PARQUET = _file(
    "application/vnd.apache.parquet",
    _BYTES,
    "One row per account; instants with their zone, UTC.",
)

LanguageAsked = Annotated[
    Language | None, Query(description="Of reasons and action; default: the company's.")
]


class Wanted:
    """What both exports share: run, filters and language, and whether the caller has it already."""

    def __init__(
        self,
        request: Request,
        response: Response,
        question: QuestionOf,
        engine: EngineOf,
        champion: ChampionOf,
        settings: SettingsOf,
        lang: LanguageAsked = None,
    ) -> None:
        run = lookup.latest_run(engine)
        language = lang or settings.company.language
        with engine.connect() as connection:
            before = listing.week_before(connection, run)
            compared = before["run_id"] if before else "none"
            now = utc_now()
            mark = overrides.mark(connection, now)
            self.same = unchanged(request, response, run["run_id"], compared, language, mark)
            ids = listing.in_order(connection, run, before, question) if self.same is None else []
            held = overrides.all_in_force(connection, now) if self.same is None else {}
        bundle = champion.bundle_of(run["model_version"])
        self.batches = Export(engine, run, before, bundle, settings, language, held).batches(ids)
        self.headers = dict(response.headers)
        self.date = f"{run['as_of']:%Y-%m-%d}"

    def named(self, ending: str) -> dict[str, str]:
        """Return the headers of the file with ``ending``."""
        name = f"accounts-{self.date}.{ending}"
        return {**self.headers, "Content-Disposition": f'attachment; filename="{name}"'}

    def begun(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        """Return ``parts`` with the first made already: what fails there is a problem document."""
        return chain([next(parts)], parts)


WantedOf = Annotated[Wanted, Depends()]

routes = APIRouter(
    prefix="/v1",
    tags=["accounts"],
    dependencies=[
        Depends(usable_model),
        Depends(KnownQuery(*filters.ONCE, "lang", repeatable=filters.REPEATABLE)),
    ],
)


@routes.get(
    "/accounts.csv",
    operation_id="exportAccountsCsv",
    summary="The list as CSV, one flat line per account",
    responses={**_CSV, **documented(400, 409, 422, 503)},
    response_class=CsvResponse,
)
def export_csv(wanted: WantedOf) -> Response:
    """Return all accounts that pass the filters, with three reasons and the action in words.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay
    numbers.
    """
    if wanted.same is not None:
        return wanted.same
    lines = ((_cells(row) for row in batch) for batch in wanted.batches)
    parts = (part.encode() for part in csv_parts(COLUMNS, lines))
    return CsvResponse(wanted.begun(parts), headers=wanted.named("csv"))


@routes.get(
    "/accounts.parquet",
    operation_id="exportAccountsParquet",
    summary="The list as Parquet, one flat row per account",
    responses={**_PARQUET, **documented(400, 409, 422, 503)},
    response_class=ParquetResponse,
)
def export_parquet(wanted: WantedOf) -> Response:
    """Return the same columns as the CSV, typed: whole numbers, instants and dates as such."""
    if wanted.same is not None:
        return wanted.same
    parts = wanted.begun(parquet_parts(wanted.batches))
    return ParquetResponse(parts, headers=wanted.named("parquet"))


def _cells(row: Flat) -> list[Cell]:
    return [_cell(row[name]) for name in COLUMNS]


def _cell(value: Cell | date) -> Cell:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value


class _Sink:
    """A file that is read while it is written."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def close(self) -> None:
        self.closed = True


def parquet_parts(batches: Iterable[list[Flat]]) -> Iterator[bytes]:
    """Yield a Parquet file in parts, one row group for each batch."""
    import pyarrow.parquet as pq

    sink, columns = _Sink(), schema()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), columns, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_pylist(batch, schema=columns))
            yield sink.taken()
    yield sink.taken()
