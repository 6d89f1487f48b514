"""`kenshin serve` before any data: seconds until ready, memory, and what it has imported.

The workspace holds the demo's bundle and a store without a row.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.serving import server as servers
from benchmarks.serving.plan import ROOT

FOLDER = ROOT / "build" / "bench-serving" / "lean"
DEMO = ROOT / ".cache" / "benchmarks" / "serving" / "demo"
TIMES = 3
HEAVY = (
    "mlflow",
    "shap",
    "evidently",
    "pandas",
    "sklearn",
    "matplotlib",
    "duckdb",
    "ibis",
    "numba",
    "pyarrow",
)
EMPTY_STORE = """
from pathlib import Path
from features.settings import load_settings
from serving.store.engine import open_store
open_store(load_settings(Path("kenshin.toml"))).dispose()
"""
SAID = f"""
import sys, json
import serving.cli
from serving.lean import import_lightgbm
import_lightgbm()
import serving.app
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


def main() -> None:
    kenshin = Path(sys.executable).with_name("kenshin")
    command, ready = (kenshin, "serve", "--port", "{port}"), ("GET", "/readyz", None)
    seconds, memory = [], []
    for _ in range(TIMES):
        shutil.rmtree(FOLDER, ignore_errors=True)
        (FOLDER / ".kenshin").mkdir(parents=True)
        shutil.copy(DEMO / "kenshin.toml", FOLDER)
        shutil.copytree(DEMO / ".kenshin" / "bundles", FOLDER / ".kenshin" / "bundles")
        subprocess.run([sys.executable, "-c", EMPTY_STORE], check=True, cwd=FOLDER)
        with servers.running(command, FOLDER, FOLDER / "serve.log", ready) as up:
            seconds.append(up.first_answer)
            memory.append(up.rss_at_start)
    said = subprocess.run(
        [sys.executable, "-c", SAID], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ).stdout
    found = {"ready_s": median(seconds), "rss_mb": median(memory), "heavy": json.loads(said)}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
