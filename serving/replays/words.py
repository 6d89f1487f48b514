"""A replay for people and for spreadsheets."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size

from features.catalog import Language, Words
from serving.spreadsheet import Cell, as_csv
from serving.words import band_word

Json = Mapping[str, Any]
SHOWN = 20
BANDS = ("red", "yellow", "green", "no_data")
CSV_HEADER = (
    "account_id", "name", "as_of", "now", "dates", "old_band", "new_band", "old_score", "new_score",
    "old_reason", "new_reason", "left_at", "arr",
)  # fmt: skip
"""``now``: differs at the last date too; ``dates``: at so many; the line is of the latest one."""

_SAID = {
    "head": Words(
        "{new} を {start}～{end} の{n}日付で再計算し、発行済みのスコア（{issued}日付）と"
        "現行 {present} の再計算（{replayed}日付）に比べた。",
        "{new} replayed at {n} dates from {start} to {end}, beside what was issued ({issued} "
        "dates) and {present} replayed ({replayed} dates).",
    ),
    "now": Words(
        "{date} 時点：{n}社中 {k}社の区分が変わる（全期間では{ever}社）",
        "On {date}: {k} of {n} accounts change band ({ever} at any date)",
    ),
    "corner": Words("現在 ＼ 新", "now \\ new"),
    "leavers": Words(
        "解約{weeks}週前に要対応だった：{n}社中 {old} → {new}（新たに捉えた {caught}、"
        "逃した {lost}、差 {difference}、90%区間 {low}～{high}）",
        'In "{red}" {weeks} weeks before leaving, of {n}: {old} → {new} ({caught} more caught, '
        "{lost} lost; difference {difference}, 90% interval {low} to {high})",
    ),
    "alarms": Words(
        "誤報（要対応になり、連絡せず、{days}日以内に解約しなかった）：{old} → {new}"
        "（社数の差 {difference}、90%区間 {low}～{high}）",
        "False alarms (turned red, not contacted, had not left {days} days later): {old} → {new} "
        "(accounts {difference}, 90% interval {low} to {high})",
    ),
    "precision": Words(
        "要対応になった会社のうち解約した割合：{old} → {new}",
        "Of those that turned red, left: {old} → {new}",
    ),
    "counted": Words(
        "解約と誤報は {start}～{end} だけを数えた"
        "（それ以前は、モデルが結果を知って学習した期間）。",
        "Leavers and false alarms are counted from {start} to {end} only: before it, a model was "
        "fitted on the outcomes.",
    ),
    "unknown": Words(
        "解約と誤報は数えない：どちらも結果を知らずに出したと言える日付がこの期間にない。",
        "Leavers and false alarms are not counted: no date of this period is one of which both "
        "sides cannot have known the outcome.",
    ),
    "list": Words(
        "会社|現在|新|主な理由（現在）|主な理由（新）",
        "Company|now|new|main reason now|main reason new",
    ),
    "more": Words("ほか{n}社（--csv で全件）", "{n} more (all with --csv)"),
    "untouched": Words(
        "発行済みのスコアは変えていない。", "What was issued stays as it was issued."
    ),
    "same": Words(
        "発行済みの{runs}回・{scores}件のスコアを、発行したモデルで再計算した："
        "違い {different}件。",
        "{scores} scores of {runs} issued runs, made again by the versions that issued them: "
        "{different} differ.",
    ),
    "none": Words(
        "この期間に発行されたスコアはない。", "No score was issued in this period."
    ),
    "gone": Words(
        "{date} は再計算できない：{what} がない。", "{date} cannot be made again without {what}."
    ),
}  # fmt: skip


def said(key: str, language: Language, **values: object) -> str:
    """Return a sentence."""
    return _SAID[key].of(language).format(**values)


def csv(document: Json, language: Language) -> str:
    """Return everybody who changes band at any date, as CSV."""
    return as_csv(CSV_HEADER, (_csv_row(row, language) for row in document["accounts"]))


def _csv_row(row: Json, language: Language) -> list[Cell]:
    return [
        row["account_id"], _name(row, language), row["as_of"], int(row["now"]), row["dates"],
        row["old_band"], row["new_band"], row["old_score"], row["new_score"],
        row[f"old_reason_{language}"], row[f"new_reason_{language}"], row["left_at"], row["arr"],
    ]  # fmt: skip


def lines(document: Json, language: Language, horizon_days: int) -> Iterator[str]:
    """Yield what a person reads of a replay."""
    dates, last = document["dates"], document["last_date"]
    yield said(
        "head", language, new=document["new"], present=document["present"],
        start=document["period"][0], end=document["period"][1],
        n=dates.get("issued", 0) + dates.get("replayed", 0),
        issued=dates.get("issued", 0), replayed=dates.get("replayed", 0),
    )  # fmt: skip
    yield ""
    yield said(
        "now", language, date=last["as_of"], n=f"{last['accounts']:,}", k=f"{last['changed']:,}",
        ever=f"{document['all_dates']['accounts_changed']:,}",
    )  # fmt: skip
    yield from _matrix(last["bands"], language)
    yield ""
    yield from _outcomes(document["outcomes"], language, horizon_days)
    yield from _list(document["accounts"], language)
    yield said("untouched", language)


def present_lines(document: Json, language: Language) -> Iterator[str]:
    """Yield what a person reads of the log made again."""
    if not document["runs"]:
        yield said("none", language)
        return
    runs = document["runs"] - len(document["gone"])
    yield said(
        "same", language, runs=runs, scores=f"{document['scores']:,}",
        different=f"{len(document['different']):,}",
    )  # fmt: skip
    for one in document["different"][:SHOWN]:
        yield f"  {one['as_of']}  {one['model_version']}  {one['account_id']}"
    for one in document["gone"]:
        yield said("gone", language, date=one["as_of"], what=one["what"])


def _matrix(bands: Mapping[str, Mapping[str, int]], language: Language) -> Iterator[str]:
    heads = [band_word(band, language) for band in BANDS]
    corner = said("corner", language)
    wide = max(9, *(cell_len(head) + 2 for head in (*heads, corner)))
    yield "  " + set_cell_size(corner, wide) + "".join(_right(head, wide) for head in heads)
    for band, head in zip(BANDS, heads, strict=True):
        cells = [f"{bands.get(band, {}).get(other, 0):,}" for other in BANDS]
        yield "  " + set_cell_size(head, wide) + "".join(cell.rjust(wide) for cell in cells)


def _outcomes(found: Json | None, language: Language, horizon_days: int) -> Iterator[str]:
    if found is None:
        yield said("unknown", language)
        return
    left, alarms = found["leavers"], found["alarms"]
    if left["scored"]:
        yield said(
            "leavers", language, red=band_word("red", language), weeks=found["weeks_before"],
            n=left["scored"], old=left["old"]["red"], new=left["new"]["red"],
            caught=len(left["caught"]), lost=len(left["lost"]),
            difference=_points(left["difference"]), low=_points(left["interval"][0]),
            high=_points(left["interval"][1]),
        )  # fmt: skip
    low, high = alarms["interval"]
    yield said(
        "alarms", language, days=horizon_days, old=alarms["old"]["false"],
        new=alarms["new"]["false"], difference=f"{alarms['difference']:+,}", low=f"{low:+,.0f}",
        high=f"{high:+,.0f}",
    )  # fmt: skip
    yield said("precision", language, old=_precision(alarms["old"]), new=_precision(alarms["new"]))
    yield said("counted", language, start=found["from"][:10], end=found["until"][:10])


def _precision(side: Json) -> str:
    if side["precision"] is None:
        return "–"
    low, high = side["interval"]
    return f"{side['precision']:.0%} ({low:.0%}–{high:.0%})"


def _points(share: float) -> str:
    return f"{share:+.0%}"


def _list(accounts: list[Json], language: Language) -> Iterator[str]:
    now = [row for row in accounts if row["now"]]
    if now:
        rows = [said("list", language).split("|"), *(_line(row, language) for row in now[:SHOWN])]
        wide = [min(40, max(cell_len(row[i]) for row in rows) + 2) for i in range(5)]
        yield ""
        for row in rows:
            yield "".join(
                set_cell_size(cell, width) for cell, width in zip(row, wide, strict=True)
            ).rstrip()
    if len(accounts) > min(len(now), SHOWN):
        yield said("more", language, n=f"{len(accounts) - min(len(now), SHOWN):,}")
    yield ""


def _line(row: Json, language: Language) -> list[str]:
    return [
        _name(row, language),
        f"{band_word(row['old_band'], language)} {_score(row['old_score'])}",
        f"{band_word(row['new_band'], language)} {_score(row['new_score'])}",
        row[f"old_reason_{language}"] or "–",
        row[f"new_reason_{language}"] or "–",
    ]


def _name(row: Json, language: Language) -> str:
    english = row["name_en"] if language == "en" else None
    return str(english or row["name"] or row["account_id"])


def _score(score: float | None) -> str:
    return "–" if score is None else f"{score:.1f}"


def _right(text: str, wide: int) -> str:
    return " " * (wide - cell_len(text)) + text
