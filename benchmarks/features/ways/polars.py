"""Polars: lazy scans collected by the streaming engine, one small frame per date.

Events are summed up to cells once: runs of days that no window edge of any date divides. A user's
or a feature's last day before each date is one aggregate per date over a single group.
"""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from benchmarks.features.task import Task, command
from benchmarks.features.wanted import COLUMNS, KEYS
from benchmarks.features.ways.polars_columns import columns
from benchmarks.features.ways.polars_relations import (
    ACCOUNT,
    SMALL,
    label,
    live,
    merged,
    placed,
    relations,
)

WINDOWS = (7, 28, 90, 365)
EDGES = (0, 7, 28, 56, 90, 180, 365)


def run(task: Task) -> None:
    """Write the snapshot of ``task``."""
    cuts = [(as_of - datetime(1970, 1, 1)).days for as_of in task.as_ofs]
    cells, users, names = _usage(task, cuts)
    small = {name: collect(rows) for name, rows in relations(task).items()}
    spells = merged(small["contracts"].lazy(), task.observed_until)
    small["spells"] = collect(spells)
    parts = []
    for as_of, c in zip(task.as_ofs, cuts, strict=True):
        row = live(small["contracts"].lazy(), as_of)
        row = row.join(label(row, small["spells"].lazy(), as_of, task), on=ACCOUNT, how="left")
        for part in (
            _counted(cells.lazy(), c),
            _distinct(users.lazy(), "active_users", c),
            _distinct(names.lazy(), "distinct_events", c),
            *(make(small[name].lazy(), c) for name, make in SMALL),
        ):
            row = row.join(part, on=ACCOUNT, how="left")
        parts.append(columns(row, c).with_columns(as_of=pl.lit(as_of)).select(COLUMNS))
    frame = pl.concat(pl.collect_all(parts, engine="streaming")).sort(KEYS)
    frame.write_parquet(task.out, compression="zstd")


def collect(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return ``rows`` computed by the streaming engine."""
    return rows.collect(engine="streaming")


def _usage(task: Task, cuts: Sequence[int]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    events = placed(pl.scan_parquet(task.file("events")), "occurred_at")
    days = events.group_by(ACCOUNT, "day", "known").agg(
        events=pl.len(),
        logins=(pl.col("event") == "login").sum(),
        quantity=(pl.col("quantity") * 1000).round().cast(pl.Int64).sum(),
        ms=(pl.col("duration_s") * 1000).round().cast(pl.Int64).sum(),
    )
    names = events.group_by(ACCOUNT, "event").agg(_last_days(cuts))
    users = events.filter(pl.col("user_id").is_not_null())
    users = users.group_by(ACCOUNT, "user_id").agg(*_last_days(cuts), *_last_days(cuts, 28))
    found = pl.collect_all([_cells(days, cuts), users, names], engine="streaming")
    return found[0], found[1], found[2]


def _last_days(cuts: Sequence[int], skip: int = 0) -> list[pl.Expr]:
    day, known = pl.col("day"), pl.col("known")
    return [
        day.filter((known <= c) & (day < c - skip) if skip else known <= c)
        .max()
        .alias(f"{skip}:{c}")
        for c in cuts
    ]


def _cells(days: pl.LazyFrame, cuts: Sequence[int]) -> pl.LazyFrame:
    """Return account-days merged into cells, with the date from which each part is known."""
    points = sorted({c - edge for c in cuts for edge in EDGES} | {-1})
    edges = pl.LazyFrame({"cell": points}, schema={"cell": pl.Int32}).set_sorted("cell")
    calendar = pl.LazyFrame({"day": range(cuts[-1])}, schema={"day": pl.Int32}).set_sorted("day")
    calendar = calendar.join_asof(edges, left_on="day", right_on="cell", strategy="backward")
    dates = pl.LazyFrame({"first_c": cuts}, schema={"first_c": pl.Int32}).set_sorted("first_c")
    known = pl.LazyFrame({"known": range(cuts[-1] + 1)}, schema={"known": pl.Int32})
    known = known.set_sorted("known").join_asof(
        dates, left_on="known", right_on="first_c", strategy="forward"
    )
    active = days.group_by(ACCOUNT, "day").agg(pl.col("known").min(), active=pl.lit(1))
    together = pl.concat([days, active], how="diagonal_relaxed")
    together = together.join(calendar, on="day").join(known, on="known")
    return together.group_by(ACCOUNT, "cell", "first_c").agg(
        pl.col("events", "logins", "quantity", "ms", "active").sum(), last=pl.col("day").max()
    )


def _counted(cells: pl.LazyFrame, c: int) -> pl.LazyFrame:
    cell = pl.col("cell")
    found = [pl.col("last").max().alias("last_event")]
    summed = pl.col("events", "logins", "quantity", "ms", "active")
    for w in WINDOWS:
        found.append(summed.filter(cell >= c - w).sum().name.suffix(f"_{w}d"))
    before = (cell >= c - 56) & (cell < c - 28)
    quarter = (cell >= c - 180) & (cell < c - 90)
    found.append(summed.filter(before).sum().name.suffix("_before"))
    found.append(pl.col("events").filter(quarter).sum().alias("events_90d_before"))
    return cells.filter(pl.col("first_c") <= c).group_by(ACCOUNT).agg(found)


def _distinct(rows: pl.LazyFrame, name: str, c: int) -> pl.LazyFrame:
    last = pl.col(f"0:{c}")
    found = [(last >= c - w).sum().alias(f"{name}_{w}d") for w in WINDOWS]
    if name == "active_users":
        found.append((pl.col(f"28:{c}") >= c - 56).sum().alias("active_users_before"))
    return rows.group_by(ACCOUNT).agg(found)


if __name__ == "__main__":
    command(run)
