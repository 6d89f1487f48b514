"""POST /v1/predictions: one number by every way, reasons that add up, honest refusals."""

import json
from typing import Any

import httpx
import numpy as np
import pytest

from serving.app import create_app
from serving.champion import Champion
from serving.store.scores import numbers
from tests.builders.served import WHEN, Client, Served, rows_of, served, shipped, stored_values
from training import bundle as shipping

Json = dict[str, Any]


def answered(response: httpx.Response) -> list[Json]:
    assert response.status_code == 200, response.text
    predictions: list[Json] = response.json()["predictions"]
    return predictions


def test_every_way_to_a_probability_gives_the_same_number(company: Served, client: Client) -> None:
    rows = rows_of(company)
    by_bundle = company.bundle.predict(np.stack([numbers(row["values"]) for row in rows]))
    by_id = answered(
        client.post(
            "/v1/predictions", {"accounts": [{"account_id": row["account_id"]} for row in rows]}
        )
    )
    given = [{"features": stored_values(company.bundle, row["values"])} for row in rows]
    by_features = answered(client.post("/v1/predictions", {"accounts": given}))
    compared = 0
    for row, expected, issued, computed in zip(rows, by_bundle, by_id, by_features, strict=True):
        assert issued["account_external_id"] == row["account_id"]
        if row["band"] == "no_data":
            assert issued["churn_probability"] is None
            assert computed["churn_probability"] is None
            continue
        assert issued["churn_probability"] == pytest.approx(expected, abs=1e-9)
        assert computed["churn_probability"] == pytest.approx(expected, abs=1e-9)
        assert 0 < computed["churn_probability"] < 1
        assert issued["health_score"] == computed["health_score"] == row["health_score"]
        assert issued["band"] == computed["band"] == row["band"]
        compared += 1
    assert compared > 40


def test_printed_points_add_up_for_every_account_by_every_way(
    company: Served, client: Client
) -> None:
    rows = rows_of(company)
    asked: list[Json] = [{"account_id": row["account_id"]} for row in rows]
    asked += [
        {"features": stored_values(company.bundle, row["values"]) | {"nps_latest": None}}
        for row in rows
    ]
    asked += [{"account_id": row["account_id"], "features": {"tickets_28d": 40}} for row in rows]
    for one in answered(client.post("/v1/predictions", {"accounts": asked})):
        if one["health_score"] is None:
            assert (one["baseline_points"], one["drivers"]) == (None, [])
            assert one["abstain_reason"]
            continue
        points = [driver["points"] for driver in one["drivers"]]
        assert one["baseline_points"] + sum(points) == one["health_score"]


def test_an_account_alone_answers_with_its_issued_score(company: Served, client: Client) -> None:
    row = rows_of(company)[0]
    by_id = answered(
        client.post("/v1/predictions", {"accounts": [{"account_id": row["account_id"]}]})
    )[0]
    stored = client.get(f"/v1/accounts/{row['account_id']}").json()["score"]
    assert by_id == stored
    assert (by_id["kind"], by_id["score_id"]) == ("issued", row["score_id"])


def test_a_what_if_changes_only_what_was_given(company: Served, client: Client) -> None:
    row = next(row for row in rows_of(company) if row["band"] == "red")
    known = stored_values(company.bundle, row["values"])
    better = {"seats_in_use_28d": 0.99, "logins_per_week_28d": 9.0}
    asked = [
        {"account_id": row["account_id"], "features": better},
        {"features": known | better},
    ]
    what_if, in_full = answered(client.post("/v1/predictions", {"accounts": asked}))
    assert what_if["churn_probability"] == in_full["churn_probability"]
    assert what_if["churn_probability"] < row["churn_probability"]
    assert what_if["kind"] == "computed"
    assert what_if["feature_snapshot_id"] is None
    assert what_if["explanation_url"] is None
    moved = what_if["health_score"] - row["health_score"]
    assert what_if["change"]["delta"] == moved
    assert in_full["account_external_id"] is None
    assert in_full["change"] is None


def test_the_same_input_has_the_same_id_and_another_input_another(client: Client) -> None:
    def ids(usage: float) -> list[str]:
        asked = {"accounts": [{"features": {"seats_in_use_28d": usage}}] * 2}
        return [one["score_id"] for one in answered(client.post("/v1/predictions", asked))]

    first, second = ids(0.5)
    assert first == second
    assert ids(0.5)[0] == first
    assert ids(0.6)[0] != first


