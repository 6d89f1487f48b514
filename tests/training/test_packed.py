"""JSON that is held compressed until somebody asks for it."""

import json

import pytest

from training.packed import Packed, values_of

VALUES = {"rows": 3, "features": {"名": [0.1, None, "x"]}}


def test_what_was_packed_is_read_as_it_was() -> None:
    text = json.dumps(VALUES, ensure_ascii=False, indent=1).encode()
    assert Packed(text).read() == VALUES


def test_who_changes_what_was_read_changes_it_for_nobody_else() -> None:
    packed = Packed(json.dumps(VALUES).encode())
    packed.read()["rows"] = 4
    assert packed.read() == VALUES


@pytest.mark.parametrize("text", [b"", b"[1]", b'{"a": [1,}', b'{"a": nope}', b'{"a": 1} x'])
def test_what_is_no_object_is_refused_although_nobody_has_asked_for_it(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"malformed|object|truncated"):
        Packed(text)


def test_of_a_bundle_only_the_drift_profile_is_packed() -> None:
    held = values_of({"reference.json": b"{}", "schema.json": b"{}", "booster.txt": b"tree"})
    assert isinstance(held.pop("reference.json"), Packed)
    assert held == {"schema.json": {}}
