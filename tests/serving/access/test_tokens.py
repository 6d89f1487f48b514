import math
import re

from hypothesis import given
from hypothesis import strategies as st

from serving.access import tokens
from serving.access.tokens import Token, minted, parsed

FORM = re.compile(r"kk_[a-z0-9]{12}_[A-Za-z0-9]{43}")


def test_a_key_has_256_random_bits_and_is_read_back() -> None:
    made = {minted() for _ in range(200)}
    assert len({token.key_id for token in made}) == len({token.secret for token in made}) == 200
    assert math.log2(62) * tokens.SECRET_LENGTH > 256
    for token in made:
        assert FORM.fullmatch(token.text)
        assert parsed(token.text) == token


def test_a_key_does_not_show_its_secret_when_it_is_printed() -> None:
    token = minted()
    assert token.secret not in f"{token!r} {token} {[token]}"
    assert token.key_id in repr(token)


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error_and_only_a_key_has_an_id(text: str) -> None:
    token = parsed(text)
    assert bool(token.key_id) == bool(FORM.fullmatch(text))
    assert len(tokens.digest(token.secret)) == 32


@given(st.from_regex(FORM, fullmatch=True), st.integers(0, 58), st.characters())
def test_a_key_with_one_other_character_is_another_key_or_none(
    text: str, place: int, letter: str
) -> None:
    changed = text[:place] + letter + text[place + 1 :]
    assert (parsed(changed) == parsed(text)) == (changed == text)


@given(st.from_regex(FORM, fullmatch=True))
def test_nothing_around_a_key_is_forgiven(text: str) -> None:
    for given_text in (f" {text}", f"{text}\n", text.upper(), f"{text}=", text[:-1], f"{text}A"):
        assert parsed(given_text).key_id == "" or given_text == text


def test_lone_surrogates_of_a_header_are_hashed_like_any_bytes() -> None:
    assert len(tokens.digest("\udcff")) == 32
    assert parsed("kk_ａbcdefghijkl_" + "A" * 43) == Token("", "kk_ａbcdefghijkl_" + "A" * 43)
