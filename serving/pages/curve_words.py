"""The curve of an account and the monthly loss of the book, in words and figures to draw."""

from datetime import timedelta
from typing import Any

import numpy as np

from serving import curve, horizons
from serving.pages.account import AccountPage
from serving.pages.charts.curve import axis_end
from serving.pages.reader import Reader
from serving.pages.timeline import Run

Context = dict[str, Any]

LEVELS = 4


def account_curve(page: AccountPage, reader: Reader) -> Context | None:
    """Return what the curve's card writes; None where a score has no horizons."""
    row, percent = page.account.row, reader.numbers.percent
    told = horizons.horizons(row)
    if len(told) < 2:
        return None
    days = [one.days for one in told]
    renewal = horizons.renewal(row, page.bundle)
    drawn = renewal if renewal is not None and 0 <= renewal.days <= days[-1] else None
    at = np.unique([0.0, *np.linspace(0, days[-1], 74), *days])
    known = np.array([[one.churn_probability for one in told]])
    ahead = np.array([curve.days_to(row["renewal_date"], row["as_of"])])
    path = curve.chances(days, known, at, ahead, page.bundle.renewal_share)[0]
    end = axis_end(float(path[-1]))
    said = [(one.days, percent(one.churn_probability)) for one in told]
    return {
        "path": list(zip(at.tolist(), path.tolist(), strict=True)),
        "points": [
            (one.days, one.churn_probability, text, _days(one.days, reader))
            for one, (_, text) in zip(told, said, strict=True)
        ],
        "renewal": None
        if drawn is None
        else (drawn.days, reader.say("Renewal on day %(day)s", day=drawn.days)),
        "levels": [(end * n / LEVELS, _level(end * n / LEVELS)) for n in range(LEVELS + 1)],
        "told": ("、" if reader.language == "ja" else ", ").join(
            reader.say("%(chance)s by %(day)s days", chance=chance, day=day) for day, chance in said
        ),
        "table": _table(said, renewal, reader),
        "absent": _absent(page, reader),
        "basis": _basis(page, reader),
    }


def _table(
    said: list[tuple[int, str]], renewal: horizons.RenewalOnCurve | None, reader: Reader
) -> list[tuple[str, str]]:
    """Return the rows under the chart by day, the renewal date among them."""
    rows = [(float(day), _days(day, reader), chance) for day, chance in said]
    if renewal is not None and renewal.churn_probability is not None and renewal.days >= 0:
        day = reader.numbers.full_date(renewal.date)
        words = reader.say("A week after the renewal on %(day)s", day=day)
        chance = reader.numbers.percent(renewal.churn_probability)
        rows.append((renewal.days + curve.NEAR_DAYS, words, chance))
    return [(words, chance) for _, words, chance in sorted(rows)]


def _days(days: int, reader: Reader) -> str:
    return reader.say("%(day)s days", day=days)


def _level(chance: float) -> str:
    return f"{100 * chance:g}%"


def _absent(page: AccountPage, reader: Reader) -> list[str]:
    """Return why a horizon is not there."""
    document = page.bundle.evaluation.get("horizons") or {}
    key = f"sentence_{reader.language}"
    return [one[key] for one in document.get("absent", ())]


def _basis(page: AccountPage, reader: Reader) -> str:
    """Return what is known of the renewal date's part in leaving."""
    document = page.bundle.evaluation.get("horizons") or {}
    past = document.get("renewals")
    if page.account.row["renewal_date"] is None or not past or not past["ends"]:
        return ""
    values = {
        "share": reader.numbers.percent(past["share"]),
        "n": reader.numbers.count(past["ends"]),
    }
    if past["step"]:
        return reader.say(
            "Of %(n)s past departures %(share)s lay within a week of the renewal date, so that "
            "share of the rise is placed there.",
            **values,
        )
    return reader.say(
        "Of %(n)s past departures %(share)s lay within a week of the renewal date: not enough to "
        "place a step there, so the date is only drawn.",
        **values,
    )


def monthly_loss(run: Run, reader: Reader) -> Context | None:
    """Return the expected revenue lost by month, in the currency with most revenue."""
    known = {name: loss for name, loss in (run.expected_loss or {}).items() if loss["months"]}
    if not known:
        return None
    currency = max(known, key=lambda name: (known[name]["mrr"], name))
    loss = known[currency]
    numbers = type(reader.numbers)(reader.language, currency or reader.numbers.currency)
    bars = [
        (amount, numbers.amount(amount), numbers.month(_middle(run, place)))
        for place, amount in enumerate(loss["months"])
    ]
    total = sum(loss["months"])
    return {
        "bars": bars,
        "table": [
            (_middle(run, place).strftime("%Y-%m"), numbers.money(amount))
            for place, amount in enumerate(loss["months"])
        ],
        "count": len(bars),
        "total": numbers.money(total),
        "share": numbers.percent(total / loss["mrr"], 1) if loss["mrr"] else "–",
        "unknown": numbers.count(loss["unknown_accounts"]) if loss["unknown_accounts"] else "",
        "others": len(known) - 1,
    }


def _middle(run: Run, place: int) -> Any:  # noqa: ANN401
    return run.as_of + timedelta(days=(place + 0.5) * curve.MONTH_DAYS)
