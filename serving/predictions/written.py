"""Predictions as the bytes that are sent, the same JSON as `Predictions` describes.

A hundred reasons as pydantic models cost more than the model's trees; here they never become any.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from pydantic import BaseModel

from serving.instant import rfc3339
from serving.predictions.answers import Document


def written(model_version: str, documents: Sequence[Document]) -> bytes:
    """Return the body that answers with ``documents``, which are changed on the way."""
    for document in documents:
        _with_instants(document)
    answer = {"model_version": model_version, "predictions": documents}
    return _ENCODER.encode(answer)


def enclosed(model_version: str, records: Sequence[bytes]) -> bytes:
    """Return the body that answers with records which are JSON already."""
    version = _ENCODER.encode(model_version)
    return b'{"model_version":%b,"predictions":[%b]}' % (version, b",".join(records))


def alone(document: Document) -> bytes:
    """Return the JSON of one document, which is changed on the way."""
    _with_instants(document)
    return _ENCODER.encode(document)


def _with_instants(document: Document) -> None:
    """Write every instant with its ``Z``."""
    document["as_of"] = rfc3339(document["as_of"])
    if document["band_since"] is not None:
        document["band_since"] = rfc3339(document["band_since"])
    fresh = document["data_freshness"]
    fresh["as_of"], fresh["scored_at"] = document["as_of"], rfc3339(fresh["scored_at"])
    if document["change"] is not None:
        change = dict(document["change"])
        document["change"] = change | {"since": rfc3339(change["since"])}


def _plain(part: object) -> dict[str, Any]:
    """Return the fields of a part that is a model, such as a renewal."""
    assert isinstance(part, BaseModel)
    return dict(part)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
