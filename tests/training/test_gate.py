"""The decision over the evidence, which is pure: every check holds, or the champion stays."""

import pytest

from features.catalog import Words
from features.errors import SettingsError
from training.checks import Check, Result, Severity
from training.gate import Evidence, LeakError, decide, require_no_leak


def check(code: str, result: Result = "passed", severity: Severity = "release") -> Check:
    found = Words(f"{code}の文。", f"What {code} found.")
    return Check(code, Words(f"{code}題", f"Title {code}"), severity, result, found)


SOUND = (check("T1", severity="signal"), check("T5"), check("T13", "not applicable"))


@pytest.mark.parametrize(
    ("added", "verdict", "refused_by"),
    [
        ((), "promote", ()),
        ((check("T4", "failed", "warning"),), "promote", ()),
        ((check("T15", "failed"),), "keep", ("T15",)),
        ((check("T2", "failed", "signal"),), "no signal", ("T2",)),
        ((check("T2", "failed", "signal"), check("T16", "failed")), "no signal", ("T2", "T16")),
    ],
    ids=["sound", "warned", "refused", "no signal", "both"],
)
def test_every_signal_and_release_check_has_to_hold(
    added: tuple[Check, ...], verdict: str, refused_by: tuple[str, ...]
) -> None:
    decision = decide(Evidence((*SOUND, *added), "v3"))
    assert (decision.verdict, decision.refused_by) == (verdict, refused_by)
    assert bool(decision.reason) == (verdict == "no signal")
    if refused_by:
        assert "v3 stays in service." in decision.why.en
        assert all(code in decision.why.en and code in decision.why.ja for code in refused_by)


def test_what_stands_in_nobodys_place_says_nothing_of_a_champion() -> None:
    assert "replaces" not in decide(Evidence(SOUND, None)).why.en
    assert decide(Evidence(SOUND, "v3")).why.en.endswith("it replaces v3.")
    assert "None" not in decide(Evidence((check("T5", "failed"),), None)).why.en


def test_a_failure_passed_over_with_a_reason_does_not_stand_but_stays_on_record() -> None:
    decision = decide(Evidence((*SOUND, check("T15", "failed")), "v3", {"T15": "new price list"}))
    assert decision.verdict == "promote"
    assert decision.json()["ignored"] == {"T15": "new price list"}
    assert [c.ignored for c in decision.checks if c.code == "T15"] == ["new price list"]


@pytest.mark.parametrize(
    ("ignored", "said"),
    [({"T99": "why"}, "docs/checks.md"), ({"T1": "why"}, "Nobody may pass over T1")],
)
def test_settings_cannot_pass_over_what_there_is_not_or_what_is_essential(
    ignored: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        decide(Evidence(SOUND, None, ignored))


def test_names_of_columns_among_the_reasons_are_no_codes() -> None:
    assert decide(Evidence(SOUND, None, {"accounts.status": "seen"})).verdict == "promote"


def test_a_leak_stops_the_training_and_a_reason_lets_it_go_on() -> None:
    found = (check("T7", "failed"), check("T18", "failed"), check("T5", "failed"))
    with pytest.raises(LeakError, match=r"T7 .*What T7 found\. T18 .*What T18 found") as caught:
        require_no_leak(found, {})
    assert "T5" not in str(caught.value)
    assert caught.value.exit_code == 2
    require_no_leak(found, {"T7": "seen", "T18": "seen"})
    require_no_leak((check("T7"), check("T18", "not applicable")), {})
