"""Hostile text in every field of every account: shown as text on every page, inert in every CSV."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from features.catalog import Language
from serving import answer_csv, kept_answers
from serving.app import create_app
from serving.drift import report
from serving.spreadsheet import BYTE_ORDER_MARK
from serving.store.engine import writing
from serving.store.schema import feedback, scores
from serving.store.scores import rows_of, runs, save_run
from tests.builders.opened import html_pages, pages
from tests.builders.payloads import FORMULAS, XSS, active
from tests.builders.served import Client, Served, served
from tests.serving.pages.conftest import ANSWER_CHECK

TEXTS = (*XSS, *FORMULAS)
LIMITS = {"name": 255, "name_en": 255, "plan": 64, "industry": 64, "size": 64, "region": 64}
OWN_SCRIPTS = ("/static/", "/docs/")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A company whose every account has one payload in every text, its id included."""
    made = served(Path(tmp_path_factory.mktemp("hostile")), accounts=len(TEXTS) + 30, weeks=2)
    run = dict(runs(made.engine)[-1])
    rows = [dict(row) for row in rows_of(made.engine, run["run_id"])][: len(TEXTS)]
    assert len(rows) == len(TEXTS)
    for number, (row, text) in enumerate(zip(rows, TEXTS, strict=True)):
        row |= {field: text[:limit] for field, limit in LIMITS.items()}
        row |= {"owner": text[:128], "score_id": f"{number:032d}", "run_id": "h" * 32}
        row |= {"account_id": f"{number:03d}{text}"}
    save_run(made.engine, run | {"run_id": "h" * 32, "created_at": run["created_at"]}, rows)
    with writing(made.engine) as connection:
        said = {"at": run["created_at"], "verdict": "agree", "feature": None}
        for row, text in zip(rows, TEXTS, strict=True):
            note = {"account_id": row["account_id"], "score_id": row["score_id"], "note": text}
            connection.execute(sa.insert(feedback), said | note)
    misses = [
        {**ANSWER_CHECK["misses"][0], "account_id": text, "name": text, "name_en": text,
         "plan": text, "unseen": [_unseen(text)]}
        for text in TEXTS
    ]  # fmt: skip
    kept_answers.keep(made.settings, {**ANSWER_CHECK, "misses": misses}, run["created_at"])
    yield made
    made.engine.dispose()


def _unseen(text: str) -> dict[str, Any]:
    """Return one thing that a miss could not show, as the tables told of it."""
    nothing = {"before": None, "amount": None, "count": 1, "at": "2026-05-01T00:00:00"}
    return {"code": "reason", "text": text, **nothing}


@pytest.fixture(scope="module")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


def addresses() -> list[str]:
    """Return every page: each account's, in turn ja and en, and the ones with hostile filters."""
    found = [f"{page}?lang={language}" for page in html_pages() for language in ("ja", "en")]
    found += [
        f"/accounts/{quote(f'{number:03d}{text}', safe='')}?lang={('ja', 'en')[number % 2]}"
        for number, text in enumerate(TEXTS)
    ]
    for field in ("q", "owner", "plan", "industry", "lang"):
        found += [f"/?{field}={quote(text)}" for text in XSS[::12]]
    return [*found, f"/accounts/{quote(XSS[0], safe='')}", f"/{quote(XSS[13])}", "/sign-in"]


def test_no_page_runs_anything_but_our_own_script(client: Client) -> None:
    assert len(XSS) >= 50
    seen = 0
    for address in addresses():
        page = client.get(address, headers={"Accept": "text/html"})
        assert page.status_code < 500, address
        assert (
            "script-src 'self'" in page.headers["content-security-policy"]
            or "html" not in (page.headers["content-type"])
        )
        assert page.headers["x-content-type-options"] == "nosniff"
        if not page.headers["content-type"].startswith("text/html"):
            assert "script-src" not in page.headers["content-security-policy"]
            continue
        found = active(page.text)
        assert found.found == [], address
        assert all(script.startswith(OWN_SCRIPTS) for script in found.scripts), address
        seen += page.status_code == 200
    assert seen >= len(TEXTS)


def test_the_texts_are_really_shown(client: Client) -> None:
    page = client.get("/?lang=ja&limit=500").text + client.get("/model-check?lang=ja").text
    assert "&lt;svg onload=alert(1)&gt;" in page


def test_the_matrix_would_see_each_kind_of_payload() -> None:
    seen = [active(f"<p>{text}</p>") for text in XSS[:46]]
    assert sum(bool(found.found or found.scripts) for found in seen) > 35
    assert active('<p title="" onmouseover="alert(1)">').found == ["p onmouseover"]


CSVS = (*(one for one in pages() if one.endswith(".csv")), "/v1/accounts.csv")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("address", CSVS)
def test_no_cell_of_any_csv_is_a_formula_and_numbers_are_whole(
    company: Served, client: Client, address: str, language: str
) -> None:
    assert len(FORMULAS) >= 30
    answer = client.get(f"{address}?lang={language}")
    assert answer.status_code == 200
    _require_inert(answer.text)


def test_numbers_of_the_list_are_those_of_the_store(company: Served, client: Client) -> None:
    told = client.get("/v1/accounts.csv").text.removeprefix(BYTE_ORDER_MARK)
    rows = {row["score_id"]: row for row in csv.DictReader(io.StringIO(told, newline=""))}
    assert len(rows) == len(TEXTS)
    with company.engine.connect() as connection:
        asked = sa.select(scores).where(scores.c.run_id == "h" * 32)
        for row in connection.execute(asked).mappings():
            line = rows[row["score_id"]]
            for field in ("churn_probability", "health_score", "arr"):
                assert (float(line[field]) if line[field] else None) == row[field]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_cell_of_the_answer_check_is_a_formula(
    company: Served, tmp_path: Path, language: Language
) -> None:
    kept = json.loads((company.settings.workspace / "answer-check.json").read_text())
    answer_csv.write(tmp_path / "checked.csv", kept, language, "JPY")
    _require_inert((tmp_path / "checked.csv").read_text(encoding="utf-8"))


def _require_inert(text: str) -> None:
    """Read the CSV as a spreadsheet does: no cell may begin as a formula, except a number."""
    rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))
    assert rows
    assert {len(row) for row in rows} == {len(rows[0])}
    for cell in (cell for row in rows for cell in row):
        plain = cell.lstrip(" \u00a0\u3000\u200b\ufeff")
        if plain.startswith(tuple("=+-@\t\r\n＝＋－＠")):
            float(cell)  # a number, as written


@pytest.mark.scale
def test_evidentlys_page_runs_nothing_of_the_names_in_it(tmp_path: Path) -> None:
    from tests.builders.drift import world
    from tests.serving.drift.test_report import drawn

    values = [XSS[i % len(XSS)] for i in range(len(XSS) * 6)]
    harmless = [f"value {i % len(XSS)}" for i in range(len(values))]
    pages: list[str] = []
    for texts in (harmless, values):
        columns = {f"tag{n}": texts[n * 20 :] + texts[: n * 20] for n in range(3)}
        named = {f"{texts[7]} {n}": part for n, part in enumerate(columns.values())}
        world_before = world(1, len(texts)) | columns | named
        path = tmp_path / f"{len(pages)}.html"
        report.write_report(drawn(world_before, world_before), texts[0], path)
        pages.append(path.read_text(encoding="utf-8"))
    plain, hostile = (active(page) for page in pages)
    assert len(hostile.scripts) == len(plain.scripts)
    assert sorted(hostile.found) == sorted(plain.found)
    assert "default-src 'none'" in pages[1].split("</head>")[0]
