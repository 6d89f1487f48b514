"""``kenshin snapshot``: every feature of every live account, as it was known at an instant."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.collector import uncollected
from features.errors import SettingsError
from features.settings import Settings, load_settings
from serving.commands.progress import progress
from serving.commands.shifts import say_shifts
from serving.commands.verification import issued_ids, verified
from serving.instant import rfc3339

if TYPE_CHECKING:
    from features.snapshots import Outcome, Upkeep
    from features.sources import Tables


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(snapshot)


def snapshot(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="One day; midnight UTC at its beginning."),
    ] = None,
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="day, week, month or a number of days like 14d.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="With a day: also mend others that changed.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Rebuild the day of --as-of from raw and compare.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Build snapshots and write them to the workspace.

    Without a day: the regular days of the settings and the end of what was observed, and every
    stored snapshot that late rows may have changed. A snapshot whose inputs are what they were is
    not built again; one that scores were issued from stays as it was.
    """
    with uncollected():
        from features.snapshots import keep_up
        from features.sources import load_tables

    settings = _with_rhythm(load_settings(config), every)
    if as_of is not None and (start is not None or end is not None or every is not None):
        raise SettingsError(
            "either --as-of or a range", "both", "Give --as-of alone, or --from, --to and --every."
        )
    if settings.flat is not None:
        raise SettingsError(
            "event-like tables under [tables]",
            "a flat feature table, whose rows are snapshots already",
            "Go on with `kenshin train`.",
        )
    if verify:
        verified(settings, as_of, as_json)
        return
    everything = as_of is None and start is None and end is None
    with progress("reading") as tell:
        loaded = load_tables(settings, progress=lambda table: tell(f"reading {table}", 0, 1))
        say_shifts(loaded.report)
        tables = loaded.tables
        days = _days(settings, tables, as_of, start, end)
        upkeep = keep_up(
            tables,
            settings,
            days,
            issued=issued_ids(settings),
            repair=repair or everything,
            progress=tell,
        )
    typer.echo(_document(upkeep) if as_json else _lines(upkeep))


def _with_rhythm(settings: Settings, every: str | None) -> Settings:
    if every is None:
        return settings
    if every not in ("day", "week", "month") and not every.removesuffix("d").isdigit():
        raise SettingsError(
            "day, week, month or a number of days like 14d for --every",
            f"'{every}'",
            "Mend the option.",
        )
    snapshots = settings.snapshots.model_copy(update={"every": every})
    return settings.model_copy(update={"snapshots": snapshots})


def _days(
    settings: Settings,
    tables: "Tables",
    as_of: datetime | None,
    start: datetime | None,
    end: datetime | None,
) -> Sequence[datetime]:
    from features.snapshots import as_of_dates, regular
    from features.windows import midnight

    last = midnight(tables.observed_until)
    for day in (as_of, start, end):
        if day is not None and day > last:
            raise SettingsError(
                f"days up to {last.date()}, the end of what was observed",
                f"{day.date()}",
                "Give an earlier day, or load newer data.",
            )
    if as_of is not None:
        return [as_of]
    if start is None:
        days = as_of_dates(settings, tables, until=end)
        return days if end is not None else sorted({*days, last})
    days = regular(settings.snapshots.every, start, end or last)
    if not days:
        raise SettingsError(
            "a range with at least one day of the rhythm",
            f"none every {settings.snapshots.every} from {start.date()} to {(end or last).date()}",
            "Widen the range or choose another --every.",
        )
    return days


def _document(upkeep: "Upkeep") -> str:
    found = [
        {
            "as_of": rfc3339(o.as_of),
            "snapshot_id": o.manifest.snapshot_id,
            "rows": o.manifest.rows,
            "features": o.manifest.columns,
            "folder": str(o.manifest.folder),
            "what": o.what,
            "built": o.built,
            "accounts_differing": o.accounts,
        }
        for o in upkeep.outcomes
        if o.manifest is not None
    ]
    suspects = [rfc3339(date) for date in upkeep.suspects]
    return json.dumps({"snapshots": found, "may_have_changed": suspects}, ensure_ascii=False)


def _lines(upkeep: "Upkeep") -> str:
    lines = [f"{'as of':<12}{'snapshot':<18}{'accounts':>9}{'features':>10}"]
    there = [(o, o.manifest) for o in upkeep.outcomes if o.manifest is not None]
    for o, m in there:
        line = f"{o.as_of.date()!s:<12}{m.snapshot_id:<18}{m.rows:>9,}{m.columns:>10}"
        lines.append(f"{line}  {_what(o)}")
    if upkeep.suspects:
        days = ", ".join(str(date.date()) for date in upkeep.suspects)
        lines.append(
            f"May have changed since they were built: {days}. `kenshin snapshot` mends them."
        )
    folder = there[0][1].folder.parent.parent if there else None
    return "\n".join([*lines, f"Written to {folder}" if folder else "No account lives at any day."])


def _what(outcome: "Outcome") -> str:
    differing = f"{outcome.accounts:,} account{'s' if outcome.accounts != 1 else ''}"
    return {
        "written": "new",
        "unchanged": "unchanged",
        "repaired": f"repaired: {differing} changed",
        "issued": f"issued as it was; {differing} would differ today",
    }[outcome.what]
