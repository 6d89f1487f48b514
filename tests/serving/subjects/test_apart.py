"""Snapshots are written anew by another process while a server goes on answering."""

import json
import subprocess
import sys

import pytest

from features import erased
from features.errors import NotReadyError
from serving.subjects import apart, files
from serving.subjects.erasure import erase
from serving.subjects.subject import Subject
from tests.builders.forgotten import NAME, NAME_EN, Held, traces
from tests.serving.subjects.test_subjects import NOW


def test_another_process_writes_them_and_the_erasure_is_the_same(company: Held) -> None:
    given = (company.settings, company.engine, company.account_id, "asked", NOW, "hana")
    done = erase(*given, written_anew=apart.written_anew)
    assert (done.left_in, done.snapshots > 0) == ([], True)
    assert len(erased.read(company.settings).snapshots) == done.snapshots
    assert traces(company.settings, [company.account_id, NAME, NAME_EN]) == set()


def test_its_fault_is_told_without_the_account_and_asked_again_it_goes_on(company: Held) -> None:
    broken = next((company.settings.workspace / "snapshots").glob("*/*/manifest.json"))
    said = broken.read_bytes()
    broken.write_text("{")
    given = (company.settings, company.engine, company.account_id, "asked", NOW, "hana")
    with pytest.raises(NotReadyError, match="JSONDecodeError") as refused:
        erase(*given, written_anew=apart.written_anew)
    assert company.account_id not in str(refused.value)
    broken.write_bytes(said)
    assert erase(*given, written_anew=apart.written_anew).left_in == []
    assert traces(company.settings, [company.account_id, NAME, NAME_EN]) == set()


def test_it_ends_with_whoever_asked(company: Held) -> None:
    asked = {"root": str(company.settings.root), "workspace": ".kenshin", "account_id": "nobody"}
    waits = "import threading; from serving.subjects import apart, snapshots; "
    waits += "snapshots.take_out = lambda *_: threading.Event().wait(); apart.main()"
    with subprocess.Popen([sys.executable, "-c", waits], stdin=subprocess.PIPE) as child:
        child.communicate(json.dumps(asked).encode() + b"\n", timeout=60)
    assert child.returncode == 2


@pytest.mark.parametrize("where", [0, 5, 1021, 1024, 2 * 1024 - 3, 3000])
def test_a_mark_is_found_wherever_in_a_file_it_lies(
    company: Held, monkeypatch: pytest.MonkeyPatch, where: int
) -> None:
    monkeypatch.setattr(files, "_PART_BYTES", 1024)
    file = company.settings.workspace / "left.bin"
    content = bytearray(b"." * 4000)
    content[where : where + 6] = b"ZZ-123"
    file.write_bytes(content)
    assert files.residues(company.settings, Subject("ZZ-123")) == [".kenshin/left.bin"]
    assert files.residues(company.settings, Subject("ZZ-124")) == []
