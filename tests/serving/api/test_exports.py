"""Both exports say the same as the list and the records, and are written while they are read."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.accounts.exports import parquet_parts
from serving.accounts.flat import COLUMNS, DRIVERS, schema
from serving.app import create_app
from serving.spreadsheet import BYTE_ORDER_MARK
from serving.store import scores
from tests.builders.served import Client, Params, Served, served

Json = dict[str, Any]
CSV, PARQUET = "/v1/accounts.csv", "/v1/accounts.parquet"
HOSTILE = ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "　=1", '"=1", "x', "a\r\nb")


def csv_rows(client: Client, params: Params = None) -> list[dict[str, str]]:
    answer = client.get(CSV, params=params)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode()
    assert text.startswith(BYTE_ORDER_MARK)
    lines = io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")
    return list(csv.DictReader(lines, strict=True))


def parquet_rows(client: Client, params: Params = None) -> list[Json]:
    answer = client.get(PARQUET, params=params)
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    rows: list[Json] = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    return rows


@pytest.mark.parametrize(
    "params",
    [
        None,
        {"band": ["red", "yellow"]},
        {"plan": ["Business"], "order": "arr"},
        {"q": "株式会社", "order": "change"},
        {"order": "expected_loss", "owner": ["林 あかり"]},
        {"q": "nobody at all"},
    ],
)
def test_both_files_hold_the_accounts_of_the_list_in_its_order(
    client: Client, params: Params
) -> None:
    listed = client.get("/v1/accounts", params={**(params or {}), "limit": "500"}).json()
    ids = [line["account_external_id"] for line in listed["accounts"]]
    assert [row["account_external_id"] for row in csv_rows(client, params)] == ids
    assert [row["account_external_id"] for row in parquet_rows(client, params)] == ids


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_line_says_what_the_canonical_record_says(client: Client, language: str) -> None:
    for row in parquet_rows(client, {"lang": language}):
        record = client.get(f"/v1/scores/{row['score_id']}").json()
        same = ("health_score", "band", "churn_probability", "churn_probability_low",
                "churn_probability_high", "horizon_days", "revenue_at_risk", "recommended_action",
                "reason_code", "abstain_reason", "model_version", "feature_snapshot_id",
                "explanation_url", "account_external_id", "currency")  # fmt: skip
        assert {name: row[name] for name in same} == {name: record[name] for name in same}
        assert row["action"] == record[f"recommended_action_{language}"]
        told = [row[driver] for driver in DRIVERS if row[driver] is not None]
        costing = [driver for driver in record["drivers"]
                   if driver["points"] < 0 and driver["group"]]  # fmt: skip
        assert told == [driver[f"sentence_{language}"] for driver in costing[:3]]


def test_parquet_has_types_and_the_csv_the_same_values_as_text(client: Client) -> None:
    table = pq.read_table(io.BytesIO(client.get(PARQUET).content))
    assert table.schema.equals(schema())
    for typed, text in zip(table.to_pylist(), csv_rows(client), strict=True):
        assert text["as_of"] == f"{typed['as_of']:%Y-%m-%dT%H:%M:%S}Z"
        assert text["renewal_date"] == typed["renewal_date"].isoformat()
        for name in ("health_score", "churn_probability", "arr", "change"):
            given = text[name]
            assert (float(given) if given else None) == typed[name]


def test_whoever_has_this_run_already_gets_nothing_again(client: Client) -> None:
    for address in (CSV, PARQUET):
        first = client.get(address)
        assert 'filename="accounts-2026-11-20.' in first.headers["content-disposition"]
        again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(address, {"lang": "en"}, {"If-None-Match": first.headers["etag"]})
        assert other.status_code == 200


def test_a_misspelt_filter_is_refused(client: Client) -> None:
    for address in (CSV, PARQUET):
        refused = client.get(address, params={"bands": "red"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "query.bands"


WITHHELD = dict.fromkeys(
    ("churn_probability", "churn_probability_low", "churn_probability_high", "health_score",
     "health_score_exact", "points", "top_reasons", "unusual_reason", "horizons")
) | {"band": "no_data", "abstain_reason": "no_data_for_usage"}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A company whose accounts carry names and ids that a spreadsheet would run."""
    made = served(Path(tmp_path_factory.mktemp("hostile")), accounts=16, weeks=1)
    run = scores.latest_run(made.engine, "issued")
    assert run is not None
    rows = scores.rows_of(made.engine, run["run_id"])
    later = {**cast(Json, run), "run_id": "hostile", "as_of": run["as_of"].replace(day=21)}
    strange = [
        {**cast(Json, row), "run_id": "hostile", "as_of": later["as_of"], "name": text,
         "account_id": f"{text}{i}", "score_id": f"{i:032x}", "owner": text, "plan": None}
        for i, (row, text) in enumerate(zip(rows, HOSTILE, strict=False))
    ]  # fmt: skip
    strange[0] |= WITHHELD
    scores.save_run(made.engine, later, strange)
    return made


def test_no_text_is_run_by_a_spreadsheet_and_numbers_stay_numbers(hostile: Served) -> None:
    client = Client(create_app(hostile.settings, engine=hostile.engine))
    rows = csv_rows(client)
    assert len(rows) == len(HOSTILE)
    for row in rows:
        for name in ("account_external_id", "name", "owner"):
            assert row[name].lstrip(" 　")[:1] not in set("=+-@\t\r＝＋－＠")
            assert row[name].removeprefix("'").startswith(HOSTILE)
        assert row["churn_probability"] == "" or 0 <= float(row["churn_probability"]) <= 1
    (withheld,) = (row for row in rows if row["band"] == "no_data")
    assert withheld["abstain_reason"] == "no_data_for_usage"
    assert {withheld["health_score"], withheld["churn_probability"], withheld["top_driver_1"]} == {
        ""
    }
    typed = parquet_rows(client)
    assert {row["name"] for row in typed} == set(HOSTILE)
    hostile.engine.dispose()


def test_a_part_of_the_file_is_out_before_the_next_rows_are_read() -> None:
    asked: list[int] = []

    def batches() -> Iterator[list[Json]]:
        for number in range(3):
            asked.append(number)
            yield [dict.fromkeys(COLUMNS)]

    parts = parquet_parts(batches())
    first = next(parts)
    assert asked == [0]
    whole = first + b"".join(parts)
    assert pq.ParquetFile(pa.BufferReader(whole)).num_row_groups == 3


def test_an_empty_list_is_still_a_file(client: Client) -> None:
    assert parquet_rows(client, {"q": "nobody at all"}) == []
    assert csv_rows(client, {"q": "nobody at all"}) == []
