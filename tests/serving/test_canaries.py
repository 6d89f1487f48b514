"""Nothing personal and no secret in logs, errors, metrics, addresses, bundles or the registry."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from traceback import format_exception_only
from urllib.parse import quote

import httpx
import pytest
from typer.testing import CliRunner

from serving.cli import app
from tests.builders.canaries import canary, every, planted, seen
from tests.builders.modelled import company
from tests.builders.opened import pages
from tests.builders.server import running

TOKEN = "zqk7mlflowtoken"
WRONG_KEY = "kk_zqk7wrongkeyid_zqk7wrongsecret"
SENT = "zqk7sentbythecaller"
"""What a caller writes into every place of a request: it must not come back in an error."""

UNKNOWN = "zqk7unknownfield"
"""A field that no body has. The exception: an error names it, for else nobody could mend it."""

SHOWN = {canary("accounts", column) for column in ("name", "name_en", "owner")}
"""What answers are for: who an account is and who looks after it. In the list, on its page, in its
record and in the exports, by whoever may read them; nowhere else."""
SUBJECT_DATA = "/v1/subjects/"
"""Hands out everything, to the scope admin: that is its purpose."""


@dataclass
class Said:
    """Everything that a company's commands and server said.

    Attributes
    ----------
    commands : dict of str to str
        Command → standard output and error.
    answers : list of httpx.Response
    log : str
        What the server wrote.
    """

    folder: Path
    key: str = ""
    cookie: str = ""
    commands: dict[str, str] = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)
    log: str = ""

    def secrets(self) -> list[str]:
        """Return the secrets that were in use."""
        halves = [part for part in self.key.split("_")[2:] if part]
        return [self.key, TOKEN, *WRONG_KEY.split("_")[1:], *halves, self.cookie]


def kenshin(said: Said, *arguments: str) -> str:
    """Run a command in this process and keep all that it said, a refusal as a user reads it."""
    config = ["--config", str(said.folder / "kenshin.toml")]
    done = CliRunner().invoke(app, [*arguments, *config])
    refusal = "" if done.exception is None else "".join(format_exception_only(done.exception))
    said.commands[" ".join(arguments)] = done.output + done.stderr + refusal
    return done.stdout


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    made = company(Path(tmp_path_factory.mktemp("canaries")), accounts=40)
    planted(made.settings.root)
    told = Said(made.settings.root)
    for command in ("check", "score", "drift"):
        kenshin(told, command)
    with pytest.MonkeyPatch.context() as settings:
        url = "postgresql://kenshin:zqk7storepassword@127.0.0.1:9/none"
        settings.setenv("KENSHIN_STORE__URL", url)
        kenshin(told, "explain", "A00001")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("MLFLOW_TRACKING_TOKEN", TOKEN)
        settings.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        settings.setenv("KENSHIN_MLFLOW__TRACKING_URI", "http://u:zqk7registry@127.0.0.1:9")
        kenshin(told, "models")
    scopes = [part for scope in ("read", "predict", "feedback", "admin")
              for part in ("--scope", scope)]  # fmt: skip
    made_key = ["keys", "create", "test", *scopes, "--json"]
    told.key = json.loads(kenshin(told, *made_key))["key"]
    del told.commands[" ".join(made_key)]  # it says the key, once
    with running(told.folder) as server:
        _ask(told, server.url)
        server.stop()
        told.log = server.log.read_text(encoding="utf-8")
    kenshin(told, "audit", "list")
    return told


def _ask(said: Said, url: str) -> None:
    """Ask every route of the OpenAPI document and every page, well and badly."""
    held = {"Authorization": f"Bearer {said.key}"}
    with httpx.Client(base_url=url, timeout=60) as client:
        document = client.get("/openapi.json", headers=held).json()
        account = client.get("/v1/accounts?limit=1", headers=held).json()["accounts"][0]
        known = {"account_id": account["account_external_id"], "slug": "no-such-route"}
        record = client.get(f"/v1/accounts/{known['account_id']}", headers=held).json()
        known["score_id"] = record["score"]["score_id"]
        for path, operations in document["paths"].items():
            for method in operations:
                if (method, path.startswith(SUBJECT_DATA)) == ("delete", True):
                    continue
                _ask_route(said, client, method.upper(), path, known, held)
        for page in (*pages(known["account_id"]), "/metrics"):
            said.answers += [
                client.get(page, params={"lang": language}, headers=held)
                for language in ("ja", "en")
            ]
        _sign_in(said, client, known["account_id"])


def _ask_route(
    said: Said,
    client: httpx.Client,
    method: str,
    path: str,
    known: dict[str, str],
    held: dict[str, str],
) -> None:
    """Ask one route well, with foreign text in each place, and with a wrong key."""

    def address(values: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: quote(values.get(m[1], SENT), safe=""), path)

    good, bad = address(known), address({})
    json_type = {"Content-Type": "application/json"}
    features = {"account_id": SENT, UNKNOWN: SENT, "features": {UNKNOWN: SENT}}
    hostile = {"accounts": [features], UNKNOWN: SENT}
    bodies = [b"", json.dumps(hostile).encode(), b'{"' + SENT.encode(), b"\xff" + SENT.encode()]
    if method == "POST":
        body = json.dumps({"accounts": [{"account_id": known["account_id"]}]}).encode()
        said.answers += [
            client.request(method, where, headers={**held, **json_type}, content=content)
            for where, content in [(good, body), *((good, content) for content in bodies)]
        ]
    said.answers += [
        client.request(method, good, headers=held),
        client.request(method, bad, headers=held),
        client.request(method, f"{good}?{UNKNOWN}={SENT}", headers=held),
        client.request(method, f"{good}?limit={SENT}&cursor={SENT}", headers=held),
        client.request(method, good, headers={"Authorization": f"Bearer {WRONG_KEY}"}),
        client.request(method, good, headers={**held, "X-Request-ID": f"<{SENT}>",
                                              "User-Agent": SENT, "Referer": f"http://{SENT}/"}),
    ]  # fmt: skip


def _sign_in(said: Said, client: httpx.Client, account: str) -> None:
    """Sign in as a person does, see a page, say something of it, and go."""
    origin = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    said.answers.append(client.post("/sign-in", data={"key": WRONG_KEY}, headers=origin))
    entered = client.post("/sign-in", data={"key": said.key, "next": "/"}, headers=origin)
    said.answers.append(entered)
    assert entered.status_code == 303
    said.cookie = max(client.cookies.values(), key=len)  # the other one is the language
    page = client.get(f"/accounts/{account}")
    score = re.search(r'name="score_id" value="(\w+)"', page.text)
    assert score is not None
    form = {"score_id": score[1], "verdict": "disagree", "note": f"{SENT} note"}
    said.answers += [page, client.post("/feedback", data=form, headers=origin)]
    said.answers.append(client.post("/sign-out", headers=origin))


def test_commands_say_nothing_personal_and_no_secret(said: Said) -> None:
    assert len(said.commands) >= 6
    for command, text in said.commands.items():
        assert seen(text, [*every(), *said.secrets(), "zqk7"]) == set(), command


def test_the_servers_log_holds_nothing_personal_no_secret_and_nothing_that_was_sent(
    said: Said,
) -> None:
    lines = said.log.splitlines()
    assert len(lines) > 20
    assert seen(said.log, [*every(), *said.secrets(), SENT, "zqk7"]) == set()


def test_the_servers_log_names_no_account(said: Said) -> None:
    assert re.search(r"\bA\d{5}\b", said.log) is None


def test_no_error_returns_what_was_sent_or_held(said: Said) -> None:
    errors = [answer for answer in said.answers if answer.status_code >= 400]
    assert len(errors) > 60
    for answer in errors:
        asked = f"{answer.request.method} {answer.request.url}"
        assert answer.status_code < 500 or answer.status_code == 503, asked
        assert seen(answer.content, [*every(), *said.secrets(), SENT]) == set(), asked


def test_answers_hold_of_persons_what_they_are_for_and_no_more(said: Said) -> None:
    good = [answer for answer in said.answers if answer.status_code < 400]
    assert len(good) > 25
    showing = set()
    for answer in good:
        path = answer.request.url.path
        found = seen(answer.content, [*every(), *said.secrets()])
        if not path.startswith(SUBJECT_DATA):
            assert found <= SHOWN, path
        showing |= {path for _ in found}
    assert any(path.startswith("/accounts/") for path in showing)
    assert "/metrics" not in showing
    assert "/v1/model" not in showing


def test_no_header_and_no_address_that_is_led_to_holds_any(said: Said) -> None:
    for answer in said.answers:
        given = {k: v for k, v in answer.headers.items() if k != "set-cookie"}
        assert seen(json.dumps(given), [*every(), *said.secrets(), SENT]) == set(), answer.url
    set_cookies = [a.headers["set-cookie"] for a in said.answers if "set-cookie" in a.headers]
    assert all("HttpOnly" in one for one in set_cookies)


def test_bundles_registry_and_profiles_hold_none(said: Said) -> None:
    looked = 0
    places = [said.folder / "mlruns", said.folder / ".kenshin" / "bundles"]
    profiles = [said.folder / ".kenshin" / "upstream.json"]
    for file in [*profiles, *(file for place in places for file in place.rglob("*"))]:
        if file.is_file():
            looked += 1
            assert seen(file.read_bytes(), [*every(), *said.secrets()]) == set(), file
    assert looked > 5


def test_the_store_holds_no_secret(said: Said) -> None:
    for file in (said.folder / ".kenshin").glob("store.db*"):
        assert seen(file.read_bytes(), said.secrets()) == set()


def test_the_search_would_find_one(said: Said) -> None:
    page = next(a for a in said.answers if a.request.url.path.startswith("/accounts/"))
    assert canary("accounts", "name") in page.text
    assert seen(page.content) <= SHOWN
