"""A model that several ask for at once is loaded once, and a failure is told to all who waited."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

import pytest

from features.errors import NotFoundError
from serving.earlier import AGAIN_AFTER, Earlier
from training.bundle import Bundle

ASKING = 8


class Loading:
    """A load that ends when it is told to, and counts how often it began."""

    def __init__(self, outcome: Any) -> None:  # noqa: ANN401
        self.outcome, self.may_end = outcome, threading.Event()
        self.under_way = threading.Event()
        self.began: list[str] = []

    def __call__(self, version: str) -> Bundle:
        self.began.append(version)
        self.under_way.set()
        assert self.may_end.wait(30)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return cast(Bundle, self.outcome)


def asked_at_once(load: Loading) -> list["Future[Bundle]"]:
    """Return what all were told who asked while one load was under way."""
    earlier = Earlier(load)
    with ThreadPoolExecutor(ASKING) as pool:
        first = pool.submit(earlier.of, "v1")
        assert load.under_way.wait(30)
        told = [first, *(pool.submit(earlier.of, "v1") for _ in range(ASKING - 1))]
        load.may_end.set()
    return told


def test_whoever_asks_while_it_is_loaded_waits_for_that_load() -> None:
    bundle = object()
    load = Loading(bundle)
    told = asked_at_once(load)
    assert load.began == ["v1"]
    assert [one.result() is bundle for one in told] == [True] * ASKING


def test_one_that_cannot_be_loaded_is_refused_to_all_and_not_tried_again_at_once() -> None:
    load = Loading(NotFoundError("a bundle", "none", "Train."))
    told = asked_at_once(load)
    assert AGAIN_AFTER > 1
    assert load.began == ["v1"]
    for one in told:
        with pytest.raises(NotFoundError, match="Train"):
            one.result()


def test_others_are_loaded_beside_it() -> None:
    load = Loading(object())
    load.may_end.set()
    earlier = Earlier(load)
    earlier.of("v1")
    earlier.of("v2")
    earlier.of("v1")
    assert load.began == ["v1", "v2"]
