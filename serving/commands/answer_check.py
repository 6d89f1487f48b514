"""``kenshin answer-check``: whether the score was low before those who left, left."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.catalog import Language
from features.clock import utc_now
from features.errors import NotReadyError, SettingsError
from features.settings import Settings, load_settings
from serving.commands.destination import require_folder

if TYPE_CHECKING:
    from serving.other_scores import Reading


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("answer-check")(answer_check)


def answer_check(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Only who left from that day (UTC) on."),
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Only who left before that day (UTC)."),
    ] = None,
    segment: Annotated[
        str | None, typer.Option(help="Show one segment: plan, size, industry, tenure, …")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write every figure to this CSV.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    scores: Annotated[
        Path | None, typer.Option(help="Check the scores of this CSV instead, anybody's.")
    ] = None,
    columns: Annotated[
        str, typer.Option(help="With --scores: account_id=Id,as_of=Date,score=Health,band=Status.")
    ] = "",
    bands: Annotated[
        str, typer.Option(help="With --scores: what its words mean: Champion=green,Churny=red.")
    ] = "",
    higher: Annotated[
        bool | None,
        typer.Option("--higher-is-better/--lower-is-better", help="With --scores: its direction."),
    ] = None,
    red_at: Annotated[float | None, typer.Option(help="With --scores: red from here on.")] = None,
    green_at: Annotated[
        float | None, typer.Option(help="With --scores: green from here on.")
    ] = None,
) -> None:
    """Check scores against who really left, by the scores as they stood before.

    Without --from, --to and --scores the result is also what the model check page shows.
    """
    from serving.other_scores import Reading

    require_folder(csv)
    settings = load_settings(config)
    language = lang or settings.company.language
    if scores is None:
        _require_scores(columns=columns, bands=bands, red_at=red_at, green_at=green_at)
        checked = check_company(settings, since, to)
    else:
        pairs = {"columns": _pairs("columns", columns), "words": _pairs("bands", bands)}
        reading = Reading(**pairs, higher_is_better=higher, red_at=red_at, green_at=green_at)
        checked = check_file(settings, scores, reading, since, to)
    if segment is not None:
        checked["segments"] = _of_segment(checked["segments"], segment)
    if csv is not None:
        from serving.answer_csv import write

        write(csv, checked, language, settings.company.currency)
    if as_json:
        typer.echo(json.dumps(checked, ensure_ascii=False, allow_nan=False))
    else:
        from serving.commands.answer_tables import say

        say(checked, language, settings.company.currency)
        _say_judgements(checked, language)


def _require_scores(**given: object) -> None:
    """Refuse options that say how to read a file where none is given."""
    for name, value in given.items():
        if value not in (None, ""):
            raise SettingsError(
                f"--scores beside --{name.replace('_', '-')}",
                f"--{name.replace('_', '-')} alone",
                "Name the file of scores with --scores; our own scores need no such option.",
            )


def _say_judgements(checked: dict[str, Any], language: Language) -> None:
    """Print who was right more often, people or the model; of another's scores there is nothing."""
    from serving.opinions import words

    for kind, found in checked.get("judgements", {}).items():
        typer.echo(f"\n{words.said(kind, language)}")
        for sentence in words.sentences(kind, found, language):
            typer.echo(sentence)


def check_company(
    settings: Settings, since: datetime | None = None, to: datetime | None = None
) -> dict[str, Any]:
    """Return the answer check of the company's own scores; that of all its history is kept.

    Raises
    ------
    NotReadyError
        For a flat table, which does not say when an account left.
    """
    from features.sources import load_tables
    from serving import departed
    from serving.answers import check
    from serving.kept_answers import keep
    from serving.store.engine import open_store

    _refuse_flat(settings)
    now = utc_now()
    engine = open_store(settings)
    try:
        tables = load_tables(settings, now=now).tables
        checked = check(settings, engine, tables, since, to)
    finally:
        engine.dispose()
    if since is None and to is None:
        keep(settings, checked, now)
        departed.keep(settings, tables)
    return checked


def check_file(
    settings: Settings,
    path: Path,
    reading: "Reading",
    since: datetime | None = None,
    to: datetime | None = None,
) -> dict[str, Any]:
    """Return the answer check of the scores in a file; see `serving.other_answers`.

    Raises
    ------
    OtherScoresError
        For what cannot be used, by file, column, row and value.
    NotReadyError
        For a flat table.
    """
    from features.sources import load_tables
    from serving.other_answers import check_other, ours_or_none
    from serving.other_scores import read_scores

    _refuse_flat(settings)
    found = read_scores(path, settings, reading)
    tables = load_tables(settings, now=utc_now()).tables
    return check_other(settings, tables, found, path.name, ours_or_none(settings), since, to)


def _refuse_flat(settings: Settings) -> None:
    if settings.flat is not None:
        raise NotReadyError(
            "tables that say when an account left",
            "a flat feature table",
            "How well the model did on later rows is in `kenshin models`.",
        )


def _pairs(option: str, text: str) -> dict[str, str]:
    """Return ``a=b,c=d`` as a mapping.

    Raises
    ------
    SettingsError
        Where a part has no ``=``, or names what the option does not have.
    """
    from serving.other_words import BAND_WORDS, USUAL

    known = set(USUAL) if option == "columns" else set(BAND_WORDS.values())
    pairs: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        ours = name if option == "columns" else value
        if not sign or ours not in known:
            raise SettingsError(
                f"--{option} as " + ("OURS=THEIRS" if option == "columns" else "WORD=BAND"),
                f"'{part}'",
                f"Ours are {', '.join(sorted(known))}.",
            )
        pairs[name] = value
    return pairs


def _of_segment(segments: list[dict[str, Any]], asked: str) -> list[dict[str, Any]]:
    """Return the lines of one segment column.

    Raises
    ------
    SettingsError
        Where there is no such column.
    """
    known = list(dict.fromkeys(line["column"] for line in segments))
    if asked not in known:
        raise SettingsError(
            "a segment that the scores have", f"'{asked}'", f"Known: {', '.join(known) or 'none'}."
        )
    return [line for line in segments if line["column"] == asked]
