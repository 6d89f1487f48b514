"""Features alone are read and written in one pass, and it shows in nothing but the time."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from serving.honest_json import check_json
from serving.lexicon import lexicon
from serving.predictions import inputs
from serving.predictions.answers import Context, predict
from serving.predictions.given import Given, given_of
from serving.predictions.reading import Plain, Reader
from serving.predictions.runs import KnownRuns
from serving.predictions.schemas import PredictionRequest
from serving.predictions.stored import Stored
from serving.predictions.written import enclosed, written
from serving.problems import RequestFault
from serving.request_head import MalformedError
from serving.store.scores import numbers
from tests.builders.served import Served, rows_of, stored_values
from training.alone import Teller
from training.bundle import ModelBundle
from training.calibration import Calibration
from training.horizons import Curve, Renewals, Segment
from training.novelty import Novelty
from training.shares import Shares
from training.withholding import Withholding

Json = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, 30, 5, 42)


def rows_as_read(company: Served) -> np.ndarray:
    return np.stack([numbers(row["values"]) for row in rows_of(company)])


def small(rows: np.ndarray, seed: int) -> lgb.Booster:
    """Return trees of at most three splits."""
    churned = np.random.default_rng(seed).random(len(rows)) < 0.4 + 0.2 * (rows[:, 0] > 0)
    fixed = {"verbose": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1}
    asked = {"objective": "binary", "num_leaves": 4, "min_data_in_leaf": 5, "seed": seed}
    return lgb.train(fixed | asked, lgb.Dataset(rows, churned.astype(float)), num_boost_round=15)


@pytest.fixture(params=["large trees", "small trees", "small trees, curve and rules"])
def bundle(company: Served, request: pytest.FixtureRequest) -> ModelBundle:
    """Return the company's model, or one that has all a model can have."""
    assert isinstance(company.bundle, ModelBundle)
    if request.param == "large trees":
        return company.bundle
    rows = rows_as_read(company)
    quick = replace(company.bundle, shares=Shares(small(rows, 1)))
    if request.param == "small trees":
        return quick
    modelled = Calibration(1.2, -0.5)
    segments = (
        Segment("share", 30, 90, calibration=modelled, booster=small(rows, 2)),
        Segment("hazard", 180, 90, constant=0.3),
        Segment("hazard", 365, 180, calibration=Calibration(0.9, 0.1, "beta", bend=0.2),
                booster=small(rows, 3)),
    )  # fmt: skip
    names = [f.name for f in quick.features if f.kind == "number"][:4]
    places = [i for i, f in enumerate(quick.features) if f.name in names]
    logs = np.sign(rows[:, places]) * np.log1p(np.abs(rows[:, places]))
    centre, spread = np.nanmedian(logs, axis=0), np.nanstd(logs, axis=0) + 0.1
    ends = np.full(4, 3.0)
    seen = Novelty(tuple(names), centre, spread, -ends, ends, np.eye(4), 0.1, 4.0, 0.01)
    curve = Curve(90, segments, {}, Renewals(0, 0, step=False))
    return replace(quick, curve=curve, withholding=Withholding(7, seen))


def context(company: Served, bundle: ModelBundle, most: int | None) -> Context:
    return Context(
        bundle, None, company.engine, KnownRuns(company.engine),  # type: ignore[arg-type]
        company.settings, "s1", NOW, most,
    )  # fmt: skip


def every_kind(company: Served) -> list[Json]:
    """Return the features of the company's accounts, some without values, some beyond all seen."""
    told = [stored_values(company.bundle, row["values"]) for row in rows_of(company)[:40]]
    gaps = [dict(list(one.items())[i % 5 :: 3]) for i, one in enumerate(told)]
    far = [{n: v * 1e6 if isinstance(v, float) else v for n, v in one.items()} for one in told[:5]]
    strange = [one | {"plan": "unheard of"} for one in told[:5]]
    usage = {f.name for f in company.bundle.features if f.group == "usage"}
    silent = [{n: None if n in usage else v for n, v in one.items()} for one in told[:5]]
    return [*told, *gaps, *far, *strange, *silent, {told[0].popitem()[0]: None}]


@pytest.mark.parametrize("most", [None, 3, 0])
def test_the_bytes_are_those_of_the_long_way(
    company: Served, bundle: ModelBundle, most: int | None
) -> None:
    ask = context(company, bundle, most)
    accounts = [{"features": one} for one in every_kind(company)]
    request = PredictionRequest.model_validate({"accounts": accounts})
    long = predict(request.accounts, ask)
    known = {one["abstain_reason"] for one in long}
    assert {None, "no_data_for_usage", "no_data_at_all"} <= known
    assert {one["band"] for one in long} > {"no_data"}
    assert all(one["horizons"] for one in long if not one["abstain_reason"]) == bool(bundle.curve)
    if bundle.withholding is not None:
        assert "unlike_any_seen" in known
    given_ = Given(lexicon(bundle), company.settings, "s1")
    rows = inputs.matrix(request.accounts, Stored(None), bundle, ask.champion)
    records, bands = given_.answered(rows, ask.runs.recent(), NOW, most)
    assert bands == [one["band"] for one in long]
    assert enclosed("v7", records) == written("v7", long)


