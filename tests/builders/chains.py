"""Requests that hang together: feedback under keys, and pages of a list by their cursors."""

import json
import time
from typing import Any, ClassVar

import requests
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.builders.fuzzing import Tally

KEYS = st.sampled_from([f"key-{n}" for n in range(4)])
ACCOUNTS = st.sampled_from(["A00001", "A00002", "nobody"])
NOTES = st.sampled_from(["a", "b", "x" * 501])
LIMITS = st.integers(1, 17)
BANDS = st.sampled_from([(), ("red",), ("red", "yellow"), ("no_data",)])
ORDERS = st.sampled_from(["health_score", "arr", "change", "expected_loss"])


class Chains(RuleBasedStateMachine):
    """A tool that repeats its writes and reads a list to its end, and what it must be told."""

    url: ClassVar[str]
    tally: ClassVar[Tally]
    headers: ClassVar[dict[str, str]]
    session: ClassVar[requests.Session]
    runs: ClassVar[int] = 0

    @classmethod
    def place(cls, url: str, tally: Tally, headers: dict[str, str]) -> None:
        """Point the machine at a server."""
        cls.url, cls.tally, cls.headers, cls.session = url, tally, headers, requests.Session()

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.mine = f"{id(self)}-{type(self).runs}-{time.time_ns()}"
        self.answers: dict[str, tuple[tuple[str, str], bytes]] = {}

    @rule(key=KEYS, account=ACCOUNTS, note=NOTES)
    def write(self, key: str, account: str, note: str) -> None:
        """Send feedback: new, repeated, another under the same key, or one that is refused."""
        body = json.dumps({"verdict": "agree", "note": note}).encode()
        answer = self._ask(
            "feedback chain", "POST", f"/v1/accounts/{account}/feedback", data=body,
            headers={"Content-Type": "application/json", "Idempotency-Key": f"{self.mine}-{key}"},
        )  # fmt: skip
        known = self.answers.get(key)
        if known is not None and len(note) <= 500 and account != "nobody":
            same = known[0] == (account, note)
            assert answer.status_code == (201 if same else 422)
            assert not same or answer.content == known[1]
            assert same == ("Idempotency-Replayed" in answer.headers)
        elif answer.status_code == 201:
            assert "Idempotency-Replayed" not in answer.headers
            self.answers[key] = ((account, note), answer.content)
        else:
            assert answer.status_code in (404, 422)

    @rule(limit=LIMITS, band=BANDS, order=ORDERS)
    def read(self, limit: int, band: tuple[str, ...], order: str) -> None:
        """Read a list page by page: every account once, as many as it says."""
        asked: dict[str, Any] = {"limit": limit, "band": list(band), "order": order}
        seen: list[str] = []
        while True:
            page = self._ask("cursor chain", "GET", "/v1/accounts", params=asked).json()
            seen += [one["account_external_id"] for one in page["accounts"]]
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]
        assert len(seen) == len(set(seen)) == page["total"]

    @rule(limit=LIMITS, order=ORDERS, place=st.floats(0, 1), letter=st.characters(codec="ascii"))
    def damage(self, limit: int, order: str, place: float, letter: str) -> None:
        """Change one letter of a cursor, or ask another question with it."""
        asked = {"limit": min(limit, 5), "order": "arr"}
        cursor = self._ask("cursor chain", "GET", "/v1/accounts", params=asked).json()[
            "next_cursor"
        ]
        at = round(place * (len(cursor) - 1))
        damaged = cursor[:at] + letter + cursor[at + 1 :]
        for given, question in ((damaged, "arr"), (cursor, order)):
            more = {"limit": 3, "order": question, "cursor": given}
            answer = self._ask("cursor chain", "GET", "/v1/accounts", params=more)
            if given == cursor and question == "arr":
                assert answer.status_code == 200
            elif given == cursor:
                assert answer.status_code == 422

    def _ask(self, name: str, method: str, path: str, **more: Any) -> requests.Response:  # noqa: ANN401
        headers = {**self.headers, **more.pop("headers", {})}
        began = time.monotonic()
        answer = self.session.request(method, self.url + path, headers=headers, timeout=10, **more)
        self.tally.note(name, answer.status_code, time.monotonic() - began)
        return answer


def run_chains(examples: int, random_seed: int | None = None) -> None:
    """Run so many chains of up to ten steps on the server where `Chains` was placed."""
    asked = settings(
        max_examples=examples,
        stateful_step_count=10,
        deadline=None,
        database=None,
        derandomize=random_seed is None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    machine = Chains if random_seed is None else seed(random_seed)(Chains)
    run_state_machine_as_test(machine, settings=asked)
    Chains.session.close()
