"""Companies at the edges: nobody, one, none that left, all healthy, nothing known, hostile."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from markupsafe import escape

from features.catalog import Words
from features.errors import DamagedBundleError, NoSignalError, NotReadyError
from serving.store.engine import open_store
from serving.store.scores import blob, numbers, rows_of, runs, save_run
from tests.builders.served import Client
from tests.builders.store import AS_OF, PaperBundle, Populated, settings_in
from tests.serving.pages.conftest import ANSWER_CHECK, NOBODY_LEFT, application, checked
from training.bundle import champion, write_verdict

HOSTILE = '<script>alert("x")</script>&\'"%(name)s {{7*7}} =1+1'
PAGES = ("/", "/model-check", "/alerts", "/report", "/segments", "/drivers")


def store_with(folder: Path, rows: list[dict[str, Any]], company: Populated) -> Client:
    """Return the pages over a store whose only run has ``rows``."""
    settings = settings_in(folder)
    engine = open_store(settings)
    run = dict(runs(company.engine)[-1]) | {"run_id": "r" * 32, "accounts": len(rows)}
    save_run(engine, run, [row | {"run_id": run["run_id"]} for row in rows])
    return Client(application(settings, engine, checked(company.bundle)))


def latest_rows(company: Populated) -> list[dict[str, Any]]:
    return [dict(row) for row in rows_of(company.engine, runs(company.engine)[-1]["run_id"])]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    "refusal",
    [
        NoSignalError("a signal", "none", "Bring more."),
        NotReadyError("a model", "none", "Train."),
        DamagedBundleError("bytes", "other bytes", "Copy again."),
    ],
)
def test_without_a_model_each_page_says_what_to_do(
    tmp_path: Path, refusal: Exception, language: str
) -> None:
    settings = settings_in(tmp_path)
    client = Client(application(settings, open_store(settings), refusal))  # type: ignore[arg-type]
    for address in (*PAGES, "/accounts/A1", "/portfolio.csv"):
        page = client.get(f"{address}?lang={language}")
        damaged = isinstance(refusal, DamagedBundleError)
        assert page.status_code == (503 if damaged else 200)
        assert "<h1>" in page.text
        if not damaged:
            assert "kenshin train" in page.text


def test_without_scores_the_portfolio_says_so_and_the_model_check_stands(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    client = Client(application(settings, open_store(settings), checked(PaperBundle())))
    assert "kenshin score" in client.get("/?lang=en").text
    assert "Against simpler methods" in client.get("/model-check?lang=en").text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_account_and_one_account_render(
    tmp_path: Path, company: Populated, language: str
) -> None:
    rows = latest_rows(company)
    one = next(row for row in rows if row["band"] == "red")
    nobody = store_with(tmp_path / "none", [], company)
    alone = store_with(tmp_path / "one", [one], company)
    for client in (nobody, alone):
        for address in PAGES:
            assert client.get(f"{address}?lang={language}").status_code == 200
    page = alone.get(f"/accounts/{one['account_id']}?lang={language}")
    assert page.status_code == 200
    assert 'rel="next"' not in page.text


@pytest.mark.parametrize("band", ["green", "no_data"])
def test_a_company_all_of_one_band_renders(tmp_path: Path, company: Populated, band: str) -> None:
    rows = [row for row in latest_rows(company) if row["band"] == band]
    client = store_with(tmp_path, rows, company)
    page = client.get("/?lang=en")
    assert page.status_code == 200
    assert "<b>0</b> companies need action" in page.text
    report = client.get("/report?lang=en").text
    assert "0 companies need action" in report
    assert "Nobody needs action this week" in report
    assert client.get("/segments?lang=en").status_code == 200
    assert client.get("/drivers?lang=en").status_code == 200
    assert client.get(f"/accounts/{rows[0]['account_id']}").status_code == 200


def test_without_revenue_and_attributes_the_pages_speak_of_companies(
    tmp_path: Path, company: Populated
) -> None:
    bare = ("name", "name_en", "plan", "industry", "owner", "arr", "currency", "renewal_date",
            "customer_since")  # fmt: skip
    rows = [row | dict.fromkeys(bare) for row in latest_rows(company)]
    client = store_with(tmp_path, rows, company)
    page = client.get("/?lang=en").text
    assert "are expected to leave within 90 days" in page
    assert "There" not in re.findall(r'name="plan"', page)
    assert 'name="plan"' not in page
    assert "ARR" not in re.sub(r"<option.*?</option>", "", page).replace("share of ARR", "")
    for address in ("/report", "/segments"):
        said = client.get(f"{address}?lang=en").text
        assert "ARR" not in said, address
        assert "nan" not in said.lower().replace("finance", "")
    assert "expected to leave within 90 days" in client.get("/report?lang=en").text
    assert client.get(f"/accounts/{rows[0]['account_id']}").status_code == 200


@pytest.mark.parametrize(
    ("ahead", "ja", "en"),
    [(0, "今日", "today"), (1, "あと1日", "in 1 day"), (24, "あと24日", "in 24 days"),
     (-2, "2日前", "2 days ago")],
)  # fmt: skip
def test_a_renewal_today_is_called_today(
    tmp_path: Path, company: Populated, ahead: int, ja: str, en: str
) -> None:
    row = next(row for row in latest_rows(company) if row["band"] == "red")
    row["renewal_date"] = (row["as_of"] + timedelta(days=ahead)).date()
    client = store_with(tmp_path, [row], company)
    for address in ("/", f"/accounts/{row['account_id']}"):
        for language, said in (("ja", ja), ("en", en)):
            page = client.get(f"{address}?lang={language}").text
            assert re.search(rf">{said}<", page), (address, language)
            assert "あと0日" not in page
            assert "in 0 days" not in page


@pytest.mark.parametrize("language", ["ja", "en"])
def test_hostile_names_and_ids_are_only_text(
    tmp_path: Path, company: Populated, language: str
) -> None:
    rows = latest_rows(company)
    red = next(row for row in rows if row["band"] == "red")
    texts = ("name", "name_en", "plan", "industry", "owner")
    hostile = red | dict.fromkeys(texts, HOSTILE) | {"account_id": "a/../b?c#d<i>", "score_id": "h"}
    client = store_with(tmp_path, [*rows, hostile], company)
    listed = client.get(f"/?band=red&order=loss&q=a%2F..&lang={language}")
    assert listed.status_code == 200
    assert "<script>alert" not in listed.text
    assert str(escape(HOSTILE)) in listed.text
    address = re.findall(r'<th scope="row"><a href="(/accounts/[^"]+)"', listed.text)[0]
    page = client.get(f"{html.unescape(address)}?lang={language}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", page.text, re.S)[0]
    sheet = client.get("/portfolio.csv?q=a%2F..").text
    assert "'" not in sheet.splitlines()[1].split(",")[0]


def test_text_that_begins_like_a_formula_is_disarmed(tmp_path: Path, company: Populated) -> None:
    rows = latest_rows(company)
    armed = rows[0] | {"name": '=HYPERLINK("http://x")', "owner": "+1"}
    sheet = store_with(tmp_path, [armed], company).get("/portfolio.csv").text
    assert "'=HYPERLINK" in sheet
    assert ",'+1" in sheet


def test_a_new_model_is_named_and_old_signals_still_show(
    tmp_path: Path, company: Populated
) -> None:
    settings = settings_in(tmp_path)
    engine = open_store(settings)
    last = runs(company.engine)[-1]
    names = ["unheard_of", *last["feature_names"]]
    older = dict(last) | {"run_id": "o" * 32, "as_of": last["as_of"] - timedelta(days=7),
                          "model_version": "v0", "feature_names": names}  # fmt: skip
    rows = latest_rows(company)
    save_run(engine, dict(last), rows)
    save_run(engine, older, [_older(row, older) for row in rows])
    client = Client(application(settings, engine, checked(company.bundle)))
    assert "The model changed from v0 to v14" in client.get("/?lang=en").text
    account = next(row["account_id"] for row in rows if row["band"] == "red")
    page = client.get(f"/accounts/{account}?lang=en").text
    assert "Model updated" in page
    assert "cannot be compared" in page


def _older(row: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    blobs = {
        name: blob(np.append(-1.5, numbers(row[name]))) if row[name] else None
        for name in ("points", "values")
    }
    marks = {"score_id": "o" + row["score_id"][1:], "run_id": run["run_id"], "as_of": run["as_of"]}
    return row | blobs | marks


def test_no_usable_signal_gives_its_reason_in_the_language_of_the_page(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    said = Words("AUCは0.51。", "AUC is 0.51.")
    write_verdict(settings, "no usable signal", said, AS_OF)
    with pytest.raises(NoSignalError) as refused:
        champion(settings)
    client = Client(application(settings, open_store(settings), refused.value))
    for language, there, not_there in (("ja", said.ja, said.en), ("en", said.en, said.ja)):
        page = client.get(f"/model-check?lang={language}").text
        assert there in page
        assert not_there not in page


def test_nobody_has_left_and_the_model_check_says_so(company: Populated) -> None:
    for check in (NOBODY_LEFT, {}):
        bundle = checked(company.bundle, check)
        page = Client(application(company.settings, company.engine, bundle)).get(
            "/model-check?lang=en"
        )
        assert page.status_code == 200
        assert "Nobody has left yet" in page.text


def test_an_undated_evaluation_of_one_class_renders(company: Populated) -> None:
    bundle = checked(company.bundle)
    unknown = {"value": None, "low": None, "high": None}
    evaluation = bundle.evaluation | {
        "test": {"from": None, "to": None, "rows": 20, "churns": 0, "base_rate": None},
        "metrics": dict.fromkeys(bundle.evaluation["metrics"], unknown),
        "reliability": [],
        "ranges": [],
        "baselines": [{"name": "constant", "auc": None, "log_loss": None, "detail": ""}],
    }
    client = Client(
        application(company.settings, company.engine, replace(bundle, evaluation=evaluation))
    )
    page = client.get("/model-check?lang=en")
    assert page.status_code == 200
    assert "rows that were held back" in page.text
    account = re.findall(r'scope="row"><a href="(/accounts/A\d+)', client.get("/").text)[0]
    assert "No past company had such a score" in client.get(f"{account}?lang=en").text


def test_the_model_check_says_on_what_it_is_counted(company: Populated, client: Client) -> None:
    assert "Counted out of time" in client.get("/model-check?lang=en").text
    issued = ANSWER_CHECK | {"basis": "issued"}
    bundle = checked(company.bundle, issued)
    page = Client(application(company.settings, company.engine, bundle)).get("/model-check?lang=en")
    assert "as they were issued" in page.text


def test_leavers_without_a_record_so_long_before_are_counted_apart(company: Populated) -> None:
    more = checked(company.bundle, ANSWER_CHECK | {"left": ANSWER_CHECK["left"] + 12})
    client = Client(application(company.settings, company.engine, more))
    said = "<b>62</b> companies left. Of the <b>50</b> with a record 8 weeks before"
    assert said in client.get("/model-check?lang=en").text
    assert (
        "解約した<b>62</b>社のうち、8週前の記録がある<b>50</b>社では"
        in client.get("/model-check?lang=ja").text
    )


def test_the_misses_beyond_those_shown_are_told_where_to_find(company: Populated) -> None:
    (miss, *_) = ANSWER_CHECK["misses"]
    many = checked(company.bundle, ANSWER_CHECK | {"misses": [miss] * 15})
    page = Client(application(company.settings, company.engine, many)).get("/model-check?lang=en")
    assert "3 more are at /v1/answer-check." in page.text
    few = Client(application(company.settings, company.engine, checked(company.bundle)))
    assert "are at /v1/answer-check." not in few.get("/model-check?lang=en").text


def test_the_model_check_shows_the_figures_of_the_evaluation(client: Client) -> None:
    page = client.get("/model-check?lang=ja").text
    assert "<b>50</b>社のうち、8週前に「要対応」だったのは<b>46%</b>" in page
    for figure in ("0.842", "0.787–0.893", "0.271", "0.0304", "56%", "0.1524", "0.811"):
        assert figure in page
    assert "株式会社見逃し" in page
    assert 'href="/accounts/A00001"' in page
    assert 'href="/accounts/gone"' not in page
    english = client.get("/model-check?lang=en").text
    assert "Missed Works" in english


def test_a_store_is_left_unchanged_by_reading(client: Client, company: Populated) -> None:
    count = sa.text("SELECT count(*) FROM scores")
    with company.engine.connect() as connection:
        before = connection.execute(count).scalar()
    client.get("/")
    client.get("/accounts/A00003")
    with company.engine.connect() as connection:
        assert connection.execute(count).scalar() == before
