"""One company with a champion and a snapshot of its last day, scored as the store would."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

from features import snapshots
from serving import scoring
from serving.batch import Asked, Source, find
from tests.builders.modelled import END, Company, company


@dataclass(frozen=True)
class Scored:
    """A company, its snapshot, and the run that the store would hold."""

    company: Company
    snapshot: snapshots.Snapshot
    source: Source
    run: dict[str, Any]
    rows: list[dict[str, Any]]

    def asked(self, **more: Any) -> Asked:  # noqa: ANN401  # the fields of `Asked`
        return Asked(
            as_of=self.source.as_of,
            snapshot_id=self.source.snapshot_id,
            model_version=self.company.bundle.version,
            settings_version=self.company.settings.version,
            **more,
        )


@pytest.fixture(scope="package")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    made = company(tmp_path_factory.mktemp("batch") / "顧客", p50=0.06)
    table = snapshots.build(made.tables, made.settings, [END]).table
    features = made.bundle.features
    table = without_usage(table, [f.name for f in features if f.group == "usage"])
    snapshot = snapshots.Snapshot(table, features)
    snapshots.write(snapshot, made.settings)
    source = find(made.settings)
    made.bundle.prepare()
    run, rows = scoring.score(made.settings, made.bundle, table, source.snapshot_id, "issued", END)
    return Scored(made, snapshot, source, run, rows)


def without_usage(table: pa.Table, usage: list[str]) -> pa.Table:
    """Return the table with nothing known of the first account's usage: it gets no score."""
    for name in usage:
        column = table.column(name).to_pylist()
        values = pa.array([None, *column[1:]], table.schema.field(name).type)
        table = table.set_column(table.column_names.index(name), name, values)
    return table
