"""``kenshin features``: every feature, what it is, whether it exists here, and its SQL."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.catalog import Language
from features.clock import utc_now
from features.errors import NotFoundError, SettingsError
from features.settings import Settings, load_settings
from serving.commands.progress import waiting
from serving.instant import rfc3339
from serving.words import GROUPS

if TYPE_CHECKING:
    from features.catalogue.known import KnownFeature
    from features.sources import Tables

DEFAULT = Path("kenshin.toml")
TITLES: dict[Language, dict[str, str]] = {
    "en": {
        "name": "feature",
        "group": "group",
        "indicator": "indicator",
        "label": "label",
        "definition": "definition",
        "window_days": "window",
        "unit": "unit",
        "good": "better",
        "missing": "missing",
        "needs": "needs",
        "worse": "said when worse",
        "better": "said when better",
        "when_missing": "said when missing",
        "exists": "here",
    },
    "ja": {
        "name": "特徴量",
        "group": "分類",
        "indicator": "指標",
        "label": "名称",
        "definition": "定義",
        "window_days": "期間",
        "unit": "単位",
        "good": "良い方向",
        "missing": "欠測",
        "needs": "必要な列",
        "worse": "悪いときの文",
        "better": "良いときの文",
        "when_missing": "欠測のときの文",
        "exists": "この会社",
    },
}
UNITS = {
    "count": "件数",
    "per_week": "週あたり",
    "share": "割合",
    "change": "変化率",
    "times": "倍",
    "days": "日",
    "hours": "時間",
    "money": "金額",
    "rating": "評点",
    "months": "月",
    "truth": "1か0",
    "text": "文字",
}
"""The units in Japanese; in English they are called what the declarations call them."""
GOOD: dict[Language, dict[str, str]] = {
    "en": {"up": "more", "down": "less", "none": "–"},
    "ja": {"up": "多い", "down": "少ない", "none": "–"},
}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(features)


def features(
    name: Annotated[str | None, typer.Argument(help="One feature, shown in full.")] = None,
    config: Annotated[Path, typer.Option(help="Settings file.")] = DEFAULT,
    lang: Annotated[str | None, typer.Option(help="ja or en; default: the company's.")] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL that computes it.")] = False,
    engine: Annotated[str, typer.Option(help="duckdb, postgres or spark.")] = "duckdb",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Cut-off of the SQL; default: the latest."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """List every feature with its definition; without a settings file, those of the catalogue."""
    from features.catalogue.known import empty_tables, known_features, named

    settings, tables = _company(config)
    language = _language(lang, settings)
    known = known_features(settings, tables)
    if sql:
        one = named(_needed(name), known)
        there = tables or empty_tables(utc_now())
        typer.echo(_statement(one, settings, there, engine, as_of, as_json=as_json), nl=as_json)
    elif name is not None:
        found = named(name, known)
        said = found.document(language)
        typer.echo(json.dumps(said, ensure_ascii=False) if as_json else _in_full(found, language))
    elif as_json:
        listed = [one.document(language) for one in known]
        typer.echo(json.dumps({"features": listed}, ensure_ascii=False))
    else:
        typer.echo(_list(known, language))


def _company(config: Path) -> "tuple[Settings, Tables | None]":
    """Return the settings and the tables; without a settings file, defaults and None."""
    if config == DEFAULT and not config.exists():
        return Settings(), None
    settings = load_settings(config)
    if settings.flat is not None:
        raise SettingsError(
            "event-like tables under [tables]",
            "a flat feature table, whose columns are the features",
            "Read them in that file.",
        )
    from features.sources import load_tables

    with waiting("Reading the tables") as status:
        loaded = load_tables(settings, progress=lambda table: status.update(f"Reading {table}"))
    return settings, loaded.tables


def _language(lang: str | None, settings: Settings) -> Language:
    if lang is None:
        return settings.company.language
    if lang in ("ja", "en"):
        return "ja" if lang == "ja" else "en"
    raise SettingsError("ja or en for --lang", f"'{lang}'", "Mend the option.")


def _needed(name: str | None) -> str:
    if name is None:
        raise SettingsError(
            "the name of a feature with --sql", "none", "Write `kenshin features --sql NAME`."
        )
    return name


def _statement(
    one: "KnownFeature",
    settings: Settings,
    tables: "Tables",
    engine: str,
    as_of: datetime | None,
    *,
    as_json: bool,
) -> str:
    from features.snapshots.statement import ENGINES, statement
    from features.windows import midnight

    chosen = next((known for known in ENGINES if known == engine), None)
    if chosen is None:
        raise SettingsError(f"one of {', '.join(ENGINES)}", f"'{engine}'", "Mend --engine.")
    if one.absent:
        raise NotFoundError(
            "a feature that exists for this company",
            f"{one.feature.name}, which needs {', '.join(one.absent)}",
            "Map what is absent, or read its SQL where there is no kenshin.toml.",
        )
    day = as_of or midnight(tables.observed_until)
    text = statement(tables, settings, day, [one.declared], chosen)
    if not as_json:
        return text
    said = {"name": one.feature.name, "engine": chosen, "as_of": rfc3339(day), "sql": text}
    return json.dumps(said, ensure_ascii=False)


def _here(one: "KnownFeature", language: Language) -> str:
    if one.absent is None:
        return "–"
    if not one.absent:
        return "あり" if language == "ja" else "yes"
    lacking = ", ".join(one.absent)
    return f"なし（{lacking}が必要）" if language == "ja" else f"no: needs {lacking}"


def _list(known: "tuple[KnownFeature, ...]", language: Language) -> str:
    """Return two lines a feature: its facts, and what it is."""
    lines, group = [], ""
    for one in known:
        said = one.document(language)
        if said["group"] != group:
            group = said["group"]
            lines.append(f"\n{_group(group, language)}")
        window = f"{said['window_days']} d" if said["window_days"] else "–"
        unit = _unit(said["unit"], language)
        facts = (said["indicator"], unit, window, GOOD[language][said["good"]])
        here = "" if one.absent is None else f"; {_here(one, language)}"
        lines.append(f"  {said['name']}  [{', '.join(facts)}{here}]")
        lines.append(f"      {said['definition']} {said['missing']}")
    count = f"特徴量 {len(known)}個" if language == "ja" else f"{len(known)} features"
    return "\n".join([*lines, "", count]).lstrip("\n")


def _group(group: str, language: Language) -> str:
    return GROUPS[group].ja if language == "ja" else group


def _unit(unit: str, language: Language) -> str:
    return UNITS[unit] if language == "ja" else unit


def _in_full(one: "KnownFeature", language: Language) -> str:
    said = one.document(language) | {"exists": _here(one, language)}
    said["group"] = _group(said["group"], language)
    said["unit"] = _unit(said["unit"], language)
    said["good"] = GOOD[language][said["good"]]
    said["needs"] = ", ".join(said["needs"])
    days = said["window_days"]
    said["window_days"] = f"[as_of - {days} d, as_of)" if days else "–"
    titles = TITLES[language]
    lines = [f"{title}: {said[key]}" for key, title in titles.items()]
    return "\n".join([*lines, "", f"kenshin features --sql {said['name']}"])
