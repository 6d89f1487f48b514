"""Generated requests to a real server: no answer is a surprise. `make fuzz` asks over 10,000."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import schemathesis

from serving.app import described
from tests.builders.chains import Chains, run_chains
from tests.builders.fuzzing import Fuzzer, Tally
from tests.builders.served import served
from tests.builders.server import running

EXAMPLES = 4
OPERATIONS = {
    operation.definition.raw["operationId"]: operation
    for operation in (
        cast(Any, found).ok()
        for found in schemathesis.openapi.from_dict(described()).get_all_operations()
    )
}


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzer]:
    """A fuzzer of a company of its own: it writes feedback and erases accounts."""
    made = served(Path(tmp_path_factory.mktemp("fuzzed")), accounts=20, weeks=2)
    with running(made.settings.root) as server:
        yield Fuzzer(server.url, Tally())
    made.engine.dispose()


@pytest.mark.parametrize("name", OPERATIONS)
def test_valid_and_invalid_requests_get_only_declared_answers(fuzzer: Fuzzer, name: str) -> None:
    with requests.Session() as session:
        fuzzer.by_operation(OPERATIONS[name], EXAMPLES, session)
    assert fuzzer.tally.asked[name] >= 1


def test_pages_stand_any_query(fuzzer: Fuzzer) -> None:
    fuzzer.by_pages(40)


def test_bytes_that_were_once_a_request_are_answered_or_refused(fuzzer: Fuzzer) -> None:
    fuzzer.by_bytes(60)


def test_repeated_writes_and_lists_read_to_their_end_hang_together(fuzzer: Fuzzer) -> None:
    Chains.place(fuzzer.url, fuzzer.tally, {})
    run_chains(3)
    assert fuzzer.tally.asked["feedback chain"] > 3
    assert fuzzer.tally.asked["cursor chain"] > 3
