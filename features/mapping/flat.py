"""Recognising one flat feature table: an id, a label of two values, and features beside them."""

from features.mapping.files import Column, Found
from features.mapping.synonyms import ACCOUNT_ID, CHURNED, COLUMN_WORDS, LABELS, STAYED
from features.mapping.writing import listed, quoted, section

_LEAST_COLUMNS = 4
_AS_OF = ("as_of", "snapshot_date", "reference_date", "基準日")


def id_and_label(found: Found) -> tuple[Column, Column] | None:
    """Return the columns that name the account and say who left, if it is a flat table."""
    account = id_of(found)
    if len(found.columns) < _LEAST_COLUMNS or account is None:
        return None
    for word in LABELS:
        column = found.columns.get(word)
        if column is not None and len(column.values) == 2:
            return account, column
    return None


def id_of(found: Found) -> Column | None:
    """Return the column that names the account: by its name, and different in every row."""
    as_of = _first(found, _AS_OF)
    for word in ACCOUNT_ID:
        column = found.columns.get(word)
        if column is not None and (column.distinct == found.rows or as_of is not None):
            return column
    return None


def flat_section(found: Found, account: Column, label: Column) -> tuple[str, list[str], list[str]]:
    """Return the ``[flat]`` section, what was guessed and what is left open."""
    entries = {
        **found.origin,
        "account_id": quoted(account.name),
        "label": quoted(label.name),
    }
    churned = tuple(value for value in label.values if value.lower() in CHURNED)
    stayed = tuple(value for value in label.values if value.lower() in STAYED)
    guessed = [f"flat: {found.file}, an account per row ({account.name}), label {label.name}."]
    unknown = []
    if len(churned) == len(stayed) == 1:
        entries |= {"churned_values": listed(churned), "stayed_values": listed(stayed)}
        guessed.append(f"flat: {label.name} = {churned[0]} means left, {stayed[0]} stayed.")
    else:
        entries |= {
            "churned_values": listed(label.values[:1]),
            "stayed_values": listed(label.values[1:]),
        }
        unknown.append(
            f"Which of {' and '.join(label.values)} in {label.name} means left? "
            f"{label.values[0]} is only a guess."
        )
    for key, words in (("as_of", _AS_OF), ("name", COLUMN_WORDS["accounts"]["name"])):
        column = _first(found, words)
        if column is not None:
            entries[key] = quoted(column.name)
            guessed.append(f"flat: {key} ← {column.name}.")
    return section("flat", entries), guessed, unknown


def _first(found: Found, words: tuple[str, ...]) -> Column | None:
    return next((found.columns[word] for word in words if word in found.columns), None)
