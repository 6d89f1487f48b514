"""The curve and the months as text: coordinates, words, and nothing a name could break."""

from serving.pages.charts.curve import HEIGHT, axis_end, curve, months

LEVELS = [(0.0, "0%"), (0.4, "40%")]
HORIZONS = [(30, 0.04, "4%", "30 days"), (90, 0.31, "31%", "90 days")]


def test_the_curve_says_every_horizon_and_where_the_renewal_is() -> None:
    path = [(0.0, 0.0), (30.0, 0.04), (90.0, 0.31)]
    drawn = curve(path, HORIZONS, (84, "Renewal on day 84"), LEVELS, 'chance "><script>')
    for words in ("4%", "31%", "30 days", "90 days", "Renewal on day 84"):
        assert f">{words}</text>" in drawn
    assert drawn.count('class="event"') == 1
    assert "<script>" not in drawn


def test_without_a_renewal_date_nothing_is_marked() -> None:
    assert 'class="event"' not in curve([(0.0, 0.0), (90.0, 0.3)], HORIZONS, None, LEVELS, "c")


def test_an_axis_ends_at_a_round_chance_that_holds_the_curve() -> None:
    assert [axis_end(chance) for chance in (0.0, 0.02, 0.07, 0.93, 1.0)] == [
        0.02, 0.02, 0.1, 1.0, 1.0,
    ]  # fmt: skip


def test_the_largest_month_is_as_tall_as_the_plot_and_nothing_is_no_height() -> None:
    drawn = months([(200.0, "200", "Dec"), (100.0, "100", "Jan"), (0.0, "0", "Feb")], "loss")
    tall = HEIGHT - 34 - 26
    assert f'height="{tall:.1f}"' in drawn
    assert f'height="{tall / 2:.1f}"' in drawn
    assert 'height="0.0"' in drawn
    assert 'height="0.0"' in months([(0.0, "0", "Dec")], "no loss")


def test_the_months_fill_their_column_and_write_words_that_cannot_break_out() -> None:
    drawn = months([(200.0, "<b>", "Dec"), (100.0, "100", "Jan")], 'loss "><script>')
    assert 'width="100%"' in drawn
    assert "viewBox" not in drawn
    assert 'x="25.00%"' in drawn
    assert 'x="75.00%"' in drawn
    assert "<b>" not in drawn
    assert "<script>" not in drawn
