"""The page of changes of process: what was measured by ``kenshin effect``, ready to be written."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.effects import words
from serving.pages.numbers import signed
from serving.pages.reader import Reader

Json = Mapping[str, Any]
Context = dict[str, Any]
ON_THE_REPORT = 2


def context(found: Sequence[Json], reader: Reader) -> Context:
    """Return all that the template writes."""
    return {"effects": [_effect(one, reader) for one in found]}


def absent(reader: Reader) -> Context:
    """Return what stands there where nothing was measured yet."""
    return {
        "title": reader.say("Changes of process"),
        "sentence": reader.say(
            "No change was measured yet. After one (a mandatory hands-on, another hand-over), "
            "compare churn and health before and after it:"
        ),
        "reason": "",
        "steps": [
            reader.say("Everybody: kenshin effect --from 2026-03-01"),
            reader.say("Beside those not concerned: kenshin effect --from 2026-03-01 --segment …"),
        ],
        "detail": "",
    }


def told(found: Sequence[Json], reader: Reader) -> list[str]:
    """Return the latest measurements in a line each, for the report."""
    lines = []
    for one in found[:ON_THE_REPORT]:
        made = _effect(one, reader)
        lines.append(f"{made['title']}: {made['verdict']}" if reader.language == "en"
                     else f"{made['title']}：{made['verdict']}")  # fmt: skip
    return lines


def _effect(found: Json, reader: Reader) -> Context:
    lines = list(words.lines(found, reader.language))
    groups = [name for name in ("concerned", "others") if name in found]
    return {
        "title": _title(found, reader),
        "verdict": _verdict(found, reader),
        "made": reader.numbers.full_date(found["made_at"]),
        "days": found["days"],
        "rows": [_row(name, found, reader) for name in groups],
        "sentences": [line for line in lines[1:] if line not in _of_groups(found, lines)],
    }


def _of_groups(found: Json, lines: Sequence[str]) -> Sequence[str]:
    """Return the lines that the table already tells: two for each group."""
    return lines[1 : 1 + 2 * (2 if "others" in found else 1)]


def _title(found: Json, reader: Reader) -> str:
    day = reader.numbers.full_date(found["from"])
    who = words.who(found, reader.language)
    return reader.say("%(day)s, %(who)s", day=day, who=who)


def _verdict(found: Json, reader: Reader) -> str:
    """Return what the figures allow to be said: nothing where the interval holds no change."""
    alone = found["concerned"]["churn"]
    apart = found["churn_difference"] if found["comparison"] else None
    interval = apart["interval"] if apart else alone["interval"]
    if interval is None:
        return reader.say("churn cannot be compared")
    low, high = interval
    if low <= 0 <= high:
        return reader.say("no difference in churn beyond chance")
    change = apart["difference"] if apart else alone["change"]
    value = _points(change, reader)
    if apart:
        return reader.say("churn %(change)s beside those not concerned", change=value)
    return reader.say("churn %(change)s, with nobody to compare with", change=value)


def _row(name: str, found: Json, reader: Reader) -> Context:
    churn, health, number = found[name]["churn"], found[name]["health"], reader.numbers
    said = {"concerned": reader.say("Concerned"), "others": reader.say("Not concerned")}
    row: Context = {"name": said[name], "churn": None, "health": None}
    if churn["change"] is not None:
        row["churn"] = {
            "before": _share(churn["before"], reader),
            "after": _share(churn["after"], reader),
            "change": _points(churn["change"], reader),
            "range": _range([signed(100 * end, 1) for end in churn["interval"]], reader),
        }
    if health["change"] is not None:
        row["health"] = {
            "before": f"{health['before']:.1f}",
            "after": f"{health['after']:.1f}",
            "change": reader.say("%(n)s health points", n=signed(health["change"], 1)),
            "range": _range([signed(end, 1) for end in health["interval"]], reader),
            "accounts": number.count(health["accounts"]),
        }
    return row


def _share(part: Json, reader: Reader) -> tuple[str, str]:
    number = reader.numbers
    said = number.percent(part["share"], 1) if part["left"] else "0%"
    count = reader.say(
        "%(k)s of %(n)s", k=number.count(part["left"]), n=number.count(part["accounts"])
    )
    return said, count


def _points(share: float, reader: Reader) -> str:
    return reader.say("%(points)s points", points=signed(100 * share, 1))


def _range(ends: Sequence[str], reader: Reader) -> str:
    return reader.say("%(low)s to %(high)s", low=ends[0], high=ends[1])
