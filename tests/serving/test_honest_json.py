"""The fast reader says what the strict one says, of every text."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from serving.honest_json import check_json, read_strictly
from serving.request_head import MalformedError

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
# Pieces that meet in bodies which are nearly JSON: keys given twice, colons, escapes, halves.
PIECES = st.sampled_from(
    ['{"a":1,', '"a":2}', '{"a:b":', '"\\u003a"', "}", "]", "[", ",", ":", "1e999", "NaN", '"::"',
     '{"a":"x:y","a":"z"}', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', "9" * 310, "-0", " ",
     '"\\u0061":1', "\ufeff", "null", '"\\\\u0041"', '{"b":[{"c":1,"c":2}]}', "1e-999"]
)  # fmt: skip


def told(body: bytes, *, fast: bool) -> tuple[str, str]:
    """Return what is read, types included, or the code of the refusal."""
    try:
        return "read", repr(check_json(body) if fast else read_strictly(body))
    except MalformedError as error:
        return "refused", error.code


@given(DOCUMENTS, st.booleans(), st.booleans())
def test_an_honest_document_is_read_as_written(
    document: object, ascii_only: bool, tight: bool
) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":") if tight else None)
    body = text.encode()
    assert repr(check_json(body)) == repr(json.loads(body)) == repr(read_strictly(body))


@given(st.lists(PIECES, max_size=8))
@example(['{"a":1,"a":1,"b":"\\u003a"}'])
@example(['{"a":"x:y","a":"z"}'])
def test_whatever_is_nearly_json_is_judged_as_the_strict_reader_judges_it(
    pieces: list[str],
) -> None:
    body = "".join(pieces).encode("utf-8", "surrogatepass")
    assert told(body, fast=True) == told(body, fast=False)


@given(DOCUMENTS, st.data())
def test_a_damaged_document_is_judged_as_the_strict_reader_judges_it(
    document: object, data: st.DataObject
) -> None:
    body = bytearray(json.dumps(document, ensure_ascii=False).encode())
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert told(bytes(body), fast=True) == told(bytes(body), fast=False)


@given(st.dictionaries(TEXTS, NUMBERS, min_size=1, max_size=5), st.data())
def test_a_key_given_twice_is_always_found(members: dict[str, float], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(sorted(members)))
    pairs = [*members.items(), (again, 0)]
    text = "{" + ",".join(f"{json.dumps(key)}:{value!r}" for key, value in pairs) + "}"
    assert told(text.encode(), fast=True) == ("refused", "duplicate-key")
