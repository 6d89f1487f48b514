"""No pickle: our code imports none, and serving loads no class by one but Babel's own."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.builders.opened import pages
from tests.builders.served import served
from tests.builders.server import running

ROOT = Path(__file__).parents[2]
_MODULES = "pickle|cloudpickle|dill|joblib|skops|shelve|marshal"
PICKLING = re.compile(rf"^\s*(?:import|from)\s+(?:{_MODULES})\b")
SUFFIXES = {".pkl", ".pickle", ".joblib", ".skops"}

BABELS = ("('babel.plural',", "('babel.localedata',", "('babel.dates',", "('babel.numbers',")
"""The one exception: Babel ships its locale data pickled inside its own package, which the lock
holds to its hash. Nothing that Kenshin writes, receives or is given is read that way."""

HOOK = '''\
"""Notes every class that anything unpickles in this process."""

import os
import sys


def _watch(event, args):
    if event == "pickle.find_class":
        with open(os.environ["KENSHIN_TEST_PICKLES"], "a", encoding="utf-8") as file:
            file.write(f"{args}\\n")


sys.addaudithook(_watch)
'''


def test_our_code_imports_nothing_that_pickles() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for package in ("features", "training", "serving")
        for file in (ROOT / package).rglob("*.py")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if PICKLING.match(line)
    ]
    assert found == []


@pytest.fixture
def watched(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    return {
        "PYTHONPATH": str(tmp_path / "hook"),
        "KENSHIN_TEST_PICKLES": str(tmp_path / "pickles"),
    }


def test_the_serving_process_unpickles_nothing(tmp_path: Path, watched: dict[str, str]) -> None:
    folder = tmp_path / "company"
    folder.mkdir()
    made = served(folder, accounts=20, weeks=2)
    made.engine.dispose()
    with running(made.settings.root, environment=watched) as server:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            account = client.get("/v1/accounts?limit=1").json()["accounts"][0]
            asked = {"accounts": [{"account_id": account["account_external_id"]}]}
            answers = [client.post("/v1/predictions", json=asked)]
            more = ("/metrics", "/readyz", "/v1/accounts.parquet")
            answers += [
                client.get(page) for page in (*pages(account["account_external_id"]), *more)
            ]
        server.stop()
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    found = Path(watched["KENSHIN_TEST_PICKLES"])
    classes = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    assert [one for one in classes if not one.startswith(BABELS)] == []
    kept = [file for file in made.settings.root.rglob("*") if file.suffix in SUFFIXES]
    assert kept == []


def test_the_watch_sees_an_unpickled_class(tmp_path: Path, watched: dict[str, str]) -> None:
    code = "import pickle, fractions; pickle.loads(pickle.dumps(fractions.Fraction(1, 2)))"
    subprocess.run([sys.executable, "-c", code], env=watched, check=True)
    assert "Fraction" in Path(watched["KENSHIN_TEST_PICKLES"]).read_text(encoding="utf-8")
