import numpy as np
import pytest

from serving.pages.filters import Filters, Span
from serving.pages.roster import Moves, Roster, Rosters
from serving.pages.timeline import week_before, weekly
from tests.builders.store import Populated


@pytest.fixture(scope="module")
def scored(company: Populated) -> tuple[Roster, Moves]:
    timeline = weekly(company.engine)
    rosters = Rosters(company.engine)
    before = week_before(timeline, timeline[-1])
    return rosters.of(timeline[-1]), rosters.moves(timeline[-1], before)


def test_without_filters_everybody_is_listed_by_expected_loss(scored: tuple[Roster, Moves]) -> None:
    roster, moves = scored
    places = Filters().select(roster, moves)
    assert len(places) == len(roster)
    losses = roster.loss[places]
    known = losses[np.isfinite(losses)]
    assert (np.diff(known) <= 0).all()
    assert np.isnan(losses[len(known) :]).all(), "the unscored come last"


@pytest.mark.parametrize("order", ["score", "change", "renewal"])
def test_each_order_sorts_ascending_with_the_unknown_last(
    scored: tuple[Roster, Moves], order: str
) -> None:
    roster, moves = scored
    column = {"score": roster.score, "change": moves.change, "renewal": roster.renewal_days}[order]
    sorted_ = column[Filters(order=order).select(roster, moves)]
    known = sorted_[np.isfinite(sorted_)]
    assert (np.diff(known) >= 0).all()
    assert np.isnan(sorted_[len(known) :]).all()


def test_filters_narrow_and_combine(scored: tuple[Roster, Moves]) -> None:
    roster, moves = scored
    places = Filters(band="red", plan="Business", renewal="90").select(roster, moves)
    assert all(roster.band[at] == 0 and roster.text["plan"][at] == "Business" for at in places)
    assert all(0 <= roster.renewal_days[at] <= 90 for at in places)


def test_a_search_finds_names_in_both_languages_and_ids(scored: tuple[Roster, Moves]) -> None:
    roster, moves = scored
    name = roster.text["name_en"][5]
    assert name is not None
    for word in (name.upper(), roster.account_id[5].lower(), roster.text["name"][5]):
        assert word is not None
        assert 5 in Filters(q=word).select(roster, moves)


def test_a_cell_of_the_heat_table_and_a_move_are_filters(scored: tuple[Roster, Moves]) -> None:
    roster, moves = scored
    places = Filters(score="51-65", arr="300000-").select(roster, moves)
    assert all(51 <= roster.score[at] < 65 and roster.arr[at] >= 300_000 for at in places)
    assert all(moves.band[at] == 1 for at in Filters(was="yellow").select(roster, moves))


@pytest.mark.parametrize(
    "query",
    [{"band": "purple"}, {"order": "drop table"}, {"renewal": "7"}, {"page": "-3"},
     {"page": "１"}, {"score": "x-y"}, {"arr": "9-1"}, {"score": "5"}, {"page": "9" * 30}],
)  # fmt: skip
def test_what_an_address_cannot_mean_is_dropped(query: dict[str, str]) -> None:
    assert Filters.of(query) == Filters()


def test_the_address_holds_what_differs_from_the_plain_list() -> None:
    asked = Filters.of({"band": "red", "q": "a&b=c", "page": "3"})
    assert asked.page == 3
    assert asked.address(page=4) == "?q=a%26b%3Dc&band=red&page=4"
    assert asked.address(band="") == "?q=a%26b%3Dc"
    assert Filters().address() == "?"
    assert asked.narrowed()
    assert not Filters(order="arr", page=2).narrowed()


def test_a_span_is_half_open() -> None:
    span = Span.of("10-20")
    assert span is not None
    assert span.holds(np.array([9.9, 10.0, 19.9, 20.0, np.nan])).tolist() == [
        False, True, True, False, False,
    ]  # fmt: skip
