"""The pages about the whole book of customers: the report, segments, drivers, what was changed."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import APIRouter, Request, Response

from serving import checked
from serving.effects import kept
from serving.pages import (
    alert_words,
    answer_sections,
    driver_words,
    drivers,
    effect,
    overview,
    report,
    segment_words,
    segments,
)
from serving.pages.alerts import RULES, Alerts, alerts
from serving.pages.filters import Filters
from serving.pages.segments import Segments
from serving.pages.sheet import sheet
from serving.pages.timeline import Run, week_before
from serving.spreadsheet import as_csv

if TYPE_CHECKING:
    from serving.pages.routes import Pages

Made = TypeVar("Made")


class Book:
    """The pages that look at all companies at once, beside those of ``pages``."""

    def __init__(self, pages: "Pages") -> None:
        self._pages = pages
        self._effects = kept.Kept(pages.settings)
        self._made: dict[tuple[Any, ...], Any] = {}
        self._making = threading.Lock()

    def add_to(self, router: APIRouter) -> None:
        """Add the addresses."""
        router.add_api_route("/alerts", self.alerts, methods=["GET"])
        router.add_api_route("/report", self.report, methods=["GET"])
        router.add_api_route("/segments", self.segments, methods=["GET"])
        router.add_api_route("/segments.csv", self.segments_csv, methods=["GET"])
        router.add_api_route("/drivers", self.drivers, methods=["GET"])
        router.add_api_route("/effect", self.effect, methods=["GET"])

    def alerts(self, request: Request) -> Response:
        """Return the page that says what is new since last week, of one owner or of all."""
        pages = self._pages
        timeline, model = pages.ready()
        run, before = timeline[-1], week_before(timeline, timeline[-1])
        roster = pages.rosters.of(run)
        reader = pages.reader(request, roster)
        if before is None:
            absent = alert_words.absent(reader)
            return pages.render.page(request, "notice.html", {"run": run, **absent})
        owner = request.query_params.get("owner", "").strip()[:200]
        edge = model.bundle.bands.red
        found = self._alerts(timeline, before, edge).of(owner)
        moves = pages.rosters.moves(run, before)
        rows = {
            rule: overview.rows(
                pages.engine, timeline, roster, moves, found.found[rule][: alert_words.LINES],
                reader, model,
            )
            for rule in RULES
        }  # fmt: skip
        check = pages.kept.shown(pages.champion.current)
        told = alert_words.context(found, owner, rows, check, reader)
        head = {"run": run, "before": before, "num": reader.numbers}
        head |= {"has_money": roster.has_money, "has_chance": roster.has_chance}
        return pages.render.page(request, "alerts.html", {**head, **told})

    def _alerts(self, timeline: tuple[Run, ...], before: Run, edge: float) -> Alerts:
        """Return what is new in the latest run, found once."""
        run, older, rosters = timeline[-1], week_before(timeline, before), self._pages.rosters
        ids = (run.run_id, before.run_id, older.run_id if older else None, edge)

        def made() -> Alerts:
            past = rosters.of(older) if older else None
            return alerts(rosters.of(run), rosters.of(before), past, edge)

        return self._once(("alerts", *ids), made)

    def report(self, request: Request) -> Response:
        """Return the page for those who decide: state, decisions, loss, and whether it is true."""
        pages = self._pages
        timeline, model = pages.ready()
        run, before = timeline[-1], week_before(timeline, timeline[-1])
        roster, moves = pages.rosters.of(run), pages.rosters.moves(run, before)
        reader = pages.reader(request, roster)
        figures = pages.figures_of(timeline, before, reader, model)
        red = Filters(band="red").select(roster, moves)[: report.DECISIONS]
        rows = overview.rows(pages.engine, timeline, roster, moves, red, reader, model)
        document = checked.document(pages.champion.current, pages.kept, pages.engine)
        check = document["answer_check"]
        some = check if check and check.get("left") else None
        context = {
            **figures,
            **report.context(figures, rows, reader),
            **pages.drifting(reader),
            "run": run,
            "num": reader.numbers,
            "losses": segment_words.losses(self._segments(timeline), roster.has_money, reader),
            "check": answer_sections.context(some, lambda _: (), reader)["check"],
            "done": effect.told(self._effects.shown(), reader),
        }
        return pages.render.page(request, "report.html", context)

    def segments(self, request: Request) -> Response:
        """Return the page that says where it is structural."""
        timeline, _ = self._pages.ready()
        roster = self._pages.rosters.of(timeline[-1])
        reader = self._pages.reader(request, roster)
        days = self._pages.settings.churn.horizon_days
        found = self._segments(timeline)
        context = segment_words.context(found, days, roster.has_money, reader)
        head = {"run": timeline[-1], "num": reader.numbers}
        return self._pages.render.page(request, "segments.html", {**head, **context})

    def segments_csv(self, request: Request) -> Response:
        """Return the same figures as CSV, unrounded."""
        del request
        timeline, _ = self._pages.ready()
        found = self._segments(timeline)
        text = as_csv(segment_words.CSV_HEADER, segment_words.csv_rows(found))
        return sheet(text, f"segments-{found.run.as_of:%Y-%m-%d}.csv")

    def drivers(self, request: Request) -> Response:
        """Return the page that says what moves the scores of all."""
        pages = self._pages
        timeline, model = pages.ready()
        run = timeline[-1]
        reader = pages.reader(request, pages.rosters.of(run))
        if not model.explains:
            absent = driver_words.absent(reader, run.model_version)
            return pages.render.page(request, "notice.html", {"run": run, **absent})
        group_of = {feature.name: feature.group for feature in model.bundle.features}
        found = self._once(
            ("drivers", run.run_id), lambda: drivers.read(pages.engine, run, group_of)
        )
        context = driver_words.context(found, model.bundle, reader)
        head = {"run": run, "num": reader.numbers}
        return pages.render.page(request, "drivers.html", {**head, **context})

    def effect(self, request: Request) -> Response:
        """Return the page that says whether a change of process helped."""
        reader, run = self._pages.latest_reader(request)
        found = self._effects.shown()
        if not found:
            absent = effect.absent(reader)
            return self._pages.render.page(request, "notice.html", {"run": run, **absent})
        context = {"run": run, "num": reader.numbers, **effect.context(found, reader)}
        return self._pages.render.page(request, "effect.html", context)

    def _segments(self, timeline: tuple[Run, ...]) -> Segments:
        """Return the parts of the latest run, counted once."""
        run, before = timeline[-1], week_before(timeline, timeline[-1])
        earlier = segments.one_horizon_before(timeline, self._pages.settings.churn.horizon_days)
        ids = tuple(one.run_id if one else None for one in (run, before, earlier))
        return self._once(
            ("segments", *ids), lambda: segments.read(self._pages.engine, run, before, earlier)
        )

    def _once(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """Return what was made for ``key``; of each kind the last is kept, until an erasure."""
        key = (*key, self._pages.erasures)
        with self._making:
            if key not in self._made:
                made = make()
                self._made = {k: v for k, v in self._made.items() if k[0] != key[0]}
                self._made[key] = made
            found: Made = self._made[key]
            return found
