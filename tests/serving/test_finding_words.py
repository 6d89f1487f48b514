"""What `kenshin check` finds, in Japanese: every sentence that the checks can say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import features
from features.checks import CheckReport, Violation
from serving import finding_words
from serving.commands import checking

ROOT = Path(str(features.__file__)).parent
SOURCES = [
    *(ROOT / "checks").rglob("*.py"),
    *(ROOT / "flat" / name for name in ("rules.py", "columns.py", "load.py")),
    *(ROOT / "sources" / name for name in ("typed.py", "sifting.py", "load.py")),
    ROOT / "sources" / "in_place.py",
]
JAPANESE = re.compile(r"[\u3041-\u9fff]")
SQL = re.compile(
    r"\b(SELECT|FROM|WHERE|FILTER|CAST|JOIN|CASE|UNION|NULL|AS|NOT|TIMESTAMP|GROUP|avg|coalesce|"
    r"CREATE|DROP|COPY|INSERT|INTERVAL|OVER|WHEN|epoch_us|nullif|regexp_replace|stddev_samp|try_cast)"
    r"\b|\bt\.|<= cut|day of the row"
)
PIECES = {
    # parts of a sentence that stand in the catalogue as the whole of it
    " (did you mean '7'?)", " Did you mean '7'?", " and is filled in for 7", "7 7: 7.",
    "7, on average 7 days 7 they left", "days after", "7 in 7 of 7 ended subscriptions",
    "is emptied", "is the real end", " (for example '7')", " (7 more: run `kenshin check`)",
    "usable tables: 7 (7)", "has no rows", "has 7 rows and none of them can be used",
    "The table 7 7. 7", "The flat table 7.", "the delivery before had the column '7' (7)",
    "a 7 (7)", ", and a new '7' since 7. Was it renamed?", "7 rows (7 before)",
    " on the days up to 7", "has 7 rows7, where 7 were delivered before",
    "; was something delivered twice", "; 7 of them are exact copies, 7 before", "7 times",
    "7 or more different ones", "7 (7)", "7 %", "7 7", "7.7 = 7", "which accounts are live",
    "repeat an account id", " and time", " of an earlier row", "Keep one row per account",
    " and time.", ", or name the time column under flat.as_of.", "7 77", "7 7 the future (7).",
    "flat.7 7. No feature is made from it.", "Delivery | None", "(7 & 7) < 7", "[7, 7]", "raw 7",
    ", …", "No row of events has the event '7'7, which 7 names.",
    "The settings map '7', which no 7 table has.7", "has only 7",
    "The source of 7 has no column '7' for 7; it has 7.7",
    "accounts are merged in a circle, so that none of them goes on",
    "has one value for all 7 rows7; it had 7 before", "was 7 and is 7 now",
    "is 7 what it was in the 7 rows since 7; before, it was usually about 7",
    "is 7 what it was: usually about 7, before about 7",
    "is filled for 7 accounts, 7 of which have left: for ",
    "is gone: 7, this one has a new column '7' instead. Did you mean '7'?",
    "is gone: 7, this one has none of that name and none like it",
    "merges are of an account that is part of another one already",
    "The flat table has no column '7' for 7; it has 7, ….7", "a usable flat table: 7 (7)",
    "typed.7 t", "typed.flat t", "account_id, as_of", "as_of, account_id", "a [flat] section",
    "none in the settings", "Run `kenshin init FOLDER`.",
    # said elsewhere: of a feature made from a flat table, and refusals of a command
    "7 counts against it", "7 counts in its favour", "7 is not known", "The table has no value.",
    "given 7", "unreadable 7", "a source for the table 7 that can be read on 7",
    "Mend [tables.7] in the settings.", "[tables.7] date_format = '7'",
    "a date_format of %Y %m %d %H %M %S %f, each once, on 7",
    "Read that time in `sql`, where the database has functions of its own for it.",
    "('true', 'false', 'yes', 'no', 't', 'f', 'y', 'n')", "'nobody ' || account_id",
    "7 || '|' || number || '|' || ",
}  # fmt: skip


def text_of(node: ast.expr) -> str | None:
    """Return what a literal says, with 7 in each of its places."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = (text_of(one) if isinstance(one, ast.Constant) else "7" for one in node.values)
        return "".join(part or "" for part in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None or right is None else left + right
    return None


def literals(node: ast.AST) -> Iterator[str]:
    """Yield each text below ``node`` that is no docstring; of a joined one the whole."""
    text = text_of(node) if isinstance(node, ast.expr) else None
    if text is not None:
        yield text
        for inner in ast.walk(node):
            if isinstance(inner, ast.FormattedValue):
                yield from literals(inner.value)
        return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Expr) or not isinstance(child.value, ast.Constant):
            yield from literals(child)


def sentences() -> Iterator[str]:
    for source in SOURCES:
        for text in literals(ast.parse(source.read_text(encoding="utf-8"))):
            if " " in text.strip() and not SQL.search(text):
                yield re.sub(r"\{(?:table|name)\}", "7", text)


def test_every_sentence_of_the_checks_has_a_line_in_the_catalogue() -> None:
    said = set(sentences())
    assert len(said) > 200
    missing = {
        text
        for text in said - PIECES
        if not JAPANESE.search(finding_words.japanese(text))
        and not JAPANESE.search(finding_words.japanese(text.rstrip(".?")))
    }
    assert missing == set()


