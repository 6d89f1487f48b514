"""Every change of what a score means is kept: what, who, why, and what was measured of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from features.settings import Bands
from serving import audit
from serving.amendments import kept, words
from serving.amendments.definition import differences, in_force
from serving.amendments.effect import summary
from serving.app import create_app
from serving.checked import amendment
from serving.cli import app
from serving.store.engine import writing
from serving.store.schema import amendments
from serving.subjects import rows
from serving.subjects.subject import Subject
from tests.builders.served import Client, Served, served
from tests.builders.stores import STORES, store_of
from training.bundle import Bundle
from training.scorecard import Scorecard

AT = datetime(2026, 11, 20)
REPLAYED: dict[str, Any] = {
    "new": "v1 (new)",
    "present": "v1",
    "period": ["2026-01-01", "2026-11-20"],
    "last_date": {"accounts": 1_200, "changed": 25, "bands": {}},
    "accounts": [{"account_id": "A00001", "name": "株式会社見本"}],
    "outcomes": {
        "from": "2026-01-01", "until": "2026-11-01", "weeks_before": 4,
        "leavers": {"scored": 40, "old": {"red": 20}, "new": {"red": 24}, "difference": 0.1,
                    "interval": [0.01, 0.19], "caught": [{"account_id": "A00001"}]},
        "alarms": {"old": {"false": 30}, "new": {"false": 44}, "interval": [8.0, 20.0],
                   "more": ["A00002"]},
    },
}  # fmt: skip


@pytest.fixture(params=STORES)
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    with store_of(request) as url:
        made = served(tmp_path, accounts=6, weeks=1, store_url=url)
        yield made
        made.engine.dispose()


def stricter(bundle: Bundle, version: str = "settings-two") -> Bundle:
    """Return a bundle whose settings call more accounts red."""
    about = {**bundle.manifest, "settings_version": version}
    return replace(bundle, bands=Bands(green=80, red=60), manifest=about, version="v2")


def test_the_first_is_noted_once_and_what_stays_the_same_never_again(company: Served) -> None:
    assert kept.note(company.engine, company.bundle, AT, "hana", "")
    assert not kept.note(company.engine, company.bundle, AT, "hana", "again")
    assert not kept.note(company.engine, replace(company.bundle, version="v9"), AT, "hana", "new")
    (first,) = kept.history(company.engine)
    assert (first.changed, first.effect, first.by) == ([], None, "hana")


def test_a_change_has_who_why_what_and_the_audit_log_knows(company: Served) -> None:
    kept.note(company.engine, company.bundle, AT, "hana", "")
    before = company.bundle.bands.red
    assert kept.note(company.engine, stricter(company.bundle), AT, "ken", " too late before ")
    newest = kept.history(company.engine)[0]
    assert newest.changed == [{"what": "red_up_to", "before": before, "after": 60}]
    assert (newest.by, newest.why, newest.settings_version) == (
        "ken", "too late before", "settings-two",
    )  # fmt: skip
    with company.engine.connect() as connection:
        said = audit.entries(connection)[0]
    assert (said.action, said.details["changed"]) == ("definition changed", ["red_up_to"])


def test_a_rollback_is_a_change_as_well(company: Served) -> None:
    for bundle in (company.bundle, stricter(company.bundle), company.bundle):
        kept.note(company.engine, bundle, AT, "hana", "")
    back, there = kept.history(company.engine)[:2]
    swapped = [{**one, "before": one["after"], "after": one["before"]} for one in there.changed]
    assert back.changed == swapped


def test_what_a_replay_measured_of_it_stands_beside_it_and_of_another_does_not(
    company: Served,
) -> None:
    kept.note(company.engine, company.bundle, AT, "hana", "")
    effect = summary(REPLAYED)
    kept.keep_effect(company.engine, "settings", "settings-two", effect, AT, "hana")
    kept.keep_effect(company.engine, "settings", "settings-three", {"another": 1}, AT, "hana")
    kept.note(company.engine, stricter(company.bundle), AT, "hana", "")
    newest = kept.history(company.engine)[0]
    assert newest.effect == json.loads(json.dumps(effect))
    assert "A0000" not in json.dumps(newest.effect)
    said = words.effect(amendment(newest), "en")
    assert "25 of 1,200 accounts change band" in said
    assert "of 40: 20 → 24" in said
    assert "false alarms 30 → 44" in said


def test_without_a_replay_it_says_that_the_effect_was_not_measured(company: Served) -> None:
    kept.note(company.engine, company.bundle, AT, "hana", "")
    kept.note(company.engine, stricter(company.bundle), AT, "hana", "")
    newest = amendment(kept.history(company.engine)[0])
    assert newest["effect"] is None
    assert "not measured" in words.effect(newest, "en")
    assert "記載なし" in words.reason(newest, "ja")


def test_a_changed_card_is_told_line_by_line(company: Served) -> None:
    def card(weight: int) -> Scorecard:
        indicators = [
            {"feature": name, "weight": points, "bounded": {"none_at": 0, "all_at": 15}}
            for name, points in (("active_users_28d", weight), ("nps_latest", 1))
        ]
        text = {"ja": "全社", "en": "All"}
        return Scorecard.model_validate(
            {"title": text, "card": [{"code": "all", "title": text, "success": text,
                                      "indicator": indicators}]}
        )  # fmt: skip

    def definition(weight: int) -> dict[str, Any]:
        one = card(weight)
        told = {"scorecard_version": one.version, "scorecard": one.model_dump(mode="json")}
        return in_force(company.bundle) | told

    found = differences(definition(1), definition(3))
    assert {one["what"] for one in found} == {
        "all active_users_28d weight", "all nps_latest weight",
    }  # fmt: skip
    assert differences(definition(1), definition(1)) == []
    (gone,) = differences(definition(1), in_force(company.bundle) | {"scorecard": None})
    assert (gone["what"], gone["after"]) == ("scorecard", None)


def test_the_database_refuses_to_change_one(company: Served) -> None:
    kept.note(company.engine, company.bundle, AT, "hana", "as it was")
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), writing(company.engine) as one:
        one.execute(sa.update(amendments).values(why="otherwise"))


def test_an_erasure_takes_the_name_out_of_why(company: Served) -> None:
    kept.note(company.engine, company.bundle, AT, "hana", "after the call with Mihon Works")
    subject = Subject("A00001", frozenset({"Mihon Works"}))
    removed = rows.remove(company.engine, subject, rows.Entry(AT, "hana", "0" * 64, {}))
    assert removed.amendments == 1
    assert "Mihon" not in kept.history(company.engine)[0].why


@pytest.mark.parametrize(
    ("language", "said"), [("ja", "「要対応」の上限："), ("en", "Act now up to: ")]
)
def test_page_api_and_command_tell_the_same(company: Served, language: str, said: str) -> None:
    client = Client(create_app(company.settings, engine=company.engine))
    assert 'id="amendments"' not in client.get("/model-check").text
    kept.note(company.engine, company.bundle, AT, "hana", "")
    kept.note(company.engine, stricter(company.bundle), AT, "ken", "<b>too late</b>")
    page = client.get(f"/model-check?lang={language}").text
    assert f"{said}{company.bundle.bands.red:g} → 60" in page
    assert "&lt;b&gt;too late&lt;/b&gt;" in page
    (newest, _) = client.get("/v1/answer-check").json()["amendments"]
    assert (newest["by"], newest["changed"][0]["after"]) == ("ken", 60)
    config = company.settings.root / "kenshin.toml"
    done = CliRunner().invoke(app, ["changes", "--config", str(config), "--lang", language])
    assert f"{said}{company.bundle.bands.red:g} → 60" in done.stdout
    assert "<b>too late</b>" in done.stdout


def test_a_line_has_the_unit_and_the_label_of_what_changed() -> None:
    changed = [
        {"what": "p50", "before": 0.15, "after": 0.125},
        {"what": "horizon_days", "before": 90, "after": 60},
        {"what": "feature", "before": None, "after": "tickets_90d"},
        {"what": "feature", "before": "gone_90d", "after": None},
        {"what": "base tickets_90d weight", "before": 10, "after": None},
    ]
    assert words.changed({"changed": changed}, "ja", {"tickets_90d": "問い合わせ件数"}) == [
        "50点の解約確率：15% → 12.5%",
        "解約を予測する日数：90日 → 60日",
        "項目の追加：問い合わせ件数",
        "項目の削除：gone_90d",
        "base · 問い合わせ件数 · weight：10 → –",
    ]
