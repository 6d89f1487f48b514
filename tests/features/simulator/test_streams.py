"""What a cause leaves in the records: streams bound to it alone, signs that move with it alone."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
import pytest

from features import snapshots
from features.settings import load_settings
from features.simulator import CompanyPlan, lives, simulate
from features.simulator.causes import CAUSES, CODES, Cause, named_by
from features.simulator.plan import Floats, Grid, Integers, States
from features.simulator.settings_file import settings_text
from features.simulator.streams import STREAMS, Stream
from features.simulator.usage import EVENTS
from features.sources import load_tables

GROUPS = (None, *CODES)
"""In each group of accounts one cause moves, in the first none; the other causes are at rest."""
END = datetime(2026, 11, 20)
PLAN = CompanyPlan(accounts=70 * len(GROUPS), start=date(2026, 1, 20), end=END.date(), seed=3)
WEEKS = 12
"""So long the cause has been at its worst where it was at rest before."""

Values = dict[str, Floats]
Moved = Mapping[str | None, Values]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """Return the features, at the end, of the accounts in which one cause alone ever moved."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lives, "_walk", _walk)
        patch.setattr(lives, "_leave", _nobody_leaves)
        made = simulate(PLAN, tmp_path_factory.mktemp("company"))
    settings = load_settings(made.settings)
    built = snapshots.build(load_tables(settings).tables, settings, [END])
    numbers = [f.name for f in built.features if f.kind != "category"]
    values = {n: built.table[n].cast("double").to_numpy(zero_copy_only=False) for n in numbers}
    account = np.array([int(name[1:]) - 1 for name in built.table["account_id"].to_pylist()])
    return {
        code: {n: v[account % len(GROUPS) == group] for n, v in values.items()}
        for group, code in enumerate(GROUPS)
    }


def _walk(
    cause: Cause, onset: Floats, first_week: Integers, weeks: int, rng: np.random.Generator
) -> States:
    """Three weeks as every spell begins; then at rest, or where the cause moves at the worst."""
    lived = np.arange(weeks)[None, :] - first_week[:, None]
    paths = np.where(lived < 3, cause.first, cause.rest).astype(np.int8)
    late = (np.arange(weeks) >= weeks - WEEKS)[None, :] | (cause.first != cause.rest)
    moves = np.arange(len(onset))[:, None] % len(GROUPS) == GROUPS.index(cause.code)
    paths[(lived >= 3) & late & moves] = int(np.argmax(cause.rates))
    paths[lived < 0] = -1
    return paths


def _nobody_leaves(
    states: tuple[States, ...], effect: Floats, clock: Floats, grid: Grid, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    return np.full(len(effect), grid.days), np.full(len(effect), -1)


def _shift(before: Floats, after: Floats) -> float:
    """How far two samples lie apart: −1 or 1 where they do not overlap, 0 where they are alike."""
    one, other = (np.nan_to_num(v, nan=-1e9) for v in (before, after))
    return float(np.sign(other[None, :] - one[:, None]).mean())


each_cause = pytest.mark.parametrize("code", CODES)
each_stream = pytest.mark.parametrize("stream", STREAMS, ids=lambda s: s.event)


@each_stream
def test_a_stream_runs_at_another_pace_in_the_state_that_drives_most_accounts_out(
    stream: Stream,
) -> None:
    cause = CAUSES[CODES.index(stream.cause)]
    assert len(stream.a_week) == len(cause.states)
    assert min(stream.a_week) >= 0
    worst = int(np.argmax(cause.rates))
    apart = [abs(rate - stream.a_week[worst]) for rate in stream.a_week[:worst]]
    assert max(apart) >= 2
    assert EVENTS.count(stream.event) == 1


@each_stream
def test_features_made_of_a_stream_name_its_cause(stream: Stream, moved: Moved) -> None:
    assert {named_by(feature) for feature in _made_of(stream, moved[None])} == {stream.cause}


@each_cause
def test_the_signs_of_a_cause_move_where_it_moves_and_further_than_those_of_any_other(
    code: str, moved: Moved
) -> None:
    rest, worse = moved[None], moved[code]
    shift = {name: abs(_shift(rest[name], worse[name])) for name in rest}
    own = max(far for name, far in shift.items() if named_by(name) == code)
    others = {n: far for n, far in shift.items() if named_by(n) not in (code, None)}
    assert own > 0.9
    assert max(others.values()) < own - 0.1, max(others, key=lambda n: others[n])


@each_stream
def test_a_stream_moves_with_its_cause_and_stands_still_while_others_move(
    stream: Stream, moved: Moved
) -> None:
    rest = moved[None]
    for feature in _made_of(stream, rest):
        for code in CODES:
            far = abs(_shift(rest[feature], moved[code][feature]))
            assert far > 0.6 if code == stream.cause else far < 0.4, (feature, code)


def _made_of(stream: Stream, values: Values) -> list[str]:
    """Features that the company's settings make of a stream's events alone."""
    text = tomllib.loads(settings_text(PLAN, []))["features"]
    declared = [name for name, made in text.items() if made["event"] == stream.event]
    found = [f for f in values for name in declared if re.fullmatch(name + r"(_\d+d)?", f)]
    assert len(found) == len(declared) > 0
    return found