def test_a_bundle_says_of_one_account_what_its_arrays_say(
    company: Served, bundle: ModelBundle
) -> None:
    rows = bundle.encode_row(every_kind(company)[0])
    for one in every_kind(company)[1:]:
        rows = np.vstack([rows, bundle.encode_row(one)])
    for row, said in zip(rows, Teller(bundle).tell(rows), strict=True):
        alone = row[None]
        explained = bundle.explain(alone)
        ranges = bundle.range_record(explained.probability)
        assert said.withheld == bundle.withheld(alone)[0]
        assert (said.probability, said.score) == (explained.probability[0], explained.score[0])
        assert (said.low, said.high) == (ranges.low[0], ranges.high[0])
        assert said.chances == bundle.chances(alone, explained.probability)[0].tolist()
        assert said.baseline == explained.baseline
        assert said.cuts == bundle.cuts(alone)[0]
        np.testing.assert_array_equal(said.points, explained.points[0])


def test_a_scorecard_is_answered_the_long_way(company: Served) -> None:
    class Card:
        kind = "scorecard"

    assert given_of(Card(), company.settings, "s1") is None  # type: ignore[arg-type]


def read_long(body: bytes, company: Served) -> Plain | None:
    """Return what the long way reads, None where it refuses or needs the store."""
    try:
        request = PredictionRequest.model_validate(check_json(body))
        inputs.check_features(request.accounts, company.bundle)
    except (MalformedError, ValueError, RequestFault):
        return None
    if any(one.account_id is not None for one in request.accounts):
        return None
    rows = inputs.matrix(request.accounts, Stored(None), company.bundle, None)  # type: ignore[arg-type]
    return Plain(rows, None if request.drivers == "all" else request.drivers)


def alike(one: Plain, other: Plain) -> bool:
    """Whether two requests are the same to the last bit, the sign of zero included."""
    return one.most == other.most and one.rows.tobytes() == other.rows.tobytes()


NUMBERS = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.just(-0.0), st.booleans()
)
TEXTS = st.one_of(st.sampled_from(["Business", "", "a" * 256, 'a"b', "é:", "\\", "\0"]), st.text())
LITERALS = st.sampled_from(
    ["1e999", "NaN", "-0", "1" * 400, "1.0", "01", "[1]", "{}", "true", '"\\ud800"', '"x', "1e-400"]
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Bodies of requests: keys of all sorts, now and then twice, values of all kinds."""
    names = ["tickets_28d", "plan", "nps_latest", "unheard of", 'pl"an', "ti:ckets"]
    values = st.one_of(
        st.none().map(json.dumps), NUMBERS.map(json.dumps), LITERALS,
        TEXTS.map(lambda text: json.dumps(text, ensure_ascii=draw(st.booleans()))),
    )  # fmt: skip
    accounts = []
    for _ in range(draw(st.integers(0, 3))):
        members = draw(st.lists(st.tuples(st.sampled_from(names), values), max_size=5))
        inside = ",".join(f"{json.dumps(name)}:{value}" for name, value in members)
        outside = draw(st.sampled_from(['"features"', '"account_id"', '"features":{},"features"']))
        accounts.append(f"{{{outside}:{{{inside}}}}}")
    drivers = draw(st.sampled_from(["", ',"drivers":3', ',"drivers":"all"', ',"drivers":1.0',
                                    ',"drivers":3,"drivers":3', ',"drivers":-1', ',"x":1',
                                    ',"accounts":[]', ',"drivers":true']))  # fmt: skip
    text = f'{{"accounts":[{",".join(accounts)}]{drivers}}}'
    return text.encode("utf-8", "surrogatepass")


@given(body=bodies())
@example(b'{"accounts":[{"features":{"plan":"Business","plan":"Business"}}]}')
@example(b'{"accounts":[{"features":{"tickets_28d":null,"tickets_28d":1}}]}')
@example(b'{"accounts":[{"features":{"tickets_28d":1}}],"drivers":"all"}')
@settings(max_examples=300, deadline=None)
def test_what_is_read_in_one_pass_is_what_the_long_way_reads(company: Served, body: bytes) -> None:
    plain, long = Reader(lexicon(company.bundle)).read(body), read_long(body, company)
    if plain is not None:
        assert long is not None
        assert alike(plain, long)


def test_an_honest_body_is_read_in_one_pass(company: Served) -> None:
    accounts = [{"features": one} for one in every_kind(company)]
    for more in ({}, {"drivers": 3}, {"drivers": "all"}):
        body = json.dumps({"accounts": accounts, **more}, ensure_ascii=False).encode()
        plain, long = Reader(lexicon(company.bundle)).read(body), read_long(body, company)
        assert plain is not None
        assert long is not None
        assert alike(plain, long)


@pytest.mark.parametrize("twice", ['"plan":null,', '"plan":"Business",', '"tickets_28d":1,'])
def test_a_key_given_twice_is_left_to_the_strict_reader(company: Served, twice: str) -> None:
    inside = f'{{"features":{{{twice}"plan":"Business","tickets_28d":2}}}}'
    body = f'{{"accounts":[{inside}]}}'.encode()
    assert Reader(lexicon(company.bundle)).read(body) is None
