"""docs/api.md alone is enough: each of its programs runs as it stands, its tables are true."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import playwright
import pytest

from features.tables import TABLES
from serving.app import described
from serving.problems.kinds import BY_SLUG
from serving.records import Record
from tests.builders.problem_kinds import every_kind
from tests.serving.integration.conftest import Integrated

DOCS = Path(__file__).parents[3] / "docs"
NODE = Path(playwright.__file__).parent / "driver" / "node"
DENO = Path(sys.executable).parent / "deno"
LANGUAGES = ("sh", "python", "typescript")
_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^\n]+) -->\n)?```(?P<kind>\w*)\n(?P<code>.*?)```", re.S
)
MARK = "=== example {} ==="


@dataclass(frozen=True)
class Example:
    """One fenced block; ``why`` says why it is not run, where it is not."""

    language: str
    code: str
    why: str | None


def page(name: str = "api.md") -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def examples(text: str) -> list[Example]:
    return [Example(m["kind"], m["code"], m["why"]) for m in _BLOCK.finditer(text)]


def program(language: str, text: str) -> tuple[str, list[str]]:
    """Return all blocks of a language as one program that says where each ends, and the blocks."""
    says = {
        "sh": "echo '{}'",
        "python": "print('{}', flush=True)",
        "typescript": "console.log('{}');",
    }
    blocks = [one.code for one in examples(text) if one.language == language and one.why is None]
    parts = [
        f"{block}\n{says[language].format(MARK.format(number))}"
        for number, block in enumerate(blocks)
    ]
    return "\n".join(parts), blocks


def run(language: str, code: str, folder: Path, integrated: Integrated) -> str:
    """Return what a program of the page prints, run as a newcomer would."""
    commands, ending = {
        "sh": (["bash", "-euo", "pipefail"], "sh"),
        "python": ([sys.executable, "-W", "error"], "py"),
        "typescript": ([str(NODE)], "mts"),
    }[language]
    file = folder / f"example.{ending}"
    file.write_text(code, encoding="utf-8")
    given = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "KENSHIN_URL": integrated.url,
        "KENSHIN_KEY": integrated.key,
    }
    done = subprocess.run(
        [*commands, str(file)],
        cwd=integrated.company.settings.root,
        env=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_program_runs_as_it_stands(
    language: str, integrated: Integrated, tmp_path: Path
) -> None:
    if language == "sh" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    code, blocks = program(language, page())
    assert len(blocks) >= 6
    rest = run(language, code, tmp_path, integrated)
    for number, block in enumerate(blocks):
        said, found, rest = rest.partition(MARK.format(number))
        assert found
        assert said.strip() or block.startswith("export "), block


def type_faults(code: str, folder: Path) -> str:
    """Return what TypeScript's own checker, strict as Deno sets it, holds against a program."""
    file = folder / "checked.mts"
    file.write_text(code, encoding="utf-8")
    # Nothing is fetched: neither a newer version of itself nor a package.
    given = {"DENO_DIR": str(folder / "deno"), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    command = [str(DENO), "check", "--quiet", "--no-remote", "--no-npm", str(file)]
    done = subprocess.run(
        command, cwd=folder, env=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert bool(done.returncode) is bool(done.stderr.strip()), done.stderr
    return done.stderr


def test_the_types_of_the_typescript_programs_are_right(tmp_path: Path) -> None:
    code, _ = program("typescript", page())
    assert type_faults(code, tmp_path) == ""


def test_a_wrong_type_in_a_program_of_the_page_would_be_found(tmp_path: Path) -> None:
    code, _ = program("typescript", page())
    wrong = code + "\nconst score: number = page.accounts[0].health_score;\n"
    assert "TS2322" in type_faults(wrong, tmp_path)  # null is no number


def test_no_example_writes_over_a_table_of_the_company() -> None:
    written = re.findall(r"""open\("([^"]+)", "wb?"\)|-o (\S+\.\w+)""", page())
    files = {Path(name).stem for pair in written for name in pair if name}
    assert files
    assert not files & set(TABLES)


def test_every_block_is_run_or_says_why_not() -> None:
    for one in examples(page()):
        assert one.language in LANGUAGES, one.code
        assert one.why is None or len(one.why) > 10
    assert page().count("```") == 2 * len(examples(page()))


def test_the_japanese_page_has_the_same_programs_and_tables() -> None:
    english, japanese = page(), page("api.ja.md")
    assert examples(japanese) == examples(english)
    coded = re.compile(r"^\|.*", re.MULTILINE)

    def codes(text: str) -> list[list[str]]:
        rows = (re.findall(r"`[^`]+`|\b\d{3}\b", row) for row in coded.findall(text))
        return [sorted(row) for row in rows]

    assert codes(japanese) == codes(english)


def test_the_table_of_the_record_names_every_field_and_no_other() -> None:
    table = page().partition("## Read a record")[2].partition("## Predict")[0]
    named = re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (`.*?) \|", table, re.M)))
    assert named.sort() is None
    assert named == sorted(Record.model_fields)


def test_the_table_of_errors_has_every_kind_that_a_caller_can_meet() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `/problems/([a-z-]+)` \|", page(), re.M)
    known = every_kind()
    assert {slug for _, slug in rows} >= set(BY_SLUG)
    for status, slug in rows:
        assert known[slug].status == int(status), slug
    for slug, kind in known.items():
        # Of 422 and 503 some are of commands alone, and so are what `kenshin reproduce` finds, what
        # `kenshin promote` refuses, and the report of `kenshin drift`.
        of_commands = {"different-score", "drift-report", "refused"}
        if kind.status not in (422, 503) and slug not in of_commands:
            assert slug in {named for _, named in rows}, slug


def test_every_address_under_v1_is_on_the_page() -> None:
    text = page()
    for path in described()["paths"]:
        if path.startswith("/v1/"):
            assert path in text, path


def test_the_scopes_on_the_page_are_those_of_the_document() -> None:
    table = page().partition("## Keys")[2].partition("## List")[0]
    named = set(re.findall(r"^\| `([a-z]+)` \|", table, re.M))
    paths = described()["paths"].values()
    asked = {one["x-scope"] for path in paths for one in path.values() if one.get("x-scope")}
    assert named == asked


@pytest.mark.parametrize("name", ["api.md", "api.ja.md"])
def test_links_on_the_page_lead_somewhere(name: str) -> None:
    text = page(name)
    heads = {
        re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^## (.*)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in heads, target
        elif not target.startswith("http"):
            assert (DOCS / target).exists(), target
