"""``kenshin scorecard score``: every live account's score by the card, with its points."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from features.catalog import Language, Words
from features.errors import UnknownAccountError
from features.settings import Bands, Settings, load_settings
from serving.commands.scorecard.company import Standing, called, card_of, standing
from serving.commands.scorecard.printing import lines_table
from serving.instant import rfc3339
from serving.words import band_word, points_text
from training.scale import band, shown

if TYPE_CHECKING:
    from training.scorecard import Scorecard, Scored

COSTLIEST = 3

_SAID = {
    "account": Words("会社", "Account"),
    "score": Words("スコア", "Score"),
    "band": Words("区分", "Band"),
    "card": Words("カード", "Card"),
    "missing": Words("欠測の重み", "Missing weight"),
    "points": Words("下げた指標", "What cost most"),
    "more": Words(
        "ほか{n}社。--limit で件数、--json で全件。", "{n} more: --limit, or --json for all."
    ),
    "reason": Words("理由", "Reason"),
    "row": Words("点", "Points"),
    "value": Words("値", "Value"),
    "total": Words("スコア", "Score"),
}


def score(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    file: Annotated[
        Path | None, typer.Option(help="Scorecard; default: the company's, or its starter card.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day whose beginning (UTC) the scores are about."),
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="One account, with every point and its sentence.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many accounts, the lowest first.")] = 20,
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all accounts as JSON.")] = False,
) -> None:
    """Score every live account by the scorecard; nothing is stored."""
    from training import scorecard

    settings = load_settings(config)
    now = standing(settings, as_of)
    card = card_of(settings, file, now.features)
    scored = scorecard.score(card, now.table, now.features)
    language = lang or settings.company.language
    if as_json:
        document = _document(settings, card, scored, now, account)
        document["file"] = called(settings, file)
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
        return
    place = None if account is None else _place(now, account)
    typer.echo(f"{called(settings, file, language)} ({card.version}), {now.day}")
    if place is not None:
        _say_one(settings, card, scored, now, place, language)
    else:
        _say_all(settings, card, scored, now, limit, language)


def _ids(now: Standing) -> list[str]:
    return [str(account) for account in now.table["account_id"].to_pylist()]


def _place(now: Standing, account: str) -> int:
    ids = _ids(now)
    if account not in ids:
        from features.section import did_you_mean

        raise UnknownAccountError(
            f"the id of an account that is live on {now.day}",
            f"'{account}'{did_you_mean(account, ids) if len(ids) <= 20 else ''}",
            "`kenshin scorecard score --json` lists all.",
        )
    return ids.index(account)


def _document(
    settings: Settings, card: "Scorecard", scored: "Scored", now: Standing, account: str | None
) -> dict[str, Any]:
    ids = _ids(now)
    chosen = range(len(scored)) if account is None else [_place(now, account)]
    return {
        "version": card.version,
        "as_of": None if now.as_of is None else rfc3339(now.as_of),
        "accounts": [
            {"account_id": ids[i], **_row(_bands(settings, card, scored, i), card, scored, i)}
            for i in chosen
        ],
    }


def _bands(settings: Settings, card: "Scorecard", scored: "Scored", i: int) -> Bands:
    """Return the cut-offs of the card that applies to a row."""
    return card.bands_of(str(scored.card[i]), settings.bands)


def _row(bands: Bands, card: "Scorecard", scored: "Scored", i: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "card": scored.card[i],
        "other_card": scored.other_card[i],
        "other_share": float(scored.other_share[i]),
        "missing_share": float(scored.missing_share[i]),
        "withheld": scored.withheld[i],
        "health_score": None,
    }
    if scored.withheld[i] is not None:
        return found | {"band": "no_data"}
    exact = float(scored.health_score[i])
    baseline, points, total = scored.shown(i, bands)
    told = np.flatnonzero(scored.points[i])
    return found | {
        "health_score": total,
        "health_score_exact": exact,
        "band": band(exact, bands),
        "baseline": float(scored.baseline[i]),
        "points": {scored.names[k]: float(scored.points[i, k]) for k in told},
        "baseline_shown": baseline,
        "points_shown": points,
        "indicators": {name: own_band for name, _, own_band in _indicators(card, scored, i)},
    }


def _say_all(
    settings: Settings,
    card: "Scorecard",
    scored: "Scored",
    now: Standing,
    limit: int,
    language: Language,
) -> None:
    said = {key: words.of(language) for key, words in _SAID.items()}
    ids = _ids(now)
    order = np.argsort(scored.health_score, kind="stable")
    rows = []
    for i in order[:limit]:
        withheld = scored.withheld[i] is not None
        exact = float(scored.health_score[i])
        bands = _bands(settings, card, scored, i)
        number = "–" if withheld else str(shown(exact, bands))
        word = band_word("no_data" if withheld else band(exact, bands), language)
        missing = f"{scored.missing_share[i]:.0%}"
        rows.append([ids[i], number, word, str(scored.card[i]), missing, _cost(scored, i)])
    keys = ("account", "score", "band", "card", "missing", "points")
    lines_table([said[key] for key in keys], rows, (1, 4))
    if len(ids) > limit:
        typer.echo(said["more"].format(n=f"{len(ids) - limit:,}"))


def _cost(scored: "Scored", i: int) -> str:
    """Return what took most points; or why there is no score."""
    if scored.withheld[i] is not None:
        return str(scored.withheld[i])
    lowest = np.argsort(scored.points[i], kind="stable")[:COSTLIEST]
    lost = [(scored.names[k], float(scored.points[i, k])) for k in lowest]
    return ", ".join(f"{name} {points_text(p)}" for name, p in lost if p <= -0.5) or "–"


def _say_one(
    settings: Settings,
    card: "Scorecard",
    scored: "Scored",
    now: Standing,
    i: int,
    language: Language,
) -> None:
    from serving.values import value_text
    from training.scorecard.words import BASELINE, sentence, withheld_sentence

    said = {key: words.of(language) for key, words in _SAID.items()}
    features = {feature.name: feature for feature in now.features}
    typer.echo(f"{_ids(now)[i]} [{scored.card[i]}]")
    if scored.withheld[i] is not None:
        typer.echo(withheld_sentence(str(scored.withheld[i]), card, features, language))
        return
    bands = _bands(settings, card, scored, i)
    baseline, points, total = scored.shown(i, bands)
    rows = [[str(baseline), "", "", BASELINE.of(language)]]
    read = {name: (number, own) for name, number, own in _indicators(card, scored, i)}
    reads = {k.name: k.feature for c in card.card for k in c.indicator}
    for name, part in sorted(points.items(), key=lambda item: item[1]):
        value, word = "", ""
        if name in read:
            number, own = read[name]
            feature, currency = features[reads[name]], settings.company.currency
            value = "–" if own is None else value_text(feature, number, language, currency)
            word = "" if own is None else band_word(own, language)
        text = sentence(scored, i, name, card, features, language)
        rows.append([points_text(part), value, word, text])
    word = band_word(band(float(scored.health_score[i]), bands), language)
    rows.append([str(total), "", word, said["total"]])
    lines_table([said[key] for key in ("row", "value", "band", "reason")], rows, (0, 1))
    missing = scored.missing_share[i]
    if missing:
        typer.echo(f"{said['missing']}: {missing:.0%}")


def _indicators(card: "Scorecard", scored: "Scored", i: int) -> list[tuple[str, float, str | None]]:
    """Return name, value and own band of the indicators of the card that applies to a row."""
    applied = next(one for one in card.card if one.code == scored.card[i])
    values = [float(scored.values[i, scored.names.index(k.name)]) for k in applied.indicator]
    pairs = zip(applied.indicator, values, strict=True)
    return [(k.name, value, k.band_of(value)) for k, value in pairs]
