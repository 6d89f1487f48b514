"""Two shares one above the other, on the same scale from 0 to 100 %."""

from markupsafe import Markup


def two_shares(first: float, second: float | None) -> Markup:
    """Return bars for two shares; the numbers stand beside them in the table."""
    bars = _bar(first, 2, "down") + ("" if second is None else _bar(second, 12, "expected"))
    return Markup(f'<svg class="share" width="100%" height="22" aria-hidden="true">{bars}</svg>')


def _bar(share: float, y: int, kind: str) -> str:
    width = max(100 * share, 0.4)
    return f'<rect class="{kind}" y="{y}" height="8" rx="2" width="{width:.2f}%"/>'
