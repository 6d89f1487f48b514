"""A batch holds what the store would hold, in bounded memory, whole or not at all."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from features import snapshots
from features.errors import KenshinError, NotFoundError, NotReadyError, SettingsError
from serving.batch import find, machine, score_streamed
from serving.batch.part import SCHEMA, score_part
from serving.cli import app
from serving.store.scores import numbers
from tests.builders.batch import Scored
from tests.builders.modelled import END
from training.bundle import ModelBundle, load_bundle

ALIKE = (
    "score_id",
    "account_id",
    "as_of",
    "kind",
    "churn_probability",
    "churn_probability_low",
    "churn_probability_high",
    "health_score_exact",
    "health_score",
    "band",
    "abstain_reason",
)


def read(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder, partitioning=None).to_pylist()
    return rows


def require_same(found: list[dict[str, Any]], scored: Scored) -> None:
    """Every row is the store's row: ids, numbers and words exactly, reasons in their order."""
    assert [row["account_id"] for row in found] == [row["account_id"] for row in scored.rows]
    for row, wanted in zip(found, scored.rows, strict=True):
        assert {name: row[name] for name in ALIKE} == {name: wanted[name] for name in ALIKE}
        assert row["run_id"] == scored.run["run_id"]
        if wanted["points"] is None:
            assert row["points"] is row["top_reasons"] is None
            continue
        assert row["points"] == numbers(wanted["points"]).tolist()
        assert [reason["feature"] for reason in row["top_reasons"]] == wanted["top_reasons"]


def test_every_row_is_the_row_of_the_store(scored: Scored, tmp_path: Path) -> None:
    result = score_streamed(
        scored.company.bundle,
        scored.source,
        scored.asked(every_point=True),
        tmp_path / "scores",
        threads=2,
        rows_at_once=7,
    )
    found = read(tmp_path / "scores")
    require_same(found, scored)
    assert pq.read_schema(tmp_path / "scores" / "part-00000.parquet") == SCHEMA
    said = json.loads((tmp_path / "scores" / "_run.json").read_text("utf-8"))
    assert said == result.run
    for name in ("run_id", "snapshot_id", "feature_names", "baseline_points", "accounts"):
        assert said[name] == scored.run[name]
    bands = [row["band"] for row in scored.rows]
    assert said["bands"] == {name: bands.count(name) for name in sorted(set(bands))}
    assert said["bands"]["no_data"] == 1


def test_a_reason_names_its_points_and_the_value_as_people_know_it(scored: Scored) -> None:
    bundle = scored.company.bundle
    table = score_part(bundle, scored.asked(every_point=True), scored.snapshot.table)
    names = [feature.name for feature in bundle.features]
    values = scored.snapshot.table.to_pylist()
    seen = 0
    for row, known in zip(table.to_pylist(), values, strict=True):
        for reason in row["top_reasons"] or []:
            assert reason["points"] == row["points"][names.index(reason["feature"])] <= -0.5
            value = reason["category"] if reason["value"] is None else reason["value"]
            assert value == known[reason["feature"]]
            seen += 1
    assert seen > 20


@pytest.mark.parametrize(
    ("reasons", "told"),
    [("none", set()), ("red", {"red"}), ("yellow", {"red", "yellow"})],
)
def test_reasons_may_be_told_of_the_worst_only_and_scores_of_all(
    scored: Scored, reasons: str, told: set[str]
) -> None:
    bundle, table = scored.company.bundle, scored.snapshot.table
    everything = score_part(bundle, scored.asked(), table).to_pylist()
    found = score_part(bundle, scored.asked(reasons=reasons), table).to_pylist()
    for row, whole in zip(found, everything, strict=True):
        wanted = whole["top_reasons"] if row["band"] in told else None
        assert row == whole | {"top_reasons": wanted}
    assert told <= {row["band"] for row in found}


@pytest.mark.parametrize(("reasons", "walks"), [("none", False), ("red", True)])
def test_the_compiled_walk_is_loaded_only_where_reasons_are_told(
    scored: Scored, tmp_path: Path, reasons: str, walks: bool
) -> None:
    bundle = load_bundle(scored.company.bundle.folder)
    assert isinstance(bundle, ModelBundle)
    score_streamed(bundle, scored.source, scored.asked(reasons=reasons), tmp_path / "scores")
    assert bundle.shares.walks is walks


def test_the_name_of_the_snapshot_does_not_depend_on_its_files(
    scored: Scored, tmp_path: Path
) -> None:
    table = scored.snapshot.table
    (tmp_path / "files").mkdir()
    pq.write_table(table.slice(0, 40), tmp_path / "files" / "a.parquet", row_group_size=9)
    pq.write_table(table.slice(40), tmp_path / "files" / "b.parquet")
    found = find(scored.company.settings, tmp_path / "files")
    assert found.snapshot_id == scored.source.snapshot_id == snapshots.content_id(table)
    assert (found.rows, found.as_of) == (table.num_rows, END)
    score_streamed(scored.company.bundle, found, scored.asked(every_point=True), tmp_path / "out")
    require_same(read(tmp_path / "out"), scored)


