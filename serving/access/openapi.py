"""What the OpenAPI document says about keys."""

from typing import Any

from serving.access.scopes import rule_of
from serving.problems.openapi import documented

_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "kk_<key id>_<secret>",
    "description": "An API key, made by `kenshin keys create`. As long as no key was ever made, a "
    "server on loopback answers without one.",
}


def describe_access(document: dict[str, Any]) -> None:
    """Add to each operation of ``document`` the scope it asks for and how it refuses."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["key"] = _SCHEME
    refusals = documented(401, 403)
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            rule = rule_of(method.upper(), template)
            if rule.is_open:
                continue
            operation["security"] = [{"key": []}, {}]
            operation["x-scope"] = rule.scope
            for status in (401, 403):
                operation["responses"].setdefault(str(status), dict(refusals[status]))
