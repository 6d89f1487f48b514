"""The model check page: were those who left red, who was missed, and can the figures be trusted."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from serving.pages import answer_sections, opinion_sections, trust_sections
from serving.pages.reader import Reader
from training.bundle import Bundle

Context = dict[str, Any]
Scored = Callable[[Sequence[str]], Collection[str]]


def context(document: Mapping[str, Any], bundle: Bundle, scored: Scored, reader: Reader) -> Context:
    """Return all that the template writes.

    Parameters
    ----------
    document : mapping
        What `/v1/answer-check` answers, see `serving.checked`; every number is from there.
    scored : callable
        Tells which of some accounts have a page.
    """
    check = document["answer_check"]
    some = check if check and check.get("left") else None
    return {
        **answer_sections.context(some, scored, reader),
        **opinion_sections.context(check, reader),
        **trust_sections.context(document, bundle, reader),
    }
