"""The page of the drift verdict says what the command kept, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.drift import kept
from serving.pages.charts.bars import effect_bar
from tests.builders.served import Client
from tests.builders.small_catalogue import FEATURES
from tests.builders.store import AS_OF, Populated
from training.seal import write_json

FIRST, SECOND = FEATURES[0], FEATURES[1]


def a_feature(name: str, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "feature": name, "importance": 0.4, "rows": 900, "judged": True,
        "test": "kolmogorov-smirnov", "p_value": 0.5, "q_value": 0.5, "stability_index": 0.02,
        "wasserstein": 0.01, "stability_limit": 0.1, "wasserstein_limit": 0.1, "drifted": False,
        "calendar": False, "before": 4.0, "now": 4.0, **other,
    }  # fmt: skip


def verdict(word: str = "ok", **other: Any) -> dict[str, Any]:  # noqa: ANN401
    sentences = ("見出し。", "Headline <b>."), ("なぜか。", "Why."), ("すること。", "Do this.")
    actions = {"ok": "nothing", "watch": "wait", "drifted": "retrain", "broken": "fix_the_feed"}
    return {
        "made_at": "2026-11-21T05:00:00Z", "as_of": f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}",
        "snapshot_id": "another", "model_version": "v14", "word": word, "action": actions[word],
        "sentences": [{"ja": ja, "en": en} for ja, en in sentences],
        "rows": 1_417, "reference_rows": 11_508, "findings": [], "drifted_importance": 0.4,
        "features": [
            a_feature(FIRST.name, drifted=True, wasserstein=0.25),
            a_feature(SECOND.name, judged=False, stability_index=None, wasserstein=None),
        ],
        "score": {
            "rows": 1_400, "judged": True, "level": "none", "stability_index": 0.01,
            "mean_before": 0.044, "mean_now": 0.038, "red_expected": 69.2, "red_now": 60,
            "of": "probability",
        },
        **other,
    }  # fmt: skip


@pytest.fixture
def file(company: Populated) -> Iterator[Path]:
    """Return where the verdict lies; it is taken away again."""
    path = kept.path(company.settings)
    yield path
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_says_the_verdict_why_and_what_to_do(
    client: Client, file: Path, language: str
) -> None:
    write_json(file, verdict("drifted"))
    text = client.get(f"/drift?lang={language}").text
    said = {
        "ja": ("見出し。", "なぜか。", "すること。", FIRST.label.ja, "値が少なく判定なし"),
        "en": ("Headline &lt;b&gt;.", "Why.", "Do this.", FIRST.label.en, "too few values"),
    }
    for words in said[language]:
        assert words in text
    for figure in ("4.4%", "3.8%", ">69<", "<b>60</b>", "1,417", "0.25/0.10"):
        assert figure in text


def test_a_verdict_about_earlier_scores_says_so(client: Client, file: Path) -> None:
    write_json(file, verdict())
    assert "Scores were issued since." in client.get("/drift?lang=en").text


def test_broken_data_are_listed_and_whole_ones_are_called_whole(client: Client, file: Path) -> None:
    write_json(file, verdict())
    assert "The data are whole" in client.get("/drift?lang=en").text
    fault = {
        "code": "unit_jump", "severity": "page", "feature": FIRST.name, "evidence": {},
        "sentence": {"ja": "桁が変わった。", "en": "A <thousand> times."},
    }  # fmt: skip
    write_json(file, verdict("broken", findings=[fault]))
    text = client.get("/drift?lang=en").text
    assert "1 fault of the data" in text
    assert "A &lt;thousand&gt; times." in text
    assert "The data are whole" not in text


def test_a_card_without_probabilities_is_told_by_its_health_score(
    client: Client, file: Path
) -> None:
    score = {**verdict()["score"], "of": "score", "mean_before": 0.2, "mean_now": 0.3}
    write_json(file, verdict(score=score))
    text = client.get("/drift?lang=en").text
    assert "Mean health score" in text
    assert ">80<" in text
    assert "<b>70</b>" in text


@pytest.mark.parametrize(("word", "serious"), [("ok", False), ("watch", False), ("broken", True)])
def test_the_model_check_links_to_it_and_the_portfolio_warns_of_what_is_serious(
    client: Client, file: Path, word: str, serious: bool
) -> None:
    write_json(file, verdict(word))
    assert re.search(r'<a href="/drift">Drift: [^<]+ \(', client.get("/model-check?lang=en").text)
    assert ("Headline &lt;b&gt;." in client.get("/?lang=en").text) is serious


@pytest.mark.parametrize("content", [None, "[]"])
def test_before_anybody_looked_the_page_says_what_to_run(
    client: Client, file: Path, content: str | None
) -> None:
    if content is not None:
        file.write_text(content, encoding="utf-8")
    page = client.get("/drift?lang=en")
    assert page.status_code == 200
    assert "Then: kenshin drift" in page.text
    assert '<a href="/drift" aria-current="page"' in page.text
    assert client.get("/model-check").status_code == 200


def test_the_bar_ends_at_one_and_a_half_times_the_limit() -> None:
    assert 'width="66.67%"' in effect_bar(1.0)
    assert 'class="down"' in effect_bar(1.0)
    assert 'class="expected"' in effect_bar(0.99)
    assert 'width="100.00%"' in effect_bar(40.0)
