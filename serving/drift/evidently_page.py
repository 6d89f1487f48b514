"""The process that draws evidently's page. Started by ``serving.drift.report``, by nobody else."""

import html
import json
import sys
import warnings
from pathlib import Path
from typing import Any

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; form-action 'none'; base-uri 'none'"
)
"""Lets the page run its own scripts and reach nothing else."""


def main() -> None:
    """Read a request (first argument) and write the page (second argument)."""
    request, page = Path(sys.argv[1]), Path(sys.argv[2])
    content = json.loads(request.read_text(encoding="utf-8"))
    _draw(content["columns"], page)
    text = page.read_text(encoding="utf-8")
    page.write_text(framed(text, content["heading"]), encoding="utf-8")


def framed(page: str, heading: str) -> str:
    """Return ``page`` with a policy that closes it to the network and ``heading`` on top."""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    line = f'<p style="font: 16px sans-serif; margin: 16px">{html.escape(heading)}</p>'
    # evidently's page has no title: a tab and a list of bookmarks would be empty.
    title = f"<title>{html.escape(heading.partition('。')[0].partition('. ')[0])}</title>"
    page = page.replace("<head>", f"<head>{policy}{title}", 1)
    return page.replace("<body>", f"<body>{line}", 1)


def _draw(columns: list[dict[str, Any]], page: Path) -> None:
    # Imported here: evidently and pandas belong to this process alone.
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    names = {kind: [c["name"] for c in columns if c["kind"] == kind] for kind in KINDS}
    definition = DataDefinition(
        numerical_columns=names["number"], categorical_columns=names["category"]
    )
    before, now = (
        Dataset.from_pandas(
            pd.DataFrame({c["name"]: pd.Series(c[when], dtype=KINDS[c["kind"]]) for c in columns}),
            data_definition=definition,
        )
        for when in ("before", "now")
    )
    with warnings.catch_warnings():
        # Constant columns make evidently divide by zero on its way to the right picture.
        warnings.simplefilter("ignore")
        snapshot = Report([DataDriftPreset()]).run(now, before)
    snapshot.save_html(str(page))


KINDS = {"number": "float64", "category": "object"}

if __name__ == "__main__":
    main()
