"""The portfolio page in words: from the computed figures to what the template writes."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from serving.pages import curve_words, override_words, portfolio, scorecard_words
from serving.pages.filters import ORDERS, PER_PAGE, RENEWALS, Filters, Span
from serving.pages.heat import heat
from serving.pages.issuer import Issuer
from serving.pages.months import month_marks, week_places
from serving.pages.reader import Reader
from serving.pages.roster import BANDS, Moves, Roster
from serving.pages.signals import Signals, by_name
from serving.pages.timeline import Run
from serving.store.scores import StoredRow
from serving.words import probability_text

Context = dict[str, Any]
NO_BREAK = "\N{NO-BREAK SPACE}"


def figures(
    engine: sa.Engine,
    timeline: Sequence[Run],
    roster: Roster,
    before: Roster | None,
    moves: Moves,
    counts: list[dict[str, int]],
    reader: Reader,
    model: Issuer,
) -> Context:
    """Return what stands above the list; it is the same for every filter."""
    falls, recoveries = portfolio.movers(engine, roster, moves)
    signals = reader.signals(model.bundle) if model.explains else None
    table = heat(roster, model.bundle.bands)
    bands = groupby(table.columns, key=lambda column: column[2]) if table else ()
    return {
        "totals": portfolio.totals(roster),
        "tiles": portfolio.tiles(roster, before),
        "flow": portfolio.flow(roster, moves),
        "moves": moves,
        "came": int((moves.band < 0).sum()),
        "unscored": int((roster.band == BANDS.index("no_data")).sum()),
        "scorecard": scorecard_words.flag(model, reader),
        **{name: getattr(roster, name) for name in ("has_money", "has_loss", "has_chance")},
        "falls": [_mover(m, roster, moves, signals, reader) for m in falls],
        "recoveries": [_mover(m, roster, moves, signals, reader) for m in recoveries],
        "heat": table,
        "months": curve_words.monthly_loss(roster.run, reader),
        "heat_bands": [(band, len(list(columns))) for band, columns in bands],
        "plans": [_mix(mix, reader) for mix in portfolio.plan_mix(roster)],
        "trend_title": reader.say("Companies not healthy, 52 weeks"),
        "trend": _trend(timeline, counts, reader),
    }


def listing(
    engine: sa.Engine,
    timeline: Sequence[Run],
    roster: Roster,
    moves: Moves,
    filters: Filters,
    reader: Reader,
    model: Issuer,
    held: Mapping[str, StoredRow],
) -> Context:
    """Return the list: one page of rows, the totals of all that match, and the choices.

    Parameters
    ----------
    held : mapping of str to mapping
        Account → the override in force, shown beside the model's band.
    """
    places = filters.select(roster, moves)
    pages = max(1, -(-len(places) // PER_PAGE))
    filters = Filters(**{**vars(filters), "page": min(filters.page, pages)})
    shown = places[(filters.page - 1) * PER_PAGE : filters.page * PER_PAGE]
    return {
        "filters": filters,
        "choices": choices(roster),
        "orders": _orders(roster, moves, reader),
        "chips": _chips(filters, reader),
        "found": portfolio.totals(roster, places),
        "pages": pages,
        "held": {row["account_id"]: override_words.mark(row, reader) for row in held.values()},
        "rows": rows(engine, timeline, roster, moves, shown, reader, model),
    }


def choices(roster: Roster) -> dict[str, list[Any]]:
    """Return what the filters offer; an attribute that nobody has offers nothing."""
    present = [BANDS[code] for code in np.unique(roster.band)]
    dated = bool(np.isfinite(roster.renewal_days).any())
    return {
        "bands": [*BANDS[:3], *(band for band in present if band == "no_data")],
        "renewal": list(RENEWALS) if dated else [],
        **roster.offered,
    }


def _mover(
    mover: portfolio.Mover, roster: Roster, moves: Moves, signals: Signals | None, reader: Reader
) -> Context:
    at, cause = mover.place, None
    if mover.cause is not None and signals is not None:
        before, after = (
            signals.value_text(mover.cause.name, signals.value(mover.cause.name, value))
            for value in (mover.cause.before, mover.cause.after)
        )
        moved = f"{before} → {after}".replace(" ", NO_BREAK)
        cause = f"{signals.label(mover.cause.name)} {moved}"
    elif moves.run and moves.run.model_version != roster.run.model_version:
        cause = reader.say("The model was updated")
    return {
        "account_id": roster.account_id[at],
        "name": roster.name(at, reader.language),
        "band": BANDS[roster.band[at]],
        "score": int(roster.score[at]),
        "band_before": BANDS[moves.band[at]],
        "score_before": int(mover.before),
        "arr": roster.arr[at],
        "cause": cause,
    }


def _mix(mix: portfolio.PlanMix, reader: Reader) -> Context:
    name = mix.plan or reader.say("(no plan)")
    parts = [(band, part, reader.numbers.percent(part / mix.total)) for band, part in mix.parts]
    told = ", ".join(f"{reader.band(band)} {share}" for band, _, share in parts)
    return {"name": name, "parts": parts, "total": mix.total, "told": f"{name}: {told}"}


def _trend(timeline: Sequence[Run], counts: list[dict[str, int]], reader: Reader) -> Context:
    dates = [run.as_of for run in timeline]
    numbers = {band: [count.get(band, 0) for count in counts] for band in ("red", "yellow")}
    return {
        "weeks": week_places(dates, dates[0]),
        "series": [(band, line, reader.numbers.count(line[-1])) for band, line in numbers.items()],
        "months": month_marks(dates, reader.numbers, most=4),
        "name": reader.say("Number of companies in Act now and Watch over the last 52 weeks"),
        "table": list(
            zip(
                [at.strftime("%Y-%m-%d") for at in dates],
                numbers["red"],
                numbers["yellow"],
                strict=True,
            )
        ),
    }


def _orders(roster: Roster, moves: Moves, reader: Reader) -> list[tuple[str, str]]:
    said = {
        "loss": reader.say("Expected loss") if roster.has_money else reader.say("Probability"),
        "score": reader.say("Lowest health score"),
        "change": reader.say("Largest fall"),
        "renewal": reader.say("Renewal date"),
        "arr": "ARR",
        "name": reader.say("Name"),
    }
    absent = {"arr"} if not roster.has_money else set()
    absent |= {"change"} if moves.run is None else set()
    absent |= set() if roster.has_chance else {"loss"}
    return [(order, said[order]) for order in ORDERS if order not in absent]


def _chips(filters: Filters, reader: Reader) -> list[tuple[str, str]]:
    """Return the filters that have no field of their own, each with the address without it."""
    said = []
    if filters.was:
        was = reader.band(filters.was)
        said.append(("was", reader.say("last week: %(band)s", band=was)))
    if span := Span.of(filters.score):
        last = min(span.high - 1, 100)
        score = f"{max(span.low, 0):.0f}–{last:.0f}"
        said.append(("score", reader.say("health score %(range)s", range=score)))
    if span := Span.of(filters.arr):
        low = "" if math.isinf(span.low) else reader.numbers.money(span.low)
        high = "" if math.isinf(span.high) else reader.numbers.money(span.high)
        said.append(("arr", f"ARR {low}–{high}"))
    return [(words, f"/{filters.address(**{name: ''})}#list") for name, words in said]


def rows(
    engine: sa.Engine,
    timeline: Sequence[Run],
    roster: Roster,
    moves: Moves,
    shown: NDArray[np.intp],
    reader: Reader,
    model: Issuer,
) -> list[Context]:
    """Return the rows of the accounts at ``shown``, places in ``roster``, in that order."""
    accounts = [roster.account_id[at] for at in shown]
    stored = portfolio.rows(engine, roster.run, accounts)
    lines = portfolio.sparks(engine, timeline, accounts)
    signals = reader.signals(model.bundle) if model.explains else None
    made = []
    for at, account_id in zip(shown.tolist(), accounts, strict=True):
        reason, unusual = reasons(roster.run, stored[account_id], signals)
        made.append(
            {
                **_facts(roster, moves, at, reader),
                "spark": lines[account_id],
                "spark_told": _told(lines[account_id], reader),
                "reason": reason,
                "unusual": unusual,
            }
        )
    return made


def reasons(
    run: Run, row: Mapping[str, Any], signals: Signals | None
) -> tuple[str | None, str | None]:
    """Return the main reason in words and the one unusual in its band, where there are such."""
    if signals is None or row["band"] in ("green", "no_data") or not row["top_reasons"]:
        return None, None
    points, values = by_name(run, row["points"]), by_name(run, row["values"])

    def said(name: str) -> str:
        return signals.sentence(run, row["plan"], name, values[name], points[name])

    main, odd = row["top_reasons"][0], row["unusual_reason"]
    # What is unusual about a company in trouble is told only where it is part of the trouble.
    tells_more = odd and odd != main and points.get(odd, 0.0) < 0
    return said(main), said(odd) if tells_more else None


def _facts(roster: Roster, moves: Moves, at: int, reader: Reader) -> Context:
    change, renewal, chance = moves.change[at], roster.renewal_days[at], roster.probability[at]
    return {
        "account_id": roster.account_id[at],
        "name": roster.name(at, reader.language),
        "plan": roster.text["plan"][at],
        "industry": roster.text["industry"][at],
        "owner": roster.text["owner"][at],
        "band": BANDS[roster.band[at]],
        "score": None if math.isnan(roster.score[at]) else int(roster.score[at]),
        "change": None if math.isnan(change) else int(change),
        "arr": roster.arr[at],
        "loss": roster.loss[at],
        "probability": None
        if math.isnan(chance)
        else probability_text(float(chance), reader.language),
        "renewal": None if math.isnan(renewal) else int(renewal),
    }


def _told(line: Sequence[float | None], reader: Reader) -> str:
    known = [value for value in line if value is not None]
    if len(known) < 2:
        return reader.say("too few scores for a line")
    first, last = f"{known[0]:.0f}", f"{known[-1]:.0f}"
    return reader.say("health score from %(first)s to %(last)s", first=first, last=last)
