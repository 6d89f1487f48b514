"""From what is asked to the row the model reads: stored values, given values, checks."""

from collections.abc import Mapping, Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from features.catalog import Feature
from serving import records
from serving.accounts import lookup
from serving.champion import Champion
from serving.dependencies import did_you_mean
from serving.lexicon import Lexicon, Value, lexicon
from serving.predictions.schemas import AskedAccount
from serving.predictions.stored import Stored
from serving.problems import SHOWN_FIELDS, Fault, RequestFault, printable
from serving.store.scores import numbers
from training.bundle import Bundle

Floats = NDArray[np.float64]


def check_features(asked: Sequence[AskedAccount], bundle: Bundle) -> None:
    """Refuse names that are no features of the model, and values of the wrong kind.

    Raises
    ------
    RequestFault
        Naming place and rule of each; unknown names with the nearest known ones.
    """
    words_of = lexicon(bundle)
    if all(_fits(one.features, words_of) for one in asked if one.features is not None):
        return
    known = {feature.name: feature for feature in bundle.features}
    faults: list[Fault] = []
    for position, one in enumerate(asked):
        for name, value in (one.features or {}).items():
            fault = _fault(name, value, known)
            if fault is not None:
                code, message = fault
                place = f"body.accounts.{position}.features.{printable(name)}"
                faults.append(Fault(field=place, code=code, message=message))
        if len(faults) > SHOWN_FIELDS:
            break
    raise RequestFault(*faults)


def _fits(given: Mapping[str, Value], words_of: Lexicon) -> bool:
    codes = words_of.codes
    if not given.keys() <= words_of.place.keys():
        return False
    texts = [name for name, value in given.items() if type(value) is str]
    return all(name in codes for name in texts) and not any(
        type(given.get(name)) is float for name in codes
    )


def _fault(name: str, value: Value, known: Mapping[str, Feature]) -> tuple[str, str] | None:
    if name not in known:
        return "unknown_feature", did_you_mean(name, tuple(known))
    if value is None or isinstance(value, str) == (known[name].kind == "category"):
        return None
    wanted = "a text" if known[name].kind == "category" else "a number"
    return "wrong_kind", f"this feature is {wanted} or null"


def check_accounts(asked: Sequence[AskedAccount], stored: Stored, engine: sa.Engine) -> None:
    """Refuse the request where an account is not in the latest run.

    Raises
    ------
    UnknownAccountError
        Naming the first such place and the nearest known ids.
    """
    for position, one in enumerate(asked):
        if one.account_id is not None and one.account_id not in stored.rows:
            assert stored.run is not None  # accounts are read only beside a run
            place = f"accounts.{position}"
            raise lookup.unknown(engine, stored.run, one.account_id, place)


def matrix(
    asked: Sequence[AskedAccount], stored: Stored, bundle: Bundle, champion: Champion
) -> Floats:
    """Return the rows the model reads, of shape (n, f).

    Stored values are those of the run's own bundle; where another model is in service, they are
    read back to what they mean and encoded anew.
    """
    words_of = lexicon(bundle)
    rows = np.empty((len(asked), len(words_of.names)))
    for row, one in zip(rows, asked, strict=True):
        if bundle.kind == "model" and _is_of(bundle, one, stored):
            cells = [np.nan] * len(words_of.names)
            if one.account_id is not None:
                cells = numbers(stored.rows[one.account_id]["values"]).tolist()
            _put(one.features or {}, words_of, cells)
            row[:] = cells
        else:
            row[:] = _encoded(one, stored, bundle, champion)
    return rows


def _is_of(bundle: Bundle, one: AskedAccount, stored: Stored) -> bool:
    """Whether the stored values, if any are read, are encoded as ``bundle`` reads them."""
    return one.account_id is None or (
        stored.run is not None and stored.run["model_version"] == bundle.version
    )


def _put(given: Mapping[str, Value], words_of: Lexicon, cells: list[float]) -> None:
    """Write checked values among the cells of a row; a text never seen counts as missing."""
    place, codes = words_of.place, words_of.codes
    for name, value in given.items():
        if isinstance(value, str):
            cells[place[name]] = codes[name].get(value, np.nan)
        else:
            cells[place[name]] = np.nan if value is None else value


def _encoded(one: AskedAccount, stored: Stored, bundle: Bundle, champion: Champion) -> Floats:
    values: dict[str, Value] = {}
    if one.account_id is not None and stored.run is not None:
        issuer = champion.bundle_of(stored.run["model_version"])
        values = records.decoded(stored.rows[one.account_id], issuer)
    known = lexicon(bundle).place
    values = {name: value for name, value in values.items() if name in known}
    return bundle.encode_row(values | (one.features or {}))
