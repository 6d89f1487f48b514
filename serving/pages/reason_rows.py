"""The rows of the waterfall and of what changed, in words."""

import math
from typing import Any

from markupsafe import Markup

from serving import words
from serving.pages.account import AccountPage, series
from serving.pages.changes import Change
from serving.pages.charts.sparkline import sparkline
from serving.pages.reader import Reader
from serving.pages.signals import Signals
from serving.pages.waterfall import Step, Waterfall

Context = dict[str, Any]


def steps(page: AccountPage, fall: Waterfall, signals: Signals, reader: Reader) -> list[Context]:
    """Return the rows between the average company and this one."""
    return [_step(step, page, fall, signals, reader) for step in fall.steps]


def _step(
    step: Step, page: AccountPage, fall: Waterfall, signals: Signals, reader: Reader
) -> Context:
    """Return one row of the waterfall: what it says, its value, the usual one, 26 weeks."""
    shape = {"kind": step.kind, "tenths": step.tenths, "start": step.start, "end": step.end}
    empty = {"label": "", "value": "", "typical": "", "line": ""}
    if step.kind == "others":
        return {**shape, **empty, "says": words.smaller_reasons(fall.others, reader.language)}
    if step.kind in words.CLOSING:
        return {**shape, **empty, "says": words.CLOSING[step.kind].of(reader.language)}
    assert page.state is not None
    run, plan = page.account.run, page.account.row["plan"]
    number, label = page.state.values[step.name], signals.label(step.name)
    usual = run.typical_of(plan, step.name)
    comparable = not isinstance(usual, str) and usual is not None and not math.isnan(number)
    return {
        **shape,
        "says": signals.sentence(run, plan, step.name, number, page.state.points[step.name]),
        "label": label,
        "value": signals.value_text(step.name, signals.value(step.name, number)),
        "typical": signals.value_text(step.name, usual)
        if comparable and signals.feature(step.name).good != "none"
        else "",
        "line": _line(page, step.name, label, signals, reader),
    }


def _line(page: AccountPage, name: str, label: str, signals: Signals, reader: Reader) -> Markup:
    """Return a number's last 26 weeks; a date that only comes nearer says nothing as a line."""
    feature = signals.feature(name)
    if feature.kind != "number" or feature.good == "none":
        return Markup("")
    values = series(page.account, name)
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup('<span class="muted">–</span>')
    told = reader.say(
        "%(label)s over 26 weeks: from %(first)s to %(last)s",
        label=label,
        first=signals.value_text(name, known[0]),
        last=signals.value_text(name, known[-1]),
    )
    return sparkline(values, told, "", (74, 22))


def changes(page: AccountPage, signals: Signals, reader: Reader) -> list[Context]:
    """Return what moved the score since the week before; empty without one."""
    if page.changes is None:
        return []
    return [_change(change, page, signals, reader) for change in page.changes.rows]


def _change(change: Change, page: AccountPage, signals: Signals, reader: Reader) -> Context:
    assert page.changes is not None
    before = after = ""
    if change.kind == "reason":
        label = signals.label(change.name)
        before, after = (
            signals.value_text(change.name, signals.value(change.name, value))
            for value in (change.before, change.after)
        )
        if before == after:
            # Points of one signal may move with those it is weighed together with.
            before, after = "", reader.say("%(value)s, unchanged", value=after)
    elif change.kind == "others":
        label = reader.say("Smaller changes (%(n)s)", n=page.changes.others)
    elif change.kind in words.CLOSING:
        label = words.CLOSING[change.kind].of(reader.language)
    elif change.kind == "settings":
        label = reader.say("Settings changed")
    else:
        earlier = page.account.before
        label = reader.say("Model updated")
        before = earlier[0].model_version if earlier else ""
        after = page.account.run.model_version
    return {
        "kind": change.kind,
        "tenths": change.tenths,
        "label": label,
        "before": before,
        "after": after,
    }
