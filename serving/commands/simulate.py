"""``kenshin simulate``: a company to look at, with the truth about it."""

import calendar
import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from features.errors import KenshinError
from serving.commands.progress import progress


class DateError(KenshinError):
    """A date that is none."""

    slug = "date"
    title = "Not a date"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(simulate)


def simulate(
    folder: Annotated[Path, typer.Argument(help="Where the tables and kenshin.toml go.")],
    accounts: Annotated[int, typer.Option(help="Accounts that ever join.")] = 2000,
    months: Annotated[int, typer.Option(min=6, max=120, help="Months observed.")] = 36,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 20261120,
    end: Annotated[str, typer.Option(help="Day before which everything happens.")] = "2026-11-20",
    events_scale: Annotated[float, typer.Option(help="Multiplies usage events.")] = 1.0,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV instead of Parquet.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as JSON.")
    ] = False,
) -> None:
    """Simulate a B2B software company: every table, a settings file and the truth."""
    from features.simulator import CompanyPlan
    from features.simulator import simulate as simulate_company

    last = _day(end)
    plan = CompanyPlan(
        accounts=accounts,
        start=months_before(last, months),
        end=last,
        seed=seed,
        events_scale=events_scale,
        format="csv" if as_csv else "parquet",
    )
    with progress("Simulating accounts", accounts) as tell:
        made = simulate_company(
            plan, folder, lambda done, all_: tell("Simulating accounts", done, all_)
        )
    if as_json:
        files = {name: str(path) for name, path in made.files.items()}
        typer.echo(json.dumps({"settings": str(made.settings), "files": files, "rows": made.rows}))
        return
    for name, rows in made.rows.items():
        typer.echo(f"{rows:>12,}  {made.files[name]}")
    typer.echo(f"Settings: {made.settings}. Next: kenshin check --config {made.settings}")


def months_before(day: date, months: int) -> date:
    """Return the day ``months`` calendar months earlier, or that month's last.

    >>> months_before(date(2026, 8, 31), 6)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise DateError("a date like 2026-11-20", f"--end {text}", "Write it so.") from None
