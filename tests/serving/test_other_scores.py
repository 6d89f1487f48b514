"""Anybody's scores: every column name, word, direction and date that files have."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from features.settings import Company, Settings
from serving.other_scores import OtherScoresError, Reading, read_scores

TOKYO = Settings(company=Company(timezone="Asia/Tokyo"))


def read(folder: Path, text: str, reading: Reading | None = None, encoding: str = "utf-8") -> Any:  # noqa: ANN401
    path = folder / "theirs.csv"
    path.write_text(text, encoding=encoding)
    return read_scores(path, TOKYO, reading or Reading()).to_pylist()


def test_usual_names_and_words_are_understood_without_being_told(tmp_path: Path) -> None:
    rows = read(tmp_path, "Account ID,Date,Status\nA1,2026-01-05,At Risk\nA2,2026-01-05,Good\n")
    assert [row["band"] for row in rows] == ["red", "green"]
    assert rows[0]["as_of"] == datetime(2026, 1, 4, 15)  # midnight in Tokyo


def test_a_japanese_file_in_shift_jis_is_understood(tmp_path: Path) -> None:
    text = "会社ID,基準日,状態\nA1,2026年1月5日,要対応\nA2,2026/1/5,黄\nA3,2026/1/5,\n"
    rows = read(tmp_path, text, encoding="cp932")
    assert [row["band"] for row in rows] == ["red", "yellow", "no_data"]
    assert len({row["as_of"] for row in rows}) == 1


def test_columns_and_words_of_its_own_are_mapped(tmp_path: Path) -> None:
    reading = Reading(
        columns={"account_id": "Konto", "as_of": "Tag", "band": "Lage"}, words={"Mies": "red"}
    )
    (row,) = read(tmp_path, "Konto,Tag,Lage\nA1,2026-01-05T09:00:00Z,mies\n", reading)
    assert (row["band"], row["as_of"]) == ("red", datetime(2026, 1, 5, 9))


HEAD = "id,date,score\n"


def test_cut_offs_take_both_ends_in_and_say_the_direction(tmp_path: Path) -> None:
    text = HEAD + "".join(f"A{score},2026-01-05,{score}\n" for score in (1, 3, 5, 7, 9))
    up = read(tmp_path, text, Reading(red_at=3, green_at=7))
    assert [row["band"] for row in up] == ["red", "red", "yellow", "green", "green"]
    down = read(tmp_path, text, Reading(red_at=7, green_at=3))
    assert [row["band"] for row in down] == ["green", "green", "yellow", "red", "red"]
    assert [row["health_score"] for row in down] == [-1, -3, -5, -7, -9]


def test_a_score_from_0_to_100_may_use_our_cut_offs(tmp_path: Path) -> None:
    text = HEAD + "A1,2026-01-05,50\nA2,2026-01-05,80\nA3,2026-01-05,\n"
    rows = read(tmp_path, text, Reading(higher_is_better=True))
    assert [row["band"] for row in rows] == ["red", "green", "no_data"]


def test_probabilities_come_along(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "id,date,band,churn_probability\nA1,2026-01-05,red,0.25\n")
    assert row["churn_probability"] == 0.25


@pytest.mark.parametrize(
    ("text", "reading", "said"),
    [
        ("id,score\nA1,5\n", Reading(), r"as_of in theirs\.csv.*id, score.*--columns as_of="),
        ("id,date\nA1,2026-01-05\n", Reading(), "neither a score nor a band"),
        (HEAD + "A1,2026-01-05,5\n", Reading(), "--red-at and --green-at"),
        (HEAD + "A1,2026-01-05,5\n", Reading(higher_is_better=False), "lower is better"),
        (HEAD + "A1,2026-01-05,5\n", Reading(red_at=3), "both cut-offs"),
        (HEAD + "A1,2026-01-05,5\n", Reading(red_at=3, green_at=3), "two different cut-offs"),
        (
            HEAD + "A1,2026-01-05,5\n",
            Reading(red_at=3, green_at=7, higher_is_better=False),
            "in the direction",
        ),
        (HEAD + "A1,2026-01-05,5\nA2,2026-01-05,many\n", Reading(red_at=3, green_at=7),
         r"column 'score' of theirs\.csv; found 'many' in row 3"),
        (HEAD + "A1,05.01.26,5\n", Reading(red_at=3, green_at=7), r"column 'date'.*'05\.01\.26'"),
        (HEAD + ",2026-01-05,5\n", Reading(red_at=3, green_at=7), "an account id in column 'id'"),
        (HEAD + "A1,2026-01-05,5\nA1,2026-01-05,6\n", Reading(red_at=3, green_at=7), "Row 2 has"),
        (HEAD + "A1,2026-01-05,150\n", Reading(higher_is_better=True), "a score from 0 to 100"),
        ("id,date,band\nA1,2026-01-05,mauve\n", Reading(), "'mauve' in row 2.*mauve=red"),
        ("id,date,band,probability\nA1,2026-01-05,red,25\n", Reading(), "a number from 0 to 1"),
        ("id,date,band\n", Reading(), "no rows below the heading"),
        ("", Reading(), r"columns: none"),
        (HEAD, Reading(columns={"score": "Health"}), "no column 'Health'"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(
    tmp_path: Path, text: str, reading: Reading, said: str
) -> None:
    with pytest.raises(OtherScoresError, match=said):
        read(tmp_path, text, reading)


def test_a_file_that_is_not_there_or_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OtherScoresError, match="No such file"):
        read_scores(tmp_path / "absent.csv", TOKYO, Reading())
    (tmp_path / "theirs.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(OtherScoresError, match="another encoding"):
        read_scores(tmp_path / "theirs.csv", TOKYO, Reading())