def test_a_killed_run_shows_nothing_and_goes_on_where_it_was(
    scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PARTS_A_FILE", 2)
    bundle, asked, out = scored.company.bundle, scored.asked(every_point=True), tmp_path / "out"
    calls = 0

    def dying(*given: Any) -> pa.Table:  # noqa: ANN401
        nonlocal calls
        calls += 1
        if calls > 5:
            raise KeyboardInterrupt
        return score_part(*given)

    monkeypatch.setattr(machine, "score_part", dying)
    with pytest.raises(KeyboardInterrupt):
        score_streamed(bundle, scored.source, asked, out, rows_at_once=10)
    assert not out.exists()
    calls = -100
    score_streamed(bundle, scored.source, asked, out, rows_at_once=10)
    rows = scored.source.rows
    assert calls + 100 == -(-rows // 10) - 4, "the two whole files were not computed again"
    require_same(read(out), scored)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_same_run_again_changes_nothing_and_another_is_refused(
    scored: Scored, tmp_path: Path
) -> None:
    bundle, out = scored.company.bundle, tmp_path / "out"
    first = score_streamed(bundle, scored.source, scored.asked(reasons="none"), out)
    again = score_streamed(bundle, scored.source, scored.asked(reasons="none"), out)
    assert (first.new, again.new) == (True, False)
    assert again.run == first.run
    with pytest.raises(SettingsError, match="another run \\(other reasons"):
        score_streamed(bundle, scored.source, scored.asked(reasons="red"), out)
    (tmp_path / "mine").mkdir()
    with pytest.raises(SettingsError, match="something else"):
        score_streamed(bundle, scored.source, scored.asked(), tmp_path / "mine")


def test_what_is_no_snapshot_is_refused(scored: Scored, tmp_path: Path) -> None:
    settings, table = scored.company.settings, scored.snapshot.table
    with pytest.raises(NotFoundError, match="none at"):
        find(settings, tmp_path)
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(NotFoundError, match="none at"):
        find(settings, tmp_path)
    with pytest.raises(NotReadyError, match="a snapshot of 2020-01-01"):
        find(settings, as_of=END.replace(year=2020, month=1, day=1))
    bare = replace(scored.source, schema=table.schema)
    other = tmp_path / "other.parquet"
    pq.write_table(table.drop_columns([scored.company.bundle.features[0].name]), other)
    lacking = replace(bare, files=(other,))
    with pytest.raises(KenshinError, match="a column"):
        score_streamed(scored.company.bundle, lacking, scored.asked(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_snapshot_of_two_days_is_refused(scored: Scored, tmp_path: Path) -> None:
    table = scored.snapshot.table
    place = table.column_names.index("as_of")
    later = pa.array([END.replace(day=19)] * table.num_rows, pa.timestamp("us"))
    both = pa.concat_tables([table, table.set_column(place, "as_of", later)])
    pq.write_table(both, tmp_path / "two.parquet")
    with pytest.raises(KenshinError, match="2 \\(2026-11-19, 2026-11-20\\)"):
        find(scored.company.settings, tmp_path / "two.parquet")


def test_altered_bytes_of_a_snapshot_are_refused(scored: Scored, tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    (original,) = scored.source.files
    pq.write_table(scored.snapshot.table.slice(1), folder / "data.parquet")
    manifest = original.parent / "manifest.json"
    (folder / "manifest.json").write_bytes(manifest.read_bytes())
    with pytest.raises(NotReadyError, match="as the snapshot was written"):
        find(scored.company.settings, folder)


def test_an_infinite_value_is_refused_with_its_account(scored: Scored) -> None:
    table, feature = scored.snapshot.table, scored.company.bundle.features[0].name
    values = [np.inf, *[1.0] * (table.num_rows - 1)]
    spoilt = table.set_column(table.column_names.index(feature), feature, pa.array(values))
    with pytest.raises(KenshinError, match="finite numbers"):
        score_part(scored.company.bundle, scored.asked(), spoilt)


def run(scored: Scored, *arguments: str) -> Result:
    config = scored.company.settings.root / "kenshin.toml"
    return CliRunner().invoke(app, ["score", *arguments, "--config", str(config)])


def test_the_command_scores_the_workspaces_snapshot(scored: Scored, tmp_path: Path) -> None:
    out = tmp_path / "数 scores"
    done = run(scored, "--out", str(out), "--points")
    assert f"Scored {scored.source.rows} accounts as of 2026-11-20 with model v1" in done.stdout
    require_same(read(out), scored)
    said = json.loads(run(scored, "--out", str(out), "--points", "--json").stdout)
    assert (said["new"], said["run_id"]) == (False, scored.run["run_id"])


REFUSED = [
    (("--spark",), "no --out"),
    (("--out", "x", "--history", "3"), "both"),
    (("--out", "x", "--reasons", "some"), "some"),
    (("--out", "s3a://bucket/x"), "Add --spark"),
    (("--out", "x", "--snapshot", "nowhere"), "none at nowhere"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_options_that_contradict_each_other_are_refused(
    scored: Scored, arguments: tuple[str, ...], said: str
) -> None:
    refused = run(scored, *arguments).exception
    assert isinstance(refused, KenshinError)
    assert said in str(refused)
