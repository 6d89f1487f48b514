"""The pages' addresses."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from features.clock import utc_now
from features.errors import NotFoundError, NotReadyError
from features.settings import Settings
from serving import checked
from serving.accounts.override_routes import actor
from serving.bodies import FORM, takes
from serving.departed import Departures
from serving.drift.routes import told
from serving.kept_answers import Kept
from serving.leavers.routes import table_of
from serving.leavers.table import csv as leavers_csv
from serving.overrides import kept
from serving.pages import (
    account,
    account_words,
    departed_words,
    drift,
    feedback,
    leavers,
    model_check,
    override,
    overview,
    portfolio,
    portfolio_csv,
    record,
)
from serving.pages.book import Book
from serving.pages.filters import Filters
from serving.pages.forms import LARGEST_FORM, own_form
from serving.pages.issuer import Champion, Issuer, issuer
from serving.pages.reader import Reader
from serving.pages.refusals import with_pages_for_refusals
from serving.pages.render import Renderer, account_path
from serving.pages.roster import Roster, Rosters
from serving.pages.sheet import sheet
from serving.pages.similar import PastReasons
from serving.pages.timeline import Run, week_before, weekly
from serving.spreadsheet import as_csv
from serving.store.schema import erased, scores
from serving.store.scores import StoredRow


class Pages:
    """The pages over one store and one champion."""

    def __init__(self, settings: Settings, engine: sa.Engine, champion: Champion) -> None:
        self.settings, self.engine, self.champion = settings, engine, champion
        self.render = Renderer(settings)
        self.rosters = Rosters(engine)
        self.past = PastReasons(engine)
        self.kept = Kept(settings)
        self.departures = Departures(settings)
        self._runs: dict[str, Run] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._figures: dict[tuple[str, ...], dict[str, Any]] = {}
        self._counting = threading.Lock()
        self._erased = self._erasures()

    def reader(self, request: Request, roster: Roster | None = None) -> Reader:
        """Return the one who asks; money is in the currency of ``roster``."""
        language = self.render.language(request)
        return Reader(language, self.render.numbers(language, roster.currency if roster else None))

    def portfolio(self, request: Request) -> Response:
        """Return the page that says whom to call today."""
        timeline, model = self.ready()
        run = timeline[-1]
        before = week_before(timeline, run)
        roster, moves = self.rosters.of(run), self.rosters.moves(run, before)
        reader, filters = self.reader(request, roster), Filters.of(request.query_params)
        figures = self.figures_of(timeline, before, reader, model)
        shown = overview.listing(
            self.engine, timeline, roster, moves, filters, reader, model, self._held()
        )
        head = {"run": run, "before": before, "num": reader.numbers, "explained": model.explains}
        head |= self.drifting(reader)
        return self.render.page(request, "portfolio.html", {**head, **figures, **shown})

    def drifting(self, reader: Reader) -> dict[str, Any]:
        """Return what other pages say of the last drift verdict."""
        return {"drifting": drift.state(self.settings, self.engine, reader)}

    def figures_of(
        self, timeline: tuple[Run, ...], before: Run | None, reader: Reader, model: Issuer
    ) -> dict[str, Any]:
        """Return what stands above the list: the same for all readers until the next run."""
        key = (reader.language, *(run.run_id for run in timeline))
        with self._counting:
            if key not in self._figures:
                run = timeline[-1]
                made = overview.figures(
                    self.engine,
                    timeline,
                    self.rosters.of(run),
                    self.rosters.of(before) if before else None,
                    self.rosters.moves(run, before),
                    portfolio.band_counts(self.engine, timeline, self._counts),
                    reader,
                    model,
                )
                self._figures = {k: v for k, v in self._figures.items() if k[1:] == key[1:]}
                self._figures[key] = made
            return self._figures[key]

    def csv(self, request: Request) -> Response:
        """Return the list as CSV, all pages of it."""
        timeline, _ = self.ready()
        run = timeline[-1]
        roster = self.rosters.of(run)
        moves = self.rosters.moves(run, week_before(timeline, run))
        places = Filters.of(request.query_params).select(roster, moves)
        text = as_csv(
            portfolio_csv.CSV_HEADER, portfolio_csv.csv_rows(roster, moves, places, self._held())
        )
        return sheet(text, f"accounts-{run.as_of:%Y-%m-%d}.csv")

    def account(self, request: Request, account_id: str) -> Response:
        """Return the page that says why, and what to do."""
        timeline, _ = self.ready()
        found = record.read(self.engine, timeline, account_id)
        model = issuer(self.champion, found.run)
        roster = self.rosters.of(timeline[-1])
        moves = self.rosters.moves(timeline[-1], week_before(timeline, timeline[-1]))
        page = account.build(
            self.settings, self.engine, model, found, roster, moves, self.past, utc_now()
        )
        reader = self.reader(request, roster)
        context = account_words.context(self.settings, page, reader)
        context["departed"] = self._departed(found, reader)
        thanks = request.query_params.get("thanks") == "1"
        return self.render.page(
            request, "account.html", {**context, "num": reader.numbers, "thanks": thanks}
        )

    def _departed(self, found: record.Account, reader: Reader) -> list[str]:
        """Return what is said of an account that has left; nothing of one that is a customer."""
        if found.is_current:
            return []
        gone = self.departures.of(found.row["account_id"])
        return departed_words.sentences(self.settings, gone, found.row["as_of"], reader)

    def model_check(self, request: Request) -> Response:
        """Return the page that says whether those who left were red before."""
        bundle = self.champion.current
        reader, run = self.latest_reader(request)
        document = checked.document(bundle, self.kept, self.engine)
        context = model_check.context(document, bundle, self._scored_among, reader)
        return self.render.page(
            request,
            "model_check.html",
            {"run": run, "num": reader.numbers, **self.drifting(reader), **context},
        )

    def leavers(self, request: Request) -> Response:
        """Return the page that says what those who left had not done."""
        reader, run = self.latest_reader(request)
        bundle = self.champion.current
        try:
            table = table_of(bundle)
        except NotReadyError:
            return self.render.page(request, "notice.html", {"run": run, **leavers.absent(reader)})
        context = leavers.context(table, reader)
        return self.render.page(
            request, "leavers.html", {"run": run, "num": reader.numbers, **context}
        )

    def drift(self, request: Request) -> Response:
        """Return the page that says whether the input is still the input."""
        reader, run = self.latest_reader(request)
        try:
            found = told(self.settings, self.engine)
        except NotFoundError as refused:
            refusal = drift.absent(reader, refused)
            return self.render.page(request, "notice.html", {"run": run, **refusal})
        context = drift.context(found, self.champion.current, reader)
        return self.render.page(
            request, "drift.html", {"run": run, "num": reader.numbers, **context}
        )

    def leavers_csv(self, request: Request) -> Response:
        """Return the same table as CSV, what does not hold included."""
        text = leavers_csv(table_of(self.champion.current), self.reader(request).language)
        return sheet(text, "leavers.csv")

    def latest_reader(self, request: Request) -> tuple[Reader, Run | None]:
        """Return the one who asks, in the currency of the latest run, and that run."""
        self._forget_erased()
        timeline = weekly(self.engine, known=self._runs)
        run = timeline[-1] if timeline else None
        return self.reader(request, self.rosters.of(run) if run else None), run

    def _held(self) -> dict[str, StoredRow]:
        """Return account → the override in force, of everybody."""
        with self.engine.connect() as connection:
            return kept.all_in_force(connection, utc_now())

    @takes(FORM, limit=10 * LARGEST_FORM)
    async def override(self, request: Request) -> Response:
        """Keep or end what somebody holds against a score."""
        given, now, by = await own_form(request), utc_now(), actor(request)
        account_id = await run_in_threadpool(
            override.record, self.settings, self.engine, given, now, by
        )
        return RedirectResponse(f"{account_path(account_id)}#override", 303)

    @takes(FORM, limit=10 * LARGEST_FORM)
    async def feedback(self, request: Request) -> Response:
        """Keep what somebody says about an explanation."""
        given, now, by = await own_form(request), utc_now(), actor(request)
        account_id = await run_in_threadpool(feedback.record, self.engine, given, now, by)
        return RedirectResponse(f"{account_path(account_id)}?thanks=1#feedback", 303)

    def _scored_among(self, accounts: Sequence[str]) -> set[str]:
        """Return which of ``accounts`` have a page."""
        column = scores.c.account_id
        query = sa.select(column).where(column.in_(accounts)).distinct()
        with self.engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def ready(self) -> tuple[tuple[Run, ...], Issuer]:
        """Return the weekly runs and the model of the latest.

        Raises
        ------
        NoSignalError
            Where the history carries no usable signal: no score is shown then.
        NotReadyError
            Where nothing has been trained or scored yet.
        """
        _ = self.champion.current  # refuses where no score may be shown
        self._forget_erased()
        timeline = weekly(self.engine, known=self._runs)
        if not timeline:
            raise NotReadyError("scores in the store", "none", "Run `kenshin score`.")
        return timeline, issuer(self.champion, timeline[-1])

    def _forget_erased(self) -> None:
        """Read all anew once an account was erased, here or by a command: what is kept names it."""
        found = self._erasures()
        with self._counting:
            if found != self._erased:
                self.rosters, self.past = Rosters(self.engine), PastReasons(self.engine)
                self._runs, self._counts, self._figures = {}, {}, {}
                self._erased = found

    @property
    def erasures(self) -> tuple[int, datetime | None]:
        """How many were erased, and when the last: what is kept from before names them."""
        return self._erased

    def _erasures(self) -> tuple[int, datetime | None]:
        asked = sa.select(sa.func.count(), sa.func.max(erased.c.at)).select_from(erased)
        with self.engine.connect() as connection:
            count, last = connection.execute(asked).one()
        return count, last


def pages(settings: Settings, engine: sa.Engine, champion: Champion) -> APIRouter:
    """Return the routes of the pages; refusals are pages as well, unless JSON is asked for."""
    made = Pages(settings, engine, champion)

    route_class = with_pages_for_refusals(made.render)
    router = APIRouter(route_class=route_class, include_in_schema=False)
    router.add_api_route("/", made.portfolio, methods=["GET"])
    router.add_api_route("/portfolio.csv", made.csv, methods=["GET"])
    router.add_api_route("/model-check", made.model_check, methods=["GET"])
    router.add_api_route("/drift", made.drift, methods=["GET"])
    router.add_api_route("/leavers", made.leavers, methods=["GET"])
    router.add_api_route("/leavers.csv", made.leavers_csv, methods=["GET"])
    router.add_api_route("/accounts/{account_id:path}", made.account, methods=["GET"])
    Book(made).add_to(router)
    router.add_api_route("/feedback", made.feedback, methods=["POST"])
    router.add_api_route("/override", made.override, methods=["POST"])
    return router
