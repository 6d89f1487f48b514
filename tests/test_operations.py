"""docs/operations.md: its commands are run, its metrics exist, its run-book misses nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from features.serving_settings import ServingSettings
from features.simulator import CompanyPlan, simulate
from serving.app import create_app
from serving.champion import Champion
from serving.drift import kept
from serving.store.scores import save_run
from tests.builders.container import free_port
from tests.builders.problem_kinds import every_kind
from tests.builders.runs import a_row, a_run
from tests.builders.served import WHEN, Client, served
from tests.builders.server import KENSHIN
from tests.builders.store import AS_OF
from training.seal import write_manifest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES = yaml.safe_load((ROOT / "docs" / "alerts.yml").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
OWN = re.compile(r"\b(?:kenshin|process)_[a-z_]+\b")
FROM_PROMETHEUS = {"up"}


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the name of every sample of a scrape → the names of its labels."""
    made = served(tmp_path_factory.mktemp("scraped"), accounts=6, weeks=1)
    folder = made.bundle.folder
    about = {k: v for k, v in made.bundle.manifest.items() if k not in ("files", "seal")}
    write_manifest(folder, about | {"created_at": WHEN.isoformat()})
    run = a_run("stale", AS_OF.replace(year=2027), stale_feeds={"events": 9.0})
    save_run(made.engine, run, [a_row("s", as_of=run["as_of"])])
    kept.keep(made.settings, {"word": "ok"}, WHEN)
    client = Client(create_app(made.settings, engine=made.engine, champion=Champion(made.settings)))
    client.post("/v1/predictions", {"accounts": [{"features": {"mrr": 1}}]})
    text = client.get("/metrics").text
    made.engine.dispose()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _plain(name: str) -> str:
    return re.sub(r"_(bucket|count|sum)$", "", name)


def test_every_metric_of_the_page_exists_and_every_metric_of_ours_is_on_it(
    scraped: dict[str, set[str]],
) -> None:
    (table,) = re.findall(r"(\| metric .*?)\n\n", PAGE, re.DOTALL)
    named = set(
        re.findall(r"`([a-z_]+)`", " ".join(row.split("|")[1] for row in table.split("\n")))
    )
    assert {_plain(name) for name in scraped if name.startswith("kenshin_")} <= named
    assert named <= {_plain(name) for name in scraped}


def test_every_alert_reads_metrics_and_labels_that_exist(scraped: dict[str, set[str]]) -> None:
    for alert in ALERTS:
        expression = re.sub(r'"[^"]*"', '""', alert["expr"])
        for name, chosen in re.findall(r"([a-z_]+)\{([^}]*)\}", expression):
            labels = set(re.findall(r"(\w+)\s*[=!]", chosen)) - {"job"}
            assert name in FROM_PROMETHEUS or labels <= scraped[name], alert["alert"]
        assert set(OWN.findall(expression)) <= set(scraped), alert["alert"]


def test_every_alert_is_a_whole_rule_and_is_named_on_the_page() -> None:
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS)
    for alert in ALERTS:
        assert set(alert) <= {"alert", "expr", "for", "labels", "annotations"}
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["summary"]
        assert alert["expr"].count("(") == alert["expr"].count(")")
        assert re.fullmatch(r"\d+[mhd]", alert.get("for", "1m"))
        if alert["alert"] != "KenshinDown":
            assert alert["alert"] in PAGE
    assert set(re.findall(r"\bKenshin[A-Z]\w+", PAGE)) <= {alert["alert"] for alert in ALERTS}


def test_values_that_alerts_compare_with_are_those_of_the_code() -> None:
    crowded = next(alert for alert in ALERTS if alert["alert"] == "KenshinCrowded")
    assert str(ServingSettings().concurrent) in crowded["annotations"]["summary"]
    turned_away = next(alert for alert in ALERTS if alert["alert"] == "KenshinTurnsAway")
    (slugs,) = re.findall(r'slug=~"([^"]+)"', turned_away["expr"])
    assert set(slugs.split("|")) <= set(every_kind())


OF_COMMANDS = {"drift-report", "registry", "backup", "damaged-backup", "different-score"}
"""Refusals of commands, which no request is answered with."""


def test_the_run_book_has_every_problem_that_is_our_side() -> None:
    _, _, book = PAGE.partition("## Run-book")
    headings = " ".join(re.findall(r"^### (.*)$", book, re.MULTILINE))
    ours = {kind.slug for kind in every_kind().values() if kind.status >= 500} - OF_COMMANDS
    missing = {slug for slug in ours if not re.search(rf"(^|[ ,]){slug}(,|$| )", headings)}
    assert missing == set()


@pytest.mark.parametrize("name", ["kenshin.service", "kenshin-nightly.timer"])
def test_the_units_are_verified_by_systemd(tmp_path: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    for unit in (ROOT / "docs" / "systemd").iterdir():
        text = unit.read_text().replace("/opt/kenshin/bin/kenshin", str(KENSHIN))
        (tmp_path / unit.name).write_text(text)
    verify = ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_night_is_the_same_for_cron_systemd_and_the_page() -> None:
    unit = (ROOT / "docs" / "systemd" / "kenshin-nightly.service").read_text()
    by_systemd = re.findall(r"^ExecStart=/opt/kenshin/bin/(.*)$", unit, re.MULTILINE)
    (line,) = re.findall(r"```crontab\n(.*)\n```", PAGE)
    by_cron = [part.split(" > ")[0].strip() for part in line.split("&&")[1:]]
    _, _, rest = PAGE.partition("## Every night")
    on_page = [command.split(" > ")[0] for command in _blocks(rest)[0].splitlines()]
    assert by_systemd == by_cron == on_page
    assert re.match(r"(\d+ ){2}\* \* \*  cd ", line)


def _blocks(text: str) -> list[str]:
    """Return the shell blocks that no comment excuses."""
    found = re.findall(r"(<!-- not run here: [^>]+ -->\n)?```sh\n(.*?)```", text, re.DOTALL)
    return [block for excuse, block in found if not excuse]


@pytest.fixture
def database(postgres_server: str) -> Iterator[str]:
    """URL of a server with an empty database ``kenshin``, as the page assumes."""
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE kenshin")
        yield postgres_server
        for name in ("kenshin", "kenshin_restored"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.mark.scale
@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_the_commands_of_the_page_lead_from_tables_to_a_restored_company(
    tmp_path: Path, database: str
) -> None:
    company, port = tmp_path / "company", str(free_port())
    plan = CompanyPlan(
        accounts=600, start=date(2024, 11, 20), end=date(2026, 11, 20), seed=5, events_scale=0.3
    )
    simulate(plan, company)
    script = "set -euo pipefail\n" + "\n".join(_blocks(PAGE))
    database_port = database.rpartition(":")[2]
    for said, meant in (("5432", database_port), ("8000", port)):
        assert said in script
        script = script.replace(said, meant)
    fewer = {"KENSHIN_TRAINING__FOLDS": "2", "KENSHIN_TRAINING__MINIMUM_CHURNS": "20"}
    path = f"{KENSHIN.parent}:{_postgres_tools()}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=company,
        env=os.environ | fewer | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    for said in ('"ready":true', "kenshin_ready 1.0", "crm-sync", "Verified:", "Restored into"):
        assert said in done.stdout, said
    with psycopg.connect(f"{database}/kenshin") as old:
        before = old.execute("SELECT count(*) FROM scores").fetchone()
    with psycopg.connect(f"{database}/kenshin_restored") as new:
        assert new.execute("SELECT count(*) FROM scores").fetchone() == before


def _postgres_tools() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_restore"))
    return str(found[-1].parent) if found else ""
