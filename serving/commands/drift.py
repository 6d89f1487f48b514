"""``kenshin drift``: is the input still the input, and what to do if it is not."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.catalog import Language
from features.clock import utc_now
from features.settings import Settings, load_settings
from serving.commands.progress import waiting
from serving.instant import rfc3339

if TYPE_CHECKING:
    from serving.drift.broken import Feed
    from serving.drift.current import Current
    from serving.drift.verdict import Verdict
    from training.bundle import Bundle


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(drift)


def drift(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    report: Annotated[
        Path | None, typer.Option(help="Also draw evidently's page into this HTML file.")
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Compare the latest snapshot and scores with what the champion was fitted on.

    The verdict is kept; GET /v1/drift answers with it.
    """
    from serving.drift.current import current
    from serving.drift.kept import keep
    from serving.store.engine import open_store
    from training.bundle import champion

    settings = load_settings(config)
    language = lang or settings.company.language
    bundle = champion(settings)
    engine = open_store(settings)
    try:
        now = current(settings, engine, bundle.version)
    finally:
        engine.dispose()
    found = _verdict(settings, now, bundle)
    document = _document(found, now, bundle)
    keep(settings, document, utc_now())
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        _say(found, now, bundle, language, settings.company.currency)
    if report is not None:
        _draw(found, now, bundle, report, language)


def _verdict(settings: Settings, now: "Current", bundle: "Bundle") -> "Verdict":
    from serving.drift.observed import observe
    from serving.drift.verdict import verdict

    return verdict(
        observe(now.table, bundle.inputs),
        now.probability,
        bundle.inputs,
        bundle.reference,
        as_of=now.as_of,
        accounts_before=now.accounts_before,
        feeds=_feeds(settings, now),
        currency=settings.company.currency,
    )


def _feeds(settings: Settings, now: "Current") -> dict[str, "Feed"]:
    """Return how regularly the tables receive rows; a flat table has no times to tell by."""
    if not settings.tables:
        return {}
    from features.sources import load_tables
    from serving.drift.feeds import feeds

    with waiting("Reading the tables"):
        return feeds(load_tables(settings).tables, now.as_of)


def _document(found: "Verdict", now: "Current", bundle: "Bundle") -> dict[str, Any]:
    return {
        "as_of": rfc3339(now.as_of),
        "snapshot_id": now.snapshot_id,
        "model_version": bundle.version,
        **found.as_json(),
    }


_FRAMES: dict[Language, str] = {
    "ja": "{as_of} の{rows:,}社を、モデル {version} の基準{reference:,}行と比べました。",
    "en": "{rows:,} accounts at {as_of}, against {reference:,} reference rows of model {version}.",
}


def _say(
    found: "Verdict", now: "Current", bundle: "Bundle", language: Language, currency: str
) -> None:
    """Print the verdict, why, what to do, and the most important features."""
    from serving.drift.console import feature_table

    headline, *reasons, advice = (words.of(language) for words in found.sentences)
    frame = _FRAMES[language].format(
        as_of=now.as_of.date(),
        rows=found.rows,
        reference=found.reference_rows,
        version=bundle.version,
    )
    typer.echo(f"{frame}\n\n{found.word.upper()}: {headline}")
    for reason in reasons:
        typer.echo(f"  - {reason}")
    typer.echo(f"→ {advice}")
    if any(shift.judged for shift in found.features):
        typer.echo("")
        feature_table(found, bundle.inputs, language, currency)


_HEADINGS: dict[Language, str] = {
    "ja": "Kenshin の判定：{word}（{as_of}）。以下は、モデル {version} の基準から抽出した"
    "{reference:,}行と、{all:,}社のうち{rows:,}社の比較です。列ごとの判定は evidently の既定の方法"
    "によるもので、Kenshin の判定ではありません。",
    "en": "Kenshin's verdict: {word} ({as_of}). Below, {rows:,} of {all:,} accounts beside a "
    "sample of {reference:,} reference rows of model {version}. The marks on single columns follow "
    "evidently's own defaults; they are not Kenshin's verdict.",
}


def _draw(
    found: "Verdict", now: "Current", bundle: "Bundle", path: Path, language: Language
) -> None:
    from serving.drift.findings import printable
    from serving.drift.observed import observe
    from serving.drift.report import drawing, write_report

    observed = observe(now.table, bundle.inputs)
    drawn = drawing(observed, now.probability, bundle.inputs, bundle.reference)
    heading = _HEADINGS[language].format(
        word=found.word,
        as_of=now.as_of.date(),
        version=bundle.version,
        reference=drawn.rows_before,
        all=found.rows,
        rows=drawn.rows_now,
    )
    with waiting("Drawing evidently's page (about half a minute)"):
        write_report(drawn, heading, path)
    for name, reason in drawn.left_out.items():
        typer.echo(f"Not drawn: {printable(name)} ({reason}).", err=True)
    typer.echo(f"Report: {path}", err=True)
