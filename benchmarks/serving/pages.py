"""The portfolio page of 5,000 and of 100,000 accounts: time at the server, and size."""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.serving import server as servers
from benchmarks.serving.plan import ROOT

DATA = ROOT / ".cache" / "benchmarks" / "serving-pages"
SIZES = (5_000, 100_000)
WEEKS = 3
ASKED = (
    "/?lang=ja",
    "/?lang=en",
    "/?lang=en&page=40",
    "/?lang=en&band=red",
    "/?lang=ja&order=renewal&renewal=90",
    "/?lang=en&q=works",
    "/?lang=en&plan=Business&order=score",
)
TIMES = 9


def measured(accounts: int) -> dict[str, Any]:
    """Return median, slowest and size of the page of a company of that size."""
    folder = DATA / str(accounts)
    if not (folder / "filled").exists():
        _child(accounts, folder)
    kenshin = Path(sys.executable).with_name("kenshin")
    ready = ("GET", "/livez", None)
    command = (kenshin, "serve", "--port", "{port}")
    log = folder / "serve.log"
    with servers.running(command, folder, log, ready) as up:
        base = f"http://127.0.0.1:{up.port}"
        first, _, _ = _got(base + ASKED[0])
        found: dict[str, list[float]] = {}
        sizes: dict[str, tuple[int, int]] = {}
        for _ in range(TIMES):
            for address in ASKED:
                seconds, packed, plain = _got(base + address)
                found.setdefault(address, []).append(1000 * seconds)
                sizes[address] = packed, plain
        rss = up.rss()
    every = [ms for times in found.values() for ms in times]
    return {
        "accounts": accounts,
        "first_ms": 1000 * first,
        "median_ms": median(every),
        "by_address_ms": {address: median(times) for address, times in found.items()},
        "packed_bytes": max(packed for packed, _ in sizes.values()),
        "plain_bytes": max(plain for _, plain in sizes.values()),
        "rss_mb": rss,
    }


def _got(url: str) -> tuple[float, int, int]:
    """Return seconds, bytes sent and bytes of the page of one request."""
    import gzip

    asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    began = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=120) as answer:
        body = answer.read()
    seconds = time.perf_counter() - began
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return seconds, len(body), len(gzip.decompress(body)) if packed else len(body)


def _child(accounts: int, folder: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.serving.pages", "fill", str(accounts), str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)


def fill(accounts: int, folder: Path) -> None:
    """Fill a store with weekly runs of a made-up company and a small model."""
    from tests.builders.served import served

    folder.mkdir(parents=True, exist_ok=True)
    served(folder, accounts=accounts, weeks=WEEKS).engine.dispose()
    (folder / "filled").touch()


def main() -> None:
    if sys.argv[1:2] == ["fill"]:
        fill(int(sys.argv[2]), Path(sys.argv[3]))
        return
    sizes = SIZES[:1] if "--quick" in sys.argv else SIZES
    json.dump([measured(accounts) for accounts in sizes], sys.stdout)


if __name__ == "__main__":
    main()
