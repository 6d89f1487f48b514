import json

import numpy as np
import pytest

from serving.drift.verdict import ACTIONS, ADVICE, HEADLINES
from tests.builders.drift import chances_of, judged, profile_of, world


def test_nothing_changed_is_ok_and_asks_for_nothing() -> None:
    verdict = judged(world(1, 3_000), world(2, 2_000))
    assert (verdict.word, verdict.action) == ("ok", "nothing")
    # A rating that half the accounts have gives 1,000 values, so everything is judged.
    assert verdict.sentences == (HEADLINES["ok"], ADVICE["nothing"])


def test_a_broken_column_asks_to_mend_the_feed_even_when_much_has_drifted() -> None:
    now = world(2, 2_000)
    now |= {name: now[name] * 2_000 for name in ("normal_0", "normal_1", "normal_2", "lognormal")}
    verdict = judged(world(1, 3_000), now)
    assert (verdict.word, verdict.action) == ("broken", "fix_the_feed")
    assert verdict.drifted_importance >= 0.2
    assert verdict.sentences[-1] == ADVICE["fix_the_feed"]


@pytest.mark.parametrize(("points", "word"), [(0.5, "watch"), (9.0, "drifted")])
def test_what_drifted_counts_by_its_share_of_the_points(points: float, word: str) -> None:
    before, now = world(1, 3_000), world(2, 2_000)
    now["lognormal"] = now["lognormal"] * 3
    verdict = judged(before, now, reference=profile_of(before, points={"lognormal": points}))
    assert [s.feature for s in verdict.features if s.drifted] == ["lognormal"]
    assert verdict.word == word


def test_scores_that_moved_far_ask_for_a_retraining() -> None:
    verdict = judged(world(1, 3_000), world(2, 2_000), probability=chances_of(2_000, 3) * 2)
    assert (verdict.word, verdict.action) == ("drifted", "retrain")
    assert any("probability of leaving" in sentence.en for sentence in verdict.sentences)


def test_a_drifted_feature_is_named_with_both_medians() -> None:
    now = world(2, 2_000)
    now["normal_1"] = now["normal_1"] + 20
    sentences = judged(world(1, 3_000), now).sentences
    named = [s for s in sentences if "normal_1" in s.en]
    assert len(named) == 1
    assert "→" in named[0].en
    assert "中央値" in named[0].ja


def test_every_word_has_its_action_and_both_languages() -> None:
    for word, headline in HEADLINES.items():
        advice = ADVICE[ACTIONS[word]]
        assert all((headline.ja, headline.en, advice.ja, advice.en))


def test_the_verdict_is_plain_json() -> None:
    now = world(2, 600)
    now["count"] = np.full(600, 4.0)
    verdict = judged(world(1, 600), now)
    written = json.loads(json.dumps(verdict.as_json(), allow_nan=False))
    assert written["word"] == "broken"
    assert written["findings"][0]["evidence"]["value"] == "4"


def test_the_verdict_on_many_rows_and_features_takes_seconds() -> None:
    from time import process_time

    before, now = world(1, 2_000, normal=90), world(2, 50_000, normal=90)
    reference = profile_of(before)
    started = process_time()
    judged(before, now, reference=reference)
    assert process_time() - started < 10
