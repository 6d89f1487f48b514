"""One row of a waterfall, in percent of its table cell, so that it scales without script."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Axis:
    """The score axis all rows of one waterfall share."""

    low: float
    high: float
    cuts: tuple[float, float]

    def at(self, score: float) -> float:
        """Return where ``score`` lies, in percent."""
        return 100 * (score - self.low) / (self.high - self.low)

    def header(self) -> Markup:
        """Return the axis with the two cut-offs named."""
        marks = ((0.0, "start"), (self.cuts[0], "middle"), (self.cuts[1], "middle"), (100.0, "end"))
        words = "".join(
            f'<text class="ax" x="{self.at(value):.2f}%" y="12" text-anchor="{anchor}">'
            f"{value:g}</text>"
            for value, anchor in marks
        )
        return self._cell(words, "16")

    def point(self, score: float, kind: str) -> Markup:
        """Return the first row (``base``) or the last one (a band): a dot with its connector."""
        first = kind == "base"
        reach = ("50%", "100%") if first else ("0", "50%")
        x = f"{self.at(score):.2f}%"
        return self._cell(
            f'{self._cuts()}<line class="link" x1="{x}" x2="{x}" y1="{reach[0]}" y2="{reach[1]}"/>'
            f'<circle class="{"start" if first else f"now {kind}"}" cx="{x}" cy="50%" '
            f'r="{4.5 if first else 6}"/>'
        )

    def step(self, start: float, end: float) -> Markup:
        """Return a bar from ``start`` to ``end``, joined to the rows above and below."""
        a, b = self.at(start), self.at(end)
        return self._cell(
            f'{self._cuts()}<line class="link" x1="{a:.2f}%" x2="{a:.2f}%" y1="0" y2="50%"/>'
            f'<line class="link" x1="{b:.2f}%" x2="{b:.2f}%" y1="50%" y2="100%"/>'
            f'<rect class="{"down" if b < a else "up"}" x="{min(a, b):.2f}%" '
            f'width="{max(abs(b - a), 0.35):.2f}%" y="22%" height="56%" rx="1.5"/>'
        )

    def _cuts(self) -> str:
        return "".join(
            f'<line class="threshold" x1="{self.at(cut):.2f}%" x2="{self.at(cut):.2f}%" '
            'y1="0" y2="100%"/>'
            for cut in self.cuts
        )

    def _cell(self, body: str, height: str = "100%") -> Markup:
        return Markup(
            f'<svg class="step" width="100%" height="{height}" aria-hidden="true">{body}</svg>'
        )
