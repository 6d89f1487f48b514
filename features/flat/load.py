"""Reading a flat feature table: the rows that can be used, their features and what was wrong."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from features import erased
from features.catalog import Feature
from features.checks.upstream import record
from features.checks.violations import CheckReport, Violation
from features.errors import KenshinError, SettingsError, TableError
from features.facts import FACT_KINDS
from features.flat.columns import FlatColumn, declared, finite, given, judge
from features.flat.delivered import delivered_flat, delivered_unfilled
from features.flat.rules import column_violations, flat_rules, table_violations, violation
from features.settings import Flat, Settings, Source
from features.sources.columns import Mapped, as_text, mapped
from features.sources.connection import connect, located, name, text
from features.sources.erasures import quarantine_without, rows_without
from features.sources.origin import ROW, Origin, open_file, unread_sentence
from features.sources.sifting import part
from features.sources.typed import Typed
from features.tables import Column


@dataclass(frozen=True)
class FlatTable:
    """A flat feature table that can be worked with.

    Attributes
    ----------
    table : pa.Table
        ``account_id`` (string), ``as_of`` (timestamp[us], UTC; null throughout where the settings
        name no time), the ``fact_`` columns, one column per feature (float64 or string) in the
        table's own order, ``churned`` (bool, null = unknown). Sorted by as_of, account_id.
    features : tuple of Feature
    report : CheckReport
    """

    table: pa.Table
    features: tuple[Feature, ...]
    report: CheckReport


def load_flat(settings: Settings) -> FlatTable:
    """Return the flat table of the settings.

    Raises
    ------
    SettingsError
        Where the settings name no flat table.
    TableError
        Where it cannot be used; the first reason, and how many more there are.
    """
    loaded = examine_flat(settings)
    refused = loaded.report.refused
    if refused:
        more = len(refused) - 1
        rest = f" ({more} more: run `kenshin check`)" if more else ""
        raise TableError(
            f"a usable flat table: {refused[0].title} ({refused[0].code})",
            refused[0].sentence.rstrip("."),
            refused[0].fix + rest,
        )
    return loaded


def examine_flat(settings: Settings) -> FlatTable:
    """Return whatever can be read of the flat table, with every violation."""
    flat = settings.flat
    if flat is None:
        raise SettingsError(
            "a [flat] section", "none in the settings", "Run `kenshin init FOLDER`."
        )
    con = connect(settings)
    noted = erased.read(settings)
    try:
        origin = open_file(con, "flat", located(settings, flat.file), settings, flat.encoding)
    except (KenshinError, duckdb.Error) as error:
        return _refused([_unopened(flat, error)])
    faults = _missing(flat, origin)
    if faults:
        unfilled = delivered_unfilled(con, settings, origin)
        return _refused([*faults, *unfilled.violations])
    candidates = _candidates(flat, origin)
    table = _typed(con, settings, flat, origin, candidates)
    sifted = part(con, settings, table, "typed.flat t", flat_rules(flat))
    columns = [judge(con, column, flat) for column in candidates] if sifted.kept else []
    chosen = [column for column in columns if not column.verdict]
    left, stayed = _outcomes(con)
    delivery = delivered_flat(con, settings, table, columns, sifted.kept)
    report = CheckReport(
        violations=(
            *table_violations(sifted.read, sifted.kept, left, stayed, len(chosen)),
            *delivery.violations,
            *sifted.violations,
            *column_violations(columns, sifted.kept),
        ),
        rows_read={"flat": sifted.read},
        rows_kept={"flat": sifted.kept},
        quarantine_files={"flat": sifted.quarantine_file} if sifted.quarantine_file else {},
        leaking_columns=frozenset(
            ("flat", column.source) for column in columns if column.verdict.startswith("K4")
        ),
        delivery=delivery,
    )
    rows = _table(con, flat, chosen)
    with erased.changing(settings):
        rows, left_out = _cleaned(settings, rows, report, noted)
    return FlatTable(rows, tuple(map(declared, chosen)), replace(report, left_out=left_out))


def _cleaned(
    settings: Settings, rows: pa.Table, report: CheckReport, noted: erased.Erased
) -> tuple[pa.Table, int]:
    """Take who is erased by now out of rows and quarantine; remember the delivery.

    Raises
    ------
    NotReadyError
        Where somebody was erased meanwhile: what is to be remembered may be about them.
    """
    forgotten = erased.read(settings)
    gone = forgotten.among(rows["account_id"].unique().to_pylist())
    quarantine_without(report.quarantine_files.values(), forgotten, gone)
    erased.require_unchanged(settings, noted)
    if report.usable and report.delivery is not None:
        record(report.delivery)
    return (rows_without(rows, gone) if gone else rows), len(gone)


def _refused(faults: list[Violation]) -> FlatTable:
    empty = pa.table({"account_id": pa.array([], pa.string())})
    return FlatTable(empty, (), CheckReport(violations=tuple(faults)))


def _unopened(flat: Flat, error: Exception) -> Violation:
    if isinstance(error, KenshinError):
        sentence, fix = unread_sentence(error), error.fix
    else:
        said = str(error).strip().split("\n", 1)[0]
        sentence, fix = f"{flat.file} cannot be read: {said}", "Mend `file` under [flat]."
    return violation("K100", "source cannot be read", sentence, fix, "refused")


def _missing(flat: Flat, origin: Origin) -> list[Violation]:
    """Return one refusal per column that the settings name and the table does not have."""
    named = {"account_id": flat.account_id, "label": flat.label, "as_of": flat.as_of}
    named |= {"name": flat.name, "plan": flat.plan, "mrr": flat.mrr}
    wanted = [(key, column) for key, column in named.items() if column is not None]
    wanted += [("exclude", column) for column in flat.exclude]
    wanted += [("categories", column) for column in flat.categories]
    faults = []
    for key, column in wanted:
        if column in origin.columns:
            continue
        close = difflib.get_close_matches(column, origin.columns, n=1, cutoff=0.5)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        listed = ", ".join(list(origin.columns)[:12])
        faults.append(
            violation(
                "K101",
                "missing column",
                f"The flat table has no column '{column}' for {key}; it has {listed}, ….{hint}",
                f"Mend {key} under [flat].",
                "refused",
                column=column,
            )
        )
    return faults


def _candidates(flat: Flat, origin: Origin) -> list[str]:
    """Return the columns that may become features: all but those with another duty."""
    taken = {flat.account_id, flat.label, flat.as_of, flat.name, *flat.exclude}
    return [column for column in origin.columns if column not in taken]


def _typed(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    flat: Flat,
    origin: Origin,
    candidates: Sequence[str],
) -> Typed:
    """Create ``typed.flat``, all rows under our names, and return its description."""
    columns = [*_duties(settings, flat, origin)]
    columns += [_as_is(f"given {c}", c, given(c, origin.columns[c], flat)) for c in candidates]
    parts = [name(ROW)]
    for m in columns:
        parts += [f"{m.value} AS {name(m.canonical)}", f"{m.raw} AS {name('raw ' + m.canonical)}"]
        if m.unreadable != "false":
            parts.append(f"{m.unreadable} AS {name('unreadable ' + m.canonical)}")
    key = "account_id, as_of" if flat.as_of is not None else "account_id"
    copy = f"row_number() OVER (PARTITION BY {key} ORDER BY {name(ROW)})"
    con.execute(
        f"CREATE VIEW typed.flat AS SELECT *, CASE WHEN account_id IS NULL THEN 1 ELSE {copy} END "
        f'AS "copy" FROM (SELECT {", ".join(parts)} FROM {origin.relation})'
    )
    return Typed("flat", origin, tuple(columns))


def _duties(settings: Settings, flat: Flat, origin: Origin) -> list[Mapped]:
    label = given(flat.label, origin.columns[flat.label], flat)
    words = {True: flat.churned_values, False: flat.stayed_values}
    cases = " ".join(
        f"WHEN lower({label}) IN ({', '.join(text(word.lower()) for word in given_words)}) "
        f"THEN {str(churned).lower()}"
        for churned, given_words in words.items()
        if given_words
    )
    account = f"nullif({as_text(name(flat.account_id), origin.columns[flat.account_id])}, '')"
    columns = [
        _as_is("account_id", flat.account_id, account),
        _as_is("label", flat.label, label),
        _as_is("churned", flat.label, f"CASE {cases} END" if cases else "CAST(NULL AS BOOLEAN)"),
    ]
    if flat.as_of is not None:
        at = (flat.as_of, origin.columns[flat.as_of])
        plain = Source(file=flat.file)
        columns.append(mapped("as_of", Column("time"), at, plain, settings.company.timezone))
    for fact, column in (("fact_name", flat.name), ("fact_plan", flat.plan)):
        if column is not None:
            columns.append(_as_is(fact, column, given(column, origin.columns[column], flat)))
    if flat.mrr is not None:
        mrr = finite(given(flat.mrr, origin.columns[flat.mrr], flat))
        columns.append(_as_is("fact_mrr", flat.mrr, mrr))
    return columns


def _as_is(canonical: str, source: str, value: str) -> Mapped:
    raw = f"CAST({name(source)} AS VARCHAR)"
    return Mapped(canonical, source, Column("text"), value, raw, "false")


def _outcomes(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    left, stayed = con.execute(
        "SELECT count(*) FILTER (WHERE churned), count(*) FILTER (WHERE NOT churned) FROM main.flat"
    ).fetchall()[0]
    return int(left), int(stayed)


def _table(con: duckdb.DuckDBPyConnection, flat: Flat, columns: Sequence[FlatColumn]) -> pa.Table:
    """Return the clean rows as Arrow, columns as `FlatTable` says."""
    there = {"fact_name": flat.name, "fact_plan": flat.plan, "fact_mrr": flat.mrr}
    facts = [fact if there.get(fact) else f"NULL AS {name(fact)}" for fact in FACT_KINDS]
    as_of = "as_of" if flat.as_of is not None else "NULL AS as_of"
    features = [f"{column.value} AS {name(column.feature)}" for column in columns]
    order = "as_of, account_id" if flat.as_of is not None else "account_id"
    arrow: pa.Table = con.sql(
        f"SELECT {', '.join(['account_id', as_of, *facts, *features, 'churned'])} "
        f"FROM main.flat ORDER BY {order}"
    ).to_arrow_table()
    kinds = [pa.float64() if column.kind == "number" else pa.string() for column in columns]
    types = [pa.string(), pa.timestamp("us"), *FACT_KINDS.values(), *kinds, pa.bool_()]
    return arrow.cast(pa.schema(list(zip(arrow.column_names, types, strict=True))))
