"""``[flat]``: one flat feature table instead of event tables."""

from features.encoding import Encoding
from features.section import Section


class Flat(Section):
    """One flat feature table instead of event tables."""

    file: str
    encoding: Encoding | None = None
    """Of a CSV file; default: UTF-8. ``cp932`` is Shift-JIS as Excel and Windows write it."""
    account_id: str
    label: str
    churned_values: tuple[str, ...] = ("1", "true", "yes", "Yes", "True")
    stayed_values: tuple[str, ...] = ("0", "false", "no", "No", "False")
    as_of: str | None = None
    name: str | None = None
    plan: str | None = None
    mrr: str | None = None
    exclude: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Columns to treat as categories even where they look like numbers."""
    missing: tuple[str, ...] = ("", "NA", "N/A", "NaN", "null", "Unknown")
