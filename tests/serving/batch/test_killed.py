"""A batch that is killed again and again comes to the same bytes as one that is left alone."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders.batch import Scored
from tests.serving.batch.test_agreement import company_of

ROWS, AT_ONCE, KILLS = 12_000, 40, 10

BATCH = f"""
import sys
from pathlib import Path
from serving.lean import import_lightgbm
import_lightgbm()
from features.settings import load_settings
from serving.batch import Asked, find, score_streamed
from training.bundle import load_bundle
settings, bundle = load_settings(Path(sys.argv[1])), load_bundle(Path(sys.argv[2]))
source = find(settings, Path(sys.argv[3]))
asked = Asked(source.as_of, source.snapshot_id, bundle.version, settings.version, "all", True)
score_streamed(bundle, source, asked, Path(sys.argv[4]), threads=2, rows_at_once={AT_ONCE},
               progress=lambda what, done, steps: print(done, flush=True))
"""


def started(scored: Scored, snapshot: Path, out: Path) -> "subprocess.Popen[str]":
    config = scored.company.settings.root / "kenshin.toml"
    bundle = scored.company.bundle.folder
    command = [sys.executable, "-c", BATCH, str(config), str(bundle), str(snapshot), str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed_at(batch: "subprocess.Popen[str]", rows: int) -> None:
    """Kill the process as soon as it says that so many rows are done."""
    assert batch.stdout is not None
    for line in batch.stdout:
        if int(line) >= rows:
            break
    assert batch.poll() is None, "it was still at work"
    batch.kill()
    batch.wait()
    batch.stdout.close()


def finished(batch: "subprocess.Popen[str]") -> int:
    said, _ = batch.communicate()
    assert batch.returncode == 0
    return len(said.splitlines())


@pytest.mark.scale
def test_ten_kills_change_no_byte(scored: Scored, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot.parquet"
    pq.write_table(company_of(scored, ROWS), snapshot)
    whole, out = tmp_path / "whole", tmp_path / "killed"
    finished(started(scored, snapshot, whole))
    for kill in range(1, KILLS + 1):
        killed_at(started(scored, snapshot, out), ROWS * kill // (KILLS + 1) + 7 * kill)
        assert not out.exists(), "nothing half done is shown"
    finished(started(scored, snapshot, out))
    names = sorted(file.name for file in whole.iterdir())
    assert sorted(file.name for file in out.iterdir()) == names
    assert len(names) == 2 + ROWS // (20 * AT_ONCE)
    for name in names:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    assert {path.name for path in tmp_path.iterdir()} == {snapshot.name, "whole", "killed"}
