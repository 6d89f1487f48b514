"""Every declared feature tells only what was known at its cut-off."""

from tests.features.truth.conftest import CUTS, MERGED, POISONED, TRUNCATED, Told


def test_the_company_has_what_makes_time_difficult(told: Told) -> None:
    assert len(CUTS) >= 20
    table = told.of(merged=False).table
    assert table.num_rows > 200
    late = [row for rows in told.company.values() for row in rows if row.get("recorded_at")]
    assert len(late) > 200
    assert max(table["past_spells"].to_pylist()) > 0
    for feature in told.truth.features:
        assert table[feature.name].null_count < table.num_rows, feature.name


def test_deleting_what_was_not_known_changes_nothing(told: Told) -> None:
    assert told.differing(TRUNCATED) == set()


def test_extreme_rows_that_were_not_known_change_nothing(told: Told) -> None:
    assert told.differing(POISONED) == set()


def test_no_feature_hears_what_people_say(told: Told) -> None:
    """The poisoned copies have opinions, the company that they are compared with has none."""
    assert len(told.opinions) > 100
    assert {row["opinion"] for row in told.opinions} == {"red", "green"}
    assert told.copies.table.column_names == told.truth.table.column_names
    assert told.differing(POISONED) == set()


def test_merged_accounts_are_told_as_if_the_merge_had_been_written_by_hand(told: Told) -> None:
    assert told.of(merged=True).table.num_rows > 100
    assert told.differing(MERGED) == set()