def test_features_without_usage_give_no_score_but_a_reason(client: Client) -> None:
    asked = {"accounts": [{"features": {"plan": "Business"}}]}
    one = answered(client.post("/v1/predictions", asked))[0]
    assert (one["band"], one["health_score"]) == ("no_data", None)
    assert one["abstain_reason"] == "no_data_for_usage"


def test_a_category_never_seen_counts_as_missing(client: Client) -> None:
    asked = [{"features": {"seats_in_use_28d": 0.5, "plan": plan}} for plan in ("Platinum", None)]
    unseen, missing = answered(client.post("/v1/predictions", {"accounts": asked}))
    assert unseen["churn_probability"] == missing["churn_probability"]


def test_a_thousand_accounts_are_answered_and_one_more_is_refused(client: Client) -> None:
    one = {"features": {"seats_in_use_28d": 0.5}}
    assert len(answered(client.post("/v1/predictions", {"accounts": [one] * 1000}))) == 1000
    refused = client.post("/v1/predictions", {"accounts": [one] * 1001})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "too_long"


def test_a_wrong_account_gets_the_nearest_known_ones_and_no_echo(client: Client) -> None:
    asked = {"accounts": [{"account_id": "A00001"}, {"account_id": "A0001 jane@example.com"}]}
    refused = client.post("/v1/predictions", {"accounts": asked["accounts"][::-1]})
    assert refused.status_code == 404
    assert refused.json()["type"] == "/problems/unknown-account"
    assert "accounts.0" in refused.json()["found"]
    assert "jane" not in refused.text
    close = client.post("/v1/predictions", {"accounts": [{"account_id": "A0001"}]}).json()["fix"]
    assert "A00010" in close


def test_an_unknown_feature_gets_the_nearest_known_one(client: Client) -> None:
    asked = {"accounts": [{"features": {"seats_in_use_28": 0.5, "zzz": 1, "mrr": "much"}}]}
    faults = client.post("/v1/predictions", asked).json()["errors"]
    assert faults[0] == {
        "field": "body.accounts.0.features.seats_in_use_28",
        "code": "unknown_feature",
        "message": "unknown name; did you mean 'seats_in_use_28d' or 'active_users_28d'?",
    }
    assert "known:" in faults[1]["message"]
    assert (faults[2]["field"], faults[2]["code"]) == (
        "body.accounts.0.features.mrr",
        "wrong_kind",
    )


def test_a_new_model_recomputes_what_an_older_one_issued(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = served(tmp_path_factory.mktemp("two-models"), accounts=12, weeks=2)
    newer = shipped(made.settings, "v2", seed=5)
    champion = Champion(made.settings)
    client = Client(create_app(made.settings, engine=made.engine, champion=champion))
    row = next(row for row in rows_of(made) if row["band"] != "no_data")
    ask = {"accounts": [{"account_id": row["account_id"]}]}
    before = answered(client.post("/v1/predictions", ask))[0]
    shipping.crown(made.settings, "v2", WHEN)
    champion.refresh()
    after = answered(client.post("/v1/predictions", ask))[0]
    expected = newer.predict(newer.encode_row(stored_values(made.bundle, row["values"])))
    assert (before["kind"], before["model_version"]) == ("issued", "v1")
    assert (after["kind"], after["model_version"]) == ("computed", "v2")
    assert after["churn_probability"] == pytest.approx(expected[0], abs=1e-12)
    assert after["change"]["by_model"] == after["change"]["delta"]
    # What was issued stays as issued, and the model that issued it explains it.
    assert client.get(f"/v1/accounts/{row['account_id']}").json()["score"] == before
    made.engine.dispose()


def test_a_thousand_accounts_of_several_megabytes_are_answered(
    company: Served, client: Client
) -> None:
    given = stored_values(company.bundle, rows_of(company)[0]["values"])
    document = {"accounts": [{"features": given}] * 1_000, "drivers": 0}
    body = json.dumps(document, indent=60).encode()
    assert 2_000_000 < len(body) < 8_000_000
    found = answered(client.send(body))
    alone = answered(client.post("/v1/predictions", {"accounts": [{"features": given}]}))
    assert {one["churn_probability"] for one in found} == {alone[0]["churn_probability"]}
    assert len(found) == 1_000
