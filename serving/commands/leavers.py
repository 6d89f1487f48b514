"""``kenshin leavers``: what those who left had not done, beside those who stayed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from features.catalog import Language, Words
from features.settings import Settings, load_settings
from serving.commands.destination import require_folder
from serving.commands.progress import progress


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(leavers)


def leavers(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    csv: Annotated[Path | None, typer.Option(help="Write the whole table to this file.")] = None,
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Say what those who left had not done: never used, never attended, never answered.

    Each company counts once; leavers are held against stayers of the same tenure and plan. What
    goes together with leaving, not proof of a cause. Needs no model.
    """
    settings = load_settings(config)
    require_folder(csv)
    found = compared(settings)
    language = lang or settings.company.language
    if csv is not None:
        from serving.leavers.table import csv as as_csv

        csv.write_bytes(as_csv(found, language).encode())
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    say(found, language)
    if csv is not None:
        typer.echo(_SAID["written"].of(language).format(file=csv))


def compared(settings: Settings) -> dict[str, Any]:
    """Return the table of all the history the settings name whose outcome is known."""
    from training import frames
    from training import leavers as comparing
    from training.material import material

    with progress("starting") as told:
        given = material(settings, told)
        rows = frames.frame(given.snapshot.table, given.snapshot.features, given.labels, known=True)
        return comparing.compare(rows, settings.training.seed)


_SAID = {
    "head": Words(
        "解約した{leavers}社と継続した{stayers}社の比較（{start}～{end}）",
        "{leavers} that left beside {stayers} that stayed ({start} to {end})",
    ),
    "nobody": Words("この期間に解約はありません。", "Nobody left in this period."),
    "nothing": Words("偶然と区別できる違いはありません。", "Nothing stands out from chance."),
    "holds": Words(
        "解約した会社のほうが多い（{alike}で比べても成り立つ）",
        "More leavers had not done it, {alike}",
    ),
    "reversed": Words("継続した会社のほうが多い", "More stayers had not done it"),
    "columns": Words("解約|継続|同条件の継続|オッズ比|90%区間", "left|stayed|alike|odds|90%"),
    "others": Words(
        "ほか{n}件は、条件をそろえると違いがないか、偶然の範囲か、社数が足りない。"
        "--csv または --json で全件。",
        "{n} more: no difference at equal tenure and plan, maybe chance, or too few; "
        "all with --csv or --json.",
    ),
    "cause": Words(
        "解約とともに見られることであり、原因の証明ではない。",
        "What goes together with leaving, not proof of a cause.",
    ),
    "written": Words("{file} に書き出した。", "Written to {file}."),
}
_ALIKE = {
    ("tenure", "plan"): Words("契約期間とプランが同じ会社どうし", "at equal tenure and plan"),
    ("tenure",): Words("契約期間が同じ会社どうし", "at equal tenure"),
    ("plan",): Words("プランが同じ会社どうし", "on equal plans"),
    (): Words("条件をそろえずに", "with nothing held equal"),
}


def say(found: dict[str, Any], language: Language) -> None:
    """Print the table for people."""
    for line in lines(found, language):
        typer.echo(line)


def lines(found: dict[str, Any], language: Language) -> Iterator[str]:
    """Yield what a person reads."""
    said = {key: words.of(language) for key, words in _SAID.items()}
    start, end = (day or "–" for day in found["period"])
    yield said["head"].format(
        leavers=f"{found['leavers']:,}", stayers=f"{found['stayers']:,}", start=start, end=end
    )
    if not found["leavers"]:
        yield said["nobody"]
        return
    standing = [row for row in found["rows"] if row["result"] in ("holds", "reversed")]
    alike = _ALIKE[tuple(found["controlled_for"])].of(language)
    for result in ("holds", "reversed"):
        rows = [row for row in standing if row["result"] == result]
        if rows:
            yield ""
            yield from _table(said[result].format(alike=alike), rows, said["columns"], language)
    if not standing:
        yield said["nothing"]
    yield ""
    if len(found["rows"]) > len(standing):
        yield said["others"].format(n=len(found["rows"]) - len(standing))
    yield said["cause"]


def _table(
    title: str, rows: list[dict[str, Any]], columns: str, language: Language
) -> Iterator[str]:
    """Yield a table that lines up in a terminal, where Japanese letters are two cells wide."""
    from rich.cells import cell_len, set_cell_size

    labels = [str(row[f"label_{language}"]) for row in rows]
    width = min(max(map(cell_len, labels)), 80)
    heads = columns.split("|")
    wide = [max(9, cell_len(head) + 2) for head in heads]
    yield title
    yield " " * width + "".join(
        " " * (w - cell_len(head)) + head for head, w in zip(heads, wide, strict=True)
    )
    for label, row in zip(labels, rows, strict=True):
        cells = [
            _percent(row["leavers"]["share"], language),
            _percent(row["stayers"]["share"], language),
            _percent(row["stayers_alike"], language),
            _times(row["odds_ratio"]),
            "–".join(_times(end) for end in row["odds_interval"]),
        ]
        yield set_cell_size(label, width) + "".join(
            " " * (w - cell_len(cell)) + cell for cell, w in zip(cells, wide, strict=True)
        )


def _percent(share: float | None, language: Language) -> str:
    """Return a share in whole percent; what would round to nothing is less than 1%, never 0%."""
    if share is None:
        return "–"
    if 0 < share < 0.005:
        return Words("1%未満", "<1%").of(language)
    return f"{share:.0%}"


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.1f}"