WHOLE = (
    "No row of events has the event 'a' (did you mean 'b'?), which [features.x] names.",
    "No row of events has the event 'a', which [features.x] names.",
    "The settings map 'a', which no events table has. Did you mean 'b'?",
    "The settings map 'a', which no events table has.",
    "The source of events has no column 'a' for event; it has x, y. Did you mean 'b'?",
    "The source of events has no column 'a' for event; it has x, y, ….",
    "The flat table has no column 'a' for label; it has x, …. Did you mean 'b'?",
    "The flat table has no column 'a' for label; it has x, ….",
    "3 accounts are merged in a circle, so that none of them goes on: a → b → a.",
    "3 merges are of an account that is part of another one already: a.",
    "flat.a is text with 9 values in 10 rows, like an id. No feature is made from it.",
    "flat.a knows the future: it says by its name who has left. No feature is made from it.",
    "accounts.a knows the future: it is filled for 9 accounts, 9 of which have left: for 90 % of "
    "leavers and 0 % of stayers, on average 3 days before they left (for example 'x'). "
    "No feature is made from it.",
    "The table events has 9 rows and none of them can be used. It counts as absent.",
    "The table accounts has no rows. Nothing can be said without it.",
    "The flat table has no rows.",
    "The flat table has 9 rows and none of them can be used.",
    "1 feature and 2 columns know the future (9 features × 2 cut-offs and 3 columns checked, 9 "
    "values of 2 accounts compared).",
)
FOUND = (
    "has one value for all 9 rows ('x'); it had 4 or more different ones before",
    "has one value for all 9 rows; it had 4 or more different ones before",
    "was a number (DOUBLE) and is a text (VARCHAR) now",
    "has only 9 rows (90 before)",
    "is 1,000 times what it was in the 9 rows since 2026-03-01; before, it was usually about 20",
    "is 0.01 times what it was: usually about 20, before about 2,000",
    "is gone: the delivery before had the column 'a' (DATE), this one has a new column 'b' "
    "instead. Did you mean 'b'?",
    "is gone: the delivery before had the column 'a' (DATE), this one has none of that name and "
    "none like it",
    "has 90 rows on the days up to 2026-03-01, where 45 were delivered before; was something "
    "delivered twice?",
    "has 9 rows, where 45 were delivered before",
    "has 90 rows in the last 7 days, in the weeks before about 45; 40 % of them are exact copies, "
    "under 0.1 % before",
)


def test_sentences_put_together_from_parts_are_whole_in_japanese() -> None:
    english = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
    for text in (*WHOLE, *FOUND):
        japanese = finding_words.japanese(text)
        assert JAPANESE.search(japanese), text
        assert not english.search(japanese), japanese


def entries() -> list[tuple[str, str]]:
    path = ROOT.parent / "serving" / "locale" / "ja" / "LC_MESSAGES" / "checks.po"
    with path.open("rb") as file:
        return [(str(one.id), str(one.string)) for one in read_po(file) if one.id]


def test_both_languages_have_the_same_places_once() -> None:
    place = re.compile(r"\{\d\}|<\d>")
    for english, japanese in entries():
        places = place.findall(english)
        assert len(set(places)) == len(places), english
        assert sorted(set(place.findall(japanese))) == sorted(places) or "Did you mean" in english
        assert JAPANESE.search(japanese), english


def violation(code: str, sentence: str, table: str = "events", column: str = "") -> Violation:
    return Violation(
        code, "column gone", "refused", table, column, 3, None, "", sentence, "Write text."
    )


@pytest.mark.parametrize(
    ("found", "japanese"),
    [
        (
            violation("K301", "1 of 800 rows of events (0.1 %) belong to an account that the "
                      "accounts table does not have; the first is row 2 of events.csv: account_id "
                      "= 'time'. Those rows are kept out."),
            "eventsの800行中1行（0.1 %）：accountsにない顧客の行である。最初はevents.csvの2行目で、"
            "account_id = 「time」です。その行は除外します。",
        ),
        (
            violation("K704", "subscriptions.mrr (Monthly fee) is missing in over 99.9 % of the "
                      "rows, was in 0 %.", "subscriptions", "mrr (Monthly fee)"),
            "subscriptions.mrr (Monthly fee)：値のない行が99.9 %超です（前回は0 %）。",
        ),
        (
            violation("K709", "events.event has no 'login' since 2026-03-01, 40 % before, and a "
                      "new 'sign_in' since 2026-03-02. Was it renamed?", column="event"),
            "events.event：2026-03-01から「login」がなく（それまでは40 %）、2026-03-02から新しい"
            "「sign_in」があります。名前が変わりましたか？",
        ),
    ],
)  # fmt: skip
def test_a_finding_keeps_its_figures_and_names(found: Violation, japanese: str) -> None:
    assert finding_words.of(found, "ja").sentence == japanese
    assert finding_words.of(found, "en").sentence == found.sentence


def test_what_the_catalogue_does_not_have_stays_as_it_is() -> None:
    assert finding_words.said("Something nobody foresaw.", "ja") == "Something nobody foresaw."
    odd = violation("K799", "events did something odd.")
    assert finding_words.of(odd, "ja").sentence == odd.sentence


def test_the_report_is_printed_in_japanese_throughout(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = (
        "events.plan is gone: the delivery before had the column 'plan' (VARCHAR), this one has "
        "none of that name and none like it."
    )
    gone = violation("K701", sentence, column="plan")
    report = CheckReport((gone,), {"events": 800}, {"events": 790})
    checking.say(report, "2026-11-20T00:00:00Z", "ja")
    printed = capsys.readouterr().out.replace("\n", "")
    assert "K701 使えない：なくなった列" in printed
    assert "使えません：理由1件、最初はeventsのK701。" in printed
    for english in ("Refused", "refused", "Read", "Observed", "Violations"):
        assert english not in printed
