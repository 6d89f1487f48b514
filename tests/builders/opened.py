"""Every page that people open, from the table of scopes: a new page is in every proof at once."""

from urllib.parse import quote

from serving.access.scopes import OPEN, PAGES


def pages(account: str = "A00001") -> list[str]:
    """Return the address of every page and of every file a page hands out, with that account."""
    filled = {"{account_id}": quote(account, safe=""), "{name}": "start.js"}
    found = []
    for line in [*PAGES, *(line for line in OPEN if line == "GET /sign-in")]:
        method, _, address = line.partition(" ")
        for place, value in filled.items():
            address = address.replace(place, value)
        if method == "GET":
            found.append(address)
    return found


def html_pages(account: str = "A00001") -> list[str]:
    """Return those that are read, without files and scripts."""
    return [one for one in pages(account) if not one.endswith((".csv", ".js"))]
