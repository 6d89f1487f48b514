"""Who the account is: the attributes of ``accounts``, as they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from features.catalog import Unit
from features.catalogue.declaration import Declaration, declare
from features.engines.asking import asked
from features.engines.light import ibis
from features.engines.stored import kinds
from features.measures import Held
from features.settings import Settings
from features.tables import TABLES

if TYPE_CHECKING:
    from features.sources import Tables

MOST_VALUES = 100
"""A text column with more different values than this names accounts, it does not describe them."""

ATTRIBUTE = "attribute:"
"""Prefix under which the live accounts hold an attribute."""

_RESERVED = ("as_of", "fact_")
_KNOWN = {
    "industry": ("業種", "Industry"),
    "size": ("企業規模", "Company size"),
    "region": ("地域", "Region"),
}


_UNITS: dict[str, Unit] = {"number": "count", "truth": "truth", "category": "text"}


def attributes(settings: Settings, tables: Tables) -> dict[str, str]:
    """Return the attributes that become features, each with ``number``, ``truth`` or ``category``.

    Industry, size and region, and every column beyond the contract that is a number, a truth (0
    or 1), or a text of at most ``MOST_VALUES`` different values. Loading has already taken away
    the columns that know the future.
    """
    there = tables.columns("accounts")
    contract = set(TABLES["accounts"].columns) - set(_KNOWN)
    found = {}
    texts = []
    for name, kind in kinds(tables.tables, "accounts").items():
        if name in contract:
            continue
        if kind in ("number", "truth"):
            found[name] = kind
        elif kind == "text":
            texts.append(name)
    if texts:

        def counts() -> ibis.Table:
            accounts = tables["accounts"]
            return accounts.aggregate(**{name: accounts[name].nunique() for name in texts})

        place = tables.tables, "accounts"
        [row] = asked(settings, tables, [place], ["values", texts], counts).to_pylist()
        found |= {name: "category" for name in texts if 1 < row[name] <= MOST_VALUES}
    return {name: found[name] for name in there if name in found}


def held(declared: Iterable[Declaration]) -> list[str]:
    """Return the attributes that declared features hold, without asking the tables again."""
    names = (d.measure.name for d in declared if isinstance(d.measure, Held))
    return [name.removeprefix(ATTRIBUTE) for name in names if name.startswith(ATTRIBUTE)]


def profile(
    settings: Settings, tables: Tables, taken: Collection[str] = ()
) -> Iterator[Declaration]:
    """Return a declaration per attribute of the accounts.

    Parameters
    ----------
    taken : collection of str
        Names of other features in lower case; an attribute of such a name becomes
        ``account_<name>``.
    """
    for attribute, kind in attributes(settings, tables).items():
        name = attribute
        if attribute.lower() in taken or attribute.lower().startswith(_RESERVED):
            name = f"account_{attribute}"
        spoken = attribute.replace("_", " ")
        ja, en = _KNOWN.get(attribute, (spoken, spoken[:1].upper() + spoken[1:]))
        yield declare(
            name,
            Held(f"{ATTRIBUTE}{attribute}"),
            group="profile",
            indicator="profile",
            unit=_UNITS[kind],
            good="none",
            kind="category" if kind == "category" else "number",
            needs=("accounts", f"accounts.{attribute}"),
            actionable=False,
            label=(ja, en),
            worse=(f"{ja}がマイナスに働いている", f"{en} counts against it"),
            better=(f"{ja}がプラスに働いている", f"{en} counts in its favour"),
            missing=(f"{ja}不明", f"{en} unknown"),
            missing_means="Missing where the account does not say.",
        )
