"""From 0 to 200 leavers: what the given scorecard, the learned one and a model each are worth.

``make small-data`` writes docs/small-data.md and benchmarks/small_data.json. Of each company's
development period only some of the accounts are kept, so many that left and the same share of the
others, drawn several times; the later periods it is judged on stay whole. They are parted by date:
on the first half the release gate's check T14 decides between scorecard and model, on the second
half all are judged, so that what ships has not been chosen by its own figures.
"""

import argparse
import json
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.settings import Settings, load_settings
from features.simulator import CompanyPlan, simulate
from training import carded, division, metrics, model, small
from training.calibration import choose
from training.frames import Frame, frame
from training.material import material
from training.recipe import proposed
from training.scorecard_bundle import chances

PAGE = Path(__file__).parent.parent / "docs" / "small-data.md"
FOUND = Path(__file__).with_suffix(".json")
COUNTS = (0, 10, 20, 50, 200)
DRAWS = 2
NO_SCORE = "no score"
Floats = npt.NDArray[np.float64]
Json = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What one way says of the later rows: risk orders them, chance is None without one."""

    risk: Floats
    chance: Floats | None


@dataclass(frozen=True)
class Draw:
    """One draw of leavers: what each way says, and which of them ships, or `NO_SCORE`."""

    left: int
    ways: dict[str, Said]
    ships: str


def companies(folder: Path) -> Iterator[tuple[str, Settings]]:
    """Yield the companies: one simulated, one real as its example maps it."""
    plan = CompanyPlan(accounts=2000, start=date(2023, 1, 1), end=date(2026, 11, 20), seed=7,
                       events_scale=0.15)  # fmt: skip
    yield "Simulated company, 2,000 accounts", load_settings(simulate(plan, folder).settings)
    example = Path(__file__).parent.parent / "examples" / "crm6" / "kenshin.toml"
    yield "crm6 (a simulated CRM of fight-churn's, examples/crm6)", load_settings(example)


def drawn(rows: Frame, count: int, seed: int) -> Frame:
    """Return the rows of a smaller company: so many that left, and the same share of the others.

    Of no leaver there is no share: all who stayed are kept.
    """
    names = rows.account_ids.astype(str)
    left = np.unique(names[rows.churned > 0])
    others = np.setdiff1d(np.unique(names), left)
    draw = np.random.default_rng(seed)
    so_many = round(len(others) * count / len(left)) if count else len(others)
    kept = [*draw.permutation(left)[:count], *draw.permutation(others)[:so_many]]
    return rows.where(np.isin(names, kept))


def one(development: Frame, decide: Frame, judge: Frame, settings: Settings) -> Draw:
    """Return what each way, fitted on one draw, says of the rows it is judged on."""
    card = carded.given(development.features, settings)
    assert card is not None, "both companies have a starter card"
    prior = carded.fit(card, development.where(np.zeros(len(development), bool)), settings)
    fitted = carded.fit(card, development, settings)
    ways = {"prior card": _by_card(prior, judge), "learned card": _by_card(fitted, judge)}
    left = fitted.leavers
    ships = "prior card" if fitted.scale is None else "learned card"
    if not small.says_something(fitted, development, settings):
        ships = NO_SCORE
    if left >= settings.scorecard.minimum_churns:
        decided, judged = _by_model(development, (decide, judge), settings)
        ways["model alone"] = Said(judged, judged)
        rival = _by_card(fitted, decide).chance
        if left >= settings.training.minimum_churns and rival is not None:
            if ships == NO_SCORE:  # then a card cannot hold a model back, a constant can
                rival = np.full(len(decide), development.churned.mean())
            gain = metrics.log_loss_gain(
                decide.churned, decided, rival, decide.account_ids, settings.training.seed
            )
            ships = "model alone" if gain["low"] > 0 else ships
    return Draw(left, ways, ships)


def _by_model(
    development: Frame, unseen: tuple[Frame, Frame], settings: Settings
) -> tuple[Floats, Floats]:
    """Return the probabilities of both frames by the recipe that a training proposes."""
    rules, recipe = settings.training, proposed(len(development))
    bag = model.fit(
        development, rules.folds, rules.seed, rules.threads, recipe.repeats, recipe.parameters
    )
    calibration = choose(bag.held_out, development.churned, development.inseparable)
    booster = lgb.Booster(model_str=bag.text)
    first, second = (
        calibration.probability(model.margin(booster, rows.matrix, rules.threads))
        for rows in unseen
    )
    return first, second


def _by_card(fitted: carded.Carded, rows: Frame) -> Said:
    score = fitted.reading.tell(fitted.reading.of_frame(rows)).score
    there = ~np.isnan(score)
    score = np.where(there, score, np.median(score[there]))
    return Said(-score, None if fitted.scale is None else chances(fitted.scale, score))


def curve(settings: Settings, draws: int) -> list[Json]:
    """Return one line for each number of leavers of a company."""
    given = material(settings, lambda what, done, steps: None)
    rows = frame(given.snapshot.table, given.snapshot.features, given.labels, known=True)
    parts = division.divided(rows, settings).parts
    assert parts is not None, "both companies have dates"
    development = rows.where(np.isin(rows.as_of, parts.fitted))
    decide, judge = halves(rows.where(np.isin(rows.as_of, parts.test)))
    most = len(np.unique(development.account_ids[development.churned > 0].astype(str)))
    lines = []
    for count in COUNTS:
        if count > most:
            lines.append({"count": count, "most": most})
            continue
        repeats = 1 if count in (0, most) else draws
        made = [
            one(drawn(development, count, 100 + n), decide, judge, settings) for n in range(repeats)
        ]
        lines.append(_line(count, made, judge, settings))
    return lines


def halves(test: Frame) -> tuple[Frame, Frame]:
    """Return the earlier and the later half of the test dates; of one date, half the accounts."""
    dates = np.unique(test.as_of)
    if len(dates) > 1:
        early = np.isin(test.as_of, dates[: len(dates) // 2])
    else:
        early = np.array([zlib.crc32(str(name).encode()) % 2 == 0 for name in test.account_ids])
    return test.where(early), test.where(~early)


def _line(count: int, draws: list[Draw], judge: Frame, settings: Settings) -> Json:
    y, even = judge.churned, np.ones(len(judge))
    shipped = [
        d if d.ships == NO_SCORE else replace(d, ways={**d.ways, "ships": d.ways[d.ships]})
        for d in draws
    ]
    names = ("prior card", "learned card", "model alone", "ships")
    found: Json = {
        name: {
            "auc": [metrics.auc(y, d.ways[name].risk, even) for d in shipped if name in d.ways],
            "log_loss": [
                metrics.log_loss(y, chance, even)
                for d in shipped
                if name in d.ways and (chance := d.ways[name].chance) is not None
            ],
        }
        for name in names
    }
    gains = [
        metrics.auc_gain(
            y, d.ways["ships"].risk, d.ways["prior card"].risk, judge.account_ids,
            settings.training.seed,
        )
        for d in shipped
        if "ships" in d.ways
    ]  # fmt: skip
    return {
        "count": count,
        "ways": found,
        "ships": [d.ships for d in draws],
        "gains": gains,
        "worse": sum(gain["high"] < 0 for gain in gains),
        "churns": int(y.sum()),
        "rows": len(y),
    }


def page(found: dict[str, list[Json]], draws: int, seconds: float) -> str:
    """Return docs/small-data.md."""
    parts = [HEAD.format(draws=draws)]
    for name, lines in found.items():
        told = next(line for line in lines if "ways" in line)
        parts += [
            f"## {name}",
            f"Judged on {told['rows']:,} later rows with {told['churns']:,} churns.",
            "| churns | prior card | learned card | model alone | **ships** | which ships | gain "
            "over the prior card, AUC |\n|---|---|---|---|---|---|---|\n"
            + "\n".join(_row(line) for line in lines),
        ]
    worse = sum(line.get("worse", 0) for lines in found.values() for line in lines)
    parts.append(
        f"Draws in which what ships orders accounts worse than the prior card by the whole 90 % "
        f"interval: **{worse}**. Made by `make small-data` in {seconds:.0f} seconds."
    )
    return "\n\n".join(parts) + "\n"


HEAD = """# With few leavers

