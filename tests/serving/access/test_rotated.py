"""A key that was rotated is the same caller: for repeats of a write and for its share."""

import json
import uuid

import httpx
import pytest
from starlette.types import Scope

from features.clock import utc_now
from serving.access import keys
from serving.access.keys import Minted
from serving.shares import taker
from tests.serving.access.conftest import Gate


def say(gate: Gate, key: Minted, once: str) -> httpx.Response:
    address = f"/v1/accounts/{gate.account}/feedback"
    body = json.dumps({"verdict": "agree", "note": "n"}).encode()
    headers = {
        "Authorization": f"Bearer {key.token.text}",
        "Content-Type": "application/json",
        "Idempotency-Key": once,
    }
    return gate.client.request("POST", address, headers=headers, body=body)


def rotated(gate: Gate, key: Minted) -> Minted:
    made = keys.rotate(gate.company.engine, key.key.key_id, now=utc_now(), by="test")
    gate.callers.reread()
    return made


def test_a_write_begun_with_the_old_key_takes_effect_once_with_the_new(gate: Gate) -> None:
    once, old = str(uuid.uuid4()), gate.make("crm", "feedback")
    first = say(gate, old, once)
    assert first.status_code == 201
    new = rotated(gate, old)
    newest = rotated(gate, new)
    for key in (new, newest, old):
        again = say(gate, key, once)
        assert again.content == first.content
        assert again.headers["Idempotency-Replayed"] == "true"


def test_another_key_of_the_same_name_is_another_caller(gate: Gate) -> None:
    once = str(uuid.uuid4())
    first = say(gate, gate.make("crm", "feedback"), once)
    other = say(gate, gate.make("crm", "feedback"), once)
    assert (first.status_code, other.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in other.headers
    assert other.json() != first.json()


@pytest.mark.parametrize("times", [0, 1, 3])
def test_however_often_a_key_is_rotated_its_share_stays_one(gate: Gate, times: int) -> None:
    first = last = gate.make("crm", "read")
    for _ in range(times):
        last = rotated(gate, last)
    ring = gate.callers._keys.last() or gate.callers._keys.read().result(10)
    assert ring is not None
    caller = ring.caller(last.token.text, utc_now())
    assert caller is not None
    assert caller.key_id == last.key.key_id
    asked: Scope = {"type": "http", "state": {"caller": caller}, "client": ("10.0.0.1", 1)}
    assert taker(asked) == first.key.key_id
