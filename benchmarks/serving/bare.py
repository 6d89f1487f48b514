"""The bare booster in this process, one row at a time: what no server can be faster than."""

import json
import sys
import time
from pathlib import Path

from serving.lean import import_lightgbm

import_lightgbm()

import lightgbm as lgb  # noqa: E402
import numpy as np  # noqa: E402

SECONDS = 1.0


def main() -> None:
    folder = Path(sys.argv[1])
    about = json.loads((folder / "model" / "about.json").read_text(encoding="utf-8"))
    booster = lgb.Booster(model_file=str(folder / "model" / "booster.txt"))
    lines = (folder / "bodies" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["rows"][0] for line in lines]
    rows = np.array([[row[name] for name in about["names"]] for row in asked], dtype=np.float64)
    found = {}
    for name, more in (("predict", {"raw_score": True}), ("with_reasons", {"pred_contrib": True})):
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            booster.predict(rows[[done % len(rows)]], num_threads=1, **more)
            done += 1
        found[name] = 1e6 * (time.perf_counter() - began) / done
    json.dump({f"{name}_us": us for name, us in found.items()}, sys.stdout)


if __name__ == "__main__":
    main()
