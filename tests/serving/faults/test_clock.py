"""The clock of the machine is a day late or early: nothing is lost, refused or done twice."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from serving.store import schema
from serving.store.engine import open_url
from tests.builders.served import served

SHIFTED = """
import json, sys
from datetime import timedelta
from serving.lean import import_lightgbm
import_lightgbm()
import features.clock
right = features.clock.utc_now
hours = float(sys.argv[1])
features.clock.utc_now = lambda: right() + timedelta(hours=hours)
from pathlib import Path
import anyio, httpx
from features.settings import load_settings
from serving.app import create_app
app = create_app(load_settings(Path("kenshin.toml")))
page = "/v1/accounts?limit=2" + (f"&cursor={sys.argv[2]}" if sys.argv[2] else "")
feedback = "/v1/accounts/A00001/feedback"
async def ask():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        listed = await client.get(page)
        said = {"verdict": "agree", "note": "said once"}
        kept = await client.post(feedback, json=said, headers={"Idempotency-Key": "the-same"})
        new = await client.post(feedback, json={"verdict": "agree", "note": f"at {hours}"})
        one = {"accounts": [{"features": {"mrr": 1.0}}]}
        given = await client.post("/v1/predictions", json=one)
        ready = await client.get("/readyz")
        return {
            "statuses": [answer.status_code for answer in (listed, kept, new, given, ready)],
            "cursor": listed.json().get("next_cursor"),
            "first": listed.json()["accounts"][0]["account_external_id"],
            "replayed": kept.headers.get("Idempotency-Replayed"),
            "as_of": given.json()["predictions"][0]["as_of"],
        }
print(json.dumps(anyio.run(ask)))
"""


def asked(folder: Path, hours: float, cursor: str = "") -> dict[str, Any]:
    """Ask a service whose clock is so many hours ahead."""
    command = [sys.executable, "-c", SHIFTED, str(hours), cursor]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stderr
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


@pytest.mark.scale
def test_a_clock_that_is_a_day_off_changes_only_what_is_dated(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=6, weeks=2)
    made.engine.dispose()
    today = asked(tmp_path, 0)
    assert today["statuses"] == [200, 201, 201, 200, 200]
    now = datetime.fromisoformat(today["as_of"])
    for hours in (-24, 23):
        found = asked(tmp_path, hours, today["cursor"])
        assert found["statuses"] == [200, 201, 201, 200, 200]
        assert found["replayed"] == "true"
        assert found["first"] != today["first"]
        ahead = datetime.fromisoformat(found["as_of"]) - now
        assert abs(ahead.total_seconds() / 3600 - hours) < 0.5
    late = asked(tmp_path, 25)
    assert late["replayed"] is None  # An answer is kept for 24 hours.
    engine = open_url(made.settings.store_url)
    with engine.connect() as connection:
        notes = connection.execute(sa.select(schema.feedback.c.note)).scalars().all()
    engine.dispose()
    assert sorted(notes) == [
        "at -24.0", "at 0.0", "at 23.0", "at 25.0", "said once", "said once",
    ]  # fmt: skip
