"""A flat table is held against the one before as well."""

from pathlib import Path
from typing import Any

import pytest

from features.checks import CheckReport
from features.errors import TableError
from features.flat import examine_flat, load_flat
from features.settings import load_settings
from tests.builders.company_files import write_csv

SETTINGS = '[flat]\nfile = "flat.csv"\naccount_id = "id"\nlabel = "left"\n'


def rows() -> list[dict[str, Any]]:
    return [
        {
            "id": f"a{n}",
            "left": int(n % 3 == 0),
            "logins": 5 + (n * 37) % 90,
            "plan": ("basic", "pro", "gold")[n % 3 if n % 5 else 0],
            "fee": 100.5 + (n * 13) % 70,
        }
        for n in range(200)
    ]


def loaded(folder: Path, table: list[dict[str, Any]]) -> CheckReport:
    write_csv(folder / "flat.csv", table)
    (folder / "kenshin.toml").write_text(SETTINGS)
    return examine_flat(load_settings(folder / "kenshin.toml")).report


@pytest.mark.parametrize(
    ("code", "column", "change"),
    [
        ("K701", "fee", lambda row: row.pop("fee")),
        ("K702", "logins", lambda row: row.update(login_count=row.pop("logins"))),
        ("K703", "logins", lambda row: row.update(logins=f"about {row['logins']}")),
        ("K704", "plan", lambda row: row.update(plan="")),
        ("K705", "fee", lambda row: row.update(fee=row["fee"] * 1000)),
        ("K706", "logins", lambda row: row.update(logins=7)),
        ("K709", "plan", lambda row: row.update(plan=row["plan"].replace("gold", "premium"))),
        ("K713", "account_id (id)", lambda row: row.update(id=f"new-{row['id']}")),
    ],
)
def test_a_broken_column_is_refused_by_name(
    tmp_path: Path,
    code: str,
    column: str,
    change: Any,  # noqa: ANN401
) -> None:
    assert loaded(tmp_path, rows()).refused == ()
    table = rows()
    for row in table:
        change(row)
    found = loaded(tmp_path, table)
    assert (code, column) in {(v.code, v.column) for v in found.refused}
    with pytest.raises(TableError):
        load_flat(load_settings(tmp_path / "kenshin.toml"))


def test_more_rows_of_the_same_kind_are_silent(tmp_path: Path) -> None:
    loaded(tmp_path, rows()[:150])
    report = loaded(tmp_path, rows())
    assert report.delivery is not None
    assert report.delivery.violations == ()
