"""Everything that can go wrong over HTTP, as RFC 9457 problem documents.

Each kind of problem has one stable address (``/problems/<slug>``) under which it is explained.
"""

from serving.problems.documents import (
    SHOWN_FIELDS,
    Fault,
    RequestFault,
    printable,
    problem,
)
from serving.problems.handlers import answer_with_problems
from serving.problems.kinds import Kind, kinds
from serving.problems.openapi import document_limits, documented, schemas

__all__ = [
    "SHOWN_FIELDS",
    "Fault",
    "Kind",
    "RequestFault",
    "answer_with_problems",
    "document_limits",
    "documented",
    "kinds",
    "printable",
    "problem",
    "schemas",
]
