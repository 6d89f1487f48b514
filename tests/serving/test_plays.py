from pathlib import Path
from typing import get_args

import pytest

from features.catalog import Feature, Group
from features.errors import SettingsError
from features.settings import Settings
from serving.plays import FILE, BandName, Reason, choose, plays_of, read_plays
from tests.builders.small_catalogue import BY_NAME

PLAYS = read_plays(FILE)
SEATS, TICKETS, TENURE, NPS = (
    BY_NAME[name] for name in ("seats_in_use_28d", "tickets_28d", "tenure_months", "nps_latest")
)


def reason(feature: Feature, points: float, *, missing: bool = False, fell: float = 0) -> Reason:
    return Reason(feature, points, missing, fell)


@pytest.mark.parametrize("group", get_args(Group))
@pytest.mark.parametrize("band", get_args(BandName))
def test_every_group_and_band_has_an_action_in_both_languages(group: str, band: str) -> None:
    play = next(play for play in PLAYS if play.answers(group, band))
    for language in ("ja", "en"):
        assert play.title[language]
        assert len(play.steps[language]) == 3
    assert play.due_hours >= 1


def test_the_costliest_reason_that_can_be_influenced_decides() -> None:
    chosen = choose(PLAYS, "red", [reason(TENURE, -20), reason(SEATS, -9), reason(TICKETS, -3)])
    assert chosen.feature == SEATS
    assert chosen.play.code == "ask_what_changed"


def test_a_missing_value_is_no_cause() -> None:
    chosen = choose(PLAYS, "red", [reason(SEATS, -9, missing=True), reason(TICKETS, -3)])
    assert chosen.feature == TICKETS
    assert chosen.play.code == "clear_the_tickets"


def test_what_fell_lately_comes_before_what_was_always_low() -> None:
    chosen = choose(PLAYS, "yellow", [reason(SEATS, -9), reason(NPS, -3, fell=3)])
    assert chosen.feature == NPS


def test_a_small_move_is_not_a_recent_change() -> None:
    chosen = choose(PLAYS, "yellow", [reason(SEATS, -9), reason(NPS, -3, fell=0.5)])
    assert chosen.feature == SEATS


@pytest.mark.parametrize(
    ("band", "code"), [("red", "call_the_customer"), ("yellow", "check_the_facts")]
)
def test_without_a_cause_the_band_decides(band: str, code: str) -> None:
    chosen = choose(PLAYS, band, [reason(TENURE, -20), reason(SEATS, 4)])
    assert chosen.feature is None
    assert chosen.play.code == code


def test_a_healthy_account_gets_a_growth_play_not_a_rescue() -> None:
    chosen = choose(PLAYS, "green", [reason(SEATS, -9)])
    assert (chosen.play.code, chosen.feature) == ("grow_together", None)


def test_a_companys_own_file_replaces_the_shipped_one(tmp_path: Path) -> None:
    own = FILE.read_text(encoding="utf-8").replace("grow_together", "our_own_growth")
    (tmp_path / "plays.toml").write_text(own, encoding="utf-8")
    assert any(play.code == "our_own_growth" for play in plays_of(Settings(root=tmp_path)))
    assert not any(
        play.code == "our_own_growth" for play in plays_of(Settings(root=tmp_path / "x"))
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[[play]", "Mend that line"),
        ("[[play]]\ncode = 'x'", "groups"),
        ("", "none for red"),
        ("[[play]]\ncode='x'\ngroups=['nonsense']\nbands=['red']\ndue_hours=1", "groups.0"),
    ],
)
def test_a_file_that_is_no_plays_file_says_where(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "plays.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=found):
        read_plays(path)
