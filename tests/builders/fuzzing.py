"""Generated requests: by the OpenAPI document, by bytes that were once a request, by a model.

The bounded form runs in ``make test`` (tests/serving/api/test_fuzzed.py), the full one is
``make fuzz`` (tests/fuzz.py).
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from serving.app import described
from tests.builders.bad_requests import bad_requests
from tests.builders.opened import pages
from tests.builders.wire import request, wire

PROBLEM = "application/problem+json"
SLOWEST = 5.0
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
NEVER_WRONG = frozenset(
    {
        "getAccount",
        "getScore",
        "exportSubject",
        "eraseSubject",
        "createFeedback",
        "getAccountHistory",
    }
)
"""Any text is an id of theirs, and what a generator thinks wrong about one is answered by 404."""

ANY_TEXT = frozenset({"getAccount", "exportSubject"})
"""Take nothing but an id, so that no request to them can be made wrong."""

PAGES = (*pages(), "/static/kenshin.css", "/openapi.json", "/metrics")


@dataclass
class Tally:
    """What was asked and answered, per operation.

    Attributes
    ----------
    slowest : float
        Seconds of the slowest answer.
    """

    asked: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    slowest: float = 0.0

    def note(self, name: str, status: int, seconds: float) -> None:
        """Count one answer; one that took too long or is our fault fails at once."""
        self.asked[name] += 1
        self.statuses.setdefault(name, Counter())[status] += 1
        self.slowest = max(self.slowest, seconds)
        assert status < 500, f"{name}: {status}"
        assert seconds < SLOWEST, f"{name}: {seconds:.1f} s"

    @property
    def total(self) -> int:
        """Requests that were answered."""
        return self.asked.total()


@dataclass(frozen=True)
class Fuzzer:
    """One server under one kind of caller.

    Attributes
    ----------
    headers : dict of str to str
        Sent with every request: a key, or nothing.
    told : str
        How the caller is called in the tally.
    """

    url: str
    tally: Tally
    headers: dict[str, str] = field(default_factory=dict)
    told: str = ""
    random_seed: int | None = None
    show: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        load_all_checks()

    def by_schema(self, examples: int, *, only_refused: bool = False) -> None:
        """Ask every operation for valid and for invalid data, so many times each."""
        schema = schemathesis.openapi.from_dict(described())
        with requests.Session() as session:
            session.headers.update(self.headers)
            for found in schema.get_all_operations():
                operation = cast(Any, found).ok()
                began = time.monotonic()
                self.by_operation(operation, examples, session, only_refused=only_refused)
                if self.show is not None:
                    self.show(f"{operation.label}{self.told}: {time.monotonic() - began:.0f} s")

    def by_operation(
        self,
        operation: Any,  # noqa: ANN401
        examples: int,
        session: requests.Session,
        *,
        only_refused: bool = False,
    ) -> None:
        """Ask one operation; without a key, ``only_refused`` demands that nothing is handed out."""
        name = operation.definition.raw["operationId"]
        is_open = "401" not in operation.definition.raw["responses"]
        takes_input = bool(list(operation.iter_parameters()) or operation.body)
        checks: list[Any] = [
            CHECKS.get_one(check)
            for check in CHECKED
            if check != "negative_data_rejection" or name not in NEVER_WRONG
        ]

        def ask(case: schemathesis.Case[Any]) -> None:
            began = time.monotonic()
            answer = case.call(base_url=self.url, session=session, headers=self.headers)
            self.tally.note(f"{name}{self.told}", answer.status_code, time.monotonic() - began)
            kind = answer.headers.get("content-type", [""])[0].partition(";")[0]
            assert answer.status_code < 400 or kind == PROBLEM
            if only_refused and not is_open:
                assert answer.status_code >= 400
            else:
                case.validate_response(answer, checks=checks)

        can_be_wrong = takes_input and name not in ANY_TEXT
        modes = tuple(GenerationMode) if can_be_wrong else (GenerationMode.POSITIVE,)
        for mode in modes:
            self._run(operation.as_strategy(mode), ask, examples if takes_input else 1)

    def by_pages(self, examples: int) -> None:
        """Open the pages with any query and any language."""
        names = st.sampled_from(
            ["q", "band", "plan", "page", "order", "lang", "from", "x", "thanks"]
        )
        values = st.text(max_size=12) | st.sampled_from(["red", "ja", "-1", "9" * 30, "%00"])
        asked = st.tuples(st.sampled_from(PAGES), st.lists(st.tuples(names, values), max_size=3))
        session = requests.Session()

        def ask(case: tuple[str, list[tuple[str, str]]]) -> None:
            began = time.monotonic()
            headers = {**self.headers, "Accept": "text/html"}
            answer = session.get(self.url + case[0], params=case[1], headers=headers, timeout=10,
                                 allow_redirects=False)  # fmt: skip
            self.tally.note(f"page {case[0]}{self.told}", answer.status_code,
                            time.monotonic() - began)  # fmt: skip

        self._run(asked, ask, examples)
        session.close()

    def by_bytes(self, examples: int) -> None:
        """Send requests whose bytes were changed, cut or joined; then an innocent one."""
        known = [bad.data[:3_000] for bad in bad_requests() if len(bad.data) < 100_000]
        cut = st.tuples(st.floats(0, 1), st.floats(0, 1), st.binary(max_size=4))
        asked = st.tuples(st.sampled_from(known), st.lists(cut, min_size=1, max_size=4))
        innocent = request("GET", "/livez")

        def ask(case: tuple[bytes, list[tuple[float, float, bytes]]]) -> None:
            data = case[0]
            for begin, end, new in case[1]:
                first, last = sorted((round(begin * len(data)), round(end * len(data))))
                last = min(last, first + 8)
                data = data[:first] + new + data[last:]
            began = time.monotonic()
            with wire(self.url) as line:
                line.send(data + b"\r\n\r\n")
                line.end()
                statuses = line.statuses()
            for status in statuses or [0]:
                self.tally.note("bytes", status, time.monotonic() - began)
            with wire(self.url) as line:
                assert line.ask(innocent).status == 200

        self._run(asked, ask, examples)

    def _run(
        self, cases: st.SearchStrategy[Any], ask: Callable[[Any], None], examples: int
    ) -> None:
        test = given(case=cases)(ask)
        if self.random_seed is not None:
            test = seed(self.random_seed)(test)
        settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=self.random_seed is None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(test)()