What Kenshin says after 0, 10, 20, 50 and 200 accounts have left (decision
[0011](decisions/0011-a-scorecard-before-a-model.md)): the scorecard as given, the scorecard with
what history taught it, a model by the proposed recipe, and what ships by the rule. Of the
development period only so many leavers are kept and the same share of all others, as a smaller
company would have them, drawn anew each time (draws: {draws}; one where none or all are kept);
figures are means over the draws (smallest–largest), AUC / log loss, on later periods that neither
was fitted on nor helped to choose. The prior card has no log loss, because it tells no probability.
The last column is what ships less the prior card, with the outermost ends of the draws' 90 %
intervals. "No score": from 50 leavers on, a card that is not better than chance and than a constant
is not shown; below that, none that is worse than chance by the whole interval.

Two things are simpler here than in `kenshin train`. Of the release gate only T14 decides (whether
the model beats the learned card on the earlier half of the later periods) and, where the card may
not be shown, whether it beats the base rate (T2); a model that ships here might be refused for
another check. The model is calibrated on held-out accounts, as for a short history, not on later
dates."""


def _row(line: Json) -> str:
    if "ways" not in line:
        return f"| {line['count']} | not that many left: {line['most']} | | | | | |"
    cells = [_cell(line["ways"][name]) for name in ("prior card", "learned card", "model alone")]
    ships = ", ".join(f"{line['ships'].count(way)} × {way}" for way in dict.fromkeys(line["ships"]))
    return (
        f"| {line['count']} | {' | '.join(cells)} | **{_cell(line['ways']['ships'])}** | {ships} | "
        f"{_gained(line['gains'])} |"
    )


def _gained(gains: list[Json]) -> str:
    """Return the mean gain of the draws that ship anything."""
    if not gains:
        return "–"
    low, high = min(g["low"] for g in gains), max(g["high"] for g in gains)
    return f"{sum(g['value'] for g in gains) / len(gains):+.3f} ({low:+.3f} to {high:+.3f})"


def _cell(way: Json) -> str:
    if not way["auc"]:
        return "–"
    auc = way["auc"]
    spread = f" ({min(auc):.3f}–{max(auc):.3f})" if len(auc) > 1 else ""
    loss = way["log_loss"]
    told = f"{sum(loss) / len(loss):.4f}" if loss else "–"
    return f"{sum(auc) / len(auc):.3f}{spread} / {told}"


def main() -> None:
    """Measure and write the page; exit with 1 where what ships is worse than the prior card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    asked = parser.parse_args()
    began = time.perf_counter()
    found: dict[str, list[Json]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, settings in companies(Path(folder) / "company"):
            found[name] = curve(settings, asked.draws)
    told = {"draws": asked.draws, "seconds": round(time.perf_counter() - began), "found": found}
    FOUND.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(published(told), encoding="utf-8")
    if any(line.get("worse") for lines in found.values() for line in lines):
        raise SystemExit("what ships is worse than the prior card: see docs/small-data.md")


def published(told: Json) -> str:
    """Return the page of what `main` kept."""
    return page(told["found"], told["draws"], told["seconds"])


if __name__ == "__main__":
    main()
