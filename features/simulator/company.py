"""One simulated company, written as tables, block by block."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.simulator.block import Block
from features.simulator.contracts import invoices_table, seats_by_week, subscriptions_table
from features.simulator.departures import churns_table
from features.simulator.engagement import actions_table, learning_table, messages_table
from features.simulator.lives import Spells, live
from features.simulator.opinions import opinions_table
from features.simulator.plan import CompanyPlan, Grid, Integers, Simulation, grid_of
from features.simulator.population import Population, accounts_table, draw_population
from features.simulator.settings_file import refuse_to_overwrite, settings_text
from features.simulator.support import surveys_table, tickets_table
from features.simulator.truth import truth_table
from features.simulator.usage import events_table
from features.simulator.writer import Writer

EVENTS_A_BLOCK = 1_500_000
"""Blocks are cut so that about so many events are in memory at once."""
_EVENTS_A_WEEK = 20.0

Progress = Callable[[int, int], None]
"""Told after each block: accounts done, accounts in all."""


def simulate(plan: CompanyPlan, folder: Path, progress: Progress | None = None) -> Simulation:
    """Write a company's tables, the truth about it and a ``kenshin.toml`` into ``folder``.

    The same plan gives the same bytes. Files are renamed into place when all are complete, so an
    interrupted run leaves none half written.

    Raises
    ------
    PlanError
        Where ``folder`` holds settings that the simulator did not write.
    """
    settings = folder / "kenshin.toml"
    refuse_to_overwrite(settings)
    grid = grid_of(plan)
    population = draw_population(plan, grid)
    with Writer(folder, plan.format) as writer:
        rng = np.random.default_rng([plan.seed, 1])
        writer.write("accounts", accounts_table(population, grid, rng))
        done = 0
        for number, members in enumerate(_blocks(plan, grid)):
            _write_block(plan, grid, population, members, number, writer)
            done += len(members)
            if progress is not None:
                progress(done, plan.accounts)
    settings.write_text(settings_text(plan, list(writer.rows)), encoding="utf-8")
    files = {name: writer.file(name) for name in writer.rows}
    return Simulation(folder, settings, files, dict(writer.rows))


def lives(plan: CompanyPlan) -> Iterator[tuple[Population, Spells]]:
    """Yield all accounts and, block by block, the spells that ``simulate`` draws for ``plan``.

    Nothing is written: this is how the hidden states behind the written tables are seen again.
    """
    grid = grid_of(plan)
    population = draw_population(plan, grid)
    for number, members in enumerate(_blocks(plan, grid)):
        yield population, _spells(plan, grid, population, members, number)


def _spells(
    plan: CompanyPlan, grid: Grid, population: Population, members: Integers, number: int
) -> Spells:
    return live(population, members, grid, np.random.default_rng([plan.seed, 2, number]))


def _blocks(plan: CompanyPlan, grid: Grid) -> list[Integers]:
    """Cut the accounts into blocks, the same for the same plan."""
    an_account = _EVENTS_A_WEEK * plan.events_scale * grid.weeks / 2
    size = int(np.clip(EVENTS_A_BLOCK / an_account, 20, 2000))
    return [
        np.arange(first, min(first + size, plan.accounts))
        for first in range(0, plan.accounts, size)
    ]


def _write_block(
    plan: CompanyPlan,
    grid: Grid,
    population: Population,
    members: Integers,
    number: int,
    writer: Writer,
) -> None:
    """Simulate and write some accounts; every block and table has its own random stream."""
    spells = _spells(plan, grid, population, members, number)
    seats, adoption = population.seats[spells.account], population.adoption[spells.account]
    users = np.maximum(np.rint(seats * adoption), 1).astype(np.int64)

    def block(stream: int) -> Block:
        rng = np.random.default_rng([plan.seed, stream, number])
        return Block(population, spells, grid, users, rng)

    contracted = seats_by_week(block(3))
    tables: dict[str, pa.Table] = {
        "subscriptions": subscriptions_table(block(4), contracted),
        "invoices": invoices_table(block(5), contracted),
        "events": events_table(block(6), plan.events_scale),
        "tickets": tickets_table(block(7), writer.rows.get("tickets", 0)),
        "surveys": surveys_table(block(8)),
        "messages": messages_table(block(9)),
        "learning": learning_table(block(10)),
        "actions": actions_table(block(11)),
        "churns": churns_table(block(12)),
        "opinions": opinions_table(block(13)),
        "truth": truth_table(spells, population, grid, plan.horizon_days),
    }
    for name, table in tables.items():
        writer.write(name, table)
