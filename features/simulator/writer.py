"""Tables written in batches, so that memory does not grow with the company."""

from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq


class Writer:
    """Writes tables to one file each, a batch at a time.

    Parameters
    ----------
    folder : Path
        Where the files go; each is written under a temporary name and renamed when all are done.
    kind : {"parquet", "csv"}
    """

    def __init__(self, folder: Path, kind: Literal["parquet", "csv"]) -> None:
        self.folder, self.kind = folder, kind
        self.rows: dict[str, int] = {}
        self._open: dict[str, pq.ParquetWriter | csv.CSVWriter] = {}

    def write(self, name: str, batch: pa.Table) -> None:
        """Append ``batch`` to table ``name``."""
        if self.kind == "csv":
            batch = _plain(batch)
        if name not in self._open:
            self._open[name] = self._writer(name, batch.schema)
            self.rows[name] = 0
        self._open[name].write_table(batch)
        self.rows[name] += batch.num_rows

    def file(self, name: str) -> Path:
        """Return where table ``name`` is found once all is done."""
        return self.folder / f"{name}.{self.kind}"

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.{self.kind}.part"

    def _writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter | csv.CSVWriter:
        if self.kind == "csv":
            return csv.CSVWriter(self._part(name), schema)
        return pq.ParquetWriter(self._part(name), schema, compression="zstd", store_schema=False)

    def __enter__(self) -> Self:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the files, or remove what was begun where something went wrong."""
        for writer in self._open.values():
            writer.close()
        for name in self._open:
            if kind is None:
                self._part(name).replace(self.file(name))
            else:
                self._part(name).unlink(missing_ok=True)


def _plain(batch: pa.Table) -> pa.Table:
    """Return ``batch`` with dictionaries written out, which CSV needs."""
    fields = [
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in batch.schema
    ]
    return batch.cast(pa.schema(fields))
