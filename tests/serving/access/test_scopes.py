"""Every route has a scope, and what a request needs is found as the router finds its route."""

import re
import tracemalloc
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import Match

from serving.access import scopes
from serving.access.caller import SCOPES
from serving.access.origin import hostname
from serving.access.scopes import API, NOWHERE, OPEN, PAGES, Rules, declared, routes_of, rule_of
from tests.serving.access.conftest import Gate


def test_every_route_of_the_application_has_a_scope(open_gate: Gate) -> None:
    found = routes_of(open_gate.app.routes)
    assert len(found) > 25
    missing = [
        f"{method} {template}" for method, template in found if not declared(method, template)
    ]
    assert missing == [], "write them into serving/access/scopes.py"


def test_the_table_names_no_route_that_is_gone(open_gate: Gate) -> None:
    there = {f"{method} {template}" for method, template in routes_of(open_gate.app.routes)}
    assert (OPEN | set(PAGES) | set(API)) - there == set()
    assert not OPEN & (set(PAGES) | set(API))
    assert not set(PAGES) & set(API)


def test_the_table_follows_the_rule_of_thumb() -> None:
    for name, scope in {**PAGES, **API}.items():
        method, template = name.split()
        if method == "GET" and "subjects" not in template and "audit" not in template:
            assert scope == "read", name
        if method != "GET":
            assert scope != "read", name
        assert scope in SCOPES
    assert {name for name in OPEN if name.startswith("POST")} == {"POST /sign-in", "POST /sign-out"}


def test_a_new_route_without_a_line_asks_for_admin_and_fails_this_folder(open_gate: Gate) -> None:
    assert not declared("GET", "/v1/new")
    assert rule_of("GET", "/v1/new") == scopes.Rule("admin")
    assert rule_of("DELETE", "/livez") == scopes.Rule("admin")


def test_a_head_needs_what_the_whole_needs() -> None:
    assert rule_of("HEAD", "/v1/model") == rule_of("GET", "/v1/model")
    assert declared("HEAD", "/openapi.json")


def test_what_strangers_ask_for_is_not_kept_in_memory_at_any_length(open_gate: Gate) -> None:
    rules = Rules(lambda: open_gate.app.routes)
    tracemalloc.start()
    for number in range(200):
        path = f"/{number}{'a' * 50_000}"
        request = {"type": "http", "method": "GET", "path": path, "root_path": ""}
        assert rules.of(request) == NOWHERE
        hostname(path)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000  # of 10 million letters


PATHS = st.one_of(
    st.sampled_from(
        [
            "/", "/livez", "/livez\n", "/livez/", "//livez", "/v1/accounts", "/v1/accounts/",
            "/v1/accounts/livez", "/v1/accounts/a/history", "/v1/accounts/a/b/explanation",
            "/v1/accounts/static/x", "/static/kenshin.css", "/static/../v1/model", "/static",
            "/problems/x", "/problems/x/y", "/docs/swagger-ui.css", "/sign-in", "/sign-in/x",
            "/accounts/a\nb", "/accounts/problems/x", "/V1/model", "/v1/model/", "/feedback",
        ]
    ),
    st.text(st.sampled_from("/ab.\n%vL1"), max_size=20).map(lambda text: f"/{text}"),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(PATHS, st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "X"]))
def test_the_rule_is_that_of_the_route_the_router_takes(path: str, method: str) -> None:
    app = _app()
    request: dict[str, Any] = {
        "type": "http", "method": method, "path": path, "root_path": "", "headers": [],
    }  # fmt: skip
    # The guard hands HEAD to the router as GET.
    taken = _taken(app, {**request, "method": "GET" if method == "HEAD" else method})
    assert Rules(lambda: app.routes).of(request) == (taken or NOWHERE)


def _taken(app: FastAPI, request: dict[str, Any]) -> scopes.Rule | None:
    """Return the rule of the route that the router itself would hand the request to."""
    for part in app.router.routes:
        if part.matches(request)[0] is not Match.FULL:
            continue
        inside = getattr(part, "_match", None)
        if inside is None:
            methods, template = getattr(part, "methods", None), str(part.path_format)  # type: ignore[attr-defined]
        else:
            _, _, _, context = inside(request)
            chosen = context.starlette_route or context
            methods, template = chosen.methods, str(chosen.path_format)
        return rule_of(request["method"] if methods else "*", template)
    return None


_APPS: list[FastAPI] = []


def _app() -> FastAPI:
    return _APPS[0]


@pytest.fixture(autouse=True)
def _keep(open_gate: Gate) -> None:
    _APPS[:] = [open_gate.app]


def test_an_unknown_address_asks_for_any_key(open_gate: Gate) -> None:
    rules = Rules(lambda: open_gate.app.routes)
    request = {"type": "http", "method": "GET", "path": "/nowhere", "root_path": ""}
    assert rules.of(request) == NOWHERE
    assert not NOWHERE.is_open


def test_the_document_says_scope_and_refusals_of_every_operation(open_gate: Gate) -> None:
    document = open_gate.app.openapi()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {re.sub(':path', '', template)}"
            if name in OPEN:
                assert "security" not in operation
                continue
            assert operation["x-scope"] == API[name]
            assert {"401", "403"} <= set(operation["responses"])
            assert operation["security"][0] == {"key": []}
