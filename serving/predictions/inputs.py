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
from serving.predictions.schemas import AskedAccount
from serving.predictions.stored import Stored
from serving.problems import SHOWN_FIELDS, Fault, RequestFault, printable
from training.bundle import Bundle

Value = float | str | None


def check_features(asked: Sequence[AskedAccount], bundle: Bundle) -> None:
    """Refuse names that are no features of the model, and values of the wrong kind.

    Raises
    ------
    RequestFault
        Naming place and rule of each; unknown names with the nearest known ones.
    """
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
    if faults:
        raise RequestFault(*faults)


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
) -> NDArray[np.float64]:
    """Return the rows the model reads, of shape (n, f).

    Stored values are those of the run's own bundle; where another model is in service, they are
    read back to what they mean and encoded anew.
    """
    names = {feature.name for feature in bundle.features}
    rows = []
    for one in asked:
        values: dict[str, Value] = {}
        if one.account_id is not None and stored.run is not None:
            issuer = champion.bundle_of(stored.run["model_version"])
            values = records.decoded(stored.rows[one.account_id], issuer)
        values = {name: value for name, value in values.items() if name in names}
        rows.append(bundle.encode_row(values | (one.features or {})))
    return np.concatenate(rows)
